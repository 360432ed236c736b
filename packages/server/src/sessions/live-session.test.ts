import { type ClientPacket, PlatformError, type SessionEventName } from '@visavox/contract';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MediaEnd, Scene } from '../media/protocol.ts';
import { createCatalogue } from '../routing/catalogue.ts';
import { LiveSession, type LiveSessionOptions } from './live-session.ts';
import { createQuotas } from './quotas.ts';
import {
  createScriptedLog,
  createScriptedPool,
  createScriptedStore,
  createSessionRow,
  type ScriptedOpening,
} from './testing/scripted-session-parts.ts';

const START_WINDOW_MS = 60_000;
const HEARTBEAT_WINDOW_MS = 30_000;
const RECOVERY_WINDOW_MS = 20_000;
const scene: Scene = { modelStyle: 'style', placement: { left: 0, top: 0, height: 1 } };

// Only these two: what is scripted settles in turns of the real event loop.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await settled();
}

function create(
  options: { readonly legacyClient?: boolean; readonly ignoresAbort?: boolean } = {},
  overrides: Partial<LiveSessionOptions> = {},
) {
  const { pool, openings } = createScriptedPool({ ignoresAbort: options.ignoresAbort ?? false });
  const stored = createScriptedStore();
  const { log, messages } = createScriptedLog();
  const row = createSessionRow({ legacyClient: options.legacyClient ?? false });
  stored.rows.set(row.id, row);
  let ended = 0;
  let nowMs = 1000;
  const session = new LiveSession({
    row,
    store: stored.store,
    media: pool,
    log,
    times: {
      startWindowMs: START_WINDOW_MS,
      heartbeatMs: HEARTBEAT_WINDOW_MS,
      recoveryWindowMs: RECOVERY_WINDOW_MS,
      idleMs: 0,
    },
    now: () => new Date(nowMs++),
    quotas: createQuotas({ store: stored.store, defaults: {}, now: () => new Date(nowMs), log }),
    speech: {
      prepare: async (text) => ({ text, locale: 'en', sentences: [text] }),
      async *speak(sentence) {
        yield { samples: new Int16Array(sentence.length * 16), sampleRateHz: 16_000, visemes: [] };
      },
      transcribe: async () => ({ text: 'heard', locale: 'en', normalizedText: 'Heard' }),
    },
    toolbox: { listTools: async () => [], callTool: async () => '', close: async () => {} },
    conversation: { catalogue: createCatalogue([]), searchPassages: async () => [] },
    findModelStyle: (_current, { model }) => model,
    loadScene: async () => scene,
    analyse: () => [],
    decodeAudio: async (bytes) => ({ samples: new Int16Array(bytes.length), sampleRateHz: 16_000 }),
    onEnded: () => {
      ended += 1;
    },
    ...overrides,
  });
  const opening = (index = 0): ScriptedOpening => {
    const found = openings[index];
    if (found === undefined) throw new Error(`There was no call ${index} of open.`);
    return found;
  };
  const exchange = (signal = new AbortController().signal) => session.exchange('offer', { signal });
  return { session, stored, messages, openings, opening, exchange, ended: () => ended };
}

/** A session that has answered its offer; `connect` makes it IN_PROGRESS. */
async function createExchanged(...parameters: Parameters<typeof create>) {
  const parts = create(...parameters);
  const answer = parts.exchange();
  await settled();
  parts.opening().answer();
  expect(await answer).toBe('answer');
  const { handlers, told } = parts.opening();
  return { ...parts, handlers, told, connect: () => handlers.onConnected() };
}

const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => new Error('It succeeded.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PlatformError)) throw error;
  return error.code;
};

describe('states', () => {
  // keeps: perso-2.13-exchanged, perso-2.13-connected
  test('an exchange makes it EXCHANGED, the connection IN_PROGRESS, and both are stored', async () => {
    const { session, stored, opening, exchange } = create();
    expect(session.row.status).toBe('CREATED');
    const answer = exchange();
    await settled();
    expect(session.row.status).toBe('CREATED');
    expect(opening().request).toEqual({ sessionId: 'session-1.1', offerSdp: 'offer', scene });
    opening().answer();
    await answer;
    expect(session.row).toMatchObject({ status: 'EXCHANGED', clientSdp: 'offer', serverSdp: 'answer' });
    opening().handlers.onConnected();
    expect(session.row).toMatchObject({ status: 'IN_PROGRESS', startedAt: expect.any(Date) });
    const { startedAt } = session.row;
    opening().handlers.onConnected();
    expect(session.row.startedAt, 'it begins once').toBe(startedAt);
    await session.stored();
    expect(stored.updates.map(({ status }) => status)).toEqual(['EXCHANGED', 'IN_PROGRESS']);
    expect(stored.rows.get('session-1')).toEqual(session.row);
  });

  // keeps: perso-2.13-start-event
  test('SESSION_START begins a session without WebRTC, once', async () => {
    const { session } = create();
    const event = await session.recordEvent('SESSION_START', '');
    expect(event).toMatchObject({ event: 'SESSION_START', terminate: false, terminateReason: null });
    expect(session.row.status).toBe('IN_PROGRESS');
    const { startedAt } = session.row;
    await session.recordEvent('SESSION_START', '');
    expect(session.row.startedAt).toBe(startedAt);
  });

  test('SESSION_START begins an exchanged session too, and its connection changes nothing of that', async () => {
    const { session, connect } = await createExchanged();
    await session.recordEvent('SESSION_START', '');
    const { startedAt } = session.row;
    connect();
    expect(session.row).toMatchObject({ status: 'IN_PROGRESS', startedAt });
  });

  // keeps: perso-2.13-end-event, perso-2.13-misc-error, perso-2.14-terminate
  test.each<[SessionEventName, string]>([
    ['SESSION_END', 'GRACEFUL_TERMINATION'],
    ['SESSION_ERROR', 'SESSION_MISC_ERROR'],
  ])('%s ends with %s', async (name, reason) => {
    const { session, stored, ended } = create();
    const event = await session.recordEvent(name, 'bye');
    expect(event).toMatchObject({ event: name, detail: 'bye', terminate: true, terminateReason: reason });
    expect(stored.events).toHaveLength(1);
    expect(stored.rows.get('session-1')).toMatchObject({ status: 'TERMINATED', terminationReason: reason });
    expect(ended()).toBe(1);
  });

  // keeps: perso-2.14-names, perso-2.14-terminate
  test.each<SessionEventName>(['SESSION_DURING', 'SESSION_LOG', 'SESSION_TTS', 'SESSION_STT', 'SESSION_LLM'])(
    '%s is only recorded',
    async (name) => {
      const { session, stored } = create();
      expect(await session.recordEvent(name, 'note')).toMatchObject({ terminate: false });
      expect(session.row.status).toBe('CREATED');
      expect(stored.events).toMatchObject([{ sessionId: 'session-1', event: name, detail: 'note' }]);
    },
  );

  // keeps: perso-2.13-left, perso-2.13-silence, perso-2.13-misc-error
  test.each<[MediaEnd, string]>([
    ['left', 'GRACEFUL_TERMINATION'],
    ['lost', 'SESSION_LOST_AFTER_CONNECTION'],
    ['failed', 'SESSION_MISC_ERROR'],
    ['crashed', 'SESSION_MISC_ERROR'],
  ])('media that ended as %s ends the session with %s', async (end, reason) => {
    const { session, handlers, connect, ended } = await createExchanged();
    connect();
    handlers.onClosed(end);
    await session.stored();
    expect(session.row).toMatchObject({ status: 'TERMINATED', terminationReason: reason });
    expect(ended()).toBe(1);
  });

  test('after the end nothing is taken any more', async () => {
    const { session, exchange, openings } = create();
    await session.end('GRACEFUL_TERMINATION');
    expect(await codeOf(exchange())).toBe('session_terminated');
    expect(await codeOf(session.recordEvent('SESSION_START', ''))).toBe('session_terminated');
    expect(openings).toEqual([]);
    expect(session.row.status).toBe('TERMINATED');
  });
});

describe('windows', () => {
  const expired = { status: 'TERMINATED', terminationReason: 'SESSION_EXPIRED_BEFORE_CONNECTION' };
  const lost = { status: 'TERMINATED', terminationReason: 'SESSION_LOST_AFTER_CONNECTION' };

  // keeps: perso-2.13-expired
  test('nothing connects within the start window', async () => {
    const { session } = create();
    await pass(START_WINDOW_MS - 1);
    expect(session.row.status).toBe('CREATED');
    await pass(1);
    expect(session.row).toMatchObject(expired);
  });

  test('an exchange alone does not stop the start window', async () => {
    const { session, told } = await createExchanged();
    await pass(START_WINDOW_MS);
    expect(session.row).toMatchObject(expired);
    expect(told).toEqual(['close']);
  });

  test('a connected session needs no beats', async () => {
    const { session, connect } = await createExchanged();
    connect();
    await session.recordEvent('SESSION_DURING', '');
    await pass(24 * 60 * 60 * 1000);
    expect(session.row.status).toBe('IN_PROGRESS');
  });

  // keeps: perso-2.13-no-heartbeat, perso-7-heartbeat
  test('without WebRTC every event is a beat; after 30 s without one the session is lost', async () => {
    const { session } = create();
    await session.recordEvent('SESSION_START', '');
    for (const name of ['SESSION_DURING', 'SESSION_LOG', 'SESSION_TTS'] as const) {
      await pass(HEARTBEAT_WINDOW_MS - 1);
      expect(session.row.status).toBe('IN_PROGRESS');
      await session.recordEvent(name, '');
    }
    await pass(HEARTBEAT_WINDOW_MS);
    expect(session.row).toMatchObject(lost);
  });

  test('beats before SESSION_START do not prolong the start window', async () => {
    const { session } = create();
    await pass(START_WINDOW_MS - 1);
    await session.recordEvent('SESSION_DURING', '');
    await pass(1);
    expect(session.row).toMatchObject(expired);
  });

  test('a session that was begun by an event but whose peer never connects does not live for ever', async () => {
    const { session, told } = await createExchanged();
    await session.recordEvent('SESSION_START', '');
    await pass(HEARTBEAT_WINDOW_MS);
    expect(session.row).toMatchObject(lost);
    expect(told).toEqual(['close']);
  });

  test('no timer is left after the end', async () => {
    const { session } = create();
    await session.recordEvent('SESSION_START', '');
    await session.recordEvent('SESSION_END', '');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the end', () => {
  // keeps: perso-2.13-final
  test('comes once, and the first reason stays', async () => {
    const { session, stored, told, handlers, ended } = await createExchanged();
    const ends = [session.end('SESSION_MISC_ERROR'), session.end('GRACEFUL_TERMINATION')];
    handlers.onClosed('lost');
    handlers.onConnected();
    await Promise.all(ends);
    await session.end('GRACEFUL_TERMINATION');
    expect(session.row.terminationReason).toBe('SESSION_MISC_ERROR');
    expect(stored.updates.filter(({ status }) => status === 'TERMINATED')).toHaveLength(1);
    expect(stored.rows.get('session-1')).toEqual(session.row);
    expect(told).toEqual(['close']);
    expect(ended()).toBe(1);
  });

  // keeps: perso-2.13-reason-first
  test('has its reason stored before work is aborted and media closes', async () => {
    const { session, stored, told } = await createExchanged();
    const write = Promise.withResolvers<void>();
    stored.script.beforeWrite = () => write.promise;
    const ending = session.end('GRACEFUL_TERMINATION');
    await settled();
    expect(session.row.terminationReason).toBe('GRACEFUL_TERMINATION');
    expect(told).toEqual([]);
    expect(session.signal.aborted).toBe(false);
    write.resolve();
    await ending;
    expect(stored.rows.get('session-1')?.terminationReason).toBe('GRACEFUL_TERMINATION');
    expect(told).toEqual(['close']);
    expect(session.signal.reason).toMatchObject({ code: 'session_terminated' });
  });

  test('stops what is being said', async () => {
    const signals: AbortSignal[] = [];
    const { session, handlers } = await createExchanged(
      {},
      {
        speech: {
          prepare: async (text) => ({ text, locale: 'en', sentences: [text] }),
          async *speak(_, { signal }) {
            signals.push(signal);
            await new Promise(() => {});
            yield* [];
          },
          transcribe: () => Promise.reject(new Error('not scripted')),
        },
      },
    );
    handlers.onPacket({ type: 'ttstf', data: { message: 'Hello.' } });
    await settled();
    await session.end('GRACEFUL_TERMINATION');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test('store failures are logged and break nothing', async () => {
    const { session, stored, exchange, opening, messages, ended } = create();
    stored.script.beforeWrite = () => Promise.reject(new Error('disk full'));
    const answer = exchange();
    await settled();
    opening().answer();
    expect(await answer).toBe('answer');
    opening().handlers.onConnected();
    expect(await session.recordEvent('SESSION_LOG', 'note')).toMatchObject({ event: 'SESSION_LOG' });
    await session.end('GRACEFUL_TERMINATION');
    expect(session.row).toMatchObject({ status: 'TERMINATED', terminationReason: 'GRACEFUL_TERMINATION' });
    expect(opening().told).toEqual(['close']);
    expect(ended()).toBe(1);
    expect(messages).toEqual(Array.from({ length: 4 }, () => 'a session change could not be stored'));
  });

  test('a store that fails once still gets what comes after', async () => {
    const { session, stored } = create();
    stored.script.beforeWrite = () => Promise.reject(new Error('hiccup'));
    await session.recordEvent('SESSION_START', '');
    stored.script.beforeWrite = async () => {};
    await session.end('GRACEFUL_TERMINATION');
    expect(stored.updates).toMatchObject([{ status: 'TERMINATED' }]);
  });
});

describe('races of the exchange', () => {
  // keeps: perso-3.3-exchange-once
  test('of two at once the second is refused, and so is one after', async () => {
    const { exchange, opening, openings } = create();
    const first = exchange();
    await settled();
    expect(await codeOf(exchange())).toBe('invalid_session_state');
    opening().answer();
    expect(await first).toBe('answer');
    expect(await codeOf(exchange())).toBe('invalid_session_state');
    expect(openings).toHaveLength(1);
  });

  test('a refused offer leaves it CREATED, and another one may come', async () => {
    const { session, stored, exchange, opening } = create();
    const first = exchange();
    await settled();
    opening(0).refuse(new PlatformError('invalid', 'No VP8.', { attr: 'client_sdp' }));
    expect(await codeOf(first)).toBe('invalid');
    expect(session.row).toMatchObject({ status: 'CREATED', clientSdp: null });
    expect(stored.updates).toEqual([]);
    const second = exchange();
    await settled();
    opening(1).answer();
    expect(await second).toBe('answer');
  });

  test.each([false, true])(
    'a client that leaves meanwhile leaves it CREATED, and may come again (answer on its way: %s)',
    async (ignoresAbort) => {
      const { session, exchange, opening } = create({ ignoresAbort });
      const client = new AbortController();
      const first = exchange(client.signal);
      await settled();
      client.abort(new Error('gone'));
      expect(opening(0).signal.aborted).toBe(true);
      if (ignoresAbort) opening(0).answer();
      await expect(first).rejects.toThrow('gone');
      expect(session.row.status).toBe('CREATED');
      expect(opening(0).told).toEqual(ignoresAbort ? ['close'] : []);
      const second = exchange();
      await settled();
      opening(1).answer();
      expect(await second).toBe('answer');
      expect(session.row.status).toBe('EXCHANGED');
    },
  );

  test.each([false, true])('an end meanwhile stays the end (answer on its way: %s)', async (ignoresAbort) => {
    const { session, stored, exchange, opening, ended } = create({ ignoresAbort });
    const answer = exchange();
    await settled();
    const ending = session.end('SESSION_MISC_ERROR');
    if (ignoresAbort) opening().answer();
    expect(await codeOf(answer)).toBe('session_terminated');
    await ending;
    expect(session.row).toMatchObject({ status: 'TERMINATED', terminationReason: 'SESSION_MISC_ERROR' });
    expect(stored.rows.get('session-1')).toEqual(session.row);
    expect(opening().told).toEqual(ignoresAbort ? ['close'] : []);
    expect(ended()).toBe(1);
  });

  test('an answer that comes while the end is still being stored does not bring the session back', async () => {
    const { session, stored, exchange, opening } = create();
    const write = Promise.withResolvers<void>();
    stored.script.beforeWrite = () => write.promise;
    const answer = exchange();
    await settled();
    const ending = session.end('GRACEFUL_TERMINATION');
    opening().answer();
    expect(await codeOf(answer)).toBe('session_terminated');
    write.resolve();
    await ending;
    expect(stored.updates.map(({ status }) => status)).toEqual(['TERMINATED']);
    expect(opening().told).toEqual(['close']);
  });

  test('a SESSION_START meanwhile is not undone by the answer', async () => {
    const { session, exchange, opening } = create();
    const answer = exchange();
    await settled();
    await session.recordEvent('SESSION_START', '');
    const { startedAt } = session.row;
    opening().answer();
    await answer;
    expect(session.row).toMatchObject({ status: 'IN_PROGRESS', startedAt, serverSdp: 'answer' });
    opening().handlers.onConnected();
    await pass(HEARTBEAT_WINDOW_MS);
    expect(session.row).toMatchObject({ status: 'IN_PROGRESS', startedAt });
  });
});

describe('packets', () => {
  const stf = (file_ref: string): ClientPacket => ({ type: 'stf', data: { message: 'caption', file_ref } });
  const announcedIn = (told: readonly string[]) =>
    told.flatMap((line) => (line.startsWith('end ') ? [JSON.parse(line.slice(line.indexOf('[')))] : []));

  test('ttstf is spoken', async () => {
    const { handlers, told } = await createExchanged();
    handlers.onPacket({ type: 'ttstf', data: { message: 'Hello.' } });
    await settled();
    expect(told.map((line) => line.split(' ')[0])).toEqual(['start', 'append', 'end']);
    expect(announcedIn(told)[0]).toMatchObject([
      { type: 'stf-start', data: { duration: 6 } },
      { type: 'stf', data: { message: 'Hello.', duration: 6 } },
    ]);
  });

  test('the third utterance waits until the media reports the end of the first', async () => {
    const { handlers, told } = await createExchanged();
    for (const message of ['1', '2', '3']) handlers.onPacket({ type: 'ttstf', data: { message } });
    await settled();
    const starts = () => told.filter((line) => line.startsWith('start '));
    expect(starts()).toHaveLength(2);
    handlers.onUtteranceFinished(starts()[0]?.slice('start '.length) ?? '', 6, true);
    await settled();
    expect(starts()).toHaveLength(3);
  });

  // keeps: perso-6.6-name, perso-6.6-empty
  test('an uploaded file plays under its reference; an unknown or empty one is announced with duration 0', async () => {
    const { handlers, told } = await createExchanged();
    handlers.onFile('file-1', new Uint8Array(32));
    handlers.onPacket(stf('file-1'));
    for (let turn = 0; turn < 4; turn += 1) await settled();
    handlers.onPacket(stf('file-unknown'));
    await settled();
    handlers.onUtteranceFinished(told[0]?.slice('start '.length) ?? '', 2, true);
    handlers.onFile('file-empty', new Uint8Array(0));
    handlers.onPacket(stf('file-empty'));
    await settled();
    expect(announcedIn(told)).toEqual(
      [
        ['file-1', 2],
        ['file-unknown', 0],
        ['file-empty', 0],
      ].map(([name, duration]) => [
        { type: 'stf-start', data: { name, duration } },
        { type: 'stf', data: { message: 'caption', duration } },
      ]),
    );
  });

  // keeps: perso-6.5-upload-l
  test('an older client hears only stf-start of its uploads, but stf of what it lets say', async () => {
    const { handlers, told } = await createExchanged({ legacyClient: true });
    handlers.onPacket(stf('file-1'));
    await settled();
    handlers.onPacket({ type: 'ttstf', data: { message: 'Hi.' } });
    await settled();
    expect(announcedIn(told).map((packets) => packets.map(({ type }: { type: string }) => type))).toEqual([
      ['stf-start'],
      ['stf-start', 'stf'],
    ]);
  });

  test('each clear-buffer is answered with exactly one clear, and what waited is not said', async () => {
    const { handlers, told } = await createExchanged();
    for (const message of ['1', '2', '3']) handlers.onPacket({ type: 'ttstf', data: { message } });
    handlers.onPacket({ type: 'clear-buffer' });
    await settled();
    expect(told).toEqual(['clear']);
    handlers.onPacket({ type: 'clear-buffer' });
    handlers.onPacket({ type: 'ttstf', data: { message: '4' } });
    await settled();
    expect(told.filter((line) => line === 'clear')).toHaveLength(2);
    expect(announcedIn(told)).toMatchObject([[{}, { data: { message: '4' } }]]);
  });

  // keeps: perso-6.7-no-sound, perso-6.3-stt-error
  test('record-end-stt is answered with an error, since there is no sound from the client', async () => {
    const { handlers, told } = await createExchanged();
    handlers.onPacket({ type: 'record-start' });
    expect(told).toEqual([]);
    handlers.onPacket({ type: 'record-end-stt', data: {} });
    expect(told).toEqual(['send {"type":"stt-error","data":{"code":400}}']);
  });

  // keeps: perso-6.6-kept
  test('uploads are kept for a while: the latest 16, and 64 MiB in all', async () => {
    const decoded: number[] = [];
    const { handlers, told } = await createExchanged(
      {},
      {
        decodeAudio: async (bytes) => {
          decoded.push(bytes.length);
          return { samples: new Int16Array(1), sampleRateHz: 16_000 };
        },
      },
    );
    let utterance = 0;
    const isKept = async (fileRef: string): Promise<boolean> => {
      const before = decoded.length;
      handlers.onPacket(stf(fileRef));
      for (let turn = 0; turn < 3; turn += 1) await settled();
      const starts = told.filter((line) => line.startsWith('start '));
      handlers.onUtteranceFinished(starts[utterance++]?.slice('start '.length) ?? '', 0, true);
      return decoded.length > before;
    };
    for (let index = 0; index < 17; index += 1) handlers.onFile(`small-${index}`, new Uint8Array(8));
    expect(await isKept('small-0')).toBe(false);
    expect(await isKept('small-1')).toBe(true);
    expect(await isKept('small-16')).toBe(true);
    for (let index = 0; index < 4; index += 1)
      handlers.onFile(`large-${index}`, new Uint8Array(20 * 1024 * 1024));
    expect(await isKept('small-16')).toBe(false);
    expect(await isKept('large-0')).toBe(false);
    expect(await isKept('large-1')).toBe(true);
    expect(await isKept('large-3')).toBe(true);
  });
});

describe('recovery', () => {
  async function createRecoverable() {
    const parts = create();
    const offer = (fields: object) =>
      parts.session.exchange('offer', { signal: new AbortController().signal, ...fields });
    const first = offer({ recoverable: true });
    await settled();
    parts.opening(0).answer();
    await first;
    parts.opening(0).handlers.onConnected();
    return { ...parts, offer };
  }

  test.each<MediaEnd>(['lost', 'failed', 'crashed'])(
    'a connection that ended as %s can be replaced within the window',
    async (reason) => {
      const { session, opening, offer } = await createRecoverable();
      opening(0).handlers.onClosed(reason);
      await settled();
      expect(session.row.status).toBe('IN_PROGRESS');
      await pass(RECOVERY_WINDOW_MS - 1000);
      const again = offer({ recoverable: true, recover: true });
      await settled();
      expect(opening(1).request.sessionId).toBe('session-1.2');
      opening(1).answer();
      expect(await again).toBe('answer');
      opening(1).handlers.onConnected();
      await pass(10 * RECOVERY_WINDOW_MS);
      expect(session.row.status).toBe('IN_PROGRESS');
      opening(1).handlers.onPacket({ type: 'ttstf', data: { message: 'I am back.' } });
      await settled();
      expect(opening(1).told.some((line) => line.startsWith('append'))).toBe(true);
      expect(opening(0).told.some((line) => line.startsWith('append'))).toBe(false);
    },
  );

  test('nobody comes back: it ends with the reason of the loss', async () => {
    const { session, opening } = await createRecoverable();
    opening(0).handlers.onClosed('lost');
    await pass(RECOVERY_WINDOW_MS);
    await settled();
    expect(session.row).toMatchObject({
      status: 'TERMINATED',
      terminationReason: 'SESSION_LOST_AFTER_CONNECTION',
    });
  });

  test('a client that left in order is waited for only a moment', async () => {
    const { session, opening } = await createRecoverable();
    opening(0).handlers.onClosed('left');
    await pass(2000);
    expect(session.row.status).toBe('IN_PROGRESS');
    await pass(1500);
    await settled();
    expect(session.row).toMatchObject({ status: 'TERMINATED', terminationReason: 'GRACEFUL_TERMINATION' });
  });

  test('a client that says it leaves is not waited for', async () => {
    const { session, opening } = await createRecoverable();
    opening(0).handlers.onPacket({ type: 'leave' });
    await settled();
    expect(session.row).toMatchObject({ status: 'TERMINATED', terminationReason: 'GRACEFUL_TERMINATION' });
  });

  test('an offer that replaces a connection the server still holds closes the old one', async () => {
    const { session, opening, offer } = await createRecoverable();
    const again = offer({ recoverable: true, recover: true });
    await settled();
    expect(opening(0).told).toContain('close');
    opening(1).answer();
    await again;
    // The late end of the old connection is not the end of the session.
    opening(0).handlers.onClosed('lost');
    opening(1).handlers.onConnected();
    await pass(2 * RECOVERY_WINDOW_MS);
    expect(session.row.status).toBe('IN_PROGRESS');
  });

  test('a client that did not say it can recover may not, and its loss ends the session', async () => {
    const { session, connect, handlers } = await createExchanged();
    connect();
    expect(
      await codeOf(session.exchange('offer', { recover: true, signal: new AbortController().signal })),
    ).toBe('invalid_session_state');
    handlers.onClosed('lost');
    await settled();
    expect(session.row.terminationReason).toBe('SESSION_LOST_AFTER_CONNECTION');
  });
});

describe('limits', () => {
  test('a session in which nothing happens ends after the idle time, but not while it is used', async () => {
    const times = { startWindowMs: 600_000, heartbeatMs: 600_000, recoveryWindowMs: 1000, idleMs: 50 };
    vi.useRealTimers();
    const { session } = create({}, { times });
    for (let beat = 0; beat < 6; beat++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      session.touch();
    }
    expect(session.row.status).toBe('CREATED');
    await expect.poll(() => session.row.status, { timeout: 2000 }).toBe('TERMINATED');
    expect(session.row.terminationReason).toBe('SESSION_LOST_AFTER_CONNECTION');
  });

  // keeps: perso-6.2-renew-session
  test('renew-session counts as use', async () => {
    vi.useRealTimers();
    const times = { startWindowMs: 600_000, heartbeatMs: 600_000, recoveryWindowMs: 1000, idleMs: 400 };
    const { session, handlers, connect } = await createExchanged({}, { times });
    connect();
    for (let renewal = 0; renewal < 8; renewal++) {
      await new Promise((resolve) => setTimeout(resolve, 80));
      handlers.onPacket({ type: 'renew-session' });
    }
    expect(session.row.status).toBe('IN_PROGRESS');
    await expect.poll(() => session.row.status, { timeout: 2000 }).toBe('TERMINATED');
  });

  // keeps: perso-2.13-active-quota, perso-3.3-exchange-quota
  test.each(['exchange', 'event'] as const)(
    'a quota that is used up ends the session with its reason at the %s',
    async (how) => {
      const { store, script } = createScriptedStore();
      script.activeSessions = 3;
      const { log } = createScriptedLog();
      const quotas = createQuotas({ store, defaults: { maxActiveSessions: 3 }, now: () => new Date(), log });
      const { session, openings, exchange } = create({}, { quotas });
      const starting = how === 'exchange' ? exchange() : session.recordEvent('SESSION_START', '');
      const error = await starting.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ status: 400, message: expect.stringContaining('MAX_ACTIVE_SESSION') });
      expect(session.row).toMatchObject({
        status: 'TERMINATED',
        terminationReason: 'MAX_ACTIVE_SESSION_QUOTA_EXCEEDED',
      });
      expect(openings).toHaveLength(0);
    },
  );
});

describe('commands of the first generations', () => {
  const clip = { samples: Int16Array.of(1, 2, 3), sampleRateHz: 48_000 };

  // keeps: perso-6.2-record-stt
  test('a recording is answered with its text, after the rules', async () => {
    const { handlers, told, connect } = await createExchanged({ legacyClient: true });
    connect();
    handlers.onPacket({ type: 'record-end-stt', data: {} }, clip);
    await settled();
    expect(told).toEqual(['send {"type":"stt","data":{"text":"Heard"}}']);
  });

  // keeps: perso-6.2-set-template
  test('set-template shows another style, which the session then has', async () => {
    const { session, handlers, told, connect } = await createExchanged();
    connect();
    handlers.onPacket({ type: 'set-template', data: { model: 'other' } });
    await settled();
    expect(session.row.modelStyle).toBe('other');
    expect(told).toEqual(['scene style']);
    handlers.onPacket({ type: 'set-template', data: {} });
    await settled();
    expect(told).toHaveLength(1);
  });

  test('a chat that fails takes the client back to "available"', async () => {
    const { handlers, told, connect, messages } = await createExchanged({ legacyClient: true });
    connect();
    handlers.onPacket({ type: 'chat', data: { message: 'Hi', history: [] } });
    await settled();
    expect(told).toEqual(['send {"type":"stt-error","data":{"code":500}}']);
    expect(messages).toEqual(['a command could not be carried out']);
  });
});
