/** Orders candidates for an intent: hard filters, normalised axes, weighted sum. Pure; section 1.5 of the contract. */
import type { Modality, Objective } from './intent.ts';
import type { Mode, ScoreRow } from './scores.ts';

export interface RankOptions {
  readonly modality: Modality;
  readonly mode: Mode;
  readonly objective: Objective;
  /** Whether provisional models may be used. */
  readonly allowProvisional: boolean;
}

export interface Ranked {
  readonly row: ScoreRow;
  /** Weighted sum of the axes, 0 – 1. */
  readonly score: number;
  /** Each axis from 0 (worst of the pool) to 1 (best). */
  readonly axes: { readonly quality: number; readonly latency: number; readonly cost: number };
}

interface Weights {
  readonly quality: number;
  readonly latency: number;
  readonly cost: number;
}

const WEIGHTS: Readonly<Record<Objective, Weights>> = {
  balanced: { quality: 0.5, latency: 0.3, cost: 0.2 },
  accuracy: { quality: 0.8, latency: 0.15, cost: 0.05 },
  latency: { quality: 0.2, latency: 0.7, cost: 0.1 },
  cost: { quality: 0.15, latency: 0.15, cost: 0.7 },
};
const BALANCED_S2S: Weights = { quality: 0.4, latency: 0.4, cost: 0.2 };

const MAX_STREAMING_MS: Readonly<Partial<Record<Modality, number>>> = { stt: 3000, tts: 1500 };
const S2S_LIMITS = { latencyMs: 6000, success: 50 };
/** What an axis without a measurement counts. */
const UNKNOWN = 0.5;

export function weightsOf(modality: Modality, objective: Objective): Weights {
  return modality === 's2s' && objective === 'balanced' ? BALANCED_S2S : WEIGHTS[objective];
}

/** Why a row may not be used at all; undefined when it may. */
export function rejectionOf(row: ScoreRow, options: RankOptions): string | undefined {
  const { modality, mode } = options;
  if (row.status === 'warned') return `flagged: ${row.warning ?? 'measured, but not to be used'}`;
  if (row.status === 'provisional') {
    if (!options.allowProvisional) return 'provisional, and provisional models are switched off';
    if (row.quality === null && row.latencyMs === null) return 'provisional, without a measurement';
  }
  const { latencyMs, quality } = row;
  const limit = MAX_STREAMING_MS[modality];
  if (mode === 'streaming' && limit !== undefined && latencyMs !== null && latencyMs > limit) {
    return `too slow: ${latencyMs} ms to the first output, at most ${limit} ms are allowed`;
  }
  if (modality === 's2s') {
    if (latencyMs !== null && latencyMs > S2S_LIMITS.latencyMs) {
      return `too slow: ${latencyMs} ms for a turn with a tool call, at most ${S2S_LIMITS.latencyMs} ms are allowed`;
    }
    if (quality !== null && quality < S2S_LIMITS.success) {
      return `too unreliable: ${quality} % of tasks succeed, at least ${S2S_LIMITS.success} % are needed`;
    }
  }
  return undefined;
}

/** Best first. The axes are normalised over exactly these rows, so filter them before. */
export function rank(rows: readonly ScoreRow[], options: RankOptions): readonly Ranked[] {
  const { modality, mode, objective } = options;
  const weights = weightsOf(modality, objective);
  const higherIsBetter = modality === 'llm' || modality === 's2s';
  const quality = normalizer(
    rows.map((row) => row.quality),
    higherIsBetter,
  );
  const latency = normalizer(
    rows.map((row) => row.latencyMs),
    false,
  );
  const cost = normalizer(
    rows.map((row) => row.usdPerMinute),
    false,
  );
  const ranked = rows.map((row): Ranked => {
    const axes = {
      quality: quality(row.quality),
      latency: latency(row.latencyMs),
      cost: cost(row.usdPerMinute),
    };
    return {
      row,
      axes,
      // Without the noise of adding fractions.
      score:
        Math.round(
          (weights.quality * axes.quality + weights.latency * axes.latency + weights.cost * axes.cost) * 1e6,
        ) / 1e6,
    };
  });
  const tieAxis = mode === 'batch' ? ('cost' as const) : ('latency' as const);
  return ranked.sort(
    (a, b) =>
      round(b.score) - round(a.score) ||
      b.axes[tieAxis] - a.axes[tieAxis] ||
      compare(a.row.providerId, b.row.providerId) ||
      compare(a.row.modelId, b.row.modelId),
  );
}

function normalizer(
  values: readonly (number | null)[],
  higherIsBetter: boolean,
): (value: number | null) => number {
  const known = values.filter((value) => value !== null);
  const min = Math.min(...known);
  const max = Math.max(...known);
  return (value) => {
    if (value === null) return UNKNOWN;
    if (max === min) return 1;
    return higherIsBetter ? (value - min) / (max - min) : (max - value) / (max - min);
  };
}

/** Scores are compared with three decimals: nobody's measurements are finer. */
function round(score: number): number {
  return Math.round(score * 1000);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
