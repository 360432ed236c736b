/** Runs all checks at once, each within a limit: one that hangs costs its own line and nothing else. */
import { codeOf, type Finding, failed, warning } from './finding.ts';

export interface Check {
  readonly name: string;
  /** What it is about can be done without: when it hangs, that is a warning. */
  readonly isOptional?: boolean;
  /** Gives up when the signal is aborted, and leaves nothing open then. */
  run(options: { readonly signal: AbortSignal }): Promise<readonly Finding[]>;
}

/** The findings in the order of the checks. A check that does not obey its signal is not waited for. */
export async function runChecks(
  checks: readonly Check[],
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const found = await Promise.all(checks.map((check) => runCheck(check, limitMs, signal)));
  return found.flat();
}

async function runCheck(check: Check, limitMs: number, given: AbortSignal): Promise<readonly Finding[]> {
  const { name, isOptional } = check;
  const report = isOptional === true ? warning : failed;
  const limit = new AbortController();
  const signal = AbortSignal.any([given, limit.signal]);
  const late = new Promise<readonly Finding[]>((resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        if (given.aborted) reject(given.reason);
        else
          resolve([
            report(name, `no answer within ${limitMs / 1000} s`, 'Try again; is the machine overloaded?'),
          ]);
      },
      { once: true },
    );
  });
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    given.throwIfAborted();
    return await Promise.race([
      check.run({ signal }).catch((error: unknown) => {
        if (signal.aborted) return late;
        // Its message may hold an address with a password.
        const kind = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown');
        return [
          report(
            name,
            `could not be looked at (${kind})`,
            'Please report this as a fault of visavox doctor.',
          ),
        ];
      }),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
