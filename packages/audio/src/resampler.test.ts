import { describe, expect, it } from 'vitest';
import { concatSamples, createResampler, resampleClip } from './resampler.ts';

const RATES_HZ = [8000, 16_000, 22_050, 24_000, 44_100, 48_000];
const pairs = RATES_HZ.flatMap((fromHz) =>
  RATES_HZ.filter((toHz) => toHz !== fromHz).map((toHz) => ({ fromHz, toHz })),
);

function sine(frequencyHz: number, rateHz: number, seconds: number, amplitude = 12_000): Int16Array {
  return Int16Array.from({ length: Math.round(rateHz * seconds) }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / rateHz)),
  );
}

function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

describe('resampler', () => {
  it.each(pairs)('keeps length, phase and level of a tone from $fromHz to $toHz Hz', ({ fromHz, toHz }) => {
    const input = sine(1000, fromHz, 0.5);
    const { samples } = resampleClip({ samples: input, sampleRateHz: fromHz }, toHz);
    expect(samples).toHaveLength(Math.round((input.length * toHz) / fromHz));
    const expected = sine(1000, toHz, 0.5);
    const margin = Math.round(toHz * 0.02);
    let worst = 0;
    for (let i = margin; i < samples.length - margin; i++) {
      worst = Math.max(worst, Math.abs((samples[i] ?? 0) - (expected[i] ?? 0)));
    }
    expect(worst).toBeLessThan(40);
  });

  it.each(pairs)('gives the same in pieces as in one from $fromHz to $toHz Hz', ({ fromHz, toHz }) => {
    const input = sine(440, fromHz, 0.3);
    const whole = resampleClip({ samples: input, sampleRateHz: fromHz }, toHz).samples;
    const resampler = createResampler({ fromHz, toHz });
    const pieces: Int16Array[] = [];
    for (let at = 0, size = 1; at < input.length; at += size, size = ((size * 7) % 331) + 1) {
      pieces.push(resampler.process(input.subarray(at, Math.min(input.length, at + size))));
    }
    pieces.push(resampler.flush());
    expect(concatSamples(pieces)).toEqual(whole);
  });

  it('removes what the lower rate cannot hold', () => {
    const { samples } = resampleClip({ samples: sine(6000, 48_000, 0.5), sampleRateHz: 48_000 }, 8000);
    expect(rms(samples.subarray(200, -200))).toBeLessThan(12);
  });

  it('adds nothing above the old band', () => {
    const up = resampleClip({ samples: sine(3000, 8000, 0.5), sampleRateHz: 8000 }, 48_000).samples;
    const difference = up.map(
      (value, i) => value - Math.round(12_000 * Math.sin((2 * Math.PI * 3000 * i) / 48_000)),
    );
    expect(rms(difference.subarray(1000, -1000))).toBeLessThan(20);
  });

  it('works for rates without a small common multiple', () => {
    const { samples } = resampleClip({ samples: sine(1000, 44_101, 0.5), sampleRateHz: 44_101 }, 16_000);
    expect(samples).toHaveLength(8000);
    expect(rms(samples.subarray(400, -400))).toBeCloseTo(12_000 / Math.SQRT2, -2);
  });

  it('is ready for another stream after the end of one', () => {
    const resampler = createResampler({ fromHz: 16_000, toHz: 24_000 });
    const input = sine(500, 16_000, 0.1);
    const run = () => concatSamples([resampler.process(input), resampler.flush()]);
    expect(run()).toEqual(run());
  });

  it('copies when both rates are the same', () => {
    const resampler = createResampler({ fromHz: 16_000, toHz: 16_000 });
    const input = Int16Array.of(1, 2, 3);
    const output = resampler.process(input);
    expect(output).toEqual(input);
    expect(output.buffer).not.toBe(input.buffer);
  });

  it.each([0, -1, 8000.5, Number.NaN])('refuses a rate of %d', (fromHz) => {
    expect(() => createResampler({ fromHz, toHz: 8000 })).toThrow(RangeError);
  });
});
