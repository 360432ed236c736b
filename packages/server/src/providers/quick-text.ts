/**
 * The text of answers, past the pipelines of the AI SDK's packages, which take a token through five streams and a schema.
 * Events of the chat interface that hold text and nothing else are read here; from the first other event on the rest of
 * the answer is the package's: reasoning, tool calls, ends, errors, and every other interface. An answer at once is read
 * here when it is nothing but text.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  LanguageModelV4,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider';
import { readTextEvent, readWholeText } from './chat-text.ts';

export interface QuickText {
  /** What the package is set up with. */
  readonly fetch: typeof fetch;
  /** A model of that package. Its answers have the same parts, cut differently where they are text. */
  wrap(model: LanguageModelV4): LanguageModelV4;
}

export function createQuickText(inner: typeof fetch): QuickText {
  /** Tells the request which call it belongs to. */
  const current = new AsyncLocalStorage<Answer | WholeAnswer>();
  return {
    fetch: async (input, init) => {
      const response = await inner(input, init);
      return current.getStore()?.takeOver(response) ?? response;
    },
    wrap: (model) => ({
      specificationVersion: 'v4',
      provider: model.provider,
      modelId: model.modelId,
      supportedUrls: model.supportedUrls,
      async doGenerate(options) {
        const answer = new WholeAnswer();
        const result = current.run(answer, async () => model.doGenerate(options));
        return Promise.race([result, answer.read]);
      },
      async doStream(options) {
        if (options.includeRawChunks === true) return model.doStream(options);
        const answer = new Answer();
        const result = current.run(answer, async () => model.doStream(options));
        // The reader is to be there before the text; some packages wait for an event of theirs before they give a stream.
        const known = await Promise.race([result, answer.taken]);
        return { ...known, stream: answer.join(result) ?? (await result).stream };
      },
    }),
  };
}

/** Far above what a model says at once; a longer answer is the package's. */
const MAX_WHOLE_BYTES = 4 * 1024 * 1024;

/** An answer at once: read here, or handed on to the package as it came. */
class WholeAnswer {
  /** Resolves when it was nothing but text; the package then gets none. */
  get read(): Promise<LanguageModelV4GenerateResult> {
    return this.#read.promise;
  }
  readonly #read = Promise.withResolvers<LanguageModelV4GenerateResult>();

  async takeOver(response: Response): Promise<Response> {
    const { body, status, headers } = response;
    if (status !== 200 || body === null) return response;
    const reader = body.getReader();
    const pieces: Uint8Array[] = [];
    let length = 0;
    while (length <= MAX_WHOLE_BYTES) {
      const { done, value } = await reader.read();
      if (done) {
        const bytes = Buffer.concat(pieces, length);
        const result = readWholeText(bytes.toString());
        if (result === undefined) return new Response(bytes, { status, headers });
        this.#read.resolve(result);
        return new Promise(() => {});
      }
      pieces.push(value);
      length += value.length;
    }
    const rest = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const piece = pieces.shift() ?? (await reader.read()).value;
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(rest, { status, headers });
  }
}

/** Parts, or pieces of the rest, that may wait for their reader. */
const WAITING = 16;
/** Bytes of an event that has not ended. */
const MAX_PENDING = 64 * 1024;
const CARRIAGE_RETURN = 0x0d;
const TEXT_ID = 'quick-text';

/** One answer on its two ways: text straight to the reader, the rest through the package. */
class Answer {
  /** Resolves when there is an answer and it was taken over. */
  get taken(): Promise<void> {
    return this.#taken.promise;
  }
  readonly #taken = Promise.withResolvers<void>();
  readonly #parts: ReadableStream<LanguageModelV4StreamPart>;
  #source: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #package: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | undefined;
  #rest: ReadableStreamDefaultController<Uint8Array> | undefined;
  #out: ReadableStreamDefaultController<LanguageModelV4StreamPart> | undefined;
  #pending: Buffer = Buffer.alloc(0);
  #isQuick = true;
  #isInText = false;
  #isOver = false;
  #wake: (() => void)[] = [];

  constructor() {
    this.#parts = new ReadableStream(
      {
        start: (controller) => {
          this.#out = controller;
        },
        pull: () => this.#goOn(),
        cancel: (reason) => this.#end(reason),
      },
      { highWaterMark: WAITING },
    );
  }

  /** The answer as the package is to see it: without its first events, where those are text. */
  takeOver(response: Response): Response {
    const { ok, body, status, headers } = response;
    if (!ok || body === null || this.#source !== undefined) return response;
    const source = body.getReader();
    this.#source = source;
    this.#taken.resolve();
    const rest = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#rest = controller;
        },
        pull: () => this.#goOn(),
        cancel: (reason) => this.#end(reason),
      },
      { highWaterMark: WAITING },
    );
    void this.#readSource(source);
    return new Response(rest, { status, headers });
  }

  /** Undefined when there was no answer to take over. `result`: what the package makes of the rest. */
  join(result: Promise<LanguageModelV4StreamResult>): ReadableStream<LanguageModelV4StreamPart> | undefined {
    if (this.#source === undefined) return undefined;
    void this.#readPackage(result);
    return this.#parts;
  }

  async #readSource(source: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      while (!this.#isOver) {
        await this.#room(this.#out, this.#rest);
        const { done, value } = await source.read();
        if (this.#isOver) return;
        const rest = done ? this.#pending : this.#isQuick ? this.#readEvents(value) : value;
        if (rest !== undefined) {
          if (this.#isQuick) await this.#leaveText();
          if (rest.length > 0) this.#rest?.enqueue(rest);
        }
        if (done) {
          this.#rest?.close();
          return;
        }
      }
    } catch (error) {
      if (!this.#isOver) this.#rest?.error(error);
    }
  }

  async #readPackage(result: Promise<LanguageModelV4StreamResult>): Promise<void> {
    try {
      const reader = (await result).stream.getReader();
      this.#package = reader;
      while (!this.#isOver) {
        const { done, value } = await reader.read();
        await this.#room(this.#out);
        if (this.#isOver) return;
        if (done) {
          this.#isOver = true;
          this.#out?.close();
          return;
        }
        this.#out?.enqueue(value);
      }
    } catch (error) {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#out?.error(error);
    }
  }

  /** Gives out the text of events that hold nothing else. Returns what begins with another one. */
  #readEvents(bytes: Uint8Array): Uint8Array | undefined {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const pending = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece]);
    let from = 0;
    // Other line ends are left to the package.
    let isQuick = !pending.includes(CARRIAGE_RETURN);
    while (isQuick) {
      const end = pending.indexOf('\n\n', from);
      if (end < 0) break;
      const text = readTextEvent(pending.toString('utf8', from, end));
      if (text === undefined) {
        isQuick = false;
        break;
      }
      from = end + 2;
      if (text === '') continue;
      if (!this.#isInText) this.#out?.enqueue({ type: 'text-start', id: TEXT_ID });
      this.#isInText = true;
      this.#out?.enqueue({ type: 'text-delta', id: TEXT_ID, delta: text });
    }
    this.#pending = pending.subarray(from);
    return !isQuick || this.#pending.length > MAX_PENDING ? this.#pending : undefined;
  }

  /** From now on it is all the package's. */
  async #leaveText(): Promise<void> {
    this.#isQuick = false;
    this.#pending = Buffer.alloc(0);
    if (!this.#isInText) return;
    this.#isInText = false;
    // The text that came in the same piece need not wait for what the package makes of the rest.
    await nextTurn();
    if (!this.#isOver) this.#out?.enqueue({ type: 'text-end', id: TEXT_ID });
  }

  /** Waits until all of them take more, or the reader has left. */
  async #room(...queues: readonly ({ readonly desiredSize: number | null } | undefined)[]): Promise<void> {
    while (!this.#isOver && queues.some((queue) => (queue?.desiredSize ?? 1) <= 0)) {
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
      });
    }
  }

  #goOn(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  async #end(reason: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#goOn();
    // A package that still waits for an event of its own gets none.
    if (this.#package === undefined) this.#rest?.error(new Error('The reader has left.', { cause: reason }));
    await Promise.allSettled([this.#source?.cancel(reason), this.#package?.cancel(reason)]);
  }
}
