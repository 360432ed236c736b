'use client';
/** Speech to text alone. */

import { useState } from 'react';
import { useRecording } from '../lib/use-recording.ts';
import type { PanelProps } from './playground.tsx';

interface SttPanelProps extends PanelProps {
  readonly language: string;
  readonly onLanguage: (language: string) => void;
}

const STATUS = {
  idle: 'Stops by itself after 30 s.',
  recording: 'Recording …',
  transcribing: 'Transcribing …',
} as const;

export function SttPanel({ live, attempt, language, onLanguage }: SttPanelProps) {
  const [transcript, setTranscript] = useState('');
  const { status, toggle } = useRecording({
    session: live.session,
    language,
    attempt,
    onText: (text) => setTranscript(text || 'Nothing was heard.'),
  });

  return (
    <fieldset className="card" disabled={live.session === undefined}>
      <h2>Speech to text (STT)</h2>
      <label>
        Spoken language
        <select value={language} onChange={({ target }) => onLanguage(target.value)}>
          <option value="ko">Korean</option>
          <option value="en">English</option>
          <option value="ja">Japanese</option>
          <option value="zh">Chinese</option>
        </select>
      </label>
      <button type="button" disabled={status === 'transcribing'} onClick={toggle}>
        {status === 'recording' ? 'Stop STT' : 'Start STT'}
      </button>
      <p className="hint" role="status">
        {STATUS[status]}
      </p>
      <output className="result" aria-label="Transcript">
        {transcript}
      </output>
    </fieldset>
  );
}
