/** The entities of the Perso contract as they appear in JSON, section 2 of the contract. Null means "none". */
import { z } from 'zod';

const timestamp = z.string().describe('ISO 8601 in UTC with milliseconds, e.g. 2026-01-31T08:00:00.000Z');

export const CAPABILITY_NAMES = ['LLM', 'TTS', 'STT', 'STF_ONPREMISE', 'STF_WEBRTC'] as const;
export type CapabilityName = (typeof CAPABILITY_NAMES)[number];

export const SESSION_STATUSES = ['CREATED', 'EXCHANGED', 'IN_PROGRESS', 'TERMINATED'] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

export const TERMINATION_REASONS = [
  'GRACEFUL_TERMINATION',
  'SESSION_EXPIRED_BEFORE_CONNECTION',
  'SESSION_LOST_AFTER_CONNECTION',
  'SESSION_MISC_ERROR',
  'MAX_ACTIVE_SESSION_QUOTA_EXCEEDED',
  'MAX_MIN_PER_SESSION_QUOTA_EXCEEDED',
  'TOTAL_MIN_PER_MONTH_QUOTA_EXCEEDED',
] as const;
export type TerminationReason = (typeof TERMINATION_REASONS)[number];

export const SESSION_EVENT_NAMES = [
  'SESSION_START',
  'SESSION_DURING',
  'SESSION_LOG',
  'SESSION_END',
  'SESSION_ERROR',
  'SESSION_TTS',
  'SESSION_STT',
  'SESSION_LLM',
] as const;
export type SessionEventName = (typeof SESSION_EVENT_NAMES)[number];

export const capability = z
  .object({ name: z.enum(CAPABILITY_NAMES), description: z.string().nullable().optional() })
  .meta({ id: 'Capability' });

export const prompt = z
  .object({
    prompt_id: z.string().describe('plp- and 32 hexadecimal digits'),
    name: z.string(),
    description: z.string().optional(),
    system_prompt: z.string(),
    require_document: z.boolean().optional(),
    intro_message: z.string().optional().describe('The first thing the AI human says'),
    title: z.string().describe('Same as name'),
    content: z.string().describe('Same as system_prompt'),
  })
  .meta({ id: 'Prompt' });

export const document = z
  .object({
    document_id: z.string(),
    title: z.string(),
    file: z.string().describe('URL of the file, valid for a limited time'),
    description: z.string().optional(),
    search_count: z.number().int().optional().describe('Passages looked up for one question'),
    ef_search: z.number().int().nullable().optional(),
    processed: z.boolean(),
    processed_v2: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Document' });

export const backgroundImage = z
  .object({
    backgroundimage_id: z.string(),
    title: z.string(),
    image: z.string().describe('URL that browsers can load and draw'),
    created_at: timestamp,
  })
  .meta({ id: 'BackgroundImage' });

export const llmType = z
  .object({ name: z.string(), service: z.string(), display_name: z.string(), description: z.string() })
  .meta({ id: 'LLMType' });

export const ttsType = z
  .object({
    name: z.string(),
    service: z.string(),
    speaker: z.string(),
    streamable: z.boolean(),
    model: z.string().nullable(),
    voice: z.string().nullable(),
    style: z.string().nullable(),
    voice_settings: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('languages: BCP 47 tags it speaks; gender: female, male or null'),
    voice_extra_data: z.record(z.string(), z.unknown()).nullable(),
    display_name: z.string(),
    description: z.string(),
  })
  .meta({ id: 'TTSType' });

export const sttType = z
  .object({
    name: z.string(),
    service: z.string(),
    options: z.string(),
    display_name: z.string(),
    description: z.string(),
  })
  .meta({ id: 'STTType' });

export const modelStyle = z
  .object({
    name: z.string(),
    model: z.string(),
    model_file: z.string().nullable(),
    model_files: z.array(z.object({ name: z.string(), file: z.string().nullable().optional() })),
    style: z.string(),
    file: z.string().nullable().describe('URL of a preview picture'),
    platform_type: z.string(),
    configs: z.array(z.object({ modelstyleconfig_id: z.string(), key: z.string(), value: z.string() })),
    display_name: z.string(),
    description: z.string(),
  })
  .meta({ id: 'ModelStyle' });

export const mcpServer = z
  .object({
    mcpserver_id: z.string(),
    name: z.string(),
    description: z.string().optional(),
    url: z.string(),
    transport_protocol: z.string().optional(),
    server_timeout_sec: z.number().optional(),
    extra_data: z.record(z.string(), z.unknown()).nullable().optional(),
  })
  .meta({ id: 'MCPServer' });

export const textNormalizationConfig = z
  .object({ textnormalizationconfig_id: z.string(), name: z.string(), created_at: timestamp })
  .meta({ id: 'TextNormalizationConfig' });

export const textNormalizationDownload = z
  .object({
    config_id: z.string(),
    config_name: z.string(),
    file_url: z.string().describe('CSV rule set, valid for a limited time; served with an ETag'),
  })
  .meta({ id: 'TextNormalizationDownload' });

/** `stt_type/v2/`: what the recogniser can do while speech is still coming. */
export const sttTypeV2 = z
  .object({
    name: z.string(),
    service: z.string(),
    options: z.string(),
    display_name: z.string(),
    description: z.string(),
    mode: z.enum(['NON_STREAMING', 'STREAMING']),
    end_of_turn_detection: z.boolean(),
  })
  .meta({ id: 'STTTypeV2' });

export const sessionTemplate = z
  .object({
    sessiontemplate_id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    prompt,
    capability: z.array(capability),
    document: document.nullable(),
    llm_type: llmType.nullable(),
    tts_type: ttsType.nullable(),
    stt_type: sttType.nullable(),
    text_normalization_config: textNormalizationConfig.nullable(),
    text_normalization_locale: z.string().nullable(),
    stt_text_normalization_config: textNormalizationConfig.nullable(),
    stt_text_normalization_locale: z.string().nullable(),
    model_style: modelStyle,
    background_image: backgroundImage.nullable(),
    agent: z.string().nullable(),
    padding_left: z.number().nullable(),
    padding_top: z.number().nullable(),
    padding_height: z.number().nullable(),
    extra_data: z.unknown(),
    mcp_servers: z.array(mcpServer),
    created_at: timestamp,
    last_used_at: timestamp.nullable(),
  })
  .meta({ id: 'SessionTemplate' });

export const iceServer = z
  .object({
    urls: z.union([z.string(), z.array(z.string())]),
    username: z.string().optional(),
    credential: z.string().optional(),
  })
  .meta({ id: 'IceServer' });

const sessionParts = {
  session_id: z.string(),
  llm_type: llmType.nullable(),
  tts_type: ttsType.nullable(),
  stt_type: sttType.nullable(),
  model_style: modelStyle.nullable(),
  status: z.enum(SESSION_STATUSES),
  created_at: timestamp,
  agent: z.string().nullable(),
  padding_left: z.number().nullable(),
  padding_top: z.number().nullable(),
  padding_height: z.number().nullable(),
  extra_data: z.unknown(),
  text_normalization_locale: z.string().nullable(),
  stt_text_normalization_locale: z.string().nullable(),
};

export const sessionInfo = z
  .object({
    ...sessionParts,
    client_sdp: z.string().nullable(),
    server_sdp: z.string().nullable(),
    prompt: prompt.nullable(),
    document: z.string().nullable().describe('Document id'),
    ice_servers: z.array(iceServer).nullable(),
    termination_reason: z.string().nullable(),
    duration_sec: z.number().int(),
    session_acls: z.array(z.string()),
    background_image: backgroundImage.nullable(),
    capability: z.array(capability),
    mcp_servers: z.array(mcpServer),
    text_normalization_config: textNormalizationConfig.nullable(),
    stt_text_normalization_config: textNormalizationConfig.nullable(),
    stream_url: z.string().nullable(),
  })
  .meta({ id: 'SessionInfo' });

/** Clients read only `session_id`; the inputs are echoed, null where not given. */
export const createdSession = z
  .object({
    session_id: z.string(),
    created_at: timestamp,
    status: z.literal('CREATED'),
    capability: z.array(z.enum(CAPABILITY_NAMES)),
    prompt: z.string().nullable(),
    document: z.string().nullable(),
    llm_type: z.string().nullable(),
    tts_type: z.string().nullable(),
    stt_type: z.string().nullable(),
    model_style: z.string().nullable(),
    background_image: z.string().nullable(),
    mcp_servers: z.array(z.string()),
    agent: z.string().nullable(),
    padding_left: z.number().nullable(),
    padding_top: z.number().nullable(),
    padding_height: z.number().nullable(),
    text_normalization_config: z.string().nullable(),
    text_normalization_locale: z.string().nullable(),
    stt_text_normalization_config: z.string().nullable(),
    stt_text_normalization_locale: z.string().nullable(),
    extra_data: z.unknown(),
  })
  .meta({ id: 'CreatedSession' });

export const sessionEvent = z
  .object({
    sessionevent_id: z.string(),
    created_at: timestamp,
    detail: z.string(),
    terminate: z.boolean(),
    terminate_reason: z.string().nullable(),
    event: z.enum(SESSION_EVENT_NAMES),
  })
  .meta({ id: 'SessionEvent' });

export const errorBody = z
  .object({
    type: z.enum(['validation_error', 'client_error', 'server_error']),
    errors: z.array(z.object({ code: z.string(), detail: z.string(), attr: z.string().nullable() })).min(1),
    code: z.string().describe('Same as errors[0].code'),
    detail: z.string().describe('Same as errors[0].detail'),
  })
  .meta({ id: 'Error' });

export type McpServer = z.infer<typeof mcpServer>;
export type TextNormalizationConfig = z.infer<typeof textNormalizationConfig>;
export type TextNormalizationDownload = z.infer<typeof textNormalizationDownload>;
export type SessionTemplate = z.infer<typeof sessionTemplate>;
export type SttTypeV2 = z.infer<typeof sttTypeV2>;
export type Prompt = z.infer<typeof prompt>;
export type Document = z.infer<typeof document>;
export type BackgroundImage = z.infer<typeof backgroundImage>;
export type LlmType = z.infer<typeof llmType>;
export type TtsType = z.infer<typeof ttsType>;
export type SttType = z.infer<typeof sttType>;
export type ModelStyle = z.infer<typeof modelStyle>;
export type Capability = z.infer<typeof capability>;
export type IceServer = z.infer<typeof iceServer>;
export type SessionInfo = z.infer<typeof sessionInfo>;
export type CreatedSession = z.infer<typeof createdSession>;
export type SessionEvent = z.infer<typeof sessionEvent>;
export type ErrorBody = z.infer<typeof errorBody>;
