/** Tables of the platform, in one Postgres dialect for the embedded and the external database. */
import type { CapabilityName } from '@visavox/contract';
import {
  boolean,
  customType,
  doublePrecision,
  index,
  jsonb,
  pgTable,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });
const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' });

export const organizations = pgTable('organizations', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
});

/** Keys are kept as SHA-256 of the key; the key itself is never stored. */
export const apiKeys = pgTable('api_keys', {
  keyHash: text('key_hash').primaryKey(),
  organizationId: text('organization_id')
    .notNull()
    .references(() => organizations.id, { onDelete: 'cascade' }),
  label: text('label').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  revokedAt: moment('revoked_at'),
});

export const prompts = pgTable(
  'prompts',
  {
    id: text('id').primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    systemPrompt: text('system_prompt').notNull(),
    introMessage: text('intro_message').notNull().default(''),
    requireDocument: boolean('require_document').notNull().default(false),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('prompts_organization').on(table.organizationId, table.createdAt)],
);

export const backgroundImages = pgTable(
  'background_images',
  {
    id: text('id').primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id, { onDelete: 'cascade' }),
    title: text('title').notNull(),
    mediaType: text('media_type').notNull(),
    image: bytes('image').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('background_images_organization').on(table.organizationId, table.createdAt)],
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
    capability: jsonb('capability').$type<CapabilityName[]>().notNull(),
    /** Created by a client generation that sends neither `capability` nor `using_stf_webrtc`. */
    legacyClient: boolean('legacy_client').notNull().default(false),
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
    textNormalizationLocale: text('text_normalization_locale'),
    sttTextNormalizationLocale: text('stt_text_normalization_locale'),
    extraData: jsonb('extra_data').$type<unknown>(),
    clientSdp: text('client_sdp'),
    serverSdp: text('server_sdp'),
    createdAt: moment('created_at').notNull(),
    startedAt: moment('started_at'),
    endedAt: moment('ended_at'),
  },
  (table) => [
    index('sessions_organization').on(table.organizationId, table.createdAt),
    index('sessions_status').on(table.status),
  ],
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
