import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { encodeWav } from '@visavox/audio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lengthWarning, readSound, resolveTyped, saveSound, soundSeconds } from './sound-files.ts';

let folder: string;
const host = { platform: 'linux', environment: {} } as const;
const { signal } = new AbortController();

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-sounds-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('files are named by their time, and none is overwritten', async () => {
  const now = new Date(2026, 0, 31, 8, 5, 9);
  const saved = [
    await saveSound(folder, 'recorded', new Uint8Array([1]), now),
    await saveSound(folder, 'recorded', new Uint8Array([2]), now),
  ];
  expect(saved).toEqual([
    path.join(folder, 'recorded_20260131_080509.wav'),
    path.join(folder, 'recorded_20260131_080509_2.wav'),
  ]);
  expect([...(await readFile(saved[0] ?? ''))]).toEqual([1]);
  await expect(saveSound(path.join(folder, 'none'), 'recorded', new Uint8Array(), now)).rejects.toThrow(
    'cannot be written: it does not exist.',
  );
});

test.each([
  ['a.wav', false, '/home/x/a.wav'],
  ['  /tmp/a b.wav ', false, '/tmp/a b.wav'],
  ["'/tmp/a b.wav'", false, '/tmp/a b.wav'],
  ['/tmp/a\\ b.wav', false, '/tmp/a b.wav'],
  ['~/a.wav', false, path.join(os.homedir(), 'a.wav')],
])('%s is understood as it is typed or dropped', (typed, windows, file) => {
  expect(resolveTyped(typed, '/home/x', windows)).toBe(file);
});

test('backslashes are kept where they are part of paths', () => {
  expect(resolveTyped('"C:\\sounds\\a.wav"', '/x', true)).toContain('C:\\sounds\\a.wav');
});

test.each([
  [undefined, undefined],
  [0.3, /0\.3 s: less than 0\.5 s/],
  [0.5, undefined],
  [30, undefined],
  [31, /31\.0 s: more than 30 s/],
])('%s seconds: %s', (seconds, warning) => {
  if (warning === undefined) expect(lengthWarning(seconds)).toBeUndefined();
  else expect(lengthWarning(seconds)).toMatch(warning);
});

test('the length of WAV is read, that of others is not known without a program', async () => {
  const wav = path.join(folder, 'one.wav');
  await writeFile(wav, encodeWav({ samples: new Int16Array(24_000), sampleRateHz: 16_000 }));
  expect(await soundSeconds(wav, { host, signal })).toBe(1.5);
  const other = path.join(folder, 'other.mp3');
  await writeFile(other, 'ID3');
  expect(await soundSeconds(other, { host, signal })).toBeUndefined();
});

test('what cannot be sent is told before it is', async () => {
  await expect(readSound(path.join(folder, 'none.wav'))).rejects.toThrow('it does not exist');
  await expect(readSound(folder)).rejects.toThrow('it is a folder');
  const empty = path.join(folder, 'empty.wav');
  await writeFile(empty, '');
  await expect(readSound(empty)).rejects.toThrow('is empty');
  const large = path.join(folder, 'large.wav');
  await writeFile(large, new Uint8Array(27_000_000));
  await expect(readSound(large)).rejects.toThrow('has 27 MB; 26 MB can be sent at most.');
});
