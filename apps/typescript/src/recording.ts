/** A button that records the microphone: pressed once it starts, pressed again it stops and transcribes. */

import type { Session } from 'perso-interactive-sdk-web/client';
import { attempt, find } from './page.ts';
import type { SessionPanel } from './panel.ts';

const MAX_RECORDING_MS = 30_000;

export interface RecordingOptions {
  readonly button: HTMLButtonElement;
  readonly startLabel: string;
  readonly stopLabel: string;
  /** Gets what was recognized; empty when nothing was said. */
  readonly onText: (text: string, session: Session) => unknown;
  readonly onStatus?: (status: 'idle' | 'recording' | 'transcribing') => void;
}

export function createRecordingPanel(options: RecordingOptions): SessionPanel {
  const { button, startLabel, stopLabel, onText, onStatus = () => {} } = options;
  const language = find('language', HTMLSelectElement);
  let timer = 0;
  let recording = false;
  let live: Session | undefined;

  const rest = (): void => {
    clearTimeout(timer);
    recording = false;
    button.textContent = startLabel;
    onStatus('idle');
  };

  const start = async (session: Session): Promise<void> => {
    await session.startProcessSTT(MAX_RECORDING_MS);
    recording = true;
    button.textContent = stopLabel;
    onStatus('recording');
    timer = window.setTimeout(() => attempt(() => finish(session)), MAX_RECORDING_MS);
  };

  const finish = async (session: Session): Promise<void> => {
    rest();
    button.disabled = true;
    onStatus('transcribing');
    let text: string;
    try {
      text = await session.stopProcessSTT(language.value);
    } finally {
      button.disabled = live === undefined;
      onStatus('idle');
    }
    await onText(text.trim(), session);
  };

  return {
    connect(session) {
      live = session;
      button.onclick = () => attempt(() => (recording ? finish(session) : start(session)));
    },
    disconnect() {
      live = undefined;
      rest();
    },
  };
}
