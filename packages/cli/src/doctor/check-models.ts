/** Recognition on the machine of the server: the downloaded models, and the recognisers that there are. */
import { access, constants, readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  DEFAULT_MODEL_NAME,
  findKnownModel,
  guessModelKind,
  MODELS_FOLDER,
  pickModelFiles,
} from '@visavox/contract/models';
import { type InstalledModel, isFolder, listInstalled } from '../models/store.ts';
import { type Finding, ok, skipped, warning } from './finding.ts';
import type { Catalogue } from './inspect-server.ts';

const PULL = `Run "visavox models pull ${DEFAULT_MODEL_NAME}" and start the server again.`;

/** What is in the folder of models: whole or not, and from an archive with the hash that is listed or not. */
export async function checkModels(dataDirectory: string): Promise<readonly Finding[]> {
  const installed = await listInstalled(dataDirectory);
  if (installed.length === 0) return [skipped('models', 'no recognition model is downloaded')];
  return Promise.all(installed.map((model) => checkModel(dataDirectory, model)));
}

async function checkModel(dataDirectory: string, { id, manifest }: InstalledModel): Promise<Finding> {
  const files = await readdir(path.join(dataDirectory, MODELS_FOLDER, id));
  const known = findKnownModel(manifest.id ?? id);
  const kind = manifest.kind ?? known?.kind ?? guessModelKind(id, files);
  const again = `Run "visavox models pull ${known?.name ?? id} --force", or remove it with "visavox models rm ${id}".`;
  if (kind === undefined)
    return warning(
      'models',
      `${id}: its kind is not known`,
      'Name it in its model.json; docs/local-models.md says how.',
    );
  const { missing } = pickModelFiles(kind, files);
  if (missing.length > 0)
    return warning('models', `${id} is not whole: ${missing.join(' and ')} is missing`, again);
  if (known?.sha256 !== undefined && manifest.sha256 !== undefined && known.sha256 !== manifest.sha256) {
    return warning('models', `${id} came from an archive with another hash than the list has`, again);
  }
  const hash =
    manifest.sha256 === undefined
      ? 'its hash is not known'
      : known?.sha256 === undefined
        ? `sha256 ${manifest.sha256.slice(0, 12)}…, which nobody has told before`
        : 'its hash is that of the list';
  return ok('models', `${id} is whole; ${hash}`);
}

export interface CheckRecognisersOptions {
  /** Of the server that runs; undefined when none does or the key may not ask. */
  readonly catalogue: Catalogue | undefined;
  /** The value of PATH. */
  readonly searchPath: string | undefined;
  /** A folder that may be a checkout of Visavox. */
  readonly checkout: string;
  readonly hasModels: boolean;
  /** Whether the machine of the server is this one. */
  readonly isLocal: boolean;
}

/** A server that runs knows best; else what is installed here tells what one would find. */
export async function checkRecognisers(options: CheckRecognisersOptions): Promise<readonly Finding[]> {
  const { catalogue, isLocal } = options;
  if (catalogue !== undefined) {
    const able = catalogue.recognisers;
    return [
      able.length > 0 ? ok('recogniser', `the server has ${able.join(', ')}`) : limited('the server has'),
    ];
  }
  if (!isLocal)
    return [
      skipped(
        'recogniser',
        'the server is on another machine and tells nothing without a key that may manage',
      ),
    ];
  const findings: Finding[] = [];
  const program = await findProgram('pocketsphinx_continuous', options.searchPath);
  if (program) findings.push(ok('recogniser', 'PocketSphinx is installed (English)'));
  if (options.hasModels) findings.push(await describeEngine(options.checkout));
  return findings.length > 0 ? findings : [limited('there is')];
}

function limited(subject: string): Finding {
  return warning(
    'recogniser',
    `${subject} a small built-in vocabulary only (English)`,
    `${PULL} Or set a vendor's key; typing works without.`,
  );
}

/** The optional package that runs downloaded models, where an installation of the workspace puts it. */
async function describeEngine(checkout: string): Promise<Finding> {
  const places = [path.join('packages', 'speech-sherpa'), '.'].map((owner) =>
    path.join(checkout, owner, 'node_modules', 'sherpa-onnx-node'),
  );
  const found = await Promise.all(places.map(isFolder));
  return found.includes(true)
    ? ok('recogniser', 'the engine for downloaded models (sherpa-onnx) is installed')
    : warning(
        'recogniser',
        'the engine for downloaded models (sherpa-onnx-node) was not found here',
        'Install the workspace with its optional packages, and start the server: it names what it has.',
      );
}

async function findProgram(name: string, searchPath = ''): Promise<boolean> {
  const folders = [
    ...searchPath.split(path.delimiter).filter((folder) => folder !== ''),
    '/usr/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ];
  const found = await Promise.all(
    folders.map((folder) =>
      access(path.join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
