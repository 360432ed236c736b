import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileKernel } from './kernel/build-kernel.ts';
import { KERNEL_BASE64 } from './kernel/kernel.generated.ts';
import { type AvatarPack, loadAvatarPack } from './pack.ts';
import { type Pose, REST_POSE } from './pose.ts';
import { createStage, openStage, prepareStage, type Stage, stageKey } from './stage.ts';

const AVATARS = new URL('../../avatars/', import.meta.url);
const load = (name: string) => loadAvatarPack(fileURLToPath(new URL(name, AVATARS)));
const CENTRED = { left: 0, top: 0, height: 1 };
let pack: AvatarPack;
let stage: Stage;

beforeAll(async () => {
  pack = await load('yuri-front_natural');
  stage = await createStage(pack, { widthPx: 360, heightPx: 640, placement: CENTRED });
});

function draw(target: Stage, pose: Partial<Pose> = {}): Uint8Array {
  const frame = new Uint8Array(target.frameBytes);
  target.render({ ...REST_POSE, ...pose }, frame);
  return frame;
}

interface Area {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Mean luminance of an area given in parts of the frame. */
function light(frame: Uint8Array, { widthPx, heightPx }: Stage, area: Area): number {
  let sum = 0;
  let count = 0;
  for (let y = Math.floor(area.y0 * heightPx); y < area.y1 * heightPx; y += 1) {
    for (let x = Math.floor(area.x0 * widthPx); x < area.x1 * widthPx; x += 1) {
      sum += frame[y * widthPx + x] ?? 0;
      count += 1;
    }
  }
  return sum / count;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}

/** How dark the inside of the mouth is: the number of nearly black pixels around the lips. */
function opening(frame: Uint8Array, { widthPx, heightPx }: Stage, { manifest }: AvatarPack): number {
  const { box } = manifest.mouth;
  const scale = heightPx / manifest.canvas.heightPx;
  const left = widthPx / 2 + (box.leftPx - manifest.canvas.widthPx / 2) * scale;
  let dark = 0;
  for (
    let y = (box.topPx + box.heightPx * 0.15) * scale;
    y < (box.topPx + box.heightPx * 0.75) * scale;
    y += 1
  ) {
    for (let x = left + box.widthPx * scale * 0.25; x < left + box.widthPx * scale * 0.75; x += 1) {
      if ((frame[Math.floor(y) * widthPx + Math.floor(x)] ?? 255) < 62) dark += 1;
    }
  }
  return dark;
}

describe('a stage', () => {
  test('draws the same frame for the same pose', () => {
    const pose = { jaw: 0.6, yawDeg: 1.2, lidClosure: 0.4, shapes: [{ shape: 'FF', weight: 0.5 }] } as const;
    expect(draw(stage, pose)).toEqual(draw(stage, pose));
  });

  test('what was prepared elsewhere draws the same frames', async () => {
    const prepared = structuredClone(
      await prepareStage(pack, { widthPx: 360, heightPx: 640, placement: CENTRED }),
    );
    expect(draw(openStage(prepared), { jaw: 0.5 })).toEqual(draw(stage, { jaw: 0.5 }));
  });

  test('stays near limited range (filters may ring a few steps) and shows a picture', () => {
    const frame = draw(stage);
    const luma = frame.subarray(0, 360 * 640);
    expect(luma.reduce((least, value) => Math.min(least, value), 255)).toBeGreaterThanOrEqual(10);
    expect(luma.reduce((most, value) => Math.max(most, value), 0)).toBeLessThanOrEqual(241);
    expect(light(frame, stage, { x0: 0.4, y0: 0.35, x1: 0.6, y1: 0.45 })).toBeGreaterThan(90);
  });

  test('hostile poses draw something', () => {
    const wild = { yawDeg: 1e9, pitchDeg: -1e9, jaw: 99, lip: -99, lidClosure: 5, gazeXDeg: 1e6, breath: -4 };
    expect(() => draw(stage, wild)).not.toThrow();
  });

  test('refuses a target of another length, and odd or empty frames', async () => {
    expect(() => stage.render(REST_POSE, new Uint8Array(10))).toThrow(RangeError);
    for (const [widthPx, heightPx] of [
      [361, 640],
      [0, 640],
      [360, Number.NaN],
    ] as const) {
      await expect(createStage(pack, { widthPx, heightPx, placement: CENTRED })).rejects.toThrow(RangeError);
    }
  });

  test('keys tell scenes apart', () => {
    const options = { widthPx: 360, heightPx: 640, placement: CENTRED };
    expect(stageKey(pack, options)).toBe(stageKey(pack, { ...options }));
    expect(stageKey(pack, options)).not.toBe(
      stageKey(pack, { ...options, placement: { ...CENTRED, left: 0.1 } }),
    );
  });

  test('an abort ends the preparation', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(
      createStage(pack, { widthPx: 360, heightPx: 640, placement: CENTRED }, { signal }),
    ).rejects.toThrow('enough');
  });
});

describe.each(await readdir(AVATARS))('the shipped pack %s', (name) => {
  let shipped: AvatarPack;
  let target: Stage;

  beforeAll(async () => {
    shipped = await load(name);
    target = await createStage(shipped, { widthPx: 360, heightPx: 640, placement: CENTRED });
  });

  test('opens the mouth with the jaw, and shuts it for p, b, m whatever the jaw does', () => {
    const shut = opening(draw(target), target, shipped);
    const open = opening(draw(target, { jaw: 0.9 }), target, shipped);
    const closure = opening(
      draw(target, { jaw: 0.5, shapes: [{ shape: 'PP', weight: 1 }] }),
      target,
      shipped,
    );
    expect(open).toBeGreaterThan(shut + 40);
    expect(closure).toBeLessThan(shut + (open - shut) * 0.15);
  });

  test.each<[string, Partial<Pose>, number]>([
    ['shuts the eyes', { lidClosure: 1 }, 0.05],
    ['looks aside', { gazeXDeg: 9 }, 0.01],
    ['turns the head', { yawDeg: 2 }, 0.2],
    ['nods', { pitchDeg: 2 }, 0.2],
    ['tilts the head', { rollDeg: 2 }, 0.2],
    ['breathes', { breath: 1 }, 0.1],
    ['smiles', { smile: 1 }, 0.01],
  ])('%s', (_, pose, least) => {
    expect(difference(draw(target), draw(target, pose))).toBeGreaterThan(least);
  });
});

describe('placement', () => {
  const green = {
    widthPx: 4,
    heightPx: 4,
    rgba: new Uint8Array(64).fill(0).map((_, i) => [0, 255, 0, 255][i % 4] ?? 0),
  };
  const build = (placement: typeof CENTRED, size: readonly [number, number] = [360, 640]) =>
    createStage(pack, { widthPx: size[0], heightPx: size[1], placement, background: green });
  /** Luminance of the plain green background. */
  const GREEN = 145;
  const isBackground = (frame: Uint8Array, target: Stage, area: Area) =>
    Math.abs(light(frame, target, area) - GREEN) < 3;
  const TOP_LEFT = { x0: 0, y0: 0, x1: 0.08, y1: 0.04 };
  const BOTTOM = { x0: 0.4, y0: 0.97, x1: 0.6, y1: 1 };

  test('height 0 shows only the background', async () => {
    const target = await build({ ...CENTRED, height: 0 });
    expect(isBackground(draw(target), target, { x0: 0, y0: 0, x1: 1, y1: 1 })).toBe(true);
  });

  test.each([
    [360, 640],
    [640, 360],
    [400, 400],
    [200, 900],
  ] as const)(
    '%d × %d: the figure stands on the bottom edge, the background is above it',
    async (width, height) => {
      const target = await build(CENTRED, [width, height]);
      const frame = draw(target);
      expect(isBackground(frame, target, TOP_LEFT)).toBe(true);
      expect(isBackground(frame, target, BOTTOM)).toBe(false);
    },
  );

  // keeps: perso-3.2-positioning
  test('left shifts to the right, top shifts down, height scales', async () => {
    const middle = await build(CENTRED, [640, 360]);
    const right = await build({ ...CENTRED, left: 0.3 }, [640, 360]);
    const strip = { x0: 0.9, y0: 0.9, x1: 1, y1: 1 };
    expect(isBackground(draw(middle), middle, strip)).toBe(true);
    expect(isBackground(draw(right), right, strip)).toBe(false);
    const low = await build({ ...CENTRED, top: 0.5 });
    expect(isBackground(draw(low), low, { x0: 0.3, y0: 0.1, x1: 0.7, y1: 0.45 })).toBe(true);
    const small = await build({ ...CENTRED, height: 0.5 });
    expect(isBackground(draw(small), small, { x0: 0.3, y0: 0.1, x1: 0.7, y1: 0.45 })).toBe(true);
    expect(isBackground(draw(small), small, BOTTOM)).toBe(false);
  });
});

test('the compiled kernel is that of its source', async () => {
  const compiled = await compileKernel();
  const base64 = [...compiled.matchAll(/'([A-Za-z0-9+/=]+)'/g)].map(([, line]) => line).join('');
  expect(base64 === KERNEL_BASE64, 'run: node packages/server/src/avatar/kernel/build-kernel.ts').toBe(true);
}, 60_000);
