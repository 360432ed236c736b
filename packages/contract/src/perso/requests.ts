/**
 * Request bodies of the Perso contract, sections 3 and 4. Unknown fields are ignored; an optional id or name that
 * comes as null or "" means "not given".
 */
import { z } from 'zod';
import { CAPABILITY_NAMES, SESSION_EVENT_NAMES } from './entities.ts';

const MAX_NAME_CHARACTERS = 255;

/** How "normalisation is explicitly off" is kept; no language tag. */
export const LOCALE_OFF = '-';

const optionalName = z
  .string()
  .max(MAX_NAME_CHARACTERS)
  .nullish()
  .transform((value) => (value === null || value === undefined || value === '' ? null : value));

const optionalLocale = z
  .string()
  .max(10)
  .nullish()
  .transform((value) => (value === undefined || value === '' ? null : value));

/** Locale of a rule set: `'off'` when null came, null when nothing came (then the text's own language counts). */
const normalizationLocale = z
  .string()
  .max(10)
  .nullish()
  .transform((value): string | null =>
    value === null ? LOCALE_OFF : value === undefined || value === '' ? null : value,
  );

const padding = (minimum: number, maximum: number) =>
  z
    .number()
    .min(minimum)
    .max(maximum)
    .nullish()
    .transform((value) => value ?? null);

export const createSessionRequest = z
  .object({
    capability: z
      .array(z.enum(CAPABILITY_NAMES))
      .nullish()
      .transform((names) => (names ? [...new Set(names)] : null))
      .describe('Absent means ["STF_WEBRTC"]; an empty list means a session without video'),
    using_stf_webrtc: z.unknown().optional().describe('Tolerated and ignored'),
    model_style: optionalName,
    prompt: optionalName.describe('Prompt id'),
    llm_type: optionalName,
    tts_type: optionalName,
    stt_type: optionalName,
    document: optionalName.describe('Document id'),
    background_image: optionalName.describe('Background image id'),
    mcp_servers: z
      .array(z.string().max(MAX_NAME_CHARACTERS))
      .max(64)
      .nullish()
      .transform((ids) => [...new Set(ids ?? [])]),
    padding_left: padding(-1, 1).describe('-1.0 to 1.0, default 0.0'),
    padding_top: padding(0, 1).describe('0.0 to 1.0, default 0.0'),
    padding_height: padding(0, 5).describe('0.0 to 5.0, default 1.0'),
    text_normalization_config: optionalName,
    text_normalization_locale: normalizationLocale.describe('null switches the normalisation off'),
    stt_text_normalization_config: optionalName,
    stt_text_normalization_locale: normalizationLocale.describe('null switches the normalisation off'),
    agent: optionalName,
    tools: z.unknown().optional(),
    extra_data: z.unknown().optional(),
  })
  .meta({ id: 'CreateSessionRequest' });

export const exchangeRequest = z
  .object({
    client_sdp: z.object({ type: z.literal('offer'), sdp: z.string().min(1).max(200_000) }),
    recoverable: z
      .boolean()
      .optional()
      .catch(undefined)
      .describe('The client can come back with a new offer when the connection is lost'),
    recover: z
      .boolean()
      .optional()
      .catch(undefined)
      .describe('The offer replaces the connection of a session that was opened with `recoverable`'),
  })
  .meta({ id: 'ExchangeRequest' });

export const createEventRequest = z
  .object({
    event: z.enum(SESSION_EVENT_NAMES),
    detail: z
      .string()
      .max(10_000)
      .nullish()
      .transform((value) => value ?? ''),
  })
  .meta({ id: 'CreateEventRequest' });

export const TTS_OUTPUT_FORMATS = [
  'wav',
  'wav_24000',
  'wav_44100',
  'pcm',
  'pcm_24000',
  'pcm_44100',
  'mp3',
  'mp3_44100',
] as const;

export const MAX_TTS_CHARACTERS = 4000;

export const ttsRequest = z
  .object({
    text: z.string().max(MAX_TTS_CHARACTERS),
    locale: optionalLocale,
    output_format: z.enum(TTS_OUTPUT_FORMATS).nullish(),
    format: z.enum(TTS_OUTPUT_FORMATS).nullish().describe('Older name of output_format'),
  })
  .meta({ id: 'TtsRequest' });

export const toolCall = z.object({
  id: z.string(),
  type: z.literal('function').catch('function'),
  function: z.object({ name: z.string(), arguments: z.string().catch('{}') }),
});

/** One message of the conversation; `type` is ignored, `content` may be null or missing. */
export const llmMessage = z
  .object({
    role: z.enum(['system', 'user', 'assistant', 'tool']),
    content: z
      .unknown()
      .optional()
      .transform((value) =>
        typeof value === 'string'
          ? value
          : value === null || value === undefined
            ? ''
            : JSON.stringify(value),
      ),
    tool_calls: z.array(toolCall).nullish(),
    tool_call_id: z.string().nullish(),
  })
  .meta({ id: 'LlmMessage' });

export const toolSchema = z
  .object({
    type: z.literal('function').catch('function'),
    function: z.object({
      name: z.string().min(1).max(128),
      description: z
        .string()
        .nullish()
        .transform((value) => value ?? ''),
      parameters: z
        .record(z.string(), z.unknown())
        .nullish()
        .transform((value) => value ?? { type: 'object', properties: {} }),
    }),
  })
  .meta({ id: 'ToolSchema' });

export const MAX_LLM_MESSAGES_BYTES = 512 * 1024;
export const MAX_LLM_TOOLS_BYTES = 64 * 1024;

export const llmRequest = z
  .object({
    messages: z.array(llmMessage).min(1),
    tools: z
      .array(toolSchema)
      .nullish()
      .transform((tools) => tools ?? []),
  })
  .meta({ id: 'LlmRequest' });

export const MAX_V1_MESSAGE_CHARACTERS = 100_000;

export const llmV1Request = z
  .object({
    message: z.string().max(MAX_V1_MESSAGE_CHARACTERS),
    clear_history: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false)
      .describe('Forget what was said before; default false'),
  })
  .meta({ id: 'LlmV1Request' });

export type CreateSessionRequest = z.infer<typeof createSessionRequest>;
export type TtsOutputFormat = (typeof TTS_OUTPUT_FORMATS)[number];
export type LlmMessage = z.infer<typeof llmMessage>;
export type LlmToolCall = z.infer<typeof toolCall>;
export type ToolSchema = z.infer<typeof toolSchema>;
