/** Getting a lost connection back: attempts with growing pauses, until the server refuses or its patience ends. */

import { abortable, abortReason, linkAbort, pause, throwIfAborted } from '../abort.ts';
import { RECOVERY_ATTEMPT_LIMIT_MS, RECOVERY_PAUSES_MS } from '../constants.ts';
import { ApiError } from '../errors.ts';

export interface RecoveryOptions<T> {
  /** Makes one attempt. */
  readonly attempt: (signal: AbortSignal) => Promise<T>;
  /** How long the server keeps the session, in milliseconds from now. */
  readonly windowMs: number;
  readonly signal: AbortSignal;
}

/** How a loss is overcome. */
export type Recover = <T>(options: RecoveryOptions<T>) => Promise<T>;

/**
 * Makes attempts until one succeeds. A browser that comes back online ends a pause early.
 *
 * @throws {ApiError} when the server says that there is nothing to recover.
 * @throws {Error} when the window has passed.
 */
export async function recover<T>({ attempt, windowMs, signal }: RecoveryOptions<T>): Promise<T> {
  const window = new AbortController();
  const unlink = linkAbort(signal, window);
  const timer = setTimeout(
    () => window.abort(new Error('The connection was not recovered in time')),
    windowMs,
  );
  try {
    for (let count = 0; ; count++) {
      const last = RECOVERY_PAUSES_MS.length - 1;
      await pauseUnlessOnline(RECOVERY_PAUSES_MS[Math.min(count, last)] ?? 0, window.signal);
      try {
        return await limited(attempt, window.signal);
      } catch (error) {
        throwIfAborted(window.signal);
        if (isFinal(error)) throw error;
      }
    }
  } finally {
    clearTimeout(timer);
    unlink();
  }
}

/** A request can hang on a network that has changed under it. */
async function limited<T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  const controller = new AbortController();
  const unlink = linkAbort(signal, controller);
  const timer = setTimeout(() => controller.abort(), RECOVERY_ATTEMPT_LIMIT_MS);
  try {
    return await abortable(attempt(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    unlink();
  }
}

/** The server has answered, and asking again would not change the answer. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { errorCode } = error;
  return errorCode >= 400 && errorCode < 500 && ![408, 425, 429].includes(errorCode);
}

async function pauseUnlessOnline(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs === 0) return;
  const early = new AbortController();
  const wake = (): void => early.abort();
  const unlink = linkAbort(signal, early);
  globalThis.addEventListener?.('online', wake);
  try {
    await pause(delayMs, early.signal);
  } catch {
    if (signal.aborted) throw abortReason(signal);
  } finally {
    unlink();
    globalThis.removeEventListener?.('online', wake);
  }
}
