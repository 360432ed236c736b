/** Streams an answer line by line, section 4. A failure after the first byte is a last line, never a status. */
import { CORS_HEADERS } from '../errors.ts';

/** Reads as fast as the client does. When the client goes away the events are told to stop. */
export function streamLines<Event>(
  events: AsyncIterable<Event>,
  options: {
    readonly encode: (event: Event) => string;
    /** The last line: the reason that the client may read. */
    readonly encodeFailure: (error: unknown) => string;
    readonly onCancel: () => void;
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
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    },
  });
}
