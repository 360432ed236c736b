/**
 * Tries candidates in order until one produces output. That moment is the one commit point: before it a failure is
 * invisible but for the count, after it nothing can be taken back and a failure ends the stream.
 */
import { linkAbort } from '../providers/linked-abort.ts';
import { ProviderError, type ProviderErrorKind } from '../providers/provider.ts';
import type { Breakers } from './breakers.ts';

/** One (vendor, model, key) that may be tried. */
export interface Target {
  readonly providerId: string;
  readonly modelId: string;
  /** Tells apart who pays and which key: one breaker each. */
  readonly breakerId: string;
}

/** A try that failed. The message is for people and holds no secrets. */
export interface Attempt {
  readonly provider: string;
  readonly model: string;
  readonly code: string;
  readonly message: string;
  readonly status?: number | undefined;
  readonly durationMs: number;
}

/**
 * What an item of a candidate's stream means: `output` commits; `whole` commits and is all there is; `alive` proves that it
 * works on an answer and gives it more time; `nothing` proves nothing.
 */
export type Meaning = 'output' | 'whole' | 'alive' | 'nothing';

export interface FailoverOptions<T extends Target, Item> {
  readonly candidates: readonly T[];
  /** Begins a try. The signal is aborted when the try is given up. */
  readonly start: (candidate: T, signal: AbortSignal) => AsyncIterable<Item>;
  readonly meaningOf: (item: Item) => Meaning;
  readonly signal: AbortSignal;
  readonly breakers: Breakers;
  readonly now: () => number;
  readonly limits?: Partial<FailoverLimits> | undefined;
  /**
   * Starts the next candidate as well when the current one has shown nothing for so long; the first output wins.
   * Absent: one after another.
   */
  readonly hedgeAfterMs?: number | undefined;
  readonly onFailure?: ((attempt: Attempt) => void) | undefined;
}

export interface FailoverLimits {
  /** Of one try, until output or a sign of life. */
  readonly firstOutputMs: number;
  /** Of all tries together. */
  readonly totalMs: number;
  readonly maxAttempts: number;
}

/** No vendor answers in less, and timers are not exact: a try with less time left would only be a call for nothing. */
const LEAST_TRY_MS = 10;
const LIMITS: FailoverLimits = { firstOutputMs: 8000, totalMs: 25_000, maxAttempts: 8 };

export interface Committed<T extends Target, Item> {
  readonly candidate: T;
  /** Tries that failed, in order. */
  readonly attempts: readonly Attempt[];
  readonly failoverCount: number;
  /** Everything the candidate produced, from the beginning. Iterate once; leaving early gives the call up. */
  readonly items: AsyncIterable<Item>;
}

/** Every candidate failed. */
export class AllProvidersFailedError extends Error {
  readonly attempts: readonly Attempt[];

  constructor(attempts: readonly Attempt[]) {
    super(
      attempts.length === 0
        ? 'There was no provider to try.'
        : `Every provider failed: ${attempts.map(({ provider, model, message }) => `${provider}:${model}: ${message}`).join('; ')}`,
    );
    this.name = 'AllProvidersFailedError';
    this.attempts = attempts;
  }

  /** Whether each of those that were asked had nothing to say. */
  get isEmpty(): boolean {
    return this.attempts.length > 0 && this.attempts.every(({ code }) => code === CODES.empty);
  }
}

/**
 * Resolves at the first output of a candidate.
 * @throws {AllProvidersFailedError}; a {@link ProviderError} of kind `bad-audio`, which no other candidate could mend;
 *   the signal's reason when it is aborted.
 */
export async function runWithFailover<T extends Target, Item>(
  options: FailoverOptions<T, Item>,
): Promise<Committed<T, Item>> {
  const limits = { ...LIMITS, ...options.limits };
  const { candidates, signal, now } = options;
  const attempts: Attempt[] = [];
  const running = new Set<Try<T, Item>>();
  const endsAtMs = now() + limits.totalMs;
  let next = 0;

  const begin = (): void => {
    const candidate = candidates[next];
    if (candidate === undefined || next >= limits.maxAttempts || endsAtMs - now() < LEAST_TRY_MS) return;
    next += 1;
    running.add(startTry(candidate, options, Math.min(limits.firstOutputMs, endsAtMs - now())));
  };

  try {
    signal.throwIfAborted();
    begin();
    while (running.size > 0) {
      const mayHedge = next < candidates.length && running.size === 1;
      const ended = await firstOf(running, mayHedge ? options.hedgeAfterMs : undefined);
      const { attempt } = ended;
      if (attempt === undefined) {
        begin();
        continue;
      }
      const { outcome } = ended;
      running.delete(attempt);
      if (outcome.type === 'output') {
        return {
          candidate: attempt.candidate,
          attempts,
          failoverCount: attempts.length,
          items: outcome.items,
        };
      }
      const { error } = outcome;
      signal.throwIfAborted();
      if (error instanceof ProviderError && error.kind === 'bad-audio') throw error;
      const failed = describe(attempt.candidate, error, now() - attempt.startedAtMs);
      attempts.push(failed);
      options.onFailure?.(failed);
      if (running.size === 0) begin();
    }
    throw new AllProvidersFailedError(attempts);
  } finally {
    for (const attempt of running) attempt.giveUp();
  }
}

type Outcome<Item> =
  | { readonly type: 'output'; readonly items: AsyncIterable<Item> }
  | { readonly type: 'failure'; readonly error: unknown };

interface Try<T, Item> {
  readonly candidate: T;
  readonly startedAtMs: number;
  /** Never rejects. */
  readonly outcome: Promise<Outcome<Item>>;
  giveUp(): void;
}

/** Waits for the first of the tries to end (an abort ends all of them), or for the moment to start another. */
async function firstOf<T, Item>(
  running: ReadonlySet<Try<T, Item>>,
  hedgeAfterMs: number | undefined,
): Promise<
  { readonly attempt: Try<T, Item>; readonly outcome: Outcome<Item> } | { readonly attempt: undefined }
> {
  const [only, ...others] = running;
  if (only !== undefined && others.length === 0 && hedgeAfterMs === undefined) {
    return { attempt: only, outcome: await only.outcome };
  }
  const ends = [...running].map(async (attempt) => ({ attempt, outcome: await attempt.outcome }));
  if (hedgeAfterMs === undefined) return Promise.race(ends);
  let timer: NodeJS.Timeout | undefined;
  const moment = new Promise<{ attempt: undefined }>((resolve) => {
    timer = setTimeout(() => resolve({ attempt: undefined }), hedgeAfterMs);
  });
  try {
    return await Promise.race([...ends, moment]);
  } finally {
    clearTimeout(timer);
  }
}

function startTry<T extends Target, Item>(
  candidate: T,
  options: FailoverOptions<T, Item>,
  firstOutputMs: number,
): Try<T, Item> {
  const { breakers, meaningOf } = options;
  const id = candidate.breakerId;
  const left = linkAbort(options.signal);
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {});
  // A vendor that does not obey is not waited for.
  left.signal.addEventListener('abort', () => late.reject(left.signal.reason), { once: true });
  const timer = setTimeout(() => {
    late.reject(new ProviderError('timeout', `no output within ${Math.round(firstOutputMs)} ms`));
  }, firstOutputMs);
  let isSettled = false;
  const settle = (result: (() => void) | undefined): void => {
    if (isSettled) return;
    isSettled = true;
    left.unlink();
    if (result === undefined) breakers.ended(id);
    else result();
  };
  const settleFailed = (error: unknown): void =>
    settle(
      options.signal.aborted || !blames(error)
        ? undefined
        : () => breakers.failed(id, asProviderError(error)),
    );
  breakers.begin(id);

  async function run(): Promise<Outcome<Item>> {
    const held: Item[] = [];
    let iterator: AsyncIterator<Item> | undefined;
    try {
      iterator = options.start(candidate, left.signal)[Symbol.asyncIterator]();
      while (true) {
        const { done, value } = await Promise.race([iterator.next(), late.promise]);
        if (done) throw new ProviderError('empty', 'the answer held no output');
        held.push(value);
        const meaning = meaningOf(value);
        if (meaning === 'alive') timer.refresh();
        if (meaning === 'output') {
          clearTimeout(timer);
          return { type: 'output', items: follow(held, iterator) };
        }
        if (meaning === 'whole') {
          clearTimeout(timer);
          settle(() => breakers.succeeded(id));
          return { type: 'output', items: asyncItems(held) };
        }
      }
    } catch (error) {
      clearTimeout(timer);
      left.abort();
      // Not awaited: a vendor that hangs would keep the next one waiting.
      iterator?.return?.().catch(() => {});
      settleFailed(error);
      return { type: 'failure', error };
    }
  }

  /** After the commit: what was held, then the rest as it comes. No generator: its turns would delay every item. */
  function follow(held: Item[], iterator: AsyncIterator<Item>): AsyncIterable<Item> {
    const first = held.values();
    const rest: AsyncIterator<Item, undefined> = {
      async next() {
        const item = first.next();
        if (item.done !== true) return item;
        try {
          const step = await iterator.next();
          if (step.done !== true) return step;
          settle(() => breakers.succeeded(id));
          return { done: true, value: undefined };
        } catch (error) {
          settleFailed(error);
          left.abort();
          throw error;
        }
      },
      async return() {
        held.length = 0;
        settle(undefined);
        left.abort();
        iterator.return?.().catch(() => {});
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => rest };
  }

  return {
    candidate,
    startedAtMs: options.now(),
    outcome: run(),
    giveUp() {
      clearTimeout(timer);
      left.abort();
      settle(undefined);
    },
  };
}

/** What is there already, without the turns that a generator would take. */
function asyncItems<Item>(items: readonly Item[]): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items.values();
      return { next: async () => iterator.next() };
    },
  };
}

/** Whether a failure says something about the vendor's health. */
function blames(error: unknown): boolean {
  if (!(error instanceof ProviderError)) return true;
  // A model that is not there will not be there for the next caller either.
  return error.kind !== 'bad-audio' && (error.kind !== 'bad-request' || error.status === 404);
}

function asProviderError(error: unknown): ProviderError {
  return error instanceof ProviderError
    ? error
    : new ProviderError('protocol', 'unexpected failure', { cause: error });
}

/** The codes by which callers know vendors' failures. */
const CODES: Readonly<Record<ProviderErrorKind, string>> = {
  auth: 'PROVIDER_AUTH_FAILED',
  payment: 'PROVIDER_PAYMENT_REQUIRED',
  'bad-request': 'PROVIDER_REJECTED_REQUEST',
  'bad-audio': 'INVALID_AUDIO',
  'rate-limited': 'PROVIDER_RATE_LIMITED',
  timeout: 'PROVIDER_TIMEOUT',
  unavailable: 'PROVIDER_UNAVAILABLE',
  protocol: 'PROVIDER_PROTOCOL_ERROR',
  empty: 'PROVIDER_EMPTY_OUTPUT',
};

/** Only the words of {@link ProviderError} are shown: anything else may quote a vendor, and with it a key. */
function describe(target: Target, error: unknown, durationMs: number): Attempt {
  const known = error instanceof ProviderError ? error : undefined;
  return {
    provider: target.providerId,
    model: target.modelId,
    code: CODES[known?.kind ?? 'protocol'],
    message: known?.message ?? 'the provider failed in an unexpected way',
    ...(known?.status === undefined ? {} : { status: known.status }),
    durationMs: Math.round(durationMs),
  };
}
