/** `visavox models`: recognition models in the data folder of the server on this machine. Needs no running server. */
import { findKnownModel, KNOWN_MODELS, MODEL_KINDS, type ModelKind } from '@visavox/contract/models';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandError } from '../client.ts';
import { dataDirectory, type GlobalOptions } from '../context.ts';
import { formatBytes } from '../models/progress.ts';
import { createOutput, type Item, type Output } from '../output.ts';
import type { Surroundings } from '../surroundings.ts';
import { column } from './resource.ts';

interface ModelsOptions extends GlobalOptions {
  readonly dataDir?: string;
}

interface PullCommandOptions {
  readonly from?: string;
  readonly sha256?: string;
  readonly kind?: ModelKind;
  readonly languages?: readonly string[];
  readonly force?: boolean;
}

export function addModels(program: Command, surroundings: Surroundings): void {
  const models = program
    .command('models')
    .description('recognition models on this machine, without a vendor')
    .option('--data-dir <folder>', "the server's data folder (default: VISAVOX_DATA_DIR, or .visavox)");
  const open = (command: Command): { readonly output: Output; readonly folder: string } => {
    const { json, dataDir } = command.optsWithGlobals<ModelsOptions>();
    const environment = { ...surroundings.environment };
    if (dataDir !== undefined) environment['VISAVOX_DATA_DIR'] = dataDir;
    return {
      output: createOutput(surroundings.write, json === true),
      folder: dataDirectory(environment, surroundings.directory),
    };
  };
  models
    .command('list', { isDefault: true })
    .description('list those that can be pulled, and those that are installed')
    .action(async (_options, command: Command) => {
      const { output, folder } = open(command);
      await list(output, folder);
    });
  models
    .command('pull <name>')
    .description('download one of the list, or the archive at a URL')
    .option('--from <source>', 'instead: a mirror, the URL or path of an archive, or a folder')
    .option('--sha256 <hash>', 'what the archive must hash to', parseHash)
    .addOption(new Option('--kind <kind>', 'of a model that is not listed').choices(MODEL_KINDS))
    .option('--languages <tags>', 'of a model that is not listed, e.g. ko,en', parseLanguages)
    .option('--force', 'replace it when it is installed')
    .action(async (name: string, options: PullCommandOptions, command: Command) => {
      const { output, folder } = open(command);
      // Loaded for this command only: the others start faster without.
      const [{ pull }, { createProgress }] = await Promise.all([
        import('../models/pull.ts'),
        import('../models/progress.ts'),
      ]);
      const pulled = await pull({
        dataDirectory: folder,
        directory: surroundings.directory,
        name,
        ...options,
        note: output.note,
        progress: createProgress(surroundings.writeError, { isTerminal: surroundings.isTerminal === true }),
      });
      if (output.json) output.show({ ...pulled });
    });
  models
    .command('rm <name>')
    .alias('remove')
    .description('remove one, or what came of its download')
    .action(async (name: string, _options, command: Command) => {
      const { output, folder } = open(command);
      const { remove } = await import('../models/store.ts');
      const id = findKnownModel(name)?.id ?? name;
      if (!(await remove(folder, id))) throw new CommandError(`The model ${name} is not installed.`);
      output.note(`The model ${id} is removed.`);
    });
}

async function list(output: Output, folder: string): Promise<void> {
  const { listInstalled } = await import('../models/store.ts');
  const installed = await listInstalled(folder);
  const isInstalled = (id: string) => installed.some((model) => model.id === id);
  const known = KNOWN_MODELS.map(
    ({ name, id, kind, purpose, languages, license, terms, url, bytes, sha256 }): Item => ({
      ...{ name, id, installed: isInstalled(id), kind, purpose, languages, license, terms: terms ?? null },
      ...{ source: url, bytes: bytes ?? null, sha256: sha256 ?? null },
    }),
  );
  const foreign = installed
    .filter(({ id }) => findKnownModel(id) === undefined)
    .map(
      ({ id, manifest }): Item => ({
        ...{ name: id, id, installed: true, kind: manifest.kind ?? null, purpose: 'not of the list' },
        ...{ languages: manifest.languages ?? null, license: manifest.license ?? null, terms: null },
        ...{ source: manifest.source ?? null, bytes: null, sha256: manifest.sha256 ?? null },
      }),
    );
  output.list(
    [...known, ...foreign],
    [
      column('NAME', 'name'),
      { title: 'INSTALLED', value: (item) => (item['installed'] === true ? 'yes' : 'no') },
      { title: 'SIZE', value: ({ bytes }) => (typeof bytes === 'number' ? formatBytes(bytes) : null) },
      column('FOR', 'purpose'),
      { title: 'LANGUAGES', value: ({ languages }) => describeLanguages(languages) },
      column('LICENCE', 'license'),
      { title: 'SOURCE', value: ({ source }) => (typeof source === 'string' ? shorten(source) : null) },
      column('ID', 'id'),
    ],
    '',
  );
  for (const terms of new Set(KNOWN_MODELS.flatMap((model) => model.terms ?? []))) output.note(`\n${terms}`);
}

function describeLanguages(languages: unknown): string | null {
  if (!Array.isArray(languages)) return null;
  return languages.includes('*') ? 'any' : languages.join(' ');
}

/** Where it lies, without scheme and file. */
function shorten(source: string): string {
  return source.replace(/^https?:\/\//, '').replace(/\/[^/]*$/, '');
}

function parseHash(value: string): string {
  if (!/^[0-9a-f]{64}$/i.test(value)) throw new InvalidArgumentError('Expected 64 hexadecimal digits.');
  return value.toLowerCase();
}

function parseLanguages(value: string): readonly string[] {
  const tags = value.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^(\*|[a-z]{2,3})$/.test(tag))) {
    throw new InvalidArgumentError('Expected language tags such as "ko,en", or "*" for any.');
  }
  return tags;
}
