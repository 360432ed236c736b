/** The measurements in force: the shipped ones, and over them the operator's own. */
import type { StoredScoreRow } from '../store/store.ts';
import type { ScoreRow, Snapshot } from './scores.ts';
import { SHIPPED_SCORES } from './shipped-scores.ts';

export async function loadScores(store: { listScores(): Promise<StoredScoreRow[]> }): Promise<Snapshot> {
  const stored = await store.listScores();
  const newest = stored.reduce<StoredScoreRow | undefined>(
    (best, row) => (best === undefined || row.importedAt >= best.importedAt ? row : best),
    undefined,
  );
  return {
    runId: newest?.runId ?? SHIPPED_SCORES.runId,
    rows: [...SHIPPED_SCORES.rows, ...stored.map(toScoreRow)],
  };
}

function toScoreRow(row: StoredScoreRow): ScoreRow {
  const { usdPerMillionInput: input, usdPerMillionOutput: output } = row;
  return {
    runId: row.runId,
    modality: row.modality,
    providerId: row.providerId,
    modelId: row.modelId,
    language: row.language,
    region: row.region,
    mode: row.mode,
    status: row.status,
    warning: row.warning ?? undefined,
    quality: row.quality,
    latencyMs: row.latencyMs,
    latencyP95Ms: row.latencyP95Ms,
    usdPerMinute: row.usdPerMinute,
    tokenPrices: input === null || output === null ? undefined : { input, output },
    errorRate: row.errorRate,
    samples: row.samples ?? undefined,
    origin: 'operator',
  };
}
