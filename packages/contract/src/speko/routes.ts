/** Every operation of the voice gateway under `/v1`: the one source for its OpenAPI file and for routing. */
import { createRoute, type RouteDescription } from '../route.ts';
import * as agent from './agent-requests.ts';
import * as request from './requests.ts';
import * as session from './session-requests.ts';

const route = createRoute({ root: '/v1', auth: 'key', errors: [401, 429], emptyStatus: 200 });

const SSE = 'text/event-stream';
const JSON_TYPE = 'application/json';
const INTENT_QUERY = {
  language: 'Language tag, needed',
  region: 'Default global',
  optimize_for: '`balanced`, `accuracy`, `latency` or `cost`',
};

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

  route('listVoices', 'get', 'voices', 'Catalogue', 'Voices', {
    query: { provider: 'Only those of this provider' },
    contentType: JSON_TYPE,
  }),
  route(
    'listKnownProviders',
    'get',
    'providers/known',
    'Catalogue',
    'Every vendor and model that constraints can name',
    {
      contentType: JSON_TYPE,
    },
  ),
  route(
    'getBenchmarkStack',
    'get',
    'benchmarks/stack',
    'Routing',
    'The pick of each kind, the runners-up, and why others were left out',
    {
      query: INTENT_QUERY,
      contentType: JSON_TYPE,
      errors: [400],
    },
  ),
  route('previewRouting', 'get', 'routing/preview', 'Routing', 'What a call would be routed to', {
    query: {
      ...INTENT_QUERY,
      stage: '`stt`, `llm` or `tts`: selects the form for one kind',
      objective: 'With `stage`: `latency`, `cost`, `quality` or `balanced`',
      allow: 'With `stage`: entries `vendor` or `vendor:model`, separated by commas',
      deny: 'With `stage`: as `allow`',
      max_price: 'With `stage`: US dollars (STT a minute, LLM a million tokens, TTS a million characters)',
    },
    contentType: JSON_TYPE,
    errors: [400, 500],
  }),

  route('getOrganization', 'get', 'organization', 'Organization', 'The organization of the key', {
    contentType: JSON_TYPE,
  }),
  route('listKeys', 'get', 'api-keys', 'Organization', 'Keys', { auth: 'admin', contentType: JSON_TYPE }),
  route('createKey', 'post', 'api-keys', 'Organization', 'New key, shown once', {
    auth: 'admin',
    status: 201,
    contentType: JSON_TYPE,
    errors: [400],
  }),
  route('revokeKey', 'delete', 'api-keys/{id}', 'Organization', 'Revoke a key', {
    auth: 'admin',
    contentType: JSON_TYPE,
    errors: [404, 409],
  }),
  route(
    'listVendorKeys',
    'get',
    'providers',
    'Organization',
    'Vendors, and whether the organization brought its own key',
    {
      auth: 'admin',
      contentType: JSON_TYPE,
    },
  ),
  route('putVendorKey', 'put', 'providers', 'Organization', "Bring a vendor's key; it is never shown again", {
    auth: 'admin',
    contentType: JSON_TYPE,
    errors: [400],
  }),
  route('deleteVendorKey', 'delete', 'providers/{provider}', 'Organization', "Take a vendor's key away", {
    auth: 'admin',
    contentType: JSON_TYPE,
    errors: [400],
  }),
  route('getUsage', 'get', 'usage', 'Usage', 'What was used, by provider', {
    query: { from: 'ISO 8601, inclusive', to: 'ISO 8601, exclusive' },
    contentType: JSON_TYPE,
    errors: [400],
  }),
  route('getBalance', 'get', 'credits/balance', 'Usage', 'Credit less usage', { contentType: JSON_TYPE }),
  route('getLedger', 'get', 'credits/ledger', 'Usage', "The operator's ledger, newest first", {
    query: {
      limit: '1 to 100, default 50',
      cursor: 'nextCursor of the page before',
      kind: 'Only entries of this kind',
    },
    contentType: JSON_TYPE,
    errors: [400],
  }),

  route('listAgents', 'get', 'agents', 'Agents', 'Agents, oldest first', { contentType: JSON_TYPE }),
  route('createAgent', 'post', 'agents', 'Agents', 'New agent, with a knowledge base', {
    json: agent.createAgentRequest,
    status: 201,
    contentType: JSON_TYPE,
    errors: [400, 413],
  }),
  route('getAgent', 'get', 'agents/{id}', 'Agents', 'One agent; `_default` is the oldest', {
    contentType: JSON_TYPE,
    errors: [404],
  }),
  route(
    'updateAgent',
    'patch',
    'agents/{id}',
    'Agents',
    'Change an agent: what is absent stays, null clears',
    {
      json: agent.updateAgentRequest,
      contentType: JSON_TYPE,
      errors: [400, 404, 413],
    },
  ),
  route(
    'deleteAgent',
    'delete',
    'agents/{id}',
    'Agents',
    'Remove an agent with its tools and knowledge bases',
    {
      contentType: JSON_TYPE,
      errors: [404, 409],
    },
  ),
  route('listAgentCalls', 'get', 'agents/{id}/calls', 'Agents', 'Conversations of an agent, newest first', {
    query: {
      limit: '1 to 100, default 50',
      cursor: 'next_cursor of the page before',
      since: 'ISO 8601: only later ones',
    },
    contentType: JSON_TYPE,
    errors: [400, 404],
  }),
  route('listAgentTools', 'get', 'agents/{id}/tools', 'Agents', 'Tools of an agent, oldest first', {
    query: { available: '`1` leaves out tools of apps that are not connected' },
    contentType: JSON_TYPE,
    errors: [404],
  }),
  route('createAgentTool', 'post', 'agents/{id}/tools', 'Agents', 'New tool; secrets are never shown again', {
    json: agent.createAgentToolRequest,
    status: 201,
    contentType: JSON_TYPE,
    errors: [400, 404, 409, 413],
  }),
  route('getAgentTool', 'get', 'agents/{id}/tools/{toolId}', 'Agents', 'One tool', {
    contentType: JSON_TYPE,
    errors: [404],
  }),
  route(
    'updateAgentTool',
    'patch',
    'agents/{id}/tools/{toolId}',
    'Agents',
    'Change a tool: secrets stay unless sent',
    {
      json: agent.updateAgentToolRequest,
      contentType: JSON_TYPE,
      errors: [400, 404, 413],
    },
  ),
  route('deleteAgentTool', 'delete', 'agents/{id}/tools/{toolId}', 'Agents', 'Remove a tool', {
    contentType: JSON_TYPE,
    errors: [404],
  }),

  route('listKnowledgeBases', 'get', 'knowledge-bases', 'Knowledge bases', 'Knowledge bases, oldest first', {
    query: { agentId: 'Only those of this agent' },
    contentType: JSON_TYPE,
  }),
  route(
    'createKnowledgeBase',
    'post',
    'knowledge-bases',
    'Knowledge bases',
    'New knowledge base of an agent',
    {
      json: agent.createKnowledgeBaseRequest,
      status: 201,
      contentType: JSON_TYPE,
      errors: [400, 404],
    },
  ),
  route('getKnowledgeBase', 'get', 'knowledge-bases/{kb}', 'Knowledge bases', 'One knowledge base', {
    contentType: JSON_TYPE,
    errors: [404],
  }),
  route(
    'deleteKnowledgeBase',
    'delete',
    'knowledge-bases/{kb}',
    'Knowledge bases',
    'Remove one with its documents',
    {
      contentType: JSON_TYPE,
      errors: [404],
    },
  ),
  route(
    'listKnowledgeBaseDocuments',
    'get',
    'knowledge-bases/{kb}/documents',
    'Knowledge bases',
    'Its documents',
    {
      contentType: JSON_TYPE,
      errors: [404],
    },
  ),
  route(
    'createKnowledgeBaseDocument',
    'post',
    'knowledge-bases/{kb}/documents',
    'Knowledge bases',
    'Announce a document: plain text or Markdown, 50 MiB at most',
    {
      description:
        'Answers with a signed address of this server: PUT the bytes there within 600 seconds, without a key, then finalize.',
      json: agent.createKnowledgeBaseDocumentRequest,
      status: 201,
      contentType: JSON_TYPE,
      errors: [400, 404],
    },
  ),
  route(
    'getKnowledgeBaseDocument',
    'get',
    'knowledge-bases/{kb}/documents/{doc}',
    'Knowledge bases',
    'How far a document is',
    { contentType: JSON_TYPE, errors: [404] },
  ),
  route(
    'deleteKnowledgeBaseDocument',
    'delete',
    'knowledge-bases/{kb}/documents/{doc}',
    'Knowledge bases',
    'Remove a document',
    { contentType: JSON_TYPE, errors: [404] },
  ),
  route(
    'finalizeKnowledgeBaseDocument',
    'post',
    'knowledge-bases/{kb}/documents/{doc}/finalize',
    'Knowledge bases',
    'Process an uploaded document',
    { contentType: JSON_TYPE, errors: [404, 409] },
  ),

  route('createVoiceSession', 'post', 'sessions', 'Sessions', 'Begin a conversation', {
    description:
      'With `agentId`, `intent` or both; what the body says comes before what the agent has. The header `Idempotency-Key` makes a repetition within 24 hours answer the same.',
    json: session.createSessionRequest,
    status: 201,
    contentType: JSON_TYPE,
    errors: [400, 402, 404, 409, 413],
  }),
  route('listVoiceSessions', 'get', 'sessions', 'Sessions', 'Conversations, newest first', {
    query: {
      cursor: 'nextCursor of the page before',
      limit: '1 to 100, default 20',
      status: '`created`, `active`, `ended` or `failed`',
      kind: '`cascade` or `s2s`',
      agent: 'Id of an agent',
      from: 'ISO 8601, inclusive',
      to: 'ISO 8601, exclusive',
    },
    contentType: JSON_TYPE,
    errors: [400],
  }),
  route('getVoiceSession', 'get', 'sessions/{id}', 'Sessions', 'One conversation', {
    contentType: JSON_TYPE,
    errors: [404],
  }),
  route('getTranscript', 'get', 'sessions/{id}/transcript', 'Sessions', 'What was said, in order', {
    contentType: JSON_TYPE,
    errors: [404],
  }),
  route('getRecording', 'get', 'sessions/{id}/recording', 'Sessions', 'The recording', {
    contentType: JSON_TYPE,
    errors: [404],
  }),
  route('addTurns', 'post', 'sessions/{id}/turns', 'Sessions', 'Finished turns; the same index replaces', {
    json: session.turnsRequest,
    status: 202,
    errors: [400, 404, 413],
  }),
  route('streamVoiceSession', 'get', 'sessions/{id}/stream', 'Sessions', 'Watch a conversation', {
    description:
      'Server-sent events `status`, `transcript`, `event`, then `end` with `session_ended`, or after ten minutes with `timeout`.',
    query: { cursor: '`<turn index>:<milliseconds since 1970>` to go on from; default `-1:0`' },
    contentType: SSE,
    errors: [400, 404],
  }),
  route('endCall', 'post', 'calls/{id}/end', 'Sessions', 'End a conversation', {
    contentType: JSON_TYPE,
    errors: [404],
  }),
] as const satisfies readonly RouteDescription[];

export type SpekoOperationId = (typeof spekoRoutes)[number]['operationId'];

/** The OpenAI-compatible operations (section 12). */
export const openAiRoutes = [
  route('createChatCompletion', 'post', 'chat/completions', 'OpenAI', 'Chat completion', {
    description: '`model`: `auto` routes; `vendor/model` or a model name pins.',
    contentType: JSON_TYPE,
    errors: [400, 402, 404, 413, 502, 503],
  }),
  route('createSpeech', 'post', 'audio/speech', 'OpenAI', 'Speech', {
    description: 'Headerless PCM at 24 kHz, or WAV for `response_format: "wav"`.',
    contentType: 'audio/pcm',
    errors: [400, 402, 404, 413, 502, 503],
  }),
  route('createTranscription', 'post', 'audio/transcriptions', 'OpenAI', 'Transcription', {
    description: 'A form with `file` and `model`.',
    contentType: JSON_TYPE,
    errors: [400, 402, 404, 413, 502, 503],
  }),
  route('listModels', 'get', 'models', 'OpenAI', 'Models', { contentType: JSON_TYPE }),
  route('getModel', 'get', 'models/{model}', 'OpenAI', 'One model', {
    contentType: JSON_TYPE,
    errors: [404],
  }),
] as const satisfies readonly RouteDescription[];
