/** Measurements as the import format of the contract has them, to and from what is stored. */
import type { ImportedScoreRow } from '@visavox/contract/manage';
import { CHARACTERS_PER_MINUTE, TOKENS_PER_MINUTE } from '../../routing/scores.ts';
import type { StoredScoreRow } from '../../store/store.ts';

/** What the unit of quality is called in the format, and of the two latencies. */
const NAMES = {
  stt: { quality: 'wer_p50', p50: 'ttfp_p50_ms', p95: 'ttfp_p95_ms' },
  tts: { quality: 'cer_p50', p50: 'ttfb_p50_ms', p95: 'ttfb_p95_ms' },
  llm: { quality: 'aa_index', p50: 'ttft_ms', p95: 'ttft_p95_ms' },
  s2s: { quality: 'task_success_pct', p50: 'tool_call_p50_ms', p95: 'tool_call_p95_ms' },
} as const;

export function toStoredScore(row: ImportedScoreRow, now: Date): Omit<StoredScoreRow, 'importedAt'> {
  const { request_type: modality, metrics } = row;
  const names = NAMES[modality];
  const quality = metrics[names.quality] ?? null;
  const isErrorRate = modality === 'stt' || modality === 'tts';
  const input = metrics.price_per_m_input_usd ?? null;
  const output = metrics.price_per_m_output_usd ?? null;
  return {
    modality,
    providerId: row.provider_id,
    modelId: row.model_id,
    language: row.language,
    region: modality === 'llm' ? 'global' : row.region,
    mode: modeOf(row),
    runId: row.run_id,
    status: row.status,
    warning: row.warning ?? null,
    quality: quality !== null && isErrorRate && quality <= 1 ? quality * 100 : quality,
    latencyMs: metrics[names.p50] ?? null,
    latencyP95Ms: metrics[names.p95] ?? null,
    usdPerMinute: pricePerMinute(metrics, input, output),
    usdPerMillionInput: input,
    usdPerMillionOutput: output,
    errorRate: row.error_rate ?? null,
    samples: row.samples ?? null,
    computedAt: row.computed_at === undefined ? now : new Date(row.computed_at),
  };
}

/** Language models stream, speech to speech is live, whatever the row calls it. */
function modeOf({ request_type: modality, mode }: ImportedScoreRow): StoredScoreRow['mode'] {
  if (modality === 'llm') return 'streaming';
  if (modality === 's2s') return 'realtime';
  return mode === 'batch' ? 'batch' : 'streaming';
}

function pricePerMinute(
  metrics: ImportedScoreRow['metrics'],
  input: number | null,
  output: number | null,
): number | null {
  if (metrics.cost_per_min_usd !== null && metrics.cost_per_min_usd !== undefined)
    return metrics.cost_per_min_usd;
  const characters = metrics.cost_per_1m_chars_usd;
  if (characters !== null && characters !== undefined)
    return (characters * CHARACTERS_PER_MINUTE) / 1_000_000;
  if (input === null || output === null) return null;
  return (TOKENS_PER_MINUTE.input * input + TOKENS_PER_MINUTE.output * output) / 1_000_000;
}

export function showScore(row: StoredScoreRow): object {
  const names = NAMES[row.modality];
  const isErrorRate = row.modality === 'stt' || row.modality === 'tts';
  return {
    run_id: row.runId,
    computed_at: row.computedAt.toISOString(),
    request_type: row.modality,
    provider_id: row.providerId,
    model_id: row.modelId,
    language: row.language,
    region: row.region,
    mode: row.mode,
    status: row.status,
    warning: row.warning,
    error_rate: row.errorRate,
    samples: row.samples,
    metrics: {
      [names.quality]: row.quality === null ? null : isErrorRate ? shareOf(row.quality) : row.quality,
      [names.p50]: row.latencyMs,
      [names.p95]: row.latencyP95Ms,
      cost_per_min_usd: row.usdPerMinute,
      ...(row.usdPerMillionInput === null ? {} : { price_per_m_input_usd: row.usdPerMillionInput }),
      ...(row.usdPerMillionOutput === null ? {} : { price_per_m_output_usd: row.usdPerMillionOutput }),
    },
  };
}

/** Above 1 the format takes an error rate for percent. */
function shareOf(percent: number): number {
  return percent > 100 ? percent : Number((percent / 100).toPrecision(12));
}
