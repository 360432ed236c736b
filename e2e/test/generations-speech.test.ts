/** Commands of the data channel as each generation gives them: speech, uploads, recordings, and what is announced. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Api, createApi } from '../src/api.ts';
import { chromiumPath, launchBrowser } from '../src/browser.ts';
import {
  announcedLengths,
  type ConversationVendor,
  createConversationVendor,
  UNSPEAKABLE,
} from '../src/conversation-vendor.ts';
import {
  CLASSIC,
  connectClient,
  createWav,
  FIRST,
  type Generation,
  installClient,
  LAST_OF_FIRST,
  MODERN,
  MODERN_WITH_VOICE,
  readReport,
} from '../src/generations.ts';
import { type CustomerSite, serveCustomerSite } from '../src/pages.ts';

// What installClient puts into the page.
declare const clients: any;

describe.skipIf(chromiumPath === undefined)('commands', () => {
  let vendor: ConversationVendor;
  let server: RunningServer;
  let api: Api;
  let browser: Browser;
  let site: CustomerSite;
  let page: Page;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-e2e-'));
    const microphoneFile = path.join(folder, 'microphone.wav');
    await writeFile(microphoneFile, createWav(700, 30));
    vendor = createConversationVendor();
    server = await startTestServer({ providers: [vendor.provider] });
    api = createApi(server);
    browser = await launchBrowser({ microphoneFile });
    site = await serveCustomerSite();
    page = await browser.newPage();
    await page.goto(site.url);
    await installClient(page);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    const { unreadable } = await readReport(page, 'client');
    await page.evaluate(() => clients.client.stop());
    expect(unreadable).toEqual([]);
  });

  const connect = (generation: Generation) => connectClient(page, 'client', generation, server);
  const send = (type: string, data: object = {}) =>
    page.evaluate(([name, fields]) => clients.client.send(name, fields), [type, data] as const);
  const report = () => readReport(page, 'client');
  const packets = async (...types: readonly string[]) =>
    (await report()).packets.filter(({ type }) => types.includes(type));
  /** Waits for so many packets of a kind, and gives their data. */
  const until = async (type: string, count: number) => {
    await expect.poll(async () => (await packets(type)).length, { timeout: 15_000 }).toBe(count);
    return (await packets(type)).map(({ data }) => data);
  };
  /** A command whose effect shows that the ones before were carried out. */
  const settle = async () => {
    const before = (await packets('stf')).length;
    await send('ttstf', { message: 'x' });
    await until('stf', before + 1);
  };

  // keeps: perso-6.2-ttstf, perso-6.3-stf, perso-6.3-stf-start, perso-6.4-one-each, perso-6.4-at-start
  test('each text gets one stf in order, when its sound begins, with its length in milliseconds', async () => {
    await connect(CLASSIC);
    const texts = ['The first text of three.', 'The second, a bit longer one.', 'Third.'];
    for (const message of texts) await send('ttstf', { message });
    const spoken = await until('stf', texts.length);
    expect(spoken.map(({ message }) => message)).toEqual(texts);
    for (const { message, duration } of spoken) expect(announcedLengths(message)).toContain(duration);

    const starts = await packets('stf-start');
    expect(starts.map(({ data }) => data.duration)).toEqual(spoken.map(({ duration }) => duration));
    expect(new Set(starts.map(({ data }) => data.name)).size).toBe(3);
    // The second is announced when the first has been played, and so on; half of it allows for a busy machine.
    const times = (await packets('stf')).map(({ atMs }) => atMs);
    const [first = 0, second = 0, third = 0] = times;
    const [firstMs = 0, secondMs = 0] = texts.map((text) => announcedLengths(text)[0] ?? 0);
    expect(second - first).toBeGreaterThan(firstMs / 2);
    expect(third - second).toBeGreaterThan(secondMs / 2);
    // And the first not before there is something to hear, give or take the way of the sound.
    const heard = (await report()).sounds.find(({ loud }) => loud)?.atMs ?? Number.NaN;
    expect(Math.abs(heard - first)).toBeLessThan(1000);
  });

  // keeps: perso-6.4-failure
  test('speech that fails is announced with its text and no length, and the next is spoken', async () => {
    await connect(MODERN);
    await send('ttstf', { message: `An ${UNSPEAKABLE} text.` });
    await send('ttstf', { message: 'Fine.' });
    const [failed, spoken] = await until('stf', 2);
    expect(failed).toEqual({ message: `An ${UNSPEAKABLE} text.`, duration: 0 });
    expect(spoken.message).toBe('Fine.');
    expect(announcedLengths('Fine.')).toContain(spoken.duration);
  });

  // keeps: perso-6.2-clear-buffer, perso-6.4-after-clear
  test('after clear-buffer nothing of before is heard or announced, and what comes next is', async () => {
    await connect(CLASSIC);
    for (const pitch of [500, 600, 700]) {
      await send('ttstf', { message: `A text of some length that is heard at ${pitch} Hz.` });
    }
    await until('stf', 1);
    await expect.poll(async () => (await report()).sounds.at(-1)?.loud).toBe(true);
    await send('clear-buffer');
    await expect.poll(async () => (await report()).sounds.at(-1)?.loud, { timeout: 5000 }).toBe(false);
    await settle();
    const announced = (await packets('stf', 'stf-start')).map(({ data }) => data.message ?? 'start');
    expect(announced).toEqual(['start', 'A text of some length that is heard at 500 Hz.', 'start', 'x']);
  });

  // keeps: perso-6.2-chat, perso-6.4-sentences
  test('chat answers with the given history, oldest first, in sentences with their text', async () => {
    await connect(LAST_OF_FIRST);
    vendor.asked.length = 0;
    await send('chat', {
      message: 'And mine?',
      history: [
        { role: 'Human', content: 'My name is Ann.' },
        { role: 'AI', content: 'Nice to meet you.' },
      ],
    });
    expect((await until('stf', 2)).map(({ message }) => message)).toEqual(['Hello there.', 'How are you?']);
    expect(vendor.asked.at(-1)?.slice(-3)).toEqual([
      'user: My name is Ann.',
      'assistant: Nice to meet you.',
      'user: And mine?',
    ]);
    expect(await packets('stf-start')).toHaveLength(2);
  });

  // keeps: perso-6.2-hello, perso-6.4-sentences
  test('hello speaks the intro message, by sentences', async () => {
    await connect(FIRST);
    const [{ intro_message: intro }] = await api.get('prompt/');
    const sentences: string[] = intro.match(/[^.!?]+[.!?]/g).map((sentence: string) => sentence.trim());
    expect(sentences.length).toBeGreaterThan(1);
    await send('hello');
    expect((await until('stf', sentences.length)).map(({ message }) => message)).toEqual(sentences);
  });

  // keeps: perso-6.2-change-size
  test('change-size gives the picture that aspect, with even sides and no reply', async () => {
    await connect(MODERN);
    const size = () =>
      page.evaluate(() => [clients.client.video.videoWidth, clients.client.video.videoHeight] as const);
    for (const [width, height] of [
      [1080, 1920],
      [1921, 1079],
    ] as const) {
      await send('change-size', { width, height });
      await expect
        .poll(async () => ((await size())[0] ?? 0) / ((await size())[1] ?? 1), { timeout: 10_000 })
        .toBeCloseTo(width / height, 1);
      expect((await size()).map((side) => side % 2)).toEqual([0, 0]);
    }
    expect((await report()).packets).toEqual([]);
  });

  // keeps: perso-6.2-set-template
  test('set-template is carried out without a reply, and an unknown style changes nothing', async () => {
    const id = await connect(LAST_OF_FIRST);
    const styles: string[] = (await api.get('settings/modelstyle/')).map(({ name }: any) => name);
    await send('set-template', { model: 'nobody', dress: 'none' });
    const [model = '', ...dress] = (styles.at(-1) ?? '').split('-');
    await send('set-template', { model, dress: dress.join('-') });
    await expect.poll(async () => (await api.session(id)).model_style.name).toBe(styles.at(-1));
    const before = (await report()).pictures;
    await expect.poll(async () => (await report()).pictures).toBeGreaterThan(before);
    expect((await report()).packets).toEqual([]);
  });

  describe('uploads', () => {
    const upload = (bytes: Buffer, chunkBytes: number, keepOpenMs = 0) =>
      page.evaluate(
        ([base64, chunk, keep]) =>
          clients.client.upload(
            Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)),
            chunk,
            keep,
          ),
        [bytes.toString('base64'), chunkBytes, keepOpenMs] as const,
      );
    const stf = (reference: string, format = 'wav') =>
      send('stf', { message: 'caption', file_ref: reference, format });

    // keeps: perso-6.2-stf, perso-6.5-upload-l, perso-6.5-upload-others, perso-6.6-ready, perso-6.6-reference
    // keeps: perso-6.6-chunks, perso-6.6-name, perso-6.6-open, perso-6.6-kept, perso-6.3-stf-start
    test.each([
      [LAST_OF_FIRST.name, LAST_OF_FIRST, 16_384, ['stf-start', 'stf-start']],
      [MODERN.name, MODERN, 65_536, ['stf-start', 'stf', 'stf-start', 'stf']],
    ] as const)(
      'of %s are greeted, taken, kept and announced',
      async (_, generation, chunkBytes, expected) => {
        await connect(generation);
        // 96 kB: more than one chunk of either size.
        const { reference, frames, open } = await upload(createWav(500, 3), chunkBytes, 300);
        expect(frames).toEqual([
          { type: 'string', length: 0 },
          { type: 'string', length: reference.length },
        ]);
        expect(open, 'the channel is left to the client').toBe(true);
        await stf(reference);
        await expect.poll(async () => (await report()).sounds.some(({ loud }) => loud)).toBe(true);
        // The same file once more.
        await stf(reference);
        await expect
          .poll(async () => (await packets('stf', 'stf-start')).map(({ type }) => type), { timeout: 15_000 })
          .toEqual(expected);
        for (const { data } of await packets('stf-start')) {
          expect(data).toEqual({ name: reference, duration: 3000 });
        }
        for (const { data } of await packets('stf')) {
          expect(data).toEqual({ message: 'caption', duration: 3000 });
        }
      },
    );

    // keeps: perso-6.6-several, perso-6.6-sniff, perso-6.6-empty, perso-6.4-one-each
    test('several at once, one of no bytes, and one with a wrong format are all announced', async () => {
      await connect(MODERN);
      const [long, short, empty] = await Promise.all([
        upload(createWav(500, 2), 65_536),
        upload(createWav(900, 0.5), 16_384),
        upload(Buffer.alloc(0), 65_536),
      ]);
      expect(new Set([long, short, empty].map(({ reference }) => reference)).size).toBe(3);
      await stf(empty.reference);
      await stf(short.reference, 'mp3');
      await stf(long.reference, '');
      expect((await until('stf', 3)).map(({ duration }) => duration)).toEqual([0, 500, 2000]);
    });
  });

  describe('recordings', () => {
    const record = async (ms: number) => {
      await send('record-start');
      await page.waitForTimeout(ms);
    };

    // keeps: perso-6.2-record-stt, perso-6.2-record-language, perso-6.3-stt
    test.each([
      [FIRST.name, undefined, FIRST],
      [MODERN_WITH_VOICE.name, 'ko', MODERN_WITH_VOICE],
    ] as const)(
      'of the microphone of %s are recognised, in the language %s',
      async (_, language, generation) => {
        await connect(generation);
        await record(1500);
        await send('record-end-stt', language === undefined ? {} : { language });
        const [{ text }] = await until('stt', 1);
        const [, seconds, heardIn] = /^heard ([\d.]+) s in (\w+)$/.exec(text) ?? [];
        expect(Number(seconds)).toBeGreaterThan(1);
        expect(Number(seconds)).toBeLessThan(4);
        expect(heardIn).toBe(language ?? 'any');
        await settle();
        expect(await packets('stt', 'stt-error')).toHaveLength(1);
      },
    );

    // keeps: perso-6.3-stt, perso-6.2-record-stt
    test('of silence are an empty text', async () => {
      await connect(CLASSIC);
      await record(600);
      await send('record-end-stt', {});
      expect(await until('stt', 1)).toEqual([{ text: '' }]);
    });

    // keeps: perso-6.7-no-sound, perso-6.3-stt-error
    test('of a client that sends no sound are answered all the same', async () => {
      await connect(MODERN);
      await record(200);
      await send('record-end-stt', {});
      await expect.poll(async () => (await packets('stt', 'stt-error')).length).toBe(1);
      const [{ type, data } = { type: '', data: {} }] = await packets('stt', 'stt-error');
      if (type === 'stt') expect(data).toEqual({ text: '' });
      else expect(data).toEqual({ code: expect.any(Number) });
    });

    // keeps: perso-6.2-record-translate, perso-6.3-translate-error
    test('are translated, or it is told that they are not', async () => {
      await connect(FIRST);
      vendor.asked.length = 0;
      await record(800);
      await send('record-end-translate', { src_lang: 'en', dst_lang: 'ko' });
      expect((await until('stt', 1))[0].text).toBe('Hello there. How are you?');
      expect(vendor.asked.at(-1)?.at(-1)).toMatch(/^user: heard .* in en$/);
      await send('record-end-translate', { src_lang: 'en', dst_lang: 'ko' });
      expect(await until('translate-error', 1)).toEqual([{ code: expect.any(Number) }]);
    });
  });

  // keeps: perso-6.1-unknown
  test('unknown commands and frames of any other shape change nothing', async () => {
    await connect(MODERN);
    await send('stf-streaming-start', { message: 'of tomorrow' });
    await send('dance', { steps: [1, 2] });
    await page.evaluate(() => {
      for (const data of [null, 'text', 7, [], { message: 7 }]) clients.client.send('ttstf', data);
    });
    await settle();
    expect((await packets('stf')).map(({ data }) => data.message)).toEqual(['x']);
  });
});
