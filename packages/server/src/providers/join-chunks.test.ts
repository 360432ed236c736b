import { expect, test } from 'vitest';
import { joinShortChunks } from './join-chunks.ts';
import type { SpeechChunk } from './provider.ts';

const RATE_HZ = 8000;

function chunkOf(ms: number, more: Partial<SpeechChunk> = {}): SpeechChunk {
  const sampleRateHz = more.sampleRateHz ?? RATE_HZ;
  return { samples: new Int16Array((ms * sampleRateHz) / 1000).fill(ms), sampleRateHz, ...more };
}

async function joined(
  cut: readonly SpeechChunk[],
  enough?: (chunk: SpeechChunk) => boolean,
): Promise<SpeechChunk[]> {
  const stream = (async function* () {
    yield* cut;
  })();
  const all: SpeechChunk[] = [];
  for await (const chunk of joinShortChunks(stream, enough)) all.push(chunk);
  return all;
}

const lengths = (chunks: readonly SpeechChunk[]) =>
  chunks.map(({ samples, sampleRateHz }) => (samples.length * 1000) / sampleRateHz);

test('short chunks become stretches of at least 100 ms, and no sample is lost', async () => {
  const cut = [20, 30, 40, 25, 250, 99, 1, 5].map((ms) => chunkOf(ms));
  const chunks = await joined(cut);
  expect(lengths(chunks)).toEqual([115, 250, 100, 5]);
  expect(chunks.flatMap(({ samples }) => [...samples])).toEqual(cut.flatMap(({ samples }) => [...samples]));
});

test('times go with the stretch that their chunk is in', async () => {
  const timed = (text: string): Partial<SpeechChunk> => ({
    timings: { unit: 'word', items: [{ text, startMs: 0, endMs: 10 }] },
  });
  const chunks = await joined([chunkOf(60, timed('a')), chunkOf(20), chunkOf(60, timed('b')), chunkOf(10)]);
  expect(lengths(chunks)).toEqual([140, 10]);
  expect(chunks[0]?.timings?.items.map(({ text }) => text)).toEqual(['a', 'b']);
  expect(chunks[1]?.timings).toBeUndefined();
});

test.each([
  ['another rate', { sampleRateHz: 16_000 }],
  ['mouth shapes of its own', { visemes: [{ viseme: 'aa', startMs: 0, endMs: 50 }] }],
] as const)('a chunk with %s is not joined to the one before', async (_, more) => {
  const chunks = await joined([chunkOf(50), chunkOf(50, more)]);
  expect(lengths(chunks)).toEqual([50, 50]);
  expect(chunks[1]).toMatchObject(more);
});

test('after the first stretch that is enough nothing is joined', async () => {
  const cut = [60, 60, 70, 40, 10, 20].map((ms) => chunkOf(ms));
  const chunks = await joined(cut, ({ samples }) => samples[0] === 70);
  expect(lengths(chunks)).toEqual([120, 110, 10, 20]);
});
