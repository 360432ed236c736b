/** Conversations of the voice gateway: how they were set up, what was said in them, and what happened around them. */
import { and, asc, desc, eq, gt, gte, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import * as schema from './schema.ts';

export type VoiceSessionRow = typeof schema.voiceSessions.$inferSelect;
export type VoiceTurnRow = typeof schema.voiceTurns.$inferSelect;
export type VoiceEventRow = typeof schema.voiceEvents.$inferSelect;
type NewVoiceSession = typeof schema.voiceSessions.$inferInsert;

/** A place in the list, newest first. */
export interface VoiceSessionPlace {
  readonly createdAt: Date;
  /** Absent: before everything of that moment. */
  readonly id?: string | undefined;
}

export interface VoiceSessionFilter {
  readonly status?: string | undefined;
  readonly mode?: string | undefined;
  readonly agentId?: string | undefined;
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
}

export interface VoiceSessionStore {
  /** Undefined when the organization has one with this idempotency key. */
  insert(session: NewVoiceSession): Promise<VoiceSessionRow | undefined>;
  find(organizationId: string, id: string): Promise<VoiceSessionRow | undefined>;
  findByIdempotencyKey(organizationId: string, key: string): Promise<VoiceSessionRow | undefined>;
  /** The key can be used anew. */
  forgetIdempotencyKey(id: string): Promise<void>;
  /** Newest first. */
  list(
    organizationId: string,
    options: VoiceSessionFilter & { readonly limit: number; readonly after?: VoiceSessionPlace | undefined },
  ): Promise<VoiceSessionRow[]>;
  /** From created to active; nothing for one that is not created. */
  activate(id: string, options: { readonly at: Date; readonly endsAt?: Date | undefined }): Promise<boolean>;
  /** Secrets go with it. Undefined when it has ended before. */
  end(
    id: string,
    end: { readonly status: 'ended' | 'failed'; readonly at: Date },
  ): Promise<VoiceSessionRow | undefined>;
  /** Those that nobody joined in time or that are over their time. */
  listOverdue(at: Date): Promise<Pick<VoiceSessionRow, 'id' | 'roomName' | 'status'>[]>;

  /** A turn of the same index is replaced. */
  putTurns(turns: readonly (typeof schema.voiceTurns.$inferInsert)[]): Promise<void>;
  /** In order; only those behind an index. */
  listTurns(sessionId: string, after?: number): Promise<VoiceTurnRow[]>;
  addEvent(event: typeof schema.voiceEvents.$inferInsert): Promise<void>;
  /** In order. */
  listEvents(sessionId: string, from: Date): Promise<VoiceEventRow[]>;
}

export function createVoiceSessionStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): VoiceSessionStore {
  const { voiceSessions, voiceTurns, voiceEvents } = schema;
  const isOpen = isNull(voiceSessions.endedAt);
  // Free texts are compared as such: one that no session can have finds none.
  const isText = (column: SQL | typeof voiceSessions.status | typeof voiceSessions.mode, text?: string) =>
    text === undefined ? undefined : eq(sql`${column}`, text);
  return {
    async insert(session) {
      const [row] = await database
        .insert(voiceSessions)
        .values(session)
        .onConflictDoNothing({ target: [voiceSessions.organizationId, voiceSessions.idempotencyKey] })
        .returning();
      return row;
    },
    async find(organizationId, id) {
      const [row] = await database
        .select()
        .from(voiceSessions)
        .where(and(eq(voiceSessions.id, id), eq(voiceSessions.organizationId, organizationId)));
      return row;
    },
    async findByIdempotencyKey(organizationId, key) {
      const [row] = await database
        .select()
        .from(voiceSessions)
        .where(and(eq(voiceSessions.organizationId, organizationId), eq(voiceSessions.idempotencyKey, key)));
      return row;
    },
    async forgetIdempotencyKey(id) {
      await database.update(voiceSessions).set({ idempotencyKey: null }).where(eq(voiceSessions.id, id));
    },
    list: async (organizationId, { status, mode, agentId, from, to, limit, after }) =>
      database
        .select()
        .from(voiceSessions)
        .where(
          and(
            eq(voiceSessions.organizationId, organizationId),
            isText(voiceSessions.status, status),
            isText(voiceSessions.mode, mode),
            agentId === undefined ? undefined : eq(voiceSessions.agentId, agentId),
            from === undefined ? undefined : gte(voiceSessions.createdAt, from),
            to === undefined ? undefined : lt(voiceSessions.createdAt, to),
            after === undefined
              ? undefined
              : or(
                  lt(voiceSessions.createdAt, after.createdAt),
                  after.id === undefined
                    ? undefined
                    : and(eq(voiceSessions.createdAt, after.createdAt), lt(voiceSessions.id, after.id)),
                ),
          ),
        )
        .orderBy(desc(voiceSessions.createdAt), desc(voiceSessions.id))
        .limit(limit),
    async activate(id, { at, endsAt }) {
      const rows = await database
        .update(voiceSessions)
        .set({ status: 'active', updatedAt: at, ...(endsAt === undefined ? {} : { endsAt }) })
        .where(and(eq(voiceSessions.id, id), eq(voiceSessions.status, 'created')))
        .returning({ id: voiceSessions.id });
      return rows.length > 0;
    },
    async end(id, { status, at }) {
      const [row] = await database
        .update(voiceSessions)
        .set({ status, endedAt: at, updatedAt: at, sealedToolSecrets: null })
        .where(and(eq(voiceSessions.id, id), isOpen))
        .returning();
      return row;
    },
    listOverdue: async (at) =>
      database
        .select({ id: voiceSessions.id, roomName: voiceSessions.roomName, status: voiceSessions.status })
        .from(voiceSessions)
        .where(
          and(
            isOpen,
            or(
              lte(voiceSessions.endsAt, at),
              and(eq(voiceSessions.status, 'created'), lte(voiceSessions.expiresAt, at)),
            ),
          ),
        )
        .limit(1000),

    async putTurns(turns) {
      if (turns.length === 0) return;
      const excluded = (column: { readonly name: string }) => sql.raw(`excluded."${column.name}"`);
      await database
        .insert(voiceTurns)
        .values([...turns])
        .onConflictDoUpdate({
          target: [voiceTurns.sessionId, voiceTurns.index],
          set: {
            source: excluded(voiceTurns.source),
            text: excluded(voiceTurns.text),
            startedAt: excluded(voiceTurns.startedAt),
            endedAt: excluded(voiceTurns.endedAt),
            provider: excluded(voiceTurns.provider),
            model: excluded(voiceTurns.model),
          },
        });
    },
    listTurns: async (sessionId, after = -1) =>
      database
        .select()
        .from(voiceTurns)
        .where(and(eq(voiceTurns.sessionId, sessionId), gt(voiceTurns.index, after)))
        .orderBy(asc(voiceTurns.index)),
    async addEvent(event) {
      await database.insert(voiceEvents).values(event);
    },
    listEvents: async (sessionId, from) =>
      database
        .select()
        .from(voiceEvents)
        .where(and(eq(voiceEvents.sessionId, sessionId), gte(voiceEvents.createdAt, from)))
        .orderBy(asc(voiceEvents.createdAt), asc(voiceEvents.id)),
  };
}
