/** The first generation of the SDK as a script: positions only, one list after the other, voice over the connection. */

import { sessionBody } from '../api/create-session-id.ts';
import {
  createSessionRecord,
  fetchSessionInfo,
  fetchWithKey,
  type SettingName,
  settingPaths,
} from '../api/rest.ts';
import type { ChatTool } from '../chat-tool.ts';
import type { Generation } from '../generation.ts';
import { createConnection } from '../rtc/connection.ts';
import { createLinkOpener } from '../rtc/link-opener.ts';
import { acquireLocalAudio } from '../rtc/local-audio.ts';
import { preferVp8 } from '../rtc/prefer-vp8.ts';
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

const settingsInOrder = [
  'llms',
  'modelStyles',
  'backgroundImages',
  'ttsTypes',
  'sttTypes',
  'prompts',
  'documents',
  'mcpServers',
] as const;

const classicGeneration: Generation = {
  pingSilenceLimitMs: 5_000,
  prepareVideo: preferVp8,
  cleanAnswer: (text) => text,
  showsLateSpeech: true,
  clearsAfterTurn: true,
};

/** Reads one list. */
type ListGetter = (apiServer: string, apiKey: string) => Promise<ApiJson>;

/** Lists the language models. */
export const getLLMs: ListGetter = listGetter('llms');

/** Lists the voices. */
export const getTTSs: ListGetter = listGetter('ttsTypes');

/** Lists the speech recognizers. */
export const getSTTs: ListGetter = listGetter('sttTypes');

/** Lists the model styles that can be shown over WebRTC. */
export const getModelStyles: ListGetter = listGetter('modelStyles');

/** Lists the background images. */
export const getBackgroundImages: ListGetter = listGetter('backgroundImages');

/** Lists the prompts. */
export const getPrompts: ListGetter = listGetter('prompts');

/** Lists the documents. */
export const getDocuments: ListGetter = listGetter('documents');

/** Lists the remote MCP tool servers. */
export const getMcpServers: ListGetter = listGetter('mcpServers');

/** Reads all lists, one after the other; the first refusal ends it. */
export async function getAllSettings(apiServer: string, apiKey: string): Promise<ApiJson> {
  const settings: Record<string, ApiJson> = {};
  for (const name of settingsInOrder) settings[name] = await listGetter(name)(apiServer, apiKey);
  return settings;
}

/** Reads the state of a session. Needs no API key. */
export const getSessionInfo = (apiServer: string, sessionId: string): Promise<ApiJson> =>
  fetchSessionInfo({ apiServer, sessionId });

/** Creates a session and returns its id. Needs the API key: call it on your server, or for local testing. */
export async function createSessionId(
  apiServer: string,
  apiKey: string,
  params: CreateSessionIdParams,
): Promise<string> {
  return createSessionRecord(apiServer, apiKey, sessionBody(params));
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
  const session = { apiServer, sessionId };
  const localAudio = await acquireLocalAudio(enableVoiceChat);
  try {
    const connection = await createConnection({
      open: createLinkOpener({
        session,
        recoverable: false,
        localStream: localAudio?.stream,
        generation: classicGeneration,
      }),
      localAudio,
    });
    connection.send('change-size', { width, height });
    return new ChatSession({ session, generation: classicGeneration, clientTools, connection });
  } catch (error) {
    localAudio?.release(true);
    throw error;
  }
}

function listGetter(name: SettingName): ListGetter {
  return (apiServer, apiKey) => fetchWithKey(apiServer, apiKey, settingPaths[name]);
}
