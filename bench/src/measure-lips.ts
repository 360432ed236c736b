/**
 * Sound against lips in received media. One long utterance of a tone in bursts, the mouth open exactly during each.
 * The sound's time is the first sample of a burst on the audio clock of the page, given as the time it is heard
 * (`getOutputTimestamp`). The lips' time is the display time at which the light inside the mouth passes half of its way from
 * closed to open, interpolated between the two pictures around it, so that 40 ms pictures do not round it.
 */
import type { Measurement } from './bench.ts';
import { mean, quantile, slope } from './statistics.ts';
import { type Row, rowOf } from './table.ts';
import { MOUTH, type Picture, wait } from './visitor.ts';

const LIMIT_MS = 45;
const MIN_SWING = 12;
/** Slower than this, sound and lips stay within the limit for hours. */
const MAX_DRIFT_MS_PER_MINUTE = 0.5;

export const measureLips: Measurement = async (bench) => {
  const seconds = bench.quick ? 60 : 600;
  const platform = await bench.startPlatform({ vendor: 'bursts' });
  const visitor = await bench.openVisitor(platform);
  await visitor.connect('a', { widthPx: 360, heightPx: 640 });
  await visitor.watch('a', MOUTH);
  // After connecting, the player's buffers still settle.
  await wait(5000);
  await visitor.collect('a');
  await visitor.say('a', `Bursts for ${seconds} seconds`);
  const pictures: Picture[] = [];
  const onsets: number[] = [];
  for (let elapsed = 0; elapsed < seconds + 2; elapsed += 10) {
    await wait(10_000);
    const seen = await visitor.collect('a');
    pictures.push(...seen.pictures);
    onsets.push(...seen.onsets.map(({ atMs }) => atMs));
  }
  const { video, audio } = await visitor.stats('a');
  await visitor.close();

  const pairs = onsets.flatMap((soundMs) => {
    const lipsMs = findOpening(pictures, soundMs);
    return lipsMs === undefined ? [] : [{ soundMs, offsetMs: lipsMs - soundMs }];
  });
  const offsets = pairs.map(({ offsetMs }) => offsetMs);
  const perMinute = slope(pairs.map(({ soundMs, offsetMs }) => [soundMs / 60_000, offsetMs]));
  const magnitudes = offsets.map(Math.abs);
  const rows: Row[] = [
    rowOf('lips against sound: distance', 'ms', magnitudes, {
      text: `p95 ≤ ${LIMIT_MS}`,
      holds: ({ p95 }) => p95 <= LIMIT_MS,
    }),
    rowOf('· signed, lips late is positive', 'ms', offsets),
    rowOf('· signed, 5th percentile', 'ms', [quantile(offsets, 0.05)]),
    rowOf('· signed, mean', 'ms', [mean(offsets)]),
    rowOf(`· drift over ${seconds / 60} min`, 'ms/min', [perMinute], {
      text: `|drift| ≤ ${MAX_DRIFT_MS_PER_MINUTE}`,
      holds: ({ median }) => Math.abs(median) <= MAX_DRIFT_MS_PER_MINUTE,
    }),
    rowOf('· bursts heard with lips seen', '%', [(100 * pairs.length) / onsets.length]),
    rowOf('· sound concealed', '%', [(100 * audio.concealedSamples) / audio.totalSamplesReceived]),
    rowOf('· freezes', '', [video.freezeCount]),
  ];
  return rows;
};

/** When the mouth opens next to a sound; undefined when no opening is seen there. */
function findOpening(pictures: readonly Picture[], soundMs: number): number | undefined {
  const inside = (fromMs: number, toMs: number) =>
    pictures.filter(({ displayMs }) => displayMs >= soundMs + fromMs && displayMs < soundMs + toMs);
  const closed = inside(-300, -150).map(({ light }) => light);
  const open = inside(200, 400).map(({ light }) => light);
  const closedLight = quantile(closed, 0.5);
  const openLight = quantile(open, 0.5);
  if (!(closedLight - openLight > MIN_SWING)) return undefined;
  const half = (closedLight + openLight) / 2;
  const around = inside(-200, 300);
  for (const [index, picture] of around.entries()) {
    const before = around[index - 1];
    if (before === undefined || before.light < half || picture.light >= half) continue;
    const part = (before.light - half) / (before.light - picture.light);
    return before.displayMs + part * (picture.displayMs - before.displayMs);
  }
  return undefined;
}
