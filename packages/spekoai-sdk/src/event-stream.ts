/** Server-sent events out of bytes that arrive in pieces of any size. */

import { SpekoApiError } from './errors.ts';

export interface ServerSentEvent {
  /** `message` when the block names none. */
  readonly name: string;
  /** Parsed JSON, or the text when it is none. */
  readonly data: unknown;
}

/** Longest block, in UTF-16 code units, before the stream counts as broken: 16 Mi. */
export const MAX_BLOCK_LENGTH: number = 16 * 1024 * 1024;

export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent, void> {
  const splitter = createEventSplitter();
  for await (const bytes of chunks) yield* splitter.push(bytes);
  yield* splitter.end();
}

interface EventSplitter {
  /** The events that `bytes` complete. */
  push(bytes: Uint8Array): ServerSentEvent[];
  /** The event that the end of the stream completes, if any. */
  end(): ServerSentEvent[];
}

function createEventSplitter(): EventSplitter {
  const decoder = new TextDecoder();
  let lineParts: string[] = [];
  let block: string[] = [];
  let length = 0;

  function takeLine(part: string, events: ServerSentEvent[]): void {
    const line = [...lineParts, part].join('').replace(/\r$/, '');
    lineParts = [];
    if (line !== '') {
      block.push(line);
      return;
    }
    const event = parseBlock(block);
    if (event !== undefined) events.push(event);
    block = [];
    length = 0;
  }

  function take(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const parts = text.split('\n');
    const tail = parts.pop() ?? '';
    for (const part of parts) {
      length += part.length + 1;
      takeLine(part, events);
    }
    length += tail.length;
    if (tail !== '') lineParts.push(tail);
    if (length > MAX_BLOCK_LENGTH) {
      throw new SpekoApiError('The stream sent an event without end.', 200, 'INVALID_RESPONSE');
    }
    return events;
  }

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    // Two line ends close the last line and its block.
    end: () => take(`${decoder.decode()}\n\n`),
  };
}

/** @returns `undefined` for a block without event, such as a comment that only keeps the connection alive. */
function parseBlock(lines: readonly string[]): ServerSentEvent | undefined {
  let name: string | undefined;
  const data: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value.trim();
    else if (field === 'data') data.push(value);
  }
  if (name === undefined && data.length === 0) return undefined;
  return { name: name || 'message', data: parseData(data.join('\n')) };
}

function parseData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
