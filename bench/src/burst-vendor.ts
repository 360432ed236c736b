/**
 * A voice whose sound and mouth are known to the sample: bursts of a tone with an open mouth, between silences with
 * closed lips. The text says how long: "Bursts for 60 seconds", or "Tone for 20 seconds" for one sound without pause.
 */
import type { Provider, SpeechChunk } from '@visavox/server/testing';

/** Not a whole part of 48 000, so that conversion of the rate is part of what is measured. */
const RATE_HZ = 22_050;
const PITCH_HZ = 440;
const AMPLITUDE = 10_000;
const OPEN_SECONDS = 0.45;
/** Makes a period that is not a multiple of 40 ms: onsets fall at all places between two pictures. */
const CLOSED_SECONDS = 0.563;
const CHUNK_SECONDS = 2;
const MOVING = ['aa', 'DD', 'oh', 'E', 'ih'] as const;

export function createBurstVendor(): Provider {
  return {
    id: 'bursts',
    displayName: 'Bursts',
    synthesizer: {
      voices: [{ id: 'burst', displayName: 'Burst', languages: ['*'], gender: 'female' }],
      async *synthesize({ text }) {
        const seconds = Number(/(\d+)/.exec(text)?.[1] ?? 10);
        if (/tone/i.test(text)) yield* toneChunks(seconds);
        else yield* burstChunks(seconds);
      },
    },
    close: async () => {},
  };
}

function* toneChunks(seconds: number): Iterable<SpeechChunk> {
  for (let second = 0; second < seconds; second += CHUNK_SECONDS) {
    // Moves between open and closed like speech does, without a gap in the sound.
    const visemes = Array.from({ length: CHUNK_SECONDS * 5 }, (_, index) => ({
      viseme: MOVING[index % MOVING.length] ?? 'aa',
      startMs: index * 200,
      endMs: (index + 1) * 200,
    }));
    yield { samples: tone(Math.round(CHUNK_SECONDS * RATE_HZ)), sampleRateHz: RATE_HZ, visemes };
  }
}

function* burstChunks(seconds: number): Iterable<SpeechChunk> {
  const closed = Math.round(CLOSED_SECONDS * RATE_HZ);
  const open = Math.round(OPEN_SECONDS * RATE_HZ);
  const closedMs = (closed * 1000) / RATE_HZ;
  const endMs = ((closed + open) * 1000) / RATE_HZ;
  for (let madeMs = 0; madeMs < seconds * 1000; madeMs += endMs) {
    const samples = new Int16Array(closed + open);
    samples.set(tone(open), closed);
    yield {
      samples,
      sampleRateHz: RATE_HZ,
      visemes: [
        { viseme: 'sil', startMs: 0, endMs: closedMs },
        { viseme: 'aa', startMs: closedMs, endMs },
      ],
    };
  }
}

function tone(length: number): Int16Array {
  return Int16Array.from({ length }, (_, index) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * PITCH_HZ * index) / RATE_HZ)),
  );
}
