/** The only code that knows the database: opens it, brings it up to date, and offers what the platform asks of it. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { and, asc, eq, getTableColumns, isNull, ne, sql } from 'drizzle-orm';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import { Pool } from 'pg';
import * as schema from './schema.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** One arbitrary number for all nodes, so that only one of them migrates a shared Postgres at a time. */
const MIGRATION_LOCK = 8_484_001;

export type PromptRow = typeof schema.prompts.$inferSelect;
export type BackgroundImageRow = typeof schema.backgroundImages.$inferSelect;
export type SessionRow = typeof schema.sessions.$inferSelect;
export type SessionEventRow = typeof schema.sessionEvents.$inferSelect;

/** A new background image or a listing of one: everything but the bytes. */
export type BackgroundImageSummary = Omit<BackgroundImageRow, 'image'>;

export interface Store {
  readonly kind: 'pglite' | 'postgres';
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;

  upsertOrganization(organization: { id: string; name: string }): Promise<void>;
  putApiKey(options: { organizationId: string; key: string; label: string }): Promise<void>;
  /** The organization of a valid, unrevoked key. */
  findOrganizationByKey(key: string): Promise<{ readonly id: string } | undefined>;

  listPrompts(organizationId: string): Promise<PromptRow[]>;
  findPrompt(id: string): Promise<PromptRow | undefined>;
  insertPromptIfAbsent(prompt: typeof schema.prompts.$inferInsert): Promise<void>;

  listBackgroundImages(organizationId: string): Promise<BackgroundImageSummary[]>;
  findBackgroundImage(id: string): Promise<BackgroundImageRow | undefined>;
  insertBackgroundImageIfAbsent(image: typeof schema.backgroundImages.$inferInsert): Promise<void>;

  insertSession(session: SessionRow): Promise<void>;
  findSession(id: string): Promise<SessionRow | undefined>;
  updateSession(id: string, changes: Partial<Omit<SessionRow, 'id' | 'organizationId'>>): Promise<void>;
  /** Ends every session that an earlier run of this node left open; returns how many. */
  endOpenSessions(nodeId: string, reason: string, at: Date): Promise<number>;
  insertSessionEvent(event: SessionEventRow): Promise<void>;
  listSessionEvents(sessionId: string): Promise<SessionEventRow[]>;

  close(): Promise<void>;
}

/** SHA-256 as hexadecimal: keys have at least 128 bits of their own, so a fast hash is enough. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/**
 * Opens the database and applies pending migrations.
 * `databaseUrl` absent: an embedded Postgres in `dataDirectory`; `memory` keeps it nowhere (tests).
 */
export async function openStore(options: {
  readonly databaseUrl?: string | undefined;
  readonly dataDirectory: string | 'memory';
}): Promise<Store> {
  if (options.databaseUrl !== undefined) return openPostgres(options.databaseUrl);
  return openEmbedded(options.dataDirectory);
}

async function openEmbedded(dataDirectory: string): Promise<Store> {
  let folder: string | undefined;
  if (dataDirectory !== 'memory') {
    folder = path.join(dataDirectory, 'database');
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const client = await PGlite.create(folder === undefined ? {} : { dataDir: folder });
  const database = drizzlePglite(client, { schema });
  await migratePglite(database, { migrationsFolder: MIGRATIONS_FOLDER });
  return createStore('pglite', database, async () => {
    if (!client.closed) await client.close();
  });
}

async function openPostgres(databaseUrl: string): Promise<Store> {
  const pool = new Pool({ connectionString: databaseUrl, max: 10, connectionTimeoutMillis: 10_000 });
  // An idle connection that breaks must not end the process; the next query gets a new one.
  pool.on('error', () => {});
  try {
    const lock = await pool.connect();
    try {
      await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await migratePostgres(drizzlePostgres(lock), { migrationsFolder: MIGRATIONS_FOLDER });
      await lock.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    } finally {
      lock.release();
    }
  } catch (cause) {
    await pool.end();
    throw new Error(
      'Could not open the database of DATABASE_URL. Is it running, and may this user create tables in it?',
      {
        cause,
      },
    );
  }
  let ended = false;
  return createStore('postgres', drizzlePostgres(pool, { schema }), async () => {
    if (ended) return;
    ended = true;
    await pool.end();
  });
}

function createStore<Kind extends PgQueryResultHKT>(
  kind: Store['kind'],
  database: PgDatabase<Kind, typeof schema>,
  close: () => Promise<void>,
): Store {
  const { organizations, apiKeys, prompts, backgroundImages, sessions, sessionEvents } = schema;
  const { image: _image, ...imageSummary } = getTableColumns(backgroundImages);
  return {
    kind,
    close,
    async ping() {
      await database.execute(sql`select 1`);
    },

    async upsertOrganization(organization) {
      await database.insert(organizations).values(organization).onConflictDoNothing();
    },
    async putApiKey({ organizationId, key, label }) {
      await database
        .insert(apiKeys)
        .values({ keyHash: hashApiKey(key), organizationId, label })
        .onConflictDoUpdate({ target: apiKeys.keyHash, set: { organizationId, revokedAt: null } });
    },
    async findOrganizationByKey(key) {
      const [row] = await database
        .select({ id: apiKeys.organizationId })
        .from(apiKeys)
        .where(and(eq(apiKeys.keyHash, hashApiKey(key)), isNull(apiKeys.revokedAt)));
      return row;
    },

    async listPrompts(organizationId) {
      return database
        .select()
        .from(prompts)
        .where(eq(prompts.organizationId, organizationId))
        .orderBy(asc(prompts.createdAt), asc(prompts.id));
    },
    async findPrompt(id) {
      const [row] = await database.select().from(prompts).where(eq(prompts.id, id));
      return row;
    },
    async insertPromptIfAbsent(prompt) {
      await database.insert(prompts).values(prompt).onConflictDoNothing();
    },

    async listBackgroundImages(organizationId) {
      return database
        .select(imageSummary)
        .from(backgroundImages)
        .where(eq(backgroundImages.organizationId, organizationId))
        .orderBy(asc(backgroundImages.createdAt), asc(backgroundImages.id));
    },
    async findBackgroundImage(id) {
      const [row] = await database.select().from(backgroundImages).where(eq(backgroundImages.id, id));
      return row;
    },
    async insertBackgroundImageIfAbsent(image) {
      await database.insert(backgroundImages).values(image).onConflictDoNothing();
    },

    async insertSession(session) {
      await database.insert(sessions).values(session);
    },
    async findSession(id) {
      const [row] = await database.select().from(sessions).where(eq(sessions.id, id));
      return row;
    },
    async updateSession(id, changes) {
      await database.update(sessions).set(changes).where(eq(sessions.id, id));
    },
    async endOpenSessions(nodeId, reason, at) {
      const ended = await database
        .update(sessions)
        .set({ status: 'TERMINATED', terminationReason: reason, endedAt: at })
        .where(and(eq(sessions.nodeId, nodeId), ne(sessions.status, 'TERMINATED')))
        .returning({ id: sessions.id });
      return ended.length;
    },
    async insertSessionEvent(event) {
      await database.insert(sessionEvents).values(event);
    },
    async listSessionEvents(sessionId) {
      return database
        .select()
        .from(sessionEvents)
        .where(eq(sessionEvents.sessionId, sessionId))
        .orderBy(asc(sessionEvents.createdAt));
    },
  };
}
