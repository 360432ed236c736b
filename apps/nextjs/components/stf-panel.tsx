'use client';
/** A speech file that the AI human speaks. */

import { type DragEvent, useRef, useState } from 'react';
import { checkSpeechFile } from '../lib/speech-file.ts';
import type { PanelProps } from './playground.tsx';

export function StfPanel({ live, attempt }: PanelProps) {
  const [file, setFile] = useState<File>();
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const { session } = live;

  const remove = () => {
    setFile(undefined);
    if (input.current !== null) input.current.value = '';
  };

  const choose = (chosen: File | undefined) =>
    attempt(async () => {
      setFile(undefined);
      if (chosen === undefined) return;
      await checkSpeechFile(chosen);
      setFile(chosen);
    });

  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (session !== undefined) void choose(event.dataTransfer.files[0]);
  };

  const play = async () => {
    if (file !== undefined) await session?.processSTF(file);
  };

  return (
    <fieldset className="card" disabled={session === undefined}>
      <h2>Speech file to avatar (STF)</h2>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be one more frame */}
      <div
        className={over ? 'drop over' : 'drop'}
        role="group"
        aria-label="Drop zone"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <label>
          Speech file (.wav or .mp3)
          <input
            ref={input}
            type="file"
            accept=".wav,.mp3"
            onChange={({ target }) => choose(target.files?.[0])}
          />
        </label>
        <p className="hint">or drop one here</p>
      </div>
      <p className="result" role="status">
        {file === undefined ? '' : `${file.name}, ${Math.ceil(file.size / 1024)} KB`}
      </p>
      <div className="row">
        <button type="button" disabled={file === undefined} onClick={() => attempt(play)}>
          Play file
        </button>
        <button type="button" disabled={file === undefined} onClick={remove}>
          Remove
        </button>
      </div>
    </fieldset>
  );
}
