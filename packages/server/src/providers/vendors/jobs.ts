/** Recognition as a job at the vendor: it is asked for the state again and again, less and less often. */
import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from '../provider.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3000;
/** A job may take this long, and as long as its recording. */
const MAX_WAIT_MS = 120_000;
const CLEANUP_MS = 10_000;

/** Asks until there is a result. @throws {ProviderError} `timeout` when it takes too long. */
export async function waitForJob<T>(
  fetchResult: () => Promise<T | undefined>,
  { what, signal, clipSeconds }: { readonly what: string; readonly signal: AbortSignal; readonly clipSeconds: number },
): Promise<T> {
  const endsAtMs = performance.now() + MAX_WAIT_MS + clipSeconds * 1000;
  let waitMs = FIRST_WAIT_MS;
  while (performance.now() < endsAtMs) {
    const result = await fetchResult();
    if (result !== undefined) return result;
    await delay(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 1.5);
  }
  throw new ProviderError('timeout', `${what} took too long`);
}

/** Removes what was left at the vendor. Not waited for, also after an abort or a close; a failure changes nothing. */
export function cleanUp(...removals: readonly ((signal: AbortSignal) => Promise<unknown>)[]): void {
  const signal = AbortSignal.timeout(CLEANUP_MS);
  for (const remove of removals) void remove(signal).catch(() => {});
}
