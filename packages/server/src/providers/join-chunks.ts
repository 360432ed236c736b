/** Vendors cut sound as their network likes; little can be told of a very short piece. */
import { concatSamples } from '@visavox/audio';
import type { SpeechChunk } from './provider.ts';

const MIN_SECONDS = 0.1;

/**
 * Joins chunks until they last at least 0.1 s. One with mouth shapes of its own is left as it is, and all are after the
 * first one that is `enough`.
 */
export async function* joinShortChunks(
  chunks: AsyncIterable<SpeechChunk>,
  enough: (chunk: SpeechChunk) => boolean = () => false,
): AsyncGenerator<SpeechChunk> {
  let held: SpeechChunk | undefined;
  let isEnough = false;
  for await (const chunk of chunks) {
    if (isEnough) {
      yield chunk;
      continue;
    }
    if (held !== undefined && !fit(held, chunk)) {
      yield held;
      held = undefined;
    }
    const joined: SpeechChunk = held === undefined ? chunk : join(held, chunk);
    const isLong = joined.samples.length >= MIN_SECONDS * joined.sampleRateHz;
    held = isLong || joined.visemes !== undefined ? undefined : joined;
    if (held !== undefined) continue;
    isEnough = enough(joined);
    yield joined;
  }
  if (held !== undefined) yield held;
}

function fit(one: SpeechChunk, next: SpeechChunk): boolean {
  if (next.visemes !== undefined || one.sampleRateHz !== next.sampleRateHz) return false;
  return one.timings === undefined || next.timings === undefined || one.timings.unit === next.timings.unit;
}

function join(one: SpeechChunk, next: SpeechChunk): SpeechChunk {
  const unit = (one.timings ?? next.timings)?.unit;
  return {
    samples: concatSamples([one.samples, next.samples]),
    sampleRateHz: one.sampleRateHz,
    ...(unit === undefined
      ? {}
      : { timings: { unit, items: [...(one.timings?.items ?? []), ...(next.timings?.items ?? [])] } }),
  };
}
