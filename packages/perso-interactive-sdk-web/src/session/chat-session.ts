/** What every generation of sessions can do: chat with speech, voice input over the connection, and being watched. */

import { abortable, type SignalOptions, throwIfAborted } from '../abort.ts';
import type { SessionAddress } from '../api/rest.ts';
import type { ChatTool } from '../chat-tool.ts';
import { removeEmoji } from '../emoji.ts';
import { toError } from '../errors.ts';
import type { Generation } from '../generation.ts';
import { callGuarded, createListeners, type Listeners } from '../listeners.ts';
import type { Connection } from '../rtc/connection.ts';
import type { CommandFrame } from '../rtc/link.ts';
import { textOr } from '../text-or.ts';
import { type Chat, type ChatLog, createChatLog } from './chat-log.ts';
import { ChatState, type ChatStates, createChatStates } from './chat-state.ts';
import { type ChatTurns, createChatTurns } from './chat-turns.ts';
import { createSpeechTimer, type SpeechTimer } from './speech-timer.ts';
import type { TurnTimingsRecorder } from './turn-timings.ts';

/** What a session is made of. Sessions are made by `createSession`. */
export interface ChatSessionParts {
  readonly session: SessionAddress;
  readonly generation: Generation;
  readonly clientTools: Array<ChatTool>;
  /** `null` for a session without picture and speech. */
  readonly connection: Connection | null;
  /** Starts the heartbeat of a session without a connection, and returns what stops it. */
  readonly startHeartbeat?: ((onError: (error: unknown) => void) => () => void) | undefined;
  readonly timings?: TurnTimingsRecorder | undefined;
}

/** The part of a session that all generations share. */
export class ChatSession {
  /** Base URL of the API server. */
  readonly apiServer: string;
  /** Id of the session. */
  readonly sessionId: string;
  /** The media connection; `null` in a session without picture and speech. */
  readonly perso: Connection | null;
  /** Client tools the LLM may call. */
  clientTools: Array<ChatTool>;

  protected readonly address: SessionAddress;
  protected readonly states: ChatStates;
  protected readonly errors: Listeners<Error>;
  /** Grows with each `clearBuffer`; work that began under an older number is no longer wanted. */
  protected epoch: number;
  /** Grows whenever speech is forgotten; what was to be spoken under an older number is no longer waited for. */
  protected speechEpoch: number;
  protected readonly timings: TurnTimingsRecorder | undefined;
  private readonly generation: Generation;
  private readonly log: ChatLog;
  private readonly turns: ChatTurns;
  private readonly speechTimer: SpeechTimer;
  private readonly stopHeartbeat: (() => void) | undefined;
  private sttCallback: ((text: string) => void) | undefined;

  /** Use `createSession`. */
  constructor(parts: ChatSessionParts) {
    const { session, connection, generation, timings } = parts;
    this.generation = generation;
    this.address = session;
    this.apiServer = session.apiServer;
    this.sessionId = session.sessionId;
    this.perso = connection;
    this.clientTools = parts.clientTools;
    this.epoch = 0;
    this.speechEpoch = 0;
    this.states = createChatStates();
    this.log = createChatLog();
    this.errors = createListeners<Error>();
    this.timings = timings;
    this.speechTimer = createSpeechTimer(() => this.states.update(null, ChatState.SPEAKING));
    this.turns = createChatTurns({
      session,
      tools: () => this.clientTools,
      speak: (text) => this.speak(text),
      cleanAnswer: generation.cleanAnswer,
      watchTurn: timings?.begin,
      log: this.log,
      states: this.states,
      errors: this.errors,
    });
    if (connection !== null) {
      connection.onFrame = (frame) => this.receive(frame);
      connection.onState((state) => {
        if (state === 'connected') return;
        // Nothing more will be heard of what was to be spoken.
        this.forgetSpeech();
        this.states.reset(ChatState.ANALYZING, ChatState.SPEAKING);
      });
    }
    this.stopHeartbeat = parts.startHeartbeat?.((error) => this.errors.emit(toError(error)));
  }

  /**
   * Sends a message to the AI human, which answers in speech and in the chat log. Resolves at once; the turn goes on in
   * the background, shown by the chat states `LLM`, `ANALYZING` and `SPEAKING`. A message of white space is ignored.
   *
   * `signal` ends the turn: the text so far stays in the chat log, but not in the history. What was said to be spoken is
   * spoken; {@link ChatSession.clearBuffer} stops speech too. An abort is no failure, and nobody is told of it.
   *
   * Failures go to the error handlers as `LLMError`.
   *
   * @throws the reason of `signal`, when it had fired before the call; nothing is sent then.
   *
   * @example
   * ```ts source="./session.examples.ts#process-chat"
   * await session.processChat('What can I see in Seoul?');
   * ```
   *
   * @example
   * ```ts source="./session.examples.ts#signals"
   * const controller = new AbortController();
   * cancelButton.onclick = () => controller.abort(new Error('The user has left'));
   * const { signal } = controller;
   * const session = await createSession({
   *   apiServer: 'https://visavox.example.com',
   *   sessionId,
   *   width: 1080,
   *   height: 1920,
   *   signal,
   * });
   * await session.processChat('Tell me a long story.', { signal });
   * ```
   */
  async processChat(message: string, options: SignalOptions = {}): Promise<void> {
    throwIfAborted(options.signal);
    if (message.trim() === '') return;
    this.log.add(message, true);
    this.turns.run(message, options);
  }

  /**
   * Makes the AI human say an answer of your own LLM. Blank messages are ignored. Touches neither history nor chat log.
   *
   * @deprecated Use {@link ChatSession.processTTSTF}.
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
   * Starts voice input over the media connection.
   *
   * @deprecated Use `startProcessSTT`.
   * @throws {Error} in a session without picture.
   */
  startVoiceChat(): void {
    const connection = this.requireConnection('startVoiceChat');
    this.states.update(ChatState.RECORDING, null);
    connection.send('record-start', {});
  }

  /**
   * Ends voice input over the media connection. The recognized text goes to the callback of
   * {@link ChatSession.setSttResultCallback}, else to {@link ChatSession.processChat}.
   *
   * @deprecated Use `stopProcessSTT`.
   * @throws {Error} in a session without picture.
   */
  stopVoiceChat(): void {
    const connection = this.requireConnection('stopVoiceChat');
    const sent = connection.send('record-end-stt', {});
    this.states.update(sent ? ChatState.ANALYZING : null, ChatState.RECORDING);
  }

  /**
   * Stops what the AI human is saying and preparing: speech that has not begun is dropped, and the current sentence is
   * the last. Turns of `processChat` are cancelled; `processLLM` has its own signal. Resolves when all of it has ended
   * and the chat states are empty.
   *
   * `signal` ends the waiting, not the stopping.
   *
   * @throws the reason of `signal` when it fires; had it fired before the call, nothing is stopped.
   */
  async clearBuffer({ signal }: SignalOptions = {}): Promise<void> {
    throwIfAborted(signal);
    this.epoch++;
    this.speechEpoch++;
    const { clearsAfterTurn } = this.generation;
    if (!clearsAfterTurn) this.perso?.send('clear-buffer', {});
    const ended = this.turns.cancel().then(() => {
      if (clearsAfterTurn) this.perso?.send('clear-buffer', {});
      this.forgetSpeech();
      this.states.reset();
    });
    await abortable(ended, signal);
  }

  /** Changes the size of the picture, in CSS pixels. Does nothing in a session without picture. */
  changeSize(width: number, height: number): void {
    this.perso?.send('change-size', { width, height });
  }

  /** Shows the AI human in a `<video>` element, also after a lost connection has been taken up again. */
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
   * Receives the text recognized by {@link ChatSession.stopVoiceChat} in place of `processChat`. One callback at a time:
   * a later one replaces it. Returns the function that removes it.
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
   * Receives the errors of `processChat` (`LLMError`), of `processTTS` (`TTSError`), of the heartbeat, and of speech that
   * was dropped because too much of it waited for a lost connection. Any number of handlers. Returns the function that
   * removes this one.
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
   * Calls back when the session has closed: with `true` after {@link ChatSession.stopSession}, with `false` when it was
   * lost or ended by the server. Never in a session without picture. Returns the function that removes the callback.
   */
  onClose(callback: (manualClosed: boolean) => void): () => void {
    return this.perso?.onStatus(({ code }) => callback(code === 200)) ?? (() => undefined);
  }

  /** Ends the session. Microphone, connection and timers are released; later calls do nothing. */
  stopSession(): void {
    this.epoch++;
    this.stopHeartbeat?.();
    this.turns.cancel();
    this.forgetSpeech();
    this.states.reset(ChatState.RECORDING, ChatState.ANALYZING, ChatState.SPEAKING, ChatState.TTS);
    this.perso?.close();
  }

  /** Notes that the server was told to speak. */
  protected speechOrdered(): void {
    this.timings?.ordered();
  }

  protected requireConnection(method: string): Connection {
    if (this.perso === null) throw new Error(`${method} requires WebRTC (STF mode)`);
    return this.perso;
  }

  private forgetSpeech(): void {
    this.speechEpoch++;
    this.speechTimer.cancel();
    this.timings?.forget();
  }

  private speak(text: string): boolean {
    const { perso } = this;
    const message = removeEmoji(text).trim();
    if (message === '' || perso === null) return false;
    const ordered = perso.send('ttstf', { message });
    if (ordered) {
      this.speechOrdered();
      this.states.update(ChatState.ANALYZING, null);
    } else if (perso.state === 'recovering') {
      this.errors.emit(new Error('Speech dropped: too much waits'));
    }
    return ordered;
  }

  private receive({ type, data }: CommandFrame): void {
    if (type === 'stf') {
      const awaited = this.states.has(ChatState.ANALYZING) || this.states.has(ChatState.SPEAKING);
      // An utterance nobody waits for belongs to speech that was cleared.
      if (!awaited && !this.generation.showsLateSpeech) return;
      this.timings?.heard();
      this.states.update(ChatState.SPEAKING, ChatState.ANALYZING);
      this.speechTimer.extend(Math.max(0, Number(data['duration']) || 0));
    } else if (type === 'stt') {
      this.states.update(null, ChatState.ANALYZING);
      const text = textOr(data['text'], '');
      const { sttCallback } = this;
      if (sttCallback !== undefined) callGuarded(() => sttCallback(text));
      else this.processChat(text);
    } else if (type === 'stt-error') {
      this.states.update(null, ChatState.ANALYZING);
    }
  }
}
