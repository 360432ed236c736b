/** A conversation with one AI human. */

import { abortable, type SignalOptions, throwIfAborted } from '../abort.ts';
import { sendSessionEvent, synthesize, transcribe } from '../api/rest.ts';
import { decodeBase64, toAudioBlob } from '../audio/decode.ts';
import { removeEmoji } from '../emoji.ts';
import { ApiError, STTError, TTSDecodeError, TTSError, toError } from '../errors.ts';
import { type LLMStreamChunk, LlmProcessor, type ProcessLLMOptions } from '../llm/llm-processor.ts';
import type { ConnectionState, ConnectionStatus } from '../rtc/connection.ts';
import type { STTResponse } from '../types.ts';
import { normalizeAudioFormat } from './audio-format.ts';
import { ChatSession, type ChatSessionParts } from './chat-session.ts';
import { ChatState } from './chat-state.ts';
import { createSessionClose, type SessionClose } from './session-close.ts';
import { createSttRecording, type Recorder, type SttRecording } from './stt-recording.ts';
import { createTurnTimings, type TurnTimings } from './turn-timings.ts';
import { createVideoElements, type VideoElements } from './video-elements.ts';

/** What a session is made of. Sessions are made by `createSession`. */
export interface SessionParts extends ChatSessionParts {
  readonly createRecorder: () => Recorder;
}

/** Options of `Session.processTTS`. */
export interface ProcessTTSOptions extends SignalOptions {
  /** Whether to convert the audio to WAV, 16 000 Hz, 16 bit, one channel. Default: `false`. */
  resample?: boolean | undefined;
  /** Language, for example `ko` or `en`. Default: chosen by the server. */
  locale?: string | undefined;
  /** Audio format, for example `wav` or `mp3`. Default: chosen by the server. */
  output_format?: string | undefined;
}

/**
 * A conversation with one AI human. Made by `createSession`.
 *
 * @example
 * ```ts source="./session.examples.ts#conversation"
 * const session = await createSession({
 *   apiServer: 'https://visavox.example.com',
 *   sessionId,
 *   width: 1080,
 *   height: 1920,
 * });
 * session.setSrc(video);
 * session.subscribeChatLog((log) => console.log(log[0]?.text));
 * session.setErrorHandler((error) => console.error(error));
 * await session.processChat('Hello!');
 * ```
 */
export class Session extends ChatSession {
  /** The recording last fetched with {@link Session.stopProcessSTT}, as WAV; `null` before the first. */
  lastRecordedAudioFile: File | null;

  private readonly llm: LlmProcessor;
  private readonly recording: SttRecording;
  private readonly videos: VideoElements;
  private closing: SessionClose | undefined;

  /** Use `createSession`. */
  constructor(parts: SessionParts) {
    super({ ...parts, timings: createTurnTimings() });
    this.lastRecordedAudioFile = null;
    this.videos = createVideoElements();
    this.recording = createSttRecording({
      createRecorder: parts.createRecorder,
      onAutoStopFailure: () => this.states.update(null, ChatState.RECORDING),
    });
    const ignore = (): void => undefined;
    this.llm = new LlmProcessor(
      {
        ...parts.session,
        clientTools: parts.clientTools,
        callbacks: {
          onChatStateChange: this.states.update,
          onError: ignore,
          onChatLog: ignore,
          onTTSTF: ignore,
        },
      },
      parts.session,
    );
    parts.connection?.onState((state) => {
      if (state === 'connected') this.videos.follow(this.getRemoteStream());
    });
  }

  /**
   * Streams an answer of the LLM and leaves the rest to you: nothing is spoken or logged, and of the chat states only
   * `LLM` is set. Client tools are run, with up to 10 requests a turn.
   *
   * The generator ends with a `message` chunk with `finish: true`, or with an `error` chunk. Leave the loop or fire
   * `signal` to cancel; the history then stays as it was.
   *
   * @throws {Error} "Message cannot be empty", on the first `next()`.
   * @throws the original error when the network fails.
   *
   * @example
   * ```ts source="./session.examples.ts#process-llm"
   * const controller = new AbortController();
   * for await (const chunk of session.processLLM({ message: 'How are you?', signal: controller.signal })) {
   *   if (chunk.type === 'message' && chunk.finish) session.processTTSTF(chunk.message);
   *   if (chunk.type === 'error') console.error(chunk.error);
   * }
   * ```
   */
  processLLM(options: ProcessLLMOptions): AsyncGenerator<LLMStreamChunk> {
    return this.llm.processLLM({ ...options, tools: options.tools ?? this.clientTools });
  }

  /** The history of {@link Session.processLLM}, oldest entry first; it grows as turns succeed. */
  getMessageHistory(): ReadonlyArray<object> {
    return this.llm.getHistory();
  }

  /**
   * Turns text into an audio file without making the AI human speak. `TTS` is set meanwhile. A text that does not end
   * in `.`, `?` or `!` gets a `.` appended, which voices need for a natural ending.
   *
   * Resolves with a Blob (`audio/wav`, or `audio/mpeg` if that is what the server sent), or with `undefined` when
   * nothing is left of the text without emoji, when `clearBuffer` was called or `signal` fired meanwhile, or after a
   * failure: the error handlers get a `TTSError`, or the original error when the network fails. It never rejects.
   *
   * @example
   * ```ts source="./session.examples.ts#process-tts"
   * const blob = await session.processTTS('Hello, world!', { locale: 'en' });
   * if (blob !== undefined) {
   *   const audio = new Audio(URL.createObjectURL(blob));
   *   audio.onended = () => URL.revokeObjectURL(audio.src);
   *   await audio.play();
   * }
   * ```
   */
  async processTTS(
    message: string,
    { resample = false, locale, output_format, signal }: ProcessTTSOptions = {},
  ): Promise<Blob | undefined> {
    const words = removeEmoji(message).trim();
    if (words === '' || signal?.aborted) return undefined;
    const text = /[.?!]$/.test(words) ? words : `${words}.`;
    const { epoch } = this;
    this.states.update(ChatState.TTS, null);
    try {
      const { audio } = await synthesize(this.address, { text, locale, output_format }, signal);
      const blob = await abortable(toAudioBlob(decodeBase64(audio), resample), signal);
      return epoch === this.epoch ? blob : undefined;
    } catch (error) {
      if (epoch !== this.epoch || signal?.aborted) return undefined;
      const known = error instanceof ApiError || error instanceof TTSDecodeError;
      this.errors.emit(known ? new TTSError(error) : toError(error));
      return undefined;
    } finally {
      // clearBuffer has reset the states; a TTS set since then belongs to another call.
      if (epoch === this.epoch) this.states.update(null, ChatState.TTS);
    }
  }

  /**
   * Makes the AI human speak an audio file. `ANALYZING` is set until speech begins, then `SPEAKING`. `format` is `wav`,
   * `mp3` or a media type such as `audio/mpeg`; default: taken from `file.type`, else `wav`. `message` is the spoken
   * text, if known; default: empty.
   *
   * Resolves with the reference of the uploaded file when the AI human has been told to speak it.
   *
   * @throws {Error} "processSTF requires WebRTC (STF mode)" in a session without picture; "File transfer timed out"
   * after 30 s; other errors when the upload breaks off, as it does when the connection is lost.
   * @throws the reason of `signal` when it fires before the upload is complete.
   *
   * @example
   * ```ts source="./session.examples.ts#process-stf"
   * const speech = await session.processTTS('Hello!');
   * if (speech !== undefined) await session.processSTF(speech, speech.type, 'Hello!');
   * ```
   */
  async processSTF(
    file: Blob,
    format?: string,
    message = '',
    { signal }: SignalOptions = {},
  ): Promise<string> {
    const connection = this.requireConnection('processSTF');
    throwIfAborted(signal);
    const { epoch, speechEpoch } = this;
    this.states.update(ChatState.ANALYZING, null);
    let ordered = false;
    try {
      const fileRef = await connection.sendFile(file, signal);
      if (epoch === this.epoch) {
        const command = { message, file_ref: fileRef, format: normalizeAudioFormat(format, file.type) };
        ordered = connection.send('stf', command);
      }
      return fileRef;
    } finally {
      // When the states were reset meanwhile, an ANALYZING set since then belongs to another call.
      const counted = speechEpoch === this.speechEpoch;
      if (ordered) this.speechOrdered();
      if (ordered && !counted) this.states.update(ChatState.ANALYZING, null);
      if (!ordered && counted) this.states.update(null, ChatState.ANALYZING);
    }
  }

  /**
   * Transcribes an audio file. Without `language` (for example `ko` or `en`) the server detects it. Resolves with the
   * words, empty when nothing was said.
   *
   * @throws {STTError} when the server refuses.
   * @throws the reason of `signal` when it fires.
   *
   * @example
   * ```ts source="./session.examples.ts#transcribe"
   * const text = await session.transcribeAudio(file, 'ko');
   * ```
   */
  async transcribeAudio(audio: Blob | File, language?: string, options: SignalOptions = {}): Promise<string> {
    return (await this.transcribeAudioDetailed(audio, language, options)).text;
  }

  /**
   * Transcribes an audio file like {@link Session.transcribeAudio}, with the result as an object.
   *
   * @throws {STTError} when the server refuses.
   * @throws the reason of `signal` when it fires.
   */
  async transcribeAudioDetailed(
    audio: Blob | File,
    language?: string,
    { signal }: SignalOptions = {},
  ): Promise<STTResponse> {
    try {
      return await transcribe(this.address, audio, language, signal);
    } catch (error) {
      throw error instanceof ApiError ? new STTError(error) : error;
    }
  }

  /**
   * Starts to record the microphone for {@link Session.stopProcessSTT}; `RECORDING` is set until then. After `timeout`
   * milliseconds, if given and above 0, recording stops by itself, and the file waits to be fetched. `signal` ends the
   * start, for example while the user is asked for the microphone; a recording that has begun goes on.
   *
   * @throws {Error} "STT recording is already in progress".
   * @throws {DOMException} when the user refuses the microphone or there is none.
   * @throws the reason of `signal` when it fires.
   *
   * @example
   * ```ts source="./session.examples.ts#stt"
   * await session.startProcessSTT(30_000);
   * await userIsDone;
   * try {
   *   const text = await session.stopProcessSTT('en');
   *   if (text.trim() !== '') await session.processChat(text);
   * } catch (error) {
   *   if (error instanceof STTError) console.error(error.underlyingError.detail);
   *   else throw error;
   * }
   * ```
   */
  async startProcessSTT(timeout?: number, { signal }: SignalOptions = {}): Promise<void> {
    throwIfAborted(signal);
    if (this.recording.isUnderWay()) throw new Error('STT recording is already in progress');
    this.states.update(ChatState.RECORDING, null);
    try {
      await abortable(this.recording.start(timeout), signal);
    } catch (error) {
      // The microphone may be granted later; it is released then.
      if (signal?.aborted) this.recording.discard();
      this.states.update(null, ChatState.RECORDING);
      throw error;
    }
  }

  /**
   * Stops recording and transcribes. Without `language` (for example `ko` or `en`) the server detects it. The recording
   * stays available in {@link Session.lastRecordedAudioFile}, also when `signal` ends the transcription.
   *
   * @throws {STTError} when the server refuses.
   * @throws {Error} "STT recording has not been started", or "STT recording is not in progress" when it has ended
   * before.
   * @throws the reason of `signal` when it fires.
   */
  async stopProcessSTT(language?: string, options: SignalOptions = {}): Promise<string> {
    this.states.update(null, ChatState.RECORDING);
    const file = await this.recording.stop();
    this.lastRecordedAudioFile = file;
    return this.transcribeAudio(file, language, options);
  }

  /** Whether a recording is under way, or one that stopped by itself waits for {@link Session.stopProcessSTT}. */
  isSTTRecording(): boolean {
    return this.recording.isActive();
  }

  override setSrc(element: HTMLVideoElement): void {
    this.videos.show(element, this.getRemoteStream());
  }

  /**
   * Calls back when the session has closed: with `true` after `stopSession`, with `false` when it was lost or ended by
   * the server. The second argument tells more, and can ask the server for its reason. A connection that is being taken
   * up again is not closed yet. Never in a session without picture. Returns the function that removes the callback.
   *
   * @example
   * ```ts source="./session.examples.ts#on-close"
   * session.onClose(async (manualClosed, close) => {
   *   if (manualClosed) return;
   *   console.error('Session ended:', close.cause, await close.terminationReason());
   * });
   * ```
   */
  override onClose(callback: (manualClosed: boolean, close: SessionClose) => void): () => void {
    const follow = (status: ConnectionStatus): unknown => {
      this.closing ??= createSessionClose(status, this.address);
      return callback(this.closing.manual, this.closing);
    };
    return this.perso?.onStatus(follow) ?? (() => undefined);
  }

  /**
   * Calls back when the connection is lost and being taken up again (`recovering`), when it is back (`connected`), and
   * when it is gone for good (`closed`). While it is away, text to speak waits, up to 100 utterances; what was being
   * spoken is lost. Never in a session without picture. Returns the function that ends the subscription.
   *
   * @example
   * ```ts source="./session.examples.ts#connection"
   * session.subscribeConnection((state) => {
   *   notice.hidden = state !== 'recovering';
   * });
   * ```
   */
  subscribeConnection(callback: (state: ConnectionState) => void): () => void {
    return this.perso?.onState(callback) ?? (() => undefined);
  }

  /**
   * Calls back with the times of each turn of `processChat`, whenever one more of them is known. Returns the function
   * that ends the subscription.
   *
   * @example
   * ```ts source="./session.examples.ts#timings"
   * session.subscribeTimings(({ turn, firstTextMs, spokenMs }) => {
   *   if (spokenMs !== undefined)
   *     console.log(`Turn ${turn}: text after ${firstTextMs} ms, speech after ${spokenMs} ms`);
   * });
   * ```
   */
  subscribeTimings(callback: (timings: TurnTimings) => void): () => void {
    return this.timings?.subscribe(callback) ?? (() => undefined);
  }

  /**
   * Records an event `SESSION_LOG`. Text is sent as it is, objects as JSON; default: empty.
   *
   * @throws {ApiError} when the server refuses.
   * @throws the reason of `signal` when it fires.
   */
  async logSessionEvent(
    detail: string | Record<string, unknown> = '',
    { signal }: SignalOptions = {},
  ): Promise<void> {
    const text = typeof detail === 'string' ? detail : JSON.stringify(detail);
    await sendSessionEvent(this.address, 'SESSION_LOG', text, signal);
  }

  override stopSession(): void {
    this.recording.discard();
    super.stopSession();
  }
}
