/** Pictures a second while speaking, late ones, and how good the first ones are. */
import type { Bench, Measurement } from './bench.ts';
import { rowOf } from './table.ts';
import { wait } from './visitor.ts';

const SIZE = { widthPx: 720, heightPx: 1280 };
const LATE_GAP_MS = 60;

export const measurePictures: Measurement = async (bench) => {
  const seconds = bench.quick ? 15 : 60;
  const platform = await bench.startPlatform({ vendor: 'bursts' });
  const visitor = await bench.openVisitor(platform);
  await visitor.connect('a', SIZE);
  await visitor.watch('a');
  await wait(4000);
  await visitor.say('a', `Tone for ${seconds + 10} seconds`);
  await wait(1500);
  await visitor.collect('a');
  const before = { media: await platform.mediaCounters(), page: await visitor.stats('a') };
  await wait(seconds * 1000);
  const { pictures } = await visitor.collect('a');
  const after = { media: await platform.mediaCounters(), page: await visitor.stats('a') };
  await visitor.close();

  const first = pictures[0];
  const last = pictures.at(-1);
  if (first === undefined || last === undefined) throw new Error('No picture was seen.');
  const perSecond = ((last.presented - first.presented) * 1000) / (last.displayMs - first.displayMs);
  const gaps = pictures.slice(1).map(({ displayMs }, index) => displayMs - (pictures[index]?.displayMs ?? 0));
  const made = after.media.frames - before.media.frames;
  const late = after.media.lateFrames - before.media.lateFrames;
  const video = (key: 'freezeCount' | 'framesDropped' | 'framesReceived') =>
    after.page.video[key] - before.page.video[key];
  const audio = (key: 'concealedSamples' | 'totalSamplesReceived') =>
    after.page.audio[key] - before.page.audio[key];
  const atMostOnePercent = {
    text: '≤ 1',
    holds: ({ median }: { readonly median: number }) => median <= 1,
  };
  return [
    rowOf('pictures a second, speaking, 720x1280', '1/s', [perSecond], {
      text: '25 (≥ 24.7)',
      holds: ({ median }) => median >= 24.7,
    }),
    rowOf('· late at the sender (> 20 ms)', '%', [(100 * late) / made], atMostOnePercent),
    rowOf(
      `· gaps above ${LATE_GAP_MS} ms on the screen`,
      '%',
      [(100 * gaps.filter((gap) => gap > LATE_GAP_MS).length) / gaps.length],
      atMostOnePercent,
    ),
    rowOf('· gap between pictures', 'ms', gaps),
    rowOf('· dropped by the browser', '%', [(100 * video('framesDropped')) / video('framesReceived')]),
    rowOf('· freezes', '', [video('freezeCount')]),
    rowOf('· sound concealed', '%', [(100 * audio('concealedSamples')) / audio('totalSamplesReceived')]),
    ...(await measureFirstSeconds(bench)),
  ];
};

interface Sharpness {
  readonly quantiser: number;
  readonly kbps: number;
}

/** Sharpness after connecting: the quantiser (VP8: 0 best – 127), the bit rate, and whether pictures come scaled down. */
async function measureFirstSeconds(bench: Bench) {
  const platform = await bench.startPlatform({ vendor: 'bursts' });
  const runs: {
    readonly first: Sharpness | undefined;
    readonly settled: Sharpness | undefined;
    readonly narrowestPx: number;
    readonly keyPictures: number;
  }[] = [];
  for (let run = 0; run < (bench.quick ? 2 : 4); run += 1) {
    const visitor = await bench.openVisitor(platform);
    await visitor.connect('a', SIZE);
    await visitor.say('a', 'Tone for 30 seconds');
    const samples = [await visitor.stats('a')];
    const startMs = performance.now();
    while (performance.now() - startMs < 12_000) {
      await wait(500);
      samples.push(await visitor.stats('a'));
    }
    await visitor.stop('a');
    await visitor.close();
    const part = (from: number, to: number): Sharpness | undefined => {
      const a = samples.at(from)?.video;
      const b = samples.at(to)?.video;
      if (a === undefined || b === undefined) return undefined;
      return {
        quantiser: (b.qpSum - a.qpSum) / (b.framesDecoded - a.framesDecoded),
        kbps: ((b.bytesReceived - a.bytesReceived) * 8) / ((to - from) * 500),
      };
    };
    runs.push({
      first: part(0, 4),
      settled: part(16, 22),
      narrowestPx: Math.min(...samples.map(({ video }) => video.frameWidth ?? SIZE.widthPx)),
      keyPictures: samples.at(-1)?.video.keyFramesDecoded ?? 0,
    });
  }
  return [
    rowOf(
      'quantiser of the first 2 s, speaking',
      '0 – 127',
      runs.map(({ first }) => first?.quantiser),
    ),
    rowOf(
      '· after 8 s',
      '0 – 127',
      runs.map(({ settled }) => settled?.quantiser),
    ),
    rowOf(
      '· bit rate of the first 2 s',
      'kbit/s',
      runs.map(({ first }) => first?.kbps),
    ),
    rowOf(
      '· bit rate after 8 s',
      'kbit/s',
      runs.map(({ settled }) => settled?.kbps),
    ),
    rowOf(
      '· narrowest picture received',
      'px',
      runs.map(({ narrowestPx }) => narrowestPx),
      {
        text: `${SIZE.widthPx}: never scaled down`,
        holds: ({ median }) =>
          median === SIZE.widthPx && runs.every((run) => run.narrowestPx === SIZE.widthPx),
      },
    ),
    rowOf(
      '· key pictures in 12 s',
      '',
      runs.map(({ keyPictures }) => keyPictures),
    ),
  ];
}
