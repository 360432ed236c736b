import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '@visavox/contract';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMediaPool, type MediaPool, type MediaSessionHandlers } from './pool.ts';
import type { MediaEnd } from './protocol.ts';

const entry = fileURLToPath(new URL('testing/scripted-media-process.ts', import.meta.url));
const never = () => new AbortController().signal;
const scene = { modelStyle: 'style', placement: { left: 0, top: 0, height: 1 } };

let directory: string;
const pools: MediaPool[] = [];
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'visavox-pool-'));
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

/** A log that can be waited for. */
function createLog() {
  const counts = new Map<string, number>();
  const waiting: { message: string; times: number; resolve: () => void }[] = [];
  const write = (_fields: object, message: string): void => {
    const times = (counts.get(message) ?? 0) + 1;
    counts.set(message, times);
    for (const entry of waiting) if (entry.message === message && entry.times === times) entry.resolve();
  };
  return {
    log: { info: write, warn: write, error: write },
    count: (message: string) => counts.get(message) ?? 0,
    logged: (message: string, times = 1) =>
      new Promise<void>((resolve) => {
        if ((counts.get(message) ?? 0) >= times) resolve();
        else waiting.push({ message, times, resolve });
      }),
  };
}

type PoolOptions = Parameters<typeof createMediaPool>[0];

async function create(overrides: Partial<PoolOptions> & { readonly start?: string } = {}) {
  const { start = 'ready', ...options } = overrides;
  const pidFile = path.join(directory, 'pid');
  const environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], START: start, PID_FILE: pidFile };
  const log = createLog();
  const pool = await createMediaPool({
    processes: 2,
    media: { packDirectories: [], maxVideoPixels: 1, ports: { first: 1000, last: 1200 } },
    environment,
    log: log.log,
    signal: never(),
    entry,
    ...options,
  });
  pools.push(pool);
  return { pool, environment, pidFile, ...log };
}

function createHandlers() {
  const packets: unknown[] = [];
  const ended = Promise.withResolvers<MediaEnd>();
  const ends: MediaEnd[] = [];
  let onPacket = () => {};
  const handlers: MediaSessionHandlers = {
    onConnected: () => {},
    onPacket(packet) {
      packets.push(packet.type === 'ttstf' ? JSON.parse(packet.data.message) : packet);
      onPacket();
    },
    onFile: () => {},
    onUtteranceStarted: () => {},
    onUtteranceFinished: () => {},
    onClosed(reason) {
      ends.push(reason);
      ended.resolve(reason);
    },
  };
  const received = (count: number) =>
    new Promise<void>((resolve) => {
      onPacket = () => {
        if (packets.length >= count) resolve();
      };
      onPacket();
    });
  return { handlers, packets, received, ended: ended.promise, ends };
}

async function open(pool: MediaPool, sessionId: string, offerSdp = 'offer', signal = never()) {
  const parts = createHandlers();
  const { answerSdp, session } = await pool.open({ sessionId, offerSdp, scene }, parts.handlers, { signal });
  const { pid, ports }: { pid: number; ports: unknown } = JSON.parse(answerSdp);
  return { ...parts, session, pid, ports };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process id that a process which never becomes ready has written. */
const pidIn = (file: string): Promise<number> =>
  vi.waitFor(
    () => {
      const pid = Number(readFileSync(file, 'utf8'));
      expect(pid).toBeGreaterThan(0);
      return pid;
    },
    { timeout: 10_000, interval: 10 },
  );

describe('sessions', () => {
  test('each goes to the process with the fewest, and each process has its own ports', async () => {
    const { pool } = await create();
    expect(pool.processIds()).toHaveLength(2);
    const [a, b] = [await open(pool, 'a'), await open(pool, 'b')];
    expect(new Set([a.pid, b.pid])).toEqual(new Set(pool.processIds()));
    expect([a.ports, b.ports]).toEqual(
      expect.arrayContaining([
        { first: 1000, last: 1099 },
        { first: 1100, last: 1199 },
      ]),
    );
    const c = await open(pool, 'c');
    expect(c.pid, 'equal load').toBe(a.pid);
    c.session.close();
    a.session.close();
    expect((await open(pool, 'd')).pid, 'a closed session counts no more').toBe(a.pid);
    expect((await pool.stats({ signal: never() })).length).toBe(2);
  });

  test('are told what they should be, in order, until they are closed', async () => {
    const { pool } = await create({ processes: 1 });
    const { session, packets, received } = await open(pool, 'a');
    const other = await open(pool, 'b');
    const samples = Int16Array.of(1, -2);
    session.startUtterance('u', 16_000);
    session.appendUtterance('u', { samples, visemes: [], announcements: [] });
    session.endUtterance('u', []);
    session.clear();
    session.send({ type: 'stt', data: { text: 'x' } });
    await received(5);
    expect(packets).toMatchObject([
      { kind: 'utterance-start', sessionId: 'a', utteranceId: 'u', sampleRateHz: 16_000 },
      { kind: 'utterance-chunk', utteranceId: 'u', samples: { 0: 1, 1: -2 } },
      { kind: 'utterance-end', utteranceId: 'u' },
      { kind: 'clear' },
      { kind: 'packet', packet: { type: 'stt' } },
    ]);
    session.close();
    session.close();
    session.clear();
    other.session.clear();
    await other.received(1);
    expect(packets, 'nothing comes back for a closed session').toHaveLength(5);
  });

  test('that end by themselves say so once', async () => {
    const { pool } = await create({ processes: 1 });
    const { session, ended, ends } = await open(pool, 'a');
    session.endUtterance('leave', []);
    expect(await ended).toBe('left');
    session.close();
    await pool.close();
    expect(ends).toEqual(['left']);
  });
});

describe('an offer', () => {
  test('that is refused is the fault of the client; anything else is ours', async () => {
    const { pool } = await create({ processes: 1 });
    await expect(open(pool, 'a', 'bad offer')).rejects.toMatchObject({
      code: 'invalid',
      message: 'refused a',
      items: [{ attr: 'client_sdp' }],
    });
    const broken: unknown = await open(pool, 'a', 'broken').catch((error: unknown) => error);
    expect(broken).toBeInstanceOf(Error);
    expect(broken).not.toBeInstanceOf(PlatformError);
  });

  test('that is not answered in time, or with another number, is unavailable', async () => {
    const { pool } = await create({ processes: 1, openTimeoutMs: 30 });
    for (const offer of ['hang', 'odd']) {
      await expect(open(pool, 'a', offer)).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  test('that the client gives up rejects with its reason, and the place is free again', async () => {
    const { pool } = await create();
    const client = new AbortController();
    const opening = open(pool, 'a', 'hang', client.signal);
    client.abort(new Error('gone'));
    await expect(opening).rejects.toThrow('gone');
    await expect(open(pool, 'a', 'offer', AbortSignal.abort(new Error('gone before')))).rejects.toThrow(
      'gone before',
    );
    const pids = [(await open(pool, 'a')).pid, (await open(pool, 'b')).pid];
    expect(new Set(pids).size).toBe(2);
  });

  test('is unavailable when its process dies, and when none runs', async () => {
    const { pool, environment } = await create({ processes: 1 });
    environment['START'] = 'crash';
    for (let time = 0; time < 2; time += 1) {
      await expect(open(pool, 'a', 'die')).rejects.toMatchObject({ code: 'unavailable' });
    }
  });
});

describe('a death', () => {
  test('ends the sessions of that process only, once, and a replacement takes new ones', async () => {
    const { pool, logged } = await create();
    const [a, b] = [await open(pool, 'a'), await open(pool, 'b')];
    process.kill(a.pid, 'SIGKILL');
    expect(await a.ended).toBe('crashed');
    await logged('media process replaced');
    expect(b.ends).toEqual([]);
    expect(a.ends).toEqual(['crashed']);
    expect(pool.processIds()).toHaveLength(2);
    expect(pool.processIds()).not.toContain(a.pid);
    const c = await open(pool, 'c');
    expect(c.pid).not.toBe(b.pid);
    expect(c.ports, 'the replacement has the ports of the one before').toEqual(a.ports);
    a.session.clear();
    a.session.close();
    b.session.clear();
    await b.received(1);
  });

  test('that repeats delays the replacement more and more, and it is tried for ever', {
    timeout: 40_000,
  }, async () => {
    const { pool, environment, logged, count } = await create({ processes: 1 });
    const { pid } = await open(pool, 'a');
    environment['START'] = 'crash';
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    process.kill(pid, 'SIGKILL');
    let deaths = 1;
    for (const delayMs of [0, 500, 2000, 5000, 5000]) {
      await logged('media process died', deaths);
      if (delayMs > 0) {
        vi.advanceTimersByTime(delayMs - 1);
        expect(vi.getTimerCount(), `still waits just before ${delayMs} ms`).toBe(1);
      }
      vi.advanceTimersByTime(1);
      expect(vi.getTimerCount(), `starts after ${delayMs} ms`).toBe(0);
      deaths += 1;
    }
    await logged('media process died', deaths);
    expect(count('media process replaced')).toBe(0);
    environment['START'] = 'ready';
    vi.advanceTimersByTime(5000);
    await logged('media process replaced');
    expect((await open(pool, 'b')).pid).not.toBe(pid);
  });
});

describe('the start', () => {
  test('fails when a process ends at once', async () => {
    await expect(create({ start: 'crash' })).rejects.toThrow(/ended at start/);
  });

  test('fails when a process never becomes ready, and none stays behind', async () => {
    const stop = new AbortController();
    const creating = create({ start: 'silent', processes: 1, signal: stop.signal });
    const pid = await pidIn(path.join(directory, 'pid'));
    stop.abort();
    await expect(creating).rejects.toThrow(/did not become ready/);
    expect(isAlive(pid)).toBe(false);
  });

  test('that fails for one process ends the others that are still starting', async () => {
    await expect(create({ start: 'one silent, one crashes' })).rejects.toThrow(/ended at start/);
    expect(isAlive(await pidIn(path.join(directory, 'pid')))).toBe(false);
  });

  test('does not begin when it is given up before', async () => {
    await expect(create({ signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
  });
});

describe('close', () => {
  test('ends every process, tells no session, and may be asked twice', async () => {
    const { pool } = await create();
    const { ends, session } = await open(pool, 'a');
    const pids = pool.processIds();
    let ended = 0;
    const closings = [pool.close(), pool.close()].map((closing) =>
      closing.then(() => {
        ended += 1;
        expect(pids.map(isAlive), 'whoever asked, it is done').toEqual([false, false]);
      }),
    );
    await Promise.all(closings);
    expect(ended).toBe(2);
    expect(ends).toEqual([]);
    session.clear();
    session.close();
    await expect(open(pool, 'b')).rejects.toMatchObject({ code: 'unavailable' });
    expect(pool.processIds()).toEqual([]);
    expect(await pool.stats({ signal: never() })).toEqual([]);
  });

  test('rejects an offer that is being answered', async () => {
    const { pool } = await create({ processes: 1 });
    const opening = open(pool, 'a', 'hang');
    const rejected = expect(opening).rejects.toMatchObject({ code: 'unavailable' });
    await pool.close();
    await rejected;
  });

  test('also ends a replacement that is still starting', async () => {
    const { pool, environment, pidFile } = await create({ processes: 1 });
    const { pid } = await open(pool, 'a');
    environment['START'] = 'silent';
    process.kill(pid, 'SIGKILL');
    const replacement = await pidIn(pidFile);
    await pool.close();
    expect(isAlive(replacement)).toBe(false);
  });
});
