/** What the management API shows and takes: organizations, keys, and everything an organization owns. */
import { z } from 'zod';
import { CAPABILITY_NAMES, iceServer, llmType, modelStyle, sttType, ttsType } from '../perso/entities.ts';

const timestamp = z.string().describe('ISO 8601 in UTC with milliseconds');
const name = z.string().trim().min(1).max(200);
const shortText = z.string().max(2000);
const names = z.array(z.string().max(255)).max(1000);
const owned = {
  organization_id: z.string().describe('The owner'),
  created_at: timestamp,
};

export const KEY_ROLE_NAMES = ['operator', 'admin', 'client'] as const;

export const organizationLimits = z
  .object({
    max_active_sessions: z.number().int().min(0).max(1_000_000).nullish(),
    max_minutes_per_session: z.number().positive().max(1_000_000).nullish(),
    max_minutes_per_month: z.number().min(0).max(1_000_000_000).nullish(),
  })
  .meta({ id: 'OrganizationLimits', description: "Absent or null: the server's default" });

export const organizationFeatures = z
  .object({
    llm_types: names.nullish(),
    tts_types: names.nullish(),
    stt_types: names.nullish(),
    model_styles: names.nullish(),
  })
  .meta({ id: 'OrganizationFeatures', description: 'Catalogue names it may use; absent or null: all' });

export const organization = z
  .object({
    id: z.string(),
    name: z.string(),
    limits: organizationLimits,
    features: organizationFeatures,
    created_at: timestamp,
  })
  .meta({ id: 'Organization' });

export const createOrganization = z
  .object({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
      .optional()
      .describe('Lower-case letters, digits and hyphens; absent: made up'),
    name,
    limits: organizationLimits.optional(),
    features: organizationFeatures.optional(),
  })
  .meta({ id: 'CreateOrganization' });

export const updateOrganization = createOrganization
  .omit({ id: true })
  .partial()
  .meta({ id: 'UpdateOrganization' });

export const apiKey = z
  .object({
    id: z.string(),
    organization_id: z.string(),
    name: z.string(),
    role: z.enum(KEY_ROLE_NAMES),
    hint: z.string().describe('How the key begins'),
    created_at: timestamp,
    revoked_at: timestamp.nullable(),
    last_used_at: timestamp.nullable().describe('To the minute'),
    budget_usd: z.number().nullable().describe('What gateway calls with it may cost in all; null: unlimited'),
    spent_usd: z.number().describe('What they have cost, as far as prices are known'),
  })
  .meta({ id: 'ApiKey' });

const budget = z.number().min(0).max(1_000_000_000);

export const createApiKey = z
  .object({
    name,
    role: z.enum(['admin', 'client', 'operator']).default('client'),
    budget_usd: budget.nullable().optional(),
  })
  .meta({ id: 'CreateApiKey' });

export const updateApiKey = z
  .object({ name: name.optional(), budget_usd: budget.nullable().optional() })
  .meta({ id: 'UpdateApiKey' });

const measurement = z.number().min(0).nullish();

/** The flat import format of the gateway contract, section 2.5. Unknown metrics are ignored. */
export const scoreRow = z
  .object({
    run_id: z.string().min(1).max(200),
    computed_at: z.iso.datetime({ offset: true }).or(z.iso.date()).optional(),
    request_type: z.enum(['stt', 'llm', 'tts', 's2s']),
    provider_id: z.string().min(1).max(100).toLowerCase(),
    model_id: z.string().min(1).max(200),
    language: z
      .string()
      .regex(/^[a-z]{2,3}([-_][a-z0-9]{2,4}){0,2}$/i)
      .default('en'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/)
      .default('global'),
    mode: z.enum(['streaming_ws', 'streaming_sse', 'streaming', 'batch', 'realtime']),
    status: z.enum(['production', 'warned', 'provisional']).default('production'),
    warning: z.string().max(1000).nullish(),
    error_rate: z.number().min(0).max(1).nullish(),
    samples: z.int().min(0).nullish(),
    metrics: z.object({
      wer_p50: measurement.describe('STT: word error rate; up to 1 a share, above it percent'),
      ttfp_p50_ms: measurement,
      ttfp_p95_ms: measurement,
      cost_per_min_usd: measurement,
      cer_p50: measurement.describe('TTS: character error rate of a round trip, as wer_p50'),
      ttfb_p50_ms: measurement,
      ttfb_p95_ms: measurement,
      cost_per_1m_chars_usd: measurement,
      aa_index: measurement.describe('LLM: quality index, 0 to 100'),
      ttft_ms: measurement,
      ttft_p95_ms: measurement,
      price_per_m_input_usd: measurement,
      price_per_m_output_usd: measurement,
      task_success_pct: measurement.describe('S2S'),
      tool_call_p50_ms: measurement.describe('S2S'),
      tool_call_p95_ms: measurement.describe('S2S'),
    }),
  })
  .meta({ id: 'ScoreRow' });

export type ImportedScoreRow = z.output<typeof scoreRow>;

export const importScores = z
  .object({ rows: z.array(scoreRow).min(1).max(5000) })
  .meta({ id: 'ImportScores' });

export const importedScores = z
  .object({ imported: z.int(), run_id: z.string() })
  .meta({ id: 'ImportedScores' });

export const addCredit = z
  .object({
    kind: z.enum(['grant', 'debit', 'topup', 'refund', 'adjustment']),
    amount_usd: z.number().min(-1_000_000_000).max(1_000_000_000),
  })
  .meta({ id: 'AddCredit' });

export const credit = z
  .object({ id: z.string(), kind: z.string(), amount_usd: z.number(), created_at: timestamp })
  .meta({ id: 'Credit' });

export const createdApiKey = z
  .object({ ...apiKey.shape, key: z.string().describe('Shown only here; keep it') })
  .meta({ id: 'CreatedApiKey' });

export const managedPrompt = z
  .object({
    prompt_id: z.string(),
    name: z.string(),
    description: z.string(),
    system_prompt: z.string(),
    intro_message: z.string(),
    require_document: z.boolean(),
    ...owned,
  })
  .meta({ id: 'ManagedPrompt' });

const promptFields = {
  name,
  description: shortText,
  system_prompt: z.string().max(100_000),
  intro_message: z.string().max(4000),
  require_document: z.boolean(),
};

export const createPrompt = z
  .object({
    ...promptFields,
    description: promptFields.description.default(''),
    intro_message: promptFields.intro_message.default(''),
    require_document: promptFields.require_document.default(false),
  })
  .meta({ id: 'CreatePrompt' });

export const updatePrompt = z.object(promptFields).partial().meta({ id: 'UpdatePrompt' });

export const managedDocument = z
  .object({
    document_id: z.string(),
    title: z.string(),
    description: z.string(),
    file: z.string().describe('URL, valid for a limited time'),
    file_name: z.string(),
    media_type: z.string(),
    search_count: z.number().int(),
    ef_search: z.number().int().nullable(),
    state: z.enum(['waiting', 'processing', 'ready', 'failed']),
    failure: z.string().nullable().describe('Why it could not be processed, and what to do'),
    processed: z.boolean(),
    processed_v2: z.boolean(),
    embedding_model: z.string().nullable(),
    passage_count: z.number().int(),
    updated_at: timestamp,
    ...owned,
  })
  .meta({ id: 'ManagedDocument' });

const searchCount = z.coerce.number().int().min(1).max(50).describe('Passages for one question');
const efSearch = z.coerce.number().int().min(1).max(1000).describe('Breadth of the vector search');

/** Multipart: a `file`, or the `url` of one. */
export const createDocumentForm = z
  .object({
    file: z.string().optional().meta({ format: 'binary', description: 'PDF, DOCX, Markdown, HTML or text' }),
    url: z.string().max(2000).optional().describe('Fetched instead of a file; public addresses only'),
    title: z.string().trim().max(200).optional().describe('Absent: the name of the file'),
    description: shortText.optional(),
    search_count: searchCount.optional(),
    ef_search: efSearch.optional(),
  })
  .meta({ id: 'CreateDocument' });

export const updateDocument = z
  .object({
    title: name,
    description: shortText,
    search_count: searchCount,
    ef_search: efSearch.nullable(),
  })
  .partial()
  .meta({ id: 'UpdateDocument' });

export const foundPassage = z
  .object({
    passage_id: z.number().int(),
    document_id: z.string(),
    position: z.number().int(),
    heading: z.string(),
    content: z.string(),
    score: z.number(),
  })
  .meta({ id: 'FoundPassage' });

export const managedBackground = z
  .object({
    backgroundimage_id: z.string(),
    title: z.string(),
    image: z.string().describe('URL'),
    media_type: z.string(),
    ...owned,
  })
  .meta({ id: 'ManagedBackgroundImage' });

export const createBackgroundForm = z
  .object({
    image: z.string().meta({ format: 'binary', description: 'PNG, JPEG, WebP, GIF or AVIF' }),
    title: z.string().trim().max(200).optional().describe('Absent: the name of the file'),
  })
  .meta({ id: 'CreateBackgroundImage' });

export const updateBackground = z.object({ title: name }).partial().meta({ id: 'UpdateBackgroundImage' });

export const MCP_TRANSPORTS = ['streamable_http', 'sse'] as const;

export const managedMcpServer = z
  .object({
    mcpserver_id: z.string(),
    name: z.string(),
    description: z.string(),
    url: z.string(),
    transport_protocol: z.enum(MCP_TRANSPORTS),
    server_timeout_sec: z.number(),
    header_names: z.array(z.string()).describe('The values are never shown'),
    extra_data: z.record(z.string(), z.unknown()).nullable(),
    ...owned,
  })
  .meta({ id: 'ManagedMCPServer' });

const mcpServerFields = {
  name,
  description: shortText,
  url: z.string().max(2000),
  transport_protocol: z.enum(MCP_TRANSPORTS),
  server_timeout_sec: z.number().min(0.1).max(300),
  headers: z
    .record(z.string().max(200), z.string().max(8000))
    .optional()
    .describe('Sent with every request, e.g. Authorization; kept sealed'),
  extra_data: z.record(z.string(), z.unknown()).nullish(),
};

export const createMcpServer = z
  .object({
    ...mcpServerFields,
    description: mcpServerFields.description.default(''),
    transport_protocol: mcpServerFields.transport_protocol.default('streamable_http'),
    server_timeout_sec: mcpServerFields.server_timeout_sec.default(30),
  })
  .meta({ id: 'CreateMCPServer' });

export const updateMcpServer = z.object(mcpServerFields).partial().meta({ id: 'UpdateMCPServer' });

export const mcpCheck = z
  .object({
    reachable: z.boolean(),
    duration_ms: z.number().int(),
    problem: z.string().nullable(),
    tools: z.array(z.object({ name: z.string(), description: z.string() })),
  })
  .meta({ id: 'MCPCheck' });

export const managedNormalization = z
  .object({
    textnormalizationconfig_id: z.string(),
    name: z.string(),
    rule_count: z.number().int(),
    rules: z.string().describe('CSV with the columns locale, kind, pattern, replacement'),
    updated_at: timestamp,
    ...owned,
  })
  .meta({ id: 'ManagedTextNormalizationConfig' });

export const createNormalization = z
  .object({ name, rules: z.string().max(2_000_000) })
  .meta({ id: 'CreateTextNormalizationConfig' });

export const updateNormalization = createNormalization
  .partial()
  .meta({ id: 'UpdateTextNormalizationConfig' });

export const tryNormalization = z
  .object({ text: z.string().max(20_000), locale: z.string().max(10).nullish() })
  .meta({ id: 'TryTextNormalizationConfig' });

const optionalId = z.string().max(255).nullable().optional();
const templateSettings = {
  capability: z.array(z.enum(CAPABILITY_NAMES)),
  prompt: z.string().max(255),
  document: optionalId,
  llm_type: optionalId,
  tts_type: optionalId,
  stt_type: optionalId,
  model_style: z.string().max(255),
  background_image: optionalId,
  mcp_servers: z.array(z.string().max(255)).max(64),
  agent: optionalId,
  padding_left: z.number().min(-1).max(1).nullish(),
  padding_top: z.number().min(0).max(1).nullish(),
  padding_height: z.number().min(0).max(5).nullish(),
  text_normalization_config: optionalId,
  text_normalization_locale: z.string().max(10).nullish(),
  stt_text_normalization_config: optionalId,
  stt_text_normalization_locale: z.string().max(10).nullish(),
  extra_data: z.unknown().optional(),
};

export const createTemplate = z
  .object({
    name,
    description: shortText.nullish(),
    ...templateSettings,
    capability: templateSettings.capability.default(['STF_WEBRTC', 'LLM', 'TTS', 'STT']),
    mcp_servers: templateSettings.mcp_servers.default([]),
  })
  .meta({ id: 'CreateSessionTemplate' });

export const updateTemplate = z
  .object({ name, description: shortText.nullish(), ...templateSettings })
  .partial()
  .meta({ id: 'UpdateSessionTemplate' });

export const managedTemplate = z
  .object({
    sessiontemplate_id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    ...templateSettings,
    last_used_at: timestamp.nullable(),
    problems: z.array(z.string()).describe('References to things that are gone; empty when it can be used'),
    ...owned,
  })
  .meta({ id: 'ManagedSessionTemplate' });

export const borrowers = z
  .object({ organizations: z.array(z.string()) })
  .meta({ id: 'Borrowers', description: 'Organizations it is lent to' });

export const usage = z
  .object({
    organization_id: z.string(),
    active_sessions: z.number().int(),
    minutes_this_month: z.number(),
    limits: organizationLimits.describe('In force, defaults included; null means unlimited'),
  })
  .meta({ id: 'Usage' });

export const turn = z
  .object({
    turn_id: z.string(),
    question: z.string(),
    answer: z.string(),
    outcome: z.enum(['finished', 'aborted', 'failed']),
    duration_ms: z.number().int(),
    tool_names: z.array(z.string()),
    passages: z.array(
      z.object({
        document_id: z.string(),
        passage_id: z.number().int(),
        position: z.number().int(),
        score: z.number(),
      }),
    ),
    created_at: timestamp,
  })
  .meta({ id: 'Turn' });

export const identity = z
  .object({
    organization,
    key: z.object({ id: z.string(), role: z.enum(KEY_ROLE_NAMES) }),
    version: z.string(),
  })
  .meta({ id: 'Identity' });

export const catalogue = z
  .object({
    llm_types: z.array(llmType),
    tts_types: z.array(ttsType),
    stt_types: z.array(sttType),
    model_styles: z.array(modelStyle),
    ice_servers: z.array(iceServer),
  })
  .meta({ id: 'Catalogue' });

export type ManagedDocument = z.infer<typeof managedDocument>;
export type ManagedTemplate = z.infer<typeof managedTemplate>;
export type TemplateSettings = z.infer<typeof updateTemplate>;
