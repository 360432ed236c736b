'use client';
/** Text to speech alone: a sound file, which the AI human does not speak. */

import { useEffect, useState } from 'react';
import type { PanelProps } from './playground.tsx';

export function TtsPanel({ live, attempt }: PanelProps) {
  const [text, setText] = useState('Good morning. This is the voice alone.');
  const [url, setUrl] = useState('');

  useEffect(() => () => URL.revokeObjectURL(url), [url]);

  const synthesize = async () => {
    const speech = await live.session?.processTTS(text);
    if (speech !== undefined) setUrl(URL.createObjectURL(speech));
  };

  return (
    <fieldset className="card" disabled={live.session === undefined}>
      <h2>Text to speech (TTS)</h2>
      <label>
        Text to synthesize <textarea value={text} onChange={({ target }) => setText(target.value)} />
      </label>
      <button type="button" onClick={() => attempt(synthesize)}>
        Synthesize
      </button>
      {/* biome-ignore lint/a11y/useMediaCaption: the text above it holds every word */}
      {url !== '' && <audio src={url} controls autoPlay />}
    </fieldset>
  );
}
