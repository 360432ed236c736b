/** Decodes what browsers and telephones record (WebM, Ogg, MP4 audio) with the ffmpeg program, when it is installed. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { decodePcm16, type PcmClip } from '@visavox/audio';

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

/**
 * Decodes the first `maxSeconds`; `undefined` when the program finds no sound in the file. Rejects with a
 * `TimeoutError` after half a minute, and with the signal's reason on abort.
 */
export async function decodeWithFfmpeg(
  program: string,
  bytes: Uint8Array,
  options: { readonly maxSeconds: number; readonly signal: AbortSignal },
): Promise<PcmClip | undefined> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  signal.throwIfAborted();
  const args = [
    // It reads nothing but its input: a playlist inside a file could name others.
    ...['-nostdin', '-v', 'quiet', '-protocol_whitelist', 'pipe', '-i', 'pipe:0'],
    ...['-vn', '-t', String(options.maxSeconds), '-ac', '1', '-ar', String(RATE_HZ), '-f', 's16le', 'pipe:1'],
  ];
  const maxBuffer = Math.ceil((options.maxSeconds + 1) * RATE_HZ * 2);
  const output = await new Promise<Buffer>((resolve) => {
    // A file that breaks off in the middle ends in an error, with the sound up to there.
    const child = execFile(
      program,
      args,
      { signal, maxBuffer, encoding: 'buffer', killSignal: 'SIGKILL' },
      (_error, stdout) => resolve(stdout),
    );
    // It stops reading when it has enough.
    child.stdin?.on('error', () => {});
    child.stdin?.end(bytes);
  });
  signal.throwIfAborted();
  return output.length === 0 ? undefined : { samples: decodePcm16(output), sampleRateHz: RATE_HZ };
}
