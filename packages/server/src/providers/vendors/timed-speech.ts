/** Speech of vendors that also tell when they say what: sound and times come mixed, in one or several requests. */
import { ProviderError, type SpeechChunk, type SpeechTimings, type TimedText } from '../provider.ts';
import { pcmChunks } from './transport.ts';

/** PCM16 as the network cuts it, or times that count from the start of their request. */
export type SpeechPart = Uint8Array | readonly TimedText[];

/** The end of the sound waits, so that times which come after it still have a chunk to go with. */
const HELD_SECONDS = 0.02;
const MAX_WAITING_TIMES = 100_000;

/** Joins requests that follow each other to the chunks of one speech. Each begins when the one before has ended. */
export async function* timedSpeech(
  requests: readonly (() => AsyncIterable<SpeechPart>)[],
  options: {
    readonly unit: SpeechTimings['unit'];
    readonly sampleRateHz: number;
    readonly what: string;
  },
): AsyncGenerator<SpeechChunk> {
  const { unit, sampleRateHz, what } = options;
  const heldBytes = 2 * Math.round(sampleRateHz * HELD_SECONDS);
  const waiting: TimedText[] = [];
  const sound = async function* (): AsyncGenerator<Uint8Array> {
    let doneBytes = 0;
    for (const request of requests) {
      const offsetMs = (doneBytes / 2 / sampleRateHz) * 1000;
      let held = new Uint8Array(0);
      for await (const part of request()) {
        if (part instanceof Uint8Array) {
          doneBytes += part.length;
          const joined = new Uint8Array(held.length + part.length);
          joined.set(held);
          joined.set(part, held.length);
          const ready = Math.max(0, joined.length - heldBytes);
          held = joined.slice(ready);
          if (ready > 0) yield joined.subarray(0, ready);
          continue;
        }
        if (waiting.length + part.length > MAX_WAITING_TIMES) {
          throw new ProviderError('protocol', `${what} came with too many times`);
        }
        for (const { text, startMs, endMs } of part) {
          waiting.push({ text, startMs: startMs + offsetMs, endMs: endMs + offsetMs });
        }
      }
      // Half a sample at the end of a request would shift the next one.
      const half = doneBytes % 2;
      doneBytes -= half;
      if (held.length > half) yield held.subarray(0, held.length - half);
    }
  };
  for await (const chunk of pcmChunks(sound(), { sampleRateHz, what })) {
    const items = waiting.splice(0);
    yield items.length === 0 ? chunk : { ...chunk, timings: { unit, items } };
  }
}

/** Items of parallel lists in seconds, as vendors send them. @throws {ProviderError} `protocol` when they do not match. */
export function timesOf(
  texts: readonly string[],
  startSeconds: readonly number[],
  endSeconds: readonly number[],
  what: string,
): readonly TimedText[] {
  return texts.map((text, index) => {
    const start = startSeconds[index];
    const end = endSeconds[index];
    if (start === undefined || end === undefined) {
      throw new ProviderError('protocol', `expected as many times as texts in the ${what}`);
    }
    return { text, startMs: Math.round(start * 1000), endMs: Math.round(end * 1000) };
  });
}

/** The first of the rates, in ascending order, that loses nothing; the last one when none does. */
export function rateFor(wantedHz: number | undefined, ratesHz: readonly number[], usualHz: number): number {
  if (wantedHz === undefined) return usualHz;
  return ratesHz.find((rateHz) => rateHz >= wantedHz) ?? ratesHz.at(-1) ?? usualHz;
}
