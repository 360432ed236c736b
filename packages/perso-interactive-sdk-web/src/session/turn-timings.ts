/** How long the steps of a chat turn take, told to pages that measure it. */

import { createListeners } from '../listeners.ts';

/** The times of one turn of `processChat`, in milliseconds since the call; absent until they are known. */
export interface TurnTimings {
  /** Number of the turn, from 1. */
  readonly turn: number;
  /** The first bytes of the answer had come. */
  readonly firstLineMs?: number;
  /** The first words of the answer had come. */
  readonly firstTextMs?: number;
  /** The AI human had begun to speak the answer. */
  readonly spokenMs?: number;
  /** The answer had come to its end, or was given up. */
  readonly finishedMs?: number;
  /** How it ended: `cancelled` by the page, `failed` with an error. */
  readonly outcome?: 'completed' | 'cancelled' | 'failed';
}

/** Notes the steps of one turn; of a step that comes again, the first counts. */
export interface TurnWatch {
  read(): void;
  text(): void;
  /** Speech was ordered just now. */
  ordered(): void;
  end(outcome: 'completed' | 'cancelled' | 'failed'): void;
}

export interface TurnTimingsRecorder {
  begin(): TurnWatch;
  /** Speech was ordered, by a turn or by the page. The server announces each once, in order. */
  ordered(): void;
  heard(): void;
  /** Nothing more will be heard of what was ordered. */
  forget(): void;
  /** Calls back with the times of a turn whenever one more is known. */
  subscribe(callback: (timings: TurnTimings) => void): () => void;
}

/** Turns that wait to be heard; an older one is given up, since its speech was never announced. */
const MAX_WAITING_TURNS = 100;

export function createTurnTimings(): TurnTimingsRecorder {
  const listeners = createListeners<TurnTimings>();
  /** Turns that wait to be heard, by the number of their first utterance. */
  const waiting = new Map<number, () => void>();
  let turns = 0;
  let orderedCount = 0;
  let heardCount = 0;

  return {
    begin() {
      const startMs = performance.now();
      let timings: TurnTimings = { turn: ++turns };
      let speaks = false;
      const note = (
        key: 'firstLineMs' | 'firstTextMs' | 'spokenMs' | 'finishedMs',
        more: object = {},
      ): void => {
        if (timings[key] !== undefined) return;
        timings = { ...timings, [key]: performance.now() - startMs, ...more };
        listeners.emit(timings);
      };
      return {
        read: () => note('firstLineMs'),
        text: () => note('firstTextMs'),
        ordered() {
          if (speaks) return;
          speaks = true;
          waiting.set(orderedCount, () => note('spokenMs'));
          const [oldest] = waiting.keys();
          if (waiting.size > MAX_WAITING_TURNS && oldest !== undefined) waiting.delete(oldest);
        },
        end: (outcome) => note('finishedMs', { outcome }),
      };
    },
    ordered() {
      orderedCount++;
    },
    heard() {
      heardCount++;
      waiting.get(heardCount)?.();
      waiting.delete(heardCount);
    },
    forget() {
      heardCount = orderedCount;
      waiting.clear();
    },
    subscribe: (callback) => listeners.add(callback),
  };
}
