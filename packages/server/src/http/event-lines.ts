/** Streams an answer event by event. A failure after the first byte is a last event, never a status. */
import { PartAnswer, partsOf } from './part-answer.ts';

/** The type that keeps proxies from holding lines back. */
export const PLAIN_LINES = { 'Content-Type': 'text/plain; charset=utf-8' };

/** Reads as fast as the client does. When the client goes away the events are told to stop. */
export function streamEvents<Event>(
  events: AsyncIterable<Event>,
  options: {
    /** Undefined for an event of which nothing is sent. */
    readonly encode: (event: Event) => string | undefined;
    /** What comes last: the reason that the client may read. */
    readonly encodeFailure: (error: unknown) => string;
    readonly onCancel: () => void;
    readonly headers: Readonly<Record<string, string>>;
    /** Leaves with the first event, which then waits for nothing else: for answers whose first event is output. */
    readonly head?: string | undefined;
  },
): PartAnswer {
  const { encode, encodeFailure, onCancel } = options;
  let { head = '' } = options;
  const withHead = (text: string): string => {
    const all = head + text;
    head = '';
    return all;
  };
  const parts = partsOf(events, {
    encode(event) {
      const text = encode(event);
      return text === undefined ? undefined : withHead(text);
    },
    onFailure: (error) => withHead(encodeFailure(error)),
    onCancel,
  });
  const headers = {
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
    ...options.headers,
  };
  return new PartAnswer(parts, headers, head === '' ? 'with what follows' : 'alone');
}
