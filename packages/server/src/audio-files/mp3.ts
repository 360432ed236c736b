/** Decodes MP3 in a worker thread of its own, so that neither a long nor a broken file holds anything up. */
import type { PcmClip } from '@visavox/audio';
import { runWorker } from './worker-run.ts';

/** What the worker is started with. */
export interface Mp3Job {
  readonly bytes: Uint8Array;
  readonly maxSeconds: number;
}

const TIMEOUT_MS = 30_000;

/** True when the bytes start with an ID3 tag or the header of an MPEG frame. */
export function isMp3(bytes: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0] = bytes;
  if (a === 0x49 && b === 0x44 && c === 0x33) return true;
  const hasSync = a === 0xff && (b & 0xe0) === 0xe0;
  const hasVersion = ((b >> 3) & 0x03) !== 1;
  const hasLayer = ((b >> 1) & 0x03) !== 0;
  const hasRates = (c & 0xf0) !== 0xf0 && (c & 0x0c) !== 0x0c;
  return hasSync && hasVersion && hasLayer && hasRates;
}

/**
 * Decodes the first `maxSeconds`; a clip of rate 0 means that nothing in it was MP3. Rejects when the decoder fails,
 * with a `TimeoutError` after half a minute, and with the signal's reason on abort.
 */
export async function decodeMp3(
  bytes: Uint8Array,
  options: { readonly maxSeconds: number; readonly signal: AbortSignal },
): Promise<PcmClip> {
  const job: Mp3Job = { bytes, maxSeconds: options.maxSeconds };
  return runWorker(new URL('./mp3-worker.ts', import.meta.url), job, {
    name: 'MP3 decoder',
    timeoutMs: TIMEOUT_MS,
    signal: options.signal,
  });
}
