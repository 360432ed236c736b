/** The catalogue: what a session can be made of. Each function takes options or, in the older form, positions. */

import type { SignalOptions } from '../abort.ts';
import type {
  ApiJson,
  ApiKeyOptions,
  GetSessionInfoOptions,
  GetTextNormalizationOptions,
  MakeTTSOptions,
  MakeTTSParams,
  SessionTemplate,
  TextNormalizationDownload,
} from '../types.ts';
import { resolveApiServer } from './http.ts';
import {
  fetchSessionInfo,
  fetchWithKey,
  type SessionAddress,
  sessionTemplatesPath,
  settingPaths,
  synthesize,
  textNormalizationPath,
} from './rest.ts';

/** A list getter: `(options)` or `(apiServer, apiKey)`. */
export interface ListGetter<TList> {
  (options: ApiKeyOptions): Promise<TList>;
  (apiServer: string, apiKey: string): Promise<TList>;
}

/**
 * Lists the language models.
 *
 * Returns an array of objects with `name`.
 *
 * @throws {ApiError} when the server refuses, for example `401` for a wrong key.
 *
 * @example
 * ```ts source="./catalogue.examples.ts#lists"
 * const llms = await getLLMs({ apiServer: 'https://visavox.example.com', apiKey });
 * console.log(llms[0].name);
 * ```
 */
export const getLLMs: ListGetter<ApiJson> = listGetter(settingPaths.llms);

/**
 * Lists the voices.
 *
 * Returns an array of objects with `name`, `service` and `speaker`.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getTTSs: ListGetter<ApiJson> = listGetter(settingPaths.ttsTypes);

/**
 * Lists the speech recognizers.
 *
 * Returns an array of objects with `name`, `service` and `options`.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getSTTs: ListGetter<ApiJson> = listGetter(settingPaths.sttTypes);

/**
 * Lists the model styles (AI humans with outfit and pose) that can be shown over WebRTC.
 *
 * Returns an array of objects with `name`, `model` and `style`.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getModelStyles: ListGetter<ApiJson> = listGetter(settingPaths.modelStyles);

/**
 * Lists the background images.
 *
 * Returns an array of objects with `backgroundimage_id`, `title`, `image` (URL) and `created_at`.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getBackgroundImages: ListGetter<ApiJson> = listGetter(settingPaths.backgroundImages);

/**
 * Lists the prompts.
 *
 * Returns an array of objects with `prompt_id`, `name`, `description`, `system_prompt`, `require_document` and
 * `intro_message`.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getPrompts: ListGetter<ApiJson> = listGetter(settingPaths.prompts);

/**
 * Lists the documents.
 *
 * Returns an array of objects with `document_id`, `title`, `description`, `search_count`, `processed`, `created_at` and
 * `updated_at`.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getDocuments: ListGetter<ApiJson> = listGetter(settingPaths.documents);

/**
 * Lists the remote MCP tool servers.
 *
 * Returns an array of objects with `mcpserver_id`, `name`, `url` and `description`.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getMcpServers: ListGetter<ApiJson> = listGetter(settingPaths.mcpServers);

/**
 * Lists the text normalization rule sets.
 *
 * Returns an array of objects with `textnormalizationconfig_id`, `name` and `created_at`.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getTextNormalizations: ListGetter<ApiJson> = listGetter(settingPaths.textNormalizations);

/**
 * Lists the session templates.
 *
 * @throws {ApiError} when the server refuses.
 */
export const getSessionTemplates: ListGetter<SessionTemplate[]> = listGetter(sessionTemplatesPath);

/**
 * Tells where to download the rules of one text normalization rule set: a URL, valid for a limited time, of a CSV file
 * whose `ETag` serves for caching.
 *
 * @throws {ApiError} when the server refuses, `404` for an unknown rule set.
 *
 * @example
 * ```ts source="./catalogue.examples.ts#text-normalization"
 * const download = await getTextNormalization({
 *   apiServer: 'https://visavox.example.com',
 *   apiKey,
 *   configId: '<textnormalizationconfig_id>',
 * });
 * const rules = await (await fetch(download.file_url)).text();
 * ```
 */
export function getTextNormalization(
  options: GetTextNormalizationOptions,
): Promise<TextNormalizationDownload>;
export function getTextNormalization(
  apiServer: string,
  apiKey: string,
  configId: string,
): Promise<TextNormalizationDownload>;
export function getTextNormalization(
  first: string | GetTextNormalizationOptions,
  apiKey = '',
  configId = '',
): Promise<TextNormalizationDownload> {
  const call: GetTextNormalizationOptions =
    typeof first === 'object' ? first : { apiServer: first, apiKey, configId };
  return fetchWithKey(
    resolveApiServer(call.apiServer),
    call.apiKey,
    textNormalizationPath(call.configId),
    call,
  );
}

/** Everything a page needs to offer the choice of session options. */
export interface AllSettings {
  llms: ApiJson;
  ttsTypes: ApiJson;
  sttTypes: ApiJson;
  modelStyles: ApiJson;
  backgroundImages: ApiJson;
  prompts: ApiJson;
  documents: ApiJson;
  mcpServers: ApiJson;
  /** Empty when the server does not offer text normalization. */
  textNormalizations: ApiJson;
}

/**
 * Reads all catalogues at once: language models, voices, recognizers, model styles, background images, prompts,
 * documents, MCP servers and text normalization rule sets.
 *
 * Returns `{llms, ttsTypes, sttTypes, modelStyles, backgroundImages, prompts, documents, mcpServers,
 * textNormalizations}`. Session templates are not included.
 *
 * @throws {ApiError} when the server refuses any of them, except text normalization.
 *
 * @example
 * ```ts source="./catalogue.examples.ts#all-settings"
 * const settings = await getAllSettings({ apiServer: 'https://visavox.example.com', apiKey });
 * console.log(settings.prompts.map((prompt: { name: string }) => prompt.name));
 * ```
 */
export function getAllSettings(options: ApiKeyOptions): Promise<ApiJson>;
export function getAllSettings(apiServer: string, apiKey: string): Promise<ApiJson>;
export async function getAllSettings(first: string | ApiKeyOptions, second?: string): Promise<AllSettings> {
  const call = apiKeyCall(first, second);
  const read = async ([name, path]: [string, string]): Promise<[string, ApiJson]> => {
    const list = fetchWithKey(call.apiServer, call.apiKey, path, call).catch((error: unknown) => {
      if (name !== 'textNormalizations' || call.signal?.aborted) throw error;
      return [];
    });
    return [name, await list];
  };
  // The table of paths has the names of the interface.
  return Object.fromEntries(await Promise.all(Object.entries(settingPaths).map(read))) as AllSettings;
}

/**
 * Reads the state of a session: its options, `status` (`CREATED`, `EXCHANGED`, `IN_PROGRESS` or `TERMINATED`),
 * `termination_reason` and `duration_sec`. Needs no API key.
 *
 * @throws {ApiError} when the server refuses, `404` for an unknown session.
 *
 * @example
 * ```ts source="./catalogue.examples.ts#session-info"
 * const info = await getSessionInfo({ apiServer: 'https://visavox.example.com', sessionId });
 * if (info.status === 'TERMINATED') console.log(info.termination_reason);
 * ```
 */
export function getSessionInfo(options: GetSessionInfoOptions): Promise<ApiJson>;
export function getSessionInfo(apiServer: string, sessionId: string): Promise<ApiJson>;
export function getSessionInfo(first: string | GetSessionInfoOptions, sessionId = ''): Promise<ApiJson> {
  const call: GetSessionInfoOptions = typeof first === 'object' ? first : { apiServer: first, sessionId };
  return fetchSessionInfo(resolved(call), call.signal);
}

/**
 * Synthesizes speech in a session that has a voice, and returns the audio file as standard Base64 in `audio`. The text
 * is sent unchanged. `Session.processTTS` returns a playable Blob instead.
 *
 * @throws {ApiError} when the server refuses.
 *
 * @example
 * ```ts source="./catalogue.examples.ts#make-tts"
 * const { audio } = await makeTTS({
 *   apiServer: 'https://visavox.example.com',
 *   sessionId,
 *   text: 'Hello, world!',
 *   locale: 'en',
 *   output_format: 'wav',
 * });
 * ```
 */
export function makeTTS(options: MakeTTSOptions): Promise<{ audio: string }>;
export function makeTTS(apiServer: string, params: MakeTTSParams): Promise<{ audio: string }>;
export function makeTTS(
  first: string | MakeTTSOptions,
  second: MakeTTSParams = { sessionId: '', text: '' },
): Promise<{ audio: string }> {
  const call: MakeTTSOptions = typeof first === 'object' ? first : { ...second, apiServer: first };
  return synthesize(resolved(call), call, call.signal);
}

function listGetter(path: string): ListGetter<ApiJson> {
  return (first: string | ApiKeyOptions, second?: string): Promise<ApiJson> => {
    const call = apiKeyCall(first, second);
    return fetchWithKey(call.apiServer, call.apiKey, path, call);
  };
}

interface ApiKeyCall extends SignalOptions {
  readonly apiServer: string;
  readonly apiKey: string;
}

function apiKeyCall(first: string | ApiKeyOptions, apiKey = ''): ApiKeyCall {
  if (typeof first === 'object' && first !== null && !Array.isArray(first) && 'apiKey' in first) {
    return { apiServer: resolveApiServer(first.apiServer), apiKey: first.apiKey, signal: first.signal };
  }
  return { apiServer: resolveApiServer(typeof first === 'string' ? first : undefined), apiKey };
}

function resolved({ apiServer, sessionId }: GetSessionInfoOptions): SessionAddress {
  return { apiServer: resolveApiServer(apiServer), sessionId };
}
