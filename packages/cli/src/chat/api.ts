/**
 * The calls of a conversation, made with the SDK. The streamed answer with the history kept on the server (`…/llm/`) is
 * not among the calls of the SDK and is made here.
 */
import {
  type CreateSessionIdParams,
  createSessionId,
  getLLMs,
  getModelStyles,
  getSTTs,
  getTTSs,
  makeTTS,
  PersoUtilServer,
} from 'perso-interactive-sdk-web/server';
import { readAnswerLines } from './answer-lines.ts';
import { toFailure } from './failure.ts';

/** An entry of a list to choose from. */
export interface Named {
  readonly name: string;
  readonly displayName: string | undefined;
}

export const SETTING_KINDS = ['llm_type', 'tts_type', 'stt_type', 'modelstyle'] as const;
export type SettingKind = (typeof SETTING_KINDS)[number];

export type Capability = 'LLM' | 'TTS' | 'STT';

/** What a session is created with, in the names of the API. */
export interface SessionParameters {
  readonly capability: Capability[];
  readonly llm_type?: string | undefined;
  readonly tts_type?: string | undefined;
  readonly stt_type?: string | undefined;
  readonly model_style?: string | undefined;
  readonly prompt?: string | undefined;
  readonly document?: string | undefined;
  readonly agent?: string | undefined;
  readonly mcp_servers?: string[] | undefined;
  readonly tools?: string[] | undefined;
  readonly background_image?: string | undefined;
  readonly padding_left?: number | undefined;
  readonly padding_top?: number | undefined;
  readonly padding_height?: number | undefined;
}

export interface SessionState {
  readonly status: string;
  readonly terminationReason: string | undefined;
}

export interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}

/** Every call rejects with a {@link ChatFailure}, or with the reason of its signal. */
export interface ChatApi {
  readonly server: string;
  list(kind: SettingKind, options: SignalOption): Promise<readonly Named[]>;
  createSession(parameters: SessionParameters, options: SignalOption): Promise<string>;
  sendEvent(sessionId: string, event: string, detail: string, options: SignalOption): Promise<void>;
  readSession(sessionId: string, options: SignalOption): Promise<SessionState>;
  /** The pieces of the answer as they come, to be put together as they are. */
  answer(sessionId: string, message: string, options: SignalOption): AsyncIterable<string>;
  /** A WAV file. */
  speak(sessionId: string, text: string, options: SignalOption): Promise<Uint8Array>;
  /** Empty when nothing was understood. */
  transcribe(
    sessionId: string,
    audio: File,
    options: SignalOption & { readonly language?: string | undefined },
  ): Promise<string>;
}

const CALL_TIMEOUT_MS = 30_000;
/** Of one synthesis or recognition; a small machine computes them itself. */
const SPEECH_TIMEOUT_MS = 180_000;
/** Between two pieces of an answer. */
const ANSWER_SILENCE_MS = 120_000;

export function createChatApi({
  server,
  key,
}: {
  /** Without a trailing slash. */
  readonly server: string;
  readonly key: string;
}): ChatApi {
  const call = async <T>(
    doing: string,
    { signal }: SignalOption,
    timeoutMs: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      return await work(signal === undefined ? limit : AbortSignal.any([signal, limit]));
    } catch (error) {
      signal?.throwIfAborted();
      throw toFailure(error, { server, doing });
    }
  };
  const lists = { llm_type: getLLMs, tts_type: getTTSs, stt_type: getSTTs, modelstyle: getModelStyles };

  return {
    server,
    list: (kind, options) =>
      call('The list', options, CALL_TIMEOUT_MS, async (signal) => {
        const entries: unknown = await lists[kind]({ apiServer: server, apiKey: key, signal });
        return toNamed(entries);
      }),
    createSession: (parameters, options) =>
      call('The session', options, CALL_TIMEOUT_MS, (signal) =>
        createSessionId({
          apiServer: server,
          apiKey: key,
          // Prompt and style, which the type requires, are what a session with a picture needs; this one has none.
          params: { using_stf_webrtc: false, ...parameters } as CreateSessionIdParams,
          signal,
        }),
      ),
    sendEvent: (sessionId, event, detail, options) =>
      call('The event', options, CALL_TIMEOUT_MS, async (signal) => {
        await PersoUtilServer.sessionEvent(server, sessionId, event, detail, { signal });
      }),
    readSession: (sessionId, options) =>
      call('The state of the session', options, CALL_TIMEOUT_MS, async (signal) => {
        const info = await PersoUtilServer.getSessionInfo(server, sessionId, { signal });
        return {
          status: String(info.status),
          terminationReason:
            typeof info.termination_reason === 'string' ? info.termination_reason : undefined,
        };
      }),
    async *answer(sessionId, message, { signal }) {
      const doing = 'The answer';
      const silence = createSilenceLimit(ANSWER_SILENCE_MS);
      try {
        const response = await fetch(`${server}/api/v1/session/${encodeURIComponent(sessionId)}/llm/`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ message, clear_history: false }),
          signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
        });
        if (!response.ok) await PersoUtilServer.parseJson(response);
        if (response.body === null) return;
        yield* readAnswerLines(silence.watch(response.body));
      } catch (error) {
        signal?.throwIfAborted();
        throw toFailure(error, { server, doing });
      } finally {
        silence.close();
      }
    },
    speak: (sessionId, text, options) =>
      call('The speech', options, SPEECH_TIMEOUT_MS, async (signal) => {
        const { audio } = await makeTTS({ apiServer: server, sessionId, text, output_format: 'wav', signal });
        return new Uint8Array(Buffer.from(audio, 'base64'));
      }),
    transcribe: (sessionId, audio, { language, ...options }) =>
      call('The transcript', options, SPEECH_TIMEOUT_MS, async (signal) => {
        const { text } = await PersoUtilServer.makeSTT(server, sessionId, audio, language, { signal });
        return text.trim();
      }),
  };
}

/** Fires when nothing came for so long. */
function createSilenceLimit(limitMs: number) {
  const controller = new AbortController();
  const late = () => controller.abort(new DOMException('Nothing came for a long time.', 'TimeoutError'));
  let timer = setTimeout(late, limitMs);
  return {
    signal: controller.signal,
    async *watch(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const bytes of body) {
        // While the reader works with what came, nobody waits for the server.
        clearTimeout(timer);
        yield bytes;
        timer = setTimeout(late, limitMs);
      }
    },
    close: () => clearTimeout(timer),
  };
}

function toNamed(entries: unknown): readonly Named[] {
  if (!Array.isArray(entries)) throw new SyntaxError('a list was expected');
  return entries.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('name' in entry)) return [];
    if (typeof entry.name !== 'string') return [];
    const displayName =
      'display_name' in entry && typeof entry.display_name === 'string' ? entry.display_name : undefined;
    return [{ name: entry.name, displayName }];
  });
}
