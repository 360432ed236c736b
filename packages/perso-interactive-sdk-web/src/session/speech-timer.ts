/** Tells when a run of utterances is over, from the length of each. */

import { SPEAKING_SLACK_FIRST_MS, SPEAKING_SLACK_NEXT_MS } from '../constants.ts';

/** Longest delay browsers accept. */
const MAX_DELAY_MS = 2_147_483_647;

export interface SpeechTimer {
  /** An utterance begins; it lasts `durationMs`. It adds to the time left of the run, if one is under way. */
  extend(durationMs: number): void;
  cancel(): void;
}

export function createSpeechTimer(onEnd: () => void): SpeechTimer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let endsAtMs = 0;
  const cancel = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    extend(durationMs) {
      const now = performance.now();
      const runMs =
        timer === undefined ? SPEAKING_SLACK_FIRST_MS : SPEAKING_SLACK_NEXT_MS + Math.max(0, endsAtMs - now);
      const delayMs = Math.min(runMs + durationMs, MAX_DELAY_MS);
      cancel();
      endsAtMs = now + delayMs;
      timer = setTimeout(() => {
        timer = undefined;
        onEnd();
      }, delayMs);
    },
    cancel,
  };
}
