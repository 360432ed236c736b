/** Waiting that ends when a signal fires, for browsers without `AbortSignal.any` and for callees that ignore it. */

/** What a call that waits takes last, or among its options. */
export interface SignalOptions {
  /** Ends the call when it fires. */
  signal?: AbortSignal | undefined;
}

/** Why `signal` fired: its reason, or an `AbortError` in browsers that keep none. */
export function abortReason(signal: AbortSignal): unknown {
  return signal.reason ?? new DOMException('', 'AbortError');
}

/** @throws the reason of `signal` when it has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortReason(signal);
}

/**
 * Calls back with the reason when `signal` fires, at once if it has fired before. Returns the function that undoes this:
 * call it when the work is over, since the caller's signal may live much longer.
 */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => undefined;
  const listener = (): void => callback(abortReason(signal));
  if (signal.aborted) listener();
  signal.addEventListener('abort', listener);
  return () => signal.removeEventListener('abort', listener);
}

/** Settles like `promise`, or rejects with the signal's reason as soon as `signal` fires. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const unlink = onAbort(signal, reject);
    promise.then(resolve, reject).finally(unlink);
  });
}

/** Fires `controller` when `signal` does, and returns the function that undoes the link. */
export function linkAbort(signal: AbortSignal | undefined, controller: AbortController): () => void {
  return onAbort(signal, (reason) => controller.abort(reason));
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as `signal` fires. */
export async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, delayMs);
  });
  try {
    await abortable(elapsed, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Does `work` under a signal that fires with `signal`, or with `lateReason` after `limitMs`. */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  limitMs: number,
  signal: AbortSignal,
  lateReason?: Error,
): Promise<T> {
  const controller = new AbortController();
  const unlink = linkAbort(signal, controller);
  const timer = setTimeout(() => controller.abort(lateReason), limitMs);
  try {
    return await abortable(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    unlink();
  }
}
