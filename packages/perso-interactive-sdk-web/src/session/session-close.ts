/** What a page learns when its session has closed. */

import { pause } from '../abort.ts';
import { fetchSessionInfo, type SessionAddress } from '../api/rest.ts';
import type { ConnectionStatus, SessionCloseCause } from '../rtc/connection.ts';
import { textOr } from '../text-or.ts';

/** How and why a session has closed. */
export interface SessionClose {
  /** Whether the page closed it itself. */
  readonly manual: boolean;
  /** 200 when the page closed it, 408 otherwise. */
  readonly code: 200 | 408;
  readonly cause: SessionCloseCause;
  /**
   * Asks the server why it ended the session: for example `GRACEFUL_TERMINATION`, `SESSION_LOST_AFTER_CONNECTION` or
   * `MAX_MIN_PER_SESSION_QUOTA_EXCEEDED`. The server may learn of a loss a little later than the page, so this takes up
   * to about 3 s. Resolves with `null` when it is not known by then; never rejects.
   */
  terminationReason(): Promise<string | null>;
}

const REASON_PAUSES_MS: readonly number[] = [0, 200, 400, 800, 1_600];

export function createSessionClose({ code, cause }: ConnectionStatus, session: SessionAddress): SessionClose {
  let answer: Promise<string | null> | undefined;
  const ask = async (): Promise<string | null> => {
    for (const pauseMs of REASON_PAUSES_MS) {
      await pause(pauseMs);
      try {
        const reason = textOr((await fetchSessionInfo(session)).termination_reason, '');
        if (reason !== '') return reason;
      } catch {
        // The next attempt may reach the server.
      }
    }
    return null;
  };
  return {
    manual: code === 200,
    code,
    cause,
    terminationReason() {
      // All callbacks share one answer.
      answer ??= ask();
      return answer;
    },
  };
}
