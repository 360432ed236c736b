/** Chat by text and by voice, with its log. */

import type { Session } from 'perso-interactive-sdk-web/client';
import { answer } from '../answer.ts';
import { attempt, find } from '../page.ts';
import type { SessionPanel } from '../panel.ts';
import { createRecordingPanel } from '../recording.ts';

export interface ChatPanel extends SessionPanel {
  addLine(kind: 'user' | 'avatar' | 'tool', text: string): HTMLElement;
  /** Ends the turns that are under way. */
  stop(): void;
}

export function createChatPanel(): ChatPanel {
  const log = find('log', HTMLElement);
  const form = find('chat', HTMLFormElement);
  const input = find('message', HTMLInputElement);
  let turns = new AbortController();

  const addLine: ChatPanel['addLine'] = (kind, text) => {
    const line = document.createElement('p');
    line.className = kind;
    line.textContent = text;
    log.append(line);
    log.scrollTop = log.scrollHeight;
    return line;
  };

  const chat = async (session: Session, message: string): Promise<void> => {
    addLine('user', message);
    let line: HTMLElement | undefined;
    await answer(session, message, {
      signal: turns.signal,
      onText(text) {
        line ??= addLine('avatar', '');
        line.textContent = text;
        log.scrollTop = log.scrollHeight;
      },
      onTool(text) {
        addLine('tool', text);
        line = undefined;
      },
    });
  };

  const voice = createRecordingPanel({
    button: find('voice-chat', HTMLButtonElement),
    startLabel: 'Voice chat',
    stopLabel: 'Send recording',
    onText(text, session) {
      if (text === '') throw new Error('Nothing was heard. Speak after pressing “Voice chat”.');
      return chat(session, text);
    },
  });

  return {
    addLine,
    stop() {
      turns.abort();
      turns = new AbortController();
    },
    connect(session) {
      log.replaceChildren();
      voice.connect(session);
      form.onsubmit = (event) => {
        event.preventDefault();
        const message = input.value.trim();
        if (message === '') return;
        input.value = '';
        void attempt(() => chat(session, message));
      };
      input.focus({ preventScroll: true });
    },
    disconnect() {
      turns.abort();
      turns = new AbortController();
      voice.disconnect?.();
    },
  };
}
