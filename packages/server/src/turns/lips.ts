/**
 * Mouth shapes of speech as it comes. The best that is known counts: shapes of the engine, else the times of what is said
 * together with the sound, else the sound alone.
 */
import {
  type PcmClip,
  type PhoneSpan,
  phonesFromSpelling,
  sliceVisemes,
  type VisemeSpan,
  visemesFromIpa,
} from '@visavox/audio';
import type { SpeechChunk, SpeechTimings, TimedText } from '../providers/provider.ts';

/** A pause in what is said that is longer is left to the sound. */
const MAX_GAP_MS = 40;
const LONGEST_WORD_MS = 2000;

/** For the chunks of one request, in order. Times that come after their sound are of no use any more. */
export function createLips(
  analyse: (clip: PcmClip) => readonly VisemeSpan[],
): (chunk: SpeechChunk) => readonly VisemeSpan[] {
  let known: { readonly unit: SpeechTimings['unit']; items: TimedText[] } | undefined;
  let fromMs = 0;

  return (chunk) => {
    const toMs = fromMs + (chunk.samples.length * 1000) / chunk.sampleRateHz;
    const { timings } = chunk;
    if (timings !== undefined) {
      known ??= { unit: timings.unit, items: [] };
      if (known.unit === timings.unit) known.items.push(...timings.items);
    }
    const visemes = chunk.visemes ?? shapesOf(chunk);
    fromMs = toMs;
    return visemes;

    function shapesOf(sound: SpeechChunk): readonly VisemeSpan[] {
      const heard = analyse(sound);
      if (known === undefined) return heard;
      // A word that began before is still needed whole, for its letters.
      known.items = known.items.filter(({ endMs }) => endMs > fromMs - LONGEST_WORD_MS);
      const phones = known.unit === 'phone' ? known.items.map(toPhone) : phonesFromSpelling(known.items);
      const told = toldBetween(phones, fromMs, toMs);
      return told.length === 0 ? heard : merge(heard, told);
    }
  };
}

function toPhone({ text, startMs, endMs }: TimedText): PhoneSpan {
  return { phone: text, startMs, endMs };
}

/** What is told about a stretch of time, counted from its begin; nothing where no sound is said. */
function toldBetween(phones: readonly PhoneSpan[], fromMs: number, toMs: number): VisemeSpan[] {
  const near = phones.filter(({ startMs, endMs }) => endMs > fromMs && startMs < toMs);
  const track = visemesFromIpa(near).filter(
    ({ viseme, startMs, endMs }) => viseme !== 'sil' || (endMs - startMs <= MAX_GAP_MS && startMs > 0),
  );
  return sliceVisemes(track, fromMs, toMs);
}

/** Where there is sound the lips do what is told; where there is none they rest, whatever is told. */
function merge(heard: readonly VisemeSpan[], told: readonly VisemeSpan[]): VisemeSpan[] {
  const merged: VisemeSpan[] = [];
  const add = ({ viseme, startMs, endMs }: VisemeSpan): void => {
    const last = merged.at(-1);
    if (last?.viseme === viseme && last.endMs === startMs) merged.splice(-1, 1, { ...last, endMs });
    else if (endMs > startMs) merged.push({ viseme, startMs, endMs });
  };
  for (const span of heard) {
    if (span.viseme === 'sil') {
      add(span);
      continue;
    }
    let at = span.startMs;
    for (const { viseme, startMs, endMs } of told) {
      const begin = Math.max(at, startMs);
      const end = Math.min(span.endMs, endMs);
      if (end <= begin) continue;
      add({ viseme: span.viseme, startMs: at, endMs: begin });
      add({ viseme, startMs: begin, endMs: end });
      at = end;
    }
    add({ viseme: span.viseme, startMs: at, endMs: span.endMs });
  }
  return merged;
}
