/** Tables of the platform, in one Postgres dialect for the embedded and the external database. */
import type { CapabilityName } from '@visavox/contract';
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/** What an organization may use at most; an absent number means the server's default. */
export interface OrganizationLimits {
  /** Sessions connected or being connected at the same time. */
  readonly maxActiveSessions?: number | undefined;
  readonly maxMinutesPerSession?: number | undefined;
  /** Sum over all sessions that began in a calendar month (UTC). */
  readonly maxMinutesPerMonth?: number | undefined;
}

/** Catalogue names that an organization may use; an absent list means all. */
export interface OrganizationFeatures {
  readonly llmTypes?: readonly string[] | undefined;
  readonly ttsTypes?: readonly string[] | undefined;
  readonly sttTypes?: readonly string[] | undefined;
  readonly modelStyles?: readonly string[] | undefined;
}

export const organizations = pgTable('organizations', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  limits: jsonb('limits').$type<OrganizationLimits>().notNull().default({}),
  features: jsonb('features').$type<OrganizationFeatures>().notNull().default({}),
  createdAt: moment('created_at').notNull().defaultNow(),
});

/** `operator` manages every organization, `admin` its own, `client` only uses the platform. */
export const KEY_ROLES = ['operator', 'admin', 'client'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

/** Keys are kept as SHA-256 of the key; the key itself is never stored. */
export const apiKeys = pgTable(
  'api_keys',
  {
    keyHash: text('key_hash').primaryKey(),
    id: text('id').notNull().unique(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    label: text('label').notNull(),
    role: text('role', { enum: KEY_ROLES }).notNull().default('client'),
    /** The first characters of the key, to tell keys apart in a list. */
    hint: text('hint').notNull().default(''),
    createdAt: moment('created_at').notNull().defaultNow(),
    revokedAt: moment('revoked_at'),
  },
  (table) => [index('api_keys_organization').on(table.organizationId, table.createdAt)],
);

/** Every kind of thing an organization owns and may be lent by another. */
export const RESOURCE_KINDS = [
  'prompt',
  'document',
  'background_image',
  'mcp_server',
  'text_normalization_config',
  'session_template',
] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** Resources that an organization may use without owning them. */
export const assignments = pgTable(
  'assignments',
  {
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: RESOURCE_KINDS }).notNull(),
    resourceId: text('resource_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organizationId, table.kind, table.resourceId] }),
    index('assignments_resource').on(table.kind, table.resourceId),
  ],
);

/** What every resource has: an id, its owner, and when it was made. */
const owned = () => ({
  id: text('id').primaryKey(),
  organizationId: text('organization_id')
    .notNull()
    .references(() => organizations.id, { onDelete: 'cascade' }),
  createdAt: moment('created_at').notNull().defaultNow(),
});

export const prompts = pgTable(
  'prompts',
  {
    ...owned(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    systemPrompt: text('system_prompt').notNull(),
    introMessage: text('intro_message').notNull().default(''),
    requireDocument: boolean('require_document').notNull().default(false),
  },
  (table) => [index('prompts_organization').on(table.organizationId, table.createdAt)],
);

export const DOCUMENT_STATES = ['waiting', 'processing', 'ready', 'failed'] as const;

export const documents = pgTable(
  'documents',
  {
    ...owned(),
    title: text('title').notNull(),
    description: text('description').notNull().default(''),
    fileName: text('file_name').notNull(),
    mediaType: text('media_type').notNull(),
    file: bytes('file').notNull(),
    /** Passages given to the model for one question. */
    searchCount: integer('search_count').notNull().default(5),
    /** Breadth of the vector search; null means the index's own. */
    efSearch: integer('ef_search'),
    state: text('state', { enum: DOCUMENT_STATES }).notNull().default('waiting'),
    /** For people: why processing failed, and what to do. */
    failure: text('failure'),
    /** Found by words. */
    processed: boolean('processed').notNull().default(false),
    /** Found by meaning as well: the name of the embedding model. */
    embeddingModel: text('embedding_model'),
    passageCount: integer('passage_count').notNull().default(0),
    /** Counts the times that processing began; the passages of one time are an edition. */
    attempt: integer('attempt').notNull().default(0),
    /** The edition that is searched; 0 for none yet. */
    edition: integer('edition').notNull().default(0),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [index('documents_organization').on(table.organizationId, table.createdAt)],
);

/** Pieces of documents, small enough to be given to a model. */
export const passages = pgTable(
  'passages',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    documentId: text('document_id')
      .notNull()
      .references(() => documents.id, { onDelete: 'cascade' }),
    edition: integer('edition').notNull().default(0),
    /** Counts from 0 in reading order. */
    position: integer('position').notNull(),
    /** Titles of the sections it stands in, outermost first, joined by ` › `. */
    heading: text('heading').notNull().default(''),
    content: text('content').notNull(),
    search: tsvector('search').notNull(),
  },
  (table) => [
    index('passages_document').on(table.documentId, table.edition, table.position),
    // Without its list of pending entries: nothing empties that in the embedded database.
    index('passages_search').using('gin', table.search).with({ fastupdate: false }),
  ],
);

/** How many passages of an edition have a term, for the terms that many have. */
export const documentTerms = pgTable(
  'document_terms',
  {
    documentId: text('document_id')
      .notNull()
      .references(() => documents.id, { onDelete: 'cascade' }),
    edition: integer('edition').notNull(),
    term: text('term').notNull(),
    passageCount: integer('passage_count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.documentId, table.edition, table.term] })],
);

export const mcpServers = pgTable(
  'mcp_servers',
  {
    ...owned(),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    url: text('url').notNull(),
    transport: text('transport', { enum: ['streamable_http', 'sse'] })
      .notNull()
      .default('streamable_http'),
    timeoutSeconds: doublePrecision('timeout_seconds').notNull().default(30),
    /** Request headers, sealed with the server's secret; never shown. */
    sealedHeaders: text('sealed_headers'),
    extraData: jsonb('extra_data').$type<Record<string, unknown>>(),
  },
  (table) => [index('mcp_servers_organization').on(table.organizationId, table.createdAt)],
);

export const textNormalizationConfigs = pgTable(
  'text_normalization_configs',
  {
    ...owned(),
    name: text('name').notNull(),
    /** The rules as CSV, checked when they were stored. */
    rules: text('rules').notNull(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [index('text_normalization_configs_organization').on(table.organizationId, table.createdAt)],
);

export const backgroundImages = pgTable(
  'background_images',
  {
    ...owned(),
    title: text('title').notNull(),
    mediaType: text('media_type').notNull(),
    image: bytes('image').notNull(),
  },
  (table) => [index('background_images_organization').on(table.organizationId, table.createdAt)],
);

/** What a session is made of; a template keeps the same. */
const settings = () => ({
  capability: jsonb('capability').$type<CapabilityName[]>().notNull(),
  promptId: text('prompt_id'),
  documentId: text('document_id'),
  llmType: text('llm_type'),
  ttsType: text('tts_type'),
  sttType: text('stt_type'),
  modelStyle: text('model_style'),
  backgroundImageId: text('background_image_id'),
  mcpServerIds: jsonb('mcp_server_ids').$type<string[]>().notNull().default([]),
  agent: text('agent'),
  paddingLeft: doublePrecision('padding_left'),
  paddingTop: doublePrecision('padding_top'),
  paddingHeight: doublePrecision('padding_height'),
  textNormalizationConfigId: text('text_normalization_config_id'),
  textNormalizationLocale: text('text_normalization_locale'),
  sttTextNormalizationConfigId: text('stt_text_normalization_config_id'),
  sttTextNormalizationLocale: text('stt_text_normalization_locale'),
  extraData: jsonb('extra_data').$type<unknown>(),
});

export const sessionTemplates = pgTable(
  'session_templates',
  {
    ...owned(),
    name: text('name').notNull(),
    description: text('description'),
    ...settings(),
    lastUsedAt: moment('last_used_at'),
  },
  (table) => [index('session_templates_organization').on(table.organizationId, table.createdAt)],
);

export const sessions = pgTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    /** The server that holds it; an ungraceful end of that server ends its sessions at its next start. */
    nodeId: text('node_id').notNull(),
    status: text('status', { enum: ['CREATED', 'EXCHANGED', 'IN_PROGRESS', 'TERMINATED'] }).notNull(),
    terminationReason: text('termination_reason'),
    /** Created by a client generation that sends neither `capability` nor `using_stf_webrtc`. */
    legacyClient: boolean('legacy_client').notNull().default(false),
    ...settings(),
    clientSdp: text('client_sdp'),
    serverSdp: text('server_sdp'),
    createdAt: moment('created_at').notNull(),
    startedAt: moment('started_at'),
    endedAt: moment('ended_at'),
  },
  (table) => [
    index('sessions_organization').on(table.organizationId, table.createdAt),
    index('sessions_open').on(table.organizationId, table.status).where(sql`${table.status} <> 'TERMINATED'`),
  ],
);

/** A passage that was given to the model. */
export interface TurnPassage {
  readonly documentId: string;
  readonly passageId: number;
  readonly position: number;
  /** 0 – 1, higher is better; comparable inside one turn only. */
  readonly score: number;
}

/** One question and its answer, with what the answer was made from. */
export const turns = pgTable(
  'turns',
  {
    id: text('id').primaryKey(),
    sessionId: text('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    question: text('question').notNull(),
    answer: text('answer').notNull(),
    passages: jsonb('passages').$type<TurnPassage[]>().notNull().default([]),
    /** Names of the tools that were asked for, in order. */
    toolNames: jsonb('tool_names').$type<string[]>().notNull().default([]),
    outcome: text('outcome', { enum: ['finished', 'aborted', 'failed'] }).notNull(),
    durationMs: integer('duration_ms').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('turns_session').on(table.sessionId, table.createdAt)],
);

export const sessionEvents = pgTable(
  'session_events',
  {
    id: text('id').primaryKey(),
    sessionId: text('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    event: text('event').notNull(),
    detail: text('detail').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('session_events_session').on(table.sessionId, table.createdAt)],
);
