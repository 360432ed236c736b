import { expect, test } from 'vitest';
import { decodeMp3, isMp3 } from './mp3.ts';
import { encodeMp3 } from './mp3-encode.ts';

const never = () => new AbortController().signal;
const tone = (seconds: number, sampleRateHz: number) => ({
  sampleRateHz,
  samples: Int16Array.from({ length: seconds * sampleRateHz }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * index) / sampleRateHz)),
  ),
});

test.each([16_000, 22_050, 44_100])('what was encoded at %i Hz decodes to the same sound', async (rate) => {
  const bytes = await encodeMp3(tone(2, rate), { signal: never() });
  expect(isMp3(bytes)).toBe(true);
  expect(bytes.length).toBeLessThan(40_000);
  const clip = await decodeMp3(bytes, { maxSeconds: 10, signal: never() });
  expect(clip.sampleRateHz).toBe(rate);
  expect(clip.samples.length / rate).toBeGreaterThan(1.98);
  expect(clip.samples.length / rate).toBeLessThan(2.2);
  const middle = clip.samples.subarray(rate, rate + 2000);
  const peak = middle.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(peak).toBeGreaterThan(6500);
  expect(peak).toBeLessThan(9500);
});

test('nothing is a valid, empty file, and an abort ends the work', async () => {
  expect((await encodeMp3(tone(0, 16_000), { signal: never() })).length).toBeLessThan(2000);
  await expect(
    encodeMp3(tone(1, 16_000), { signal: AbortSignal.abort(new Error('given up')) }),
  ).rejects.toThrow('given up');
  await expect(encodeMp3(tone(0, 7000), { signal: never() })).rejects.toThrow(RangeError);
});
