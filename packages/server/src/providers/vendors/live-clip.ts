/** Lets a model that only hears live sound hear a recording. */
import type { PcmClip } from '@visavox/audio';
import type { RecognitionOptions, SpeechRecognizer, Transcript } from '../provider.ts';

const PIECE_SECONDS = 0.1;

export async function recognizeClipLive(
  clip: PcmClip,
  options: RecognitionOptions,
  recognizeStream: NonNullable<SpeechRecognizer['recognizeStream']>,
): Promise<Transcript> {
  const { samples, sampleRateHz } = clip;
  const sound = (async function* () {
    const step = Math.ceil(sampleRateHz * PIECE_SECONDS);
    for (let at = 0; at < samples.length; at += step) {
      yield { samples: samples.subarray(at, at + step), sampleRateHz };
    }
  })();
  const texts: string[] = [];
  for await (const { text } of recognizeStream(sound, { ...options, sampleRateHz, interimResults: false })) {
    if (text !== '') texts.push(text);
  }
  return { text: texts.join(' ') };
}
