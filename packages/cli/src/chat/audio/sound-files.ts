/** The files of a conversation: spoken answers and recordings to keep, and files of the user to be heard. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { decodeWav, isWav } from '@visavox/audio';
import { CommandError } from '../../client.ts';
import { reasonOf } from '../../files.ts';
import { findProgram, type Host, runProgram } from '../programs.ts';

/** What the server takes for one recognition. */
const MAX_UPLOAD_BYTES = 25 * 1024 * 1024;
/** Outside of this recognition is poor. */
const SHORT_SECONDS = 0.5;
const LONG_SECONDS = 30;

/** Writes a file that did not exist, `<name>_20260131_080000.wav`, and resolves with its path. */
export async function saveSound(
  folder: string,
  name: 'ai_response' | 'recorded',
  bytes: Uint8Array,
  now: Date,
): Promise<string> {
  for (let count = 1; ; count++) {
    const file = path.join(folder, `${name}_${timestamp(now)}${count === 1 ? '' : `_${count}`}.wav`);
    try {
      await writeFile(file, bytes, { flag: 'wx' });
      return file;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      throw new CommandError(`The file ${file} cannot be written: ${reasonOf(error)}.`);
    }
  }
}

export async function writeSound(file: string, bytes: Uint8Array): Promise<void> {
  await writeFile(file, bytes).catch((error: unknown) => {
    throw new CommandError(`The file ${file} cannot be written: ${reasonOf(error)}.`);
  });
}

/** A path as it is typed or dropped into a terminal: quotes, escaped spaces and `~` are understood. */
export function resolveTyped(typed: string, folder: string, windows: boolean): string {
  const trimmed = typed.trim();
  const quoted = /^(['"])(.*)\1$/.exec(trimmed)?.[2];
  const bare = quoted ?? (windows ? trimmed : trimmed.replace(/\\(.)/g, '$1'));
  return path.resolve(folder, bare.replace(/^~(?=$|[/\\])/, os.homedir()));
}

/** @throws {CommandError} when it cannot be read, or is larger than any server takes. */
export async function readSound(file: string): Promise<File> {
  const unreadable = (error: unknown): never => {
    throw new CommandError(`The file ${file} cannot be read: ${reasonOf(error)}.`);
  };
  const found = await stat(file).catch(unreadable);
  if (found.isDirectory()) throw new CommandError(`The file ${file} cannot be read: it is a folder.`);
  if (found.size === 0) throw new CommandError(`The file ${file} is empty.`);
  if (found.size > MAX_UPLOAD_BYTES) {
    throw new CommandError(
      `The file ${file} has ${Math.ceil(found.size / 1e6)} MB; ${Math.floor(MAX_UPLOAD_BYTES / 1e6)} MB can be sent at most.`,
    );
  }
  const bytes = await readFile(file).catch(unreadable);
  return new File([new Uint8Array(bytes)], path.basename(file));
}

/** A sentence when the sound is so short or so long that little will be understood of it. */
export function lengthWarning(seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined;
  const told = `The recording has ${seconds.toFixed(1)} s:`;
  if (seconds < SHORT_SECONDS) return `${told} less than ${SHORT_SECONDS} s is hardly understood.`;
  if (seconds > LONG_SECONDS) return `${told} more than ${LONG_SECONDS} s takes long and may be refused.`;
  return undefined;
}

/** How long a sound is: of WAV by its header, of others by ffprobe where that is installed; else undefined. */
export async function soundSeconds(
  file: string,
  { host, signal }: { readonly host: Host; readonly signal: AbortSignal },
): Promise<number | undefined> {
  const bytes = new Uint8Array(await readFile(file));
  if (isWav(bytes)) {
    try {
      const { samples, sampleRateHz } = decodeWav(bytes);
      return samples.length / sampleRateHz;
    } catch {
      // The server says what is wrong with it.
      return undefined;
    }
  }
  const probe = findProgram('ffprobe', host);
  if (probe === undefined) return undefined;
  const words = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file];
  const { out } = await runProgram(probe, words, { signal, environment: host.environment });
  const seconds = Number.parseFloat(out);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** Local time, e.g. `20260131_080000`. */
function timestamp(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${date}_${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}
