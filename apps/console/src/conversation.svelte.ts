/**
 * One conversation with the AI human as the page sees it: connects, talks, listens, ends. Everything goes through the
 * public browser SDK.
 */
import {
  ApiError,
  ChatState,
  createSession,
  createSessionId,
  LLMError,
  type Session,
  STTError,
} from 'perso-interactive-sdk-web/client';
import { createTools } from './tools.ts';

export interface Choices {
  readonly llmType: string;
  readonly ttsType: string;
  readonly sttType: string;
  readonly modelStyle: string;
  readonly promptId: string;
  /** '' means the studio backdrop of the server. */
  readonly backgroundId: string;
  readonly left: number;
  readonly top: number;
  readonly height: number;
  /** Whether the model may call the functions of this page. */
  readonly useTools: boolean;
}

export interface Line {
  readonly text: string;
  readonly from: 'user' | 'avatar' | 'tool';
  readonly at: Date;
}

type Phase = 'idle' | 'connecting' | 'live';

const MAX_RECORDING_MS = 30_000;

export class Conversation {
  phase = $state<Phase>('idle');
  /** How the last session ended; '' before the first one and while one lives. */
  ended = $state('');
  #said = $state<readonly Line[]>([]);
  #called = $state<readonly Line[]>([]);
  states = $state<ReadonlySet<ChatState>>(new Set());
  problem = $state('');
  recording = $state(false);
  transcribing = $state(false);
  readonly #apiServer: string;
  #session: Session | undefined;

  constructor(apiServer: string) {
    this.#apiServer = apiServer;
  }

  /** What was said and what was called, the oldest first. */
  get lines(): readonly Line[] {
    return [...this.#said, ...this.#called].sort((a, b) => a.at.getTime() - b.at.getTime());
  }

  get status(): string {
    if (this.phase === 'connecting') return 'Connecting …';
    if (this.phase === 'idle') return '';
    if (this.states.has(ChatState.RECORDING)) return 'Listening';
    if (this.transcribing) return 'Understanding';
    if (this.states.has(ChatState.SPEAKING)) return 'Speaking';
    if (this.states.has(ChatState.LLM)) return 'Thinking';
    if (this.states.has(ChatState.ANALYZING)) return 'Preparing speech';
    return 'Ready';
  }

  get speaking(): boolean {
    return this.states.has(ChatState.SPEAKING) || this.states.has(ChatState.ANALYZING);
  }

  async start(options: {
    readonly apiKey: string;
    readonly choices: Choices;
    readonly widthPx: number;
    readonly heightPx: number;
    readonly video: HTMLVideoElement;
    /** Said first; '' for nothing. */
    readonly intro: string;
  }): Promise<void> {
    if (this.phase !== 'idle') return;
    this.problem = '';
    if (typeof RTCPeerConnection === 'undefined') {
      this.problem = 'This browser has WebRTC switched off. Please allow it, or use a current browser.';
      return;
    }
    this.phase = 'connecting';
    this.ended = '';
    this.#said = [];
    this.#called = [];
    const { choices } = options;
    try {
      const sessionId = await createSessionId({
        apiServer: this.#apiServer,
        apiKey: options.apiKey,
        params: {
          using_stf_webrtc: true,
          model_style: choices.modelStyle,
          prompt: choices.promptId,
          llm_type: choices.llmType,
          tts_type: choices.ttsType,
          stt_type: choices.sttType,
          padding_left: choices.left,
          padding_top: choices.top,
          padding_height: choices.height,
          ...(choices.backgroundId === '' ? {} : { background_image: choices.backgroundId }),
        },
      });
      const session = await createSession({
        apiServer: this.#apiServer,
        sessionId,
        width: options.widthPx,
        height: options.heightPx,
        clientTools: choices.useTools ? createTools((...call) => this.#showCall(...call)) : [],
      });
      this.#session = session;
      session.subscribeChatStates((states) => {
        this.states = states;
      });
      session.subscribeChatLog((log) => {
        this.#said = log
          .map(
            (chat): Line => ({ text: chat.text, from: chat.isUser ? 'user' : 'avatar', at: chat.timestamp }),
          )
          .reverse();
      });
      session.setErrorHandler((error) => {
        this.problem = explain(error);
      });
      session.onClose((manual, close) => {
        this.#reset();
        this.ended = manual ? 'The session has ended.' : 'The connection was closed.';
        void close.terminationReason().then((reason) => {
          // Another session may have begun meanwhile.
          if (reason !== null && this.phase === 'idle' && this.ended !== '') this.ended += ` (${reason})`;
        });
      });
      session.setSrc(options.video);
      await options.video.play().catch(() => {});
      this.phase = 'live';
      if (options.intro !== '') session.processTTSTF(options.intro);
    } catch (error) {
      this.problem = explain(error);
      this.#session?.stopSession();
      this.#reset();
    }
  }

  say(text: string): void {
    this.problem = '';
    void this.#session?.processChat(text);
  }

  resize(widthPx: number, heightPx: number): void {
    this.#session?.changeSize(widthPx, heightPx);
  }

  async stopSpeaking(): Promise<void> {
    await this.#session?.clearBuffer();
  }

  async startListening(): Promise<void> {
    const session = this.#session;
    if (session === undefined || this.recording) return;
    this.problem = '';
    this.recording = true;
    try {
      await session.clearBuffer();
      await session.startProcessSTT(MAX_RECORDING_MS);
    } catch (error) {
      this.recording = false;
      this.problem = explain(error);
    }
  }

  async stopListening(language: string): Promise<void> {
    const session = this.#session;
    if (session === undefined || !this.recording) return;
    this.recording = false;
    if (!session.isSTTRecording()) return;
    this.transcribing = true;
    try {
      const text = await session.stopProcessSTT(language === '' ? undefined : language);
      if (text.trim() === '') this.problem = 'Nothing was heard. Hold the button while you speak.';
      else this.say(text);
    } catch (error) {
      this.problem = explain(error);
    } finally {
      this.transcribing = false;
    }
  }

  /** Lets the AI human say what a sound file holds. */
  async play(file: File): Promise<void> {
    this.problem = '';
    try {
      await checkSpeech(file);
      await this.#session?.processSTF(file);
    } catch (error) {
      this.problem = explain(error);
    }
  }

  end(): void {
    this.#session?.stopSession();
  }

  #showCall(name: string, args: object, result: object): void {
    const text = `${name} ${JSON.stringify(args)} → ${JSON.stringify(result)}`;
    this.#called = [...this.#called, { text, from: 'tool', at: new Date() }];
  }

  #reset(): void {
    this.#session = undefined;
    this.phase = 'idle';
    this.states = new Set();
    this.recording = false;
    this.transcribing = false;
  }
}

/** @throws one clear sentence unless the file holds sound that can be played. */
async function checkSpeech(file: File): Promise<void> {
  const audio = new AudioContext();
  try {
    const { duration } = await audio.decodeAudioData(await file.arrayBuffer());
    if (duration === 0) throw new Error('empty');
  } catch {
    throw new Error(
      `${file.name} holds no sound that can be played. Choose a .wav or .mp3 file with speech.`,
    );
  } finally {
    await audio.close();
  }
}

/** What went wrong in words that say what to do. */
export function explain(error: unknown): string {
  if (error instanceof LLMError || error instanceof STTError) {
    const { underlyingError } = error;
    if (underlyingError instanceof ApiError) return underlyingError.detail;
    return 'description' in underlyingError ? underlyingError.description : error.message;
  }
  if (error instanceof ApiError) {
    if (error.errorCode === 401) return 'The server did not accept the API key.';
    return error.detail;
  }
  if (error instanceof DOMException) {
    if (error.name === 'NotAllowedError') {
      return 'The microphone was refused. Allow it for this page in the browser, or type instead.';
    }
    if (error.name === 'NotFoundError') return 'No microphone was found. Connect one, or type instead.';
  }
  if (error instanceof TypeError && !window.isSecureContext) {
    return 'Browsers give the microphone only to pages on https:// or on localhost. You can type instead.';
  }
  if (error instanceof Error && error.message === 'WebRTC connection timeout') {
    return 'The video connection could not be made. A firewall may block UDP between this browser and the server.';
  }
  if (error instanceof TypeError) return 'The server cannot be reached. Is it running?';
  return error instanceof Error ? error.message : String(error);
}
