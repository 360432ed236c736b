/** The folder of models in a data folder: what is in it, how a model gets in at once, and how it gets out. */
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  findKnownModel,
  guessModelKind,
  MODEL_KINDS,
  MODEL_MANIFEST,
  MODELS_FOLDER,
  type ModelKind,
  type ModelManifest,
  modelManifest,
  pickModelFiles,
} from '@visavox/contract/models';
import { CommandError } from '../client.ts';
import { unpack } from './archive.ts';

export interface InstalledModel {
  readonly id: string;
  readonly manifest: ModelManifest;
}

export interface InstallOptions {
  readonly dataDirectory: string;
  readonly id: string;
  /** An archive, or a folder with a model's files. */
  readonly from: string;
  readonly kind: ModelKind | undefined;
  readonly manifest: Omit<ModelManifest, 'id' | 'kind'>;
}

/** More than the largest published model, unpacked. */
const LIMITS = { maxBytes: 8 * 2 ** 30, maxEntries: 5000 };

/** Folder of downloads and of models that are being unpacked; servers do not look into it. */
export function workFolder(dataDirectory: string): string {
  return path.join(dataDirectory, MODELS_FOLDER, '.download');
}

/** The folder of a model. @throws {CommandError} when the name is none of a folder. */
export function modelFolder(dataDirectory: string, id: string): string {
  if (!/^[\w][\w.+-]{0,199}$/.test(id)) {
    throw new CommandError(`A model's name has letters, digits and "-._+", but "${id}" came.`);
  }
  return path.join(dataDirectory, MODELS_FOLDER, id);
}

/** The models in the data folder. A folder without a readable manifest counts too. */
export async function listInstalled(dataDirectory: string): Promise<readonly InstalledModel[]> {
  const folder = path.join(dataDirectory, MODELS_FOLDER);
  const names = await readdir(folder).catch((): string[] => []);
  const found: InstalledModel[] = [];
  for (const id of names.sort()) {
    if (id.startsWith('.') || !(await isFolder(path.join(folder, id)))) continue;
    const text = await readFile(path.join(folder, id, MODEL_MANIFEST), 'utf8').catch(() => '{}');
    found.push({ id, manifest: parseManifest(text) });
  }
  return found;
}

/**
 * Unpacks and checks beside the models, then moves the result to its place in one step.
 * @throws {CommandError} when it is no model; then nothing is left and an installed model stays.
 */
export async function install(options: InstallOptions): Promise<void> {
  const { dataDirectory, id, from } = options;
  const target = modelFolder(dataDirectory, id);
  const staging = path.join(workFolder(dataDirectory), id);
  await rm(staging, { recursive: true, force: true });
  try {
    await mkdir(staging, { recursive: true });
    if (await isFolder(from)) await copyFiles(from, staging);
    else await unpack(from, staging, LIMITS);
    const root = await findRoot(staging);
    const names = await readdir(root);
    const kind = options.kind ?? findKnownModel(id)?.kind ?? guessModelKind(id, names);
    if (kind === undefined) {
      throw new CommandError(`What kind of model is ${id}? Say it with --kind: ${MODEL_KINDS.join(', ')}.`);
    }
    const { missing } = pickModelFiles(kind, names);
    if (missing.length > 0) {
      throw new CommandError(`That is no ${kind} model: ${missing.join(' and ')} is missing.`);
    }
    const manifest: ModelManifest = { id, kind, ...options.manifest };
    await writeFile(path.join(root, MODEL_MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    await discard(dataDirectory, id);
    await rename(root, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Takes a model and its unfinished download away. Resolves with false when there was none. */
export async function remove(dataDirectory: string, id: string): Promise<boolean> {
  const downloads = await readdir(workFolder(dataDirectory)).catch((): string[] => []);
  const unfinished = downloads.filter((name) => name.startsWith(`${id}.partial`));
  for (const name of unfinished) await rm(path.join(workFolder(dataDirectory), name), { force: true });
  return (await discard(dataDirectory, id)) || unfinished.length > 0;
}

export async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Moves it aside first, so that a server never finds half of it. */
async function discard(dataDirectory: string, id: string): Promise<boolean> {
  const folder = modelFolder(dataDirectory, id);
  const aside = path.join(workFolder(dataDirectory), `${id}.removed`);
  await mkdir(workFolder(dataDirectory), { recursive: true });
  await rm(aside, { recursive: true, force: true });
  const isThere = await rename(folder, aside).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    },
  );
  await rm(aside, { recursive: true, force: true });
  return isThere;
}

/** The files of a model folder; folders inside (test recordings) are left behind. */
async function copyFiles(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    const found = await stat(path.join(from, name));
    if (found.isFile()) await cp(path.join(from, name), path.join(to, name), { dereference: true });
  }
}

/** Archives have everything in one folder of their own. */
async function findRoot(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const [only] = entries;
  return entries.length === 1 && only?.isDirectory() ? path.join(folder, only.name) : folder;
}

function parseManifest(text: string): ModelManifest {
  try {
    const parsed = modelManifest.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}
