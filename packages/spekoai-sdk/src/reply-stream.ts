/**
 * The event streams of one-shot calls: any number of events, then `done` or `error`, then the end. `transcribe` and
 * `complete` differ only in the events between.
 */

import { SpekoApiError } from './errors.ts';
import { readEvents } from './event-stream.ts';
import type { StreamRequest, Transport } from './transport.ts';

/** What every reply can send, beside its own events. */
type ReplyEvent = { type: 'done' } | { type: 'error'; error: string; code: string } | { type: string };

/**
 * How long the end may take after the last event. It comes with it or right after, and then the connection can serve
 * the next call; a server that keeps it open costs no more than this.
 */
const END_LIMIT_MS = 100;

/** Sends `request` at the first `next()`, and yields the events of the reply; `error` is one of them. */
export async function* streamReply<T extends ReplyEvent>(
  transport: Transport,
  createRequest: () => StreamRequest,
): AsyncGenerator<T, void> {
  const { chunks, throwIfAborted, expectEnd } = await transport.openStream(createRequest());
  for await (const { name, data } of readEvents(chunks)) {
    throwIfAborted();
    const isLast = name === 'done' || name === 'error';
    if (isLast) expectEnd(END_LIMIT_MS);
    const fields = typeof data === 'object' && data !== null ? data : { data };
    try {
      // The contract says which fields an event of that name has; nothing is checked at run time.
      yield { ...fields, type: name } as unknown as T;
    } finally {
      // Also for a reader who leaves with the last event.
      if (isLast) await discard(chunks);
    }
    if (isLast) return;
  }
}

/**
 * Reads a reply to its end and returns `done`.
 *
 * @throws {SpekoApiError} when the reply reports an error, or ends without `done`: code `STREAM_ENDED`.
 */
export async function readReply<T extends ReplyEvent>(
  events: AsyncIterable<T>,
): Promise<Extract<T, { type: 'done' }>> {
  let last: ReplyEvent | undefined;
  for await (const event of events) last = event;
  if (last?.type === 'error') {
    // Events of that name have these fields, or the server is not one of the contract: then either may be missing.
    const { error = 'The gateway reported an error.', code = 'UNKNOWN' } = last as {
      error?: string;
      code?: string;
    };
    throw new SpekoApiError(error, 200, code);
  }
  if (last?.type !== 'done') {
    throw new SpekoApiError('The stream ended before the result.', 200, 'STREAM_ENDED');
  }
  // Its type is `done`.
  return last as Extract<T, { type: 'done' }>;
}

async function discard(chunks: AsyncIterator<unknown>): Promise<void> {
  try {
    while (!(await chunks.next()).done);
  } catch {
    // The reply is complete: how its connection ends is of no interest.
  }
}
