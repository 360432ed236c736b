/** A wait that a signal ends early. */

/** Resolves after `delayMs`, or as soon as `signal` fires: look at it afterwards. */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, delayMs);
    if (signal?.aborted) wake();
    else signal?.addEventListener('abort', wake);
  });
}
