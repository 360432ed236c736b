/**
 * Measures what one frame of the AI human costs, in processor time of one thread: `node bench/avatar.ts`.
 * Every frame has another pose, as in speech; the first hundred frames are not counted.
 */
import { fileURLToPath } from 'node:url';
import { createStage, loadAvatarPack, type Pose, REST_POSE } from '../packages/server/src/avatar/index.ts';

const PACK_DIRECTORY = fileURLToPath(
  new URL('../packages/server/avatars/yuri-front_natural', import.meta.url),
);
const SIZES = [
  [640, 720],
  [720, 1280],
  [1280, 720],
  [1080, 1920],
  [1920, 1080],
] as const;
const WARM_UP_FRAMES = 100;
const FRAMES = 400;

const pack = await loadAvatarPack(PACK_DIRECTORY);
const poses = Array.from({ length: WARM_UP_FRAMES }, (_, index) => talkingPose(index));
const table = [];
for (const [widthPx, heightPx] of SIZES) {
  const preparing = process.cpuUsage();
  const stage = await createStage(pack, { widthPx, heightPx, placement: { left: 0, top: 0, height: 1 } });
  const prepareMs = cpuMs(preparing);
  const frame = new Uint8Array(stage.frameBytes);
  for (const pose of poses) stage.render(pose, frame);
  const drawing = process.cpuUsage();
  for (let index = 0; index < FRAMES; index++) stage.render(poses[index % poses.length] ?? REST_POSE, frame);
  table.push({
    frame: `${widthPx}x${heightPx}`,
    'ms CPU a frame': (cpuMs(drawing) / FRAMES).toFixed(2),
    'ms CPU to prepare': prepareMs.toFixed(0),
    'MB a stage': (stage.memoryBytes / 1e6).toFixed(1),
  });
}
console.table(table);

function talkingPose(index: number): Pose {
  return {
    ...REST_POSE,
    yawDeg: 1.4 * Math.sin(index / 9),
    pitchDeg: 0.8 * Math.cos(index / 11),
    rollDeg: 0.6 * Math.sin(index / 13),
    breath: 0.5 + 0.5 * Math.sin(index / 12),
    browRaise: 0.3 + 0.3 * Math.sin(index / 7),
    jaw: 0.4 + 0.4 * Math.sin(index / 2),
    lip: Math.sin(index / 3),
    gazeXDeg: 2 * Math.sin(index / 5),
    lidClosure: index % 40 < 5 ? 0.5 : 0,
    shapes: [{ shape: 'TD', weight: 0.5 }],
  };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const used = process.cpuUsage(since);
  return (used.user + used.system) / 1000;
}
