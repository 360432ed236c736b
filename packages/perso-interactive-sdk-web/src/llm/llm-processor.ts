/** Streaming conversations with the LLM, without speech and chat log. */

import { linkAbort } from '../abort.ts';
import type { FetchFunction } from '../api/http.ts';
import type { ChatTool } from '../chat-tool.ts';
import { removeEmoji } from '../emoji.ts';
import { LLMError, toError } from '../errors.ts';
import { callGuarded } from '../listeners.ts';
import { ChatState } from '../session/chat-state.ts';
import { runTurn } from './turn.ts';

/** Options of `processLLM`. */
export interface ProcessLLMOptions {
  /** What the user says. Must not be empty; white space is allowed. */
  message: string;
  /** Client tools of this turn. Default: those of the session or processor. */
  tools?: Array<ChatTool> | undefined;
  /** Ends the turn when it fires. What was said so far is not added to the history. */
  signal?: AbortSignal | undefined;
}

/** A function call the LLM asks for, as the server sent it. */
export interface LLMToolCall {
  id: string;
  type: string;
  /** Name of the tool, and its argument object as JSON text. */
  function: { name: string; arguments: string };
}

/**
 * What `processLLM` yields.
 *
 * - `message`: the answer so far, in pieces and as a whole; `finish` is `true` on the last chunk of the turn.
 * - `tool_call`: the LLM asks for tools; client tools are run for you.
 * - `tool_result`: what a client tool returned.
 * - `error`: the turn failed; `error` is an `LLMError`, and no further chunk follows.
 */
export type LLMStreamChunk =
  | { type: 'message'; chunks: string[]; message: string; finish: boolean }
  | { type: 'tool_call'; tool_calls: Array<LLMToolCall> }
  | { type: 'tool_result'; tool_call_id: string; result: object }
  | { type: 'error'; error: Error };

/** What a processor tells its surroundings. */
export interface LlmProcessorCallbacks {
  /** A chat state begins or ends: `LLM` at both ends of a turn. */
  onChatStateChange: (add: ChatState | null, remove: ChatState | null) => void;
  /** A turn failed; the same error is yielded as a chunk. */
  onError: (error: Error) => void;
  /** Reserved for chat log entries; a processor makes none by itself. */
  onChatLog: (message: string, isUser: boolean) => void;
  /** Reserved for speech; a processor speaks nothing by itself. */
  onTTSTF: (message: string) => void;
}

/** What a processor needs. */
export interface LlmProcessorConfig {
  /** Base URL of the API server, used as given: no trailing slash. */
  apiServer: string;
  /** A session with the capability `LLM`. */
  sessionId: string;
  /** Client tools the LLM may call in every turn. */
  clientTools: Array<ChatTool>;
  callbacks: LlmProcessorCallbacks;
}

/**
 * Talks to the LLM of a session: streams answers, runs client tools with up to 10 requests a turn, and keeps the
 * history. For use without a `Session`.
 *
 * @example
 * ```ts source="./llm-processor.examples.ts#processor"
 * const processor = new LlmProcessor({
 *   apiServer: 'https://visavox.example.com',
 *   sessionId,
 *   clientTools: [weatherTool],
 *   callbacks: {
 *     onChatStateChange: (add, remove) => console.log('begins:', add, 'ends:', remove),
 *     onError: (error) => console.error(error),
 *     onChatLog: () => {},
 *     onTTSTF: () => {},
 *   },
 * });
 * ```
 */
export class LlmProcessor {
  private readonly config: LlmProcessorConfig;
  private readonly fetchFunction: FetchFunction | undefined;
  private readonly history: object[];

  /** `internals` is not part of the public interface. */
  constructor(config: LlmProcessorConfig, internals?: { readonly fetch?: FetchFunction | undefined }) {
    this.config = config;
    this.fetchFunction = internals?.fetch;
    this.history = [];
  }

  /**
   * Sends a message with the history and streams the answer. The history grows only when the turn succeeds: leaving
   * the loop early, an abort and an error leave it as it was.
   *
   * The last chunk is `message` with `finish: true`, or `error`. An aborted turn ends with a `finish: true` chunk of
   * the text so far, or without one if there is none yet.
   *
   * @throws {Error} "Message cannot be empty", on the first `next()`.
   * @throws the original error when the network fails.
   *
   * @example
   * ```ts source="./llm-processor.examples.ts#process-llm"
   * for await (const chunk of processor.processLLM({ message: 'Hello!' })) {
   *   if (chunk.type === 'message' && chunk.finish) console.log('Answer:', chunk.message);
   *   if (chunk.type === 'error') console.error(chunk.error);
   * }
   * ```
   */
  processLLM(options: ProcessLLMOptions): AsyncGenerator<LLMStreamChunk> {
    const controller = new AbortController();
    const chunks = this.run(options, controller);
    const finish = chunks.return.bind(chunks);
    // A generator that waits for the network would take note of return() only after the next chunk.
    chunks.return = (value) => {
      controller.abort();
      return finish(value);
    };
    return chunks;
  }

  /** The history of this processor, oldest entry first; it grows as turns succeed. */
  getHistory(): ReadonlyArray<object> {
    return this.history;
  }

  /** Appends an entry to the history, for example `{ role: 'assistant', content: 'Hello!' }`. */
  addToHistory(entry: object): void {
    this.history.push(entry);
  }

  private async *run(
    { message, tools, signal }: ProcessLLMOptions,
    controller: AbortController,
  ): AsyncGenerator<LLMStreamChunk> {
    if (message.length === 0) throw new Error('Message cannot be empty');
    const { clientTools, callbacks } = this.config;
    const unlink = linkAbort(signal, controller);
    const pieces: string[] = [];
    let reported = 0;
    const soFar = (finish: boolean): LLMStreamChunk => {
      reported = pieces.length;
      return { type: 'message', chunks: [...pieces], message: pieces.join(''), finish };
    };
    callGuarded(() => callbacks.onChatStateChange(ChatState.LLM, null));
    try {
      const turn = runTurn({
        session: { ...this.config, fetch: this.fetchFunction },
        message,
        history: this.history,
        tools: tools ?? clientTools,
        signal: controller.signal,
        clean: removeEmoji,
        describeToolFailure: (error) => ({ error: toError(error).message }),
      });
      for await (const event of turn) {
        if (event.type === 'piece') {
          pieces.push(event.text);
        } else if (event.type === 'complete') {
          this.history.push(...event.entries);
          yield soFar(true);
          return;
        } else if (event.type !== 'text') {
          if (pieces.length > reported) yield soFar(false);
          // Requests are as the server sent them, which is as agreed.
          if (event.type !== 'read-end') yield event as LLMStreamChunk;
        }
      }
      // Aborted.
      if (pieces.length > 0) yield soFar(true);
    } catch (error) {
      if (!(error instanceof LLMError)) throw error;
      callGuarded(() => callbacks.onError(error));
      yield { type: 'error', error };
    } finally {
      controller.abort();
      unlink();
      callGuarded(() => callbacks.onChatStateChange(null, ChatState.LLM));
    }
  }
}
