/** What a session costs the media process: processor time idle and speaking, split into drawing and the rest; memory. */
import { fileURLToPath } from 'node:url';
// Drawing alone can be measured only beside the platform, so this is the one look behind its entry point.
import { createStage, loadAvatarPack, REST_POSE } from '../../packages/server/src/avatar/index.ts';
import type { Measurement } from './bench.ts';
import { hasProc, readCpuSeconds, readResidentBytes } from './processes.ts';
import { mean, slope } from './statistics.ts';
import { type Row, rowOf } from './table.ts';
import { type SizePx, wait } from './visitor.ts';

const SIZES: readonly SizePx[] = [
  { widthPx: 360, heightPx: 640 },
  { widthPx: 720, heightPx: 1280 },
];
const PICTURES_PER_SECOND = 25;
const PACK = fileURLToPath(new URL('../../packages/server/avatars/yuri-front_natural', import.meta.url));

export const measureLoad: Measurement = async (bench) => {
  if (!hasProc) return [];
  const windowMs = bench.quick ? 5000 : 10_000;
  const windows = bench.quick ? 2 : 4;
  const rows: Row[] = [];
  for (const size of SIZES) {
    const platform = await bench.startPlatform({ vendor: 'bursts' });
    const measureCores = async () => {
      const values: number[] = [];
      for (let index = 0; index < windows; index += 1) {
        const startMs = performance.now();
        const before = readCpuSeconds(platform.mediaProcessId);
        await wait(windowMs);
        const seconds = (performance.now() - startMs) / 1000;
        values.push((readCpuSeconds(platform.mediaProcessId) - before) / seconds);
      }
      return values;
    };
    const visitor = await bench.openVisitor(platform);
    await visitor.connect('a', size);
    await wait(6000);
    const idle = await measureCores();
    await visitor.say('a', `Tone for ${Math.ceil((windows * windowMs) / 1000) + 10} seconds`);
    await wait(2000);
    const speaking = await measureCores();
    await visitor.close();
    const drawMs = await measureDrawing(size);
    const label = `${size.widthPx}x${size.heightPx}`;
    rows.push(
      rowOf(`processor, idle session, ${label}`, 'cores', idle),
      rowOf(`processor, speaking session, ${label}`, 'cores', speaking),
      rowOf('· of it drawing (alone, in a loop)', 'cores', [(mean(drawMs) * PICTURES_PER_SECOND) / 1000]),
      rowOf('· a picture drawn', 'ms', drawMs),
      rowOf('· a picture encoded and sent', 'ms', [
        (mean(speaking) * 1000) / PICTURES_PER_SECOND - mean(drawMs),
      ]),
    );
  }
  return [...rows, ...(await measureMemory(bench))];
};

/** Processor milliseconds for each picture, in rounds. */
async function measureDrawing(size: SizePx): Promise<readonly number[]> {
  const pack = await loadAvatarPack(PACK);
  const stage = await createStage(pack, { ...size, placement: { left: 0, top: 0, height: 1 } });
  const target = new Uint8Array(stage.frameBytes);
  return Array.from({ length: 10 }, () => {
    const before = process.cpuUsage();
    for (let index = 0; index < 50; index += 1) {
      const turn = Math.sin(index / 8);
      stage.render(
        { ...REST_POSE, jaw: 0.5 + turn / 2, yawDeg: turn, pitchDeg: turn / 2, lip: turn / 2 },
        target,
      );
    }
    const used = process.cpuUsage(before);
    return (used.user + used.system) / 1000 / 50;
  });
}

const measureMemory: Measurement = async (bench) => {
  const platform = await bench.startPlatform({ vendor: 'bursts' });
  const visitor = await bench.openVisitor(platform);
  const points: (readonly [number, number])[] = [];
  const start = readResidentBytes(platform.mediaProcessId);
  for (let sessions = 1; sessions <= 4; sessions += 1) {
    await visitor.connect(`s${sessions}`, { widthPx: 360, heightPx: 640 });
    await wait(4000);
    points.push([sessions, readResidentBytes(platform.mediaProcessId) / 1e6]);
  }
  await visitor.close();
  return [
    rowOf('memory of a media process without sessions', 'MB', [start / 1e6]),
    rowOf('· each session, 360x640 (1 to 4)', 'MB', [slope(points)]),
  ];
};
