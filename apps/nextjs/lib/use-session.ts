'use client';
/** The session as a hook: connecting, what is going on, and how it ended. */

import {
  ApiError,
  type ChatState,
  createSession,
  type Session,
  type SessionClose,
} from 'perso-interactive-sdk-web/client';
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { clientTools } from './client-tools.ts';
import { explain } from './explain.ts';
import type { NewSession } from './server/create-session.ts';

export type Phase = 'ready' | 'connecting' | 'live';

export interface LiveSession {
  /** The live session, if any. */
  readonly session: Session | undefined;
  readonly phase: Phase;
  readonly states: ReadonlySet<ChatState>;
  /** How the last session ended. */
  readonly notice: string;
  /** Whether the browser keeps the sound off until somebody presses a button. */
  readonly muted: boolean;
  /** What the AI human is to say first; set once the sound is on. */
  readonly intro: string;
  start(): void;
  stop(): void;
  unmute(): void;
}

interface Options {
  readonly video: RefObject<HTMLVideoElement | null>;
  /** Gets what went wrong, in one line; empty when something new begins. */
  readonly onProblem: (problem: string) => void;
}

/** Connects as soon as the page is shown. */
export function useSession({ video, onProblem }: Options): LiveSession {
  const [session, setSession] = useState<Session>();
  const [phase, setPhase] = useState<Phase>('connecting');
  const [states, setStates] = useState<ReadonlySet<ChatState>>(new Set());
  const [notice, setNotice] = useState('');
  const [muted, setMuted] = useState(false);
  const [introMessage, setIntroMessage] = useState('');
  const current = useRef<Session>(undefined);

  const ended = useCallback(async (close: SessionClose) => {
    // Releases the microphone, should it be recording.
    current.current?.stopSession();
    current.current = undefined;
    setSession(undefined);
    setPhase('ready');
    setStates(new Set());
    setMuted(false);
    setNotice('Session ended.');
    const reason = await close.terminationReason();
    // Another session may have begun meanwhile.
    if (current.current === undefined && reason !== null) setNotice(`Session ended: ${reason}`);
  }, []);

  const connect = useCallback(async () => {
    const element = video.current;
    if (element === null) return;
    setPhase('connecting');
    setNotice('');
    onProblem('');
    try {
      const { persoInteractiveApiServerUrl, sessionId, introMessage } = await fetchNewSession();
      const started = await createSession({
        apiServer: persoInteractiveApiServerUrl,
        sessionId,
        width: 1080,
        height: 1920,
        clientTools: [...clientTools],
      });
      current.current = started;
      started.subscribeChatStates(setStates);
      started.setErrorHandler((error) => onProblem(explain(error)));
      started.onClose((_manual, close) => ended(close));
      started.setSrc(element);
      setSession(started);
      setIntroMessage(introMessage.trim());
      setPhase('live');
    } catch (error) {
      setPhase('ready');
      onProblem(explain(error));
      return;
    }
    setMuted(await playMutedIfNeeded(element));
  }, [video, onProblem, ended]);

  useEffect(() => {
    void connect();
    const leave = () => current.current?.stopSession();
    // A tab that is closed ends its session at once instead of by time-out.
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, [connect]);

  return {
    session,
    phase,
    states,
    notice,
    muted,
    intro: muted ? '' : introMessage,
    start: () => void connect(),
    stop: () => session?.stopSession(),
    unmute() {
      if (video.current !== null) video.current.muted = false;
      setMuted(false);
    },
  };
}

/** Browsers play sound only after the visitor has pressed something; the picture may begin without. */
async function playMutedIfNeeded(video: HTMLVideoElement): Promise<boolean> {
  video.muted = false;
  try {
    await video.play();
    return false;
  } catch {
    video.muted = true;
    await video.play().catch(() => {});
    return true;
  }
}

/** Asks the server of this app, which has the API key. */
async function fetchNewSession(): Promise<NewSession> {
  const response = await fetch('/api/session');
  const body = await response.json();
  if (!response.ok) throw new ApiError(response.status, body.code ?? 'error', body.detail, body.attr);
  return body;
}
