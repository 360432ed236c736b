/** Refusals, timeouts and aborts, of every kind of call. */

import { spawn } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Speko, SpekoApiError, SpekoAuthError, SpekoRateLimitError } from './index.ts';
import {
  type Answer,
  events,
  frame,
  json,
  type ScriptedServer,
  startScriptedServer,
  text,
} from './testing/scripted-server.ts';

let server: ScriptedServer;
let speko: Speko;
beforeEach(async () => {
  server = await startScriptedServer();
  speko = new Speko({ apiKey: 'k', baseUrl: server.url });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});

const options = { language: 'en' };
const ask = { messages: [{ role: 'user' as const, content: 'x' }], intent: options };
const audio = Uint8Array.of(1);

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

type Call = (client: Speko, signal?: AbortSignal) => Promise<unknown>;
const calls: [string, Call][] = [
  ['a JSON call', (s, signal) => s.agents.tools.list('a', signal)],
  ['transcribe', (s, signal) => s.transcribe(audio, options, signal)],
  ['transcribeStream', (s, signal) => drain(s.transcribeStream(audio, options, signal))],
  ['synthesize', (s, signal) => s.synthesize('x', options, signal)],
  ['synthesizeStream', async (s, signal) => drain(await s.synthesizeStream('x', options, signal))],
  ['complete', (s, signal) => s.complete(ask, signal)],
  ['completeStream', (s, signal) => drain(s.completeStream(ask, signal))],
];

/** An answer that starts and does not go on. */
const stall: Answer = (response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write(frame(['delta', { text: 'a' }]));
};

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each(calls)('%s', (_, call) => {
  it.each<[string, Answer, object]>([
    [
      'a refusal with JSON',
      json({ error: 'Agent not found', code: 'AGENT_NOT_FOUND' }, 404),
      { status: 404, message: 'Agent not found', code: 'AGENT_NOT_FOUND' },
    ],
    [
      'a refusal without code',
      json({ error: 'broken' }, 500),
      { status: 500, message: 'broken', code: 'UNKNOWN' },
    ],
    [
      'JSON of another shape',
      json({ error: { message: 'm' } }, 400),
      { status: 400, message: '{"error":{"message":"m"}}', code: 'UNKNOWN' },
    ],
    ['text', text('<h1>Bad</h1>', 502), { status: 502, message: '<h1>Bad</h1>', code: 'UNKNOWN' }],
    ['nothing', text('', 503), { status: 503, message: 'Service Unavailable', code: 'UNKNOWN' }],
  ])('turns %s into an error', async (_name, answer, fields) => {
    server.answer(answer);
    const error = await caught(call(speko));
    expect(error).toBeInstanceOf(SpekoApiError);
    expect(error).toMatchObject({ name: 'SpekoApiError', ...fields });
  });

  it('takes 401 for a wrong key, whatever the body', async () => {
    server.answer(text('<html>no</html>', 401), json({ error: 'Unauthorized', code: 'UNAUTHORIZED' }, 401));
    const first = await caught(call(speko));
    expect(first).toBeInstanceOf(SpekoAuthError);
    expect(first).toMatchObject({ message: '<html>no</html>', status: 401, code: 'AUTH_ERROR' });
    expect(await caught(call(speko))).toMatchObject({ message: 'Unauthorized', code: 'AUTH_ERROR' });
  });

  it.each<[string, Record<string, string>, number | null]>([
    ['a time', { 'Retry-After': '7' }, 7],
    ['no time', {}, null],
    ['a date', { 'Retry-After': 'Wed, 21 Oct 2026 07:28:00 GMT' }, null],
  ])('takes 429 with %s for too many calls', async (_name, headers, retryAfter) => {
    server.answer(json({ error: 'slow down', code: 'X' }, 429, headers));
    const error = await caught(call(speko));
    expect(error).toBeInstanceOf(SpekoRateLimitError);
    expect(error).toMatchObject({ message: 'slow down', status: 429, code: 'RATE_LIMITED', retryAfter });
  });

  it('sends nothing when the signal had fired before', async () => {
    const reason = new Error('mine');
    expect(await caught(call(speko, AbortSignal.abort(reason)))).toMatchObject({ name: 'AbortError' });
    expect(server.requests).toHaveLength(0);
  });

  it.each<[string, Answer]>([
    ['before the first byte', () => undefined],
    ['in the middle of the answer', stall],
    [
      'in the middle of a refusal',
      (response) => {
        response.writeHead(500);
        response.write('{');
      },
    ],
  ])('ends with the signal %s', async (_name, answer) => {
    const controller = new AbortController();
    server.answer((response, request) => {
      answer(response, request);
      setTimeout(() => controller.abort(new Error('mine')), 30);
    });
    const error = await caught(call(speko, controller.signal));
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(error).not.toBeInstanceOf(SpekoApiError);
    await server.requests[0]?.connectionEnd;
  });

  it.each<[string, Answer]>([
    ['headers', () => undefined],
    ['the rest of the body', stall],
    [
      'a body that comes in drops',
      (response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(frame(['delta', { text: 'a' }])), 10);
        response.once('close', () => clearInterval(timer));
      },
    ],
  ])('does not wait for %s longer than the timeout', async (_name, answer) => {
    server.answer(answer);
    const startedMs = performance.now();
    const error = await caught(call(new Speko({ apiKey: 'k', baseUrl: server.url, timeout: 150 })));
    expect(error).toMatchObject({ name: 'AbortError' });
    expect(performance.now() - startedMs).toBeGreaterThan(100);
    await server.requests[0]?.connectionEnd;
  });

  it('lets go of its timer and of the signal at the end', async () => {
    const timers = new Set<unknown>();
    let timerCount = 0;
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    // Only the timers of this package: vendored code of Node has its own.
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((handler: () => void, delayMs?: number) => {
      const timer = set(handler, delayMs);
      if (new Error().stack?.includes('src/transport.ts')) {
        timers.add(timer);
        timerCount += 1;
      }
      return timer;
    }) as typeof setTimeout);
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
      timers.delete(timer);
      clear(timer);
    });
    const { signal } = new AbortController();
    const reply = events([['done', { text: '' }]]);
    const breakOff: Answer = (response) => {
      response.writeHead(200);
      response.write('x');
      setImmediate(() => response.destroy());
    };
    for (const answer of [reply, json({}, 500), breakOff, json([], 204)]) {
      server.answer(answer);
      await caught(call(speko, signal));
      expect(timers.size).toBe(0);
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    }
    expect(timerCount).toBeGreaterThanOrEqual(4);
  });
});

describe('timeouts', () => {
  it.each([Number.POSITIVE_INFINITY, 2 ** 40])('may be %s', async (timeout) => {
    server.answer((response) => setTimeout(() => response.end('[]'), 30));
    expect(await new Speko({ apiKey: 'k', baseUrl: server.url, timeout }).agents.list()).toEqual([]);
  });

  it('release a stream that nobody reads', async () => {
    server.answer(stall);
    const client = new Speko({ apiKey: 'k', baseUrl: server.url, timeout: 100 });
    await client.synthesizeStream('x', options);
    await server.requests[0]?.connectionEnd;
  });
});

it('an abort between two events ends the stream at once', async () => {
  const controller = new AbortController();
  server.answer(events([1, 2, 3].map((n) => ['delta', { text: `${n}` }] as const)));
  const received: unknown[] = [];
  const reading = async () => {
    for await (const event of speko.completeStream(ask, controller.signal)) {
      received.push(event);
      controller.abort();
    }
  };
  await expect(reading()).rejects.toMatchObject({ name: 'AbortError' });
  expect(received).toHaveLength(1);
});

it('an abort after the last event is no failure', async () => {
  const controller = new AbortController();
  server.answer(events([['done', { text: 'ok' }]], { stayOpen: true }));
  const received: unknown[] = [];
  for await (const event of speko.completeStream(ask, controller.signal)) {
    received.push(event);
    controller.abort();
  }
  expect(received).toHaveLength(1);
});

it('a gateway that cannot be reached rejects with what fetch says', async () => {
  const nowhere = new Speko({ apiKey: 'k', baseUrl: 'http://127.0.0.1:1' });
  await expect(nowhere.agents.list()).rejects.toBeInstanceOf(TypeError);
});

it('a process ends when its calls have ended', async () => {
  server.answer(json([]), events([['done', { text: 'ok' }]]), json({}, 500), stall);
  const script = `
    import { Speko } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const speko = new Speko({ apiKey: 'k', baseUrl: ${JSON.stringify(server.url)} });
    const ask = ${JSON.stringify(ask)};
    await speko.agents.list();
    await speko.complete(ask);
    await speko.agents.list().catch(() => undefined);
    for await (const event of speko.completeStream(ask)) break;
  `;
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(12_000);
});
