/** Sessions, what happened in them, and how much of an organization's allowance they used. */
import { and, asc, desc, eq, gte, inArray, lt, ne, or, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import * as schema from './schema.ts';

export type SessionRow = typeof schema.sessions.$inferSelect;
export type SessionEventRow = typeof schema.sessionEvents.$inferSelect;
export type TurnRow = typeof schema.turns.$inferSelect;

export interface SessionStore {
  insert(session: SessionRow): Promise<void>;
  find(id: string): Promise<SessionRow | undefined>;
  update(id: string, changes: Partial<Omit<SessionRow, 'id' | 'organizationId'>>): Promise<void>;
  /** Newest first; `before` is the last one of the page before. */
  list(
    organizationId: string,
    page: { readonly limit: number; readonly before?: SessionRow | undefined },
  ): Promise<SessionRow[]>;
  /** Ends every session that an earlier run of this node left open; returns how many. */
  endOpen(nodeId: string, reason: string, at: Date): Promise<number>;
  /** Sessions that are connected or being connected, on every node. */
  countActive(organizationId: string): Promise<number>;
  /** Seconds that sessions begun since `from` have been in progress, those that still are up to `now`. */
  sumSeconds(organizationId: string, from: Date, now: Date): Promise<number>;

  insertEvent(event: SessionEventRow): Promise<void>;
  listEvents(sessionId: string): Promise<SessionEventRow[]>;
  insertTurn(turn: TurnRow): Promise<void>;
  listTurns(sessionId: string): Promise<TurnRow[]>;
}

export function createSessionStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): SessionStore {
  const { sessions, sessionEvents, turns } = schema;
  return {
    async insert(session) {
      await database.insert(sessions).values(session);
    },
    async find(id) {
      const [row] = await database.select().from(sessions).where(eq(sessions.id, id));
      return row;
    },
    async update(id, changes) {
      await database.update(sessions).set(changes).where(eq(sessions.id, id));
    },
    async list(organizationId, { limit, before }) {
      return database
        .select()
        .from(sessions)
        .where(
          and(
            eq(sessions.organizationId, organizationId),
            before === undefined
              ? undefined
              : or(
                  lt(sessions.createdAt, before.createdAt),
                  and(eq(sessions.createdAt, before.createdAt), lt(sessions.id, before.id)),
                ),
          ),
        )
        .orderBy(desc(sessions.createdAt), desc(sessions.id))
        .limit(limit);
    },
    async endOpen(nodeId, reason, at) {
      const ended = await database
        .update(sessions)
        .set({ status: 'TERMINATED', terminationReason: reason, endedAt: at })
        .where(and(eq(sessions.nodeId, nodeId), ne(sessions.status, 'TERMINATED')))
        .returning({ id: sessions.id });
      return ended.length;
    },
    async countActive(organizationId) {
      return database.$count(
        sessions,
        and(
          eq(sessions.organizationId, organizationId),
          ne(sessions.status, 'TERMINATED'),
          inArray(sessions.status, ['EXCHANGED', 'IN_PROGRESS']),
        ),
      );
    },
    async sumSeconds(organizationId, from, now) {
      const [row] = await database
        .select({
          seconds: sql<
            string | null
          >`sum(extract(epoch from coalesce(${sessions.endedAt}, ${now.toISOString()}::timestamptz) - ${sessions.startedAt}))`,
        })
        .from(sessions)
        .where(and(eq(sessions.organizationId, organizationId), gte(sessions.createdAt, from)));
      return Number(row?.seconds ?? 0);
    },
    async insertEvent(event) {
      await database.insert(sessionEvents).values(event);
    },
    listEvents: async (sessionId) =>
      database
        .select()
        .from(sessionEvents)
        .where(eq(sessionEvents.sessionId, sessionId))
        .orderBy(asc(sessionEvents.createdAt)),
    async insertTurn(turn) {
      await database.insert(turns).values(turn);
    },
    listTurns: async (sessionId) =>
      database.select().from(turns).where(eq(turns.sessionId, sessionId)).orderBy(asc(turns.createdAt)),
  };
}
