/** Figures of samples. Undefined when there are none. */

export function median(values: readonly number[]): number | undefined {
  return percentile(values, 50);
}

/** Between two samples it lies in proportion: of 1 and 3 the 50th percentile is 2. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const position = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return undefined;
  return below + (above - below) * (position - Math.floor(position));
}
