'use client';
/** Chat by text and by voice, with its log. */

import { ChatState } from 'perso-interactive-sdk-web/client';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { answerAsWhole, answerInPieces } from '../lib/answer.ts';
import type { Line, Log } from '../lib/use-log.ts';
import { useRecording } from '../lib/use-recording.ts';
import type { PanelProps } from './playground.tsx';

interface ChatProps extends PanelProps {
  readonly language: string;
  readonly lines: readonly Line[];
  readonly log: Log;
}

const INTRO_DELAY_MS = 1000;

export function Chat({ live, attempt, language, lines, log }: ChatProps) {
  const [message, setMessage] = useState('');
  const box = useRef<HTMLDivElement>(null);
  /** Ends the turns that are under way. */
  const turns = useRef(new AbortController());
  const { session, intro } = live;

  // Each session has a log of its own, and takes its turns with it.
  useEffect(() => {
    if (session === undefined) return undefined;
    turns.current = new AbortController();
    log.clear();
    return () => turns.current.abort();
  }, [session, log]);

  useEffect(() => {
    if (session === undefined || intro === '') return undefined;
    const timer = setTimeout(() => {
      log.add('avatar', intro);
      session.processTTSTF(intro);
    }, INTRO_DELAY_MS);
    return () => clearTimeout(timer);
  }, [session, intro, log]);

  // Keeps the newest words in sight.
  useEffect(() => {
    if (lines.length > 0) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lines]);

  const chat = async (answer: typeof answerInPieces, text: string) => {
    if (session === undefined) return;
    log.add('user', text);
    let rewrite: ((text: string) => void) | undefined;
    await answer(session, text, {
      signal: turns.current.signal,
      onText(answered) {
        rewrite ??= log.add('avatar', answered);
        rewrite(answered);
      },
      onTool(called) {
        log.add('tool', called);
        rewrite = undefined;
      },
    });
  };

  const recording = useRecording({
    session,
    language,
    attempt,
    onText(text) {
      if (text === '') throw new Error('Nothing was heard. Speak after pressing “Voice chat”.');
      return chat(answerInPieces, text);
    },
  });

  const send = (event: FormEvent) => {
    event.preventDefault();
    const text = message.trim();
    if (text === '') return;
    setMessage('');
    void attempt(() => chat(answerAsWhole, text));
  };

  const stopSpeech = async () => {
    turns.current.abort();
    turns.current = new AbortController();
    await session?.clearBuffer();
  };

  const unusable = session === undefined;
  return (
    <section className="card chat" aria-labelledby="chat-title">
      <h2 id="chat-title">Chat</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <div ref={box} className="log" role="log" aria-label="Conversation" tabIndex={0}>
        {lines.map(({ id, kind, text }) => (
          <p key={id} className={kind}>
            {text}
          </p>
        ))}
      </div>
      <div className="row">
        <button
          type="button"
          disabled={unusable || recording.status === 'transcribing'}
          onClick={recording.toggle}
        >
          {recording.status === 'recording' ? 'Send recording' : 'Voice chat'}
        </button>
        <button
          type="button"
          disabled={!live.states.has(ChatState.SPEAKING)}
          onClick={() => attempt(stopSpeech)}
        >
          Stop avatar speech
        </button>
      </div>
      <form onSubmit={send}>
        <input
          value={message}
          onChange={({ target }) => setMessage(target.value)}
          aria-label="Message"
          placeholder="Say something …"
          enterKeyHint="send"
          disabled={unusable}
        />
        <button type="submit" className="primary" disabled={unusable}>
          Send
        </button>
      </form>
    </section>
  );
}
