/**
 * What organizations own and lend: one table object for every kind of resource, with the same few operations. What
 * requests read over and over is remembered for a moment; a change made here shows at once, one made by another node
 * after that moment.
 */
import { and, asc, eq, exists, getTableColumns, isNull, or, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgDatabase, PgQueryResultHKT, PgTable } from 'drizzle-orm/pg-core';
import { createRecentReads } from './recent-reads.ts';
import * as schema from './schema.ts';

export type PromptRow = typeof schema.prompts.$inferSelect;
export type BackgroundImageRow = Omit<typeof schema.backgroundImages.$inferSelect, 'image'>;
export type DocumentRow = Omit<
  typeof schema.documents.$inferSelect,
  'file' | 'attempt' | 'edition' | 'knowledgeBaseId' | 'metadata' | 'announcedBytes' | 'state'
> & { readonly state: Exclude<(typeof schema.DOCUMENT_STATES)[number], 'pending'> };
export type McpServerRow = typeof schema.mcpServers.$inferSelect;
export type TextNormalizationConfigRow = typeof schema.textNormalizationConfigs.$inferSelect;
export type SessionTemplateRow = typeof schema.sessionTemplates.$inferSelect;

/** The kinds of resource by their store property. Files and pictures are not part of a row; see `readBlob`. */
export interface ResourceTypes {
  readonly prompts: { row: PromptRow; insert: typeof schema.prompts.$inferInsert };
  readonly documents: { row: DocumentRow; insert: typeof schema.documents.$inferInsert };
  readonly backgroundImages: { row: BackgroundImageRow; insert: typeof schema.backgroundImages.$inferInsert };
  readonly mcpServers: { row: McpServerRow; insert: typeof schema.mcpServers.$inferInsert };
  readonly textNormalizationConfigs: {
    row: TextNormalizationConfigRow;
    insert: typeof schema.textNormalizationConfigs.$inferInsert;
  };
  readonly sessionTemplates: { row: SessionTemplateRow; insert: typeof schema.sessionTemplates.$inferInsert };
}

export type ResourceName = keyof ResourceTypes;

export interface ResourceTable<Row, Insert> {
  /** Owned by the organization or lent to it, oldest first. */
  list(organizationId: string): Promise<Row[]>;
  find(id: string): Promise<Row | undefined>;
  /** `usable`: owned by the organization or lent to it. */
  findFor(
    organizationId: string,
    id: string,
  ): Promise<{ readonly row: Row; readonly usable: boolean } | undefined>;
  insert(row: Insert): Promise<Row>;
  insertIfAbsent(row: Insert): Promise<void>;
  /** Undefined when it does not exist. */
  update(id: string, changes: Partial<Insert>): Promise<Row | undefined>;
  /** False when it did not exist. */
  remove(id: string): Promise<boolean>;
  /** The file or picture of a row; undefined when there is none. */
  readBlob(
    id: string,
  ): Promise<
    { readonly bytes: Uint8Array; readonly mediaType: string; readonly organizationId: string } | undefined
  >;
  /** Lends it to another organization. Idempotent. */
  lend(id: string, organizationId: string): Promise<void>;
  takeBack(id: string, organizationId: string): Promise<void>;
  /** Organizations it is lent to. */
  borrowers(id: string): Promise<string[]>;
}

/** How long another node's change may stay unseen. */
const REMEMBER_MS = 1000;

export type Resources = {
  readonly [Name in ResourceName]: ResourceTable<ResourceTypes[Name]['row'], ResourceTypes[Name]['insert']>;
} & {
  /** Session templates, of any organization, that refer to a resource. */
  findTemplatesUsing(
    name: ResourceName,
    id: string,
  ): Promise<{ readonly id: string; readonly name: string }[]>;
};

interface ResourceColumns {
  readonly id: PgColumn;
  readonly organizationId: PgColumn;
  readonly createdAt: PgColumn;
  readonly mediaType?: PgColumn;
}

interface ResourceDefinition {
  readonly kind: schema.ResourceKind;
  /** Whether only the table object itself changes its rows, so that reads can be remembered. */
  readonly remembers: boolean;
  readonly table: PgTable & ResourceColumns;
  readonly columns: Readonly<Record<string, PgColumn>>;
  readonly blob?: PgColumn;
  /** Rows that are no resources: they belong to something else. */
  readonly ownerColumn?: PgColumn;
}

export function createResources<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): Resources {
  const { image, ...imageColumns } = getTableColumns(schema.backgroundImages);
  const { file, attempt, edition, knowledgeBaseId, metadata, announcedBytes, ...documentColumns } =
    getTableColumns(schema.documents);

  const create = <Row, Insert>(definition: ResourceDefinition): ResourceTable<Row, Insert> => {
    const { kind, table, columns, blob } = definition;
    const reads = createRecentReads({
      keepMs: definition.remembers ? REMEMBER_MS : 0,
      now: () => performance.now(),
    });
    const { assignments } = schema;
    // The generic table hides its columns from the query builder; `columns` are exactly those of Row.
    const source: PgTable = table;
    const usableBy = (organizationId: string): SQL =>
      // `or` of two conditions is never empty.
      or(
        eq(table.organizationId, organizationId),
        exists(
          database
            .select({ one: sql`1` })
            .from(assignments)
            .where(
              and(
                eq(assignments.organizationId, organizationId),
                eq(assignments.kind, kind),
                eq(assignments.resourceId, table.id),
              ),
            ),
        ),
      ) as SQL;
    const { ownerColumn } = definition;
    const isResource = ownerColumn === undefined ? undefined : isNull(ownerColumn);
    const isRow = (id: string) => and(eq(table.id, id), isResource);
    const isOf = (id: string) => and(eq(assignments.kind, kind), eq(assignments.resourceId, id));
    return {
      async list(organizationId) {
        const rows = await reads.read(`list ${organizationId}`, () =>
          database
            .select(columns)
            .from(source)
            .where(and(usableBy(organizationId), isResource))
            .orderBy(asc(table.createdAt), asc(table.id)),
        );
        return rows as Row[];
      },
      async find(id) {
        const [row] = await database.select(columns).from(source).where(isRow(id));
        return row as Row | undefined;
      },
      async findFor(organizationId, id) {
        const [found] = await reads.read(`find ${organizationId} ${id}`, () =>
          database
            .select({ ...columns, usable: sql<boolean>`${usableBy(organizationId)}` })
            .from(source)
            .where(isRow(id)),
        );
        if (found === undefined) return undefined;
        const { usable, ...row } = found as Row & { readonly usable: boolean };
        // Row without the added column.
        return { row: row as Row, usable };
      },
      insert: (row) =>
        reads.change(async () => {
          const [inserted] = await database
            .insert(source)
            .values(row as never)
            .returning(columns);
          return inserted as Row;
        }),
      insertIfAbsent: (row) =>
        reads.change(async () => {
          await database
            .insert(source)
            .values(row as never)
            .onConflictDoNothing();
        }),
      update: (id, changes) =>
        reads.change(async () => {
          const [row] = await database
            .update(source)
            .set(changes as never)
            .where(isRow(id))
            .returning(columns);
          return row as Row | undefined;
        }),
      remove: (id) =>
        reads.change(async () => {
          await database.delete(assignments).where(isOf(id));
          const removed = await database.delete(source).where(isRow(id)).returning({ id: table.id });
          return removed.length > 0;
        }),
      async readBlob(id) {
        if (blob === undefined || table.mediaType === undefined) return undefined;
        const [row] = await database
          .select({ bytes: blob, mediaType: table.mediaType, organizationId: table.organizationId })
          .from(source)
          .where(isRow(id));
        return row as { bytes: Uint8Array; mediaType: string; organizationId: string } | undefined;
      },
      lend: (id, organizationId) =>
        reads.change(async () => {
          await database
            .insert(assignments)
            .values({ organizationId, kind, resourceId: id })
            .onConflictDoNothing();
        }),
      takeBack: (id, organizationId) =>
        reads.change(async () => {
          await database
            .delete(assignments)
            .where(and(isOf(id), eq(assignments.organizationId, organizationId)));
        }),
      async borrowers(id) {
        const rows = await database
          .select({ organizationId: assignments.organizationId })
          .from(assignments)
          .where(isOf(id))
          .orderBy(asc(assignments.organizationId));
        return rows.map(({ organizationId }) => organizationId);
      },
    };
  };

  const templates = schema.sessionTemplates;
  const references: Readonly<Record<ResourceName, (id: string) => SQL | undefined>> = {
    prompts: (id) => eq(templates.promptId, id),
    documents: (id) => eq(templates.documentId, id),
    backgroundImages: (id) => eq(templates.backgroundImageId, id),
    mcpServers: (id) => sql`${templates.mcpServerIds} @> ${JSON.stringify([id])}::jsonb`,
    textNormalizationConfigs: (id) =>
      or(eq(templates.textNormalizationConfigId, id), eq(templates.sttTextNormalizationConfigId, id)),
    sessionTemplates: () => undefined,
  };

  return {
    async findTemplatesUsing(name, id) {
      const condition = references[name](id);
      if (condition === undefined) return [];
      return database.select({ id: templates.id, name: templates.name }).from(templates).where(condition);
    },
    prompts: create({
      kind: 'prompt',
      remembers: true,
      table: schema.prompts,
      columns: getTableColumns(schema.prompts),
    }),
    documents: create({
      kind: 'document',
      // Processing changes them as well.
      remembers: false,
      table: schema.documents,
      columns: documentColumns,
      blob: file,
      ownerColumn: knowledgeBaseId,
    }),
    backgroundImages: create({
      kind: 'background_image',
      remembers: true,
      table: schema.backgroundImages,
      columns: imageColumns,
      blob: image,
    }),
    mcpServers: create({
      kind: 'mcp_server',
      remembers: true,
      table: schema.mcpServers,
      columns: getTableColumns(schema.mcpServers),
    }),
    textNormalizationConfigs: create({
      kind: 'text_normalization_config',
      remembers: true,
      table: schema.textNormalizationConfigs,
      columns: getTableColumns(schema.textNormalizationConfigs),
    }),
    sessionTemplates: create({
      kind: 'session_template',
      remembers: true,
      table: schema.sessionTemplates,
      columns: getTableColumns(schema.sessionTemplates),
    }),
  };
}
