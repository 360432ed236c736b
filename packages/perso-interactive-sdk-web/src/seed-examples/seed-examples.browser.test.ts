/** Runs the examples: those for pages in a real browser, against a scripted API server. */

import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeWav } from '../audio/wav.ts';
import * as server from '../server.ts';
import { chromiumPath, openBrowser, type TestBrowser } from '../testing/chromium.ts';
import { type ScriptedPlatform, sendJson, startScriptedPlatform } from '../testing/scripted-platform.ts';
import type { ExpressLike, PageContext, SeedNames } from './context.ts';
import { pageExamples, serverExamples } from './index.ts';

declare const window: Pick<Window, 'platformPeer'> & {
  seedExamples: { pageExamples: typeof pageExamples };
  seedContext: PageContext;
  PersoInteractive: PageContext['client'];
};

const names: SeedNames = {
  model_style: 'm',
  prompt: 'p1',
  llm_type: 'l',
  tts_type: 't',
  stt_type: 's',
  sessionTemplateId: 't1',
  textNormalizationConfigId: 'c1',
};
const speech = Buffer.from(encodeWav({ samples: new Float32Array(1_600), sampleRateHz: 16_000 }));
const template = {
  ...{ sessiontemplate_id: 't1', prompt: { prompt_id: 'p1' }, capability: [{ name: 'STF_WEBRTC' }] },
  model_style: { name: 'm', platform_type: 'webrtc' },
};

function playServer(platform: ScriptedPlatform, page: () => Page | undefined): void {
  const session = '/api/v1/session/s1/';
  const lists = [
    ...['settings/llm_type/', 'settings/tts_type/', 'settings/stt_type/', 'settings/mcp_type/', 'document/'],
    ...[
      'settings/modelstyle/?platform_type=webrtc',
      'background_image/',
      'settings/text_normalization_config/',
    ],
  ];
  for (const path of lists) platform.on(`GET /api/v1/${path}`, () => [{ name: path }]);
  platform.on('GET /api/v1/prompt/', () => [{ prompt_id: 'p1', intro_message: 'Welcome' }]);
  platform.on('GET /api/v1/session_template/', () => [template]);
  platform.on('GET /api/v1/session_template/t1/', () => template);
  platform.on('GET /api/v1/settings/text_normalization_config/c1/download/', () => ({ file_url: 'u' }));
  platform.on('POST /api/v1/session/', (request, response) => {
    const { prompt } = request.json() as { prompt: string };
    if (prompt === 'p1') return { session_id: 's1' };
    const errors = [{ code: 'does_not_exist', detail: 'No', attr: 'prompt' }];
    return sendJson(response, 400, { errors });
  });
  platform.on(`GET ${session}`, () => ({ status: 'CREATED', capability: [{ name: 'STF_WEBRTC' }] }));
  platform.on(`GET ${session}ice-servers/`, () => ({ ice_servers: [] }));
  platform.on(`POST ${session}exchange/`, async (request) => {
    const { client_sdp } = request.json() as { client_sdp: RTCSessionDescriptionInit };
    return { server_sdp: await page()?.evaluate((offer) => window.platformPeer.answer(offer), client_sdp) };
  });
  platform.on(`POST ${session}event/create/`, (request) => request.json());
  platform.on(`POST ${session}stt/`, () => ({ text: 'hello' }));
  platform.on(`POST ${session}tts/`, (request, response) => {
    const { text } = request.json() as { text: string };
    if (text.length < 4_000) return { audio: speech.toString('base64') };
    return sendJson(response, 400, { errors: [{ code: 'max_length', detail: 'Too long', attr: 'text' }] });
  });
  platform.on(`POST ${session}llm/v2/`, (_, response) => {
    response.end(
      'data: {"status":"success","type":"message","role":"assistant","content":"Fine."}\n' +
        'data: {"status":"success","type":"finish"}\n',
    );
  });
}

describe.skipIf(chromiumPath === undefined)('examples for pages', () => {
  let browser: TestBrowser;
  let platform: ScriptedPlatform;
  let page: Page;

  beforeAll(async () => {
    browser = await openBrowser();
    platform = await startScriptedPlatform();
    page = await browser.context.newPage();
    playServer(platform, () => page);
    await page.goto(platform.url);
    const bundle = await rolldown({ input: resolve(import.meta.dirname, 'index.ts') });
    const { output } = await bundle.generate({ format: 'iife', name: 'seedExamples' });
    await page.addScriptTag({ content: output[0].code });
    await page.evaluate(
      async ({ apiServer, names, wav }) => {
        const audioData = Uint8Array.from(wav).buffer;
        const audioBlob = new Blob([audioData], { type: 'audio/wav' });
        const input = document.createElement('input');
        input.type = 'file';
        const files = new DataTransfer();
        files.items.add(new File([audioData], 'own.wav'));
        input.files = files.files;
        document.body.append(input);
        const client = window.PersoInteractive;
        const sessionId = 's1';
        const options = { apiServer, sessionId, width: 1, height: 1 };
        window.seedContext = {
          ...{ apiServer, apiKey: 'k', names, client, document, sessionId, audioData, audioBlob },
          session: await client.createSession(options),
          userSpeaks: () => new Promise((resolve) => setTimeout(resolve, 300)),
        };
      },
      { apiServer: platform.url, names, wav: [...speech] },
    );
  });

  afterAll(async () => {
    await browser?.close();
    await platform?.close();
  });

  const expected: Readonly<Record<string, unknown>> = {
    'get-text-normalization': 'u',
    'make-tts': speech.toString('base64'),
    'process-llm': ['message', 'message'],
    'process-llm-cancel': { aborted: 0, broken: 1 },
    'transcribe-audio': ['hello', 'hello'],
    'transcribe-audio-detailed': { text: 'hello' },
    'process-tts': ['audio/wav', 'audio/wav'],
    'process-stf': 'file-1',
    stt: 'hello',
    'is-stt-recording': 'hello',
    'last-recorded-audio-file': { text: 'hello', name: 'recording.wav', type: 'audio/wav' },
    'stt-error': 'STT recording is not in progress',
    'tts-error': ['TTS API error'],
    'llm-stream-chunk': { streamed: 'Fine.', finished: 'Fine.', tools: [] },
    'wav-recorder': ['hello', 'hello'],
  };

  it.each(pageExamples.map(({ id }) => id))('%s', async (id) => {
    const result = await page.evaluate(async (wanted) => {
      const example = window.seedExamples.pageExamples.find((candidate) => candidate.id === wanted);
      const found = await example?.run(window.seedContext);
      if (!(found instanceof window.PersoInteractive.Session)) return found;
      found.stopSession();
      return 'session';
    }, id);
    expect(result).toBeDefined();
    if (id in expected) expect(result).toEqual(expected[id]);
  });
});

describe('examples for servers', () => {
  let platform: ScriptedPlatform;

  beforeAll(async () => {
    platform = await startScriptedPlatform();
    playServer(platform, () => undefined);
  });

  afterAll(async () => {
    await platform?.close();
  });

  it.each(serverExamples.map((example) => [example.id, example] as const))('%s', async (id, example) => {
    const replies: unknown[] = [];
    const handlers: Array<Parameters<ExpressLike['post']>[1]> = [];
    const express = (): ExpressLike => ({
      post: (_, handler) => handlers.push(handler),
      listen: () => 'listening',
    });
    const context = { apiServer: platform.url, apiKey: 'k', names, server, express, port: 0 };
    expect(await example.run(context)).toBeDefined();
    const json = (body: unknown): void => {
      replies.push(body);
    };
    for (const handler of handlers) await handler({}, { json, status: () => ({ json }) });
    if (id.startsWith('express')) expect(replies).toEqual([{ sessionId: 's1' }, { sessionId: 's1' }]);
  });
});
