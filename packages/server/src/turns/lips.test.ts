import type { PcmClip, VisemeSpan } from '@visavox/audio';
import { expect, test } from 'vitest';
import type { SpeechChunk, SpeechTimings } from '../providers/provider.ts';
import { createLips } from './lips.ts';

/** 100 ms of sound. */
const chunk = (timings?: SpeechTimings): SpeechChunk => ({
  samples: new Int16Array(1600).fill(1000),
  sampleRateHz: 16_000,
  ...(timings === undefined ? {} : { timings }),
});
const loud = ({ samples, sampleRateHz }: PcmClip): VisemeSpan[] => [
  { viseme: 'aa', startMs: 0, endMs: (samples.length * 1000) / sampleRateHz },
];
const spelled = (text: string, startMs: number, each: number): SpeechTimings => ({
  unit: 'character',
  items: [...text].map((letter, at) => ({
    text: letter,
    startMs: startMs + at * each,
    endMs: startMs + (at + 1) * each,
  })),
});
const told = (spans: readonly VisemeSpan[]) =>
  spans.map(({ viseme, startMs, endMs }) => [viseme, startMs, endMs]);

test('without times the sound tells', () => {
  expect(createLips(loud)(chunk())).toEqual(loud(chunk()));
});

test('shapes of the engine count before everything', () => {
  const visemes = [{ viseme: 'FF', startMs: 0, endMs: 100 }] as const;
  expect(createLips(loud)({ ...chunk(spelled('m', 0, 100)), visemes })).toBe(visemes);
});

test('letters close the lips, in the chunk they belong to', () => {
  const lips = createLips(loud);
  expect(told(lips(chunk(spelled('mamo', 0, 50))))).toEqual([
    ['PP', 0, 50],
    ['aa', 50, 100],
  ]);
  expect(told(lips(chunk()))).toEqual([
    ['PP', 0, 50],
    ['oh', 50, 100],
  ]);
  expect(told(lips(chunk())), 'nothing is known any more').toEqual([['aa', 0, 100]]);
});

test('letters that stand for one sound together may come in two chunks', () => {
  const lips = createLips(loud);
  const [s, h] = spelled('sh', 50, 50).items;
  expect(told(lips(chunk({ unit: 'character', items: [s, h].flatMap((item) => item ?? []) })))).toEqual([
    ['aa', 0, 50],
    ['CH', 50, 100],
  ]);
  expect(told(lips(chunk()))[0]).toEqual(['CH', 0, 50]);
});

test('words and phones too', () => {
  const word: SpeechTimings = { unit: 'word', items: [{ text: 'moo', startMs: 0, endMs: 90 }] };
  expect(told(createLips(loud)(chunk(word)))).toEqual([
    ['PP', 0, 30],
    ['ou', 30, 90],
    ['aa', 90, 100],
  ]);
  const phone: SpeechTimings = { unit: 'phone', items: [{ text: 'f', startMs: 20, endMs: 100 }] };
  expect(told(createLips(loud)(chunk(phone)))).toEqual([
    ['aa', 0, 20],
    ['FF', 20, 100],
  ]);
});

test('where nothing sounds the mouth rests', () => {
  const lips = createLips(() => [
    { viseme: 'sil', startMs: 0, endMs: 40 },
    { viseme: 'E', startMs: 40, endMs: 100 },
  ]);
  expect(told(lips(chunk(spelled('o', 0, 80))))).toEqual([
    ['sil', 0, 40],
    ['oh', 40, 80],
    ['E', 80, 100],
  ]);
});
