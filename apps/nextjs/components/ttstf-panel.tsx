'use client';
/** Text that the AI human says without asking the language model. */

import { useState } from 'react';
import type { PanelProps } from './playground.tsx';

interface TtstfPanelProps extends PanelProps {
  /** Gets what is said, for the log. */
  readonly onSay: (text: string) => void;
}

export function TtstfPanel({ live, attempt, onSay }: TtstfPanelProps) {
  const [text, setText] = useState('Welcome! How may I help you?');

  const say = () => {
    onSay(text.trim());
    live.session?.processTTSTF(text.trim());
  };

  return (
    <fieldset className="card" disabled={live.session === undefined}>
      <h2>Text to avatar (TTSTF)</h2>
      <label>
        Text to say <textarea value={text} onChange={({ target }) => setText(target.value)} />
      </label>
      <button type="button" disabled={text.trim() === ''} onClick={() => attempt(say)}>
        Say it
      </button>
    </fieldset>
  );
}
