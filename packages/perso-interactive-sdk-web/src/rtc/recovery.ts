/** Getting a lost connection back: attempts with growing pauses, until the server refuses or its patience ends. */

import { abortable, throwIfAborted, withDeadline } from '../abort.ts';
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
export function recover<T>({ attempt, windowMs, signal }: RecoveryOptions<T>): Promise<T> {
  const late = new Error('Not recovered in time');
  return withDeadline((window) => attemptUntilFinal(attempt, window), windowMs, signal, late);
}

async function attemptUntilFinal<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (let count = 0; ; count++) {
    const last = RECOVERY_PAUSES_MS.length - 1;
    await pauseUnlessOnline(RECOVERY_PAUSES_MS[Math.min(count, last)] ?? 0, signal);
    try {
      // A request can hang on a network that has changed under it.
      return await withDeadline(attempt, RECOVERY_ATTEMPT_LIMIT_MS, signal);
    } catch (error) {
      throwIfAborted(signal);
      if (isFinal(error)) throw error;
    }
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
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wake = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    wake = resolve;
    timer = setTimeout(wake, delayMs);
    globalThis.addEventListener?.('online', wake);
  });
  try {
    await abortable(over, signal);
  } finally {
    clearTimeout(timer);
    globalThis.removeEventListener?.('online', wake);
  }
}
