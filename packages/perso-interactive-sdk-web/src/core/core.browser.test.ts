/** The scripts of the first generation in a real browser. */

import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, openBrowser, type TestBrowser } from '../testing/chromium.ts';
import { type ScriptedPlatform, sendJson, startScriptedPlatform } from '../testing/scripted-platform.ts';
import type * as Classic from './v101.ts';

type ClassicWindow = { PersoInteractive: typeof Classic; session: Classic.Session; events: unknown[] };
declare const window: ClassicWindow & Pick<Window, 'platformPeer'>;

const common = [
  ...['ChatState', 'ChatTool', 'createSession', 'createSessionId', 'getAllSettings', 'getBackgroundImages'],
  ...['getDocuments', 'getLLMs', 'getMcpServers', 'getModelStyles', 'getPrompts', 'getSTTs'],
  ...['getSessionInfo', 'getTTSs'],
];

describe.skipIf(chromiumPath === undefined)('first generation in Chromium', () => {
  let browser: TestBrowser;
  let platform: ScriptedPlatform;
  let page: Page;
  let pageErrors: string[];
  let warnings: string[];

  beforeAll(async () => {
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
  });

  beforeEach(async () => {
    platform = await startScriptedPlatform();
    page = await browser.context.newPage();
    pageErrors = [];
    warnings = [];
    page.on('pageerror', (error) => pageErrors.push(String(error)));
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  });

  afterEach(async () => {
    await page.close();
    await platform.close();
    expect(pageErrors).toEqual([]);
    expect(warnings).toEqual([]);
  });

  const open = (version: '1.0.0' | '1.0.1'): Promise<unknown> => page.goto(`${platform.url}/${version}`);

  async function connect(enableVoiceChat = false): Promise<void> {
    await open('1.0.1');
    platform.on('GET /api/v1/session/s1/ice-servers/', () => ({ ice_servers: [] }));
    platform.on('POST /api/v1/session/s1/exchange/', async (request) => {
      const { client_sdp } = request.json() as { client_sdp: RTCSessionDescriptionInit };
      const server_sdp = await page.evaluate((offer) => window.platformPeer.answer(offer), client_sdp);
      return { server_sdp, recovery: { window_sec: 30 } };
    });
    await page.evaluate(
      async ([apiServer, voice]) => {
        const { createSession } = window.PersoInteractive;
        window.events = [];
        window.session = await createSession(apiServer, 's1', 1080, 1920, voice, []);
        window.session.subscribeChatStates((states) => window.events.push([...states].sort()));
        window.session.subscribeChatLog((log) => window.events.push(log[0]?.text));
        window.session.onClose((...args: unknown[]) => window.events.push({ manual: args }));
      },
      [platform.url, enableVoiceChat] as const,
    );
  }

  // keeps: sdk-10.1-exports
  it.each([
    ['1.0.0', common],
    ['1.0.1', [...common, 'ApiError', 'LLMError', 'LLMStreamingResponseError', 'Session']],
  ] as const)('%s offers its exports', async (version, names) => {
    await open(version);
    const found = await page.evaluate(() => ({
      names: Object.keys(window.PersoInteractive),
      states: Object.entries(window.PersoInteractive.ChatState),
      arity: window.PersoInteractive.getLLMs.length,
    }));
    expect(found.names.sort()).toEqual([...names].sort());
    expect(found.states).toEqual(['RECORDING', 'LLM', 'ANALYZING', 'SPEAKING'].map((name) => [name, name]));
    expect(found.arity).toBe(2);
  });

  // keeps: sdk-10.1-methods
  it('has the methods of its sessions, and none that came later', async () => {
    await open('1.0.1');
    const methods = await page.evaluate(() =>
      Object.getOwnPropertyNames(window.PersoInteractive.Session.prototype),
    );
    expect(methods).toEqual(
      expect.arrayContaining([
        ...['processChat', 'processCustomChat', 'processTTSTF', 'startVoiceChat', 'stopVoiceChat'],
        ...['changeSize', 'clearBuffer', 'setSrc', 'getLocalStream', 'getRemoteStream', 'stopSession'],
        ...['onClose', 'subscribeChatStates', 'subscribeChatLog', 'setSttResultCallback', 'setErrorHandler'],
        'getSessionId',
      ]),
    );
    for (const later of ['processLLM', 'processTTS', 'processSTF', 'startProcessSTT', 'logSessionEvent']) {
      expect(methods).not.toContain(later);
    }
  });

  // keeps: sdk-10.1-settings
  it('reads its lists one after the other', async () => {
    await open('1.0.0');
    const paths = [
      'settings/llm_type/',
      'settings/modelstyle/?platform_type=webrtc',
      'background_image/',
      'settings/tts_type/',
      'settings/stt_type/',
      'prompt/',
      'document/',
      'settings/mcp_type/',
    ];
    let open_ = 0;
    for (const path of paths) {
      platform.on(`GET /api/v1/${path}`, async () => {
        expect(++open_).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 10));
        open_--;
        return [path];
      });
    }
    const settings = await page.evaluate(
      (apiServer) => window.PersoInteractive.getAllSettings(apiServer, 'k'),
      platform.url,
    );
    expect(platform.requests.map(({ path }) => path)).toEqual(paths.map((path) => `/api/v1/${path}`));
    expect(Object.keys(settings)).toEqual([
      ...['llms', 'modelStyles', 'backgroundImages', 'ttsTypes', 'sttTypes', 'prompts', 'documents'],
      'mcpServers',
    ]);
    expect(platform.requests[0]?.headers['persolive-apikey']).toBe('k');
  });

  // keeps: sdk-10.1-creation
  it('creates sessions without a warning, and fails with ApiError', async () => {
    await open('1.0.1');
    platform.on('POST /api/v1/session/', (request, response) => {
      const params = request.json() as { prompt: string };
      if (params.prompt === 'p') return { session_id: 's1' };
      return sendJson(response, 400, {
        errors: [{ code: 'does_not_exist', detail: 'No', attr: 'prompt' }],
      });
    });
    const result = await page.evaluate(async (apiServer) => {
      const { createSessionId, ApiError } = window.PersoInteractive;
      const params = { using_stf_webrtc: true, llm_type: 'l', model_style: 'm', prompt: 'p' };
      const id = await createSessionId(apiServer, 'k', params);
      const error: unknown = await createSessionId(apiServer, 'k', { ...params, prompt: 'q' }).catch(
        (reason: unknown) => reason,
      );
      if (!(error instanceof ApiError)) throw error;
      return { id, name: error.name, message: error.message, own: error.constructor === ApiError };
    }, platform.url);
    expect(result).toEqual({ id: 's1', name: 'Error', message: '400:prompt_No', own: true });
    expect(platform.requests[0]?.body.toString()).toBe(
      '{"capability":["STF_WEBRTC","LLM"],"using_stf_webrtc":true,"llm_type":"l","model_style":"m","prompt":"p"}',
    );
  });

  // keeps: sdk-10.1-session
  it('connects without asking what the session can do, with VP8 alone, and sends silence', async () => {
    await connect();
    const { offer, width, local } = await page.evaluate(async () => {
      const video = document.querySelector('video');
      if (video === null) throw new Error('no video element');
      window.session.setSrc(video);
      await new Promise((resolve) => {
        video.onloadeddata = resolve;
      });
      const tracks = window.session.getLocalStream()?.getAudioTracks();
      return { offer: window.platformPeer.offer, width: video.videoWidth, local: tracks?.length };
    });
    expect({ width, local }).toEqual({ width: 64, local: 1 });
    expect(offer.match(/^m=video .*/m)?.[0]).toMatch(/^m=video \d+ UDP\/TLS\/RTP\/SAVPF \d+$/);
    expect(offer.match(/^a=rtpmap:\d+ .*\/90000/gm)).toEqual([expect.stringContaining('VP8')]);
    expect(offer.match(/^a=(recvonly|sendrecv)/gm)).toEqual(['a=sendrecv', 'a=recvonly']);
    expect(platform.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/session/s1/ice-servers/',
      'POST /api/v1/session/s1/exchange/',
    ]);
    expect(platform.requests[1]?.json()).toEqual({ client_sdp: expect.anything() });
    expect(await page.evaluate(() => window.platformPeer.commands)).toEqual([
      { type: 'change-size', data: { width: 1080, height: 1920 } },
    ]);
  });

  // keeps: sdk-10.1-session
  it('keeps emoji in its log, speaks without them, and shows late speech', async () => {
    await connect();
    platform.on('POST /api/v1/session/s1/llm/v2/', (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      response.end(
        'data: {"status":"success","type":"message","role":"assistant","content":"Hi 😀."}\n' +
          'data: {"status":"success","type":"finish"}\n',
      );
    });
    await page.evaluate(() => window.session.processChat('Hello'));
    await page.waitForFunction(() => window.platformPeer.commands.length === 2);
    await page.waitForFunction(() => window.events.includes('Hi 😀.'));
    expect(await page.evaluate(() => window.platformPeer.commands[1])).toEqual({
      type: 'ttstf',
      data: { message: 'Hi .' },
    });
    await page.evaluate(() => window.session.clearBuffer());
    await page.waitForFunction(() => window.platformPeer.commands.length === 3);
    await page.evaluate(() => {
      window.events.length = 0;
      window.platformPeer.send('{"type":"stf","data":{"message":"late","duration":0}}');
    });
    await page.waitForFunction(() => window.events.length === 2);
    expect(await page.evaluate(() => window.events)).toEqual([['SPEAKING'], []]);
  });

  it('is closed for good when the connection is lost', async () => {
    await connect(true);
    await page.evaluate(() => window.platformPeer.close());
    await page.waitForFunction(() => window.events.length > 0);
    expect(await page.evaluate(() => window.events)).toEqual([{ manual: [false] }]);
  });

  it('is closed when the server is silent for 5 s', async () => {
    await connect();
    const silentMs = await page.evaluate(async () => {
      window.platformPeer.answersPings = false;
      const start = performance.now();
      while (window.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      return performance.now() - start;
    });
    expect(silentMs).toBeGreaterThan(4_000);
    expect(silentMs).toBeLessThan(10_000);
  });
});
