/**
 * Circuit breakers, one for each model and key: a model that fails is left alone for a while, then tried with a single
 * call, and used again when that succeeds.
 */
import type { ProviderError } from '../providers/provider.ts';

export interface Breakers {
  /** Until when (milliseconds of the clock) the model is left alone; undefined when it may be used. */
  openUntil(id: string): number | undefined;
  /** A call begins. Of an open breaker whose time is over only one call may begin until it has ended. */
  begin(id: string): void;
  succeeded(id: string): void;
  failed(id: string, error: ProviderError): void;
  /** A call ended without telling anything: it was given up, or the caller was at fault. */
  ended(id: string): void;
  /** Counts every change of what may be used. */
  readonly version: number;
}

interface Breaker {
  /** Results of the last calls, oldest first. */
  results: boolean[];
  /** Ends of waiting times in a row, without a success between. */
  openings: number;
  openUntilMs: number | undefined;
  probing: boolean;
}

const WINDOW = 20;
/** Fewer calls say nothing. */
const MIN_RESULTS = 3;
const MAX_FAILURE_RATE = 0.5;
const FIRST_WAIT_MS = 5000;
const MAX_WAIT_MS = 60_000;
/** A refused key, an empty account: nothing that a moment mends. */
const REFUSED_WAIT_MS = 60_000;
const MAX_RETRY_AFTER_MS = 300_000;
const MAX_BREAKERS = 10_000;

export function createBreakers({ now }: { readonly now: () => number }): Breakers {
  const breakers = new Map<string, Breaker>();
  let version = 0;

  const get = (id: string): Breaker => {
    const known = breakers.get(id);
    if (known !== undefined) return known;
    if (breakers.size >= MAX_BREAKERS) breakers.clear();
    const fresh: Breaker = { results: [], openings: 0, openUntilMs: undefined, probing: false };
    breakers.set(id, fresh);
    return fresh;
  };

  const open = (breaker: Breaker, waitMs: number): void => {
    breaker.openings += 1;
    breaker.openUntilMs = now() + waitMs;
    breaker.results = [];
    version += 1;
  };

  return {
    get version() {
      return version;
    },
    openUntil(id) {
      const breaker = breakers.get(id);
      if (breaker?.openUntilMs === undefined) return undefined;
      // Its time is over: one call may find out.
      return breaker.openUntilMs <= now() && !breaker.probing ? undefined : breaker.openUntilMs;
    },
    begin(id) {
      const breaker = breakers.get(id);
      if (breaker?.openUntilMs === undefined) return;
      breaker.probing = true;
      version += 1;
    },
    succeeded(id) {
      const breaker = get(id);
      breaker.results = [...breaker.results, true].slice(-WINDOW);
      if (breaker.openUntilMs === undefined) return;
      breaker.openUntilMs = undefined;
      breaker.openings = 0;
      breaker.probing = false;
      version += 1;
    },
    failed(id, error) {
      const breaker = get(id);
      const wasProbing = breaker.probing;
      breaker.probing = false;
      breaker.results = [...breaker.results, false].slice(-WINDOW);
      if (error.kind === 'auth' || error.kind === 'payment') {
        open(breaker, REFUSED_WAIT_MS);
        return;
      }
      if (error.kind === 'rate-limited') {
        open(breaker, Math.min(MAX_RETRY_AFTER_MS, error.retryAfterMs ?? FIRST_WAIT_MS));
        return;
      }
      const failures = breaker.results.filter((succeeded) => !succeeded).length;
      const isBroken =
        breaker.results.length >= MIN_RESULTS && failures / breaker.results.length > MAX_FAILURE_RATE;
      if (wasProbing || isBroken) open(breaker, Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** breaker.openings));
    },
    ended(id) {
      const breaker = breakers.get(id);
      if (breaker?.probing === true) {
        breaker.probing = false;
        version += 1;
      }
    },
  };
}
