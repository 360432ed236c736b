'use client';
/** The page: the AI human, the chat and the panels around one session. */

import { ChatState } from 'perso-interactive-sdk-web/client';
import { useCallback, useRef, useState } from 'react';
import { explain } from '../lib/explain.ts';
import { useLog } from '../lib/use-log.ts';
import { type LiveSession, useSession } from '../lib/use-session.ts';
import { Chat } from './chat.tsx';
import { StfPanel } from './stf-panel.tsx';
import { SttPanel } from './stt-panel.tsx';
import { TtsPanel } from './tts-panel.tsx';
import { TtstfPanel } from './ttstf-panel.tsx';

/** What every panel gets. */
export interface PanelProps {
  readonly live: LiveSession;
  /** Runs what a control asks for, and shows what goes wrong. Never rejects. */
  readonly attempt: (action: () => unknown) => Promise<void>;
}

const START_LABELS = { ready: 'START', connecting: 'Loading…', live: 'STOP' } as const;

const STATE_NAMES: readonly (readonly [ChatState, string])[] = [
  [ChatState.RECORDING, 'Recording'],
  [ChatState.SPEAKING, 'AI Speaking'],
  [ChatState.LLM, 'LLM'],
  [ChatState.TTS, 'TTS'],
  [ChatState.ANALYZING, 'Analyzing'],
];

export function Playground({ docsUrl }: { docsUrl: string }) {
  const [problem, setProblem] = useState('');
  const [language, setLanguage] = useState('en');
  const [lines, log] = useLog();
  const video = useRef<HTMLVideoElement>(null);
  const live = useSession({ video, onProblem: setProblem });

  const attempt = useCallback(async (action: () => unknown) => {
    setProblem('');
    try {
      await action();
    } catch (error) {
      setProblem(explain(error));
    }
  }, []);

  return (
    <>
      <header className="bar">
        <h1>SDK Playground — Next.js</h1>
        <nav aria-label="Pages">
          <a href={docsUrl} target="_blank" rel="noreferrer">
            API Docs ↗
          </a>
        </nav>
      </header>
      <p className="problem" role="alert">
        {problem}
      </p>

      <main className="playground">
        <div className="session">
          <div className="conversation">
            <section className="avatar" aria-label="AI human">
              <div className="stage">
                {/* biome-ignore lint/a11y/useMediaCaption: the log beside it holds every word */}
                <video ref={video} playsInline hidden={live.phase !== 'live'} />
                <p className="state" role="status">
                  {stateText(live)}
                </p>
                <p className="notice" role="status">
                  {live.notice}
                </p>
              </div>
              {live.muted && (
                <button type="button" className="primary" onClick={live.unmute}>
                  Turn sound on
                </button>
              )}
              <button
                type="button"
                className={live.phase === 'live' ? 'stop' : 'primary'}
                disabled={live.phase === 'connecting'}
                onClick={live.phase === 'live' ? live.stop : live.start}
              >
                {START_LABELS[live.phase]}
              </button>
            </section>
            <Chat live={live} attempt={attempt} language={language} lines={lines} log={log} />
          </div>
          <div className="panels">
            <SttPanel live={live} attempt={attempt} language={language} onLanguage={setLanguage} />
            <TtsPanel live={live} attempt={attempt} />
            <TtstfPanel live={live} attempt={attempt} onSay={(text) => log.add('avatar', text)} />
            <StfPanel live={live} attempt={attempt} />
          </div>
        </div>
      </main>
    </>
  );
}

function stateText({ phase, states }: LiveSession): string {
  if (phase !== 'live') return phase === 'ready' ? 'Not connected' : 'Connecting …';
  const names = STATE_NAMES.filter(([state]) => states.has(state)).map(([, name]) => name);
  return names.join(', ') || 'Available';
}
