/** The scripts that the server hands out, in pages of another origin; and a session that outlives its media process. */
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import { type ConversationVendor, createConversationVendor } from '../src/conversation-vendor.ts';
import { type CustomerSite, serveCustomerSite } from '../src/pages.ts';

// The global of the scripts, and what tests keep on the window.
declare const PersoInteractive: any;
declare const kept: any;

describe.skipIf(chromiumPath === undefined)('scripts of the server', () => {
  let vendor: ConversationVendor;
  let server: RunningServer;
  let api: Api;
  let browser: Browser;
  let site: CustomerSite;

  beforeAll(async () => {
    vendor = createConversationVendor();
    server = await startTestServer({ providers: [vendor.provider] });
    api = createApi(server);
    browser = await launchBrowser();
    site = await serveCustomerSite();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server?.close();
  });

  async function openPage(script: string): Promise<{ page: Page; errors: string[] }> {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${site.url}?script=${encodeURIComponent(server.url + script)}`);
    await page.evaluate(() => Object.assign(window, { kept: { log: [], states: [], closed: [] } }));
    return { page, errors };
  }

  // keeps: perso-10.1-core, perso-10.1-script, perso-16-c, perso-16-n14
  test.each([
    ['/core/1.0.0/perso-interactive-sdk.js', 'classic'],
    ['/core/1.0.1/perso-interactive-sdk.js', 'classic'],
    ['/npm/perso-interactive-sdk-web@latest/dist/client/index.iife.js', 'modern'],
  ] as const)('%s holds a conversation from another origin', async (script, generation) => {
    const { page, errors } = await openPage(script);
    const id = await page.evaluate(
      async ([url, key, isClassic]) => {
        const settings = await PersoInteractive.getAllSettings(url, key);
        const params = {
          using_stf_webrtc: true,
          model_style: settings.modelStyles[0].name,
          prompt: settings.prompts[0].prompt_id,
          llm_type: settings.llms[0].name,
          tts_type: settings.ttsTypes[0].name,
          stt_type: settings.sttTypes[0].name,
        };
        const sessionId = await PersoInteractive.createSessionId(url, key, params);
        const session = isClassic
          ? await PersoInteractive.createSession(url, sessionId, 480, 640, false, [])
          : await PersoInteractive.createSession({
              ...{ apiServer: url, sessionId, width: 480, height: 640, clientTools: [] },
            });
        kept.session = session;
        session.subscribeChatLog((log: { text: string }[]) => {
          kept.log = log.map(({ text }) => text);
        });
        session.subscribeChatStates((states: Set<string>) => kept.states.push([...states].sort().join('+')));
        session.onClose((manual: boolean) => kept.closed.push(manual));
        session.setSrc(document.querySelector('video'));
        await session.processChat('Hi');
        return sessionId;
      },
      [server.url, server.apiKey, generation === 'classic'] as const,
    );
    await page.waitForFunction(() => kept.log.length === 2);
    expect(await page.evaluate(() => kept.log)).toEqual(['Hello there. How are you?', 'Hi']);
    await page.waitForFunction(() => kept.states.some((states: string) => states.includes('SPEAKING')));
    await page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0);
    await page.waitForFunction(() => kept.states.at(-1) === '', undefined, { timeout: 15_000 });
    await page.evaluate(() => kept.session.stopSession());
    await expect
      .poll(async () => (await api.session(id)).termination_reason, { timeout: 8000 })
      .toBe('GRACEFUL_TERMINATION');
    expect(await page.evaluate(() => kept.closed)).toEqual([true]);
    expect(errors).toEqual([]);
    await page.close();
  });

  // keeps: sdk-9-recovery
  test('a session outlives its media process, with the same history, and is heard over the new connection', async () => {
    const { page, errors } = await openPage('/npm/perso-interactive-sdk-web@1.6.1/dist/client/index.iife.js');
    const id = await api.createSession({ capability: ['STF_WEBRTC', 'LLM', 'TTS'], llm_type: 'gpt-35' });
    const say = (message: string) =>
      page.evaluate(async (text) => {
        let answer = '';
        for await (const chunk of kept.session.processLLM({ message: text })) {
          if (chunk.type === 'error') throw chunk.error;
          if (chunk.type === 'message') answer = chunk.message;
        }
        return answer;
      }, message);
    await page.evaluate(
      async ([apiServer, sessionId]) => {
        kept.session = await PersoInteractive.createSession({
          ...{ apiServer, sessionId, width: 480, height: 640, clientTools: [] },
        });
        kept.connections = [];
        kept.session.subscribeConnection((state: string) => kept.connections.push(state));
        kept.session.onClose((manual: boolean) => kept.closed.push(manual));
        kept.session.setSrc(document.querySelector('video'));
      },
      [server.url, id] as const,
    );
    await say('My name is Ann.');
    await api.post(`session/${id}/llm/`, { message: 'Remember me.' }).catch(() => undefined);

    const [victim = 0] = server.mediaProcessIds();
    await page.evaluate(() => kept.session.processTTSTF('A long text that is cut off in the middle of it.'));
    process.kill(victim, 'SIGKILL');
    await page.waitForFunction(() => kept.connections.at(-1) === 'connected', undefined, { timeout: 30_000 });
    expect(await page.evaluate(() => kept.connections)).toEqual(['recovering', 'connected']);
    expect(await api.session(id)).toMatchObject({ status: 'IN_PROGRESS', termination_reason: null });

    expect(await say('Who am I?')).toBe('Hello there. How are you?');
    expect(vendor.asked.at(-1)?.slice(-3)).toEqual([
      'user: My name is Ann.',
      'assistant: Hello there. How are you?',
      'user: Who am I?',
    ]);
    await api.post(`session/${id}/llm/`, { message: 'Still?' }).catch(() => undefined);
    expect(vendor.asked.at(-1)).toContain('user: Remember me.');
    expect(await page.evaluate(() => kept.session.getMessageHistory().length)).toBe(4);

    const loudness = await page.evaluate(async () => {
      const video = document.querySelector('video');
      if (!(video?.srcObject instanceof MediaStream)) throw new Error('no stream');
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      context.createMediaStreamSource(video.srcObject).connect(analyser);
      const wave = new Float32Array(analyser.fftSize);
      kept.session.processTTSTF('Here I am again, as loud as before.');
      let loudest = 0;
      const end = performance.now() + 8000;
      while (loudest < 0.05 && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        analyser.getFloatTimeDomainData(wave);
        loudest = Math.max(...wave.map(Math.abs));
      }
      await context.close();
      return loudest;
    });
    expect(loudness).toBeGreaterThan(0.05);
    await page.evaluate(() => kept.session.stopSession());
    expect(await page.evaluate(() => kept.closed)).toEqual([true]);
    expect(errors).toEqual([]);
    await page.close();
  });
});
