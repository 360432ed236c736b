import { describe, expect, it } from 'vitest';
import type { SpeechChunk } from '../provider.ts';
import { rateFor, type SpeechPart, timedSpeech, timesOf } from './timed-speech.ts';

const what = 'speech of nobody';
const options = { unit: 'word', sampleRateHz: 8000, what } as const;

async function* partsOf(...parts: SpeechPart[]): AsyncGenerator<SpeechPart> {
  yield* parts;
}

async function collect(chunks: AsyncIterable<SpeechChunk>): Promise<SpeechChunk[]> {
  const collected: SpeechChunk[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return collected;
}

const samplesOf = (chunks: readonly SpeechChunk[]) =>
  chunks.reduce((sum, { samples }) => sum + samples.length, 0);
const timesIn = (chunks: readonly SpeechChunk[]) => chunks.flatMap(({ timings }) => timings?.items ?? []);

describe('timedSpeech', () => {
  it('keeps times that come after the last sound', async () => {
    const late = { text: 'end', startMs: 300, endMs: 400 };
    const chunks = await collect(timedSpeech([() => partsOf(new Uint8Array(6400), [late])], options));
    expect(samplesOf(chunks)).toBe(3200);
    expect(timesIn(chunks)).toEqual([late]);
    expect(chunks.every(({ samples }) => samples.length > 0)).toBe(true);
  });

  it('counts the times of a later request from the first sample of all', async () => {
    const word = { text: 'one', startMs: 10, endMs: 90 };
    const request = () => partsOf([word], new Uint8Array(1601));
    const chunks = await collect(timedSpeech([request, request], options));
    // The half sample at the end of a request is none.
    expect(samplesOf(chunks)).toBe(1600);
    expect(timesIn(chunks)).toEqual([word, { text: 'one', startMs: 110, endMs: 190 }]);
    expect(chunks.find(({ timings }) => timings)?.timings?.unit).toBe('word');
  });

  it('begins a request when the one before has ended', async () => {
    const begun: number[] = [];
    const request = (index: number) => () => {
      begun.push(index);
      return partsOf(new Uint8Array(8000));
    };
    const chunks = timedSpeech([request(1), request(2)], options);
    await chunks.next();
    expect(begun).toEqual([1]);
    await chunks.return(undefined);
  });

  it('takes times without sound for empty', async () => {
    const word = { text: 'one', startMs: 10, endMs: 90 };
    await expect(collect(timedSpeech([() => partsOf([word])], options))).rejects.toMatchObject({
      kind: 'empty',
    });
  });

  it('does not collect times without end', async () => {
    const words = Array.from({ length: 60_000 }, () => ({ text: 'a', startMs: 0, endMs: 1 }));
    await expect(collect(timedSpeech([() => partsOf(words, words)], options))).rejects.toMatchObject({
      kind: 'protocol',
    });
  });
});

describe('timesOf', () => {
  it('reads parallel lists', () => {
    expect(timesOf(['a', 'b'], [0, 0.1], [0.1, 0.25], what)).toEqual([
      { text: 'a', startMs: 0, endMs: 100 },
      { text: 'b', startMs: 100, endMs: 250 },
    ]);
    expect(() => timesOf(['a', 'b'], [0], [0.1], what)).toThrow(/as many times as texts/);
  });
});

describe('rateFor', () => {
  it('chooses the first rate that loses nothing', () => {
    expect(rateFor(undefined, [8000, 24_000], 24_000)).toBe(24_000);
    expect(rateFor(8000, [8000, 24_000], 24_000)).toBe(8000);
    expect(rateFor(16_000, [8000, 24_000], 24_000)).toBe(24_000);
    expect(rateFor(48_000, [8000, 24_000], 24_000)).toBe(24_000);
  });
});
