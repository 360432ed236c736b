/** Brings an archive over the network, goes on where an earlier attempt was cut off, and computes hashes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { CommandError } from '../client.ts';
import type { Progress } from './progress.ts';

export interface DownloadOptions {
  readonly url: string;
  /** Where the bytes go; kept when the download is cut off. */
  readonly file: string;
  readonly maxBytes: number;
  readonly progress: Progress;
  readonly fetch?: typeof fetch;
  /** A server that sends nothing for so long is given up. Default 60 000. */
  readonly idleMs?: number;
}

/** What is remembered of a download that is not complete, to know that a later answer is the same file. */
interface Remembered {
  readonly url: string;
  readonly validator: string;
}

/** @throws {CommandError} when the file does not come whole; run again, it goes on from there. */
export async function download(options: DownloadOptions): Promise<void> {
  const { url, file } = options;
  const notes = `${file}.json`;
  const have = await sizeOf(file);
  const remembered = have > 0 ? await readRemembered(notes) : undefined;
  const resumes = remembered?.url === url;
  const idle = new AbortController();
  const idleMs = options.idleMs ?? 60_000;
  let timer = setTimeout(() => idle.abort(), idleMs);
  try {
    const response = await (options.fetch ?? fetch)(url, {
      signal: idle.signal,
      headers: resumes ? { range: `bytes=${have}-`, 'if-range': remembered.validator } : {},
    });
    if (response.status === 416 && resumes) {
      await response.body?.cancel();
      await rm(file, { force: true });
      await download(options);
      return;
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new CommandError(
        `${url} answered with status ${response.status}. Is the address right? Another one: --from <mirror or file>`,
      );
    }
    const from = response.status === 206 ? have : 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isFinite(length) ? from + length : undefined;
    checkSize(total ?? 0, options);
    // Weak validators do not promise the same bytes.
    const tag = response.headers.get('etag');
    const validator = tag?.startsWith('"') ? tag : response.headers.get('last-modified');
    if (validator) await writeFile(notes, JSON.stringify({ url, validator } satisfies Remembered));
    else await rm(notes, { force: true });
    const handle = await open(file, from > 0 ? 'a' : 'w');
    try {
      const got = await write(handle, response.body, from, total, options, () => {
        clearTimeout(timer);
        timer = setTimeout(() => idle.abort(), idleMs);
      });
      if (total !== undefined && got < total) throw new Error('the connection was closed');
    } finally {
      await handle.close();
    }
    await rm(notes, { force: true });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = idle.signal.aborted ? `nothing came for ${idleMs / 1000} s` : reasonOf(error);
    const got = await sizeOf(file);
    throw new CommandError(
      got > 0
        ? `The download of ${url} was cut off: ${reason}. What came is kept; run the command again to go on.`
        : `${url} cannot be loaded: ${reason}. Without a network: --from <archive, folder or mirror>`,
    );
  } finally {
    clearTimeout(timer);
    options.progress.end();
  }
}

/** SHA-256 of a file, in hexadecimal digits. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest('hex');
}

async function write(
  handle: FileHandle,
  body: AsyncIterable<Uint8Array>,
  from: number,
  total: number | undefined,
  options: DownloadOptions,
  onPiece: () => void,
): Promise<number> {
  let got = from;
  options.progress.report(got, total);
  for await (const piece of body) {
    onPiece();
    got += piece.length;
    checkSize(got, options);
    await handle.write(piece);
    options.progress.report(got, total);
  }
  return got;
}

function checkSize(bytes: number, { maxBytes, url }: DownloadOptions): void {
  if (bytes > maxBytes) {
    throw new CommandError(`${url} is larger than ${Math.round(maxBytes / 2 ** 30)} GB, which no model is.`);
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function readRemembered(file: string): Promise<Remembered | undefined> {
  try {
    // Written above; anything else leads to a download from the start.
    return JSON.parse(await readFile(file, 'utf8')) as Remembered;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : String(cause);
}
