/** A conversation with one AI human. */

import type { FetchFunction, RequestOptions } from '../api/http.ts';
import { requestLlm, sendSessionEvent, synthesize, transcribe } from '../api/rest.ts';
import { decodeBase64, toAudioBlob } from '../audio/decode.ts';
import type { ChatTool } from '../chat-tool.ts';
import { removeEmoji } from '../emoji.ts';
import { ApiError, STTError, TTSDecodeError, TTSError, toError } from '../errors.ts';
import { callGuarded, createListeners, type Listeners } from '../listeners.ts';
import { type LLMStreamChunk, LlmProcessor, type ProcessLLMOptions } from '../llm/llm-processor.ts';
import type { CommandFrame, Connection } from '../rtc/connection.ts';
import type { STTResponse } from '../types.ts';
import { normalizeAudioFormat } from './audio-format.ts';
import { type Chat, type ChatLog, createChatLog } from './chat-log.ts';
import { ChatState, type ChatStates, createChatStates } from './chat-state.ts';
import { type ChatTurns, createChatTurns } from './chat-turns.ts';
import { createSpeechTimer, type SpeechTimer } from './speech-timer.ts';
import { createSttRecording, type Recorder, type SttRecording } from './stt-recording.ts';

/** What a session is made of. Sessions are made by `createSession`. */
export interface SessionParts {
  readonly apiServer: string;
  readonly sessionId: string;
  readonly clientTools: Array<ChatTool>;
  /** `null` for a session without picture and speech. */
  readonly connection: Connection | null;
  readonly createRecorder: () => Recorder;
  readonly fetch?: FetchFunction | undefined;
  /** Starts the heartbeat of a session without a connection, and returns what stops it. */
  readonly startHeartbeat?: ((onError: (error: unknown) => void) => () => void) | undefined;
}

/** Options of `Session.processTTS`. */
export interface ProcessTTSOptions {
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
export class Session {
  /** Base URL of the API server. */
  readonly apiServer: string;
  /** Id of the session. */
  readonly sessionId: string;
  /** The media connection; `null` in a session without picture and speech. */
  readonly perso: Connection | null;
  /** Client tools the LLM may call. */
  clientTools: Array<ChatTool>;
  /** The recording last fetched with {@link Session.stopProcessSTT}, as WAV; `null` before the first. */
  lastRecordedAudioFile: File | null;

  private readonly requestOptions: RequestOptions;
  private readonly states: ChatStates;
  private readonly log: ChatLog;
  private readonly errors: Listeners<Error>;
  private readonly turns: ChatTurns;
  private readonly llm: LlmProcessor;
  private readonly speechTimer: SpeechTimer;
  private readonly recording: SttRecording;
  private readonly stopHeartbeat: (() => void) | undefined;
  private sttCallback: ((text: string) => void) | undefined;
  /** Grows with each `clearBuffer`; work that began under an older number is no longer wanted. */
  private epoch: number;

  /** Use `createSession`. */
  constructor(parts: SessionParts) {
    const { apiServer, sessionId, connection } = parts;
    this.apiServer = apiServer;
    this.sessionId = sessionId;
    this.perso = connection;
    this.clientTools = parts.clientTools;
    this.lastRecordedAudioFile = null;
    this.sttCallback = undefined;
    this.epoch = 0;
    this.requestOptions = { fetch: parts.fetch };
    this.states = createChatStates();
    this.log = createChatLog();
    this.errors = createListeners<Error>();
    this.speechTimer = createSpeechTimer(() => this.states.update(null, ChatState.SPEAKING));
    this.recording = createSttRecording({
      createRecorder: parts.createRecorder,
      onAutoStopFailure: () => this.states.update(null, ChatState.RECORDING),
    });
    this.llm = new LlmProcessor(
      {
        apiServer,
        sessionId,
        clientTools: parts.clientTools,
        callbacks: {
          onChatStateChange: (add, remove) => this.states.update(add, remove),
          onError: () => undefined,
          onChatLog: () => undefined,
          onTTSTF: () => undefined,
        },
      },
      { fetch: parts.fetch },
    );
    this.turns = createChatTurns({
      tools: () => this.clientTools,
      requestLlm: (body, signal) =>
        requestLlm(apiServer, sessionId, body, { ...this.requestOptions, signal }),
      speak: (text) => this.speak(text),
      log: (text) => this.log.add(text, false),
      onStart: () => this.states.update(ChatState.LLM, null),
      onEnd: () => this.states.update(null, ChatState.LLM),
      onError: (error) => this.errors.emit(error),
    });
    connection?.onFrame((frame) => this.receive(frame));
    connection?.onStatus(() => {
      // Nothing more will be heard of what was to be spoken.
      this.speechTimer.cancel();
      this.states.reset(ChatState.ANALYZING, ChatState.SPEAKING);
    });
    this.stopHeartbeat = parts.startHeartbeat?.((error) => this.errors.emit(toError(error)));
  }

  /**
   * Sends a message to the AI human, which answers in speech and in the chat log. Resolves at once; the turn goes on in
   * the background, shown by the chat states `LLM`, `ANALYZING` and `SPEAKING`. A message of white space is ignored.
   *
   * Failures go to the error handlers as `LLMError`.
   *
   * @example
   * ```ts source="./session.examples.ts#process-chat"
   * await session.processChat('What can I see in Seoul?');
   * ```
   */
  async processChat(message: string): Promise<void> {
    if (message.trim() === '') return;
    this.log.add(message, true);
    this.turns.run(message);
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
   * Makes the AI human say an answer of your own LLM. Blank messages are ignored. Touches neither history nor chat log.
   *
   * @deprecated Use {@link Session.processTTSTF}.
   */
  processCustomChat(message: string): void {
    this.speak(message);
  }

  /**
   * Makes the AI human say `message`, and adds it to the chat log and to the history of `processChat`. Blank messages
   * are ignored. `ANALYZING` is set until speech begins, then `SPEAKING`.
   *
   * @example
   * ```ts source="./session.examples.ts#speak"
   * session.processTTSTF('Welcome! How may I help you?');
   * ```
   */
  processTTSTF(message: string): void {
    if (message.trim() === '') return;
    this.turns.addAssistantText(message);
    this.log.add(message, false);
    this.speak(message);
  }

  /**
   * Turns text into an audio file without making the AI human speak. `TTS` is set meanwhile. A text that does not end
   * in `.`, `?` or `!` gets a `.` appended, which voices need for a natural ending.
   *
   * Resolves with a Blob (`audio/wav`, or `audio/mpeg` if that is what the server sent), or with `undefined` when
   * nothing is left of the text without emoji, when {@link Session.clearBuffer} was called meanwhile, or after a
   * failure: the error handlers get a `TTSError`, or the original error when the network fails.
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
    { resample = false, locale, output_format }: ProcessTTSOptions = {},
  ): Promise<Blob | undefined> {
    const words = removeEmoji(message).trim();
    if (words === '') return undefined;
    const text = /[.?!]$/.test(words) ? words : `${words}.`;
    const { epoch } = this;
    this.states.update(ChatState.TTS, null);
    try {
      const params = { sessionId: this.sessionId, text, locale, output_format };
      const { audio } = await synthesize(this.apiServer, params, this.requestOptions);
      const blob = await toAudioBlob(decodeBase64(audio), resample);
      return epoch === this.epoch ? blob : undefined;
    } catch (error) {
      if (epoch !== this.epoch) return undefined;
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
   * after 30 s; other errors when the upload breaks off.
   *
   * @example
   * ```ts source="./session.examples.ts#process-stf"
   * const speech = await session.processTTS('Hello!');
   * if (speech !== undefined) await session.processSTF(speech, speech.type, 'Hello!');
   * ```
   */
  async processSTF(file: Blob, format?: string, message = ''): Promise<string> {
    const connection = this.requireConnection('processSTF');
    const { epoch } = this;
    this.states.update(ChatState.ANALYZING, null);
    let speaking = false;
    try {
      const fileRef = await connection.sendFile(file);
      if (epoch === this.epoch) {
        const command = { message, file_ref: fileRef, format: normalizeAudioFormat(format, file.type) };
        speaking = connection.send('stf', command);
      }
      return fileRef;
    } finally {
      // clearBuffer has reset the states; an ANALYZING set since then belongs to another call.
      if (!speaking && epoch === this.epoch) this.states.update(null, ChatState.ANALYZING);
    }
  }

  /**
   * Transcribes an audio file. Without `language` (for example `ko` or `en`) the server detects it. Resolves with the
   * words, empty when nothing was said.
   *
   * @throws {STTError} when the server refuses.
   *
   * @example
   * ```ts source="./session.examples.ts#transcribe"
   * const text = await session.transcribeAudio(file, 'ko');
   * ```
   */
  async transcribeAudio(audio: Blob | File, language?: string): Promise<string> {
    return (await this.transcribeAudioDetailed(audio, language)).text;
  }

  /**
   * Transcribes an audio file like {@link Session.transcribeAudio}, with the result as an object.
   *
   * @throws {STTError} when the server refuses.
   */
  async transcribeAudioDetailed(audio: Blob | File, language?: string): Promise<STTResponse> {
    try {
      return await transcribe(this.apiServer, this.sessionId, audio, language, this.requestOptions);
    } catch (error) {
      throw error instanceof ApiError ? new STTError(error) : error;
    }
  }

  /**
   * Starts to record the microphone for {@link Session.stopProcessSTT}; `RECORDING` is set until then. After `timeout`
   * milliseconds, if given and above 0, recording stops by itself, and the file waits to be fetched.
   *
   * @throws {Error} "STT recording is already in progress".
   * @throws {DOMException} when the user refuses the microphone or there is none.
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
  async startProcessSTT(timeout?: number): Promise<void> {
    if (this.recording.isUnderWay()) throw new Error('STT recording is already in progress');
    this.states.update(ChatState.RECORDING, null);
    try {
      await this.recording.start(timeout);
    } catch (error) {
      this.states.update(null, ChatState.RECORDING);
      throw error;
    }
  }

  /**
   * Stops recording and transcribes. Without `language` (for example `ko` or `en`) the server detects it. The recording
   * stays available in {@link Session.lastRecordedAudioFile}.
   *
   * @throws {STTError} when the server refuses.
   * @throws {Error} "STT recording has not been started", or "STT recording is not in progress" when it has ended
   * before.
   */
  async stopProcessSTT(language?: string): Promise<string> {
    this.states.update(null, ChatState.RECORDING);
    const file = await this.recording.stop();
    this.lastRecordedAudioFile = file;
    return this.transcribeAudio(file, language);
  }

  /** Whether a recording is under way, or one that stopped by itself waits for {@link Session.stopProcessSTT}. */
  isSTTRecording(): boolean {
    return this.recording.isActive();
  }

  /**
   * Starts voice input over the media connection.
   *
   * @deprecated Use {@link Session.startProcessSTT}.
   * @throws {Error} in a session without picture.
   */
  startVoiceChat(): void {
    const connection = this.requireConnection('startVoiceChat');
    this.states.update(ChatState.RECORDING, null);
    connection.send('record-start', {});
  }

  /**
   * Ends voice input over the media connection. The recognized text goes to the callback of
   * {@link Session.setSttResultCallback}, else to {@link Session.processChat}.
   *
   * @deprecated Use {@link Session.stopProcessSTT}.
   * @throws {Error} in a session without picture.
   */
  stopVoiceChat(): void {
    const connection = this.requireConnection('stopVoiceChat');
    const sent = connection.send('record-end-stt', {});
    this.states.update(sent ? ChatState.ANALYZING : null, ChatState.RECORDING);
  }

  /**
   * Stops what the AI human is saying and preparing: speech that has not begun is dropped, and the current sentence is
   * the last. A turn of `processChat` is cancelled; `processLLM` has its own signal. Resolves when all of it has ended
   * and the chat states are empty.
   */
  async clearBuffer(): Promise<void> {
    this.epoch++;
    this.perso?.send('clear-buffer', {});
    await this.turns.cancel();
    this.speechTimer.cancel();
    this.states.reset();
  }

  /** Changes the size of the picture, in CSS pixels. Does nothing in a session without picture. */
  changeSize(width: number, height: number): void {
    this.perso?.send('change-size', { width, height });
  }

  /** Shows the AI human in a `<video>` element. */
  setSrc(element: HTMLVideoElement): void {
    element.srcObject = this.getRemoteStream() ?? null;
  }

  /** Picture and sound of the AI human; `undefined` in a session without picture. */
  getRemoteStream(): MediaStream | undefined {
    return this.perso?.getRemoteStream();
  }

  /**
   * What the page sends in the older voice chat form; `null` otherwise.
   *
   * @deprecated Belongs to the older voice chat form.
   */
  getLocalStream(): MediaStream | null {
    return this.perso?.getLocalStream() ?? null;
  }

  /** Id of the session. */
  getSessionId(): string {
    return this.sessionId;
  }

  /**
   * Calls back with the active chat states, whenever they change; an empty set means the AI human is available. Returns
   * the function that ends the subscription.
   *
   * @example
   * ```ts source="./session.examples.ts#subscribe"
   * const unsubscribe = session.subscribeChatStates((states) => {
   *   button.disabled = states.size > 0;
   * });
   * ```
   */
  subscribeChatStates(callback: (chatStates: Set<ChatState>) => void): () => void {
    return this.states.subscribe(callback);
  }

  /** Calls back with the whole chat log, newest entry first, whenever it grows. Returns the function that ends that. */
  subscribeChatLog(callback: (chatLog: Array<Chat>) => void): () => void {
    return this.log.subscribe(callback);
  }

  /**
   * Receives the text recognized by {@link Session.stopVoiceChat} in place of `processChat`. One callback at a time: a
   * later one replaces it. Returns the function that removes it.
   */
  setSttResultCallback(callback: (text: string) => void): () => void {
    // A function of its own for each registration, so that an outdated removal does not remove its successor.
    const registered = (text: string): void => callback(text);
    this.sttCallback = registered;
    return () => {
      if (this.sttCallback === registered) this.sttCallback = undefined;
    };
  }

  /**
   * Receives the errors of `processChat` (`LLMError`), of `processTTS` (`TTSError`) and of the heartbeat. Any number of
   * handlers. Returns the function that removes this one.
   *
   * @example
   * ```ts source="./session.examples.ts#errors"
   * session.setErrorHandler((error) => {
   *   if (error instanceof LLMError || error instanceof TTSError) {
   *     const cause = error.underlyingError;
   *     console.error(cause instanceof ApiError ? cause.detail : cause.description);
   *   } else {
   *     console.error(error);
   *   }
   * });
   * ```
   */
  setErrorHandler(callback: (error: Error) => void): () => void {
    return this.errors.add(callback);
  }

  /**
   * Calls back when the session has closed: with `true` after {@link Session.stopSession}, with `false` when it was lost
   * or ended by the server; `getSessionInfo` then tells the `termination_reason`. Never in a session without picture.
   * Returns the function that removes the callback.
   *
   * @example
   * ```ts source="./session.examples.ts#on-close"
   * session.onClose(async (manualClosed) => {
   *   if (manualClosed) return;
   *   const info = await getSessionInfo({ apiServer: session.apiServer, sessionId: session.sessionId });
   *   console.error('Session ended:', info.termination_reason);
   * });
   * ```
   */
  onClose(callback: (manualClosed: boolean) => void): () => void {
    return this.perso?.onStatus(({ code }) => callback(code === 200)) ?? (() => undefined);
  }

  /**
   * Records an event `SESSION_LOG`. Text is sent as it is, objects as JSON; default: empty.
   *
   * @throws {ApiError} when the server refuses.
   */
  async logSessionEvent(detail: string | Record<string, unknown> = ''): Promise<void> {
    const text = typeof detail === 'string' ? detail : JSON.stringify(detail);
    await sendSessionEvent(this.apiServer, this.sessionId, 'SESSION_LOG', text, this.requestOptions);
  }

  /** Ends the session. Microphone, connection and timers are released; later calls do nothing. */
  stopSession(): void {
    this.epoch++;
    this.stopHeartbeat?.();
    this.turns.cancel();
    this.recording.discard();
    this.speechTimer.cancel();
    this.states.reset(ChatState.RECORDING, ChatState.ANALYZING, ChatState.SPEAKING, ChatState.TTS);
    this.perso?.close();
  }

  private speak(text: string): void {
    const message = removeEmoji(text).trim();
    if (message === '' || this.perso === null) return;
    if (this.perso.send('ttstf', { message })) this.states.update(ChatState.ANALYZING, null);
  }

  private receive({ type, data }: CommandFrame): void {
    if (type === 'stf') {
      // An utterance nobody waits for belongs to speech that was cleared.
      if (!this.states.has(ChatState.ANALYZING) && !this.states.has(ChatState.SPEAKING)) return;
      this.states.update(ChatState.SPEAKING, ChatState.ANALYZING);
      this.speechTimer.extend(Math.max(0, Number(data['duration']) || 0));
    } else if (type === 'stt') {
      this.states.update(null, ChatState.ANALYZING);
      const text = typeof data['text'] === 'string' ? data['text'] : '';
      const { sttCallback } = this;
      if (sttCallback !== undefined) callGuarded(() => sttCallback(text));
      else this.processChat(text);
    } else if (type === 'stt-error') {
      this.states.update(null, ChatState.ANALYZING);
    }
  }

  private requireConnection(method: string): Connection {
    if (this.perso === null) throw new Error(`${method} requires WebRTC (STF mode)`);
    return this.perso;
  }
}
