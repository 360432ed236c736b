/** Decoding sound and changing its sample rate, in the module builds: the same in every browser, as far as possible. */

import { decodeAudio as decodeInBrowser } from './convert.compact.ts';
import { resample } from './resample.ts';
import { decodeWav, type Pcm } from './wav.ts';

/** Decodes an audio file to one channel of the given sample rate. @throws {Error} when it cannot be read. */
export async function decodeAudio(audio: ArrayBuffer, sampleRateHz: number): Promise<Pcm> {
  let pcm: Pcm;
  try {
    pcm = decodeWav(audio);
  } catch {
    return decodeInBrowser(audio, sampleRateHz);
  }
  return resample(pcm, sampleRateHz);
}

/** Converts sound to another sample rate. @throws {Error} for empty sound. */
export async function changeSampleRate(pcm: Pcm, sampleRateHz: number): Promise<Pcm> {
  return resample(pcm, sampleRateHz);
}
