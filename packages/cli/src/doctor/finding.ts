/** What a check of `visavox doctor` tells: one line each, with what to do when something is wrong. */

/** `warning` is for what is optional, `failed` for what is needed or was configured; `skipped` was not looked at. */
export type State = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Finding {
  /** The leg it is about, e.g. `turn`. */
  readonly check: string;
  readonly state: State;
  readonly message: string;
  /** What to do; absent where nothing is. */
  readonly mend?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message };
}

export function skipped(check: string, message: string): Finding {
  return { check, state: 'skipped', message };
}

export function warning(check: string, message: string, mend: string): Finding {
  return { check, state: 'warning', message, mend };
}

export function failed(check: string, message: string, mend: string): Finding {
  return { check, state: 'failed', message, mend };
}

/** The code of a system's error (`ECONNREFUSED`), also of one that another carries. Messages may hold addresses and keys. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses were tried: the last one counts as well as any.
  const causes = error instanceof AggregateError ? error.errors : [error.cause];
  return causes.map(codeOf).find((code) => code !== undefined);
}
