/**
 * What is known about models: measurements by modality, language, region and mode. A measurement of the operator's own
 * replaces a shipped one of the same model.
 */
import { primaryLanguage } from '../text/language.ts';
import type { Modality } from './intent.ts';

/** `batch` is a whole recording or text at once. */
export type Mode = 'batch' | 'streaming' | 'realtime';

/** `production` may be used; `warned` never; `provisional` when it has numbers and the operator allows it. */
export type RowStatus = 'production' | 'warned' | 'provisional';

/** One measurement. Null means not measured. */
export interface ScoreRow {
  readonly runId: string;
  readonly modality: Modality;
  readonly providerId: string;
  readonly modelId: string;
  readonly language: string;
  /** `global` for measurements that belong to no region. */
  readonly region: string;
  readonly mode: Mode;
  readonly status: RowStatus;
  readonly warning?: string | undefined;
  /**
   * STT: word error rate in percent. TTS: character error rate of a round trip in percent. LLM: quality index 0 – 100.
   * S2S: task success in percent.
   */
  readonly quality: number | null;
  /**
   * Median in milliseconds. STT: first partial, or the whole request in batch mode. TTS: first byte. LLM: first token.
   * S2S: turn with a tool call.
   */
  readonly latencyMs: number | null;
  readonly latencyP95Ms?: number | null | undefined;
  /** Text and speech of about a minute of conversation. */
  readonly usdPerMinute: number | null;
  /** LLM: US dollars for a million tokens, when known by direction. */
  readonly tokenPrices?: { readonly input: number; readonly output: number } | undefined;
  /** 0 – 1. */
  readonly errorRate?: number | null | undefined;
  readonly samples?: number | undefined;
  readonly origin: 'shipped' | 'operator' | 'declared';
}

/** Characters that are spoken in a minute, for vendors that charge by character. */
export const CHARACTERS_PER_MINUTE = 900;
/** Tokens of a minute of conversation. */
export const TOKENS_PER_MINUTE = { input: 150, output: 80 };

export interface Snapshot {
  /** Id of the newest run in it. */
  readonly runId: string;
  readonly rows: readonly ScoreRow[];
}

/** How a row was found for a language. */
export type LanguageEvidence = 'exact' | 'base' | 'other-language';

export interface Evidence {
  readonly row: ScoreRow;
  readonly language: LanguageEvidence;
}

/** The modes that are looked for, most fitting first, and the regions. */
function resolveMode(modality: Modality, region: string): readonly (readonly [mode: Mode, region: string])[] {
  if (modality === 'llm') return [['streaming', 'global']];
  if (modality === 's2s') return [['realtime', region === 'global' ? 'us-east4' : region]];
  if (region === 'global') {
    return [
      ['batch', 'global'],
      ['streaming', 'global'],
    ];
  }
  return [
    ['streaming', region],
    ['batch', region],
    ['streaming', 'global'],
    ['batch', 'global'],
  ];
}

/**
 * The row that says most about a model for an intent. A row of the language goes before one of another language, then
 * one of the region before a global one, then the operator's before a shipped one. In a region with published rows,
 * which are of streams, a published row of whole recordings says nothing.
 */
export function findEvidence(
  scores: ScoreIndex,
  wanted: {
    readonly modality: Modality;
    readonly providerId: string;
    readonly modelId: string;
    readonly language: string;
    readonly region: string;
  },
): Evidence | undefined {
  const { modality, region } = wanted;
  const known = scores.hasRegion(modality, region);
  const found = resolveMode(modality, known === undefined ? 'global' : region).flatMap(([mode, of]) => {
    const evidence = scores.find({ ...wanted, mode, region: of });
    if (evidence === undefined) return [];
    const isOtherKind =
      mode === 'batch' && region !== 'global' && known === 'published' && evidence.row.origin !== 'operator';
    return isOtherKind ? [] : [evidence];
  });
  const rank = ({ language, row }: Evidence): number =>
    (language === 'other-language' ? 4 : 0) +
    (row.region === 'global' ? 2 : 0) +
    (row.origin === 'operator' ? 0 : 1);
  return found.reduce<Evidence | undefined>(
    (best, one) => (best === undefined || rank(one) < rank(best) ? one : best),
    undefined,
  );
}

export interface MeasuredModel {
  readonly providerId: string;
  readonly modelId: string;
  readonly byOperator: boolean;
}

/** Orders the rows of a snapshot by what they say; built once for each snapshot. */
export interface ScoreIndex {
  readonly runId: string;
  /** Every (provider, model) that has a row of the modality, and whether the operator measured it. */
  models(modality: Modality): readonly MeasuredModel[];
  /** Who measured the modality in a region: anybody but the operator, or the operator alone; undefined: nobody. */
  hasRegion(modality: Modality, region: string): 'published' | 'operator' | undefined;
  /** The most fitting row for a language in one mode and region. */
  find(key: {
    readonly modality: Modality;
    readonly providerId: string;
    readonly modelId: string;
    readonly language: string;
    readonly mode: Mode;
    readonly region: string;
  }): Evidence | undefined;
}

const ORIGIN_RANK = { declared: 0, shipped: 1, operator: 2 } as const;

export function indexScores({ runId, rows }: Snapshot): ScoreIndex {
  const byKey = new Map<string, ScoreRow[]>();
  const models = new Map<Modality, Map<string, MeasuredModel>>();
  const regions = new Map<string, 'published' | 'operator'>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = byKey.get(key) ?? [];
    byKey.set(key, [
      ...known.filter((other) => !replaces(row, other)),
      ...(known.some((other) => replaces(other, row)) ? [] : [row]),
    ]);
    const ofModality = models.get(row.modality) ?? new Map<string, MeasuredModel>();
    models.set(row.modality, ofModality);
    const name = `${row.providerId}:${row.modelId}`.toLowerCase();
    ofModality.set(name, {
      providerId: row.providerId,
      modelId: row.modelId,
      byOperator: row.origin === 'operator' || ofModality.get(name)?.byOperator === true,
    });
    const place = `${row.modality} ${row.region}`;
    if (row.origin !== 'operator') regions.set(place, 'published');
    else if (!regions.has(place)) regions.set(place, 'operator');
  }
  return {
    runId,
    models: (modality) => [...(models.get(modality)?.values() ?? [])],
    hasRegion: (modality, region) => regions.get(`${modality} ${region}`),
    find(key) {
      const found = byKey.get(keyOf(key)) ?? [];
      const wanted = key.language.toLowerCase();
      const base = primaryLanguage(key.language);
      const exact = found.find(({ language }) => language.toLowerCase() === wanted);
      if (exact !== undefined) return { row: exact, language: wanted === base ? 'base' : 'exact' };
      const ofBase =
        found.find(({ language }) => language.toLowerCase() === base) ??
        found.find(({ language }) => primaryLanguage(language) === base);
      if (ofBase !== undefined) return { row: ofBase, language: 'base' };
      const other = found.find(({ language }) => primaryLanguage(language) === 'en') ?? found[0];
      return other === undefined ? undefined : { row: other, language: 'other-language' };
    },
  };
}

function keyOf(row: {
  readonly modality: Modality;
  readonly providerId: string;
  readonly modelId: string;
  readonly mode: Mode;
  readonly region: string;
}): string {
  return `${row.modality} ${row.mode} ${row.region} ${row.providerId}:${row.modelId}`.toLowerCase();
}

/** Of two rows for the same language the operator's counts, and of equals the later one. */
function replaces(row: ScoreRow, other: ScoreRow): boolean {
  return (
    row.language.toLowerCase() === other.language.toLowerCase() &&
    ORIGIN_RANK[row.origin] >= ORIGIN_RANK[other.origin]
  );
}
