/**
 * Passages of documents: written in editions, so that the old ones are found until the new ones are complete, and
 * found again by terms (Postgres full text) and by vectors (pgvector, where the database has it).
 */
import { and, asc, eq, gt, gte, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { openVectorStore, type VectorStore } from './knowledge-vectors.ts';
import * as schema from './schema.ts';

/** A document that is being processed. */
export interface ClaimedDocument {
  readonly id: string;
  /** The edition that this processing makes. */
  readonly attempt: number;
  /** The edition that is searched meanwhile. */
  readonly edition: number;
  readonly fileName: string;
  readonly mediaType: string;
  readonly file: Uint8Array;
}

export interface NewPassage {
  readonly heading: string;
  readonly content: string;
  readonly terms: Iterable<string>;
}

/** What a search needs to know of a document. */
export interface DocumentIndex {
  readonly edition: number;
  readonly passageCount: number;
  readonly embeddingModel: string | null;
  /** Passages that have a term, for those of the terms that many have. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface TermQuery {
  readonly text: string;
  /** Any term that begins like this one. */
  readonly isPrefix: boolean;
}

export interface StoredPassage {
  readonly id: number;
  readonly documentId: string;
  readonly position: number;
  readonly heading: string;
  readonly content: string;
}

interface Edition {
  readonly documentId: string;
  readonly edition: number;
}

export interface KnowledgeStore {
  /** Documents whose processing has not begun or not ended, oldest first. */
  listUnfinished(): Promise<readonly string[]>;
  /** Searchable documents without vectors of this model, oldest first. */
  listWithoutVectors(embeddingModel: string): Promise<readonly string[]>;
  /** Marks the document as being processed; `undefined` when there is none. */
  claim(id: string, at: Date): Promise<ClaimedDocument | undefined>;
  insertPassages(
    edition: Edition,
    batch: { readonly firstPosition: number; readonly passages: readonly NewPassage[] },
  ): Promise<void>;
  insertTermCounts(
    edition: Edition,
    counts: readonly (readonly [term: string, passages: number])[],
  ): Promise<void>;
  /** Makes an edition the one that is searched; false when the document has gone or been claimed again. */
  publish(edition: Edition, options: { readonly passageCount: number; readonly at: Date }): Promise<boolean>;
  /** Keeps what was searchable before. False as for `publish`. */
  fail(edition: Edition, options: { readonly failure: string; readonly at: Date }): Promise<boolean>;
  /** Deletes some passages of older editions than `below`, and none of `except`; false when none are left. */
  removeSome(
    documentId: string,
    options: { readonly below: number; readonly except: number },
  ): Promise<boolean>;
  /** Brings the planner's figures up to date after many changes, and after deletions frees their place. */
  tidy(options: { readonly hasDeleted: boolean }): Promise<void>;

  findIndex(documentId: string, terms: readonly string[]): Promise<DocumentIndex | undefined>;
  /** For each query the ids of passages that match it, at most `limit`. */
  findMatches(
    edition: Edition,
    queries: readonly TermQuery[],
    options: { readonly limit: number },
  ): Promise<readonly (readonly number[])[]>;
  fetchPassages(ids: readonly number[]): Promise<readonly StoredPassage[]>;

  markVectors(
    edition: Edition,
    options: { readonly embeddingModel: string; readonly at: Date },
  ): Promise<boolean>;
  /** `undefined` when the database has no pgvector of version 0.8 or newer. */
  openVectors(): Promise<VectorStore | undefined>;
}

const REMOVED_AT_ONCE = 500;

export function createKnowledgeStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
  options: { readonly isEmbedded: boolean },
): KnowledgeStore {
  const { documents, documentTerms, passages } = schema;
  const isClaim = ({ documentId, edition }: Edition) =>
    and(eq(documents.id, documentId), eq(documents.attempt, edition));
  return {
    async listUnfinished() {
      const rows = await database
        .select({ id: documents.id })
        .from(documents)
        .where(inArray(documents.state, ['waiting', 'processing']))
        .orderBy(asc(documents.updatedAt), asc(documents.id));
      return rows.map(({ id }) => id);
    },
    async listWithoutVectors(embeddingModel) {
      const rows = await database
        .select({ id: documents.id })
        .from(documents)
        .where(
          and(
            eq(documents.state, 'ready'),
            gt(documents.edition, 0),
            or(isNull(documents.embeddingModel), ne(documents.embeddingModel, embeddingModel)),
          ),
        )
        .orderBy(asc(documents.updatedAt), asc(documents.id));
      return rows.map(({ id }) => id);
    },
    async claim(id, at) {
      const [row] = await database
        .update(documents)
        .set({ state: 'processing', failure: null, attempt: sql`${documents.attempt} + 1`, updatedAt: at })
        .where(eq(documents.id, id))
        .returning({
          id: documents.id,
          attempt: documents.attempt,
          edition: documents.edition,
          fileName: documents.fileName,
          mediaType: documents.mediaType,
          file: documents.file,
        });
      return row;
    },
    async insertPassages(edition, { firstPosition, passages: batch }) {
      if (batch.length === 0) return;
      await database.insert(passages).values(
        batch.map(({ heading, content, terms }, index) => ({
          documentId: edition.documentId,
          edition: edition.edition,
          position: firstPosition + index,
          heading,
          content,
          search: [scopeOf(edition), ...terms].map(quoteTerm).join(' '),
        })),
      );
    },
    async insertTermCounts(edition, counts) {
      if (counts.length === 0) return;
      await database
        .insert(documentTerms)
        .values(counts.map(([term, passageCount]) => ({ ...edition, term, passageCount })));
    },
    async publish(edition, { passageCount, at }) {
      const rows = await database
        .update(documents)
        .set({
          edition: edition.edition,
          passageCount,
          state: 'ready',
          failure: null,
          processed: true,
          embeddingModel: null,
          updatedAt: at,
        })
        .where(isClaim(edition))
        .returning({ id: documents.id });
      return rows.length > 0;
    },
    async fail(edition, { failure, at }) {
      const rows = await database
        .update(documents)
        .set({ state: 'failed', failure, updatedAt: at })
        .where(isClaim(edition))
        .returning({ id: documents.id });
      return rows.length > 0;
    },
    async removeSome(documentId, { below, except }) {
      const isOld = and(
        eq(passages.documentId, documentId),
        lt(passages.edition, below),
        ne(passages.edition, except),
      );
      const removed = await database
        .delete(passages)
        .where(
          inArray(
            passages.id,
            database.select({ id: passages.id }).from(passages).where(isOld).limit(REMOVED_AT_ONCE),
          ),
        )
        .returning({ id: passages.id });
      if (removed.length > 0) return true;
      await database
        .delete(documentTerms)
        .where(
          and(
            eq(documentTerms.documentId, documentId),
            lt(documentTerms.edition, below),
            ne(documentTerms.edition, except),
          ),
        );
      return false;
    },
    async tidy({ hasDeleted }) {
      // A server does the rest by itself; in the embedded database nobody else does.
      const isVacuum = hasDeleted && options.isEmbedded;
      await database.execute(isVacuum ? sql`vacuum (analyze) ${passages}` : sql`analyze ${passages}`);
    },

    async findIndex(documentId, terms) {
      const [row] = await database
        .select({
          edition: documents.edition,
          passageCount: documents.passageCount,
          embeddingModel: documents.embeddingModel,
          counts: sql<Record<string, number> | null>`(
            select json_object_agg(t.term, t.passage_count) from ${documentTerms} t
            where t.document_id = ${documents.id} and t.edition = ${documents.edition}
              and t.term = any(${sql.param([...terms])}::text[])
          )`,
        })
        .from(documents)
        .where(and(eq(documents.id, documentId), gte(documents.edition, 1)));
      return row && { ...row, counts: new Map(Object.entries(row.counts ?? {})) };
    },
    async findMatches(edition, queries, { limit }) {
      const found: number[][] = queries.map(() => []);
      if (queries.length === 0) return found;
      const scope = quoteTerm(scopeOf(edition));
      const texts = queries.map(
        ({ text, isPrefix }) => `${scope} & ${quoteTerm(text)}${isPrefix ? ':*' : ''}`,
      );
      // Ids travel as one text for each query: thousands of rows would cost more than finding them.
      const rows = await database
        .select({ ordinal: sql<number>`q.ordinal::int`, ids: sql<string | null>`m.ids` })
        .from(
          sql`unnest(${sql.param(texts)}::text[]) with ordinality as q(query, ordinal) cross join lateral (
            select string_agg(p.id::text, ',') as ids from (
              select ${passages.id} from ${passages} where ${passages.search} @@ q.query::tsquery limit ${limit}
            ) p
          ) m`,
        );
      for (const { ordinal, ids } of rows) {
        if (ids !== null) found[ordinal - 1] = ids.split(',').map(Number);
      }
      return found;
    },
    async fetchPassages(ids) {
      if (ids.length === 0) return [];
      return database
        .select({
          id: passages.id,
          documentId: passages.documentId,
          position: passages.position,
          heading: passages.heading,
          content: passages.content,
        })
        .from(passages)
        .where(inArray(passages.id, [...ids]));
    },

    async markVectors(edition, { embeddingModel, at }) {
      const rows = await database
        .update(documents)
        .set({ embeddingModel, updatedAt: at })
        .where(and(eq(documents.id, edition.documentId), eq(documents.edition, edition.edition)))
        .returning({ id: documents.id });
      return rows.length > 0;
    },
    openVectors: () => openVectorStore(database),
  };
}

/** A term that all passages of an edition have, so that the index itself leaves out other documents. No text has it. */
function scopeOf({ documentId, edition }: Edition): string {
  return `#${documentId}/${edition}`;
}

/** A term as `tsvector` and `tsquery` read it, whatever it is made of. */
function quoteTerm(term: string): string {
  return `'${term.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
