/** Worker thread of `mp3.ts`: decodes the one MP3 it is started with. */
import { parentPort, workerData } from 'node:worker_threads';
import { MPEGDecoder } from 'mpg123-decoder';
import type { Mp3Job } from './mp3.ts';

/** Decoded in slices, so that decoding can end at the wanted length. */
const SLICE_BYTES = 64 * 1024;

// Only `mp3.ts` starts this file, with such a job.
const clip = await decode(workerData as Mp3Job);
parentPort?.postMessage(clip, [clip.samples.buffer]);

async function decode({ bytes, maxSeconds }: Mp3Job): Promise<{
  readonly samples: Int16Array<ArrayBuffer>;
  readonly sampleRateHz: number;
}> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const pieces: Int16Array[] = [];
  let sampleRateHz = 0;
  let length = 0;
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    const { channelData, samplesDecoded, sampleRate } = decoder.decode(bytes.subarray(at, at + SLICE_BYTES));
    if (samplesDecoded === 0) continue;
    // A file that changes its rate midway is two files; the second one is left out.
    if (sampleRateHz !== 0 && sampleRate !== sampleRateHz) break;
    sampleRateHz = sampleRate;
    pieces.push(mixDown(channelData, samplesDecoded));
    length += samplesDecoded;
    if (length >= maxSeconds * sampleRateHz) break;
  }
  decoder.free();
  const samples = new Int16Array(Math.min(length, Math.ceil(maxSeconds * sampleRateHz)));
  let filled = 0;
  for (const piece of pieces) {
    const part = piece.subarray(0, samples.length - filled);
    samples.set(part, filled);
    filled += part.length;
  }
  return { samples, sampleRateHz };
}

function mixDown(channels: readonly Float32Array[], length: number): Int16Array {
  const mixed = new Int16Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i] ?? 0;
    const value = Math.round((sum / channels.length) * 32_767);
    mixed[i] = Math.max(-32_768, Math.min(32_767, value));
  }
  return mixed;
}
