/** Streams an answer event by event. A failure after the first byte is a last event, never a status. */
import { PartAnswer } from './part-answer.ts';

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
  const iterator = events[Symbol.asyncIterator]();
  let isOver = false;
  return new PartAnswer(
    {
      async next() {
        if (isOver) return undefined;
        try {
          const { done, value } = await iterator.next();
          if (done !== true) return options.encode(value);
          isOver = true;
          return undefined;
        } catch (error) {
          // An abort is no failure.
          if (isOver) return undefined;
          isOver = true;
          return options.encodeFailure(error);
        }
      },
      async cancel() {
        isOver = true;
        options.onCancel();
        await iterator.return?.().catch(() => {});
      },
    },
    {
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      ...options.headers,
    },
  );
}
