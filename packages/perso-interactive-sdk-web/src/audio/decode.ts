/** From the bytes of a synthesis answer to a file a page can play. */

import { TTS_TARGET_SAMPLE_RATE } from '../constants.ts';
import { TTSDecodeError } from '../errors.ts';
import { decodeAudio } from './convert.ts';
import { encodeWav, sniffAudioType } from './wav.ts';

/** @throws {TTSDecodeError} when `base64` is not standard Base64. */
export function decodeBase64(base64: unknown): ArrayBuffer {
  let binary = '';
  try {
    // What is no text becomes some that is not Base64.
    binary = atob(typeof base64 === 'string' ? base64 : '?');
  } catch {
    throw new TTSDecodeError('Invalid Base64 audio data');
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes.buffer;
}

/** The audio as a file of its own type or, resampled, as WAV of 16 kHz. What cannot be resampled stays as it is. */
export async function toAudioBlob(audio: ArrayBuffer, resampled: boolean): Promise<Blob> {
  if (resampled) {
    try {
      const wav = encodeWav(await decodeAudio(audio, TTS_TARGET_SAMPLE_RATE));
      return new Blob([wav], { type: 'audio/wav' });
    } catch {
      // Falls through to the original bytes.
    }
  }
  return new Blob([audio], { type: sniffAudioType(new Uint8Array(audio)) });
}
