/** Measurements as figures for people, and as rows that the server imports. */
import type { Column, Item, Output } from '../output.ts';
import { errorRateOf } from './error-rate.ts';
import type {
  LanguageMeasurement,
  Measurement,
  RecognitionMeasurement,
  SpeechMeasurement,
} from './measurements.ts';
import { median, percentile } from './statistics.ts';

/** What language models are measured with is English. */
const LANGUAGE_OF_QUESTIONS = 'en';
const P95 = 95;

export interface RowOptions {
  readonly runId: string;
  readonly region: string;
  readonly computedAt: string;
}

/** Above it a model is flagged: its figures, if it has any, would rank it among those that work. */
const MAX_ERROR_RATE = 0.5;

/** A row of the import format, with a few metrics more, which imports ignore. */
export function toScoreRow(measurement: Measurement, { runId, region, computedAt }: RowOptions): Item {
  const { model, stage, calls, failures } = measurement;
  return {
    run_id: runId,
    computed_at: computedAt,
    request_type: stage,
    provider_id: model.provider,
    model_id: model.model,
    language: stage === 'llm' ? LANGUAGE_OF_QUESTIONS : measurement.language,
    region: stage === 'llm' ? 'global' : region,
    mode: modeOf(stage, region),
    ...(failures / calls > MAX_ERROR_RATE
      ? { status: 'warned', warning: `${failures} of ${calls} calls failed when it was measured` }
      : {}),
    error_rate: failures / calls,
    samples: calls,
    metrics: withoutUndefined(metricsOf(measurement)),
  };
}

/** The routing looks for rows of whole requests first, and in a region for speech that streams. */
function modeOf(stage: Measurement['stage'], region: string): string {
  if (stage === 'llm') return 'streaming_sse';
  return stage === 'tts' && region !== 'global' ? 'streaming' : 'batch';
}

function metricsOf(measurement: Measurement): Readonly<Record<string, number | undefined>> {
  switch (measurement.stage) {
    case 'tts':
      return speechMetrics(measurement);
    case 'stt':
      return recognitionMetrics(measurement);
    case 'llm':
      return languageMetrics(measurement);
  }
}

function speechMetrics(measurement: SpeechMeasurement) {
  const { firstByteMs, totalMs, speedFactors, comparisons, model } = measurement;
  return {
    cer_p50: share(errorRateOf(comparisons)),
    cer_p95: share(percentile(ratesOf(comparisons), P95)),
    ttfb_p50_ms: rounded(median(firstByteMs)),
    ttfb_p95_ms: rounded(percentile(firstByteMs, P95)),
    total_p50_ms: rounded(median(totalMs)),
    total_p95_ms: rounded(percentile(totalMs, P95)),
    speed_factor: rounded(median(speedFactors), 2),
    cost_per_1m_chars_usd: model.costPerMinUsd ?? undefined,
  };
}

function recognitionMetrics({ totalMs, comparisons, model }: RecognitionMeasurement) {
  return {
    wer_p50: share(errorRateOf(comparisons)),
    wer_p95: share(percentile(ratesOf(comparisons), P95)),
    // In batch mode the format's one latency is that of the whole request.
    ttfp_p50_ms: rounded(median(totalMs)),
    ttfp_p95_ms: rounded(percentile(totalMs, P95)),
    cost_per_min_usd: model.costPerMinUsd ?? undefined,
  };
}

function languageMetrics(measurement: LanguageMeasurement) {
  const { firstTokenMs, totalMs, tokensPerSecond, answersRight, toolCallsRight, model } = measurement;
  return {
    aa_index: percentRight(answersRight),
    tool_calls_right_pct: percentRight(toolCallsRight),
    ttft_ms: rounded(median(firstTokenMs)),
    ttft_p95_ms: rounded(percentile(firstTokenMs, P95)),
    total_p50_ms: rounded(median(totalMs)),
    total_p95_ms: rounded(percentile(totalMs, P95)),
    output_tokens_per_sec: rounded(median(tokensPerSecond), 1),
    cost_per_min_usd: pricePerMinute(model.costPerMinUsd),
  };
}

/** Tokens of a minute of conversation, as the server counts them. */
const TOKENS_PER_MINUTE = 230;

function pricePerMinute(usdPerMillionTokens: number | null): number | undefined {
  return usdPerMillionTokens === null ? undefined : (usdPerMillionTokens * TOKENS_PER_MINUTE) / 1_000_000;
}

/** The table; `quality` is an error rate in percent, or for language models the share of right answers. */
export function toTableRow(measurement: Measurement): Item {
  const { stage, model, calls, failures } = measurement;
  const metrics = metricsOf(measurement);
  const isLanguageModel = stage === 'llm';
  const quality = metrics['aa_index'] ?? metrics['wer_p50'] ?? metrics['cer_p50'];
  return {
    stage,
    model: model.id,
    language: isLanguageModel ? LANGUAGE_OF_QUESTIONS : measurement.language,
    quality: quality === undefined ? null : isLanguageModel ? quality.toFixed(0) : percent(quality),
    p50: whole(metrics['ttfb_p50_ms'] ?? metrics['ttfp_p50_ms'] ?? metrics['ttft_ms']),
    p95: whole(metrics['ttfb_p95_ms'] ?? metrics['ttfp_p95_ms'] ?? metrics['ttft_p95_ms']),
    total: whole(metrics['total_p50_ms'] ?? metrics['ttfp_p50_ms']),
    speed: describeSpeed(metrics),
    tools: describeTools(measurement),
    cost: describeCost(measurement),
    errors: `${Math.round((failures / calls) * 100)} %`,
    samples: calls,
  };
}

/** For people: the table, then what has to be known to read it. */
export function printTable(
  output: Output,
  {
    measurements,
    notes,
    left,
    spentUsd,
  }: {
    readonly measurements: readonly Measurement[];
    readonly notes: readonly string[];
    /** Models that were left out because there are too many. */
    readonly left: readonly string[];
    readonly spentUsd: number;
  },
): void {
  output.list(measurements.map(toTableRow), TABLE_COLUMNS, 'Nothing was measured.');
  if (measurements.length > 0) output.note(TABLE_LEGEND);
  if (left.length > 0) {
    output.note(`Not measured: ${left.join(', ')}; name them with --providers, or raise --models.`);
  }
  for (const note of notes) output.note(note);
  for (const { stage, model, lastFailure } of measurements) {
    if (lastFailure !== undefined) output.note(`${stage} ${model.id} failed: ${lastFailure}`);
  }
  if (spentUsd > 0) output.note(`It cost at most about ${spentUsd.toFixed(4)} USD.`);
}

const TABLE_COLUMNS: readonly Column[] = (
  [
    ['STAGE', 'stage'],
    ['MODEL', 'model'],
    ['LANG', 'language'],
    ['QUALITY', 'quality'],
    ['P50 MS', 'p50'],
    ['P95 MS', 'p95'],
    ['TOTAL MS', 'total'],
    ['SPEED', 'speed'],
    ['TOOLS', 'tools'],
    ['USD', 'cost'],
    ['ERRORS', 'errors'],
    ['SAMPLES', 'samples'],
  ] as const
).map(([title, name]) => ({ title, value: (item) => item[name] }));

const TABLE_LEGEND =
  'QUALITY: tts character errors when listened to, stt word errors, llm right answers of 100. P50, P95: tts first byte, stt whole request, llm first token.';

function describeSpeed(metrics: Readonly<Record<string, number | undefined>>): string | null {
  const { speed_factor: factor, output_tokens_per_sec: tokens } = metrics;
  if (factor !== undefined) return `${factor.toFixed(1)} x`;
  return tokens === undefined ? null : `${tokens.toFixed(0)} tokens/s`;
}

function describeTools(measurement: Measurement): string | null {
  if (measurement.stage !== 'llm' || measurement.toolCallsRight.length === 0) return null;
  const right = measurement.toolCallsRight.filter(Boolean).length;
  return `${right} of ${measurement.toolCallsRight.length}`;
}

function describeCost({ stage, model }: Measurement): string | null {
  if (model.costPerMinUsd === null) return model.kind === 'built-in' ? 'free' : null;
  const unit = { stt: 'min', tts: '1M chars', llm: '1M tokens' }[stage];
  return `${Number(model.costPerMinUsd.toPrecision(3))}/${unit}`;
}

function whole(ms: number | undefined): string | null {
  return ms === undefined ? null : ms.toFixed(0);
}

function ratesOf(comparisons: readonly { readonly errors: number; readonly length: number }[]): number[] {
  return comparisons.filter(({ length }) => length > 0).map(({ errors, length }) => errors / length);
}

/** Above 1 the format takes an error rate for percent. */
function share(rate: number | undefined): number | undefined {
  if (rate === undefined) return undefined;
  return rounded(rate > 1 ? rate * 100 : rate, 4);
}

function percent(shareOrPercent: number): string {
  return `${(shareOrPercent > 1 ? shareOrPercent : shareOrPercent * 100).toFixed(1)} %`;
}

function percentRight(answers: readonly boolean[]): number | undefined {
  return answers.length === 0
    ? undefined
    : rounded((answers.filter(Boolean).length / answers.length) * 100, 1);
}

function rounded(value: number | undefined, digits = 1): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}

function withoutUndefined(metrics: Readonly<Record<string, number | undefined>>): Item {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => value !== undefined));
}
