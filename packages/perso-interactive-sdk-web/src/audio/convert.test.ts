import { describe, expect, it } from 'vitest';
import * as compact from './convert.compact.ts';
import * as full from './convert.ts';

describe.each([
  ['module build', full],
  ['script build', compact],
])('changing the sample rate in the %s', (_, { changeSampleRate }) => {
  it('leaves sound of that rate as it is', async () => {
    const samples = Float32Array.of(0, 0.5, -0.5);
    const pcm = await changeSampleRate({ samples, sampleRateHz: 16_000 }, 16_000);
    expect(pcm).toEqual({ samples, sampleRateHz: 16_000 });
    expect(pcm.samples).toBe(samples);
  });

  // keeps: sdk-9.9-wav
  it('refuses sound without length', async () => {
    const nothing = { samples: new Float32Array(0), sampleRateHz: 48_000 };
    await expect(changeSampleRate(nothing, 16_000)).rejects.toThrow(
      'Audio resample error: Cannot resample empty audio data',
    );
  });
});
