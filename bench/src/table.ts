/** Rows of the printed table: one number each, with what is required of it. */
import { median, quantile } from './statistics.ts';

export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  /** What is required, in words, and whether the figures keep to it; absent for a figure that only informs. */
  readonly required?: { readonly text: string; readonly met: boolean };
}

export interface Requirement {
  readonly text: string;
  readonly holds: (figures: { readonly median: number; readonly p95: number }) => boolean;
}

/** A row of many measured values. Undefined ones are left out. */
export function rowOf(
  name: string,
  unit: string,
  values: readonly (number | undefined)[],
  required?: Requirement,
): Row {
  const known = values.filter((value) => value !== undefined);
  const figures = { median: median(known), p95: quantile(known, 0.95) };
  return {
    name,
    unit,
    count: known.length,
    ...figures,
    ...(required === undefined ? {} : { required: { text: required.text, met: required.holds(figures) } }),
  };
}

/** A Markdown table that also reads well in a terminal. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [
    ['Number', 'Unit', 'n', 'Median', 'p95', 'Required', 'Met'],
    ...rows.map((row) => [
      row.name,
      row.unit,
      String(row.count),
      formatNumber(row.median),
      row.count > 1 ? formatNumber(row.p95) : '',
      row.required?.text ?? '',
      row.required === undefined ? '' : row.required.met ? 'yes' : 'NO',
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join(
    '\n',
  );
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
