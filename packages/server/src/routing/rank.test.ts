/** The published rankings of the contract (sections 2.2 – 2.4), recomputed from the shipped measurements. */
import { describe, expect, test } from 'vitest';
import type { Modality, Objective } from './intent.ts';
import { type RankOptions, rank, rejectionOf } from './rank.ts';
import type { Mode, ScoreRow } from './scores.ts';
import { SHIPPED_SCORES } from './shipped-scores.ts';

function ranking(modality: Modality, mode: Mode, region: string, objective: Objective = 'balanced') {
  const options: RankOptions = { modality, mode, objective, allowProvisional: true };
  const rows = SHIPPED_SCORES.rows.filter(
    (row) => row.modality === modality && row.mode === mode && row.region === region,
  );
  return rank(
    rows.filter((row) => rejectionOf(row, options) === undefined),
    options,
  ).map(({ row, score }) => [`${row.providerId}:${row.modelId}`, Math.round(score * 1000) / 1000] as const);
}

describe('published rankings, balanced', () => {
  test('recognition of recordings, within 0.003', () => {
    const published = [
      ['alibaba:qwen3-asr-flash', 0.929],
      ['elevenlabs:scribe_v2', 0.894],
      ['elevenlabs:scribe_v1', 0.763],
      ['google:gemini-2.5-flash', 0.633],
      ['deepgram:nova-3', 0.611],
    ] as const;
    const computed = ranking('stt', 'batch', 'global');
    expect(computed.slice(0, 5).map(([model]) => model)).toEqual(published.map(([model]) => model));
    for (const [index, [, score]] of published.entries()) {
      expect(Math.abs((computed[index]?.[1] ?? 0) - score)).toBeLessThanOrEqual(0.003);
    }
  });

  test('streaming recognition in us-east4, within 0.003', () => {
    const published = [
      ['elevenlabs:scribe_v2', 0.554],
      ['google:gemini-2.5-flash', 0.426],
      ['openai:gpt-4o-mini-transcribe', 0.425],
      ['assemblyai:universal-2', 0.351],
      ['deepgram:nova-3', 0.256],
    ] as const;
    const computed = ranking('stt', 'streaming', 'us-east4');
    expect(computed.map(([model]) => model)).toEqual(published.map(([model]) => model));
    for (const [index, [, score]] of published.entries()) {
      expect(Math.abs((computed[index]?.[1] ?? 0) - score)).toBeLessThanOrEqual(0.003);
    }
  });

  test.each([
    ['batch', 'global', ['xai:grok-tts', 'openai:gpt-4o-mini-tts', 'elevenlabs:eleven_flash_v2_5']],
    [
      'streaming',
      'us-east4',
      ['xai:grok-tts', 'elevenlabs:eleven_flash_v2_5', 'elevenlabs:eleven_multilingual_v2'],
    ],
  ] as const)('voices, %s in %s', (mode, region, first) => {
    expect(
      ranking('tts', mode, region)
        .slice(0, 3)
        .map(([model]) => model),
    ).toEqual(first);
  });

  test.each([
    [
      'us-east4',
      [
        ['xai:grok-voice-think-fast-1.0', 0.9],
        ['google:gemini-live-2.5-flash-native-audio', 0.353],
        ['openai:gpt-realtime', 0.133],
      ],
    ],
    [
      'europe-west3',
      [
        ['google:gemini-live-2.5-flash-native-audio', 0.6],
        ['openai:gpt-realtime', 0.4],
      ],
    ],
    [
      'asia-southeast1',
      [
        ['google:gemini-live-2.5-flash-native-audio', 1],
        ['xai:grok-voice-think-fast-1.0', 0.574],
        ['openai:gpt-realtime', 0.4],
      ],
    ],
  ] as const)('speech to speech in %s', (region, published) => {
    const computed = ranking('s2s', 'realtime', region);
    expect(computed.map(([model]) => model)).toEqual(published.map(([model]) => model));
    for (const [index, [, score]] of published.entries()) {
      expect(Math.abs((computed[index]?.[1] ?? 0) - score)).toBeLessThanOrEqual(0.0005);
    }
  });
});

const base: ScoreRow = {
  runId: 'r',
  modality: 'tts',
  providerId: 'a',
  modelId: 'm',
  language: 'en',
  region: 'global',
  mode: 'batch',
  status: 'production',
  quality: 1,
  latencyMs: 100,
  usdPerMinute: 0.01,
  origin: 'operator',
};
const batch: RankOptions = { modality: 'tts', mode: 'batch', objective: 'balanced', allowProvisional: true };

test('a single candidate gets 1 on every axis, a missing measurement counts half', () => {
  expect(rank([base], batch)[0]?.score).toBe(1);
  expect(rank([{ ...base, usdPerMinute: null }], batch)[0]?.axes.cost).toBe(0.5);
});

test('the objective decides', () => {
  const good = { ...base, providerId: 'good', quality: 1, latencyMs: 900, usdPerMinute: 0.02 };
  const fast = { ...base, providerId: 'fast', quality: 8, latencyMs: 100, usdPerMinute: 0.02 };
  const cheap = { ...base, providerId: 'cheap', quality: 8, latencyMs: 900, usdPerMinute: 0.001 };
  const firstFor = (objective: Objective) =>
    rank([cheap, good, fast], { ...batch, objective })[0]?.row.providerId;
  expect([firstFor('accuracy'), firstFor('latency'), firstFor('cost')]).toEqual(['good', 'fast', 'cheap']);
});

test('equal scores: by cost for recordings, by latency for streams, then by name', () => {
  // Latency counts 0.3 and cost 0.2: two rows that lose one and win the other never tie in the balanced mix alone.
  const a = { ...base, providerId: 'b', quality: 2 };
  const b = { ...base, providerId: 'a', quality: 2 };
  expect(rank([a, b], batch).map(({ row }) => row.providerId)).toEqual(['a', 'b']);
  const cheap = { ...base, providerId: 'z', quality: 2, latencyMs: 150, usdPerMinute: 0 };
  const fast = { ...base, providerId: 'y', quality: 2, latencyMs: 100, usdPerMinute: 0.015 };
  const far = { ...base, providerId: 'x', quality: 3, latencyMs: 200, usdPerMinute: 0.03 };
  // Balanced: quality 1 each; cheap 0.5 · 0.3 + 1 · 0.2 = 0.35, fast 1 · 0.3 + 0.5 · 0.2 = 0.4.
  expect(rank([cheap, fast, far], batch).map(({ row }) => row.providerId)).toEqual(['y', 'z', 'x']);
});

test.each([
  [{ status: 'warned', warning: 'noisy' }, 'flagged: noisy'],
  [{ status: 'provisional', quality: null, latencyMs: null }, 'provisional, without a measurement'],
  [{ latencyMs: 99_999 }, undefined],
] as const)('what is dropped from batch: %j', (change, reason) => {
  expect(rejectionOf({ ...base, ...change }, batch)).toBe(reason);
});

test('streams that start too late are dropped', () => {
  expect(rejectionOf({ ...base, latencyMs: 1501 }, { ...batch, mode: 'streaming' })).toContain('1501 ms');
  expect(rejectionOf({ ...base, latencyMs: 1500 }, { ...batch, mode: 'streaming' })).toBeUndefined();
  const stt = { ...base, modality: 'stt', latencyMs: 3001 } as const;
  expect(rejectionOf(stt, { ...batch, modality: 'stt', mode: 'streaming' })).toContain('3001 ms');
});

test('provisional models can be switched off', () => {
  const row = { ...base, status: 'provisional' } as const;
  expect(rejectionOf(row, batch)).toBeUndefined();
  expect(rejectionOf(row, { ...batch, allowProvisional: false })).toContain('switched off');
});
