/** One function for each REST call, in positional form. The base URL is used exactly as given. */

import type {
  ApiJson,
  MakeTTSParams,
  SessionTemplate,
  STTResponse,
  TextNormalizationDownload,
} from '../types.ts';
import { getJson, post, postJson, type RequestOptions, readJson, send } from './http.ts';

export type ListFunction = (apiServer: string, apiKey: string, options?: RequestOptions) => Promise<ApiJson>;

export const fetchLlms: ListFunction = listFunction('settings/llm_type/');
export const fetchTtsTypes: ListFunction = listFunction('settings/tts_type/');
export const fetchSttTypes: ListFunction = listFunction('settings/stt_type/');
export const fetchModelStyles: ListFunction = listFunction('settings/modelstyle/?platform_type=webrtc');
export const fetchBackgroundImages: ListFunction = listFunction('background_image/');
export const fetchPrompts: ListFunction = listFunction('prompt/');
export const fetchDocuments: ListFunction = listFunction('document/');
export const fetchMcpServers: ListFunction = listFunction('settings/mcp_type/');
export const fetchTextNormalizations: ListFunction = listFunction('settings/text_normalization_config/');
export const fetchSessionTemplates: ListFunction = listFunction('session_template/');

export function fetchTextNormalizationDownload(
  apiServer: string,
  apiKey: string,
  configId: string,
  options?: RequestOptions,
): Promise<TextNormalizationDownload> {
  const path = `settings/text_normalization_config/${encodeURIComponent(configId)}/download/`;
  return getJson(`${apiServer}/api/v1/${path}`, apiKey, options) as Promise<TextNormalizationDownload>;
}

export function fetchSessionTemplate(
  apiServer: string,
  apiKey: string,
  sessionTemplateId: string,
  options?: RequestOptions,
): Promise<SessionTemplate> {
  const path = `session_template/${encodeURIComponent(sessionTemplateId)}/`;
  return getJson(`${apiServer}/api/v1/${path}`, apiKey, options) as Promise<SessionTemplate>;
}

export function createSessionRecord(
  apiServer: string,
  apiKey: string,
  body: object,
  options?: RequestOptions,
): Promise<{ session_id: string }> {
  return postJson(`${apiServer}/api/v1/session/`, body, apiKey, options) as Promise<{ session_id: string }>;
}

export function fetchSessionInfo(
  apiServer: string,
  sessionId: string,
  options?: RequestOptions,
): Promise<ApiJson> {
  return getJson(sessionUrl(apiServer, sessionId, ''), undefined, options);
}

export function sendSessionEvent(
  apiServer: string,
  sessionId: string,
  event: string,
  detail = '',
  options?: RequestOptions,
): Promise<ApiJson> {
  return postJson(sessionUrl(apiServer, sessionId, 'event/create/'), { detail, event }, undefined, options);
}

export function synthesize(
  apiServer: string,
  { sessionId, text, locale, output_format }: MakeTTSParams,
  options?: RequestOptions,
): Promise<{ audio: string }> {
  const body = { text, ...(locale ? { locale } : {}), ...(output_format ? { output_format } : {}) };
  return postJson(sessionUrl(apiServer, sessionId, 'tts/'), body, undefined, options) as Promise<{
    audio: string;
  }>;
}

export async function transcribe(
  apiServer: string,
  sessionId: string,
  audio: Blob,
  language?: string,
  options: RequestOptions = {},
): Promise<STTResponse> {
  const body = new FormData();
  const name = (audio as Partial<File>).name;
  body.append('audio', audio, typeof name === 'string' && name !== '' ? name : 'audio.wav');
  if (language) body.append('language', language);
  const response = await send(sessionUrl(apiServer, sessionId, 'stt/'), { method: 'POST', body }, options);
  const { text } = (await readJson(response, options)) as STTResponse;
  return { text };
}

/** Requests a streamed answer. The reader must be read to its end or cancelled. */
export async function requestLlm(
  apiServer: string,
  sessionId: string,
  { messages, tools }: { messages: ReadonlyArray<object>; tools: ReadonlyArray<object> },
  options: RequestOptions = {},
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const url = sessionUrl(apiServer, sessionId, 'llm/v2/');
  const response = await post(url, { messages, tools }, undefined, options);
  if (!response.ok) await readJson(response, options);
  if (response.body === null) throw new Error('The LLM answer has no body');
  return response.body.getReader();
}

export async function fetchIceServers(
  apiServer: string,
  sessionId: string,
  options?: RequestOptions,
): Promise<RTCIceServer[]> {
  const answer = await getJson(sessionUrl(apiServer, sessionId, 'ice-servers/'), undefined, options);
  return (answer as { ice_servers: RTCIceServer[] }).ice_servers;
}

/** What the server answers to an offer. */
export interface ExchangeAnswer {
  readonly server_sdp: RTCSessionDescriptionInit;
  /** Present when a lost connection can be taken up again within `window_sec` seconds. */
  readonly recovery?: { readonly window_sec?: unknown } | null;
}

/** Hands in an offer. `wishes` travel beside it: `recoverable`, and `recover` in place of a lost connection. */
export async function exchangeSdp(
  apiServer: string,
  sessionId: string,
  offer: RTCSessionDescriptionInit,
  wishes: { readonly recoverable?: true; readonly recover?: true } = {},
  options?: RequestOptions,
): Promise<ExchangeAnswer> {
  const url = sessionUrl(apiServer, sessionId, 'exchange/');
  // A description object of the browser is written out by name: only `type` and `sdp` belong on the wire.
  const body = { client_sdp: { type: offer.type, sdp: offer.sdp }, ...wishes };
  return (await postJson(url, body, undefined, options)) as ExchangeAnswer;
}

function listFunction(path: string): ListFunction {
  return (apiServer, apiKey, options) => getJson(`${apiServer}/api/v1/${path}`, apiKey, options);
}

function sessionUrl(apiServer: string, sessionId: string, rest: string): string {
  return `${apiServer}/api/v1/session/${encodeURIComponent(sessionId)}/${rest}`;
}
