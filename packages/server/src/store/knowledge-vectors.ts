/** Vectors of passages in pgvector. Tables and indexes are made when vectors are first used: not every database can. */
import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import {
  bigint,
  customType,
  integer,
  type PgDatabase,
  type PgQueryResultHKT,
  pgTable,
  text,
} from 'drizzle-orm/pg-core';
import * as schema from './schema.ts';

export interface EmbeddingModel {
  readonly modelId: string;
  readonly dimensions: number;
}

export interface VectorStore {
  /** Makes the model's index where it is missing. */
  prepare(model: EmbeddingModel): Promise<void>;
  /** Passages of an edition that have no vector of this model yet. */
  listMissing(
    edition: { readonly documentId: string; readonly edition: number },
    options: { readonly modelId: string; readonly limit: number },
  ): Promise<readonly { readonly id: number; readonly heading: string; readonly content: string }[]>;
  put(
    model: EmbeddingModel,
    edition: { readonly documentId: string; readonly edition: number },
    vectors: readonly { readonly passageId: number; readonly vector: Float32Array }[],
  ): Promise<void>;
  /** Brings the planner's figures up to date after many changes. Without them it compares all vectors one by one. */
  tidy(): Promise<void>;
  /** Ids of the passages whose vectors are nearest, nearest first. */
  findNearest(
    model: EmbeddingModel,
    edition: { readonly documentId: string; readonly edition: number },
    options: {
      readonly vector: Float32Array;
      readonly limit: number;
      /** Breadth of the search, 1 – 1000; absent means the index's own. */
      readonly efSearch?: number | undefined;
    },
  ): Promise<readonly number[]>;
}

/** What an HNSW index takes: of single and of half precision. Longer vectors are compared one by one. */
const MAX_VECTOR_DIMENSIONS = 2000;
const MAX_HALF_VECTOR_DIMENSIONS = 4000;
/** One arbitrary number for all nodes, so that only one of them makes tables at a time. */
const SETUP_LOCK = 8_484_002;

const vector = customType<{ data: Float32Array; driverData: string }>({
  dataType: () => 'vector',
  toDriver: formatVector,
});

const passageEmbeddings = pgTable('passage_embeddings', {
  passageId: bigint('passage_id', { mode: 'number' }).primaryKey(),
  documentId: text('document_id').notNull(),
  edition: integer('edition').notNull(),
  embeddingModel: text('embedding_model').notNull(),
  embedding: vector('embedding').notNull(),
});

/** `undefined` when the database has no pgvector of version 0.8 or newer, which filters while it searches. */
export async function openVectorStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): Promise<VectorStore | undefined> {
  if (!(await hasVectors(database))) return undefined;
  const { passages } = schema;
  await createTable(database);
  const prepared = new Set<string>();
  const isIn = ({ documentId, edition }: { readonly documentId: string; readonly edition: number }) =>
    sql`${passageEmbeddings.documentId} = ${documentId} and ${passageEmbeddings.edition} = ${edition}`;
  return {
    async prepare(model) {
      const name = indexName(model);
      if (prepared.has(name)) return;
      await database.transaction(async (transaction) => {
        await transaction.execute(sql`select pg_advisory_xact_lock(${SETUP_LOCK})`);
        if (model.dimensions <= MAX_HALF_VECTOR_DIMENSIONS) {
          const operators = sql.raw(
            model.dimensions <= MAX_VECTOR_DIMENSIONS ? 'vector_cosine_ops' : 'halfvec_cosine_ops',
          );
          await transaction.execute(sql`
            create index if not exists ${sql.identifier(name)} on ${passageEmbeddings}
            using hnsw ((embedding::${typeOf(model)}) ${operators})
            where embedding_model = ${sql.raw(quoteLiteral(model.modelId))}`);
        }
      });
      prepared.add(name);
    },
    async listMissing({ documentId, edition }, { modelId, limit }) {
      return database
        .select({ id: passages.id, heading: passages.heading, content: passages.content })
        .from(passages)
        .where(
          sql`${passages.documentId} = ${documentId} and ${passages.edition} = ${edition} and not exists (
            select from ${passageEmbeddings} e where e.passage_id = ${passages.id} and e.embedding_model = ${modelId}
          )`,
        )
        .orderBy(passages.position)
        .limit(limit);
    },
    async put({ modelId }, { documentId, edition }, vectors) {
      if (vectors.length === 0) return;
      await database
        .insert(passageEmbeddings)
        .values(
          vectors.map(({ passageId, vector: embedding }) => ({
            passageId,
            documentId,
            edition,
            embeddingModel: modelId,
            embedding,
          })),
        )
        .onConflictDoUpdate({
          target: passageEmbeddings.passageId,
          set: { embeddingModel: sql`excluded.embedding_model`, embedding: sql`excluded.embedding` },
        });
    },
    async tidy() {
      await database.execute(sql`analyze ${passageEmbeddings}`);
    },
    async findNearest(model, edition, { vector: wanted, limit, efSearch }) {
      const type = typeOf(model);
      return database.transaction(async (transaction) => {
        // Without iteration a filter on the document would leave fewer passages than were asked for.
        const breadth =
          efSearch === undefined ? sql`` : sql`, set_config('hnsw.ef_search', ${String(efSearch)}, true)`;
        await transaction.execute(
          sql`select set_config('hnsw.iterative_scan', 'strict_order', true)${breadth}`,
        );
        const rows = await transaction
          .select({ id: passageEmbeddings.passageId })
          .from(passageEmbeddings)
          .where(
            sql`${isIn(edition)} and ${passageEmbeddings.embeddingModel} = ${sql.raw(quoteLiteral(model.modelId))}`,
          )
          .orderBy(sql`${passageEmbeddings.embedding}::${type} <=> ${formatVector(wanted)}::${type}`)
          .limit(limit);
        return rows.map(({ id }) => id);
      });
    },
  };
}

async function createTable<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.execute(sql`select pg_advisory_xact_lock(${SETUP_LOCK})`);
    await transaction.execute(sql`
      create table if not exists ${passageEmbeddings} (
        passage_id bigint primary key references ${schema.passages} (id) on delete cascade,
        document_id text not null,
        edition integer not null,
        embedding_model text not null,
        embedding vector not null
      )`);
    await transaction.execute(
      sql`create index if not exists passage_embeddings_document on ${passageEmbeddings} (document_id, edition)`,
    );
  });
}

async function hasVectors<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): Promise<boolean> {
  try {
    await database.execute(sql`create extension if not exists vector`);
  } catch {
    // Not installed on that server, or not for this user: the same to us.
    return false;
  }
  const [row] = await database
    .select({ version: sql<string>`extversion` })
    .from(sql`pg_extension`)
    .where(sql`extname = 'vector'`);
  const [major = 0, minor = 0] = row?.version.split('.').map(Number) ?? [];
  return major > 0 || minor >= 8;
}

/** Six digits are what single precision has; the rest of the decimals would only be sent and read. */
function formatVector(value: Float32Array): string {
  return `[${Array.from(value, (number) => Number(number.toPrecision(6))).join(',')}]`;
}

function typeOf({ dimensions }: EmbeddingModel): ReturnType<typeof sql.raw> {
  const type =
    dimensions > MAX_VECTOR_DIMENSIONS && dimensions <= MAX_HALF_VECTOR_DIMENSIONS ? 'halfvec' : 'vector';
  return sql.raw(`${type}(${Math.trunc(dimensions)})`);
}

function indexName({ modelId, dimensions }: EmbeddingModel): string {
  return `passage_embeddings_${createHash('sha256').update(`${modelId}/${dimensions}`).digest('hex').slice(0, 16)}`;
}

function quoteLiteral(value: string): string {
  const escaped = value.replaceAll('\0', '').replaceAll('\\', '\\\\').replaceAll("'", "''");
  return ` E'${escaped}'`;
}
