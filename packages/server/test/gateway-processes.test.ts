/** The voice gateway in processes of its own: calls are answered there, everything else by the main process. */
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { encodeWav } from '@visavox/audio';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type HttpVendor,
  startHttpVendor,
  type VendorRequest,
} from '../src/providers/testing/http-vendor.ts';
import { type RunningServer, startTestServer } from '../src/testing.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const head = { id: 'c', created: 1, model: 'mock-chat' };
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

let vendor: HttpVendor;
let server: RunningServer;
let answerChat: (request: VendorRequest, response: ServerResponse) => void | Promise<void>;

beforeEach(() => {
  answerChat = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const choice = { index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' };
    response.end(JSON.stringify({ ...head, object: 'chat.completion', choices: [choice], usage }));
  };
});
beforeAll(async () => {
  vendor = await startHttpVendor(async (request, response) => {
    if (request.path === '/v1/chat/completions') return answerChat(request, response);
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.path === '/v1/audio/speech') response.end(Buffer.alloc(4800, 7));
    else if (request.path === '/v1/audio/transcriptions') response.end('{"text":"good morning"}');
    else
      response.end(
        JSON.stringify({
          object: 'list',
          data: [{ id: 'mock-chat' }, { id: 'mock-tts' }, { id: 'whisper-1' }],
        }),
      );
  });
  server = await start({});
});
afterAll(async () => {
  await server?.close();
  await vendor?.close();
});

function start(environment: Readonly<Record<string, string>>): Promise<RunningServer> {
  return startTestServer({
    environment: {
      OPENAI_BASE_URL: vendor.baseUrl,
      OPENAI_API_KEY: 'key-of-the-operator',
      VISAVOX_GATEWAY_PROCESSES: '2',
      ...environment,
    },
  });
}

const post = (
  path: string,
  body: object,
  options: { key?: string; on?: RunningServer; signal?: AbortSignal } = {},
) =>
  fetch(`${(options.on ?? server).url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${options.key ?? (options.on ?? server).apiKey}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
    signal: options.signal ?? null,
  });
const chat = (more: object = {}, options: Parameters<typeof post>[2] = {}) =>
  post(
    '/v1/chat/completions',
    { model: 'auto', messages: [{ role: 'user', content: 'Hi' }], ...more },
    options,
  );
const get = async (path: string): Promise<Json> =>
  (await fetch(server.url + path, { headers: { authorization: `Bearer ${server.apiKey}` } })).json();

describe('calls', () => {
  test('are answered, whole and streamed', async () => {
    const whole = await chat();
    expect([
      whole.status,
      whole.headers.get('x-route'),
      whole.headers.get('access-control-allow-origin'),
    ]).toEqual([200, 'openai/mock-chat', '*']);
    expect(((await whole.json()) as Json).choices[0].message.content).toBe('Hello.');

    answerChat = async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const word of ['One ', 'two.']) {
        response.write(chunk({ content: word }));
        await wait(20);
      }
      response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
    };
    const streamed = await (await chat({ stream: true })).text();
    expect(streamed).toContain('"content":"One "');
    expect(streamed).toContain('"content":"two."');
    expect(streamed.endsWith('data: [DONE]\n\n')).toBe(true);
    const spoken = await post('/v1/complete', {
      intent: { language: 'en' },
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(spoken.headers.get('x-speko-model')).toBe('mock-chat');
    expect(await spoken.text()).toContain('event: done\n');
  });

  test('speech and recordings too', async () => {
    const speech = await post('/v1/audio/speech', { model: 'auto', input: 'Hi', response_format: 'pcm' });
    expect([speech.status, speech.headers.get('x-route')]).toEqual([200, 'openai/mock-tts']);
    expect((await speech.arrayBuffer()).byteLength).toBe(4800);
    const samples = Int16Array.from({ length: 16_000 }, (_, index) => 8000 * Math.sin(index / 5));
    const form = new FormData();
    form.set('model', 'auto');
    form.set('file', new Blob([new Uint8Array(encodeWav({ samples, sampleRateHz: 16_000 }))]), 'a.wav');
    const text = await fetch(`${server.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}` },
      body: form,
    });
    expect(await text.json()).toEqual({ text: 'good morning' });
  });

  test('that need an engine of this program are passed on', async () => {
    const speech = await post('/v1/audio/speech', {
      model: 'flite',
      input: 'Good morning to all of you.',
      response_format: 'pcm',
    });
    expect([speech.status, speech.headers.get('x-route')?.split('/')[0]]).toEqual([200, 'flite']);
    expect((await speech.arrayBuffer()).byteLength).toBeGreaterThan(20_000);
  });

  test('are refused as everywhere', async () => {
    expect((await chat({}, { key: 'no-such-key' })).status).toBe(401);
    expect(((await (await chat({ model: 'nobody' })).json()) as Json).error.code).toBe('model_not_found');
    expect((await chat({ messages: 'x' })).status).toBe(400);
    const big = await post('/v1/synthesize', { text: 'x'.repeat(2_000_000), intent: { language: 'en' } });
    expect([big.status, ((await big.json()) as Json).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('end at the vendor when their client goes', async () => {
    const closed = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    answerChat = (_request, response) => {
      response.on('close', () => closed.resolve());
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'One ' }));
      begun.resolve();
    };
    const client = new AbortController();
    const streamed = await chat({ stream: true }, { signal: client.signal });
    await streamed.body?.getReader().read();
    await begun.promise;
    client.abort();
    await closed.promise;
  });
});

test('everything else is answered by the main process', async () => {
  expect(await get('/healthz')).toEqual({ status: 'ok' });
  expect((await get('/v1/models')).data.map(({ id }: Json) => id)).toContain('openai:mock-chat');
  expect((await fetch(`${server.url}/v1/nothing`)).status).toBe(404);
  expect((await fetch(`${server.url}/v1/chat/completions`)).status).toBe(405);
  const session = await post('/api/v1/session/', { capability: ['LLM'] });
  expect(session.status).toBe(201);
  const preflight = await fetch(`${server.url}/v1/complete`, { method: 'OPTIONS' });
  expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
    204,
    expect.stringContaining('POST'),
  ]);
});

test('what calls use is counted, and a budget ends them', async () => {
  const made = (await (await post('/v1/api-keys', { name: 'one' })).json()) as Json;
  const { key } = made;
  expect((await chat({}, { key })).status).toBe(200);
  await expect
    .poll(async () => JSON.stringify(await get('/v1/usage')), { timeout: 5000 })
    .toContain('"provider":"openai"');
  // A key that is gone is refused without waiting for what is remembered.
  await fetch(`${server.url}/v1/api-keys/${made.id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${server.apiKey}` },
  });
  await expect.poll(async () => (await chat({}, { key })).status, { timeout: 1000, interval: 50 }).toBe(401);
  const poor = (await (await post('/manage/v1/keys', { name: 'poor', budget_usd: 0 })).json()) as Json;
  expect((await chat({}, { key: poor.key })).status).toBe(402);
});

test('requests of a key are counted together', async () => {
  const limited = await start({ VISAVOX_RATE_LIMIT_KEY: '30' });
  try {
    const statuses: number[] = [];
    for (let i = 0; i < 60; i++) {
      statuses.push((await chat({}, { on: limited })).status);
      await wait(10);
    }
    const refused = statuses.indexOf(429);
    expect(refused).toBeGreaterThanOrEqual(30);
    expect(refused).toBeLessThan(45);
    expect(statuses.slice(refused + 3).every((status) => status === 429)).toBe(true);
    const answer = await chat({}, { on: limited });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await limited.close();
  }
});

test('a process that dies takes its own calls along, and is replaced', async () => {
  const pids = server.gatewayProcessIds();
  expect(pids).toHaveLength(2);
  const [victim = 0] = pids;
  process.kill(victim, 'SIGKILL');
  await expect.poll(() => server.gatewayProcessIds().includes(victim)).toBe(false);
  for (let i = 0; i < 4; i++) expect((await chat()).status).toBe(200);
  await expect.poll(() => server.gatewayProcessIds().length, { timeout: 20_000 }).toBe(2);
});

test('a port that is taken is named', async () => {
  const { port } = new URL(vendor.baseUrl);
  await expect(start({ PORT: port })).rejects.toThrow(`PORT ${port} is in use`);
});

test('closing ends the processes', async () => {
  const other = await start({});
  const pids = other.gatewayProcessIds();
  expect((await chat({}, { on: other })).status).toBe(200);
  await other.close();
  await other.close();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
});
