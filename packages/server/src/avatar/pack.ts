/**
 * Reads and checks an avatar pack: a folder with `pack.json`, WebP layers of one figure and its motion fields.
 * The format is described in `docs/avatar-packs.md`. Layers stay compressed in memory; a stage decodes them.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MOUTH_SHAPES } from './pose.ts';

/** The pack format this server reads. */
export const AVATAR_PACK_VERSION = 1;

const fileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*\.[a-z0-9]+$/, 'a plain file name in the pack folder');
const lengthPx = z.int().positive().max(4096);
const offsetPx = z.int().nonnegative().max(4096);
const box = z
  .strictObject({ leftPx: offsetPx, topPx: offsetPx, widthPx: lengthPx, heightPx: lengthPx })
  .refine(
    (b) => [b.leftPx, b.topPx, b.widthPx, b.heightPx].every((v) => v % 2 === 0),
    'box edges must be even',
  );
const axis = (minimum: number) =>
  z
    .array(z.number())
    .min(minimum)
    .max(17)
    .refine((values) => values.every((v, i) => i === 0 || v > (values[i - 1] ?? v)), 'values must rise');

const motionFieldNames = ['yaw', 'pitch', 'roll', 'breath', 'browRaise', 'smile'] as const;

const schema = z
  .strictObject({
    format: z.literal('visavox-avatar-pack'),
    version: z.literal(AVATAR_PACK_VERSION),
    name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/),
    displayName: z.string().min(1).max(80),
    description: z.string().max(400),
    configs: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), z.string().max(200)).default({}),
    preview: fileName,
    canvas: z.strictObject({ widthPx: lengthPx, heightPx: lengthPx }),
    figure: z.strictObject({ leftPx: offsetPx, topPx: offsetPx, rightPx: lengthPx, bottomPx: lengthPx }),
    neutral: fileName,
    mouth: z.strictObject({
      box,
      featherPx: offsetPx,
      jaw: axis(2),
      lip: axis(2),
      grid: z.array(z.array(fileName)),
      shapes: z.record(z.enum(MOUTH_SHAPES), fileName),
    }),
    eyes: z.strictObject({
      box,
      featherPx: offsetPx,
      gazeXDeg: axis(1),
      gazeYDeg: axis(1),
      gaze: z.array(z.array(fileName)),
      lids: z
        .array(z.strictObject({ closure: z.number().gt(0).max(1), file: fileName }))
        .min(1)
        .max(8),
    }),
    motion: z.strictObject({
      file: fileName,
      columns: z.int().min(8).max(512),
      rows: z.int().min(8).max(512),
      fields: z
        .array(z.strictObject({ name: z.enum(motionFieldNames), pxPerCount: z.number().positive() }))
        .min(1),
    }),
  })
  .superRefine((pack, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: path.split('.'), message });
    const { mouth, eyes, canvas, figure } = pack;
    const isGrid = (grid: readonly (readonly string[])[], rows: number, columns: number) =>
      grid.length === rows && grid.every((row) => row.length === columns);
    if (!isGrid(mouth.grid, mouth.jaw.length, mouth.lip.length)) {
      issue('mouth.grid', `must have ${mouth.jaw.length} rows (jaw) of ${mouth.lip.length} files (lip)`);
    }
    if (!isGrid(eyes.gaze, eyes.gazeYDeg.length, eyes.gazeXDeg.length)) {
      issue(
        'eyes.gaze',
        `must have ${eyes.gazeYDeg.length} rows (gazeYDeg) of ${eyes.gazeXDeg.length} files`,
      );
    }
    if (mouth.jaw[0] !== 0) issue('mouth.jaw', 'must start at 0 (shut)');
    if (!mouth.lip.includes(0)) issue('mouth.lip', 'must contain 0 (neutral lips)');
    if (!eyes.gazeXDeg.includes(0)) issue('eyes.gazeXDeg', 'must contain 0 (straight)');
    if (!eyes.gazeYDeg.includes(0)) issue('eyes.gazeYDeg', 'must contain 0 (straight)');
    if (eyes.lids.at(-1)?.closure !== 1) issue('eyes.lids', 'must end with closure 1 (shut)');
    for (const [name, part] of [['mouth', mouth] as const, ['eyes', eyes] as const]) {
      const b = part.box;
      if (b.leftPx + b.widthPx > canvas.widthPx || b.topPx + b.heightPx > canvas.heightPx) {
        issue(`${name}.box`, 'must lie inside the canvas');
      }
      if (part.featherPx * 2 > Math.min(b.widthPx, b.heightPx))
        issue(`${name}.featherPx`, 'is wider than the box');
    }
    const { box: m } = mouth;
    const { box: e } = eyes;
    const apart =
      m.topPx >= e.topPx + e.heightPx ||
      e.topPx >= m.topPx + m.heightPx ||
      m.leftPx >= e.leftPx + e.widthPx ||
      e.leftPx >= m.leftPx + m.widthPx;
    if (!apart) issue('eyes.box', 'must not overlap mouth.box');
    if (figure.rightPx > canvas.widthPx || figure.leftPx >= figure.rightPx)
      issue('figure.rightPx', 'is out of range');
    if (figure.bottomPx > canvas.heightPx || figure.topPx >= figure.bottomPx)
      issue('figure.bottomPx', 'is out of range');
  });

/** The checked content of `pack.json`. */
export type AvatarPackManifest = z.infer<typeof schema>;

/** A figure that can be put on a stage. Immutable; its layers are kept as the compressed files. */
export interface AvatarPack {
  /** Name in the catalogue, for example `yuri-front_natural`. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  /** Tuning values by key, as clients see them; the keys that have a meaning are in `docs/avatar-packs.md`. */
  readonly configs: Readonly<Record<string, string>>;
  /** Absolute path of a small picture for pickers. */
  readonly previewFile: string;
  readonly manifest: AvatarPackManifest;
  /** Compressed layers by file name. */
  readonly layers: ReadonlyMap<string, Uint8Array>;
  /** `fields × rows × columns × (x, y)` signed counts, as stored. */
  readonly motion: Int16Array;
}

/**
 * Loads the avatar pack in a folder and checks it completely, except for the pixels themselves.
 * @throws {Error} that says what was expected, what was found and what to do.
 */
export async function loadAvatarPack(
  directory: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<AvatarPack> {
  const { signal } = options;
  const manifest = parseManifest(directory, await readPackFile(directory, 'pack.json', signal));
  const layers = new Map<string, Uint8Array>();
  for (const name of layerFiles(manifest)) {
    const bytes = await readPackFile(directory, name, signal);
    const size = webpSizePx(bytes);
    const wanted = expectedSizePx(manifest, name);
    if (size === undefined) {
      throw new Error(
        `Avatar pack ${directory}: ${name} must be a WebP picture and is not one. Export it again.`,
      );
    }
    if (size.widthPx !== wanted.widthPx || size.heightPx !== wanted.heightPx) {
      throw new Error(
        `Avatar pack ${directory}: ${name} must be ${wanted.widthPx}x${wanted.heightPx} pixels and is ` +
          `${size.widthPx}x${size.heightPx}. Export it at that size or correct its box in pack.json.`,
      );
    }
    layers.set(name, bytes);
  }
  const previewFile = join(directory, manifest.preview);
  await stat(previewFile).catch(() => missing(directory, manifest.preview));
  return {
    name: manifest.name,
    displayName: manifest.displayName,
    description: manifest.description,
    configs: manifest.configs,
    previewFile,
    manifest,
    layers,
    motion: parseMotion(directory, manifest, await readPackFile(directory, manifest.motion.file, signal)),
  };
}

function parseManifest(directory: string, bytes: Uint8Array): AvatarPackManifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new Error(
      `Avatar pack ${directory}: pack.json must be JSON and does not parse. Correct the file.`,
      { cause },
    );
  }
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  if (version !== AVATAR_PACK_VERSION) {
    throw new Error(
      `Avatar pack ${directory}: pack.json must have "version": ${AVATAR_PACK_VERSION} and has ${JSON.stringify(version)}. ` +
        'Bake the pack again with the tools of this release.',
    );
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    throw new Error(
      `Avatar pack ${directory}: pack.json does not follow docs/avatar-packs.md:\n${z.prettifyError(result.error)}`,
    );
  }
  return result.data;
}

function layerFiles(manifest: AvatarPackManifest): Set<string> {
  return new Set([
    manifest.neutral,
    ...manifest.mouth.grid.flat(),
    ...Object.values(manifest.mouth.shapes),
    ...manifest.eyes.gaze.flat(),
    ...manifest.eyes.lids.map((lid) => lid.file),
  ]);
}

function expectedSizePx(manifest: AvatarPackManifest, name: string): { widthPx: number; heightPx: number } {
  if (name === manifest.neutral) return manifest.canvas;
  const isEyes =
    manifest.eyes.gaze.flat().includes(name) || manifest.eyes.lids.some((lid) => lid.file === name);
  return isEyes ? manifest.eyes.box : manifest.mouth.box;
}

function parseMotion(directory: string, manifest: AvatarPackManifest, bytes: Uint8Array): Int16Array {
  const { columns, rows, fields, file } = manifest.motion;
  const wantedBytes = fields.length * rows * columns * 2 * 2;
  if (bytes.byteLength !== wantedBytes) {
    throw new Error(
      `Avatar pack ${directory}: ${file} must be ${wantedBytes} bytes (${fields.length} fields of ${columns}x${rows} ` +
        `16-bit pairs) and is ${bytes.byteLength}. Bake the motion again or correct "motion" in pack.json.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int16Array.from({ length: bytes.byteLength / 2 }, (_, i) => view.getInt16(i * 2, true));
}

async function readPackFile(
  directory: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  try {
    return await readFile(join(directory, name), { signal });
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    return missing(directory, name, cause);
  }
}

function missing(directory: string, name: string, cause?: unknown): never {
  throw new Error(
    `Avatar pack ${directory}: the file ${name} is expected there and cannot be read. Restore it or bake the pack again.`,
    { cause },
  );
}

/** Picture size from a WebP header (simple lossy, lossless or extended). */
function webpSizePx(bytes: Uint8Array): { widthPx: number; heightPx: number } | undefined {
  if (bytes.byteLength < 32) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (tag(0) !== 'RIFF' || tag(8) !== 'WEBP') return undefined;
  switch (tag(12)) {
    case 'VP8X':
      return {
        widthPx: (view.getUint32(24, true) & 0xffffff) + 1,
        heightPx: (view.getUint32(27, true) & 0xffffff) + 1,
      };
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return { widthPx: (bits & 0x3fff) + 1, heightPx: ((bits >> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      return { widthPx: view.getUint16(26, true) & 0x3fff, heightPx: view.getUint16(28, true) & 0x3fff };
    default:
      return undefined;
  }
}
