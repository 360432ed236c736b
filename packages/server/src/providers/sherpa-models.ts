/** Finds the recognition models in the data folder, by their manifests or by their names and files. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  findKnownModel,
  guessModelKind,
  KNOWN_MODELS,
  MODEL_KINDS,
  MODEL_MANIFEST,
  MODELS_FOLDER,
  type ModelFiles,
  type ModelKind,
  type ModelManifest,
  modelManifest,
  pickModelFiles,
  usualLanguages,
} from '@visavox/contract/models';
import { ProviderError } from './provider.ts';

export interface SherpaModel {
  /** Name of its folder. */
  readonly id: string;
  readonly kind: ModelKind;
  /** BCP 47 primary tags; `'*'` means any. */
  readonly languages: readonly string[];
  /** Paths by role. */
  readonly files: ModelFiles;
}

export interface FoundModels {
  /** In order of preference. */
  readonly models: readonly SherpaModel[];
  /** Folders that are no complete model, each with what is wrong. */
  readonly problems: readonly ProviderError[];
}

/** Looks through `<data folder>/models`; a folder that does not exist is an empty one. */
export async function findSherpaModels(dataDirectory: string): Promise<FoundModels> {
  const folder = path.join(dataDirectory, MODELS_FOLDER);
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const models: SherpaModel[] = [];
  const problems: ProviderError[] = [];
  // Folders with a dot are downloads under way.
  const names = entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map(({ name }) => name);
  for (const name of names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))) {
    try {
      models.push(await readSherpaModel(path.join(folder, name)));
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      problems.push(error);
    }
  }
  return { models, problems };
}

/** @throws {ProviderError} `unavailable` when something is missing; the message says what, and what to do. */
export async function readSherpaModel(folder: string): Promise<SherpaModel> {
  const id = path.basename(folder);
  const names = await readdir(folder).catch(() => {
    throw broken(id, 'its folder cannot be read');
  });
  const manifest = names.includes(MODEL_MANIFEST) ? await readManifest(folder, id) : {};
  const known = findKnownModel(manifest.id ?? id);
  const kind = manifest.kind ?? known?.kind ?? guessModelKind(id, names);
  if (kind === undefined) {
    throw broken(
      id,
      `its kind is not known; name it in ${MODEL_MANIFEST}: "kind": ${MODEL_KINDS.join(' | ')}`,
    );
  }
  const languages = manifest.languages ?? known?.languages ?? usualLanguages(kind, id);
  if (languages === undefined) {
    throw broken(id, `its languages are not known; name them in ${MODEL_MANIFEST}: "languages": ["ko"]`);
  }
  const { files, missing } = pickModelFiles(kind, names);
  if (missing.length > 0) throw broken(id, `the file ${missing.join(' and ')} is missing`);
  const paths: Partial<Record<keyof ModelFiles, string>> = {};
  for (const [role, name] of Object.entries(files)) {
    const file = path.join(folder, name);
    const isFilled = await stat(file).then(
      (found) => found.isFile() && found.size > 0,
      () => false,
    );
    if (!isFilled) throw broken(id, `the file ${name} is empty or cannot be read`);
    // The keys are those of the table of files.
    paths[role as keyof ModelFiles] = file;
  }
  return { id, kind, languages, files: paths };
}

async function readManifest(folder: string, id: string): Promise<ModelManifest> {
  try {
    return modelManifest.parse(JSON.parse(await readFile(path.join(folder, MODEL_MANIFEST), 'utf8')));
  } catch {
    throw broken(id, `its ${MODEL_MANIFEST} is not what it should be; remove the file or the model`);
  }
}

/** Known models in the order of their table, others before them: somebody has chosen those. */
function rank(name: string): number {
  return KNOWN_MODELS.findIndex(({ id }) => id === name);
}

function broken(id: string, reason: string): ProviderError {
  return new ProviderError('unavailable', `the model ${id} cannot be used: ${reason}`);
}
