/** Worker thread of `mp3.ts`: decodes one MP3 per call. */
import { MPEGDecoder } from 'mpg123-decoder';
import { serveWorker } from '../providers/worker-server.ts';
import type { Mp3Reply, Mp3Request } from './mp3.ts';

/** Decoded in slices, so that decoding can end at the wanted length. */
const SLICE_BYTES = 64 * 1024;

serveWorker<Mp3Request, Mp3Reply>({
  failure: 'the MP3 decoder could not read this file',
  async handle({ bytes, maxSeconds }) {
    const decoder = new MPEGDecoder();
    await decoder.ready;
    const pieces: Int16Array[] = [];
    let sampleRateHz = 0;
    let length = 0;
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      const { channelData, samplesDecoded, sampleRate } = decoder.decode(
        bytes.subarray(at, at + SLICE_BYTES),
      );
      if (samplesDecoded === 0) continue;
      // A file that changes its rate midway is two files; the second one is left out.
      if (sampleRateHz !== 0 && sampleRate !== sampleRateHz) break;
      sampleRateHz = sampleRate;
      pieces.push(mixDown(channelData, samplesDecoded));
      length += samplesDecoded;
      if (length >= maxSeconds * sampleRateHz) break;
    }
    decoder.free();
    const limit = Math.min(length, Math.ceil(maxSeconds * sampleRateHz));
    const samples = new Int16Array(limit);
    let filled = 0;
    for (const piece of pieces) {
      const part = piece.subarray(0, limit - filled);
      samples.set(part, filled);
      filled += part.length;
    }
    return { reply: { samples, sampleRateHz }, transfer: [samples.buffer] };
  },
});

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
