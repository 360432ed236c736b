import { afterEach, beforeEach, expect, test } from 'vitest';
import type { VoiceEventRow, VoiceSessionRow, VoiceTurnRow } from '../store/store.ts';
import type { VoiceSessionStore } from '../store/voice-sessions.ts';
import { createTokenTransport } from './session-transport.ts';
import { createVoiceSessions, type VoiceSessions, type WatchEvent } from './voice-sessions.ts';

const START = { turnIndex: -1, eventMs: 0 };
const never = new AbortController().signal;
let row: VoiceSessionRow;
let turns: VoiceTurnRow[];
let events: VoiceEventRow[];
let reads: number;
let sessions: VoiceSessions;

beforeEach(() => {
  // Only what watching looks at.
  row = {
    id: 's',
    organizationId: 'o',
    status: 'active',
    endedAt: null,
    pipelineConfig: {},
  } as VoiceSessionRow;
  turns = [];
  events = [];
  reads = 0;
  const store = {
    find: async () => {
      reads++;
      return row;
    },
    listTurns: async (_: string, after: number) => turns.filter(({ index }) => index > after),
    listEvents: async (_: string, from: Date) => events.filter(({ createdAt }) => createdAt >= from),
    addEvent: async (event: VoiceEventRow) => void events.push(event),
    putTurns: async (added: VoiceTurnRow[]) => void turns.push(...added),
    activate: async () => true,
    end: async (_: string, { at }: { at: Date }) => {
      row = { ...row, status: 'ended', endedAt: at };
      return row;
    },
  } as unknown as VoiceSessionStore;
  sessions = createVoiceSessions({
    store,
    transport: createTokenTransport((text) => text),
    seal: (text) => text,
    unseal: (text) => text,
    now: () => new Date(),
    randomId: () => Math.random().toString(36),
    log: { error: () => {} },
    // Only the bell wakes it.
    pollMs: 600_000,
  });
});
afterEach(() => sessions.close());

const say = (index: number) =>
  sessions.addTurns(row, [
    { index, source: 'user', text: `turn ${index}`, startedAt: new Date().toISOString() },
  ]);
const typesOf = (list: readonly WatchEvent[]) => list.map(({ type }) => type);

test('goes on until the session has ended', async () => {
  const seen: WatchEvent[] = [];
  for await (const event of sessions.watch(row, START, { signal: never })) {
    seen.push(event);
    if (event.type === 'status' && event.status === 'active') await say(0);
    if (event.type === 'transcript') await sessions.end(row, 'requested');
  }
  expect(typesOf(seen).filter((type) => type !== 'event')).toEqual(['status', 'transcript', 'status', 'end']);
  expect(seen.at(-1)).toEqual({ type: 'end', reason: 'session_ended' });
});

test('one that is left is let go', async () => {
  for await (const event of sessions.watch(row, START, { signal: never })) {
    expect(event.type).toBe('status');
    break;
  }
  const before = reads;
  await say(0);
  expect(reads).toBe(before);
});

test('an abort while it waits ends it', async () => {
  const controller = new AbortController();
  const watching = sessions.watch(row, START, { signal: controller.signal });
  await watching.next();
  const next = watching.next();
  controller.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});

test('a slow reader is waited for: nothing is read ahead', async () => {
  const watching = sessions.watch(row, START, { signal: never });
  await watching.next();
  for (let index = 0; index < 50; index++) await say(index);
  expect(reads).toBe(1);
  const seen: WatchEvent[] = [];
  for await (const event of watching) {
    seen.push(event);
    if (seen.length === 50) break;
  }
  expect(seen.map((event) => (event.type === 'transcript' ? event.turn.index : event.type))).toEqual(
    Array.from({ length: 50 }, (_, index) => index),
  );
});

test('a server that stops tells those who watch to come again', async () => {
  const watching = sessions.watch(row, START, { signal: never });
  await watching.next();
  const next = watching.next();
  await sessions.close();
  await sessions.close();
  expect((await next).value).toEqual({ type: 'end', reason: 'timeout' });
});
