/** Writes MP3 in a worker thread of its own, so that a long clip does not hold anything up. */
import type { PcmClip } from '@visavox/audio';
import { runWorker } from './worker-run.ts';

const TIMEOUT_MS = 60_000;
/** Of the rates that MP3 knows: the largest is what most players expect. */
const RATES_HZ = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/** Whether MP3 can hold sound of this rate. */
export function isMp3Rate(sampleRateHz: number): boolean {
  return RATES_HZ.includes(sampleRateHz);
}

/**
 * Encodes a clip of a rate that MP3 knows: mono, 96 kbit/s. Rejects when the encoder fails, with a `TimeoutError` after
 * a minute, and with the signal's reason on abort.
 */
export async function encodeMp3(
  clip: PcmClip,
  options: { readonly signal: AbortSignal },
): Promise<Uint8Array<ArrayBuffer>> {
  if (!isMp3Rate(clip.sampleRateHz)) throw new RangeError(`MP3 cannot hold ${clip.sampleRateHz} Hz.`);
  return runWorker(new URL('./mp3-encode-worker.ts', import.meta.url), clip, {
    name: 'MP3 encoder',
    timeoutMs: TIMEOUT_MS,
    signal: options.signal,
  });
}
