import { expect, it } from 'vitest';
import { pageExamples, serverExamples } from './index.ts';

it('the examples have names of their own, and each document has its share', () => {
  const all = [...pageExamples, ...serverExamples];
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const count = (document: '1.5' | 'latest'): number =>
    all.filter(({ documents }) => documents.includes(document)).length;
  expect([count('1.5'), count('latest')]).toEqual([25, 40]);
});
