/**
 * Sound against lips in received media. One long utterance of a tone in bursts, the mouth open exactly during each.
 * The sound's time is the first sample of a burst when the player takes it from its jitter buffer, plus the playout delay
 * that the player reports. The lips' time is the display time at which the light inside the mouth passes half of its
 * way from closed to open, interpolated between the two pictures around it, so that 40 ms pictures do not round it.
 */
import type { Bench, Measurement } from './bench.ts';
import type { Platform } from './platform.ts';
import { mean, quantile, slope } from './statistics.ts';
import { rowOf } from './table.ts';
import { MOUTH, type Picture, wait } from './visitor.ts';

const LIMIT_MS = 45;
const MIN_SWING = 12;
/** Slower than this, sound and lips stay within the limit for hours. */
const MAX_DRIFT_MS_PER_MINUTE = 0.5;

export const measureLips: Measurement = async (bench) => {
  const platform = await bench.startPlatform({ vendor: 'bursts' });
  // The browser aligns each connection anew, so several count more than one long one.
  const short: Listened[] = [];
  for (let run = 0; run < (bench.quick ? 3 : 4); run += 1) short.push(await listen(bench, platform, 30));
  const long = await listen(bench, platform, bench.quick ? 60 : 600);
  const all = [...short, long];
  const offsets = all.flatMap(({ pairs }) => pairs.map(({ offsetMs }) => offsetMs));
  const drift = slope(long.pairs.map(({ soundMs, offsetMs }) => [soundMs / 60_000, offsetMs]));
  return [
    rowOf('lips against sound: distance', 'ms', offsets.map(Math.abs), {
      text: `p95 ≤ ${LIMIT_MS}`,
      holds: ({ p95 }) => p95 <= LIMIT_MS,
    }),
    rowOf('· signed, lips late is positive', 'ms', offsets),
    rowOf('· signed, 5th percentile', 'ms', [quantile(offsets, 0.05)]),
    rowOf(
      '· mean of each connection',
      'ms',
      all.map(({ pairs }) => mean(pairs.map(({ offsetMs }) => offsetMs))),
    ),
    // A minute is too short to tell a drift from the scatter of single onsets.
    rowOf(
      `· drift over ${long.seconds / 60} min`,
      'ms/min',
      [drift],
      bench.quick
        ? undefined
        : {
            text: `|drift| ≤ ${MAX_DRIFT_MS_PER_MINUTE}`,
            holds: ({ median }) => Math.abs(median) <= MAX_DRIFT_MS_PER_MINUTE,
          },
    ),
    rowOf(
      '· bursts heard with lips seen',
      '%',
      all.map(({ matchedPart }) => 100 * matchedPart),
    ),
    rowOf(
      '· sound concealed',
      '%',
      all.map(({ concealedPart }) => 100 * concealedPart),
    ),
    rowOf(
      '· freezes',
      '',
      all.map(({ freezes }) => freezes),
    ),
  ];
};

interface Listened {
  readonly seconds: number;
  readonly pairs: readonly { readonly soundMs: number; readonly offsetMs: number }[];
  readonly matchedPart: number;
  readonly concealedPart: number;
  readonly freezes: number;
}

async function listen(bench: Bench, platform: Platform, seconds: number): Promise<Listened> {
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
  await visitor.stop('a');
  await visitor.close();
  const pairs = onsets.flatMap((soundMs) => {
    const lipsMs = findOpening(pictures, soundMs);
    return lipsMs === undefined ? [] : [{ soundMs, offsetMs: lipsMs - soundMs }];
  });
  return {
    seconds,
    pairs,
    matchedPart: pairs.length / onsets.length,
    concealedPart: audio.concealedSamples / audio.totalSamplesReceived,
    freezes: video.freezeCount,
  };
}

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
