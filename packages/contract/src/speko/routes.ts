/** Every operation of the voice gateway under `/v1`: the one source for its OpenAPI file and for routing. */
import type { z } from 'zod';
import type { RouteDescription } from '../route.ts';
import * as request from './requests.ts';

type Route<Id extends string> = RouteDescription & { readonly operationId: Id };

function route<const Id extends string>(
  operationId: Id,
  method: RouteDescription['method'],
  path: string,
  tag: string,
  summary: string,
  rest: {
    readonly auth?: RouteDescription['auth'];
    readonly description?: string;
    readonly query?: RouteDescription['query'];
    readonly json?: z.ZodType;
    readonly status?: RouteDescription['success']['status'];
    readonly result?: z.ZodType;
    readonly contentType?: string;
    readonly errors?: readonly number[];
  },
): Route<Id> {
  return {
    operationId,
    method,
    path: `/v1/${path}`,
    tag,
    summary,
    auth: rest.auth ?? 'key',
    ...(rest.description === undefined ? {} : { description: rest.description }),
    ...(rest.query === undefined ? {} : { query: rest.query }),
    ...(rest.json === undefined ? {} : { body: { type: 'json' as const, schema: rest.json } }),
    success: {
      status: rest.status ?? 200,
      description: 'Done',
      ...(rest.result === undefined ? {} : { schema: rest.result }),
      ...(rest.contentType === undefined ? {} : { contentType: rest.contentType }),
    },
    errors: [401, 429, ...(rest.errors ?? [])],
  };
}

const SSE = 'text/event-stream';

export const spekoRoutes = [
  route('transcribe', 'post', 'transcribe', 'Speech', 'Recording to text', {
    description:
      'The body is the recording. `X-Speko-Intent` holds the routing intent as JSON; `X-Speko-Constraints` and `X-Speko-Stt-Options` may narrow it. Answers with server-sent events, or with one JSON object for `Accept: application/json`.',
    contentType: SSE,
    errors: [400, 402, 413, 500],
  }),
  route('synthesize', 'post', 'synthesize', 'Speech', 'Text to speech', {
    description: 'Headerless PCM, 16 bit, mono, little endian, while it is made.',
    json: request.synthesizeRequest,
    contentType: 'audio/pcm',
    errors: [400, 402, 413, 500],
  }),
  route('complete', 'post', 'complete', 'Language', 'Conversation to answer', {
    description:
      'Server-sent events `meta`, `delta`, `tool_call`, `server_tool_call`, then `done` or `error`.',
    json: request.completeRequest,
    contentType: SSE,
    errors: [400, 402, 413, 500],
  }),
] as const satisfies readonly RouteDescription[];

export type SpekoOperationId = (typeof spekoRoutes)[number]['operationId'];

/** The OpenAI-compatible operations (section 12). */
export const openAiRoutes = [
  route('createChatCompletion', 'post', 'chat/completions', 'OpenAI', 'Chat completion', {
    description: '`model`: `auto` routes; `vendor/model` or a model name pins.',
    contentType: 'application/json',
    errors: [400, 402, 404, 413, 502, 503],
  }),
  route('createSpeech', 'post', 'audio/speech', 'OpenAI', 'Speech', {
    description: 'Headerless PCM at 24 kHz, or WAV for `response_format: "wav"`.',
    contentType: 'audio/pcm',
    errors: [400, 402, 404, 413, 502, 503],
  }),
  route('createTranscription', 'post', 'audio/transcriptions', 'OpenAI', 'Transcription', {
    description: 'A form with `file` and `model`.',
    contentType: 'application/json',
    errors: [400, 402, 404, 413, 502, 503],
  }),
  route('listModels', 'get', 'models', 'OpenAI', 'Models', { contentType: 'application/json' }),
  route('getModel', 'get', 'models/{model}', 'OpenAI', 'One model', {
    contentType: 'application/json',
    errors: [404],
  }),
] as const satisfies readonly RouteDescription[];
