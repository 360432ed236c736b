import { scoreRow } from '@visavox/contract/manage';
import { expect, test } from 'vitest';
import { showScore, toStoredScore } from './scores.ts';

const now = new Date('2026-06-01T00:00:00Z');
const parse = (werP50: number) =>
  scoreRow.parse({
    run_id: 'r',
    request_type: 'stt',
    provider_id: 'a',
    model_id: 'b',
    mode: 'batch',
    metrics: { wer_p50: werP50 },
  });

test.each([
  [0, 0, 0],
  [0.9794, 97.94, 0.9794],
  [1, 100, 1],
  [7.8, 7.8, 0.078],
  [200, 200, 200],
])(
  'an error rate of %d is %d %%, and is shown so that importing it again keeps it',
  (given, percent, shown) => {
    const stored = { ...toStoredScore(parse(given), now), importedAt: now };
    expect(stored.quality).toBeCloseTo(percent);
    const row = showScore(stored);
    expect(row).toMatchObject({ metrics: { wer_p50: shown } });
    expect(toStoredScore(scoreRow.parse(row), now).quality).toBeCloseTo(percent);
  },
);
