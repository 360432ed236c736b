/** Text that the AI human says without asking the language model. */

import { attempt, find } from '../page.ts';
import type { SessionPanel } from '../panel.ts';

/** `onSay` gets what is said, for the log. */
export function createTtstfPanel(onSay: (text: string) => void): SessionPanel {
  const field = find('say-text', HTMLTextAreaElement);
  const button = find('say', HTMLButtonElement);

  return {
    connect(session) {
      button.onclick = () =>
        attempt(() => {
          const text = field.value.trim();
          if (text === '') return;
          onSay(text);
          session.processTTSTF(text);
        });
    },
  };
}
