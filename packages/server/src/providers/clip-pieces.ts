/** Cuts long recordings where nobody speaks, for recognisers that are made for short ones. */
import type { PcmClip } from '@visavox/audio';

/** A cut falls into the second half of a piece, in the middle of the quietest stretch of this length. */
const PAUSE_SECONDS = 0.2;
const BLOCK_SECONDS = 0.02;

/** Pieces of at most `maxSeconds`, in order; together they are the whole clip. They share its memory. */
export function cutAtPauses(clip: PcmClip, maxSeconds: number): readonly PcmClip[] {
  const { samples, sampleRateHz } = clip;
  const longest = Math.floor(maxSeconds * sampleRateHz);
  const pieces: PcmClip[] = [];
  let start = 0;
  while (samples.length - start > longest) {
    const end = findPause(samples, start + Math.floor(longest / 2), start + longest, sampleRateHz);
    pieces.push({ samples: samples.subarray(start, end), sampleRateHz });
    start = end;
  }
  pieces.push({ samples: samples.subarray(start), sampleRateHz });
  return pieces;
}

function findPause(samples: Int16Array, from: number, until: number, sampleRateHz: number): number {
  const block = Math.max(1, Math.round(BLOCK_SECONDS * sampleRateHz));
  const wanted = Math.round(PAUSE_SECONDS / BLOCK_SECONDS);
  const energies: number[] = [];
  for (let at = from; at + block <= until; at += block) {
    let energy = 0;
    for (let i = at; i < at + block; i++) energy += (samples[i] ?? 0) ** 2;
    energies.push(energy);
  }
  let sum = 0;
  let best = Number.POSITIVE_INFINITY;
  let cut = until;
  energies.forEach((energy, index) => {
    sum += energy - (energies[index - wanted] ?? 0);
    // Of equals the last one: fewer pieces.
    if (index >= wanted - 1 && sum <= best) {
      best = sum;
      cut = from + (index + 1) * block - Math.floor((wanted * block) / 2);
    }
  });
  return cut;
}
