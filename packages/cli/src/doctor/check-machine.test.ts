/** The checks of the machine itself: Node.js, data folder, datagrams, models, recognisers, and the microphone's page. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { KNOWN_MODELS, MODELS_FOLDER } from '@visavox/contract/models';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkDataFolder } from './check-data-folder.ts';
import { checkMicrophone } from './check-microphone.ts';
import { checkModels, checkRecognisers } from './check-models.ts';
import { checkNode } from './check-node.ts';
import { checkUdp } from './check-udp.ts';

const { signal } = new AbortController();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-doctor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([
  ['24.21.0', 'ok'],
  ['25.0.0', 'ok'],
  ['20.1.0', 'warning'],
  ['18.20.0', 'failed'],
])('Node.js %s is %s', (version, state) => {
  expect(checkNode(version)).toMatchObject([{ check: 'node', state }]);
});

test('a data folder that can be written is left as it was; one that is not there can be made', async () => {
  await writeFile(path.join(folder, 'server.pid'), String(process.pid));
  const [finding] = await checkDataFolder(folder);
  expect(finding).toMatchObject({
    state: 'ok',
    message: expect.stringMatching(/\d GB free; process \d+ uses it$/),
  });
  expect(await readdir(folder)).toEqual(['server.pid']);
  const inside = path.join(folder, 'not', 'yet');
  expect(await checkDataFolder(inside)).toMatchObject([
    { state: 'ok', message: expect.stringContaining(`${inside} will be made`) },
  ]);
  expect(await readdir(folder)).toEqual(['server.pid']);
});

test('a data folder that is a file, or lies in one, is broken', async () => {
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  expect(await checkDataFolder(file)).toMatchObject([
    { state: 'failed', message: expect.stringContaining('ENOTDIR') },
  ]);
  expect(await checkDataFolder(path.join(file, 'inside'))).toMatchObject([
    { check: 'data', state: 'failed' },
  ]);
});

test('datagrams come back, from the range for media when there is one', async () => {
  expect(await checkUdp({ mediaPorts: undefined, signal })).toMatchObject([{ check: 'udp', state: 'ok' }]);
  const taken = createSocket('udp4').bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address();
  const first = Math.min(port, 65_500);
  const [finding] = await checkUdp({ mediaPorts: `${first}-${first + 30}`, signal });
  taken.close();
  expect(finding?.state).toBe('ok');
  // The first one is taken, so that it was another of the range.
  expect(finding?.message).not.toContain(`(port ${port} `);
  expect(finding?.message).toMatch(/\(port \d+ of /);
});

test.each(['50000', '80-90', '50000-50003', '60000-70000'])(
  'VISAVOX_MEDIA_PORTS=%s is broken',
  async (mediaPorts) => {
    expect(await checkUdp({ mediaPorts, signal })).toMatchObject([{ check: 'udp', state: 'failed' }]);
  },
);

async function installModel(id: string, files: readonly string[], manifest?: object): Promise<void> {
  const place = path.join(folder, MODELS_FOLDER, id);
  await mkdir(place, { recursive: true });
  for (const name of files) await writeFile(path.join(place, name), 'x');
  if (manifest !== undefined) await writeFile(path.join(place, 'model.json'), JSON.stringify(manifest));
}

test('models are whole or not, and their hash is that of the list or not', async () => {
  expect(await checkModels(folder)).toMatchObject([{ state: 'skipped' }]);
  const known = KNOWN_MODELS.find(({ name, sha256 }) => name === 'sense-voice' && sha256 !== undefined);
  if (known === undefined) throw new Error('The list has another form.');
  const whole = ['model.int8.onnx', 'tokens.txt'];
  await installModel(known.id, whole, { sha256: known.sha256 });
  await installModel('z-own', whole, { kind: 'sense-voice', languages: ['ko'] });
  await installModel('z-own-unknown', ['notes.txt']);
  await installModel('z-own-cut', ['tokens.txt'], { kind: 'sense-voice' });
  expect((await checkModels(folder)).map(({ state, message }) => `${state} ${message}`).sort()).toEqual([
    `ok ${known.id} is whole; its hash is that of the list`,
    'ok z-own is whole; its hash is not known',
    expect.stringMatching(/^warning z-own-cut is not whole: model\.onnx/),
    'warning z-own-unknown: its kind is not known',
  ]);
  await installModel(known.id, whole, { sha256: 'f'.repeat(64) });
  const [changed] = await checkModels(folder);
  expect(changed).toMatchObject({ state: 'warning', message: expect.stringContaining('another hash') });
});

test('recognisers: what the server says counts, else what is found here', async () => {
  const options = {
    catalogue: undefined,
    searchPath: folder,
    checkout: folder,
    hasModels: false,
    isLocal: true,
  };
  const catalogue = { iceServers: [], recognisers: ['sense-voice', 'pocketsphinx'] };
  expect(await checkRecognisers({ ...options, catalogue })).toMatchObject([
    { state: 'ok', message: 'the server has sense-voice, pocketsphinx' },
  ]);
  expect(await checkRecognisers({ ...options, catalogue: { ...catalogue, recognisers: [] } })).toMatchObject([
    { state: 'warning', mend: expect.stringContaining('visavox models pull') },
  ]);
  expect(await checkRecognisers({ ...options, isLocal: false })).toMatchObject([{ state: 'skipped' }]);
  const program = path.join(folder, 'pocketsphinx_continuous');
  await writeFile(program, '', { mode: 0o755 });
  expect(await checkRecognisers(options)).toMatchObject([
    { state: 'ok', message: expect.stringContaining('PocketSphinx') },
  ]);
  const withModels = { ...options, hasModels: true };
  expect((await checkRecognisers(withModels)).at(-1)).toMatchObject({ state: 'warning' });
  const engine = path.join(folder, 'packages', 'speech-sherpa', 'node_modules', 'sherpa-onnx-node');
  await mkdir(engine, { recursive: true });
  await writeFile(path.join(engine, 'index.js'), '');
  expect((await checkRecognisers(withModels)).at(-1)).toMatchObject({
    state: 'ok',
    message: expect.stringContaining('sherpa-onnx'),
  });
});

test.each([
  [undefined, undefined, 'ok'],
  [undefined, '0.0.0.0', 'warning'],
  ['http://localhost:8484', undefined, 'ok'],
  ['http://visavox.example.com', undefined, 'warning'],
  ['ftp://visavox.example.com', undefined, 'failed'],
  ['visavox.example.com', undefined, 'failed'],
])('microphone: VISAVOX_PUBLIC_URL=%s HOST=%s is %s', async (publicUrl, host, state) => {
  expect(await checkMicrophone({ publicUrl, host, signal, timeoutMs: 500 })).toMatchObject([
    { check: 'microphone', state },
  ]);
});
