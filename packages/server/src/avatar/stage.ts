/**
 * A stage is one figure, prepared for one frame size, placement and background. It turns poses into I420 frames:
 * mouth and eye pictures are mixed into the figure, then the whole figure is moved by smooth motion fields and laid
 * over the backdrop, so that face parts follow the head without seams.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { type BackgroundPicture, coverBackdrop, type FramePlanes, studioBackdrop } from './backdrop.ts';
import { KERNEL_BASE64 } from './kernel/kernel.generated.ts';
import { type FigureTransform, type Placement, placeFigure } from './layout.ts';
import type { AvatarPack, AvatarPackManifest } from './pack.ts';
import { cropPlanes, featherInto, type Planes, planesFromRgba, resamplePlane } from './planes.ts';
import { MOUTH_SHAPES, type MouthShape, type Pose } from './pose.ts';

/** What a stage is made for. Both lengths must be even. */
export interface StageOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly placement: Placement;
  /** Picture behind the figure, cover-fitted; a generated studio wall when left out. */
  readonly background?: BackgroundPicture | undefined;
}

/** A figure ready to be drawn at one size. Sessions with equal `key` can share one stage. */
export interface Stage {
  /** Equal for stages that draw the same frames. */
  readonly key: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Bytes of one I420 frame. */
  readonly frameBytes: number;
  /** Memory the stage holds, in bytes. */
  readonly memoryBytes: number;
  /**
   * Draws one frame: Y, U, V planes, BT.601 limited range. Takes 1 – 3 ms at 720x1280.
   * @throws {RangeError} when `target` is not exactly `frameBytes` long.
   */
  render(pose: Pose, target: Uint8Array): void;
}

/** Side of the cells in which displacement is linear; chroma cells have half of it. */
const CELL_PX = 16;
const ALIGN_BYTES = 16;
/** WebAssembly memory comes in pages of this size. */
const PAGE_BYTES = 65_536;
/** Lips and consonants have few pictures, far apart: a short fade between them shows no double teeth. */
const COARSE_CRISPNESS = 2.4;
/** Larger angles would smear hair and ears: the motion fields are linear. */
const HEAD_LIMIT_DEG = 3;
/** Above this, every second mouth picture is left out (very large figures only). */
const LAYER_BUDGET_BYTES = 40_000_000;

/** The identity of a stage without building it. */
export function stageKey(pack: AvatarPack, options: StageOptions): string {
  const { widthPx, heightPx, placement, background } = options;
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([pack.manifest, widthPx, heightPx, placement.left, placement.top, placement.height]),
  );
  if (background) hash.update(`${background.widthPx}x${background.heightPx}`).update(background.rgba);
  return hash.digest('base64url').slice(0, 24);
}

/** Everything a stage holds, as plain data that can be handed from a worker to the thread that draws. */
export interface PreparedStage {
  readonly identity: StageIdentity;
  /** Absent when nothing of the figure is in the picture: then `bytes` is the one frame there is. */
  readonly figure?: FigureLayout;
  /** The kernel's memory, or the frame. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Prepares a stage and opens it. Decoding and scaling take most of a second: a thread that must not wait prepares in a
 * worker and only opens.
 * @throws {RangeError} when the frame size is not even and positive.
 */
export async function createStage(
  pack: AvatarPack,
  options: StageOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Stage> {
  return openStage(await prepareStage(pack, options, signal === undefined ? {} : { signal }));
}

/**
 * Decodes the pack's layers and scales them to the frame, giving way to other work between layers.
 * @throws {RangeError} when the frame size is not even and positive.
 */
export async function prepareStage(
  pack: AvatarPack,
  options: StageOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<PreparedStage> {
  const { widthPx, heightPx } = options;
  if (!(widthPx >= 2 && heightPx >= 2 && widthPx % 2 === 0 && heightPx % 2 === 0)) {
    throw new RangeError(
      `A stage needs even, positive frame lengths, got ${widthPx}x${heightPx}. Round them to even numbers first.`,
    );
  }
  const pause = async () => {
    await setImmediate();
    signal?.throwIfAborted();
  };
  const backdrop = options.background
    ? coverBackdrop(options.background, widthPx, heightPx)
    : studioBackdrop(widthPx, heightPx);
  await pause();
  const identity = {
    key: stageKey(pack, options),
    widthPx,
    heightPx,
    frameBytes: (widthPx * heightPx * 3) / 2,
  };
  const transform = placeFigure(pack.manifest, options, options.placement);
  if (transform === undefined) return prepareBackdrop(identity, backdrop);
  return prepareFigure(pack, identity, transform, backdrop, pause);
}

/** Makes a prepared stage drawable; a few milliseconds. */
export function openStage({ identity, figure, bytes }: PreparedStage): Stage {
  return figure === undefined ? openBackdrop(identity, bytes) : openFigure(identity, figure, bytes);
}

type StageIdentity = Pick<Stage, 'key' | 'widthPx' | 'heightPx' | 'frameBytes'>;

function prepareBackdrop(identity: StageIdentity, backdrop: FramePlanes): PreparedStage {
  const bytes = new Uint8Array(identity.frameBytes);
  bytes.set(backdrop.y, 0);
  bytes.set(backdrop.u, backdrop.y.length);
  bytes.set(backdrop.v, backdrop.y.length + backdrop.u.length);
  return { identity, bytes };
}

function openBackdrop(identity: StageIdentity, frame: Uint8Array): Stage {
  return {
    ...identity,
    memoryBytes: frame.byteLength,
    render(_pose, target) {
      checkTarget(target, identity.frameBytes);
      target.set(frame);
    },
  };
}

interface Rect {
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** One face part: where its layers go, and how long a packed layer is. */
interface PartLayout {
  readonly rect: Rect;
  readonly hasAlpha: boolean;
  readonly lumaBytes: number;
  readonly chromaBytes: number;
  readonly layerBytes: number;
}

interface PlaneAddresses {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

/** Where everything of a figure stage lies in the kernel's memory, and how it is laid out. Addresses in bytes. */
interface FigureLayout {
  readonly manifest: AvatarPackManifest;
  readonly mouth: PartLayout | undefined;
  readonly eyes: PartLayout | undefined;
  readonly plan: LayerPlan;
  readonly columns: number;
  readonly rows: number;
  readonly outStride: number;
  readonly srcStride: number;
  readonly padPx: number;
  readonly reachPx: number;
  readonly source: PlaneAddresses & { readonly a: number; readonly c: number };
  readonly back: PlaneAddresses;
  readonly out: PlaneAddresses;
  readonly frameAt: number;
  readonly classesAt: number;
  readonly fieldNames: readonly FieldName[];
  readonly nodeFloats: number;
  readonly fieldsAt: number;
  readonly sumAt: number;
  readonly nodesAt: number;
  readonly layerAt: ReadonlyMap<string, number>;
  readonly scratchAt: readonly [number, number];
}

async function prepareFigure(
  pack: AvatarPack,
  identity: StageIdentity,
  transform: FigureTransform,
  backdrop: FramePlanes,
  pause: () => Promise<void>,
): Promise<PreparedStage> {
  const { manifest } = pack;
  const { widthPx, heightPx } = identity;
  const columns = Math.ceil(widthPx / CELL_PX);
  const rows = Math.ceil(heightPx / CELL_PX);
  const outStride = columns * CELL_PX;
  const fields = nodeFields(pack, transform, columns, rows);
  const reachPx = Math.ceil(fields.reachPx);
  const padPx = Math.ceil((reachPx + 4) / 16) * 16;
  const srcStride = outStride + 2 * padPx;
  const srcRows = rows * CELL_PX + 2 * padPx;

  const neutral = await decodeLayer(pack, manifest.neutral, manifest.canvas);
  await pause();
  const sampling = {
    scale: transform.scale,
    offsetXPx: transform.xPx,
    offsetYPx: transform.yPx,
    leftPx: -padPx,
    topPx: -padPx,
    widthPx: srcStride,
    heightPx: srcRows,
    below: 'repeat',
  } as const;

  const drawn: Rect = { leftPx: -padPx, topPx: -padPx, widthPx: srcStride, heightPx: srcRows };
  const mouth = partLayout(neutral, manifest.mouth.box, transform, drawn);
  const eyes = partLayout(neutral, manifest.eyes.box, transform, drawn);
  const plan = planLayers(manifest, mouth, eyes);

  const arena = createArena();
  const lumaBytes = srcStride * srcRows;
  const chromaBytes = lumaBytes / 4;
  const source = {
    y: arena.take(lumaBytes),
    u: arena.take(chromaBytes),
    v: arena.take(chromaBytes),
    a: arena.take(lumaBytes),
    c: arena.take(chromaBytes),
  };
  const outLuma = outStride * rows * CELL_PX;
  const back = { y: arena.take(outLuma), u: arena.take(outLuma / 4), v: arena.take(outLuma / 4) };
  const out = { y: arena.take(outLuma), u: arena.take(outLuma / 4), v: arena.take(outLuma / 4) };
  const frameAt = arena.take(identity.frameBytes);
  const classesAt = arena.take(columns * rows);
  const nodeFloats = fields.floats;
  const fieldsAt = arena.take(nodeFloats * 4 * fields.values.length);
  const sumAt = arena.take(nodeFloats * 4);
  const nodesAt = arena.take(nodeFloats * 4);
  const layerAt = new Map<string, number>();
  for (const name of plan.mouthFiles) layerAt.set(name, arena.take(mouth?.layerBytes ?? 0));
  for (const name of plan.eyeFiles) layerAt.set(name, arena.take(eyes?.layerBytes ?? 0));
  const scratchBytes = Math.max(mouth?.layerBytes ?? 0, eyes?.layerBytes ?? 0);
  const scratchAt = [arena.take(scratchBytes), arena.take(scratchBytes)] as const;

  const bytes = new Uint8Array(Math.ceil(arena.size / PAGE_BYTES) * PAGE_BYTES);

  bytes.set(resamplePlane(neutral.y, neutral, sampling, 1), source.y);
  await pause();
  bytes.set(resamplePlane(neutral.u, neutral, sampling, 2), source.u);
  bytes.set(resamplePlane(neutral.v, neutral, sampling, 2), source.v);
  await pause();
  bytes.set(resamplePlane(neutral.a, neutral, sampling, 1), source.a);
  bytes.set(resamplePlane(neutral.a, neutral, sampling, 2), source.c);
  await pause();

  putPadded(bytes, back.y, outStride, backdrop.y, widthPx, heightPx);
  putPadded(bytes, back.u, outStride / 2, backdrop.u, widthPx / 2, heightPx / 2);
  putPadded(bytes, back.v, outStride / 2, backdrop.v, widthPx / 2, heightPx / 2);
  bytes.copyWithin(out.y, back.y, back.v + outLuma / 4);
  classifyCells(bytes, classesAt, source, srcStride, padPx, fields.nodeReachPx, columns, rows);
  const floats = new Float32Array(bytes.buffer);
  for (const [i, values] of fields.values.entries()) floats.set(values, fieldsAt / 4 + i * nodeFloats);

  const prepare = async (
    part: PartLayout | undefined,
    names: readonly string[],
    box: Rect,
    featherPx: number,
  ) => {
    if (part === undefined) return;
    const marginPx = Math.ceil(3 / Math.min(1, transform.scale)) + 2;
    const under = cropPlanes(
      neutral,
      box.leftPx - marginPx,
      box.topPx - marginPx,
      box.widthPx + 2 * marginPx,
      box.heightPx + 2 * marginPx,
    );
    const local = {
      scale: transform.scale,
      offsetXPx: transform.xPx + (box.leftPx - marginPx) * transform.scale,
      offsetYPx: transform.yPx + (box.topPx - marginPx) * transform.scale,
      ...part.rect,
      below: 'empty',
    } as const;
    for (const name of names) {
      const patch = await decodeLayer(pack, name, box);
      const whole = featherInto(under, patch, marginPx, marginPx, featherPx);
      let at = layerAt.get(name) ?? 0;
      const put = (plane: Uint8Array, step: 1 | 2) => {
        const scaled = resamplePlane(plane, whole, local, step);
        bytes.set(scaled, at);
        at += scaled.byteLength;
      };
      put(whole.y, 1);
      put(whole.u, 2);
      put(whole.v, 2);
      if (part.hasAlpha) {
        put(whole.a, 1);
        put(whole.a, 2);
      }
      await pause();
    }
  };
  await prepare(mouth, plan.mouthFiles, manifest.mouth.box, manifest.mouth.featherPx);
  await prepare(eyes, plan.eyeFiles, manifest.eyes.box, manifest.eyes.featherPx);

  return {
    identity,
    bytes,
    figure: {
      manifest,
      mouth,
      eyes,
      plan,
      columns,
      rows,
      outStride,
      srcStride,
      padPx,
      reachPx,
      source,
      back,
      out,
      frameAt,
      classesAt,
      fieldNames: fields.names,
      nodeFloats,
      fieldsAt,
      sumAt,
      nodesAt,
      layerAt,
      scratchAt,
    },
  };
}

function openFigure(identity: StageIdentity, figure: FigureLayout, prepared: Uint8Array): Stage {
  const { widthPx, heightPx } = identity;
  const { manifest, mouth, eyes, plan, columns, rows, outStride, srcStride, padPx, reachPx } = figure;
  const { source, back, out, frameAt, classesAt, nodeFloats, fieldsAt, sumAt, nodesAt, scratchAt } = figure;
  const memory = new WebAssembly.Memory({ initial: prepared.byteLength / PAGE_BYTES });
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(prepared);
  const kernel = instantiateKernel(memory);
  const layer = (name: string) => figure.layerAt.get(name) ?? 0;

  /** Bilinear mix of a grid of layers; returns the address of the packed result. */
  const mixGrid = (grid: readonly (readonly string[])[], row: Step, column: Step, length: number): number => {
    const at = (r: number, c: number) => layer(grid[r]?.[c] ?? '');
    const line = (r: number, target: number) => {
      if (column.weight === 0) return at(r, column.index);
      kernel.mix(target, at(r, column.index), at(r, column.index + 1), column.weight, length);
      return target;
    };
    const first = line(row.index, scratchAt[0]);
    if (row.weight === 0) return first;
    const second = line(row.index + 1, scratchAt[1]);
    kernel.mix(scratchAt[0], first, second, row.weight, length);
    return scratchAt[0];
  };

  const mixOver = (under: number, over: number, weight: number, length: number): number => {
    if (weight <= 0) return under;
    if (weight >= 256) return over;
    kernel.mix(scratchAt[0], under, over, weight, length);
    return scratchAt[0];
  };

  const placeLayer = (part: PartLayout, at: number) => {
    const { rect } = part;
    const x = rect.leftPx + padPx;
    const y = rect.topPx + padPx;
    const luma = y * srcStride + x;
    const chroma = (y / 2) * (srcStride / 2) + x / 2;
    const half = [srcStride / 2, rect.widthPx / 2, rect.heightPx / 2] as const;
    const u = at + part.lumaBytes;
    const v = u + part.chromaBytes;
    kernel.place(source.y + luma, srcStride, at, rect.widthPx, rect.heightPx);
    kernel.place(source.u + chroma, half[0], u, half[1], half[2]);
    kernel.place(source.v + chroma, half[0], v, half[1], half[2]);
    if (part.hasAlpha) {
      const a = v + part.chromaBytes;
      kernel.place(source.a + luma, srcStride, a, rect.widthPx, rect.heightPx);
      kernel.place(source.c + chroma, half[0], a + part.lumaBytes, half[1], half[2]);
    }
  };

  const drawMouth = (part: PartLayout, pose: Pose) => {
    const jaw = crisp(axisStep(plan.jaw, pose.jaw));
    const lip = crisp(axisStep(manifest.mouth.lip, pose.lip), COARSE_CRISPNESS);
    let at = mixGrid(plan.mouthGrid, jaw, lip, part.layerBytes);
    for (const { shape, weight } of pose.shapes.slice(0, 2)) {
      at = mixOver(
        at,
        layer(manifest.mouth.shapes[shape]),
        toWeight(easeCrisp(weight, COARSE_CRISPNESS)),
        part.layerBytes,
      );
    }
    placeLayer(part, at);
  };

  const drawEyes = (part: PartLayout, pose: Pose) => {
    const { gazeXDeg, gazeYDeg, gaze, lids } = manifest.eyes;
    const closure = clamp(pose.lidClosure, 0, 1);
    const upper = lids.findIndex((lid) => lid.closure >= closure);
    const over = lids[upper];
    const under = lids[upper - 1];
    let at: number;
    if (under) at = layer(under.file);
    else
      at = mixGrid(
        gaze,
        axisStep(gazeYDeg, pose.gazeYDeg),
        axisStep(gazeXDeg, pose.gazeXDeg),
        part.layerBytes,
      );
    if (over && closure > 0) {
      const from = under?.closure ?? 0;
      at = mixOver(at, layer(over.file), toWeight((closure - from) / (over.closure - from)), part.layerBytes);
    }
    placeLayer(part, at);
  };

  const moveFigure = (pose: Pose) => {
    bytes.fill(0, sumAt, sumAt + nodeFloats * 4);
    for (const [i, name] of figure.fieldNames.entries()) {
      const amount = fieldAmount(name, pose);
      if (amount !== 0) kernel.addField(sumAt, fieldsAt + i * nodeFloats * 4, amount, nodeFloats);
    }
    kernel.finishNodes(nodesAt, sumAt, reachPx, nodeFloats);
    const warp = (from: number, alpha: number, to: number, behind: number, half: 0 | 1) =>
      kernel.warp(
        ...([from, alpha, srcStride >> half, padPx >> half, to, behind, outStride >> half] as const),
        ...([heightPx >> half, nodesAt, classesAt, columns, rows, 4 - half, half] as const),
      );
    warp(source.y, source.a, out.y, back.y, 0);
    warp(source.u, source.c, out.u, back.u, 1);
    warp(source.v, source.c, out.v, back.v, 1);
  };

  const lumaBytes = widthPx * heightPx;

  return {
    ...identity,
    memoryBytes: memory.buffer.byteLength,
    render(pose, target) {
      checkTarget(target, identity.frameBytes);
      if (mouth) drawMouth(mouth, pose);
      if (eyes) drawEyes(eyes, pose);
      moveFigure(pose);
      if (outStride === widthPx) {
        target.set(bytes.subarray(out.y, out.y + lumaBytes), 0);
        target.set(bytes.subarray(out.u, out.u + lumaBytes / 4), lumaBytes);
        target.set(bytes.subarray(out.v, out.v + lumaBytes / 4), lumaBytes * 1.25);
        return;
      }
      kernel.pack(frameAt, out.y, outStride, widthPx, heightPx);
      kernel.pack(frameAt + lumaBytes, out.u, outStride / 2, widthPx / 2, heightPx / 2);
      kernel.pack(frameAt + lumaBytes * 1.25, out.v, outStride / 2, widthPx / 2, heightPx / 2);
      target.set(bytes.subarray(frameAt, frameAt + identity.frameBytes));
    },
  };
}

function checkTarget(target: Uint8Array, frameBytes: number): void {
  if (target.byteLength !== frameBytes) {
    throw new RangeError(
      `A frame of this stage needs ${frameBytes} bytes, the target has ${target.byteLength}.`,
    );
  }
}

interface Kernel {
  mix(dst: number, a: number, b: number, weight: number, length: number): void;
  place(dst: number, dstStride: number, src: number, width: number, height: number): void;
  pack(dst: number, src: number, srcStride: number, width: number, height: number): void;
  addField(target: number, field: number, amount: number, count: number): void;
  finishNodes(out: number, sum: number, limit: number, count: number): void;
  warp(...addressesAndSizes: readonly number[]): void;
}

function instantiateKernel(memory: WebAssembly.Memory): Kernel {
  const module = new WebAssembly.Module(Buffer.from(KERNEL_BASE64, 'base64'));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // The exports are those of kernel.as, which a test keeps in step with the compiled bytes.
  return exports as unknown as Kernel;
}

function createArena(): { take(byteCount: number): number; readonly size: number } {
  // Address 0 stays unused, and the tail gives vector loads room behind the last plane.
  let next = 64;
  return {
    take(byteCount) {
      const at = next;
      next += Math.ceil(byteCount / ALIGN_BYTES) * ALIGN_BYTES + 64;
      return at;
    },
    get size() {
      return next + 64;
    },
  };
}

async function decodeLayer(
  pack: AvatarPack,
  name: string,
  size: { readonly widthPx: number; readonly heightPx: number },
): Promise<Planes> {
  const file = pack.layers.get(name);
  if (file === undefined)
    throw new Error(`Avatar pack ${pack.name} has no layer ${name}. Load the pack again.`);
  const picture = await loadImage(file);
  const canvas = createCanvas(size.widthPx, size.heightPx);
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, size.widthPx, size.heightPx);
  return planesFromRgba(data, size.widthPx, size.heightPx);
}

function partLayout(
  neutral: Planes,
  box: Rect,
  transform: FigureTransform,
  drawn: Rect,
): PartLayout | undefined {
  const even = (value: number, round: (v: number) => number) => round(value / 2) * 2;
  const { scale, xPx, yPx } = transform;
  const leftPx = Math.max(drawn.leftPx, even(xPx + box.leftPx * scale, Math.floor));
  const topPx = Math.max(drawn.topPx, even(yPx + box.topPx * scale, Math.floor));
  const rightPx = Math.min(
    drawn.leftPx + drawn.widthPx,
    even(xPx + (box.leftPx + box.widthPx) * scale, Math.ceil),
  );
  const bottomPx = Math.min(
    drawn.topPx + drawn.heightPx,
    even(yPx + (box.topPx + box.heightPx) * scale, Math.ceil),
  );
  const widthPx = rightPx - leftPx;
  const heightPx = bottomPx - topPx;
  if (widthPx <= 0 || heightPx <= 0) return undefined;
  const region = cropPlanes(neutral, box.leftPx, box.topPx, box.widthPx, box.heightPx);
  const hasAlpha = region.a.some((alpha) => alpha < 250);
  const lumaBytes = widthPx * heightPx;
  const chromaBytes = lumaBytes / 4;
  const packed = lumaBytes + 2 * chromaBytes + (hasAlpha ? lumaBytes + chromaBytes : 0);
  return {
    rect: { leftPx, topPx, widthPx, heightPx },
    hasAlpha,
    lumaBytes,
    chromaBytes,
    layerBytes: Math.ceil(packed / ALIGN_BYTES) * ALIGN_BYTES,
  };
}

interface LayerPlan {
  readonly jaw: readonly number[];
  readonly mouthGrid: readonly (readonly string[])[];
  readonly mouthFiles: readonly string[];
  readonly eyeFiles: readonly string[];
}

function planLayers(
  manifest: AvatarPackManifest,
  mouth: PartLayout | undefined,
  eyes: PartLayout | undefined,
): LayerPlan {
  const eyeFiles = [...new Set([...manifest.eyes.gaze.flat(), ...manifest.eyes.lids.map((lid) => lid.file)])];
  const budgetBytes = LAYER_BUDGET_BYTES - eyeFiles.length * (eyes?.layerBytes ?? 0);
  let { jaw, grid } = manifest.mouth;
  while (jaw.length > 3 && jaw.length * manifest.mouth.lip.length * (mouth?.layerBytes ?? 0) > budgetBytes) {
    const last = jaw.length - 1;
    const keep = (_: unknown, i: number) => i % 2 === 0 || i === last;
    jaw = jaw.filter(keep);
    grid = grid.filter(keep);
  }
  const shapes = MOUTH_SHAPES.map((shape: MouthShape) => manifest.mouth.shapes[shape]);
  return { jaw, mouthGrid: grid, mouthFiles: [...new Set([...grid.flat(), ...shapes])], eyeFiles };
}

function putPadded(
  bytes: Uint8Array,
  at: number,
  stridePx: number,
  plane: Uint8Array,
  widthPx: number,
  heightPx: number,
): void {
  for (let y = 0; y < heightPx; y++) {
    bytes.set(plane.subarray(y * widthPx, (y + 1) * widthPx), at + y * stridePx);
  }
}

/** 0 nothing of the figure can get here, 1 only opaque figure, 2 its edge. */
function classifyCells(
  bytes: Uint8Array,
  classesAt: number,
  source: { readonly a: number },
  srcStride: number,
  padPx: number,
  nodeReachPx: Float32Array,
  columns: number,
  rows: number,
): void {
  const reachAt = (cx: number, cy: number) => nodeReachPx[cy * (columns + 1) + cx] ?? 0;
  for (let cy = 0; cy < rows; cy++) {
    for (let cx = 0; cx < columns; cx++) {
      const left = Math.max(reachAt(cx, cy), reachAt(cx, cy + 1));
      const right = Math.max(reachAt(cx + 1, cy), reachAt(cx + 1, cy + 1));
      const margin = Math.ceil(Math.max(left, right)) + 2;
      let low = 255;
      let high = 0;
      for (let y = cy * CELL_PX + padPx - margin; y < (cy + 1) * CELL_PX + padPx + margin; y++) {
        const row = source.a + y * srcStride;
        const x0 = cx * CELL_PX + padPx - margin;
        for (let x = x0; x < x0 + CELL_PX + 2 * margin; x++) {
          const alpha = bytes[row + x] ?? 0;
          if (alpha < low) low = alpha;
          if (alpha > high) high = alpha;
        }
        if (low < 250 && high > 0) break;
      }
      bytes[classesAt + cy * columns + cx] = high === 0 ? 0 : low >= 250 ? 1 : 2;
    }
  }
}

type FieldName = AvatarPackManifest['motion']['fields'][number]['name'];

const FIELD_LIMITS: Readonly<Record<FieldName, readonly [number, number]>> = {
  yaw: [-HEAD_LIMIT_DEG, HEAD_LIMIT_DEG],
  pitch: [-HEAD_LIMIT_DEG, HEAD_LIMIT_DEG],
  roll: [-HEAD_LIMIT_DEG, HEAD_LIMIT_DEG],
  breath: [0, 1],
  browRaise: [-0.5, 1],
  smile: [-0.5, 1],
};

function fieldAmount(name: FieldName, pose: Pose): number {
  const [low, high] = FIELD_LIMITS[name];
  switch (name) {
    case 'yaw':
      return clamp(pose.yawDeg, low, high);
    case 'pitch':
      return clamp(pose.pitchDeg, low, high);
    case 'roll':
      return clamp(pose.rollDeg, low, high);
    case 'breath':
      return clamp(pose.breath, low, high);
    case 'browRaise':
      return clamp(pose.browRaise, low, high);
    case 'smile':
      return clamp(pose.smile, low, high);
    default: {
      const never: never = name;
      throw new Error(`Unknown motion field ${String(never)}`);
    }
  }
}

interface NodeFields {
  readonly names: readonly FieldName[];
  /** Per field: x and y displacement in frame pixels for every cell corner, row by row. */
  readonly values: readonly Float32Array[];
  readonly floats: number;
  /** Largest displacement that the limits allow, in frame pixels. */
  readonly reachPx: number;
  /** The same for every cell corner. */
  readonly nodeReachPx: Float32Array;
}

function nodeFields(pack: AvatarPack, transform: FigureTransform, columns: number, rows: number): NodeFields {
  const { motion, canvas } = pack.manifest;
  const nodes = (columns + 1) * (rows + 1);
  const floats = Math.ceil((nodes * 2) / 4) * 4;
  const reach = new Float32Array(nodes);
  const values = motion.fields.map((field, index) => {
    const out = new Float32Array(floats);
    const base = index * motion.rows * motion.columns * 2;
    const limit = Math.max(...FIELD_LIMITS[field.name].map(Math.abs));
    for (let row = 0, n = 0; row <= rows; row++) {
      const gy = ((row * CELL_PX - transform.yPx) / transform.scale / canvas.heightPx) * motion.rows - 0.5;
      for (let column = 0; column <= columns; column++, n++) {
        const gx =
          ((column * CELL_PX - transform.xPx) / transform.scale / canvas.widthPx) * motion.columns - 0.5;
        const factor = field.pxPerCount * transform.scale;
        const dx = sampleGrid(pack.motion, base, motion.columns, motion.rows, gx, gy) * factor;
        const dy = sampleGrid(pack.motion, base + 1, motion.columns, motion.rows, gx, gy) * factor;
        out[n * 2] = dx;
        out[n * 2 + 1] = dy;
        reach[n] = (reach[n] ?? 0) + Math.hypot(dx, dy) * limit;
      }
    }
    return out;
  });
  const reachPx = reach.reduce((most, value) => Math.max(most, value), 0);
  return { names: motion.fields.map((field) => field.name), values, floats, reachPx, nodeReachPx: reach };
}

function sampleGrid(
  grid: Int16Array,
  base: number,
  columns: number,
  rows: number,
  gx: number,
  gy: number,
): number {
  const x = clamp(gx, 0, columns - 1.001);
  const y = clamp(gy, 0, rows - 1.001);
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const at = (cx: number, cy: number) => grid[base + (cy * columns + cx) * 2] ?? 0;
  const top = at(ix, iy) + (at(ix + 1, iy) - at(ix, iy)) * (x - ix);
  const low = at(ix, iy + 1) + (at(ix + 1, iy + 1) - at(ix, iy + 1)) * (x - ix);
  return top + (low - top) * (y - iy);
}

/** Position on an axis: between `index` and the next value, 0 – 255 of 256 parts. */
interface Step {
  readonly index: number;
  readonly weight: number;
}

function axisStep(axis: readonly number[], value: number): Step {
  const last = axis.length - 1;
  let index = 0;
  while (index < last && value >= (axis[index + 1] ?? 0)) index++;
  if (index === last) return { index, weight: 0 };
  const from = axis[index] ?? 0;
  const to = axis[index + 1] ?? from + 1;
  const weight = toWeight((value - from) / (to - from));
  return weight >= 256 ? { index: index + 1, weight: 0 } : { index, weight };
}

/** Shortens the cross-fade between neighbouring pictures: two pictures seen at once look like a ghost. */
function crisp(step: Step, crispness = 1.5): Step {
  const weight = toWeight(easeCrisp(step.weight / 256, crispness));
  return weight >= 256 ? { index: step.index + 1, weight: 0 } : { index: step.index, weight };
}

function easeCrisp(weight: number, crispness: number): number {
  const t = clamp((weight - 0.5) * crispness + 0.5, 0, 1);
  return t * t * (3 - 2 * t);
}

function toWeight(share: number): number {
  return Math.round(clamp(share, 0, 1) * 256);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
