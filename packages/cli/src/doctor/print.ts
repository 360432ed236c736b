/** The findings on paper: a table with what to do below each line on a terminal, else one plain line each. */
import type { Finding, State } from './finding.ts';

const SIGNS: Readonly<Record<State, string>> = { ok: '✓', warning: '!', failed: '✗', skipped: '·' };
const COLOURS: Readonly<Record<State, number>> = { ok: 32, warning: 33, failed: 31, skipped: 90 };

export function printTable(
  write: (text: string) => void,
  findings: readonly Finding[],
  { hasColour }: { readonly hasColour: boolean },
): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, state, message, mend } of findings) {
    const sign = hasColour ? `\u001b[${COLOURS[state]}m${SIGNS[state]}\u001b[0m` : SIGNS[state];
    write(`${sign} ${check.padEnd(width)}  ${message}\n`);
    if (mend !== undefined) write(`${' '.repeat(width + 4)}→ ${mend}\n`);
  }
}

export function printLines(write: (text: string) => void, findings: readonly Finding[]): void {
  for (const { check, state, message, mend } of findings) {
    write(`${state}  ${check}: ${message}${mend === undefined ? '' : ` → ${mend}`}\n`);
  }
}

export function summarize(findings: readonly Finding[]): string {
  const count = (state: State) => findings.filter((finding) => finding.state === state).length;
  return `${count('ok')} in order, ${count('warning')} to look at, ${count('failed')} broken, ${count('skipped')} not looked at`;
}
