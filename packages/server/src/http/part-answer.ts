/**
 * Answers whose body comes in parts that must not wait. On a socket they are written straight to it: each web stream and
 * each adapter between would take turns that every part waits for.
 */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { COMMON_HEADERS } from './common-headers.ts';

export interface Parts {
  /** The next part; undefined after the last one. A rejection breaks the answer off, so that nobody takes it for whole. */
  next(): Promise<string | Uint8Array | undefined>;
  /** The reader left before the end: at most once. Settles when all is released. */
  cancel(): Promise<void>;
}

/** The parts that items become. */
export function partsOf<Item>(
  items: AsyncIterable<Item>,
  options: {
    /** Undefined for an item of which nothing is sent. */
    readonly encode: (item: Item) => string | Uint8Array | undefined;
    /** The last part after a failure, or an error that breaks the answer off. */
    readonly onFailure: (error: unknown) => string | Uint8Array;
    readonly onCancel: () => void;
  },
): Parts {
  const iterator = items[Symbol.asyncIterator]();
  let isOver = false;
  return {
    async next() {
      try {
        while (!isOver) {
          const { done, value } = await iterator.next();
          if (done === true) isOver = true;
          else {
            const part = options.encode(value);
            if (part !== undefined) return part;
          }
        }
        return undefined;
      } catch (error) {
        // An abort is no failure.
        if (isOver) return undefined;
        isOver = true;
        return options.onFailure(error);
      }
    },
    async cancel() {
      isOver = true;
      options.onCancel();
      await iterator.return?.().catch(() => {});
    },
  };
}

/** Parts that come so close together may share a packet. */
const TOGETHER_MS = 2;

/**
 * Whether the first part leaves at once, being all there is for now, or at the end of its turn, with what follows it then.
 */
export type FirstPart = 'alone' | 'with what follows';

/** Status 200. Goes out once, by one of its two ways, and as fast as the client reads. */
export class PartAnswer {
  readonly #parts: Parts;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #first: FirstPart;

  constructor(
    parts: Parts,
    headers: Readonly<Record<string, string>>,
    first: FirstPart = 'with what follows',
  ) {
    this.#parts = parts;
    this.#headers = headers;
    this.#first = first;
  }

  toResponse(): Response {
    const parts = this.#parts;
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const part = await parts.next();
          if (part === undefined) controller.close();
          else controller.enqueue(typeof part === 'string' ? encoder.encode(part) : part);
        },
        cancel: () => parts.cancel(),
      },
      // Nothing is asked for until somebody reads.
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { ...COMMON_HEADERS, ...this.#headers } });
  }

  /** Begins at once, and gives what tells the adapter that nothing is left to do. */
  writeTo(outgoing: ServerResponse): Response {
    void this.#write(outgoing);
    return RESPONSE_ALREADY_SENT;
  }

  /** Never rejects. */
  async #write(outgoing: ServerResponse): Promise<void> {
    const parts = this.#parts;
    let isOver = false;
    let goOn = (): void => {};
    const onClose = (): void => {
      goOn();
      if (isOver) return;
      isOver = true;
      void parts.cancel();
    };
    if (outgoing.destroyed) {
      onClose();
      return;
    }
    outgoing.on('close', onClose);
    outgoing.writeHead(200, { ...COMMON_HEADERS, ...this.#headers });
    // They go with the first part when that is there already.
    const late = setImmediate(() => outgoing.flushHeaders());
    let lastMs = this.#first === 'alone' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    try {
      for (let part = await parts.next(); part !== undefined && !isOver; part = await parts.next()) {
        clearImmediate(late);
        const nowMs = performance.now();
        const hasRoom = nowMs - lastMs > TOGETHER_MS ? writeNow(outgoing, part) : outgoing.write(part);
        lastMs = nowMs;
        if (hasRoom || isOver) continue;
        await new Promise<void>((resolve) => {
          goOn = resolve;
          outgoing.once('drain', resolve);
        });
      }
      if (isOver) return;
      isOver = true;
      outgoing.end();
    } catch {
      if (isOver) return;
      isOver = true;
      // After what is written, and without the mark of an end.
      outgoing.socket?.destroySoon();
    } finally {
      clearImmediate(late);
    }
  }
}

/** Without the wait for the end of the turn, which collects what else is written in it. */
function writeNow(outgoing: ServerResponse, part: string | Uint8Array): boolean {
  const { socket } = outgoing;
  socket?.cork();
  const hasRoom = outgoing.write(part);
  socket?.uncork();
  return hasRoom;
}
