import { expect, it } from 'vitest';
import { createFramer } from './framing.ts';

it('cuts into frames across borders of pieces, and fills up the last', () => {
  const framer = createFramer(4);
  expect(framer.push(Int16Array.of(1, 2, 3))).toEqual([]);
  expect(framer.push(Int16Array.of(4, 5, 6, 7, 8, 9))).toEqual([
    Int16Array.of(1, 2, 3, 4),
    Int16Array.of(5, 6, 7, 8),
  ]);
  expect(framer.flush()).toEqual(Int16Array.of(9, 0, 0, 0));
  expect(framer.flush()).toBeUndefined();
});

it('refuses frames without samples', () => {
  expect(() => createFramer(0)).toThrow(RangeError);
});
