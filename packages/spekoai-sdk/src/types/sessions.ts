/** What was said in a session, while it runs and after. */

import type { CallEvent } from './calls.ts';

/** One turn of a session. */
export interface SessionTranscriptEntry {
  id: string;
  /** Place in the conversation, from 0. */
  index: number;
  source: 'user' | 'agent' | 'system';
  text: string;
  /** ISO 8601. */
  startedAt: string;
  endedAt: string | null;
  provider: string | null;
  model: string | null;
  /** From the end of the user's speech until it was noticed, in milliseconds. */
  eouMs: number | null;
  /** Until the model's first token, in milliseconds. */
  llmTtftMs: number | null;
  /** Until the first audio, in milliseconds. */
  ttsTtfbMs: number | null;
  latencyStatus: 'partial' | 'complete' | 'interrupted' | 'error' | null;
  /** From the end of the user's speech until the answer was heard, in milliseconds. */
  conversationalLatencyMs: number | null;
  toolCalls: { name: string; args: unknown }[];
}

/** All turns of a session, in order. */
export interface SessionTranscript {
  entries: SessionTranscriptEntry[];
}

/** Options of `sessions.stream`. */
export interface SessionStreamOptions {
  /** Where to go on: `<turn index>:<milliseconds since 1970>`. Default: from the start. */
  cursor?: string | undefined;
  /** Ends the iteration, without an error. */
  signal?: AbortSignal | undefined;
}

/** What happens in a session under observation. `end` is the last. */
export type SessionStreamEvent =
  | { type: 'status'; status: string; endedAt: string | null }
  | { type: 'transcript'; turn: SessionTranscriptEntry }
  | { type: 'event'; event: CallEvent }
  | { type: 'end'; reason: 'session_ended' };
