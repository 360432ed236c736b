/** `visavox bench providers`: measures what the server can call, from this machine. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ListedModel, Stage } from '../bench/gateway-calls.ts';
import type { BenchOutcome } from '../bench/run.ts';
import { type Client, CommandError } from '../client.ts';
import { parseNumber, reasonOf } from '../files.ts';
import type { Output } from '../output.ts';
import type { Open } from '../program.ts';
import type { Surroundings } from '../surroundings.ts';
import { importRows } from './scores.ts';

const STAGES = ['tts', 'stt', 'llm'] as const;
const DEFAULT_ROUNDS = 2;
const MAX_SENTENCES = 8;
/** Of one provider and stage, unless models are named: some vendors list a hundred. */
const MODELS_PER_PROVIDER = 3;

interface BenchOptions {
  readonly language?: readonly string[];
  readonly region: string;
  readonly only?: readonly Stage[];
  readonly providers?: readonly string[];
  readonly rounds: number;
  readonly sentences: number;
  readonly models: number;
  readonly recordings?: string;
  readonly budgetUsd?: number;
  readonly write?: boolean;
  readonly output?: string;
}

export function addBench(program: Command, open: Open, surroundings: Surroundings): void {
  const bench = program.command('bench').description('measure what the server can call');
  bench
    .command('providers')
    .description('measure voices, recognisers and language models from this machine, one call after another')
    .option('--language <tags>', 'comma-separated (repeat); default en', collectTags)
    .option('--region <name>', 'the region that the rows are filed under', parseRegion, 'global')
    .addOption(
      new Option('--only <stages>', 'comma-separated: tts, stt, llm (repeat)').argParser(collectStages),
    )
    .option('--providers <names>', 'comma-separated: vendor or vendor:model (repeat)', collectWords)
    .option('--rounds <n>', 'how often each sentence is taken', parseCount, DEFAULT_ROUNDS)
    .option(
      '--sentences <n>',
      `sentences for each language, 1 to ${MAX_SENTENCES}`,
      parseCount,
      MAX_SENTENCES,
    )
    .option(
      '--models <n>',
      'models of one provider and stage that are not named',
      parseCount,
      MODELS_PER_PROVIDER,
    )
    .option('--recordings <folder>', 'measure recognisers also with these sound files and their .txt')
    .option('--budget-usd <usd>', 'end before the calls could have cost more', parseNumber)
    .option('--write', 'import the rows into the server (operators)')
    .option('--output <file>', 'save the rows as JSON, for `scores import`')
    .action(async (options: BenchOptions, command: Command) => {
      const { client, output } = await open(command);
      await measure(options, client, output, surroundings);
    });
}

async function measure(
  options: BenchOptions,
  client: Client,
  output: Output,
  surroundings: Surroundings,
): Promise<void> {
  // Loaded for this command only: the others start faster without.
  const [
    { createGatewayCalls },
    { createSpending },
    { createBenchProgress },
    { runBench },
    { readRecordings },
    results,
  ] = await Promise.all([
    import('../bench/gateway-calls.ts'),
    import('../bench/spending.ts'),
    import('../bench/progress.ts'),
    import('../bench/run.ts'),
    import('../bench/recordings.ts'),
    import('../bench/results.ts'),
  ]);
  const languages = options.language ?? ['en'];
  const stages = options.only ?? STAGES;
  const startedAt = new Date();
  const file =
    options.output === undefined ? undefined : path.resolve(surroundings.directory, options.output);
  const recordings =
    options.recordings === undefined
      ? new Map<string, never>()
      : await readRecordings(path.resolve(surroundings.directory, options.recordings), languages);
  // A key that may not import is told before anything is paid for.
  if (options.write === true) await client.call('GET', 'scores');
  const calls = createGatewayCalls({ client, now: () => performance.now() });
  const models = await calls.listModels();
  const { chosen, left } = chooseModels(models, { ...options, stages });
  const interruption = new AbortController();
  const forget = surroundings.onInterrupt?.(() => interruption.abort());
  const progress = createBenchProgress(surroundings.writeError, {
    isTerminal: surroundings.isTerminal === true,
  });
  const spending = createSpending(options.budgetUsd);
  let outcome: BenchOutcome;
  try {
    outcome = await runBench(
      {
        ...{ models, measured: chosen, languages, stages, recordings },
        ...{ rounds: options.rounds, maxSentences: Math.min(MAX_SENTENCES, options.sentences) },
      },
      { calls, spending, signal: interruption.signal, report: progress.report },
    );
  } finally {
    progress.end();
    forget?.();
  }
  const { measurements, notes, ended } = outcome;
  const runId = runIdOf(startedAt);
  const rows = measurements.map((one) =>
    results.toScoreRow(one, { runId, region: options.region, computedAt: startedAt.toISOString() }),
  );
  if (output.json) output.show({ run_id: runId, ended, notes, rows });
  else results.printTable(output, { ...outcome, left, spentUsd: spending.usd });
  if (file !== undefined) {
    await writeFile(file, `${JSON.stringify({ rows }, null, 2)}\n`).catch((error: unknown) => {
      throw new CommandError(`The file ${file} cannot be written: ${reasonOf(error)}.`);
    });
    output.note(`The rows are saved in ${file}.`);
  }
  if (ended === 'interrupted' || ended === 'refused') {
    throw new CommandError(
      `${ended === 'interrupted' ? 'Interrupted' : 'Ended early'}: the table holds what was measured until then; nothing was imported.`,
    );
  }
  if (options.write === true && rows.length > 0) {
    const { imported } = await importRows(client, rows);
    output.note(`${imported} rows are imported as the run ${runId}; they are in force.`);
  }
}

/** Named models, else the first few of each provider and stage. */
function chooseModels(
  models: readonly ListedModel[],
  options: Pick<BenchOptions, 'providers' | 'models'> & { readonly stages: readonly Stage[] },
): { readonly chosen: readonly ListedModel[]; readonly left: readonly string[] } {
  const wanted = options.providers?.map((name) => name.toLowerCase());
  const ofStages = models.filter(({ api }) => options.stages.includes(api));
  const unknown = wanted?.filter(
    (name) => !models.some(({ id, provider }) => id.toLowerCase() === name || provider === name),
  );
  if (unknown !== undefined && unknown.length > 0) {
    const known = [...new Set(models.map(({ provider }) => provider))].join(', ');
    throw new CommandError(`The server has no ${unknown.join(', ')}. Its providers are ${known}.`);
  }
  const counts = new Map<string, number>();
  const chosen: ListedModel[] = [];
  const left: string[] = [];
  for (const model of ofStages) {
    const isNamed = wanted?.includes(model.id.toLowerCase()) === true;
    if (wanted !== undefined && !isNamed && !wanted.includes(model.provider)) continue;
    const group = `${model.api} ${model.provider}`;
    const count = counts.get(group) ?? 0;
    if (!isNamed && count >= options.models) {
      left.push(model.id);
      continue;
    }
    if (!isNamed) counts.set(group, count + 1);
    chosen.push(model);
  }
  return { chosen, left };
}

/** E.g. `bench-2026-11-21T10:00Z`. */
function runIdOf(moment: Date): string {
  return `bench-${moment.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)}Z`;
}

function collectWords(value: string, before: readonly string[] = []): readonly string[] {
  const words = value.split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()]));
  return [...before, ...words];
}

function collectTags(value: string, before: readonly string[] = []): readonly string[] {
  const tags = collectWords(value);
  if (tags.length === 0 || !tags.every((tag) => /^[a-z]{2,3}([-_][a-z0-9]{2,4}){0,2}$/i.test(tag))) {
    throw new InvalidArgumentError('Expected language tags such as en or es-MX.');
  }
  return [...new Set([...before, ...tags])];
}

function collectStages(value: string, before: readonly Stage[] = []): readonly Stage[] {
  const stages = collectWords(value).map((word) => {
    const stage = STAGES.find((one) => one === word);
    if (stage === undefined) throw new InvalidArgumentError(`Expected ${STAGES.join(', ')}.`);
    return stage;
  });
  return [...new Set([...before, ...stages])];
}

function parseCount(value: string): number {
  const count = parseNumber(value);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw new InvalidArgumentError('Expected a whole number from 1.');
  }
  return count;
}

function parseRegion(value: string): string {
  if (!/^[a-z0-9-]{1,32}$/.test(value)) {
    throw new InvalidArgumentError('Expected small letters, digits and hyphens, e.g. eu-west1.');
  }
  return value;
}
