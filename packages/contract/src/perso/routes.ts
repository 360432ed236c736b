/** Every HTTP operation of the Perso contract that the server offers: the one source for OpenAPI and for routing. */
import { z } from 'zod';
import type { RouteDescription } from '../route.ts';
import * as entity from './entities.ts';
import * as request from './requests.ts';

function catalogue<const Id extends string>(
  operationId: Id,
  path: string,
  summary: string,
  item: z.ZodType,
): RouteDescription & { readonly operationId: Id } {
  return {
    operationId,
    method: 'get',
    path,
    tag: 'Catalogue',
    summary,
    auth: 'key',
    success: { status: 200, description: 'A bare JSON array', schema: z.array(item) },
    errors: [401],
  };
}

const sttForm = z.object({
  audio: z.string().meta({ format: 'binary', description: 'WAV or MP3' }),
  language: z.string().optional().describe('ko, en, ja, zh …; absent means detect'),
});

export const persoRoutes = [
  catalogue('listLlmTypes', '/api/v1/settings/llm_type/', 'Language models', entity.llmType),
  catalogue('listTtsTypes', '/api/v1/settings/tts_type/', 'Voices', entity.ttsType),
  catalogue('listSttTypes', '/api/v1/settings/stt_type/', 'Speech recognisers', entity.sttType),
  {
    ...catalogue('listModelStyles', '/api/v1/settings/modelstyle/', 'AI humans', entity.modelStyle),
    query: { platform_type: 'Only styles for this platform, e.g. webrtc' },
  },
  catalogue('listMcpServers', '/api/v1/settings/mcp_type/', 'Tool servers', entity.mcpServer),
  catalogue(
    'listTextNormalizationConfigs',
    '/api/v1/settings/text_normalization_config/',
    'Text normalisation rule sets',
    entity.textNormalizationConfig,
  ),
  {
    operationId: 'downloadTextNormalizationConfig',
    method: 'get',
    path: '/api/v1/settings/text_normalization_config/{config_id}/download/',
    tag: 'Catalogue',
    summary: 'Where to download a rule set',
    auth: 'key',
    success: { status: 200, description: 'A link', schema: entity.textNormalizationDownload },
    errors: [401, 404],
  },
  catalogue(
    'listSttTypesV2',
    '/api/v1/settings/stt_type/v2/',
    'Speech recognisers and their modes',
    entity.sttTypeV2,
  ),
  catalogue('listCapabilities', '/api/v1/settings/capability/', 'Capabilities', entity.capability),
  catalogue('listBackgroundImages', '/api/v1/background_image/', 'Background images', entity.backgroundImage),
  catalogue('listPrompts', '/api/v1/prompt/', 'Prompts', entity.prompt),
  catalogue('listDocuments', '/api/v1/document/', 'Documents', entity.document),
  catalogue('listSessionTemplates', '/api/v1/session_template/', 'Session templates', entity.sessionTemplate),
  {
    operationId: 'getSessionTemplate',
    method: 'get',
    path: '/api/v1/session_template/{template_id}/',
    tag: 'Catalogue',
    summary: 'Read a session template',
    auth: 'key',
    success: { status: 200, description: 'The template', schema: entity.sessionTemplate },
    errors: [400, 401, 404],
  },
  {
    operationId: 'listSessions',
    method: 'get',
    path: '/api/v1/session/',
    tag: 'Session',
    summary: 'Sessions of the organization, newest first',
    auth: 'key',
    query: { limit: '1 to 200, default 50', before: 'Session id: only older ones' },
    success: {
      status: 200,
      description: 'One page; `next` is the value of `before` for the next one',
      schema: z.object({ results: z.array(entity.sessionInfo), next: z.string().nullable() }),
    },
    errors: [400, 401],
  },
  {
    operationId: 'deleteSession',
    method: 'delete',
    path: '/api/v1/session/{session_id}/',
    tag: 'Session',
    summary: 'End a session',
    auth: 'key',
    success: { status: 204, description: 'Ended, or had ended before' },
    errors: [401, 404],
  },
  {
    operationId: 'createSession',
    method: 'post',
    path: '/api/v1/session/',
    tag: 'Session',
    summary: 'Create a session',
    auth: 'key',
    body: { type: 'json', schema: request.createSessionRequest },
    success: {
      status: 201,
      description: 'The session, ready to be connected',
      schema: entity.createdSession,
    },
    errors: [400, 401, 429],
  },
  {
    operationId: 'getSession',
    method: 'get',
    path: '/api/v1/session/{session_id}/',
    tag: 'Session',
    summary: 'Read a session',
    description: "The prompt's system text is blanked unless the organization's key is sent along.",
    auth: 'session',
    success: { status: 200, description: 'The session', schema: entity.sessionInfo },
    errors: [404],
  },
  {
    operationId: 'getIceServers',
    method: 'get',
    path: '/api/v1/session/{session_id}/ice-servers/',
    tag: 'Session',
    summary: 'ICE servers for the peer connection',
    auth: 'session',
    success: {
      status: 200,
      description: 'Possibly an empty list',
      schema: z.object({ ice_servers: z.array(entity.iceServer) }),
    },
    errors: [400, 404],
  },
  {
    operationId: 'exchangeSdp',
    method: 'post',
    path: '/api/v1/session/{session_id}/exchange/',
    tag: 'Session',
    summary: 'Exchange the WebRTC offer for an answer',
    description: 'Once per session. The answer holds every server candidate; there is no trickle channel.',
    auth: 'session',
    body: { type: 'json', schema: request.exchangeRequest },
    success: {
      status: 200,
      description: 'The answer',
      schema: z.object({
        server_sdp: z.object({ type: z.literal('answer'), sdp: z.string() }),
        recovery: z
          .object({ window_sec: z.number() })
          .optional()
          .describe('Only for offers with `recoverable`: how long a lost session waits for a new offer'),
      }),
    },
    errors: [400, 404, 503],
  },
  {
    operationId: 'createSessionEvent',
    method: 'post',
    path: '/api/v1/session/{session_id}/event/create/',
    tag: 'Session',
    summary: 'Report a session event',
    auth: 'session',
    body: { type: 'json', schema: request.createEventRequest },
    success: { status: 201, description: 'The stored event', schema: entity.sessionEvent },
    errors: [400, 404],
  },
  {
    operationId: 'streamLlmV1',
    method: 'post',
    path: '/api/v1/session/{session_id}/llm/',
    tag: 'Language',
    summary: 'Answer a message; the server keeps the history',
    description:
      'The body is one `data: {"status": "success", "sentence": …}` line per sentence; a failure is a last line with status fail.',
    auth: 'session',
    body: { type: 'json', schema: request.llmV1Request },
    success: { status: 200, description: 'Line stream', contentType: 'text/plain; charset=utf-8' },
    errors: [400, 404, 413],
  },
  {
    operationId: 'streamLlm',
    method: 'post',
    path: '/api/v1/session/{session_id}/llm/v2/',
    tag: 'Language',
    summary: 'Stream an answer of the language model',
    description:
      'The client owns the history. The body is one `data: {…}` line per event with no blank line in between: ' +
      'message, tool_call, tool results, and finish; a failure is a last line with status fail.',
    auth: 'session',
    body: { type: 'json', schema: request.llmRequest },
    success: { status: 200, description: 'Line stream', contentType: 'text/plain; charset=utf-8' },
    errors: [400, 404, 413],
  },
  {
    operationId: 'synthesizeSpeech',
    method: 'post',
    path: '/api/v1/session/{session_id}/tts/',
    tag: 'Speech',
    summary: 'Synthesize speech',
    auth: 'session',
    body: { type: 'json', schema: request.ttsRequest },
    success: {
      status: 200,
      description: 'Standard base64; WAV PCM16 mono unless another format is asked for',
      schema: z.object({ audio: z.string(), locale: z.string(), normalized_text: z.string() }),
    },
    errors: [400, 404, 503],
  },
  {
    operationId: 'transcribeSpeech',
    method: 'post',
    path: '/api/v1/session/{session_id}/stt/',
    tag: 'Speech',
    summary: 'Transcribe speech',
    auth: 'session',
    body: { type: 'form', schema: sttForm },
    success: {
      status: 200,
      description: 'Empty text when nothing was said',
      schema: z.object({
        text: z.string(),
        locale: z.string().optional(),
        normalized_text: z.string().describe("After the session's rules for recognised text"),
      }),
    },
    errors: [400, 404, 413, 415, 503],
  },
] as const satisfies readonly RouteDescription[];
