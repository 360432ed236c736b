/** What was said in a session: read at its end, or observed while it runs. */

import { SpekoApiError } from '../errors.ts';
import { readEvents } from '../event-stream.ts';
import { pause } from '../pause.ts';
import { path, type Transport } from '../transport.ts';
import type { CallEvent } from '../types/calls.ts';
import type {
  SessionStreamEvent,
  SessionStreamOptions,
  SessionTranscript,
  SessionTranscriptEntry,
} from '../types/sessions.ts';

export interface Sessions {
  /** Reads all turns so far. */
  transcript(id: string, signal?: AbortSignal): Promise<SessionTranscript>;
  /**
   * Observes a session from its start, or from a cursor, to its end. Connects anew whenever the connection breaks.
   *
   * @throws {SpekoApiError} at once when the server refuses, and with code `STREAM_DISCONNECTED` after ten connections
   * in a row that brought nothing.
   */
  stream(id: string, options?: SessionStreamOptions): AsyncIterableIterator<SessionStreamEvent>;
}

export function createSessions(transport: Transport): Sessions {
  return {
    transcript: (id, signal) => transport.fetchJson('GET', path`/v1/sessions/${id}/transcript`, { signal }),
    stream: (id, options) => observe(transport, id, options),
  };
}

/** Servers end a response of their own accord long before. */
const CONNECTION_TIMEOUT_MS = 15 * 60_000;
const MAX_FAILURES = 10;

async function* observe(
  transport: Transport,
  sessionId: string,
  { cursor, signal }: SessionStreamOptions = {},
): AsyncGenerator<SessionStreamEvent, void> {
  const position = createPosition(cursor);
  let failures = 0;
  while (!signal?.aborted) {
    failures += 1;
    try {
      const { chunks } = await transport.openStream({
        method: 'GET',
        path: path`/v1/sessions/${sessionId}/stream`,
        query: { cursor: position.cursor() },
        headers: { Accept: 'text/event-stream' },
        timeoutMs: CONNECTION_TIMEOUT_MS,
        signal,
      });
      for await (const frame of readEvents(chunks)) {
        if (signal?.aborted) return;
        const event = toSessionEvent(frame.name, frame.data);
        if (event === undefined) continue;
        failures = 0;
        if (event.type === 'end' && event.reason !== 'session_ended') break;
        if (position.advance(event)) yield event;
        if (event.type === 'end') return;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (isRefusal(error)) throw error;
    }
    if (failures >= MAX_FAILURES) {
      const message = `The session stream brought nothing in ${MAX_FAILURES} connections.`;
      throw new SpekoApiError(message, 0, 'STREAM_DISCONNECTED');
    }
    await pause(Math.min(500 * Math.max(failures, 1), 5000), signal);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof SpekoApiError && error.status >= 400 && error.status < 500;
}

/** @returns `undefined` for a frame that says nothing about the session. */
function toSessionEvent(name: string, data: unknown): SessionStreamEvent | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  // The contract says what frames of these names hold; nothing is checked at run time.
  switch (name) {
    case 'status': {
      const { status, endedAt = null } = data as { status: string; endedAt?: string | null };
      return { type: 'status', status, endedAt };
    }
    case 'transcript':
      return { type: 'transcript', turn: data as SessionTranscriptEntry };
    case 'event':
      return { type: 'event', event: data as CallEvent };
    case 'end':
      return { type: 'end', reason: (data as { reason: 'session_ended' }).reason };
    default:
      return undefined;
  }
}

/** How far an observation is. */
interface Position {
  cursor(): string;
  /** @returns whether the event is new. */
  advance(event: SessionStreamEvent): boolean;
}

/** Servers repeat the last events after a reconnect, those of 2 seconds; this is how long ids are remembered. */
const REPLAY_WINDOW_MS = 10_000;

function createPosition(start = ''): Position {
  const [, turn = '-1', event = '0'] = /^(-?\d+):(\d+)$/.exec(start) ?? [];
  let turnIndex = Number(turn);
  let eventMs = Number(event);
  const seenIds = new Map<string, number>();

  function isNew({ id, created_at }: CallEvent): boolean {
    const createdMs = Date.parse(created_at);
    if (seenIds.has(id)) return false;
    if (createdMs > eventMs) eventMs = createdMs;
    if (id !== undefined) seenIds.set(id, Number.isNaN(createdMs) ? eventMs : createdMs);
    for (const [seenId, seenMs] of seenIds) {
      if (seenMs < eventMs - REPLAY_WINDOW_MS) seenIds.delete(seenId);
    }
    return true;
  }

  return {
    cursor: () => `${turnIndex}:${eventMs}`,
    advance(event) {
      if (event.type === 'event') return isNew(event.event);
      if (event.type === 'transcript' && event.turn.index > turnIndex) turnIndex = event.turn.index;
      return true;
    },
  };
}
