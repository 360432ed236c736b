/**
 * Limits of requests that several processes count together: each reports what it let through, and learns who has to
 * wait. A limit may be exceeded by what comes within {@link REPORT_MS}; nothing waits for a report.
 */
import type { PlatformError } from '@visavox/contract';
import { type RateLimits, throttled } from '../http/rate-limits.ts';
import type { MainServices, RequestCount } from './protocol.ts';

const REPORT_MS = 100;
const MAX_BLOCKED = 10_000;

export interface SharedLimits extends RateLimits {
  /** Idempotent. */
  close(): void;
}

export function createSharedLimits(
  services: Pick<MainServices, 'countRequests'>,
  options: { readonly now: () => number; readonly onError: (error: unknown) => void },
): SharedLimits {
  const { now, onError } = options;
  let counts = new Map<string, RequestCount>();
  const blockedUntil = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let isReporting = false;

  const report = async (): Promise<void> => {
    timer = undefined;
    if (isReporting) return;
    isReporting = true;
    const batch = [...counts.values()];
    counts = new Map();
    try {
      for (const { kind, id, waitMs } of await services.countRequests(batch)) {
        if (blockedUntil.size >= MAX_BLOCKED) blockedUntil.clear();
        blockedUntil.set(`${kind} ${id}`, now() + waitMs);
      }
    } catch (error) {
      onError(error);
    } finally {
      isReporting = false;
      if (counts.size > 0) schedule();
    }
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => void report(), REPORT_MS).unref();
  };
  const count = (kind: RequestCount['kind'], id: string): void => {
    const name = `${kind} ${id}`;
    counts.set(name, { kind, id, count: (counts.get(name)?.count ?? 0) + 1 });
    schedule();
  };
  const check = (kind: RequestCount['kind'], id: string, fail: (waitMs: number) => PlatformError): void => {
    const name = `${kind} ${id}`;
    const until = blockedUntil.get(name);
    if (until === undefined) return;
    const waitMs = until - now();
    if (waitMs > 0) throw fail(waitMs);
    blockedUntil.delete(name);
  };

  return {
    async consume(kind, id) {
      // Requests of sessions without a key are none of the calls.
      if (kind !== 'key') return;
      count('key', id);
      check('key', id, throttled.manyRequests);
    },
    countFailure: (clientAddress) => count('wrong-key', clientAddress),
    checkFailures: (clientAddress) => check('wrong-key', clientAddress, throttled.manyWrongKeys),
    close: () => clearTimeout(timer),
  };
}
