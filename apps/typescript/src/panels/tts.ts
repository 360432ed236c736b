/** Text to speech alone: a sound file, which the AI human does not speak. */

import { attempt, find } from '../page.ts';
import type { SessionPanel } from '../panel.ts';

export function createTtsPanel(): SessionPanel {
  const text = find('tts-text', HTMLTextAreaElement);
  const button = find('synthesize', HTMLButtonElement);
  const audio = find('tts-audio', HTMLAudioElement);

  return {
    connect(session) {
      button.onclick = () =>
        attempt(async () => {
          const speech = await session.processTTS(text.value);
          if (speech === undefined) return;
          URL.revokeObjectURL(audio.src);
          audio.src = URL.createObjectURL(speech);
          audio.hidden = false;
          await audio.play();
        });
    },
  };
}
