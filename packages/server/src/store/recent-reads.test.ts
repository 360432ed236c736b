import { expect, test } from 'vitest';
import { createRecentReads } from './recent-reads.ts';

function setUp(keepMs = 100) {
  const clock = { ms: 0 };
  const reads = createRecentReads({ keepMs, now: () => clock.ms });
  let count = 0;
  return { clock, reads, load: async () => ++count };
}

test('answers from memory for a moment, then reads again', async () => {
  const { clock, reads, load } = setUp();
  expect([await reads.read('a', load), await reads.read('a', load), await reads.read('b', load)]).toEqual([
    1, 1, 2,
  ]);
  clock.ms = 100;
  expect(await reads.read('a', load)).toBe(3);
});

test('shares a read that is under way', async () => {
  const { reads, load } = setUp();
  expect(await Promise.all([reads.read('a', load), reads.read('a', load)])).toEqual([1, 1]);
});

test('a change is seen at once, also by a read that was under way while it happened', async () => {
  const { reads } = setUp();
  let stored = 'old';
  const answer = Promise.withResolvers<string>();
  const early = reads.read('a', () => answer.promise);
  await reads.change(async () => {
    stored = 'new';
  });
  answer.resolve('old');
  expect(await early).toBe('old');
  expect(await reads.read('a', async () => stored)).toBe('new');
});

test('a change that fails may still have happened', async () => {
  const { reads, load } = setUp();
  await reads.read('a', load);
  await expect(reads.change(() => Promise.reject(new Error('lost connection')))).rejects.toThrow(
    'lost connection',
  );
  expect(await reads.read('a', load)).toBe(2);
});

test('a failed read is not remembered', async () => {
  const { reads, load } = setUp();
  await expect(reads.read('a', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(await reads.read('a', load)).toBe(1);
});

test('nothing is remembered for no time', async () => {
  const { reads, load } = setUp(0);
  expect([await reads.read('a', load), await reads.read('a', load)]).toEqual([1, 2]);
});
