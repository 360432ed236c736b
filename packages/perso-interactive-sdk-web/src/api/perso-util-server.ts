/** The REST calls as static methods, for servers that want them one by one. */

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
 * Every method rejects with an `ApiError` when the server refuses.
 *
 * @example
 * ```ts source="./server-only.examples.ts#perso-util-server"
 * const prompts = await PersoUtilServer.getPrompts('https://visavox.example.com', apiKey);
 * ```
 */
// biome-ignore lint/complexity/noStaticOnlyClass: the documented shape is a class with static methods.
export class PersoUtilServer {
  /** Lists the language models. */
  static getLLMs(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchLlms(apiServer, apiKey);
  }

  /** Lists the model styles that can be shown over WebRTC. */
  static getModelStyles(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchModelStyles(apiServer, apiKey);
  }

  /** Lists the background images. */
  static getBackgroundImages(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchBackgroundImages(apiServer, apiKey);
  }

  /** Lists the voices. */
  static getTTSs(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchTtsTypes(apiServer, apiKey);
  }

  /** Lists the speech recognizers. */
  static getSTTs(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchSttTypes(apiServer, apiKey);
  }

  /** Lists the prompts. */
  static getPrompts(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchPrompts(apiServer, apiKey);
  }

  /** Lists the documents. */
  static getDocuments(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchDocuments(apiServer, apiKey);
  }

  /** Lists the remote MCP tool servers. */
  static getMcpServers(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchMcpServers(apiServer, apiKey);
  }

  /** Lists the text normalization rule sets. */
  static getTextNormalizations(apiServer: string, apiKey: string): Promise<ApiJson> {
    return rest.fetchTextNormalizations(apiServer, apiKey);
  }

  /** Tells where to download one text normalization rule set. */
  static downloadTextNormalization(
    apiServer: string,
    apiKey: string,
    configId: string,
  ): Promise<TextNormalizationDownload> {
    return rest.fetchTextNormalizationDownload(apiServer, apiKey, configId);
  }

  /** Lists the session templates. */
  static getSessionTemplates(apiServer: string, apiKey: string): Promise<SessionTemplate[]> {
    return rest.fetchSessionTemplates(apiServer, apiKey);
  }

  /** Reads one session template. */
  static getSessionTemplate(
    apiServer: string,
    apiKey: string,
    sessionTemplateId: string,
  ): Promise<SessionTemplate> {
    return rest.fetchSessionTemplate(apiServer, apiKey, sessionTemplateId);
  }

  /** Reads the state of a session. */
  static getSessionInfo(apiServer: string, sessionId: string): Promise<ApiJson> {
    return rest.fetchSessionInfo(apiServer, sessionId);
  }

  /** Records a session event such as `SESSION_START`, `SESSION_LOG` or `SESSION_END`. `detail` defaults to empty. */
  static sessionEvent(apiServer: string, sessionId: string, event: string, detail = ''): Promise<ApiJson> {
    return rest.sendSessionEvent(apiServer, sessionId, event, detail);
  }

  /** Synthesizes speech; `audio` is Base64. */
  static makeTTS(apiServer: string, params: MakeTTSParams): Promise<{ audio: string }> {
    return rest.synthesize(apiServer, params);
  }

  /** Transcribes an audio file. Without `language` the server detects it. */
  static makeSTT(apiServer: string, sessionId: string, file: Blob, language?: string): Promise<STTResponse> {
    return rest.transcribe(apiServer, sessionId, file, language);
  }

  /** Requests a streamed LLM answer and returns the reader of its body. Read it to the end or cancel it. */
  static makeLLM(
    apiServer: string,
    sessionId: string,
    body: { messages: ReadonlyArray<object>; tools: ReadonlyArray<object> },
    signal?: AbortSignal,
  ): Promise<ReadableStreamDefaultReader<Uint8Array>> {
    return rest.requestLlm(apiServer, sessionId, body, { signal });
  }

  /** Reads the ICE servers of a session. */
  static getIceServers(apiServer: string, sessionId: string): Promise<RTCIceServer[]> {
    return rest.fetchIceServers(apiServer, sessionId);
  }

  /** Hands in a WebRTC offer and returns the server's answer. */
  static exchangeSDP(
    apiServer: string,
    sessionId: string,
    offer: RTCSessionDescriptionInit,
  ): Promise<RTCSessionDescriptionInit> {
    return rest.exchangeSdp(apiServer, sessionId, offer);
  }

  /** Reads an answer as JSON; rejects with `ApiError` for an error status. */
  static parseJson(response: Response): Promise<ApiJson> {
    return parseJson(response);
  }
}
