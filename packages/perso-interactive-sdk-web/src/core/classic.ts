/** The first generation of the SDK as a script: positions only, one list after the other, voice over the connection. */

import { sessionBody } from '../api/create-session-id.ts';
import * as rest from '../api/rest.ts';
import type { ChatTool } from '../chat-tool.ts';
import type { Generation } from '../generation.ts';
import { createConnection } from '../rtc/connection.ts';
import { createLinkOpener } from '../rtc/link-opener.ts';
import { acquireLocalAudio } from '../rtc/local-audio.ts';
import { ChatSession } from '../session/chat-session.ts';
import type { ApiJson, CreateSessionIdParams } from '../types.ts';

/**
 * Names of the processes that can be under way; several at a time.
 *
 * - `RECORDING`: the user is speaking.
 * - `LLM`: an answer is being generated.
 * - `ANALYZING`: text or audio is being prepared for the AI human to speak.
 * - `SPEAKING`: the AI human is speaking.
 */
export const ChatState = {
  RECORDING: 'RECORDING',
  LLM: 'LLM',
  ANALYZING: 'ANALYZING',
  SPEAKING: 'SPEAKING',
} as const;

/** One of the values of {@link ChatState}. */
export type ChatState = (typeof ChatState)[keyof typeof ChatState];

const classicGeneration: Generation = {
  pingSilenceLimitMs: 5_000,
  vp8Only: true,
  cleanAnswer: (text) => text,
  showsLateSpeech: true,
  clearsAfterTurn: true,
};

/** Lists the language models. */
export const getLLMs = (apiServer: string, apiKey: string): Promise<ApiJson> =>
  rest.fetchLlms(apiServer, apiKey);

/** Lists the voices. */
export const getTTSs = (apiServer: string, apiKey: string): Promise<ApiJson> =>
  rest.fetchTtsTypes(apiServer, apiKey);

/** Lists the speech recognizers. */
export const getSTTs = (apiServer: string, apiKey: string): Promise<ApiJson> =>
  rest.fetchSttTypes(apiServer, apiKey);

/** Lists the model styles that can be shown over WebRTC. */
export const getModelStyles = (apiServer: string, apiKey: string): Promise<ApiJson> =>
  rest.fetchModelStyles(apiServer, apiKey);

/** Lists the background images. */
export const getBackgroundImages = (apiServer: string, apiKey: string): Promise<ApiJson> =>
  rest.fetchBackgroundImages(apiServer, apiKey);

/** Lists the prompts. */
export const getPrompts = (apiServer: string, apiKey: string): Promise<ApiJson> =>
  rest.fetchPrompts(apiServer, apiKey);

/** Lists the documents. */
export const getDocuments = (apiServer: string, apiKey: string): Promise<ApiJson> =>
  rest.fetchDocuments(apiServer, apiKey);

/** Lists the remote MCP tool servers. */
export const getMcpServers = (apiServer: string, apiKey: string): Promise<ApiJson> =>
  rest.fetchMcpServers(apiServer, apiKey);

/** Reads all lists, one after the other; the first refusal ends it. */
export async function getAllSettings(apiServer: string, apiKey: string): Promise<ApiJson> {
  const llms: ApiJson = await getLLMs(apiServer, apiKey);
  const modelStyles: ApiJson = await getModelStyles(apiServer, apiKey);
  const backgroundImages: ApiJson = await getBackgroundImages(apiServer, apiKey);
  const ttsTypes: ApiJson = await getTTSs(apiServer, apiKey);
  const sttTypes: ApiJson = await getSTTs(apiServer, apiKey);
  const prompts: ApiJson = await getPrompts(apiServer, apiKey);
  const documents: ApiJson = await getDocuments(apiServer, apiKey);
  const mcpServers: ApiJson = await getMcpServers(apiServer, apiKey);
  return { llms, modelStyles, backgroundImages, ttsTypes, sttTypes, prompts, documents, mcpServers };
}

/** Reads the state of a session. Needs no API key. */
export const getSessionInfo = (apiServer: string, sessionId: string): Promise<ApiJson> =>
  rest.fetchSessionInfo(apiServer, sessionId);

/** Creates a session and returns its id. Needs the API key: call it on your server, or for local testing. */
export async function createSessionId(
  apiServer: string,
  apiKey: string,
  params: CreateSessionIdParams,
): Promise<string> {
  return (await rest.createSessionRecord(apiServer, apiKey, sessionBody(params))).session_id;
}

/**
 * Connects to a session, and resolves when the AI human can be shown and spoken to. `enableVoiceChat` asks for the
 * microphone.
 */
export async function createSession(
  apiServer: string,
  sessionId: string,
  width: number,
  height: number,
  enableVoiceChat: boolean,
  clientTools: Array<ChatTool> = [],
): Promise<ChatSession> {
  const localAudio = await acquireLocalAudio(enableVoiceChat);
  try {
    const connection = await createConnection({
      open: createLinkOpener({
        apiServer,
        sessionId,
        recoverable: false,
        localStream: localAudio?.stream,
        generation: classicGeneration,
      }),
      localAudio,
    });
    connection.send('change-size', { width, height });
    return new ChatSession({ generation: classicGeneration, apiServer, sessionId, clientTools, connection });
  } catch (error) {
    localAudio?.release(true);
    throw error;
  }
}
