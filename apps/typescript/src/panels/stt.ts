/** Speech to text alone. */

import { find } from '../page.ts';
import type { SessionPanel } from '../panel.ts';
import { createRecordingPanel } from '../recording.ts';

const STATUS = {
  idle: 'Stops by itself after 30 s.',
  recording: 'Recording …',
  transcribing: 'Transcribing …',
} as const;

export function createSttPanel(): SessionPanel {
  const transcript = find('transcript', HTMLOutputElement);
  const status = find('stt-status', HTMLElement);

  return createRecordingPanel({
    button: find('record', HTMLButtonElement),
    startLabel: 'Start STT',
    stopLabel: 'Stop STT',
    onText(text) {
      transcript.textContent = text || 'Nothing was heard.';
    },
    onStatus(name) {
      status.textContent = STATUS[name];
    },
  });
}
