/** Worker thread of `mp3-encode.ts`: encodes the one clip it is started with. */
import { parentPort, workerData } from 'node:worker_threads';
import type { PcmClip } from '@visavox/audio';
import { createMp3Encoder } from 'wasm-media-encoders';

const BIT_RATE_KBPS = 96;
const SLICE_SAMPLES = 48_000;

// Only `mp3-encode.ts` starts this file, with such a clip.
const bytes = await encode(workerData as PcmClip);
parentPort?.postMessage(bytes, [bytes.buffer]);

async function encode({ samples, sampleRateHz }: PcmClip): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate: sampleRateHz, channels: 1, bitrate: BIT_RATE_KBPS });
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < samples.length; at += SLICE_SAMPLES) {
    const slice = Float32Array.from(samples.subarray(at, at + SLICE_SAMPLES), (value) => value / 32_768);
    // What the encoder returns is its own memory and is overwritten by the next call.
    pieces.push(encoder.encode([slice]).slice());
  }
  pieces.push(encoder.finalize().slice());
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    result.set(piece, offset);
    offset += piece.length;
  }
  return result;
}
