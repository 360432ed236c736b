import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadAvatarPack } from './pack.ts';

const AVATARS = fileURLToPath(new URL('../../avatars/', import.meta.url));
const SHIPPED = path.join(AVATARS, 'yuri-front_natural');
let folder: string;
let pack: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-pack-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  pack = path.join(folder, 'pack');
  await rm(pack, { recursive: true, force: true });
  await cp(SHIPPED, pack, { recursive: true });
});

async function edit(change: (manifest: Record<string, any>) => void): Promise<void> {
  const file = path.join(pack, 'pack.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  change(manifest);
  await writeFile(file, JSON.stringify(manifest));
}

test.each(await readdir(AVATARS))('the shipped pack %s loads', async (name) => {
  const loaded = await loadAvatarPack(path.join(AVATARS, name));
  expect(loaded.name).toBe(name);
  expect(loaded.layers.size).toBeGreaterThan(30);
});

test.each<[string, (manifest: Record<string, any>) => void, RegExp]>([
  ['another version', (manifest) => Object.assign(manifest, { version: 2 }), /"version": 1/],
  ['an unknown key', (manifest) => Object.assign(manifest, { extra: 1 }), /extra/],
  ['a name that is no name', (manifest) => Object.assign(manifest, { name: '../yuri' }), /name/],
  [
    'a file outside the folder',
    (manifest) => Object.assign(manifest, { neutral: '../neutral.webp' }),
    /neutral/,
  ],
  ['a grid with a missing row', (manifest) => manifest['mouth'].grid.pop(), /mouth\.grid/],
  ['a jaw that does not start shut', (manifest) => Object.assign(manifest['mouth'].jaw, [0.1]), /mouth\.jaw/],
  ['a missing consonant', (manifest) => delete manifest['mouth'].shapes.PP, /PP/],
  [
    'a box outside the canvas',
    (manifest) => Object.assign(manifest['mouth'].box, { leftPx: 4000 }),
    /inside the canvas/,
  ],
  ['an odd box', (manifest) => Object.assign(manifest['eyes'].box, { widthPx: 413 }), /even/],
  ['lids that never shut', (manifest) => manifest['eyes'].lids.pop(), /closure 1/],
  ['a motion of another size', (manifest) => Object.assign(manifest['motion'], { rows: 159 }), /bytes/],
  ['a picture of another size', (manifest) => (manifest['mouth'].box.widthPx -= 2), /pixels and is/],
])('%s is refused with what to do', async (_, change, message) => {
  await edit(change);
  await expect(loadAvatarPack(pack)).rejects.toThrow(message);
});

test('a missing layer, a layer that is no picture and a broken manifest are named', async () => {
  await rm(path.join(pack, 'm_PP.webp'));
  await expect(loadAvatarPack(pack)).rejects.toThrow('m_PP.webp');
  await writeFile(path.join(pack, 'm_PP.webp'), 'not a picture, but long enough to have a header');
  await expect(loadAvatarPack(pack)).rejects.toThrow(/m_PP\.webp must be a WebP/);
  await writeFile(path.join(pack, 'pack.json'), '{');
  await expect(loadAvatarPack(pack)).rejects.toThrow(/pack\.json must be JSON/);
  await rm(path.join(pack, 'pack.json'));
  await expect(loadAvatarPack(pack)).rejects.toThrow(/pack\.json/);
});

test('an abort ends the loading', async () => {
  await expect(loadAvatarPack(pack, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
    'enough',
  );
});
