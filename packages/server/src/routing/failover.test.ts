import { describe, expect, test, vi } from 'vitest';
import { ProviderError } from '../providers/provider.ts';
import { createBreakers } from './breakers.ts';
import {
  AllProvidersFailedError,
  type FailoverOptions,
  type Meaning,
  runWithFailover,
  type Target,
} from './failover.ts';

const target = (name: string): Target => ({ providerId: name, modelId: 'm', breakerId: name });
const NEVER = new Promise<never>(() => {});
const meaningOf = (item: string): Meaning =>
  item === 'alive' ? 'alive' : item.startsWith('#') ? 'nothing' : 'output';

type Script = (signal: AbortSignal) => AsyncIterable<string>;

/** Each candidate follows its script; `events` tells what happened in which order. */
function setUp(
  scripts: Readonly<Record<string, Script>>,
  options: Partial<FailoverOptions<Target, string>> = {},
) {
  const events: string[] = [];
  const breakers = createBreakers({ now: () => performance.now() });
  const controller = new AbortController();
  const run = () =>
    runWithFailover<Target, string>({
      candidates: Object.keys(scripts).map(target),
      start(candidate, signal) {
        events.push(`start ${candidate.providerId}`);
        signal.addEventListener('abort', () => events.push(`stop ${candidate.providerId}`));
        const script = scripts[candidate.providerId];
        if (script === undefined) throw new Error('not scripted');
        return script(signal);
      },
      meaningOf,
      signal: controller.signal,
      breakers,
      now: () => performance.now(),
      limits: { firstOutputMs: 60, totalMs: 500, maxAttempts: 8 },
      ...options,
    });
  return { run, events, breakers, controller };
}

const says = (...items: string[]): Script =>
  async function* () {
    yield* items;
  };
const fails = (kind: ConstructorParameters<typeof ProviderError>[0], ...before: string[]): Script =>
  async function* () {
    yield* before;
    throw new ProviderError(kind, `${kind} happened`, { status: 500 });
  };
const hangs: Script = async function* () {
  yield '#started';
  await NEVER;
};

async function all(items: AsyncIterable<string>): Promise<string[]> {
  const collected: string[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

test('the first candidate answers: everything it said, nobody else is asked', async () => {
  const { run, events } = setUp({ a: says('#head', 'one', 'two'), b: says('other') });
  const committed = await run();
  expect(committed.failoverCount).toBe(0);
  expect(await all(committed.items)).toEqual(['#head', 'one', 'two']);
  expect(events.filter((event) => event.startsWith('start'))).toEqual(['start a']);
});

describe('before the first output a failure is invisible but for the count', () => {
  test.each([
    ['auth', 'PROVIDER_AUTH_FAILED'],
    ['payment', 'PROVIDER_PAYMENT_REQUIRED'],
    ['rate-limited', 'PROVIDER_RATE_LIMITED'],
    ['bad-request', 'PROVIDER_REJECTED_REQUEST'],
    ['unavailable', 'PROVIDER_UNAVAILABLE'],
    ['timeout', 'PROVIDER_TIMEOUT'],
    ['protocol', 'PROVIDER_PROTOCOL_ERROR'],
    ['empty', 'PROVIDER_EMPTY_OUTPUT'],
  ] as const)('%s', async (kind, code) => {
    const { run } = setUp({ a: fails(kind, '#head'), b: says('fine') });
    const { items, attempts, failoverCount, candidate } = await run();
    expect([await all(items), failoverCount, candidate.providerId]).toEqual([['fine'], 1, 'b']);
    expect(attempts).toEqual([
      {
        provider: 'a',
        model: 'm',
        code,
        message: `${kind} happened`,
        status: 500,
        durationMs: expect.any(Number),
      },
    ]);
  });

  test('an end without output', async () => {
    const { run } = setUp({ a: says('#head', '#tail'), b: says('fine') });
    const { attempts } = await run();
    expect(attempts[0]?.code).toBe('PROVIDER_EMPTY_OUTPUT');
  });

  test('an error nobody expected shows none of its words', async () => {
    const { run } = setUp({
      // biome-ignore lint/correctness/useYield: it fails before it yields
      async *a() {
        throw new Error('the key sk-secret is wrong');
      },
      b: says('fine'),
    });
    const { attempts } = await run();
    expect(JSON.stringify(attempts)).not.toContain('sk-secret');
    expect(attempts[0]?.code).toBe('PROVIDER_PROTOCOL_ERROR');
  });
});

test('a hang costs its deadline, not more, and is told to stop', async () => {
  const { run, events } = setUp({ a: hangs, b: says('fine') });
  const startedAt = performance.now();
  const { attempts } = await run();
  // Its deadline, and what a busy machine adds.
  expect(performance.now() - startedAt).toBeLessThan(60 + 500);
  expect(attempts[0]).toMatchObject({
    provider: 'a',
    code: 'PROVIDER_TIMEOUT',
    message: 'no output within 60 ms',
  });
  expect(events).toEqual(['start a', 'stop a', 'start b']);
});

test('signs of life give more time, other items do not', async () => {
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const slowly = (item: string): Script =>
    async function* () {
      for (let i = 0; i < 4; i++) {
        await wait(30);
        yield item;
      }
      yield 'late';
    };
  const patient = setUp({ a: slowly('alive'), b: says('other') });
  expect((await patient.run()).candidate.providerId).toBe('a');
  const impatient = setUp({ a: slowly('#bytes'), b: says('other') });
  expect((await impatient.run()).candidate.providerId).toBe('b');
});

test('after the first output a failure ends the stream: nothing is repeated, nobody else is asked', async () => {
  const { run, events } = setUp({ a: fails('unavailable', 'one', 'two'), b: says('other') });
  const { items } = await run();
  const heard: string[] = [];
  await expect(
    (async () => {
      for await (const item of items) heard.push(item);
    })(),
  ).rejects.toMatchObject({ kind: 'unavailable' });
  expect(heard).toEqual(['one', 'two']);
  expect(events.filter((event) => event.startsWith('start'))).toEqual(['start a']);
});

test('all fail: the error holds every attempt in order', async () => {
  const { run } = setUp({ a: fails('auth'), b: fails('unavailable'), c: hangs });
  const error: unknown = await run().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AllProvidersFailedError);
  expect((error as AllProvidersFailedError).attempts.map(({ provider, code }) => [provider, code])).toEqual([
    ['a', 'PROVIDER_AUTH_FAILED'],
    ['b', 'PROVIDER_UNAVAILABLE'],
    ['c', 'PROVIDER_TIMEOUT'],
  ]);
});

test("the caller's fault never costs a second candidate", async () => {
  const { run, events } = setUp({ a: fails('bad-audio'), b: says('other') });
  await expect(run()).rejects.toMatchObject({ kind: 'bad-audio' });
  expect(events.filter((event) => event.startsWith('start'))).toEqual(['start a']);
});

test('at most so many attempts, and none after the time of all together', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`p${index}`, fails('unavailable')]),
  );
  const error = (await setUp(many)
    .run()
    .catch((reason: unknown) => reason)) as AllProvidersFailedError;
  expect(error.attempts).toHaveLength(8);
  const slow = { a: hangs, b: hangs, c: hangs };
  const late = (await setUp(slow, { limits: { firstOutputMs: 60, totalMs: 90, maxAttempts: 8 } })
    .run()
    .catch((reason: unknown) => reason)) as AllProvidersFailedError;
  expect(late.attempts.map(({ provider }) => provider)).not.toContain('c');
});

test('no try begins with a few milliseconds left', async () => {
  const { run, events } = setUp({ a: hangs, b: hangs }, { limits: { firstOutputMs: 60, totalMs: 65 } });
  await expect(run()).rejects.toThrow(AllProvidersFailedError);
  expect(events).toEqual(['start a', 'stop a']);
});

test('an abort rejects with its reason at once and stops the try', async () => {
  const { run, controller, events } = setUp({ a: hangs, b: says('other') });
  const running = run();
  const reason = new Error('given up');
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(events).toEqual(['start a', 'stop a']);
  await expect(run()).rejects.toBe(reason);
});

test('leaving the answer early stops the vendor', async () => {
  const { run, events } = setUp({
    async *a() {
      yield 'one';
      yield 'two';
      await NEVER;
    },
  });
  const { items } = await run();
  for await (const _ of items) break;
  await vi.waitFor(() => expect(events).toContain('stop a'));
});

describe('hedging', () => {
  test('the next one starts when the first is slow; the first output wins and the other is stopped', async () => {
    const { run, events } = setUp({ a: hangs, b: says('fine'), c: says('other') }, { hedgeAfterMs: 10 });
    const { candidate, failoverCount } = await run();
    expect([candidate.providerId, failoverCount]).toEqual(['b', 0]);
    expect(events).toEqual(['start a', 'start b', 'stop a']);
  });

  test('a fast one is never doubled', async () => {
    const { run, events } = setUp({ a: says('fine'), b: says('other') }, { hedgeAfterMs: 10 });
    expect((await run()).candidate.providerId).toBe('a');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events.filter((event) => event.startsWith('start'))).toEqual(['start a']);
  });
});

describe('circuit breakers', () => {
  const error = (kind: ConstructorParameters<typeof ProviderError>[0], retryAfterMs?: number) =>
    new ProviderError(kind, 'failed', retryAfterMs === undefined ? {} : { retryAfterMs });
  function create() {
    const clock = { ms: 0 };
    return { clock, breakers: createBreakers({ now: () => clock.ms }) };
  }

  test('open after failures, close after a success of the one call that is let through', () => {
    const { clock, breakers } = create();
    for (let i = 0; i < 3; i++) {
      expect(breakers.openUntil('a')).toBeUndefined();
      breakers.begin('a');
      breakers.failed('a', error('unavailable'));
    }
    expect(breakers.openUntil('a')).toBe(5000);
    expect(breakers.openUntil('b')).toBeUndefined();
    clock.ms = 5000;
    expect(breakers.openUntil('a')).toBeUndefined();
    breakers.begin('a');
    expect(breakers.openUntil('a')).toBeDefined();
    breakers.succeeded('a');
    expect(breakers.openUntil('a')).toBeUndefined();
  });

  test('wait longer each time the trial fails', () => {
    const { clock, breakers } = create();
    for (let i = 0; i < 3; i++) breakers.failed('a', error('unavailable'));
    clock.ms = 5000;
    breakers.begin('a');
    breakers.failed('a', error('timeout'));
    expect(breakers.openUntil('a')).toBe(5000 + 10_000);
  });

  test('a trial that was given up leaves the way free for the next', () => {
    const { clock, breakers } = create();
    for (let i = 0; i < 3; i++) breakers.failed('a', error('unavailable'));
    clock.ms = 5000;
    breakers.begin('a');
    breakers.ended('a');
    expect(breakers.openUntil('a')).toBeUndefined();
  });

  test('few failures among many calls do not open', () => {
    const { breakers } = create();
    for (let i = 0; i < 10; i++) {
      breakers.succeeded('a');
      if (i % 3 === 0) breakers.failed('a', error('unavailable'));
    }
    expect(breakers.openUntil('a')).toBeUndefined();
  });

  test('a refused key opens at once, a rate limit for as long as the vendor says', () => {
    const { breakers } = create();
    breakers.failed('a', error('auth'));
    expect(breakers.openUntil('a')).toBe(60_000);
    breakers.failed('b', error('rate-limited', 1500));
    expect(breakers.openUntil('b')).toBe(1500);
  });

  test('what a vendor refuses for its content says nothing about its health', async () => {
    const { run, breakers } = setUp({ a: fails('bad-request'), b: says('fine') });
    for (let i = 0; i < 5; i++) await all((await run()).items);
    expect(breakers.openUntil('a')).toBeUndefined();
    const broken = setUp({ a: fails('unavailable'), b: says('fine') });
    for (let i = 0; i < 5; i++) await all((await broken.run()).items);
    expect(broken.breakers.openUntil('a')).toBeDefined();
    expect(broken.breakers.openUntil('b')).toBeUndefined();
  });
});
