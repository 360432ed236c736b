/** The only code that knows the database: opens it, brings it up to date, and offers what the platform asks of it. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { sql } from 'drizzle-orm';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import { Pool } from 'pg';
import { type AgentStore, createAgentStore } from './agents.ts';
import { createGatewayStore, type GatewayStore } from './gateway.ts';
import { createKnowledgeStore, type KnowledgeStore } from './knowledge.ts';
import { createKnowledgeBaseStore, type KnowledgeBaseStore } from './knowledge-bases.ts';
import {
  createKeyStore,
  createOrganizationStore,
  type KeyStore,
  type OrganizationStore,
} from './organizations.ts';
import { createResources, type Resources } from './resources.ts';
import * as schema from './schema.ts';
import { createSessionStore, type SessionStore } from './sessions.ts';
import { createVoiceSessionStore, type VoiceSessionStore } from './voice-sessions.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));
/** One arbitrary number for all nodes, so that only one of them migrates a shared Postgres at a time. */
const MIGRATION_LOCK = 8_484_001;

export type { AgentRow, AgentToolRow } from './agents.ts';
export type { GatewayStore, StoredScoreRow, UsageSum, VendorKeyRow } from './gateway.ts';
export type { KnowledgeBaseDocumentRow, KnowledgeBaseRow } from './knowledge-bases.ts';
export type { ApiKeyRow, KeyOwner, OrganizationRow } from './organizations.ts';
export { hashApiKey } from './organizations.ts';
export type {
  BackgroundImageRow,
  DocumentRow,
  McpServerRow,
  PromptRow,
  ResourceName,
  ResourceTable,
  ResourceTypes,
  SessionTemplateRow,
  TextNormalizationConfigRow,
} from './resources.ts';
export type { OrganizationLimits } from './schema.ts';
export type { SessionEventRow, SessionRow, TurnRow } from './sessions.ts';
export type { VoiceEventRow, VoiceSessionRow, VoiceTurnRow } from './voice-sessions.ts';

export interface Store extends Resources {
  readonly kind: 'pglite' | 'postgres';
  readonly organizations: OrganizationStore;
  readonly keys: KeyStore;
  readonly sessions: SessionStore;
  readonly knowledge: KnowledgeStore;
  readonly gateway: GatewayStore;
  readonly agents: AgentStore;
  readonly knowledgeBases: KnowledgeBaseStore;
  readonly voiceSessions: VoiceSessionStore;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
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
  const client = await PGlite.create({
    extensions: { vector },
    ...(folder === undefined ? {} : { dataDir: folder }),
  });
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
  return {
    kind,
    ...createResources(database),
    organizations: createOrganizationStore(database),
    keys: createKeyStore(database),
    sessions: createSessionStore(database),
    gateway: createGatewayStore(database),
    agents: createAgentStore(database),
    knowledgeBases: createKnowledgeBaseStore(database),
    voiceSessions: createVoiceSessionStore(database),
    knowledge: createKnowledgeStore(database, { isEmbedded: kind === 'pglite' }),
    async ping() {
      await database.execute(sql`select 1`);
    },
    close,
  };
}
