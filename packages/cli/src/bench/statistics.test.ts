import { expect, test } from 'vitest';
import { median, percentile } from './statistics.ts';

test.each([
  [[], undefined, undefined],
  [[7], 7, 7],
  [[3, 1], 2, 2.9],
  [[5, 1, 3], 3, 4.8],
  [[10, 1, 2, 9], 5.5, 9.85],
])('median and 95th percentile of %j', (values, middle, high) => {
  const before = [...values];
  expect([median(values), percentile(values, 95)]).toEqual([
    middle,
    high === undefined ? undefined : expect.closeTo(high),
  ]);
  expect(values).toEqual(before);
});

test('the ends', () => {
  expect([percentile([4, 2, 8], 0), percentile([4, 2, 8], 100)]).toEqual([2, 8]);
});
