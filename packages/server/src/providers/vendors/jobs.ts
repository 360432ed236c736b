/** Recognition as a job at the vendor: it is asked for the state again and again, less and less often. */
import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from '../provider.ts';
import { orAbort } from './transport.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3000;
/** A job may take this long, and as long as its recording. */
const MAX_WAIT_MS = 120_000;
const CREATION_MS = 60_000;
const REMOVAL_MS = 10_000;
const REMOVAL_WAITS_MS = [1000, 5000, 30_000];

/** Asks until there is a result. @throws {ProviderError} `timeout` when it takes too long. */
export async function waitForJob<T>(
  fetchResult: () => Promise<T | undefined>,
  {
    what,
    signal,
    clipSeconds,
  }: { readonly what: string; readonly signal: AbortSignal; readonly clipSeconds: number },
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

/**
 * Creates something at the vendor that has to be removed again. A caller that gives up meanwhile is let go at once, and
 * what comes of it is removed.
 */
export async function createRemovable<T>(
  create: (signal: AbortSignal) => Promise<T>,
  remove: (created: T) => (signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const creating = create(AbortSignal.timeout(CREATION_MS));
  try {
    return await orAbort(creating, signal);
  } catch (error) {
    if (signal.aborted) {
      creating.then(
        (created) => cleanUp(remove(created)),
        () => {},
      );
    }
    throw error;
  }
}

/**
 * Removes what was left at the vendor. Not waited for, also after an abort or a close; a failure changes nothing. What
 * is still being worked on cannot be removed (409) and is tried again.
 */
export function cleanUp(...removals: readonly ((signal: AbortSignal) => Promise<unknown>)[]): void {
  for (const remove of removals) void removeWhenPossible(remove);
}

async function removeWhenPossible(remove: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  for (const waitMs of [...REMOVAL_WAITS_MS, undefined]) {
    try {
      await remove(AbortSignal.timeout(REMOVAL_MS));
      return;
    } catch (error) {
      if (waitMs === undefined || !(error instanceof ProviderError) || error.status !== 409) return;
      // Does not keep the process alive.
      await delay(waitMs, undefined, { ref: false });
    }
  }
}
