/** An abort of its own that follows another one: what `AbortSignal.any` gives, for a fraction of its cost per call. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  readonly abort: (reason?: unknown) => void;
  /** Follows no longer. Needed where the parent lives longer; idempotent. */
  readonly unlink: () => void;
}

export function linkAbort(parent: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  const abort = (reason?: unknown) => controller.abort(reason);
  if (parent.aborted) {
    abort(parent.reason);
    return { signal: controller.signal, abort, unlink: () => {} };
  }
  const follow = () => abort(parent.reason);
  parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort,
    unlink: () => parent.removeEventListener('abort', follow),
  };
}
