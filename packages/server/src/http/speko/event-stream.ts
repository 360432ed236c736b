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
  const { headersOf, onError, onCancel } = options;
  const first = await events.next();
  if (first.done === true) throw new Error('A stream of events must have at least one.');
  const headers = { 'Content-Type': 'text/event-stream', ...headersOf(first.value) };
  if (options.first === 'with the second') {
    let held = encode(first.value);
    const encodeNext = (event: NamedEvent): string => {
      const all = held + encode(event);
      held = '';
      return all;
    };
    return streamEvents(events, {
      encode: encodeNext,
      encodeFailure: (error) => encodeNext(onError(error)),
      onCancel,
      headers,
      first: 'alone',
    });
  }
  async function* all() {
    yield first.value as Event; // it is not done
    yield* events;
  }
  return streamEvents(all(), {
    encode,
    encodeFailure: (error) => encode(onError(error)),
    onCancel,
    headers,
  });
}

function encode([name, data]: NamedEvent): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
