/** From the bytes of a synthesis answer to a file a page can play. */

import { TTS_TARGET_SAMPLE_RATE } from '../constants.ts';
import { TTSDecodeError } from '../errors.ts';
import { resample } from './resample.ts';
import { decodeWav, encodeWav, type Pcm, sniffAudioType } from './wav.ts';

/** @throws {TTSDecodeError} when `base64` is not standard Base64. */
export function decodeBase64(base64: unknown): ArrayBuffer {
  if (typeof base64 !== 'string') throw new TTSDecodeError('Invalid Base64 audio data');
  let binary: string;
  try {
    binary = atob(base64);
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
      const wav = encodeWav(resample(await decodeAudio(audio), TTS_TARGET_SAMPLE_RATE));
      return new Blob([wav], { type: 'audio/wav' });
    } catch {
      // Falls through to the original bytes.
    }
  }
  return new Blob([audio], { type: sniffAudioType(new Uint8Array(audio)) });
}

async function decodeAudio(audio: ArrayBuffer): Promise<Pcm> {
  try {
    return decodeWav(audio);
  } catch {
    const context = new OfflineAudioContext(1, 1, TTS_TARGET_SAMPLE_RATE);
    // The browser takes the buffer away from its owner, who may need it still.
    const decoded = await context.decodeAudioData(audio.slice(0));
    const samples = new Float32Array(decoded.length);
    for (let channel = 0; channel < decoded.numberOfChannels; channel++) {
      decoded.getChannelData(channel).forEach((sample, index) => {
        samples[index] = (samples[index] ?? 0) + sample / decoded.numberOfChannels;
      });
    }
    return { samples, sampleRateHz: decoded.sampleRate };
  }
}
