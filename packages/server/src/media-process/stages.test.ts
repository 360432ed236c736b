import { describe, expect, test } from 'vitest';
import { IDLE_LOOP_FRAMES, type Stage } from '../avatar/index.ts';
import type { Scene } from '../media/protocol.ts';
import type { SizePx } from './session.ts';
import { createStages, fitSize } from './stages.ts';

const MAX_PIXELS = 720 * 1280;

/** Numbers in 0 – 1 that are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('fitSize', () => {
  test.each([
    [720, 1280, 720, 1280],
    [1280, 720, 1280, 720],
    [1080, 1920, 720, 1280],
    [3840, 2160, 1280, 720],
    [101, 333, 100, 332],
    [1, 1, 64, 64],
    [0, 0, 64, 64],
    [-5, -1e308, 64, 64],
    [16_384, 9216, 1280, 720],
    [1e308, 1e308, 960, 960],
  ])('%d × %d becomes %d × %d', (widthPx, heightPx, width, height) => {
    expect(fitSize({ widthPx, heightPx }, MAX_PIXELS)).toEqual({ widthPx: width, heightPx: height });
  });

  // keeps: perso-6.2-change-size
  test('whatever is wished: even, within every limit, and of the same aspect where the limits allow', () => {
    const random = createRandom(7);
    const hostile = [0, -0, -1, 0.1, 1, 2, 63, 64, 65, 8191, 8193, 1e6, 1e154, 1e308, -1e308, 5e-324];
    const side = () => {
      const kind = random();
      if (kind < 0.3) return hostile[Math.floor(random() * hostile.length)] ?? 0;
      return kind < 0.8 ? 64 + random() * 4000 : 10 ** (random() * 12);
    };
    for (let round = 0; round < 2000; round += 1) {
      const wish = { widthPx: side(), heightPx: side() };
      const maxPixels = Math.round(64 * 64 + random() * 2_000_000);
      const { widthPx, heightPx } = fitSize(wish, maxPixels);
      const told = JSON.stringify({ wish, maxPixels, widthPx, heightPx });
      expect(widthPx % 2 === 0 && heightPx % 2 === 0, told).toBe(true);
      expect(Math.min(widthPx, heightPx), told).toBeGreaterThanOrEqual(64);
      expect(Math.max(widthPx, heightPx), told).toBeLessThanOrEqual(8192);
      expect(widthPx * heightPx, told).toBeLessThanOrEqual(maxPixels);
      if (Math.min(widthPx, heightPx) > 64) {
        const aspect = wish.widthPx / wish.heightPx;
        // Rounding down to even numbers costs up to two pixels a side.
        expect(Math.abs(widthPx / heightPx / aspect - 1), told).toBeLessThan(4 / Math.min(widthPx, heightPx));
      }
    }
  });
});

function create() {
  const made: { scene: Scene; size: SizePx; settle: PromiseWithResolvers<Stage> }[] = [];
  const stages = createStages({
    maxPixels: MAX_PIXELS,
    makeStage(scene, size) {
      const settle = Promise.withResolvers<Stage>();
      made.push({ scene, size, settle });
      return settle.promise;
    },
  });
  const finish = (index: number) => {
    const entry = made[index];
    if (entry === undefined) throw new Error(`Stage ${index} was not asked for.`);
    const frameBytes = (entry.size.widthPx * entry.size.heightPx * 3) / 2;
    entry.settle.resolve({
      ...entry.size,
      key: `stage-${index}`,
      frameBytes,
      memoryBytes: 0,
      render: (_, target) => void target.fill(index + 1),
    });
  };
  /** A lease of a stage that is made at once. */
  const lease = async (scene: Scene, size: SizePx) => {
    const before = made.length;
    const leasing = stages.lease(scene, size);
    if (made.length > before) finish(before);
    return leasing;
  };
  return { stages, made, finish, lease };
}

const scene = (overrides: Partial<Scene> = {}): Scene => ({
  modelStyle: 'style',
  placement: { left: 0, top: 0, height: 1 },
  ...overrides,
});
const size = (widthPx = 100): SizePx => ({ widthPx, heightPx: 100 });

test('equal scenes share one stage and one idle loop, even while it is made', async () => {
  const { stages, made, finish } = create();
  const leasing = [stages.lease(scene(), size(100)), stages.lease(scene(), size(101))];
  expect(made).toHaveLength(1);
  finish(0);
  const [first, second] = await Promise.all(leasing);
  expect(first?.stage).toBe(second?.stage);
  expect(first?.idleLoop).toBe(second?.idleLoop);
  expect(first?.idleLoop.frameCount).toBe(IDLE_LOOP_FRAMES);
  expect(first?.idleLoop.frame(3)).toMatchObject({ widthPx: 100, heightPx: 100 });
  expect(first?.idleLoop.frame(3).data).toEqual(new Uint8Array(15_000).fill(1));
  expect(stages.count).toBe(1);
});

test.each<[string, Scene, SizePx]>([
  ['style', scene({ modelStyle: 'other' }), size()],
  ['placement', scene({ placement: { left: 0.1, top: 0, height: 1 } }), size()],
  ['background', scene({ background: Uint8Array.of(1) }), size()],
  ['size', scene(), size(200)],
])('another %s is another stage', async (_, otherScene, otherSize) => {
  const { stages, lease } = create();
  const first = await lease(scene(), size());
  const second = await lease(otherScene, otherSize);
  expect(second.stage).not.toBe(first.stage);
  expect(second.idleLoop.id).not.toBe(first.idleLoop.id);
  expect(stages.count).toBe(2);
});

test('three unused stages stay ready, the oldest go first, and those in use always stay', async () => {
  const { stages, made, lease } = create();
  const leases = [];
  for (let index = 0; index < 5; index += 1) leases.push(await lease(scene(), size(100 + 2 * index)));
  expect(stages.count, 'all are in use').toBe(5);
  for (const held of leases) held.release();
  expect(stages.count).toBe(3);
  await lease(scene(), size(108));
  expect(made, 'the latest is still there').toHaveLength(5);
  await lease(scene(), size(100));
  expect(made, 'the oldest is not').toHaveLength(6);
});

test('a lease counts once, however often it is released', async () => {
  const { stages, lease } = create();
  const first = await lease(scene(), size());
  await lease(scene(), size());
  first.release();
  first.release();
  for (let index = 1; index < 6; index += 1) (await lease(scene(), size(100 + 2 * index))).release();
  const made = stages.count;
  expect(made, 'three unused and the one that is held').toBe(4);
  const again = await lease(scene(), size());
  expect(again.stage).toBe(first.stage);
});

test('a stage that could not be made is tried again by the next who wants it', async () => {
  const { stages, made, finish } = create();
  const leasing = [stages.lease(scene(), size()), stages.lease(scene(), size())];
  made[0]?.settle.reject(new Error('no such picture'));
  for (const result of await Promise.allSettled(leasing)) expect(result.status).toBe('rejected');
  expect(stages.count).toBe(0);
  const again = stages.lease(scene(), size());
  finish(1);
  expect((await again).stage.key).toBe('stage-1');
  expect(stages.count).toBe(1);
});
