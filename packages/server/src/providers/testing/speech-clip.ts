/** Speech for tests of recognizers, made by the built-in synthesizer. */
import { concatSamples, type PcmClip } from '@visavox/audio';
import { createFliteProvider } from '../flite.ts';

/** Speaks a text with the clearest of the built-in voices. */
export async function makeSpeech(text: string): Promise<PcmClip> {
  const provider = await createFliteProvider();
  try {
    const pieces: Int16Array[] = [];
    const signal = new AbortController().signal;
    const speech = provider.synthesizer?.synthesize({ text, voiceId: 'slt', language: 'en' }, { signal });
    for await (const { samples } of speech ?? []) pieces.push(samples);
    return { samples: concatSamples(pieces), sampleRateHz: 16_000 };
  } finally {
    await provider.close();
  }
}

/** Runs `make` once, however often the result is asked for. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
