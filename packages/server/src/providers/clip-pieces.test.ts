import { concatSamples, type PcmClip } from '@visavox/audio';
import { describe, expect, it } from 'vitest';
import { cutAtPauses } from './clip-pieces.ts';

const RATE_HZ = 16_000;

/** Noise, with silence from one second to another where told. */
function speech(seconds: number, pauses: readonly (readonly [from: number, until: number])[] = []): PcmClip {
  const samples = Int16Array.from({ length: seconds * RATE_HZ }, (_, at) => {
    const isPause = pauses.some(([from, until]) => at >= from * RATE_HZ && at < until * RATE_HZ);
    return isPause ? 0 : ((at * 7919) % 8000) - 4000;
  });
  return { samples, sampleRateHz: RATE_HZ };
}

const secondsOf = (pieces: readonly PcmClip[]) => pieces.map(({ samples }) => samples.length / RATE_HZ);

describe('long clips', () => {
  it('are cut in the middle of their pauses, and nothing is lost', () => {
    const clip = speech(60, [
      [20, 20.4],
      [25, 25.4],
      [44, 44.4],
    ]);
    const pieces = cutAtPauses(clip, 28);
    const [first = 0, second = 0, third = 0] = secondsOf(pieces);
    expect(pieces).toHaveLength(3);
    expect(first).toBeCloseTo(25.2, 0);
    expect(first + second).toBeCloseTo(44.2, 0);
    expect(first + second + third).toBe(60);
    expect(concatSamples(pieces.map(({ samples }) => samples))).toEqual(clip.samples);
  });

  it('are never longer than allowed, also when nobody stops speaking', () => {
    const pieces = cutAtPauses(speech(100), 28);
    expect(Math.max(...secondsOf(pieces))).toBeLessThanOrEqual(28);
    expect(secondsOf(pieces).reduce((sum, seconds) => sum + seconds)).toBe(100);
  });

  it.each([0, 1, 28])('of %i s stay whole', (seconds) => {
    expect(cutAtPauses(speech(seconds), 28)).toHaveLength(1);
  });
});
