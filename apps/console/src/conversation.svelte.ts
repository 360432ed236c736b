/**
 * One conversation with the AI human as the page sees it: connects, talks, listens, ends. Everything goes through the
 * public browser SDK.
 */
import {
  ApiError,
  ChatState,
  createSession,
  createSessionId,
  getSessionInfo,
  LLMError,
  type Session,
  STTError,
} from 'perso-interactive-sdk-web/client';

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
}

export interface Line {
  readonly text: string;
  readonly fromUser: boolean;
  readonly at: Date;
}

type Phase = 'idle' | 'connecting' | 'live';

const MAX_RECORDING_MS = 30_000;

export class Conversation {
  phase = $state<Phase>('idle');
  lines = $state<readonly Line[]>([]);
  states = $state<ReadonlySet<ChatState>>(new Set());
  problem = $state('');
  recording = $state(false);
  transcribing = $state(false);
  readonly #apiServer: string;
  #session: Session | undefined;

  constructor(apiServer: string) {
    this.#apiServer = apiServer;
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
    this.lines = [];
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
        clientTools: [],
      });
      this.#session = session;
      session.subscribeChatStates((states) => {
        this.states = states;
      });
      session.subscribeChatLog((log) => {
        this.lines = log
          .map((chat) => ({ text: chat.text, fromUser: chat.isUser, at: chat.timestamp }))
          .reverse();
      });
      session.setErrorHandler((error) => {
        this.problem = explain(error);
      });
      session.onClose((manual) => {
        if (!manual) void this.#lost(sessionId);
        this.#reset();
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

  end(): void {
    this.#session?.stopSession();
    this.#reset();
  }

  #reset(): void {
    this.#session = undefined;
    this.phase = 'idle';
    this.states = new Set();
    this.recording = false;
    this.transcribing = false;
  }

  async #lost(sessionId: string): Promise<void> {
    const info = await getSessionInfo({ apiServer: this.#apiServer, sessionId }).catch(() => undefined);
    const reason = info?.termination_reason;
    this.problem = `The connection was closed${typeof reason === 'string' ? ` (${reason})` : ''}. Press START to begin again.`;
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
