/** Streams an answer as the lines of section 4.2.1. A failure after the first byte is a last line, never a status. */
import { encodeLlmEvent, type LlmEvent } from '@visavox/contract';
import { CORS_HEADERS } from '../errors.ts';

/**
 * Reads as fast as the client does. When the client goes away the events are told to stop.
 * `explain` gives the reason that the client may read.
 */
export function streamLlmEvents(
  events: AsyncIterable<LlmEvent>,
  options: { readonly explain: (error: unknown) => string; readonly onCancel: () => void },
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
        else controller.enqueue(encoder.encode(encodeLlmEvent(result.value)));
      } catch (error) {
        if (cancelled) return;
        controller.enqueue(encoder.encode(encodeLlmEvent({ type: 'fail', reason: options.explain(error) })));
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
