/** Streams an answer event by event. A failure after the first byte is a last event, never a status. */
import { PartAnswer, partsOf } from './part-answer.ts';

/** The type that keeps proxies from holding lines back. */
export const PLAIN_LINES = { 'Content-Type': 'text/plain; charset=utf-8' };

/** Reads as fast as the client does. When the client goes away the events are told to stop. */
export function streamEvents<Event>(
  events: AsyncIterable<Event>,
  options: {
    readonly encode: (event: Event) => string;
    /** What comes last: the reason that the client may read. */
    readonly encodeFailure: (error: unknown) => string;
    readonly onCancel: () => void;
    readonly headers: Readonly<Record<string, string>>;
  },
): PartAnswer {
  const { encode, encodeFailure: onFailure, onCancel, headers } = options;
  return new PartAnswer(partsOf(events, { encode, onFailure, onCancel }), {
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
    ...headers,
  });
}
