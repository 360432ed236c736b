/** What the voice gateway keeps: usage, measurements, vendors' keys, and the credit ledger. */
import { and, asc, count, desc, eq, gte, lt, sql, sum } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import * as schema from './schema.ts';

export type UsageRow = Omit<typeof schema.usageRecords.$inferInsert, 'id'>;
export type StoredScoreRow = typeof schema.scoreRows.$inferSelect;
export type VendorKeyRow = typeof schema.vendorKeys.$inferSelect;
export type CreditEntryRow = typeof schema.creditEntries.$inferSelect;

/** Sums of one vendor, kind of call and key source. */
export interface UsageSum {
  readonly providerId: string;
  readonly modality: (typeof schema.usageRecords.$inferSelect)['modality'];
  readonly keySource: (typeof schema.usageRecords.$inferSelect)['keySource'];
  readonly calls: number;
  /** Seconds, characters or tokens. */
  readonly quantity: number;
  /** Of the calls whose price is known. */
  readonly costMicroUsd: number;
}

export interface Period {
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
}

export interface GatewayStore {
  addUsage(rows: readonly UsageRow[]): Promise<void>;
  sumUsage(organizationId: string, period: Period): Promise<UsageSum[]>;
  /** Sessions with usage in the period. */
  countSessions(organizationId: string, period: Period): Promise<number>;
  /** What each key has cost so far: of one organization, or of all. */
  spentByKey(organizationId?: string): Promise<ReadonlyMap<string, number>>;
  listScores(): Promise<StoredScoreRow[]>;
  putScores(rows: readonly (typeof schema.scoreRows.$inferInsert)[]): Promise<void>;
  /** Returns how many rows went. */
  removeScores(runId?: string): Promise<number>;
  /** Of one organization, or of all. */
  listVendorKeys(organizationId?: string): Promise<VendorKeyRow[]>;
  putVendorKey(row: Omit<VendorKeyRow, 'updatedAt'>): Promise<VendorKeyRow>;
  removeVendorKey(organizationId: string, vendorId: string): Promise<boolean>;
  addCredit(entry: CreditEntryRow): Promise<void>;
  /** Newest first. */
  listCredit(
    organizationId: string,
    options: {
      readonly limit: number;
      readonly before?: Date | undefined;
      readonly kind?: CreditEntryRow['kind'] | undefined;
    },
  ): Promise<CreditEntryRow[]>;
  creditBalance(
    organizationId: string,
  ): Promise<{ readonly microUsd: number; readonly updatedAt: Date | null }>;
}

/** Rows of one statement; Postgres takes 65535 parameters. */
const BATCH = 2000;

export function createGatewayStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): GatewayStore {
  const { usageRecords, scoreRows, vendorKeys, creditEntries } = schema;
  const within = (organizationId: string, { from, to }: Period) =>
    and(
      eq(usageRecords.organizationId, organizationId),
      from === undefined ? undefined : gte(usageRecords.at, from),
      to === undefined ? undefined : lt(usageRecords.at, to),
    );
  return {
    async addUsage(rows) {
      for (let at = 0; at < rows.length; at += BATCH) {
        await database.insert(usageRecords).values(rows.slice(at, at + BATCH));
      }
    },
    async sumUsage(organizationId, period) {
      const { providerId, modality, keySource } = usageRecords;
      return database
        .select({
          providerId,
          modality,
          keySource,
          calls: sum(usageRecords.calls).mapWith(Number),
          quantity: sum(usageRecords.quantity).mapWith(Number),
          costMicroUsd: sql`coalesce(sum(${usageRecords.costMicroUsd}), 0)`.mapWith(Number),
        })
        .from(usageRecords)
        .where(within(organizationId, period))
        .groupBy(providerId, modality, keySource)
        .orderBy(asc(providerId), asc(modality), asc(keySource));
    },
    async countSessions(organizationId, period) {
      const [row] = await database
        .select({ value: sql`count(distinct ${usageRecords.sessionId})`.mapWith(Number) })
        .from(usageRecords)
        .where(within(organizationId, period));
      return row?.value ?? 0;
    },
    async spentByKey(organizationId) {
      const rows = await database
        .select({
          id: usageRecords.apiKeyId,
          spent: sql`coalesce(sum(${usageRecords.costMicroUsd}), 0)`.mapWith(Number),
        })
        .from(usageRecords)
        .where(organizationId === undefined ? undefined : eq(usageRecords.organizationId, organizationId))
        .groupBy(usageRecords.apiKeyId);
      return new Map(rows.flatMap(({ id, spent }) => (id === null ? [] : [[id, spent]])));
    },
    listScores: async () =>
      database.select().from(scoreRows).orderBy(asc(scoreRows.importedAt), asc(scoreRows.runId)),
    async putScores(rows) {
      const excluded = (column: { readonly name: string }) => sql.raw(`excluded."${column.name}"`);
      for (let at = 0; at < rows.length; at += BATCH) {
        await database
          .insert(scoreRows)
          .values(rows.slice(at, at + BATCH))
          .onConflictDoUpdate({
            target: [
              scoreRows.modality,
              scoreRows.providerId,
              scoreRows.modelId,
              scoreRows.language,
              scoreRows.region,
              scoreRows.mode,
            ],
            set: {
              runId: excluded(scoreRows.runId),
              status: excluded(scoreRows.status),
              warning: excluded(scoreRows.warning),
              quality: excluded(scoreRows.quality),
              latencyMs: excluded(scoreRows.latencyMs),
              latencyP95Ms: excluded(scoreRows.latencyP95Ms),
              usdPerMinute: excluded(scoreRows.usdPerMinute),
              usdPerMillionInput: excluded(scoreRows.usdPerMillionInput),
              usdPerMillionOutput: excluded(scoreRows.usdPerMillionOutput),
              errorRate: excluded(scoreRows.errorRate),
              samples: excluded(scoreRows.samples),
              computedAt: excluded(scoreRows.computedAt),
              importedAt: sql`now()`,
            },
          });
      }
    },
    async removeScores(runId) {
      const removed = await database
        .delete(scoreRows)
        .where(runId === undefined ? undefined : eq(scoreRows.runId, runId))
        .returning({ runId: scoreRows.runId });
      return removed.length;
    },
    listVendorKeys: async (organizationId) =>
      database
        .select()
        .from(vendorKeys)
        .where(organizationId === undefined ? undefined : eq(vendorKeys.organizationId, organizationId)),
    async putVendorKey(row) {
      const [stored] = await database
        .insert(vendorKeys)
        .values(row)
        .onConflictDoUpdate({
          target: [vendorKeys.organizationId, vendorKeys.vendorId],
          set: { sealedKey: row.sealedKey, updatedAt: sql`now()` },
        })
        .returning();
      if (stored === undefined) throw new Error('The database returned no row for an insert.');
      return stored;
    },
    async removeVendorKey(organizationId, vendorId) {
      const removed = await database
        .delete(vendorKeys)
        .where(and(eq(vendorKeys.organizationId, organizationId), eq(vendorKeys.vendorId, vendorId)))
        .returning({ vendorId: vendorKeys.vendorId });
      return removed.length > 0;
    },
    async addCredit(entry) {
      await database.insert(creditEntries).values(entry);
    },
    listCredit: async (organizationId, { limit, before, kind }) =>
      database
        .select()
        .from(creditEntries)
        .where(
          and(
            eq(creditEntries.organizationId, organizationId),
            before === undefined ? undefined : lt(creditEntries.createdAt, before),
            kind === undefined ? undefined : eq(creditEntries.kind, kind),
          ),
        )
        .orderBy(desc(creditEntries.createdAt), desc(creditEntries.id))
        .limit(limit),
    async creditBalance(organizationId) {
      const [row] = await database
        .select({
          entries: count(),
          microUsd: sql`coalesce(sum(${creditEntries.amountMicroUsd}), 0)`.mapWith(Number),
          updatedAt: sql`max(${creditEntries.createdAt})`.mapWith(creditEntries.createdAt),
        })
        .from(creditEntries)
        .where(eq(creditEntries.organizationId, organizationId));
      return {
        microUsd: row?.microUsd ?? 0,
        updatedAt: row === undefined || row.entries === 0 ? null : row.updatedAt,
      };
    },
  };
}
