/** The AI human: picture and sound, what is going on, and stopping speech. */

import { ChatState } from 'perso-interactive-sdk-web/client';
import { attempt, find } from '../page.ts';
import type { SessionPanel } from '../panel.ts';

const STATE_NAMES: readonly (readonly [ChatState, string])[] = [
  [ChatState.RECORDING, 'Recording'],
  [ChatState.SPEAKING, 'AI Speaking'],
  [ChatState.LLM, 'LLM'],
  [ChatState.TTS, 'TTS'],
  [ChatState.ANALYZING, 'Analyzing'],
];

/** `onStop` is called before speech is stopped. */
export function createAvatarPanel(onStop: () => void): SessionPanel {
  const video = find('video', HTMLVideoElement);
  const state = find('state', HTMLElement);
  const stop = find('stop-speech', HTMLButtonElement);

  return {
    connect(session) {
      session.setSrc(video);
      video.hidden = false;
      state.textContent = 'Available';
      session.subscribeChatStates((states) => {
        const names = STATE_NAMES.filter(([name]) => states.has(name)).map(([, label]) => label);
        state.textContent = names.join(', ') || 'Available';
        stop.disabled = !states.has(ChatState.SPEAKING);
      });
      stop.onclick = () =>
        attempt(() => {
          onStop();
          return session.clearBuffer();
        });
    },
    disconnect() {
      video.hidden = true;
      stop.disabled = true;
      state.textContent = 'Not connected';
    },
  };
}
