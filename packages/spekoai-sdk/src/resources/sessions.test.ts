/** Observing a session over connections that come and go. */

import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CallEvent, type SessionTranscriptEntry, Speko, SpekoApiError } from '../index.ts';
import {
  events,
  json,
  type ScriptedEvent,
  type ScriptedServer,
  startScriptedServer,
  text,
} from '../testing/scripted-server.ts';

let server: ScriptedServer;
let speko: Speko;
/** What the pauses between connections would have taken. */
let pausesMs: number[];
/** What they take here. */
let pauseMs: number;

beforeEach(async () => {
  server = await startScriptedServer();
  speko = new Speko({ apiKey: 'k', baseUrl: server.url, timeout: 100 });
  pausesMs = [];
  pauseMs = 0;
  const { setTimeout: set } = globalThis;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((handler: () => void, delayMs = 0) => {
    const isPause = new Error().stack?.includes('src/pause.ts') === true;
    if (isPause) pausesMs.push(delayMs);
    return set(handler, isPause ? pauseMs : delayMs);
  }) as typeof setTimeout);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});

const turn = (index: number): ScriptedEvent => ['transcript', { id: `t${index}`, index, text: `${index}` }];
const event = (id: string, createdAt: string): ScriptedEvent => ['event', { id, created_at: createdAt }];
const status: ScriptedEvent = ['status', { status: 'active', endedAt: null }];
const ended: ScriptedEvent = ['end', { reason: 'session_ended' }];
const rotated: ScriptedEvent = ['end', { reason: 'timeout' }];
const ms = (moment: string) => Date.parse(moment);

async function collect(options?: Parameters<Speko['sessions']['stream']>[1]): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const item of speko.sessions.stream('s/1', options)) list.push(item);
  return list;
}

const cursors = () =>
  server.requests.map(({ target }) => new URL(target, server.url).searchParams.get('cursor'));

it('yields what happens, to the end of the session', async () => {
  const happened = event('e1', '2026-01-01T00:00:01.500Z');
  server.answer(events([status, turn(0), happened, ['status', { status: 'ended', endedAt: 'x' }], ended]));
  expect(await collect()).toStrictEqual([
    { type: 'status', status: 'active', endedAt: null },
    { type: 'transcript', turn: turn(0)[1] },
    { type: 'event', event: happened[1] },
    { type: 'status', status: 'ended', endedAt: 'x' },
    { type: 'end', reason: 'session_ended' },
  ]);
  expect(server.requests).toHaveLength(1);
  const [request] = server.requests;
  expect(request?.method).toBe('GET');
  expect(request?.target).toBe('/v1/sessions/s%2F1/stream?cursor=-1%3A0');
  expect(request?.headers.accept).toBe('text/event-stream');
  expect(request?.headers.authorization).toBe('Bearer k');
});

it.each([
  ['5:1700', '5:1700'],
  ['-1:0', '-1:0'],
  ['5', '-1:0'],
  ['a:b', '-1:0'],
  ['5:-1', '-1:0'],
  ['1:2:3', '-1:0'],
  ['', '-1:0'],
])('starts from the cursor %j at %s', async (cursor, sent) => {
  server.answer(events([ended]));
  await collect({ cursor });
  expect(cursors()).toEqual([sent]);
});

it('goes on where it was when the server rotates the response, and does not show it', async () => {
  const moment = '2026-01-01T00:00:10.000Z';
  server.answer(
    events([status, turn(0), turn(2), turn(1), event('e1', moment), rotated]),
    events([turn(3), ended]),
  );
  const list = await collect();
  expect(list).toHaveLength(7);
  expect(list).not.toContainEqual(expect.objectContaining({ reason: 'timeout' }));
  expect(cursors()).toEqual(['-1:0', `2:${ms(moment)}`]);
  expect(pausesMs).toEqual([500]);
});

it('shows an event once that the server repeats after a rotation, and a turn as often as it comes', async () => {
  const first = event('e1', '2026-01-01T00:00:10.000Z');
  const second = event('e2', '2026-01-01T00:00:10.000Z');
  server.answer(events([first, turn(0), rotated]), events([first, second, second, turn(0), ended]));
  const list = (await collect()) as {
    type: string;
    event?: CallEvent;
    turn?: SessionTranscriptEntry;
  }[];
  expect(list.flatMap(({ event }) => event?.id ?? [])).toEqual(['e1', 'e2']);
  expect(list.filter(({ type }) => type === 'transcript')).toHaveLength(2);
});

it('remembers ids for ten seconds of events, and no longer', async () => {
  const old = event('e0', '2026-01-01T00:00:00.000Z');
  const recent = event('e1', '2026-01-01T00:00:05.000Z');
  const latest = event('e2', '2026-01-01T00:00:11.000Z');
  server.answer(events([old, recent, latest, recent, old, ended]));
  const list = (await collect()) as { event?: CallEvent }[];
  expect(list.flatMap(({ event }) => event?.id ?? [])).toEqual(['e0', 'e1', 'e2', 'e0']);
});

it('shows events without a usable time, and moves no cursor for them', async () => {
  server.answer(events([event('e1', 'never'), ['event', {}], ['event', {}], rotated]), events([ended]));
  expect(await collect()).toHaveLength(4);
  expect(cursors()).toEqual(['-1:0', '-1:0']);
});

it('passes over frames that it does not know', async () => {
  server.answer(events([['news', {}], ['status', 'text'], ['error', { error: 'x' }], ended]));
  expect(await collect()).toEqual([{ type: 'end', reason: 'session_ended' }]);
});

it('connects again after a response that just ends, broke off, or failed', async () => {
  server.answer(
    events([status]),
    (response) => response.destroy(),
    json({ error: 'x' }, 500),
    (response) => response.writeHead(204).end(),
    events([ended]),
  );
  expect(await collect()).toHaveLength(2);
  // The first connection brought something, the next three in a row did not.
  expect(pausesMs).toEqual([500, 500, 1000, 1500]);
});

it('gives up after ten connections in a row that brought nothing', async () => {
  server.answer(events([]));
  const error = await collect().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SpekoApiError);
  expect(error).toMatchObject({ status: 0, code: 'STREAM_DISCONNECTED' });
  expect(server.requests).toHaveLength(10);
  expect(pausesMs).toEqual([500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500]);
});

it('starts to count anew when a connection brought something', async () => {
  const nothing = Array.from({ length: 9 }, () => events([]));
  server.answer(...nothing, events([status]), ...nothing, events([ended]));
  expect(await collect()).toHaveLength(2);
  expect(server.requests).toHaveLength(20);
});

it.each([
  [404, 'SESSION_NOT_FOUND', 'SpekoApiError'],
  [401, 'AUTH_ERROR', 'SpekoAuthError'],
  [429, 'RATE_LIMITED', 'SpekoRateLimitError'],
])('throws a refusal with %d at once', async (refused, code, name) => {
  server.answer(events([status]), json({ error: 'session not found', code }, refused));
  await expect(collect()).rejects.toMatchObject({ status: refused, code, name });
  expect(server.requests).toHaveLength(2);
});

it('keeps a connection longer than the timeout of the client', async () => {
  server.answer((response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    setTimeout(() => response.end('event: end\ndata: {"reason":"session_ended"}\n\n'), 300);
  });
  expect(await collect()).toHaveLength(1);
  expect(server.requests).toHaveLength(1);
});

describe('an abort ends the iteration without an error', () => {
  it('before the first request', async () => {
    expect(await collect({ signal: AbortSignal.abort() })).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  it('while a frame is awaited', async () => {
    const controller = new AbortController();
    server.answer((response, request) => {
      events([status], { stayOpen: true })(response, request);
      setTimeout(() => controller.abort(), 50);
    });
    expect(await collect({ signal: controller.signal })).toHaveLength(1);
    await server.requests[0]?.connectionEnd;
  });

  it('between two frames of one piece', async () => {
    const controller = new AbortController();
    server.answer(events([status, turn(0), ended]));
    const list: unknown[] = [];
    for await (const item of speko.sessions.stream('s', { signal: controller.signal })) {
      list.push(item);
      controller.abort();
    }
    expect(list).toHaveLength(1);
  });

  it('during a pause', async () => {
    pauseMs = 60_000;
    const controller = new AbortController();
    server.answer(text('', 500));
    const collecting = collect({ signal: controller.signal });
    await vi.waitFor(() => expect(pausesMs).toHaveLength(1));
    controller.abort();
    expect(await collecting).toEqual([]);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});

it('gives the connection back when the reader leaves', async () => {
  server.answer(events([status], { stayOpen: true }));
  for await (const _ of speko.sessions.stream('s')) break;
  await server.requests[0]?.connectionEnd;
});
