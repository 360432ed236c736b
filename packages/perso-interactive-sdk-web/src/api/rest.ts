/** One function for each REST call. The base URL is used exactly as given. */

import { abortable } from '../abort.ts';
import { textOr } from '../text-or.ts';
import type { ApiJson, MakeTTSParams, SessionTemplate, STTResponse } from '../types.ts';
import { parseJson, type RequestOptions, send, sendForJson } from './http.ts';

/** Paths of the lists, by the names that `getAllSettings` gives them. */
export const settingPaths = {
  llms: 'settings/llm_type/',
  ttsTypes: 'settings/tts_type/',
  sttTypes: 'settings/stt_type/',
  modelStyles: 'settings/modelstyle/?platform_type=webrtc',
  backgroundImages: 'background_image/',
  prompts: 'prompt/',
  documents: 'document/',
  mcpServers: 'settings/mcp_type/',
  textNormalizations: 'settings/text_normalization_config/',
} as const;

export type SettingName = keyof typeof settingPaths;

export const sessionTemplatesPath = 'session_template/';

/** Path of the download of one text normalization rule set. */
export function textNormalizationPath(configId: string): string {
  return `${settingPaths.textNormalizations}${encodeURIComponent(configId)}/download/`;
}

/** Reads what only the holder of the API key may see. */
export function fetchWithKey(
  apiServer: string,
  apiKey: string,
  path: string,
  options?: RequestOptions,
): Promise<ApiJson> {
  return sendForJson(`${apiServer}/api/v1/${path}`, { apiKey }, options);
}

export function fetchSessionTemplate(
  apiServer: string,
  apiKey: string,
  sessionTemplateId: string,
  options?: RequestOptions,
): Promise<SessionTemplate> {
  const path = `${sessionTemplatesPath}${encodeURIComponent(sessionTemplateId)}/`;
  return fetchWithKey(apiServer, apiKey, path, options);
}

export async function createSessionRecord(
  apiServer: string,
  apiKey: string,
  body: object,
  options?: RequestOptions,
): Promise<string> {
  const record = await sendForJson(`${apiServer}/api/v1/session/`, { apiKey, body }, options);
  return (record as { session_id: string }).session_id;
}

/** Where the calls of one session go. */
export interface SessionAddress extends Pick<RequestOptions, 'fetch'> {
  readonly apiServer: string;
  readonly sessionId: string;
}

export function fetchSessionInfo(session: SessionAddress, signal?: AbortSignal): Promise<ApiJson> {
  return callSession(session, signal);
}

export function sendSessionEvent(
  session: SessionAddress,
  event: string,
  detail = '',
  signal?: AbortSignal,
): Promise<ApiJson> {
  return callSession(session, signal, 'event/create/', { detail, event });
}

export function synthesize(
  session: SessionAddress,
  { text, locale, output_format }: Omit<MakeTTSParams, 'sessionId'>,
  signal?: AbortSignal,
): Promise<{ audio: string }> {
  // What is undefined is not sent.
  const body = { text, locale: locale || undefined, output_format: output_format || undefined };
  return callSession(session, signal, 'tts/', body);
}

export async function transcribe(
  session: SessionAddress,
  audio: Blob,
  language?: string,
  signal?: AbortSignal,
): Promise<STTResponse> {
  const body = new FormData();
  body.append('audio', audio, textOr((audio as Partial<File>).name, '') || 'audio.wav');
  if (language) body.append('language', language);
  const { text } = await callSession(session, signal, 'stt/', body);
  return { text };
}

/** Requests a streamed answer. The reader must be read to its end or cancelled. */
export async function requestLlm(
  session: SessionAddress,
  { messages, tools }: { messages: ReadonlyArray<object>; tools: ReadonlyArray<object> },
  signal?: AbortSignal,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const options = { fetch: session.fetch, signal };
  const response = await send(sessionUrl(session, 'llm/v2/'), { body: { messages, tools } }, options);
  if (!response.ok) await abortable(parseJson(response), signal);
  if (response.body === null) throw new Error('LLM answer without body');
  return response.body.getReader();
}

export async function fetchIceServers(
  session: SessionAddress,
  signal?: AbortSignal,
): Promise<RTCIceServer[]> {
  return (await callSession(session, signal, 'ice-servers/')).ice_servers;
}

/** What the server answers to an offer. */
export interface ExchangeAnswer {
  readonly server_sdp: RTCSessionDescriptionInit;
  /** Present when a lost connection can be taken up again within `window_sec` seconds. */
  readonly recovery?: { readonly window_sec?: unknown } | null;
}

/** Hands in an offer. `wishes` travel beside it: `recoverable`, and `recover` in place of a lost connection. */
export function exchangeSdp(
  session: SessionAddress,
  { type, sdp }: RTCSessionDescriptionInit,
  wishes: { readonly recoverable?: true | undefined; readonly recover?: true | undefined },
  signal?: AbortSignal,
): Promise<ExchangeAnswer> {
  // A description object of the browser is written out by name: only `type` and `sdp` belong on the wire.
  return callSession(session, signal, 'exchange/', { client_sdp: { type, sdp }, ...wishes });
}

function callSession(
  session: SessionAddress,
  signal: AbortSignal | undefined,
  path = '',
  body?: object,
): Promise<ApiJson> {
  return sendForJson(sessionUrl(session, path), { body }, { fetch: session.fetch, signal });
}

function sessionUrl({ apiServer, sessionId }: SessionAddress, path: string): string {
  return `${apiServer}/api/v1/session/${encodeURIComponent(sessionId)}/${path}`;
}
