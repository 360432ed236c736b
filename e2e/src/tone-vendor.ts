/** A voice that answers with a tone: a text that names a pitch ("500 Hz") is heard at that pitch. */
import type { Provider } from '@visavox/server/testing';

const RATE_HZ = 24_000;

export function createToneVendor(options: { readonly secondsPerText?: number } = {}): Provider {
  const seconds = options.secondsPerText ?? 2;
  return {
    id: 'tones',
    displayName: 'Tones',
    synthesizer: {
      voices: [{ id: 'tone', displayName: 'Tone', languages: ['*'], gender: 'female' }],
      async *synthesize({ text }) {
        const pitch = Number(/(\d+)/.exec(text)?.[1] ?? 440);
        yield {
          samples: Int16Array.from({ length: seconds * RATE_HZ }, (_, index) =>
            Math.round(10_000 * Math.sin((2 * Math.PI * pitch * index) / RATE_HZ)),
          ),
          sampleRateHz: RATE_HZ,
          visemes: [{ viseme: 'aa', startMs: 0, endMs: seconds * 1000 }],
        };
      },
    },
    close: async () => {},
  };
}
