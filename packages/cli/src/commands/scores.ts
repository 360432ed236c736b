/** `visavox scores`: the operator's own measurements, by which the voice gateway ranks models. */
import { readFile } from 'node:fs/promises';
import { type ImportedScoreRow, scoreRow } from '@visavox/contract/manage';
import type { Command } from 'commander';
import { type Client, CommandError } from '../client.ts';
import { reasonOf } from '../files.ts';
import { createOutput, type Item } from '../output.ts';
import type { Open } from '../program.ts';
import type { Surroundings } from '../surroundings.ts';
import { column, listItems } from './resource.ts';

const MEDIANS = ['ttfp_p50_ms', 'ttfb_p50_ms', 'ttft_ms', 'tool_call_p50_ms'];
const P95S = ['ttfp_p95_ms', 'ttfb_p95_ms', 'ttft_p95_ms', 'tool_call_p95_ms'];

/** What one call may hold. */
const MAX_ROWS_PER_CALL = 5000;
/** More problems than these tell nothing new. */
const MAX_PROBLEMS = 20;

export function addScores(program: Command, open: Open, surroundings: Surroundings): void {
  const scores = program
    .command('scores')
    .description("the operator's measurements, by which models are ranked (operators)");
  scores
    .command('list', { isDefault: true })
    .description('list them')
    .action(async (_options, command: Command) => {
      const { client, output } = await open(command);
      output.list(
        await listItems(client, 'scores'),
        [
          column('RUN', 'run_id'),
          column('STAGE', 'request_type'),
          { title: 'MODEL', value: (row) => `${row['provider_id']}:${row['model_id']}` },
          column('LANGUAGE', 'language'),
          column('REGION', 'region'),
          column('MODE', 'mode'),
          { title: 'QUALITY', value: describeQuality },
          { title: 'P50 MS', value: (row) => metricOf(row, MEDIANS)?.toFixed(0) },
          { title: 'P95 MS', value: (row) => metricOf(row, P95S)?.toFixed(0) },
          { title: 'USD/MIN', value: (row) => metricOf(row, ['cost_per_min_usd']) },
          column('ERRORS', 'error_rate'),
          column('SAMPLES', 'samples'),
          column('STATUS', 'status'),
        ],
        'There is no measurement of your own; the shipped ones are in force.',
      );
    });
  scores
    .command('import <file>')
    .description('import rows: a JSON array, {"rows": [...]} or one object a line')
    .option('--dry-run', 'only check the file')
    .action(async (file: string, options: { readonly dryRun?: boolean }, command: Command) => {
      const rows = parseScoreRows(await read(file));
      if (options.dryRun === true) {
        const { json } = command.optsWithGlobals<{ readonly json?: boolean }>();
        const output = createOutput(surroundings.write, json === true);
        if (output.json) output.show({ valid: rows.length });
        output.note(
          `${rows.length} ${rows.length === 1 ? 'row is' : 'rows are'} fine; nothing was imported.`,
        );
        return;
      }
      const { client, output } = await open(command);
      const done = await importRows(client, rows);
      if (output.json) output.show({ ...done });
      output.note(`${done.imported} rows are imported; the newest run is ${done.run_id}.`);
    });
  scores
    .command('remove')
    .description('remove all of them, or those of one run')
    .option('--run <id>', 'only those of this run')
    .action(async (options: { readonly run?: string }, command: Command) => {
      const { client, output } = await open(command);
      const query = options.run === undefined ? '' : `?${new URLSearchParams({ run_id: options.run })}`;
      await client.call('DELETE', `scores${query}`);
      output.note(
        options.run === undefined
          ? 'All measurements of your own are removed.'
          : `The measurements of the run ${options.run} are removed.`,
      );
    });
}

/**
 * Reads rows of the import format.
 * @throws {CommandError} that names each wrong row, counted from 1, and its field
 */
export function parseScoreRows(text: string): readonly ImportedScoreRow[] {
  const found = readValues(text).map((value) => scoreRow.safeParse(value));
  const problems = found.flatMap((result, index) =>
    result.success
      ? []
      : result.error.issues.map(
          ({ path, message }) =>
            `row ${index + 1}${path.length === 0 ? '' : `, ${path.map(String).join('.')}`}: ${message}`,
        ),
  );
  if (problems.length > 0) {
    const more = problems.length - MAX_PROBLEMS;
    throw new CommandError(
      [
        'Nothing was imported:',
        ...problems.slice(0, MAX_PROBLEMS),
        ...(more > 0 ? [`and ${more} more`] : []),
      ].join('\n'),
    );
  }
  const rows = found.flatMap((result) => (result.success ? [result.data] : []));
  if (rows.length === 0) throw new CommandError('The file holds no row.');
  return rows;
}

export async function importRows(
  client: Client,
  rows: readonly object[],
): Promise<{ readonly imported: number; readonly run_id: string }> {
  let imported = 0;
  let runId = '';
  for (let start = 0; start < rows.length; start += MAX_ROWS_PER_CALL) {
    // The documented shape of the answer.
    const answer = (await client.call('POST', 'scores', {
      rows: rows.slice(start, start + MAX_ROWS_PER_CALL),
    })) as { readonly imported: number; readonly run_id: string };
    imported += answer.imported;
    runId = answer.run_id;
  }
  return { imported, run_id: runId };
}

/** The one of the names that the row has; each kind of row has its own. */
function metricOf({ metrics }: Item, names: readonly string[]): number | undefined {
  if (typeof metrics !== 'object' || metrics === null) return undefined;
  return Object.entries(metrics)
    .filter(([name]) => names.includes(name))
    .map(([, value]: readonly [string, unknown]) => value)
    .find((value) => typeof value === 'number');
}

function describeQuality(row: Item): string | undefined {
  const rate = metricOf(row, ['wer_p50', 'cer_p50']);
  if (rate !== undefined) return `${(rate > 1 ? rate : rate * 100).toFixed(1)} %`;
  return metricOf(row, ['aa_index', 'task_success_pct'])?.toFixed(0);
}

function readValues(text: string): readonly unknown[] {
  const whole = parseJson(text);
  if (whole !== undefined) {
    if (Array.isArray(whole.value)) return whole.value;
    const rows = (whole.value as Item | null)?.['rows']; // looked at before use
    if (Array.isArray(rows)) return rows;
    return [whole.value];
  }
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = parseJson(line);
    if (parsed === undefined) {
      throw new CommandError(
        `Line ${index + 1} is no JSON. Expected a JSON array, {"rows": [...]} or one object a line.`,
      );
    }
    return [parsed.value];
  });
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(`The file ${file} cannot be read: ${reasonOf(error)}.`);
  });
}
