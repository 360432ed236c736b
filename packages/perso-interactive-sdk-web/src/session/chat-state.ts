/** What the AI human is busy with, as pages show it. */

import { createListeners } from '../listeners.ts';

/**
 * Names of the processes that can be under way; several at a time.
 *
 * - `RECORDING`: the user is speaking.
 * - `LLM`: an answer is being generated.
 * - `ANALYZING`: text or audio is being prepared for the AI human to speak.
 * - `SPEAKING`: the AI human is speaking.
 * - `TTS`: `processTTS` is producing audio.
 */
export const ChatState = {
  RECORDING: 'RECORDING',
  LLM: 'LLM',
  ANALYZING: 'ANALYZING',
  SPEAKING: 'SPEAKING',
  TTS: 'TTS',
} as const;

/** One of the values of {@link ChatState}. */
export type ChatState = (typeof ChatState)[keyof typeof ChatState];

/** Keeps the active states. `ANALYZING` counts, since utterances are prepared side by side; the others are on or off. */
export interface ChatStates {
  has(state: ChatState): boolean;
  /** Adds and removes in one step, and notifies once if the set of active states changed. */
  update(add: ChatState | null, remove: ChatState | null): void;
  /** Clears the given states, however often they were added. Without arguments clears all and always notifies. */
  reset(...states: ChatState[]): void;
  subscribe(callback: (states: Set<ChatState>) => void): () => void;
}

export function createChatStates(): ChatStates {
  const counts = new Map<ChatState, number>();
  const listeners = createListeners<ChatState[]>();
  const emit = (): void => listeners.emit([...counts.keys()]);
  const active = (): string => [...counts.keys()].join();

  return {
    has: (state) => counts.has(state),
    update(add, remove) {
      const before = active();
      if (add !== null) counts.set(add, add === ChatState.ANALYZING ? (counts.get(add) ?? 0) + 1 : 1);
      if (remove !== null) {
        const left = (counts.get(remove) ?? 0) - 1;
        if (left > 0) counts.set(remove, left);
        else counts.delete(remove);
      }
      if (before !== active()) emit();
    },
    reset(...states) {
      const before = counts.size;
      if (states.length === 0) counts.clear();
      for (const state of states) counts.delete(state);
      if (states.length === 0 || counts.size !== before) emit();
    },
    // A Set of its own for each subscriber: one that changes its Set disturbs nobody.
    subscribe: (callback) => listeners.add((states) => callback(new Set(states))),
  };
}
