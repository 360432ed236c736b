/** Knowledge bases of voice agents: documents that are announced first and sent afterwards. */
import { and, asc, eq, getTableColumns, gte, lt, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import * as schema from './schema.ts';

export type KnowledgeBaseRow = typeof schema.knowledgeBases.$inferSelect & {
  readonly documentCount: number;
  readonly passageCount: number;
  /** Of its documents that are found by meaning. */
  readonly embeddingModel: string | null;
};
export type KnowledgeBaseDocumentRow = Pick<
  typeof schema.documents.$inferSelect,
  | 'id'
  | 'fileName'
  | 'mediaType'
  | 'metadata'
  | 'announcedBytes'
  | 'state'
  | 'failure'
  | 'processed'
  | 'passageCount'
  | 'createdAt'
  | 'updatedAt'
> & { readonly storedBytes: number };

export interface KnowledgeBaseStore {
  /** Oldest first; of one agent, or of all. */
  list(organizationId: string, agentId?: string): Promise<KnowledgeBaseRow[]>;
  find(organizationId: string, id: string): Promise<KnowledgeBaseRow | undefined>;
  insert(row: typeof schema.knowledgeBases.$inferInsert): Promise<void>;
  /** With its documents. */
  remove(organizationId: string, id: string): Promise<boolean>;

  /** Oldest first. */
  listDocuments(knowledgeBaseId: string): Promise<KnowledgeBaseDocumentRow[]>;
  findDocument(knowledgeBaseId: string, id: string): Promise<KnowledgeBaseDocumentRow | undefined>;
  /** Announces a document, whose file comes later. */
  announce(document: {
    readonly id: string;
    readonly organizationId: string;
    readonly knowledgeBaseId: string;
    readonly fileName: string;
    readonly mediaType: string;
    readonly sizeBytes: number;
    readonly metadata: Record<string, unknown> | null;
  }): Promise<void>;
  /** Forgets announced documents that nobody finished. */
  removeAbandoned(knowledgeBaseId: string, before: Date): Promise<void>;
  /** How large the file of an announced document is to be; undefined when none is waited for. */
  findAnnounced(id: string): Promise<{ readonly sizeBytes: number } | undefined>;
  /** False when no file is waited for. */
  putFile(id: string, file: Uint8Array): Promise<boolean>;
  /** Leaves the announced state; false when it was left before, or the file is missing. */
  finish(id: string, at: Date): Promise<boolean>;
  removeDocument(knowledgeBaseId: string, id: string): Promise<boolean>;
  /** Documents that can be searched, oldest first. */
  listSearchable(organizationId: string, knowledgeBaseId: string): Promise<string[]>;
}

export function createKnowledgeBaseStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): KnowledgeBaseStore {
  const { documents, knowledgeBases } = schema;
  const columns = {
    ...getTableColumns(knowledgeBases),
    documentCount: sql`count(${documents.id})`.mapWith(Number),
    passageCount: sql`coalesce(sum(${documents.passageCount}), 0)`.mapWith(Number),
    embeddingModel: sql<string | null>`max(${documents.embeddingModel})`,
  };
  const documentColumns = {
    id: documents.id,
    fileName: documents.fileName,
    mediaType: documents.mediaType,
    metadata: documents.metadata,
    announcedBytes: documents.announcedBytes,
    state: documents.state,
    failure: documents.failure,
    processed: documents.processed,
    passageCount: documents.passageCount,
    createdAt: documents.createdAt,
    updatedAt: documents.updatedAt,
    storedBytes: sql`octet_length(${documents.file})`.mapWith(Number),
  };
  const isBase = (organizationId: string, id: string) =>
    and(eq(knowledgeBases.id, id), eq(knowledgeBases.organizationId, organizationId));
  const isDocument = (knowledgeBaseId: string, id: string) =>
    and(eq(documents.id, id), eq(documents.knowledgeBaseId, knowledgeBaseId));
  const isPending = (id: string) => and(eq(documents.id, id), eq(documents.state, 'pending'));
  const select = (where: ReturnType<typeof and>) =>
    database
      .select(columns)
      .from(knowledgeBases)
      .leftJoin(documents, eq(documents.knowledgeBaseId, knowledgeBases.id))
      .where(where)
      .groupBy(knowledgeBases.id)
      .orderBy(asc(knowledgeBases.createdAt), asc(knowledgeBases.id));
  return {
    list: async (organizationId, agentId) =>
      select(
        and(
          eq(knowledgeBases.organizationId, organizationId),
          agentId === undefined ? undefined : eq(knowledgeBases.agentId, agentId),
        ),
      ),
    async find(organizationId, id) {
      const [row] = await select(isBase(organizationId, id));
      return row;
    },
    async insert(row) {
      await database.insert(knowledgeBases).values(row);
    },
    async remove(organizationId, id) {
      const removed = await database
        .delete(knowledgeBases)
        .where(isBase(organizationId, id))
        .returning({ id: knowledgeBases.id });
      return removed.length > 0;
    },

    listDocuments: async (knowledgeBaseId) =>
      database
        .select(documentColumns)
        .from(documents)
        .where(eq(documents.knowledgeBaseId, knowledgeBaseId))
        .orderBy(asc(documents.createdAt), asc(documents.id)),
    async findDocument(knowledgeBaseId, id) {
      const [row] = await database
        .select(documentColumns)
        .from(documents)
        .where(isDocument(knowledgeBaseId, id));
      return row;
    },
    async announce({ sizeBytes, ...document }) {
      await database.insert(documents).values({
        ...document,
        title: document.fileName,
        announcedBytes: sizeBytes,
        file: new Uint8Array(0),
        state: 'pending',
      });
    },
    async removeAbandoned(knowledgeBaseId, before) {
      await database
        .delete(documents)
        .where(
          and(
            eq(documents.knowledgeBaseId, knowledgeBaseId),
            eq(documents.state, 'pending'),
            lt(documents.updatedAt, before),
          ),
        );
    },
    async findAnnounced(id) {
      const [row] = await database
        .select({ sizeBytes: documents.announcedBytes })
        .from(documents)
        .where(isPending(id));
      return row === undefined || row.sizeBytes === null ? undefined : { sizeBytes: row.sizeBytes };
    },
    async putFile(id, file) {
      const rows = await database
        .update(documents)
        .set({ file, updatedAt: sql`now()` })
        .where(isPending(id))
        .returning({ id: documents.id });
      return rows.length > 0;
    },
    async finish(id, at) {
      const rows = await database
        .update(documents)
        .set({ state: 'waiting', updatedAt: at })
        .where(and(isPending(id), sql`octet_length(${documents.file}) > 0`))
        .returning({ id: documents.id });
      return rows.length > 0;
    },
    async removeDocument(knowledgeBaseId, id) {
      const removed = await database
        .delete(documents)
        .where(isDocument(knowledgeBaseId, id))
        .returning({ id: documents.id });
      return removed.length > 0;
    },
    async listSearchable(organizationId, knowledgeBaseId) {
      const rows = await database
        .select({ id: documents.id })
        .from(documents)
        .where(
          and(
            eq(documents.knowledgeBaseId, knowledgeBaseId),
            eq(documents.organizationId, organizationId),
            gte(documents.edition, 1),
          ),
        )
        .orderBy(asc(documents.createdAt), asc(documents.id));
      return rows.map(({ id }) => id);
    },
  };
}
