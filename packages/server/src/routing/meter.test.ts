import { expect, test } from 'vitest';
import { costOf, createMeter, type MeterEntry, type MeterOptions, type UsageRecord } from './meter.ts';
import type { ScoreRow } from './scores.ts';
import { SHIPPED_SCORES } from './shipped-scores.ts';

const rowOf = (modelId: string): ScoreRow | undefined =>
  SHIPPED_SCORES.rows.find((row) => row.modelId === modelId);
const entry = (change: Partial<MeterEntry> = {}): MeterEntry => ({
  organizationId: 'o',
  apiKeyId: 'k',
  sessionId: undefined,
  modality: 'stt',
  providerId: 'deepgram',
  modelId: 'nova-3',
  keySource: 'MANAGED',
  row: rowOf('nova-3'),
  seconds: 30,
  ...change,
});

function setUp(options: Partial<MeterOptions> = {}) {
  const written: UsageRecord[][] = [];
  const errors: unknown[] = [];
  const meter = createMeter({
    write: async (records) => {
      written.push([...records]);
    },
    now: () => new Date(0),
    onError: (error) => errors.push(error),
    flushMs: 60_000,
    ...options,
  });
  return { meter, written, errors };
}

test('prices: by the minute, by characters, by tokens, unknown, and none for a key of their own', () => {
  expect(costOf(entry())).toBeCloseTo(0.0043 * 0.5 * 1e6);
  expect(costOf(entry({ modality: 'tts', row: rowOf('grok-tts'), seconds: 0, characters: 900 }))).toBeCloseTo(
    4500,
  );
  const tokens = { modality: 'llm', seconds: 0, inputTokens: 150, outputTokens: 80 } as const;
  expect(costOf(entry({ ...tokens, row: rowOf('gpt-4o') }))).toBeCloseTo(1180);
  const priced = { ...(rowOf('gpt-4o') as ScoreRow), tokenPrices: { input: 2, output: 10 } };
  expect(costOf(entry({ ...tokens, row: priced }))).toBeCloseTo(150 * 2 + 80 * 10);
  expect(costOf(entry({ row: undefined }))).toBeNull();
  expect(costOf(entry({ keySource: 'BYOK' }))).toBe(0);
});

test('calls of one kind are summed and written together', async () => {
  const { meter, written } = setUp();
  meter.record(entry());
  meter.record(entry({ seconds: 10 }));
  meter.record(entry({ sessionId: 's' }));
  expect(written).toEqual([]);
  await meter.flush();
  await meter.flush();
  expect(written).toHaveLength(1);
  expect(written[0]?.map(({ calls, quantity, sessionId }) => [calls, quantity, sessionId])).toEqual([
    [2, 40, null],
    [1, 30, 's'],
  ]);
});

test('what could not be written is kept and written later, summed with what came since', async () => {
  let fails = true;
  const written: UsageRecord[] = [];
  const { meter, errors } = setUp({
    write: async (records) => {
      if (fails) throw new Error('no database');
      written.push(...records);
    },
  });
  meter.record(entry());
  await meter.flush();
  expect(errors).toHaveLength(1);
  meter.record(entry());
  fails = false;
  await meter.close();
  expect(written.map(({ calls }) => calls)).toEqual([2]);
});

test('what a key has cost counts at once, on top of what it cost before', () => {
  const { meter } = setUp({ spentBefore: new Map([['k', 1000]]) });
  meter.record(entry({ seconds: 60 }));
  expect(meter.spentMicroUsd('k')).toBeCloseTo(1000 + 4300);
  expect(meter.spentMicroUsd('other')).toBe(0);
});

test('close writes the rest, once', async () => {
  const { meter, written } = setUp();
  meter.record(entry());
  await Promise.all([meter.close(), meter.close()]);
  expect(written).toHaveLength(1);
});
