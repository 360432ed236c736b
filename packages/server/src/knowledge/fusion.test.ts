import { expect, it } from 'vitest';
import { fuseRankings } from './fusion.ts';

it('ranks what several rankings have before what only one has', () => {
  expect(
    fuseRankings([
      [1, 2, 3],
      [4, 2],
    ]).map(({ id }) => id)[0],
  ).toBe(2);
});

it('gives 1 to the first of all rankings, and less to every other', () => {
  const [first, second] = fuseRankings([
    [1, 2],
    [1, 3],
  ]);
  expect(first).toEqual({ id: 1, score: 1 });
  expect(second?.score).toBeLessThan(0.5);
  expect(fuseRankings([[], []])).toEqual([]);
});
