/** Decodes what browsers and telephones record (WebM, Ogg, MP4 audio) with the ffmpeg program, when it is installed. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { decodePcm16, type PcmClip } from '@visavox/audio';
import { finishChild, startChild } from '../providers/child-run.ts';

const PROGRAM_FOLDERS = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
const RATE_HZ = 24_000;
const TIMEOUT_MS = 30_000;

/** Containers that are handed to ffmpeg, by how they start. */
export function isForFfmpeg(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  return (
    start.startsWith('\x1a\x45\xdf\xa3') || // Matroska, WebM
    start.startsWith('OggS') ||
    start.startsWith('fLaC') ||
    start.slice(4, 8) === 'ftyp' // MP4, M4A
  );
}

/** Path of the program, looked for on `searchPath` (as in the PATH variable) and in the usual folders. */
export async function findFfmpeg(searchPath: string): Promise<string | undefined> {
  const folders = [...searchPath.split(delimiter).filter((folder) => folder !== ''), ...PROGRAM_FOLDERS];
  for (const folder of folders) {
    const path = join(folder, 'ffmpeg');
    const isFound = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isFound) return path;
  }
  return undefined;
}

/** Decodes the first `maxSeconds`; `undefined` when the program finds no sound in the file. */
export async function decodeWithFfmpeg(
  program: string,
  bytes: Uint8Array,
  options: { readonly maxSeconds: number; readonly signal: AbortSignal },
): Promise<PcmClip | undefined> {
  const child = startChild(program, [
    ...['-nostdin', '-v', 'error', '-protocol_whitelist', 'pipe', '-i', 'pipe:0'],
    ...['-vn', '-t', String(options.maxSeconds), '-ac', '1', '-ar', String(RATE_HZ), '-f', 's16le', 'pipe:1'],
  ]);
  const { exitCode, output } = await finishChild(child, {
    name: 'ffmpeg',
    input: bytes,
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: Math.ceil((options.maxSeconds + 1) * RATE_HZ * 2),
    signal: options.signal,
  });
  if (exitCode !== 0 && output.length === 0) return undefined;
  return { samples: decodePcm16(output), sampleRateHz: RATE_HZ };
}
