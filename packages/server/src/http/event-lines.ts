/** Streams an answer event by event. A failure after the first byte is a last event, never a status. */
import { CORS_HEADERS } from './errors.ts';

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
): Response {
  const iterator = events[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const result = await iterator.next();
        if (cancelled) return;
        if (result.done === true) controller.close();
        else controller.enqueue(encoder.encode(options.encode(result.value)));
      } catch (error) {
        if (cancelled) return;
        controller.enqueue(encoder.encode(options.encodeFailure(error)));
        controller.close();
      }
    },
    async cancel() {
      cancelled = true;
      options.onCancel();
      await iterator.return?.();
    },
  });
  return new Response(body, {
    headers: {
      ...CORS_HEADERS,
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      ...options.headers,
    },
  });
}
