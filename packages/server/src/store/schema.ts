/** Tables of the platform, in one Postgres dialect for the embedded and the external database. */
import type { CapabilityName } from '@visavox/contract';
import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
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
  uniqueIndex,
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
    lastUsedAt: moment('last_used_at'),
    /** What calls with this key may cost in all; null means unlimited. */
    budgetMicroUsd: bigint('budget_micro_usd', { mode: 'number' }),
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

/** `pending`: announced, its file not here yet. */
export const DOCUMENT_STATES = ['pending', 'waiting', 'processing', 'ready', 'failed'] as const;

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
    /** Belongs to the knowledge base of a voice agent, and to nothing else. */
    knowledgeBaseId: text('knowledge_base_id').references((): AnyPgColumn => knowledgeBases.id, {
      onDelete: 'cascade',
    }),
    metadata: jsonb('metadata').$type<Record<string, unknown>>(),
    /** As announced before the upload; null for documents that came at once. */
    announcedBytes: integer('announced_bytes'),
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
  (table) => [
    index('documents_organization').on(table.organizationId, table.createdAt),
    index('documents_knowledge_base').on(table.knowledgeBaseId, table.createdAt),
  ],
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

/** Keys of vendors that organizations brought, sealed with the server's secret. */
export const vendorKeys = pgTable(
  'vendor_keys',
  {
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    vendorId: text('vendor_id').notNull(),
    sealedKey: text('sealed_key').notNull(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.organizationId, table.vendorId] })],
);

/** Measurements of the operator's own; a later one of the same model replaces the earlier. */
export const scoreRows = pgTable(
  'score_rows',
  {
    modality: text('modality', { enum: ['stt', 'llm', 'tts', 's2s'] }).notNull(),
    providerId: text('provider_id').notNull(),
    modelId: text('model_id').notNull(),
    language: text('language').notNull(),
    region: text('region').notNull().default('global'),
    mode: text('mode', { enum: ['batch', 'streaming', 'realtime'] }).notNull(),
    runId: text('run_id').notNull(),
    status: text('status', { enum: ['production', 'warned', 'provisional'] })
      .notNull()
      .default('production'),
    warning: text('warning'),
    quality: doublePrecision('quality'),
    latencyMs: doublePrecision('latency_ms'),
    latencyP95Ms: doublePrecision('latency_p95_ms'),
    usdPerMinute: doublePrecision('usd_per_minute'),
    usdPerMillionInput: doublePrecision('usd_per_million_input'),
    usdPerMillionOutput: doublePrecision('usd_per_million_output'),
    errorRate: doublePrecision('error_rate'),
    samples: integer('samples'),
    computedAt: moment('computed_at').notNull(),
    importedAt: moment('imported_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({
      columns: [table.modality, table.providerId, table.modelId, table.language, table.region, table.mode],
    }),
  ],
);

/** What calls of the voice gateway used: the sum of the calls of one kind within about a second. */
export const usageRecords = pgTable(
  'usage_records',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment('at').notNull(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    apiKeyId: text('api_key_id'),
    sessionId: text('session_id'),
    modality: text('modality', { enum: ['stt', 'llm', 'tts', 's2s'] }).notNull(),
    providerId: text('provider_id').notNull(),
    modelId: text('model_id').notNull(),
    keySource: text('key_source', { enum: ['BYOK', 'MANAGED'] }).notNull(),
    calls: integer('calls').notNull(),
    /** Seconds of sound, characters, or tokens. */
    quantity: doublePrecision('quantity').notNull(),
    /** Null when the price is not known. */
    costMicroUsd: doublePrecision('cost_micro_usd'),
  },
  (table) => [
    index('usage_records_organization').on(table.organizationId, table.at),
    index('usage_records_key').on(table.apiKeyId),
  ],
);

/** The operator's ledger of an organization's credit. */
export const creditEntries = pgTable(
  'credit_entries',
  {
    id: text('id').primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['grant', 'debit', 'topup', 'refund', 'adjustment'] }).notNull(),
    amountMicroUsd: bigint('amount_micro_usd', { mode: 'number' }).notNull(),
    metric: text('metric'),
    provider: text('provider'),
    sessionId: text('session_id'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('credit_entries_organization').on(table.organizationId, table.createdAt)],
);

/** Voice agents: what a conversation begins with. */
export const agents = pgTable(
  'agents',
  {
    ...owned(),
    name: text('name').notNull(),
    systemPrompt: text('system_prompt').notNull(),
    voice: text('voice'),
    intent: jsonb('intent').$type<Record<string, unknown>>().notNull(),
    llmOptions: jsonb('llm_options').$type<Record<string, unknown>>(),
    stackPreferences: jsonb('stack_preferences').$type<Record<string, unknown>>(),
    sttOptions: jsonb('stt_options').$type<Record<string, unknown>>(),
    ttsOptions: jsonb('tts_options').$type<Record<string, unknown>>(),
    backgroundAudio: jsonb('background_audio').$type<Record<string, unknown>>(),
    speechNormalization: jsonb('speech_normalization').$type<Record<string, unknown>>(),
    promptVariables: jsonb('prompt_variables').$type<Record<string, unknown>[]>(),
    webhooks: jsonb('webhooks').$type<Record<string, unknown>>(),
    idleRePrompts: jsonb('idle_re_prompts').$type<Record<string, unknown>>(),
    runMode: text('run_mode', { enum: ['cascade', 's2s'] })
      .notNull()
      .default('cascade'),
    firstMessage: text('first_message'),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [index('agents_organization').on(table.organizationId, table.createdAt)],
);

export const agentTools = pgTable(
  'agent_tools',
  {
    ...owned(),
    agentId: text('agent_id')
      .notNull()
      .references(() => agents.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    description: text('description').notNull(),
    parameters: jsonb('parameters').$type<Record<string, unknown>>().notNull(),
    source: jsonb('source').$type<Record<string, unknown>>().notNull(),
    /** A JSON object of secrets by reference, sealed with the server's secret; never shown. */
    sealedSecrets: text('sealed_secrets'),
    preToolSpeech: text('pre_tool_speech', { enum: ['auto', 'always', 'never'] })
      .notNull()
      .default('auto'),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('agent_tools_name').on(table.agentId, table.name)],
);

export const knowledgeBases = pgTable(
  'knowledge_bases',
  {
    ...owned(),
    agentId: text('agent_id')
      .notNull()
      .references((): AnyPgColumn => agents.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    description: text('description'),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [index('knowledge_bases_agent').on(table.agentId, table.createdAt)],
);

/** Conversations of the voice gateway. */
export const voiceSessions = pgTable(
  'voice_sessions',
  {
    ...owned(),
    mode: text('mode', { enum: ['cascade', 's2s'] }).notNull(),
    status: text('status', { enum: ['created', 'active', 'ended', 'failed'] }).notNull(),
    agentId: text('agent_id'),
    /** What it was created with, defaults filled in. */
    pipelineConfig: jsonb('pipeline_config').$type<Record<string, unknown>>().notNull(),
    /** Values for headers of tools, sealed with the server's secret; never shown. */
    sealedToolSecrets: text('sealed_tool_secrets'),
    roomName: text('room_name'),
    identity: text('identity'),
    language: text('language'),
    metadata: jsonb('metadata').$type<Record<string, unknown>>(),
    webhookTags: jsonb('webhook_tags').$type<Record<string, string>>(),
    idempotencyKey: text('idempotency_key'),
    /** SHA-256 of the body that came with the idempotency key. */
    bodyHash: text('body_hash'),
    /** What the creation answered, sealed since it holds a token: for a repetition with the idempotency key. */
    sealedAnswer: text('sealed_answer'),
    /** Until when it can be joined. */
    expiresAt: moment('expires_at').notNull(),
    /** When it ends at the latest. */
    endsAt: moment('ends_at').notNull().defaultNow(),
    endedAt: moment('ended_at'),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('voice_sessions_organization').on(table.organizationId, table.createdAt),
    index('voice_sessions_agent').on(table.agentId, table.createdAt),
    uniqueIndex('voice_sessions_idempotency').on(table.organizationId, table.idempotencyKey),
  ],
);

/** What was said, by finished turn. */
export const voiceTurns = pgTable(
  'voice_turns',
  {
    id: text('id').notNull(),
    sessionId: text('session_id')
      .notNull()
      .references(() => voiceSessions.id, { onDelete: 'cascade' }),
    index: integer('index').notNull(),
    source: text('source', { enum: ['user', 'agent', 'system'] }).notNull(),
    text: text('text').notNull(),
    startedAt: moment('started_at').notNull(),
    endedAt: moment('ended_at'),
    provider: text('provider'),
    model: text('model'),
    eouMs: doublePrecision('eou_ms'),
    llmTtftMs: doublePrecision('llm_ttft_ms'),
    ttsTtfbMs: doublePrecision('tts_ttfb_ms'),
    latencyStatus: text('latency_status', { enum: ['partial', 'complete', 'interrupted', 'error'] }),
    conversationalLatencyMs: doublePrecision('conversational_latency_ms'),
    toolCalls: jsonb('tool_calls').$type<{ name: string; args: unknown }[]>().notNull().default([]),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.index] })],
);

/** What happened around a conversation besides its turns. */
export const voiceEvents = pgTable(
  'voice_events',
  {
    id: text('id').primaryKey(),
    sessionId: text('session_id')
      .notNull()
      .references(() => voiceSessions.id, { onDelete: 'cascade' }),
    provider: text('provider').notNull(),
    eventType: text('event_type').notNull(),
    status: text('status'),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull().default({}),
    occurredAt: moment('occurred_at').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('voice_events_session').on(table.sessionId, table.createdAt)],
);
