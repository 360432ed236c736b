/** The conversation as pages show it. */

import { createListeners } from '../listeners.ts';

/** One entry of the chat log. */
export interface Chat {
  /** What was said. */
  text: string;
  /** `true` for the user, `false` for the AI human. */
  isUser: boolean;
  /** When the entry was made. */
  timestamp: Date;
}

/** Keeps the entries, newest first. Entries are never removed. */
export interface ChatLog {
  add(text: string, isUser: boolean): void;
  /** The callback gets the whole log, as a new array, whenever an entry is added. */
  subscribe(callback: (log: Chat[]) => void): () => void;
}

export function createChatLog(): ChatLog {
  let entries: readonly Chat[] = [];
  const listeners = createListeners<readonly Chat[]>();
  return {
    add(text, isUser) {
      entries = [{ text, isUser, timestamp: new Date() }, ...entries];
      listeners.emit(entries);
    },
    subscribe: (callback) => listeners.add((log) => callback([...log])),
  };
}
