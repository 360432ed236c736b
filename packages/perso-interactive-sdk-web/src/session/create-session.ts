/** Connecting to a session that was created before. */

import { type FetchFunction, resolveApiServer } from '../api/http.ts';
import { exchangeSdp, fetchIceServers, fetchSessionInfo, sendSessionEvent } from '../api/rest.ts';
import { createWavRecorder } from '../audio/wav-recorder.ts';
import type { ChatTool } from '../chat-tool.ts';
import { TTS_TARGET_SAMPLE_RATE } from '../constants.ts';
import { startHeartbeat } from '../heartbeat.ts';
import { createConnection } from '../rtc/connection.ts';
import { type LocalAudio, openLocalAudio } from '../rtc/local-audio.ts';
import { Session } from './session.ts';
import type { Recorder } from './stt-recording.ts';

/** What `createSession` needs. */
export interface CreateSessionObjectOptions {
  /** Id made by `createSessionId`. */
  sessionId: string;
  /** Width of the picture, in CSS pixels. */
  width: number;
  /** Height of the picture, in CSS pixels. */
  height: number;
  /** Client tools the LLM may call. Default: none. */
  clientTools?: Array<ChatTool> | undefined;
  /** Base URL of the API server. Default: {@link DEFAULT_API_SERVER}. */
  apiServer?: string | undefined;
}

/** What of the browser a session uses; replaced in tests. */
interface SessionInternals {
  readonly fetch?: FetchFunction | undefined;
  readonly createPeerConnection?: ((configuration: RTCConfiguration) => RTCPeerConnection) | undefined;
  readonly openLocalAudio?: ((useMicrophone: boolean) => Promise<LocalAudio>) | undefined;
  readonly createRecorder?: (() => Recorder) | undefined;
}

interface ConnectOptions {
  readonly apiServer: string;
  readonly sessionId: string;
  readonly width: number;
  readonly height: number;
  readonly clientTools: Array<ChatTool>;
  /** Set in the older form only: whether the page's microphone is sent, or silence. */
  readonly enableVoiceChat?: boolean | undefined;
}

/**
 * Connects to a session made by `createSessionId`, and resolves when the AI human can be shown and spoken to. A session
 * without the capability `STF_WEBRTC` or `STF_ONPREMISE` has no picture and no speech; text chat, synthesis and
 * transcription work over HTTP.
 *
 * The older forms take positions: `(apiServer, sessionId, width, height, clientTools)`, and with voice chat over the
 * media connection `(apiServer, sessionId, width, height, enableVoiceChat, clientTools)`.
 *
 * @throws {ApiError} when the server refuses.
 * @throws {Error} "WebRTC connection timeout" when the connection is not usable within about 5 s.
 * @throws {DOMException} in the voice chat form, when the user refuses the microphone.
 *
 * @example
 * ```ts source="./session.examples.ts#create-session"
 * const session = await createSession({
 *   apiServer: 'https://visavox.example.com',
 *   sessionId,
 *   width: 1080,
 *   height: 1920,
 *   clientTools: [weatherTool],
 * });
 * ```
 */
export function createSession(options: CreateSessionObjectOptions): Promise<Session>;
export function createSession(
  apiServer: string,
  sessionId: string,
  width: number,
  height: number,
  clientTools?: Array<ChatTool>,
): Promise<Session>;
/** @deprecated Use the form with options, and `startProcessSTT` for voice input. */
export function createSession(
  apiServer: string,
  sessionId: string,
  width: number,
  height: number,
  enableVoiceChat: boolean,
  clientTools?: Array<ChatTool>,
): Promise<Session>;
export function createSession(
  first: string | CreateSessionObjectOptions,
  sessionId = '',
  width = 0,
  height = 0,
  fifth?: boolean | Array<ChatTool>,
  sixth?: Array<ChatTool>,
): Promise<Session> {
  return connectSession(toConnectOptions(first, sessionId, width, height, fifth, sixth));
}

export function toConnectOptions(
  first: string | CreateSessionObjectOptions,
  sessionId: string,
  width: number,
  height: number,
  fifth: unknown,
  sixth: unknown,
): ConnectOptions {
  if (typeof first === 'object') {
    const { apiServer, clientTools, ...rest } = first;
    return { ...rest, apiServer: resolveApiServer(apiServer), clientTools: clientTools ?? [] };
  }
  const isOlderForm = typeof fifth === 'boolean';
  const tools = isOlderForm ? sixth : fifth;
  return {
    apiServer: resolveApiServer(first),
    sessionId,
    width,
    height,
    // An array of other things than tools would be the caller's mistake.
    clientTools: Array.isArray(tools) ? (tools as Array<ChatTool>) : [],
    ...(isOlderForm ? { enableVoiceChat: fifth } : {}),
  };
}

export async function connectSession(
  options: ConnectOptions,
  internals: SessionInternals = {},
): Promise<Session> {
  const { apiServer, sessionId, width, height, clientTools, enableVoiceChat } = options;
  const { fetch, createPeerConnection } = internals;
  const requestOptions = { fetch };
  const parts = {
    apiServer,
    sessionId,
    clientTools,
    fetch,
    createRecorder:
      internals.createRecorder ?? (() => createWavRecorder({ targetSampleRate: TTS_TARGET_SAMPLE_RATE })),
  };

  const info: unknown = await fetchSessionInfo(apiServer, sessionId, requestOptions);
  const localAudio =
    enableVoiceChat === undefined
      ? undefined
      : await (internals.openLocalAudio ?? openLocalAudio)(enableVoiceChat);

  if (!hasPicture(info)) {
    localAudio?.release(false);
    await sendSessionEvent(apiServer, sessionId, 'SESSION_START', '', requestOptions);
    const beat = (): Promise<unknown> =>
      sendSessionEvent(apiServer, sessionId, 'SESSION_DURING', '', requestOptions);
    return new Session({
      ...parts,
      connection: null,
      startHeartbeat: (onError) => startHeartbeat(beat, onError),
    });
  }

  try {
    const connection = await createConnection({
      iceServers: await fetchIceServers(apiServer, sessionId, requestOptions),
      localAudio,
      exchange: (offer) => exchangeSdp(apiServer, sessionId, offer, requestOptions),
      createPeerConnection,
    });
    connection.send('change-size', { width, height });
    return new Session({ ...parts, connection });
  } catch (error) {
    localAudio?.release(true);
    throw error;
  }
}

function hasPicture(info: unknown): boolean {
  const capability = (info as { capability?: unknown } | null)?.capability;
  return (
    Array.isArray(capability) &&
    capability.some((entry: { name?: unknown } | null) =>
      ['STF_WEBRTC', 'STF_ONPREMISE'].includes(String(entry?.name)),
    )
  );
}
