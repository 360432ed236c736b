/** Every HTTP operation of the Perso contract that the server offers: the one source for OpenAPI and for routing. */
import { z } from 'zod';
import * as entity from './entities.ts';
import * as request from './requests.ts';

export interface RouteDescription {
  readonly operationId: string;
  readonly method: 'get' | 'post';
  /** With `{name}` parameters and the trailing slash of the contract. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** `key`: an API key is needed. `session`: knowing the session id suffices. */
  readonly auth: 'key' | 'session';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?:
    | { readonly type: 'json'; readonly schema: z.ZodType }
    | { readonly type: 'form'; readonly schema: z.ZodType };
  readonly success: {
    readonly status: 200 | 201;
    readonly description: string;
    readonly schema?: z.ZodType;
    readonly contentType?: string;
  };
  /** Statuses of the errors this operation answers with, besides 500. */
  readonly errors: readonly number[];
}

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
  catalogue('listCapabilities', '/api/v1/settings/capability/', 'Capabilities', entity.capability),
  catalogue('listBackgroundImages', '/api/v1/background_image/', 'Background images', entity.backgroundImage),
  catalogue('listPrompts', '/api/v1/prompt/', 'Prompts', entity.prompt),
  catalogue('listDocuments', '/api/v1/document/', 'Documents', entity.document),
  catalogue('listSessionTemplates', '/api/v1/session_template/', 'Session templates', entity.sessionTemplate),
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
      schema: z.object({ server_sdp: z.object({ type: z.literal('answer'), sdp: z.string() }) }),
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
      schema: z.object({ audio: z.string(), locale: z.string().optional() }),
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
      schema: z.object({ text: z.string(), locale: z.string().optional() }),
    },
    errors: [400, 404, 413, 415, 503],
  },
] as const satisfies readonly RouteDescription[];
