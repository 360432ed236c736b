/** Unpacks tar.bz2, tar.gz and tar archives of strangers: only files and folders, only inside, only so much. */
import { closeSync, createReadStream, createWriteStream, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import bunzip from 'seek-bzip';
import { extract } from 'tar-stream';
import { CommandError } from '../client.ts';

export interface UnpackLimits {
  /** Of all files together. */
  readonly maxBytes: number;
  readonly maxEntries: number;
}

const BUFFER_BYTES = 1 << 20;

/**
 * Unpacks into an empty folder.
 * @throws {CommandError} for anything that a model's archive does not have: links, paths that lead out, too much.
 */
export async function unpack(archive: string, folder: string, limits: UnpackLimits): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kind = await detect(archive);
  if (kind === undefined) {
    throw new CommandError(`${path.basename(archive)} is no tar.bz2, tar.gz or tar archive.`);
  }
  // The decoder of bzip2 is synchronous and three times as fast as those that are not, so it goes by way of a file.
  const tar = kind === 'bzip2' ? `${folder}.tar` : archive;
  try {
    if (kind === 'bzip2') decodeBzip2(archive, tar, limits.maxBytes);
    await unpackTar(createReadStream(tar), kind === 'gzip', folder, limits);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${path.basename(archive)} cannot be unpacked: ${reason}.`);
  } finally {
    if (tar !== archive) await rm(tar, { force: true });
  }
}

async function unpackTar(
  source: Readable,
  isGzip: boolean,
  folder: string,
  limits: UnpackLimits,
): Promise<void> {
  const entries = extract();
  const reading = isGzip ? pipeline(source, createGunzip(), entries) : pipeline(source, entries);
  // A failure also ends the loop below with the same error.
  reading.catch(() => {});
  let bytes = 0;
  let count = 0;
  for await (const entry of entries) {
    const { name, type, size = 0 } = entry.header;
    bytes += size;
    count += 1;
    if (bytes > limits.maxBytes || count > limits.maxEntries) throw tooMuch();
    const target = resolveInside(folder, name);
    if (type === 'directory') {
      await mkdir(target, { recursive: true });
      entry.resume();
    } else if (type === 'file' || type === 'contiguous-file') {
      await mkdir(path.dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target, { flags: 'wx', mode: 0o644 }));
    } else {
      throw new CommandError(
        `The archive has a ${type ?? 'strange entry'} in it ("${name}"); it is refused.`,
      );
    }
  }
  await reading;
}

function resolveInside(folder: string, name: string): string {
  const target = path.resolve(folder, name);
  const isInside = target === folder || target.startsWith(folder + path.sep);
  if (!isInside || path.isAbsolute(name) || name.includes('\\') || name.includes('\0')) {
    throw new CommandError(`The archive wants to write outside of its folder ("${name}"); it is refused.`);
  }
  return target;
}

function tooMuch(): CommandError {
  return new CommandError('The archive holds more than any model does; it is refused.');
}

async function detect(archive: string): Promise<'bzip2' | 'gzip' | 'tar' | undefined> {
  const handle = await open(archive, 'r');
  try {
    const head = Buffer.alloc(512);
    await handle.read(head, 0, head.length, 0);
    if (head.toString('latin1', 0, 3) === 'BZh') return 'bzip2';
    if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
    return head.toString('latin1', 257, 262) === 'ustar' ? 'tar' : undefined;
  } finally {
    await handle.close();
  }
}

function decodeBzip2(from: string, to: string, maxBytes: number): void {
  const input = openSync(from, 'r');
  const output = openSync(to, 'w', 0o600);
  try {
    const writer = createWriter(output, maxBytes);
    bunzip.decode(createReader(input), writer, true);
    writer.flush();
  } finally {
    closeSync(input);
    closeSync(output);
  }
}

function createReader(descriptor: number) {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  let at = 0;
  let end = 0;
  const fill = (): boolean => {
    at = 0;
    end = readSync(descriptor, buffer, 0, buffer.length, null);
    return end > 0;
  };
  const readByte = () => (at < end || fill() ? (buffer[at++] ?? -1) : -1);
  return {
    readByte,
    read(target: Uint8Array, offset: number, length: number) {
      for (let i = 0; i < length; i++) {
        const byte = readByte();
        if (byte < 0) return i === 0 ? -1 : i;
        target[offset + i] = byte;
      }
      return length;
    },
    eof: () => at >= end && !fill(),
  };
}

function createWriter(descriptor: number, maxBytes: number) {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  let used = 0;
  let written = 0;
  const flush = () => {
    let done = 0;
    while (done < used) done += writeSync(descriptor, buffer, done, used - done);
    written += used;
    used = 0;
    if (written > maxBytes) throw tooMuch();
  };
  return {
    writeByte(byte: number) {
      buffer[used++] = byte;
      if (used === buffer.length) flush();
    },
    flush,
  };
}
