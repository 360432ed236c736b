/** Connecting to a session that was created before. */

import type { SignalOptions } from '../abort.ts';
import { type FetchFunction, resolveApiServer } from '../api/http.ts';
import { fetchSessionInfo, sendSessionEvent } from '../api/rest.ts';
import { createWavRecorder } from '../audio/wav-recorder.ts';
import type { ChatTool } from '../chat-tool.ts';
import { PING_SILENCE_LIMIT_MS, TTS_TARGET_SAMPLE_RATE } from '../constants.ts';
import { removeEmoji } from '../emoji.ts';
import type { Generation } from '../generation.ts';
import { startHeartbeat } from '../heartbeat.ts';
import { createMark, type Milestone } from '../milestones.ts';
import { createConnection } from '../rtc/connection.ts';
import { createLinkOpener } from '../rtc/link-opener.ts';
import { acquireLocalAudio, type LocalAudio } from '../rtc/local-audio.ts';
import { recover } from '../rtc/recovery.ts';
import { Session } from './session.ts';
import type { Recorder } from './stt-recording.ts';

/** What `createSession` needs. */
export interface CreateSessionObjectOptions extends SignalOptions {
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
  /**
   * Whether a lost connection is taken up again by itself, where the server offers that; see
   * {@link Session.subscribeConnection}. Default: `true`.
   */
  recovery?: boolean | undefined;
  /** Told of each step on the way to the first picture. */
  onMilestone?: ((milestone: Milestone) => void) | undefined;
}

/** The generation that this package is. */
const currentGeneration: Generation = {
  pingSilenceLimitMs: PING_SILENCE_LIMIT_MS,
  cleanAnswer: removeEmoji,
  showsLateSpeech: false,
  clearsAfterTurn: false,
};

/** What of the browser a session uses; replaced in tests. */
interface SessionInternals {
  readonly fetch?: FetchFunction | undefined;
  readonly createPeerConnection?: ((configuration: RTCConfiguration) => RTCPeerConnection) | undefined;
  readonly openLocalAudio?: ((useMicrophone: boolean) => Promise<LocalAudio>) | undefined;
  readonly createRecorder?: (() => Recorder) | undefined;
}

interface ConnectOptions extends SignalOptions {
  readonly apiServer: string;
  readonly sessionId: string;
  readonly width: number;
  readonly height: number;
  readonly clientTools: Array<ChatTool>;
  /** Set in the older form only: whether the page's microphone is sent, or silence. */
  readonly enableVoiceChat?: boolean | undefined;
  readonly recovery?: boolean | undefined;
  readonly onMilestone?: ((milestone: Milestone) => void) | undefined;
}

/**
 * Connects to a session made by `createSessionId`, and resolves when the AI human can be shown and spoken to. A session
 * without the capability `STF_WEBRTC` or `STF_ONPREMISE` has no picture and no speech; text chat, synthesis and
 * transcription work over HTTP.
 *
 * A connection that is lost later is taken up again by itself where the server offers that, with histories, chat log and
 * a running turn intact; `recovery: false` switches it off. `signal` ends the call: the connection is closed and the
 * microphone released. It has no effect on a session that was connected.
 *
 * The older forms take positions: `(apiServer, sessionId, width, height, clientTools)`, and with voice chat over the
 * media connection `(apiServer, sessionId, width, height, enableVoiceChat, clientTools)`.
 *
 * @throws {ApiError} when the server refuses.
 * @throws {Error} "WebRTC connection timeout" when the connection is not usable within about 5 s.
 * @throws {DOMException} in the voice chat form, when the user refuses the microphone.
 * @throws the reason of `signal` when it fires.
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
 *
 * @example
 * ```ts source="./session.examples.ts#milestones"
 * await createSession({
 *   apiServer: 'https://visavox.example.com',
 *   sessionId,
 *   width: 1080,
 *   height: 1920,
 *   onMilestone: ({ name, atMs }) => console.log(name, Math.round(atMs)),
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
    const { apiServer, clientTools = [] } = first;
    return { ...first, apiServer: resolveApiServer(apiServer), clientTools };
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
  const { apiServer, sessionId, width, height, clientTools, signal, recovery = true } = options;
  const { fetch, createPeerConnection } = internals;
  const mark = createMark(options.onMilestone);
  const session = { apiServer, sessionId, fetch };
  const parts = {
    session,
    generation: currentGeneration,
    clientTools,
    createRecorder:
      internals.createRecorder ?? (() => createWavRecorder({ targetSampleRate: TTS_TARGET_SAMPLE_RATE })),
  };

  const info: unknown = await fetchSessionInfo(session, signal);
  mark?.('session-info');
  const localAudio = await acquireLocalAudio(options.enableVoiceChat, internals.openLocalAudio, signal);

  if (!hasPicture(info)) {
    localAudio?.release(false);
    await sendSessionEvent(session, 'SESSION_START', '', signal);
    mark?.('connected');
    const beat = (): Promise<unknown> => sendSessionEvent(session, 'SESSION_DURING');
    return new Session({
      ...parts,
      connection: null,
      startHeartbeat: (onError) => startHeartbeat(beat, onError),
    });
  }

  try {
    const connection = await createConnection({
      open: createLinkOpener({
        ...{ session, createPeerConnection, mark },
        recoverable: recovery,
        localStream: localAudio?.stream,
        generation: currentGeneration,
      }),
      recover: recovery ? recover : undefined,
      localAudio,
      signal,
    });
    connection.send('change-size', { width, height });
    mark?.('connected');
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
