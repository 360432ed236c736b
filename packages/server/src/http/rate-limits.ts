/** Requests per minute: for each key, for each session, and of wrong keys for each address. */
import { PlatformError } from '@visavox/contract';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export interface RateLimits {
  /** @throws {PlatformError} `throttled`, with the time to wait. */
  consume(kind: 'key' | 'session', id: string): Promise<void>;
  countFailure(clientAddress: string): void;
  /** @throws {PlatformError} `throttled` when too many wrong keys came from this address. */
  checkFailures(clientAddress: string): void;
}

export interface RateLimitOptions {
  readonly keyPerMinute: number;
  readonly sessionPerMinute: number;
  readonly wrongKeysPerMinute: number;
}

const MINUTE_SECONDS = 60;

export interface CountedLimits extends RateLimits {
  /** Counts what another process let through; resolves with the time to wait (milliseconds), 0 for none. */
  count(kind: 'key' | 'wrong-key', id: string, count: number): Promise<number>;
}

export function createRateLimits(options: RateLimitOptions): CountedLimits {
  const limiters = {
    key: new RateLimiterMemory({ points: options.keyPerMinute, duration: MINUTE_SECONDS }),
    session: new RateLimiterMemory({ points: options.sessionPerMinute, duration: MINUTE_SECONDS }),
  };
  const failures = new RateLimiterMemory({ points: options.wrongKeysPerMinute, duration: MINUTE_SECONDS });
  /** Addresses that are blocked, until when (ms of the monotonic clock). */
  const blocked = new Map<string, number>();
  const block = (clientAddress: string, waitMs: number): void => {
    if (blocked.size > 10_000) blocked.clear();
    blocked.set(clientAddress, performance.now() + waitMs);
  };

  return {
    async consume(kind, id) {
      try {
        await limiters[kind].consume(id);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw throttled.manyRequests(
          error.msBeforeNext,
          `a ${kind} may make ${limiters[kind].points} a minute`,
        );
      }
    },
    async count(kind, id, count) {
      try {
        await (kind === 'key' ? limiters.key : failures).consume(id, count);
        return 0;
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        if (kind === 'wrong-key') block(id, error.msBeforeNext);
        return error.msBeforeNext;
      }
    },
    countFailure(clientAddress) {
      failures.consume(clientAddress).catch((error: unknown) => {
        if (error instanceof RateLimiterRes) block(clientAddress, error.msBeforeNext);
      });
    },
    checkFailures(clientAddress) {
      const until = blocked.get(clientAddress);
      if (until === undefined) return;
      const leftMs = until - performance.now();
      if (leftMs > 0) throw throttled.manyWrongKeys(leftMs);
      blocked.delete(clientAddress);
    },
  };
}

/** The errors of those who have to wait. */
export const throttled = {
  manyRequests: (waitMs: number, limit?: string) =>
    askToWait(`Too many requests${limit === undefined ? '' : `: ${limit}`}.`, waitMs),
  manyWrongKeys: (waitMs: number) => askToWait('Too many wrong API keys came from this address.', waitMs),
};

function askToWait(detail: string, waitMs: number): PlatformError {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new PlatformError('throttled', `${detail} Please try again in ${retryAfterSeconds} s.`, {
    retryAfterSeconds,
  });
}
