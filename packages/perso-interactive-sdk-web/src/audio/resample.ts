/** Changing the sample rate of sound, with a windowed-sinc filter. */

import type { Pcm } from './wav.ts';

/** Zero crossings of the filter on either side. */
const HALF_WIDTH = 16;

/**
 * Converts sound to another sample rate. What the new rate cannot carry is filtered out.
 *
 * @throws {Error} for empty sound.
 */
export function resample({ samples, sampleRateHz }: Pcm, targetRateHz: number): Pcm {
  if (samples.length === 0) throw new Error('Audio resample error: Cannot resample empty audio data');
  if (sampleRateHz === targetRateHz) return { samples, sampleRateHz };

  const cutoff = Math.min(1, targetRateHz / sampleRateHz);
  const reach = Math.ceil(HALF_WIDTH / cutoff);
  const output = new Float32Array(Math.max(1, Math.round((samples.length * targetRateHz) / sampleRateHz)));
  // Few places between two samples are ever asked for, and each many times.
  const kernels: Float32Array[] = [];
  for (let index = 0; index < output.length; index++) {
    const position = index * sampleRateHz;
    const place = position % targetRateHz;
    kernels[place] ??= kernel(place / targetRateHz, cutoff, reach);
    const weights = kernels[place];
    const base = (position - place) / targetRateHz - reach + 1;
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap++) sum += (weights[tap] ?? 0) * (samples[base + tap] ?? 0);
    output[index] = sum;
  }
  return { samples: output, sampleRateHz: targetRateHz };
}

/** Weights of the samples around a point `fraction` of a sample behind the middle; they add up to 1. */
function kernel(fraction: number, cutoff: number, reach: number): Float32Array {
  const weights = Float32Array.from({ length: reach * 2 }, (_, tap) => {
    const distance = tap - reach + 1 - fraction;
    const x = Math.PI * distance * cutoff;
    const sinc = x === 0 ? 1 : Math.sin(x) / x;
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach));
  });
  const sum = weights.reduce((total, weight) => total + weight);
  return weights.map((weight) => weight / sum);
}
