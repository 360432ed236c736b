'use client';
/** The microphone as a hook: toggled once it records, toggled again it stops and transcribes. */

import type { Session } from 'perso-interactive-sdk-web/client';
import { useEffect, useRef, useState } from 'react';

const MAX_RECORDING_MS = 30_000;

export interface Recording {
  readonly status: 'idle' | 'recording' | 'transcribing';
  toggle(): void;
}

interface Options {
  readonly session: Session | undefined;
  readonly language: string;
  /** Runs an action and shows what goes wrong. */
  readonly attempt: (action: () => unknown) => Promise<void>;
  /** Gets what was recognized; empty when nothing was said. */
  readonly onText: (text: string) => unknown;
}

export function useRecording({ session, language, attempt, onText }: Options): Recording {
  const [status, setStatus] = useState<Recording['status']>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  // A recording ends with its session.
  useEffect(() => {
    if (session === undefined) setStatus('idle');
    return () => clearTimeout(timer.current);
  }, [session]);

  const start = async (live: Session) => {
    await live.startProcessSTT(MAX_RECORDING_MS);
    setStatus('recording');
    timer.current = setTimeout(() => void attempt(() => finish(live)), MAX_RECORDING_MS);
  };

  const finish = async (live: Session) => {
    clearTimeout(timer.current);
    setStatus('transcribing');
    let text: string;
    try {
      text = await live.stopProcessSTT(language);
    } finally {
      setStatus('idle');
    }
    await onText(text.trim());
  };

  return {
    status,
    toggle() {
      if (session !== undefined)
        void attempt(() => (status === 'recording' ? finish(session) : start(session)));
    },
  };
}
