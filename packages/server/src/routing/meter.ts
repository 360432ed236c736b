/**
 * Counts what calls use. Entries are summed in memory and written together, so that a request never waits for the
 * database.
 */
import type { KeySource, ServedModality } from './router.ts';
import { CHARACTERS_PER_MINUTE, type ScoreRow, TOKENS_PER_MINUTE } from './scores.ts';

export interface MeterEntry {
  readonly organizationId: string;
  readonly apiKeyId: string | undefined;
  readonly sessionId: string | undefined;
  readonly modality: ServedModality;
  readonly providerId: string;
  readonly modelId: string;
  readonly keySource: KeySource;
  /** Where the price comes from; absent when it is not known. */
  readonly row: ScoreRow | undefined;
  readonly seconds?: number;
  readonly characters?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
}

/** The sum of the calls of one kind within one period. */
export interface UsageRecord {
  readonly at: Date;
  readonly organizationId: string;
  readonly apiKeyId: string | null;
  readonly sessionId: string | null;
  readonly modality: ServedModality;
  readonly providerId: string;
  readonly modelId: string;
  readonly keySource: KeySource;
  readonly calls: number;
  /** Seconds of sound, characters, or tokens in both directions. */
  readonly quantity: number;
  /** Null when the price is not known; 0 for an organization's own key. */
  readonly costMicroUsd: number | null;
}

export interface Meter {
  record(entry: MeterEntry): void;
  /** What another process has counted. */
  add(records: readonly UsageRecord[]): void;
  /** What a key has cost since it was made, this process's unwritten part included. */
  spentMicroUsd(apiKeyId: string): number;
  /** Writes what is counted. */
  flush(): Promise<void>;
  /** Writes and stops. Idempotent. */
  close(): Promise<void>;
}

export interface MeterOptions {
  readonly write: (records: readonly UsageRecord[]) => Promise<void>;
  readonly now: () => Date;
  /** A write that failed; the counts are kept for the next one. */
  readonly onError: (error: unknown) => void;
  /** Default 1000. */
  readonly flushMs?: number;
  readonly spentBefore?: ReadonlyMap<string, number>;
}

/** Beyond it the oldest counts are given up rather than the memory. */
const MAX_WAITING = 50_000;

export function createMeter(options: MeterOptions): Meter {
  let waiting = new Map<string, UsageRecord>();
  const spent = new Map<string, number>(options.spentBefore ?? []);
  let writing: Promise<void> | undefined;
  let closed = false;

  const add = (record: UsageRecord): void => {
    const key = nameOf(record);
    const known = waiting.get(key);
    if (known === undefined && waiting.size >= MAX_WAITING) {
      const [oldest] = waiting.keys();
      if (oldest !== undefined) waiting.delete(oldest);
    }
    waiting.set(
      key,
      known === undefined
        ? record
        : {
            ...known,
            calls: known.calls + record.calls,
            quantity: known.quantity + record.quantity,
            costMicroUsd:
              known.costMicroUsd === null || record.costMicroUsd === null
                ? null
                : known.costMicroUsd + record.costMicroUsd,
          },
    );
  };

  const charge = (apiKeyId: string | null, costMicroUsd: number | null): void => {
    if (apiKeyId === null || costMicroUsd === null || costMicroUsd === 0) return;
    spent.set(apiKeyId, (spent.get(apiKeyId) ?? 0) + costMicroUsd);
  };

  const flush = async (): Promise<void> => {
    while (writing !== undefined) await writing;
    if (waiting.size === 0) return;
    const batch = waiting;
    waiting = new Map();
    writing = options
      .write([...batch.values()])
      .catch((error: unknown) => {
        options.onError(error);
        for (const record of batch.values()) add(record);
      })
      .finally(() => {
        writing = undefined;
      });
    await writing;
  };

  const timer = setInterval(() => void flush(), options.flushMs ?? 1000);
  timer.unref();

  return {
    record(entry) {
      const costMicroUsd = costOf(entry);
      const {
        organizationId,
        apiKeyId = null,
        sessionId = null,
        modality,
        providerId,
        modelId,
        keySource,
      } = entry;
      add({
        at: options.now(),
        organizationId,
        apiKeyId,
        sessionId,
        modality,
        providerId,
        modelId,
        keySource,
        calls: 1,
        quantity: quantityOf(entry),
        costMicroUsd,
      });
      charge(apiKeyId, costMicroUsd);
    },
    add(records) {
      for (const record of records) {
        add(record);
        charge(record.apiKeyId, record.costMicroUsd);
      }
    },
    spentMicroUsd: (apiKeyId) => spent.get(apiKeyId) ?? 0,
    flush,
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      await flush();
    },
  };
}

/** Records of one name are summed. */
function nameOf(record: UsageRecord): string {
  const { organizationId, apiKeyId, sessionId, modality, providerId, modelId, keySource } = record;
  const isPriced = record.costMicroUsd !== null;
  return [organizationId, apiKeyId, sessionId, modality, providerId, modelId, keySource, isPriced].join('\0');
}

function quantityOf(entry: MeterEntry): number {
  return (
    (entry.seconds ?? 0) + (entry.characters ?? 0) + (entry.inputTokens ?? 0) + (entry.outputTokens ?? 0)
  );
}

/** In millionths of a US dollar, rounded up to a whole one by nobody: small calls add up. */
export function costOf(entry: MeterEntry): number | null {
  if (entry.keySource === 'BYOK') return 0;
  const { row } = entry;
  if (entry.modality === 'llm' && row?.tokenPrices !== undefined) {
    return (
      (entry.inputTokens ?? 0) * row.tokenPrices.input + (entry.outputTokens ?? 0) * row.tokenPrices.output
    );
  }
  if (row === undefined || row.usdPerMinute === null) return null;
  const tokensPerMinute = TOKENS_PER_MINUTE.input + TOKENS_PER_MINUTE.output;
  const minutes =
    (entry.seconds ?? 0) / 60 +
    (entry.characters ?? 0) / CHARACTERS_PER_MINUTE +
    ((entry.inputTokens ?? 0) + (entry.outputTokens ?? 0)) / tokensPerMinute;
  return minutes * row.usdPerMinute * 1_000_000;
}
