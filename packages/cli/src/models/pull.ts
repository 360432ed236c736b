/** Brings a model into the data folder: from its publisher, a mirror, an archive or a folder. */
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  findKnownModel,
  guessModelKind,
  KNOWN_MODELS,
  type KnownModel,
  type ModelKind,
  usualLanguages,
} from '@visavox/contract/models';
import { CommandError } from '../client.ts';
import { download, hashFile } from './download.ts';
import type { Progress } from './progress.ts';
import { install, isFolder, modelFolder, workFolder } from './store.ts';

export interface PullOptions {
  readonly dataDirectory: string;
  /** A known name or id, the URL of an archive, or with `from` any name. */
  readonly name: string;
  /** A mirror, the URL or path of an archive, or a folder. Paths are taken from `directory`. */
  readonly from?: string | undefined;
  readonly directory: string;
  readonly sha256?: string | undefined;
  readonly kind?: ModelKind | undefined;
  readonly languages?: readonly string[] | undefined;
  readonly force?: boolean | undefined;
  readonly progress: Progress;
  readonly note: (text: string) => void;
  readonly fetch?: typeof fetch;
}

export interface Pulled {
  readonly id: string;
  readonly folder: string;
  readonly was_installed: boolean;
  readonly sha256: string | null;
}

type Source = { readonly url: string } | { readonly path: string };

const ARCHIVE_NAME = /\.(tar\.bz2|tbz2?|tar\.gz|tgz|tar)$/;
const MAX_ARCHIVE_BYTES = 4 * 2 ** 30;

/** @throws {CommandError} when it cannot be had, or is not what it should be; nothing is installed then. */
export async function pull(options: PullOptions): Promise<Pulled> {
  const { dataDirectory, note } = options;
  const { id, url, known } = identify(options);
  const folder = modelFolder(dataDirectory, id);
  if (options.force !== true && (await isFolder(folder))) {
    note(`${id} is installed already; --force installs it again.`);
    return { id, folder, was_installed: true, sha256: null };
  }
  const languages =
    options.languages ?? known?.languages ?? usualLanguages(options.kind ?? guessModelKind(id, []), id);
  if (languages === undefined) {
    throw new CommandError(`Which languages does ${id} understand? Say it with --languages, e.g. ko,en.`);
  }
  const source = await findSource(options, id, url);
  if (known !== undefined) note(`Licence: ${known.license}. ${known.terms ?? ''}`.trim());
  await mkdir(workFolder(dataDirectory), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
    throw new CommandError(`The data folder ${dataDirectory} cannot be written (${code}).`);
  });
  const unlock = await lock(path.join(workFolder(dataDirectory), `${id}.lock`), id);
  try {
    const partial = path.join(workFolder(dataDirectory), `${id}.partial`);
    const from = 'path' in source ? source.path : partial;
    if ('url' in source) {
      note(`Downloading ${source.url}`);
      await download({ ...source, file: partial, maxBytes: MAX_ARCHIVE_BYTES, ...sharedOptions(options) });
    }
    const sha256 = (await isFolder(from)) ? undefined : await hashFile(from);
    const expected = options.sha256 ?? known?.sha256;
    if (sha256 === undefined && options.sha256 !== undefined) {
      throw new CommandError('--sha256 is the hash of an archive, but a folder came.');
    }
    if (sha256 !== undefined) {
      if (expected !== undefined && sha256 !== expected.toLowerCase()) {
        // To go on from there would not help.
        if ('url' in source) await rm(partial, { force: true });
        throw new CommandError(
          `The archive is not what it should be: expected sha256 ${expected}, but ${sha256} came. Nothing is installed.`,
        );
      }
      note(
        expected === undefined
          ? `sha256 ${sha256} (nobody has told it before: compare it when you can; it is kept in model.json)`
          : `sha256 ${sha256}, as expected`,
      );
    }
    note('Unpacking … (half a minute for 150 MB)');
    // Once it has come whole, there is nothing to go on from, however this ends.
    await install({
      dataDirectory,
      id,
      from,
      kind: options.kind ?? known?.kind,
      manifest: {
        languages: [...languages],
        source: 'url' in source ? source.url : path.basename(source.path),
        ...(known === undefined ? {} : { license: known.license }),
        ...(sha256 === undefined ? {} : { sha256 }),
      },
    }).finally(() => rm(partial, { force: true }));
    note(`${id} is installed. Start the server again to use it.`);
    return { id, folder, was_installed: false, sha256: sha256 ?? null };
  } finally {
    await unlock();
  }
}

function identify({ name, from }: PullOptions): {
  readonly id: string;
  readonly url: string | undefined;
  readonly known: KnownModel | undefined;
} {
  const isUrl = /^https?:\/\//.test(name);
  const id = isUrl ? path.posix.basename(new URL(name).pathname).replace(ARCHIVE_NAME, '') : name;
  const known = findKnownModel(id);
  if (known === undefined && !isUrl && from === undefined) {
    throw new CommandError(
      `There is no model "${name}" in the list. Known ones: ${KNOWN_MODELS.map((model) => model.name).join(', ')}. Others: the URL of an archive, or a name with --from.`,
    );
  }
  return { id: known?.id ?? id, url: isUrl ? name : known?.url, known };
}

async function findSource(options: PullOptions, id: string, url: string | undefined): Promise<Source> {
  const archive = url === undefined ? `${id}.tar.bz2` : path.posix.basename(new URL(url).pathname);
  const { from } = options;
  if (from === undefined) return { url: url ?? archive };
  if (/^https?:\/\//.test(from)) {
    return {
      url: ARCHIVE_NAME.test(new URL(from).pathname) ? from : `${from.replace(/\/+$/, '')}/${archive}`,
    };
  }
  const given = path.resolve(options.directory, from);
  if (await isFolder(given)) {
    if (await exists(path.join(given, archive))) return { path: path.join(given, archive) };
    return { path: (await isFolder(path.join(given, id))) ? path.join(given, id) : given };
  }
  if (await exists(given)) return { path: given };
  throw new CommandError(`--from ${from} is neither a file, nor a folder, nor an http:// or https:// URL.`);
}

/** Two downloads of one model would write into one file. */
async function lock(file: string, id: string): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const handle = await open(file, 'wx').catch(() => undefined);
    if (handle !== undefined) {
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    }
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (pid > 0 && isRunning(pid)) break;
    await rm(file, { force: true });
  }
  throw new CommandError(`Another command is pulling ${id} already.`);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

function sharedOptions(options: PullOptions): { readonly progress: Progress; readonly fetch?: typeof fetch } {
  return { progress: options.progress, ...(options.fetch === undefined ? {} : { fetch: options.fetch }) };
}
