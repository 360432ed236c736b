/**
 * Vendors that make speech without speaking: a voice gives every text a sound of a length of its own, and a recogniser
 * knows the text by that length.
 */
import type { Provider, SpeechChunk } from '@visavox/server/testing';

const RATE_HZ = 24_000;
/** Longer than what resampling may add or take away. */
const STEP_SAMPLES = RATE_HZ / 100;

export interface ReadingVendors {
  readonly voice: Provider;
  readonly careful: Provider;
  /** Leaves every second word out. */
  readonly careless: Provider;
  /** Fails in everything. */
  readonly dead: Provider;
}

export function createReadingVendors(): ReadingVendors {
  const texts: string[] = [];
  const lengthOf = (text: string): number => {
    if (!texts.includes(text)) texts.push(text);
    return RATE_HZ / 4 + texts.indexOf(text) * STEP_SAMPLES;
  };
  const textOf = (samples: Int16Array, sampleRateHz: number): string => {
    const length = (samples.length * RATE_HZ) / sampleRateHz;
    return texts[Math.round((length - RATE_HZ / 4) / STEP_SAMPLES)] ?? '';
  };
  const recogniser = (id: string, hear: (text: string) => string): Provider => ({
    id,
    displayName: id,
    recognizer: {
      languages: ['*'],
      limitedVocabulary: false,
      models: [{ id: 'ears', languages: ['*'] }],
      recognize: async ({ samples, sampleRateHz }) => ({ text: hear(textOf(samples, sampleRateHz)) }),
    },
    close: async () => {},
  });
  const voice = (id: string, speak: (text: string) => SpeechChunk): Provider => ({
    id,
    displayName: id,
    synthesizer: {
      models: [{ id: 'mouth', languages: ['*'] }],
      voices: [{ id: `${id}-voice`, displayName: id, languages: ['en', 'de'] }],
      async *synthesize({ text }) {
        yield speak(text);
      },
    },
    close: async () => {},
  });
  const fail = (): never => {
    throw new Error('a vendor in trouble says its key: sk-vendor-secret');
  };
  return {
    voice: voice('reader', (text) => ({
      samples: new Int16Array(lengthOf(text)).fill(3000),
      sampleRateHz: RATE_HZ,
    })),
    careful: recogniser('careful', (text) => text),
    careless: recogniser('careless', (text) =>
      text
        .split(' ')
        .filter((_, index) => index % 2 === 0)
        .join(' '),
    ),
    dead: { ...recogniser('dead', fail), ...voice('dead', fail) },
  };
}
