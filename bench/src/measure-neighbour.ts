/** What a speaking session notices when others connect, or change their size, in the same media process. */
import type { Measurement } from './bench.ts';
import { rowOf } from './table.ts';
import { wait } from './visitor.ts';

export const measureNeighbour: Measurement = async (bench) => {
  const rounds = bench.quick ? 3 : 8;
  const platform = await bench.startPlatform({ vendor: 'bursts' });
  const speaker = await bench.openVisitor(platform);
  await speaker.connect('a', { widthPx: 360, heightPx: 640 });
  await speaker.watch('a');
  const neighbour = await bench.openVisitor(platform);
  await wait(3000);
  await speaker.say('a', 'Tone for 200 seconds');
  await wait(2000);

  const observe = async (disturb: (round: number) => Promise<void>) => {
    const longestGaps: number[] = [];
    const late: number[] = [];
    const concealedMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await speaker.collect('a');
      const before = { media: await platform.mediaCounters(), page: await speaker.stats('a') };
      await disturb(round);
      await wait(2500);
      const { pictures } = await speaker.collect('a');
      const after = { media: await platform.mediaCounters(), page: await speaker.stats('a') };
      const gaps = pictures
        .slice(1)
        .map(({ displayMs }, index) => displayMs - (pictures[index]?.displayMs ?? 0));
      longestGaps.push(Math.max(...gaps));
      late.push(after.media.lateFrames - before.media.lateFrames);
      concealedMs.push((after.page.audio.concealedSamples - before.page.audio.concealedSamples) / 48);
    }
    return { longestGaps, late, concealedMs };
  };

  const alone = await observe(async () => {});
  await neighbour.connect('b', { widthPx: 500, heightPx: 888 });
  await wait(2000);
  const besides = await observe(async () => {});
  // A size of its own each time, up to the largest: that picture must be prepared first.
  const resizing = await observe((round) =>
    neighbour.resize('b', { widthPx: 720 - 4 * round, heightPx: 1280 }),
  );
  await speaker.close();
  await neighbour.close();
  const none = { text: 'p95 ≤ 60', holds: ({ p95 }: { readonly p95: number }) => p95 <= 60 };
  return [
    rowOf('speaker alone: longest gap in 2.5 s', 'ms', alone.longestGaps),
    rowOf('· late pictures', '', alone.late),
    rowOf('· sound concealed', 'ms', alone.concealedMs),
    rowOf('speaker, idle neighbour: longest gap', 'ms', besides.longestGaps),
    rowOf('· late pictures', '', besides.late),
    rowOf('· sound concealed', 'ms', besides.concealedMs),
    rowOf('speaker, neighbour changes size: longest gap', 'ms', resizing.longestGaps, none),
    rowOf('· late pictures', '', resizing.late),
    rowOf('· sound concealed', 'ms', resizing.concealedMs),
  ];
};
