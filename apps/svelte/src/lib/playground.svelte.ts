/** The session as the page sees it: connecting, talking, ending. */

import {
  ApiError,
  ChatState,
  createSession,
  type Session,
  type SessionClose,
} from 'perso-interactive-sdk-web/client';
import { answer } from './answer.ts';
import { clientTools } from './client-tools.ts';
import { explain } from './explain.ts';
import type { NewSession } from './server/create-session.ts';

const INTRO_DELAY_MS = 1000;

export interface Line {
  readonly kind: 'user' | 'avatar' | 'tool';
  readonly text: string;
}

const STATE_NAMES: readonly (readonly [ChatState, string])[] = [
  [ChatState.RECORDING, 'Recording'],
  [ChatState.SPEAKING, 'AI Speaking'],
  [ChatState.LLM, 'LLM'],
  [ChatState.TTS, 'TTS'],
  [ChatState.ANALYZING, 'Analyzing'],
];

export class Playground {
  /** The live session, if any. */
  session = $state.raw<Session>();
  phase = $state<'ready' | 'connecting' | 'live'>('connecting');
  states = $state.raw<ReadonlySet<ChatState>>(new Set());
  lines = $state<Line[]>([]);
  /** What went wrong last, in one line. */
  problem = $state('');
  /** How the last session ended. */
  notice = $state('');
  /** Whether the browser keeps the sound off until somebody presses a button. */
  muted = $state(false);
  /** Language of what is recorded. */
  language = $state('en');

  #turns = new AbortController();
  #intro = '';

  get state(): string {
    if (this.phase !== 'live') return this.phase === 'ready' ? 'Not connected' : 'Connecting …';
    const names = STATE_NAMES.filter(([state]) => this.states.has(state)).map(([, name]) => name);
    return names.join(', ') || 'Available';
  }

  get speaking(): boolean {
    return this.states.has(ChatState.SPEAKING);
  }

  /** Runs what a control asks for, and shows what goes wrong. Never rejects. */
  async attempt(action: () => unknown): Promise<void> {
    this.problem = '';
    try {
      await action();
    } catch (error) {
      this.problem = explain(error);
    }
  }

  async start(video: HTMLVideoElement): Promise<void> {
    this.phase = 'connecting';
    this.notice = '';
    this.lines = [];
    try {
      const { persoInteractiveApiServerUrl, sessionId, introMessage } = await fetchNewSession();
      const session = await createSession({
        apiServer: persoInteractiveApiServerUrl,
        sessionId,
        width: 1080,
        height: 1920,
        clientTools: [...clientTools],
      });
      session.subscribeChatStates((states) => {
        this.states = states;
      });
      session.setErrorHandler((error) => {
        this.problem = explain(error);
      });
      session.onClose((_manual, close) => this.#ended(close));
      session.setSrc(video);
      this.session = session;
      this.phase = 'live';
      this.#intro = introMessage;
    } catch (error) {
      this.phase = 'ready';
      throw error;
    }
    await this.#play(video);
  }

  /** Browsers play sound only after the visitor has pressed something; the picture may begin without. */
  async #play(video: HTMLVideoElement): Promise<void> {
    video.muted = false;
    try {
      await video.play();
      this.#sayIntro();
    } catch {
      this.muted = true;
      video.muted = true;
      await video.play();
    }
  }

  unmute(video: HTMLVideoElement): void {
    video.muted = false;
    this.muted = false;
    this.#sayIntro();
  }

  stop(): void {
    this.session?.stopSession();
  }

  /** Speaks an answer of the language model while the rest of it is still on its way. */
  async chat(message: string): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    this.#add('user', message);
    let rewrite: ((text: string) => void) | undefined;
    await answer(session, message, {
      signal: this.#turns.signal,
      onText: (text) => {
        rewrite ??= this.#add('avatar', text);
        rewrite(text);
      },
      onTool: (text) => {
        this.#add('tool', text);
        rewrite = undefined;
      },
    });
  }

  say(text: string): void {
    this.#add('avatar', text);
    this.session?.processTTSTF(text);
  }

  async stopSpeech(): Promise<void> {
    this.#turns.abort();
    this.#turns = new AbortController();
    await this.session?.clearBuffer();
  }

  #sayIntro(): void {
    const { session } = this;
    const intro = this.#intro.trim();
    this.#intro = '';
    if (intro === '') return;
    setTimeout(() => {
      if (this.session === session) this.say(intro);
    }, INTRO_DELAY_MS);
  }

  /** Adds a line, and returns what replaces its text. */
  #add(kind: Line['kind'], text: string): (text: string) => void {
    const index = this.lines.push({ kind, text }) - 1;
    return (newText) => {
      this.lines[index] = { kind, text: newText };
    };
  }

  /** After STOP, or when the connection was lost or the server ended the session. */
  async #ended(close: SessionClose): Promise<void> {
    // Releases the microphone, should it be recording.
    this.session?.stopSession();
    this.session = undefined;
    this.phase = 'ready';
    this.states = new Set();
    this.muted = false;
    this.#turns.abort();
    this.#turns = new AbortController();
    this.notice = 'Session ended.';
    const reason = await close.terminationReason();
    // Another session may have begun meanwhile.
    if (this.phase === 'ready' && reason !== null) this.notice = `Session ended: ${reason}`;
  }
}

/** Asks the server of this app, which has the API key. */
async function fetchNewSession(): Promise<NewSession> {
  const response = await fetch('/session');
  const body = await response.json();
  if (!response.ok) throw new ApiError(response.status, body.code ?? 'error', body.detail, body.attr);
  return body;
}
