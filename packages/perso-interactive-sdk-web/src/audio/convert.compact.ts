/** Decoding sound and changing its sample rate, in the script build: both are left to the browser. */

import { encodeWav, type Pcm } from './wav.ts';

/** Decodes an audio file to one channel of the given sample rate; several channels are averaged. */
export async function decodeAudio(audio: ArrayBuffer, sampleRateHz: number): Promise<Pcm> {
  // Decoding changes the sample rate to that of the context.
  const context = new OfflineAudioContext(1, 1, sampleRateHz);
  // The browser takes the buffer away from its owner, who may need it still.
  const decoded = await context.decodeAudioData(audio.slice(0));
  const samples = new Float32Array(decoded.length);
  for (let channel = 0; channel < decoded.numberOfChannels; channel++) {
    decoded.getChannelData(channel).forEach((sample, index) => {
      samples[index] = (samples[index] ?? 0) + sample / decoded.numberOfChannels;
    });
  }
  return { samples, sampleRateHz };
}

/** Converts sound to another sample rate. @throws {Error} for empty sound. */
export async function changeSampleRate(pcm: Pcm, sampleRateHz: number): Promise<Pcm> {
  if (pcm.samples.length === 0) throw new Error('Audio resample error: Cannot resample empty audio data');
  return pcm.sampleRateHz === sampleRateHz ? pcm : decodeAudio(encodeWav(pcm), sampleRateHz);
}
