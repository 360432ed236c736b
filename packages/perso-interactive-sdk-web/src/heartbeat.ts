/** Signs of life of a session without a media connection. */

import { HEARTBEAT_INTERVAL_MS } from './constants.ts';

/**
 * Calls `beat` every 10 s, counted from the end of the previous call. After a failure `onError` is told and no further
 * call follows. Returns the function that stops it.
 */
export function startHeartbeat(beat: () => Promise<unknown>, onError: (error: unknown) => void): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout>;
  const schedule = (): void => {
    timer = setTimeout(() => {
      beat().then(
        () => {
          if (!stopped) schedule();
        },
        (error: unknown) => {
          if (!stopped) onError(error);
        },
      );
    }, HEARTBEAT_INTERVAL_MS);
  };
  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
