/** An operator's own recordings: sound files with a text file of the same name beside each. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandError } from '../client.ts';
import { reasonOf } from '../files.ts';
import type { Clip } from './measurements.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.webm': 'audio/webm',
  '.flac': 'audio/flac',
  '.m4a': 'audio/mp4',
  '.mp4': 'audio/mp4',
};
/** Of compressed sound at its smallest; only the estimate of the cost needs it. */
const MIN_BYTES_PER_SECOND = 2000;

/**
 * With one language the files lie in the folder itself, with several in a folder for each, e.g. `ko`.
 * @throws {CommandError} for a folder without recordings, and a recording without its text
 */
export async function readRecordings(
  folder: string,
  languages: readonly string[],
): Promise<ReadonlyMap<string, readonly Clip[]>> {
  const [only] = languages;
  if (languages.length === 1 && only !== undefined) return new Map([[only, await readFolder(folder)]]);
  const found = await Promise.all(
    languages.map(async (language) => [language, await readFolder(path.join(folder, language))] as const),
  );
  return new Map(found);
}

async function readFolder(folder: string): Promise<readonly Clip[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new CommandError(`The folder ${folder} cannot be read: ${reasonOf(error)}.`);
  });
  const clips: Clip[] = [];
  for (const name of names.toSorted()) {
    const { ext, name: stem } = path.parse(name);
    const mediaType = MEDIA_TYPES[ext.toLowerCase()];
    if (mediaType === undefined) continue;
    const text = await readFile(path.join(folder, `${stem}.txt`), 'utf8').catch(() => '');
    if (text.trim() === '') {
      throw new CommandError(`The recording ${name} needs what it says in ${stem}.txt beside it.`);
    }
    const bytes = new Uint8Array(await readFile(path.join(folder, name)));
    clips.push({
      text: text.trim(),
      sound: { bytes, mediaType },
      soundMs: (bytes.length / bytesPerSecond(bytes)) * 1000,
    });
  }
  if (clips.length === 0) throw new CommandError(`There is no recording in ${folder}.`);
  return clips;
}

/** A WAV file says it itself. */
function bytesPerSecond(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isWav = bytes.length > 44 && view.getUint32(0) === 0x52494646;
  return Math.max(MIN_BYTES_PER_SECOND, isWav ? view.getUint32(28, true) : 0);
}
