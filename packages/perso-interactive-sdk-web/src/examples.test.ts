import { expect, it } from 'vitest';
import { syncExamples } from '../scripts/sync-examples.ts';

it('docstrings and README show the examples that are compiled', () => {
  expect(syncExamples(true)).toEqual([]);
});
