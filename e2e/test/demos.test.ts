/** The demo apps as a visitor uses them, on their own dev servers, judged by what is seen and heard. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccessibilityProblems } from '../src/accessibility.ts';
import { createApi } from '../src/api.ts';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import { type Demo, type DemoName, startDemo } from '../src/demos-apps.ts';
import { createWav } from '../src/generations.ts';
import { mean, readSamples, type Sample, startMeasuring } from '../src/measure.ts';

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** The microphone says hello again and again, so that any piece of it holds words. */
const RECORDING_MS = 1500;
/** Nobody listens here. */
const DEAD_SERVER = 'http://127.0.0.1:9';
/** The whole middle of the picture, wherever a page places the figure. */
const FIGURE = { x: 0.3, y: 0.3, width: 0.4, height: 0.5 };

interface PageUnderTest {
  readonly title: string;
  readonly app: DemoName;
  readonly path: string;
  /** Whether the key is typed into the page; otherwise the app's own server has it. */
  readonly keyInPage: boolean;
  /** The script-tag page shows no text panel and plays files at once. */
  readonly scriptTag: boolean;
  /** Name of its pictures in the documentation. */
  readonly image: string;
}

const PAGES: readonly PageUnderTest[] = [
  { title: 'Vanilla ESM', app: 'vanilla', path: '/', keyInPage: true, scriptTag: false, image: 'vanilla' },
  {
    title: 'Vanilla IIFE',
    app: 'vanilla',
    path: '/script-tag.html',
    keyInPage: true,
    scriptTag: true,
    image: 'script-tag',
  },
  {
    title: 'TypeScript',
    app: 'typescript',
    path: '/',
    keyInPage: true,
    scriptTag: false,
    image: 'typescript',
  },
  { title: 'SvelteKit', app: 'svelte', path: '/', keyInPage: false, scriptTag: false, image: 'svelte' },
  { title: 'Next.js', app: 'nextjs', path: '/', keyInPage: false, scriptTag: false, image: 'nextjs' },
];

describe.skipIf(chromiumPath === undefined)('the demo apps in Chromium', () => {
  let server: RunningServer;
  let browser: Browser;
  let folder: string;
  let speechFile: string;
  const demos = new Map<DemoName, Demo>();

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-demos-'));
    speechFile = path.join(folder, 'speech.wav');
    await writeFile(speechFile, createWav(500, 2));
    await writeFile(path.join(folder, 'notes.wav'), 'These are no sounds but words.');
    await writeFile(path.join(folder, 'notes.txt'), 'These are words.');
    server = await startTestServer();
    const microphoneFile = path.join(folder, 'microphone.wav');
    await writeFile(microphoneFile, await spokenWav(server, 'Hello, hello, hello, hello.'));
    browser = await launchBrowser({ microphoneFile });
  });
  afterAll(async () => {
    await browser?.close();
    for (const demo of demos.values()) await demo.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The app's dev server, started by the first test that needs it. */
  async function urlOf({ app, path: pagePath }: PageUnderTest): Promise<string> {
    const access = { apiServer: server.url, apiKey: server.apiKey };
    const demo = demos.get(app) ?? (await startDemo(app, access));
    demos.set(app, demo);
    return demo.url + pagePath;
  }

  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
  const problem = (page: Page) => page.locator('.problem').innerText();
  const state = (page: Page) => page.locator('.state').innerText();
  const log = (page: Page) => page.getByRole('log').innerText();

  async function open(subject: PageUnderTest, viewport: typeof PHONE, colorScheme: 'light' | 'dark') {
    const page = await browser.newPage({ viewport, colorScheme });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    const url = await urlOf(subject);
    // Some create their session as soon as they are loaded.
    const created = page.waitForResponse(
      (response) => /\/session\/?$/.test(new URL(response.url()).pathname) && response.ok(),
      { timeout: 60_000 },
    );
    created.catch(() => {});
    await page.goto(url);
    expect(await page.title()).toBe(`SDK Playground — ${subject.title}`);
    const docs = page.getByRole('link', { name: 'API Docs ↗' });
    expect(await docs.getAttribute('href')).toBe(`${server.url}/docs`);
    return { page, errors, created };
  }

  async function authorize(page: Page) {
    await page.getByLabel('API key', { exact: true }).fill(server.apiKey);
    await button(page, 'Authorize').click();
    await expect.poll(() => button(page, 'START').isEnabled()).toBe(true);
  }

  /** Presses START where the page does not connect by itself, and waits for the picture. */
  async function connect(page: Page, { keyInPage }: PageUnderTest) {
    if (keyInPage) await button(page, 'START').click();
    await button(page, 'STOP').waitFor();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.2);
  }

  const expectAccessible = async (page: Page) => expect(await findAccessibilityProblems(page)).toEqual([]);

  const expectNoSidewaysScrolling = async (page: Page) =>
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBeLessThanOrEqual(0);

  const now = (page: Page) => page.evaluate(() => performance.now());
  const during = (samples: readonly Sample[], fromMs: number, toMs: number) =>
    samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);

  /** What arrives within the next milliseconds. */
  async function watch(page: Page, durationMs: number) {
    const from = await now(page);
    await page.waitForTimeout(durationMs);
    const samples = during(await readSamples(page), from, await now(page));
    return {
      loudness: mean(samples.map(({ loudness }) => loudness)),
      motion: mean(samples.map(({ mouthMotion }) => mouthMotion)),
      light: mean(samples.map(({ light }) => light)),
      frames: samples.length,
    };
  }

  const untilSpeaking = (page: Page) =>
    expect.poll(() => state(page), { timeout: 15_000 }).toContain('AI Speaking');

  async function stopSpeech(page: Page) {
    await untilSpeaking(page);
    await button(page, 'Stop avatar speech').click();
    await expect.poll(() => state(page)).toBe('Available');
  }

  async function say(page: Page, message: string) {
    await page.getByLabel('Message').fill(message);
    await page.keyboard.press('Enter');
  }

  async function saveScreenshot(page: Page, { image }: PageUnderTest, size: 'desktop' | 'phone') {
    if (process.env['UPDATE_SCREENSHOTS'] !== '1') return;
    if (size === 'desktop') await page.evaluate(() => scrollTo(0, 0));
    // In the middle of a word rather than at its beginning.
    await page.waitForTimeout(1300);
    await page.screenshot({ path: path.join(IMAGES, `demo-${image}-${size}.png`) });
  }

  describe.each(PAGES)('$title', (subject) => {
    test('answers in voice and picture, calls a tool, plays files, listens and ends', async () => {
      const { page, errors } = await open(subject, DESKTOP, 'light');
      if (subject.keyInPage) {
        await authorize(page);
        for (const name of ['Language model', 'Voice', 'Speech recognition', 'AI human', 'Prompt']) {
          const select = page.getByRole('combobox', { name, exact: true });
          expect(await select.inputValue({ timeout: 5000 }), name).not.toBe('');
        }
        await page.getByLabel('Begin with the introduction').uncheck();
        const preview = () => page.evaluate(() => document.querySelector('canvas')?.toDataURL());
        await expect.poll(preview).toMatch(/^data:image\/png/);
        const centred = await preview();
        await page.getByRole('slider', { name: 'Left' }).fill('40');
        await expect.poll(preview).not.toBe(centred);
        await page.getByRole('slider', { name: 'Left' }).fill('0');
        await expect.poll(preview).toBe(centred);
        await expectAccessible(page);
      }
      await connect(page, subject);
      // The app's own server gives the introduction along; it is heard first.
      if (!subject.keyInPage) await stopSpeech(page);
      await startMeasuring(page, FIGURE);
      await expectAccessible(page);
      await page.waitForTimeout(500);
      const idle = await watch(page, 1200);
      expect(idle.loudness, 'silence while nobody speaks').toBeLessThan(0.002);
      expect(idle.light, 'a picture, not black').toBeGreaterThan(40);

      await say(page, 'Hello, who are you?');
      await untilSpeaking(page);
      await page.waitForTimeout(300);
      const speaking = await watch(page, 1200);
      expect(speaking.loudness, 'voice').toBeGreaterThan(0.02);
      expect(speaking.frames, 'moving pictures').toBeGreaterThan(4);
      expect(speaking.motion, `motion, idle was ${idle.motion.toFixed(2)}`).toBeGreaterThan(
        idle.motion * 1.3,
      );
      expect(await log(page)).toMatch(/Hello, who are you\?[\s\S]*Yuri/);
      await stopSpeech(page);

      await say(page, 'What is the weather in Seoul?');
      await expect
        .poll(() => log(page), { timeout: 15_000 })
        .toMatch(/get_current_weather {"location":"Seoul"}/);
      await expect.poll(() => log(page)).toMatch(/→ .*"30 ℃"[\s\S]*Here is .*30 ℃/);
      await untilSpeaking(page);
      await saveScreenshot(page, subject, 'desktop');
      await stopSpeech(page);

      const files = page.getByLabel('Speech file (.wav or .mp3)');
      for (const name of ['notes.wav', 'notes.txt']) {
        await files.setInputFiles(path.join(folder, name));
        await expect
          .poll(() => problem(page))
          .toMatch(/^notes\.\w+ .+: choose a \.wav or \.mp3 file with speech\.$/);
      }
      await files.setInputFiles(speechFile);
      if (!subject.scriptTag) {
        await page.getByText('speech.wav, 63 KB').waitFor();
        await button(page, 'Play file').click();
      }
      await untilSpeaking(page);
      await page.waitForTimeout(300);
      expect((await watch(page, 1000)).loudness, 'the tone of the file').toBeGreaterThan(0.05);
      expect(await problem(page)).toBe('');
      await stopSpeech(page);

      if (!subject.scriptTag) {
        await page.getByLabel('Text to say').fill('These are words of my own.');
        await button(page, 'Say it').click();
        await expect.poll(() => log(page)).toContain('These are words of my own.');
        await stopSpeech(page);
      }
      await button(page, 'Synthesize').click();
      await page.waitForFunction(() => (document.querySelector('audio')?.duration ?? 0) > 0.5);

      await button(page, 'Start STT').click();
      await expect.poll(() => state(page)).toBe('Recording');
      await page.waitForTimeout(RECORDING_MS);
      await button(page, 'Stop STT').click();
      await expect.poll(() => page.getByLabel('Transcript').innerText(), { timeout: 15_000 }).toMatch(/\w/);
      await button(page, 'Voice chat').click();
      await expect.poll(() => state(page)).toBe('Recording');
      await page.waitForTimeout(RECORDING_MS);
      const linesBefore = await page.locator('.log p.user').count();
      await button(page, 'Send recording').click();
      await expect.poll(() => page.locator('.log p.user').count(), { timeout: 15_000 }).toBe(linesBefore + 1);
      await untilSpeaking(page);

      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
      });
      await button(page, 'Voice chat').click();
      await expect.poll(() => problem(page)).toBe('No microphone was found. Connect one, or type instead.');

      await button(page, 'STOP').click();
      await page.getByText('Session ended: GRACEFUL_TERMINATION').waitFor();
      await expect.poll(() => server.liveSessions()).toBe(0);
      expect(await state(page)).toBe('Not connected');
      expect(await button(page, 'START').isEnabled()).toBe(true);
      expect(errors).toEqual([]);
      await page.close();
    }, 120_000);

    test('fits a phone, in the dark too, and tells why the server ended the session', async () => {
      const { page, errors, created } = await open(subject, PHONE, 'dark');
      if (subject.keyInPage) {
        await authorize(page);
        await expectNoSidewaysScrolling(page);
        await page.getByRole('slider', { name: 'Left' }).fill('-12');
        await page.getByLabel('Background').selectOption({ label: 'Bright office' });
      }
      await connect(page, subject);
      const body = await (await created).json();
      await untilSpeaking(page);
      await expectNoSidewaysScrolling(page);
      await expectAccessible(page);
      for (const name of ['STOP', 'Send', 'Voice chat']) {
        const box = await button(page, name).boundingBox();
        expect(box?.height, name).toBeGreaterThanOrEqual(40);
      }
      await saveScreenshot(page, subject, 'phone');

      const id: string = body.session_id ?? body.sessionId;
      const api = createApi(server);
      const info = await api.session(id);
      expect(info.status).toBe('IN_PROGRESS');
      if (subject.keyInPage) {
        expect([info.padding_left, info.padding_top, info.padding_height]).toEqual([-0.12, 0, 1]);
        expect(info.background_image.title).toBe('Bright office');
      } else {
        expect(info.padding_top).toBe(subject.app === 'svelte' ? 0.15 : null);
      }
      await endSession(server, id);
      const { termination_reason: reason } = await api.session(id);
      expect(reason).toMatch(/^[A-Z_]+$/);
      await page.getByText(`Session ended: ${reason}`).waitFor();
      await button(page, 'START').waitFor();
      expect(errors).toEqual([]);
      await page.close();
    });
  });

  describe.each(PAGES.filter(({ keyInPage }) => keyInPage))('$title', (subject) => {
    test('tells a wrong key, a dead server and a server of another kind in one line', async () => {
      const { page, errors } = await open(subject, PHONE, 'light');
      await page.getByLabel('API key', { exact: true }).fill('plak-wrong');
      await button(page, 'Authorize').click();
      await expect.poll(() => problem(page)).toBe('The server did not accept the API key.');
      await expectAccessible(page);

      await page.getByLabel('API server').fill(DEAD_SERVER);
      await button(page, 'Authorize').click();
      await expect.poll(() => problem(page)).toMatch(/^The API server cannot be reached\./);
      await page.getByLabel('API server').fill(new URL(page.url()).origin);
      await button(page, 'Authorize').click();
      await expect.poll(() => problem(page)).toMatch(/is not an API server|cannot be reached/);
      expect(await button(page, 'START').isEnabled()).toBe(false);

      await page.getByLabel('API server').fill(`${server.url}/`);
      await authorize(page);
      expect(await problem(page)).toBe('');
      expect(errors).toEqual([]);
      await page.close();
    });
  });

  describe.each(PAGES.filter(({ keyInPage }) => !keyInPage))('$title', (subject) => {
    const sessionPath = subject.app === 'svelte' ? '/session' : '/api/session';

    test('begins without sound where the browser asks for that, and says the introduction with it', async () => {
      const page = await browser.newPage();
      await page.addInitScript(() => {
        const play = HTMLMediaElement.prototype.play;
        HTMLMediaElement.prototype.play = function () {
          return this.muted ? play.call(this) : Promise.reject(new DOMException('', 'NotAllowedError'));
        };
      });
      await page.goto(await urlOf(subject));
      await connect(page, subject);
      await page.waitForTimeout(1500);
      expect(await log(page)).toBe('');
      await button(page, 'Turn sound on').click();
      await untilSpeaking(page);
      expect(await log(page)).toContain('I am Yuri');
      expect(await page.evaluate(() => document.querySelector('video')?.muted)).toBe(false);
      expect(await button(page, 'Turn sound on').count()).toBe(0);
      await page.close();
    });

    test('keeps the key, and gives what the page needs to connect', async () => {
      const url = await urlOf(subject);
      const response = await fetch(new URL(sessionPath, url));
      expect(response.status).toBe(200);
      const session = await response.json();
      expect(session).toEqual({
        persoInteractiveApiServerUrl: server.url,
        sessionId: expect.any(String),
        introMessage: expect.stringContaining('Yuri'),
      });
      expect((await createApi(server).session(session.sessionId)).status).toBe('CREATED');

      const page = await browser.newPage();
      const received: string[] = [];
      page.on('response', async (loaded) => {
        if (loaded.url().startsWith(new URL(url).origin)) received.push(await loaded.text().catch(() => ''));
      });
      await page.goto(url);
      await connect(page, subject);
      expect(received.length).toBeGreaterThan(2);
      expect(received.filter((text) => text.includes(server.apiKey))).toEqual([]);
      await page.close();
    });

    const refusals = [
      ['a wrong key', 'plak-wrong', 401, 'The server did not accept the API key.'],
      ['no key', '', 500, 'There is no API key: copy .env.example to '],
      ['a dead server', 'plak-any', 500, 'The API server cannot be reached.'],
    ] as const;
    // Each needs a dev server of its own; that of Next.js takes long.
    const affordable = refusals.filter(([kind]) => subject.app === 'svelte' || kind !== 'no key');
    test.each(affordable)('tells %s in one line', async (kind, apiKey, status, line) => {
      // One dev server of an app at a time.
      await demos.get(subject.app)?.close();
      demos.delete(subject.app);
      const apiServer = kind === 'a dead server' ? DEAD_SERVER : server.url;
      const demo = await startDemo(subject.app, { apiServer, apiKey });
      try {
        const response = await fetch(demo.url + sessionPath);
        expect(response.status).toBe(status);
        const page = await browser.newPage();
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(error.message));
        await page.goto(demo.url);
        await expect.poll(() => problem(page), { timeout: 15_000 }).toContain(line);
        expect(await button(page, 'START').isEnabled()).toBe(true);
        expect(errors).toEqual([]);
        await page.close();
      } finally {
        await demo.close();
      }
    });
  });
});

async function endSession(server: RunningServer, id: string): Promise<void> {
  await fetch(`${server.url}/api/v1/session/${id}/`, {
    method: 'DELETE',
    headers: { 'PersoLive-APIKey': server.apiKey },
  });
}

/** Speech of the server's own voice, for a microphone that repeats it. */
async function spokenWav(server: RunningServer, text: string): Promise<Uint8Array> {
  const api = createApi(server);
  const id = await api.createSession();
  const answer = await api.post(`session/${id}/tts/`, { text, output_format: 'wav' });
  await endSession(server, id);
  if (typeof answer.audio !== 'string') throw new Error(`No speech: ${JSON.stringify(answer)}`);
  return Buffer.from(answer.audio, 'base64');
}
