/** The REST calls as static methods, for servers that want them one by one. */

import type { SignalOptions } from '../abort.ts';
import type {
  ApiJson,
  MakeTTSParams,
  SessionTemplate,
  STTResponse,
  TextNormalizationDownload,
} from '../types.ts';
import { parseJson } from './http.ts';
import * as rest from './rest.ts';

/**
 * Direct access to the REST calls, one static method each. Base URLs are used exactly as given, without a trailing
 * slash. Prefer the top-level functions unless you need a call they do not offer.
 *
 * Every method rejects with an `ApiError` when the server refuses. Those that make a request take `{ signal }` last, and
 * `makeLLM` the signal itself; they reject with its reason when it fires.
 *
 * @example
 * ```ts source="./server-only.examples.ts#perso-util-server"
 * const prompts = await PersoUtilServer.getPrompts('https://visavox.example.com', apiKey);
 * ```
 */
// biome-ignore lint/complexity/noStaticOnlyClass: the documented shape is a class with static methods.
export class PersoUtilServer {
  /** Lists the language models. */
  static getLLMs(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.llms, options);
  }

  /** Lists the model styles that can be shown over WebRTC. */
  static getModelStyles(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.modelStyles, options);
  }

  /** Lists the background images. */
  static getBackgroundImages(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.backgroundImages, options);
  }

  /** Lists the voices. */
  static getTTSs(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.ttsTypes, options);
  }

  /** Lists the speech recognizers. */
  static getSTTs(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.sttTypes, options);
  }

  /** Lists the prompts. */
  static getPrompts(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.prompts, options);
  }

  /** Lists the documents. */
  static getDocuments(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.documents, options);
  }

  /** Lists the remote MCP tool servers. */
  static getMcpServers(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.mcpServers, options);
  }

  /** Lists the text normalization rule sets. */
  static getTextNormalizations(apiServer: string, apiKey: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchWithKey(apiServer, apiKey, rest.settingPaths.textNormalizations, options);
  }

  /** Tells where to download one text normalization rule set. */
  static downloadTextNormalization(
    apiServer: string,
    apiKey: string,
    configId: string,
    options?: SignalOptions,
  ): Promise<TextNormalizationDownload> {
    return rest.fetchWithKey(apiServer, apiKey, rest.textNormalizationPath(configId), options);
  }

  /** Lists the session templates. */
  static getSessionTemplates(
    apiServer: string,
    apiKey: string,
    options?: SignalOptions,
  ): Promise<SessionTemplate[]> {
    return rest.fetchWithKey(apiServer, apiKey, rest.sessionTemplatesPath, options);
  }

  /** Reads one session template. */
  static getSessionTemplate(
    apiServer: string,
    apiKey: string,
    sessionTemplateId: string,
    options?: SignalOptions,
  ): Promise<SessionTemplate> {
    return rest.fetchSessionTemplate(apiServer, apiKey, sessionTemplateId, options);
  }

  /** Reads the state of a session. */
  static getSessionInfo(apiServer: string, sessionId: string, options?: SignalOptions): Promise<ApiJson> {
    return rest.fetchSessionInfo({ apiServer, sessionId }, options?.signal);
  }

  /** Records a session event such as `SESSION_START`, `SESSION_LOG` or `SESSION_END`. `detail` defaults to empty. */
  static sessionEvent(
    apiServer: string,
    sessionId: string,
    event: string,
    detail = '',
    options?: SignalOptions,
  ): Promise<ApiJson> {
    return rest.sendSessionEvent({ apiServer, sessionId }, event, detail, options?.signal);
  }

  /** Synthesizes speech; `audio` is Base64. */
  static makeTTS(
    apiServer: string,
    params: MakeTTSParams,
    options?: SignalOptions,
  ): Promise<{ audio: string }> {
    return rest.synthesize({ apiServer, sessionId: params.sessionId }, params, options?.signal);
  }

  /** Transcribes an audio file. Without `language` the server detects it. */
  static makeSTT(
    apiServer: string,
    sessionId: string,
    file: Blob,
    language?: string,
    options?: SignalOptions,
  ): Promise<STTResponse> {
    return rest.transcribe({ apiServer, sessionId }, file, language, options?.signal);
  }

  /** Requests a streamed LLM answer and returns the reader of its body. Read it to the end or cancel it. */
  static makeLLM(
    apiServer: string,
    sessionId: string,
    body: { messages: ReadonlyArray<object>; tools: ReadonlyArray<object> },
    signal?: AbortSignal,
  ): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    return rest.requestLlm({ apiServer, sessionId }, body, signal);
  }

  /** Reads the ICE servers of a session. */
  static getIceServers(
    apiServer: string,
    sessionId: string,
    options?: SignalOptions,
  ): Promise<RTCIceServer[]> {
    return rest.fetchIceServers({ apiServer, sessionId }, options?.signal);
  }

  /** Hands in a WebRTC offer and returns the server's answer. */
  static async exchangeSDP(
    apiServer: string,
    sessionId: string,
    offer: RTCSessionDescriptionInit,
    options?: SignalOptions,
  ): Promise<RTCSessionDescriptionInit> {
    return (await rest.exchangeSdp({ apiServer, sessionId }, offer, {}, options?.signal)).server_sdp;
  }

  /** Reads an answer as JSON; rejects with `ApiError` for an error status. */
  static parseJson(response: Response): Promise<ApiJson> {
    return parseJson(response);
  }
}
