/** `visavox routing`: who would serve an intent, in which order, and why the others would not. */
import { type Command, Option } from 'commander';
import type { Item } from '../output.ts';
import type { Open } from '../program.ts';

const STAGES = ['stt', 'llm', 'tts'] as const;
type Stage = (typeof STAGES)[number];

interface RoutingOptions {
  readonly language: string;
  readonly region: string;
  readonly objective: string;
  readonly stage?: Stage;
}

/** One candidate of the preview; the documented shape. */
interface Pick {
  readonly providerId: string;
  readonly modelId: string;
  readonly score: number | null;
  readonly keySource: string;
  readonly measured: {
    readonly runId: string;
    readonly origin: string;
    readonly language: string;
    readonly languageMatch: string;
    readonly region: string;
    readonly mode: string;
    readonly quality: number | null;
    readonly latencyP50Ms: number | null;
    readonly usdPerMinute: number | null;
  } | null;
}

type Preview = Readonly<Record<Stage, (Pick & { readonly runnersUp: readonly Pick[] }) | null>> & {
  readonly scoresRunId: string | null;
  readonly filtered_out: readonly {
    readonly modality: string;
    readonly providerId: string;
    readonly modelId: string;
    readonly reason: string;
  }[];
};

export function addRouting(program: Command, open: Open): void {
  program
    .command('routing')
    .description('who would serve a call, in which order, and why')
    .option('--language <tag>', 'of the call', 'en')
    .option('--region <name>', 'of the call', 'global')
    .addOption(
      new Option('--objective <name>', 'what counts')
        .choices(['balanced', 'quality', 'accuracy', 'latency', 'cost'])
        .default('balanced'),
    )
    .addOption(new Option('--stage <stage>', 'only this one').choices(STAGES))
    .action(async (options: RoutingOptions, command: Command) => {
      const { client, output } = await open(command);
      const query = new URLSearchParams({
        language: options.language,
        region: options.region,
        optimize_for: options.objective === 'quality' ? 'accuracy' : options.objective,
      });
      // The documented shape of the answer.
      const preview = (await client.callGateway('GET', `benchmarks/stack?${query}`)) as Preview;
      const stages = STAGES.filter((stage) => options.stage === undefined || options.stage === stage);
      const rows = stages.flatMap((stage) => rowsOf(stage, preview));
      output.list(
        rows,
        [
          { title: 'STAGE', value: ({ stage }) => stage },
          { title: '#', value: ({ place }) => place ?? 'no' },
          { title: 'MODEL', value: ({ model }) => model },
          { title: 'SCORE', value: ({ score }) => fixed(score, 3) },
          { title: 'QUALITY', value: describeQuality },
          { title: 'MS', value: ({ latency_ms }) => fixed(latency_ms, 0) },
          { title: 'USD/MIN', value: ({ usd_per_minute }) => usd_per_minute },
          { title: 'WHY', value: ({ why }) => why, isWhole: true },
        ],
        'There is nothing to route to.',
      );
      output.note(`\nMeasurements in force: ${preview.scoresRunId ?? 'none'}`);
    });
}

function rowsOf(stage: Stage, preview: Preview): readonly Item[] {
  const best = preview[stage];
  const kept = best === null ? [] : [best, ...best.runnersUp];
  return [
    ...kept.map(
      (pick, index): Item => ({
        stage,
        place: index + 1,
        model: `${pick.providerId}:${pick.modelId}`,
        score: pick.score,
        quality: pick.measured?.quality ?? null,
        latency_ms: pick.measured?.latencyP50Ms ?? null,
        usd_per_minute: pick.measured?.usdPerMinute ?? null,
        evidence: pick.measured?.origin ?? null,
        run_id: pick.measured?.runId ?? null,
        why: explain(pick),
      }),
    ),
    ...preview.filtered_out
      .filter(({ modality }) => modality === stage)
      .map(
        ({ providerId, modelId, reason }): Item => ({
          stage,
          place: null,
          model: `${providerId}:${modelId}`,
          why: reason,
        }),
      ),
  ];
}

function explain({ measured, keySource }: Pick): string {
  const own = keySource === 'BYOK' ? ', own key' : '';
  if (measured === null) return `kept without a measurement${own}`;
  const language =
    measured.languageMatch === 'other-language' ? `measured only in ${measured.language}` : measured.language;
  const region = measured.region === 'global' ? '' : ` ${measured.region}`;
  const whose = measured.origin === 'operator' ? 'operator ' : '';
  return `${whose}${measured.runId}: ${language}${region}${own}`;
}

/** Error rates of speech in percent; of language models an index. */
function describeQuality({ stage, quality }: Item): string | null {
  if (typeof quality !== 'number') return null;
  return stage === 'llm' ? quality.toFixed(0) : `${quality.toFixed(1)} %`;
}

function fixed(value: unknown, digits: number): string | null {
  return typeof value === 'number' ? value.toFixed(digits) : null;
}
