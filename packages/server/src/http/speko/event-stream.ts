/**
 * Server-sent events as section 3.3 demands: line feeds only, one line of data, no comments, exactly one terminal event.
 */
import { streamEvents } from '../event-lines.ts';
import type { PartAnswer } from '../part-answer.ts';

export type NamedEvent = readonly [name: string, data: object];

/**
 * Waits for the first event, so that a failure before it still has a status of its own, then streams the rest.
 * A failure later becomes the event of `onError`. The first leaves when it is there, or where another is known to be on its
 * way, with that.
 */
export async function respondWithEvents<Event extends NamedEvent>(
  events: AsyncGenerator<Event>,
  options: {
    readonly headersOf: (first: Event) => Readonly<Record<string, string>>;
    readonly first?: 'when it is there' | 'with the second';
    readonly onError: (error: unknown) => NamedEvent;
    readonly onCancel: () => void;
  },
): Promise<PartAnswer> {
  const first = await events.next();
  if (first.done === true) throw new Error('A stream of events must have at least one.');
  async function* all() {
    yield first.value as Event; // it is not done
    yield* events;
  }
  const isJoined = options.first === 'with the second';
  return streamEvents(isJoined ? events : all(), {
    head: isJoined ? encode(first.value) : undefined,
    encode,
    encodeFailure: (error) => encode(options.onError(error)),
    onCancel: options.onCancel,
    headers: { 'Content-Type': 'text/event-stream', ...options.headersOf(first.value) },
  });
}

function encode([name, data]: NamedEvent): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
