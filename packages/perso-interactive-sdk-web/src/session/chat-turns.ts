/** Conversation with speech: each piece of an answer is spoken as it comes, and logged when its text is complete. */

import type { ChatTool } from '../chat-tool.ts';
import { LLMError, LLMStreamingResponseError, toError } from '../errors.ts';
import { type RequestLlm, runTurn } from '../llm/turn.ts';

export interface ChatTurns {
  /** Runs a turn; resolves when it is over, and never rejects. */
  run(message: string): Promise<void>;
  /** Adds something the AI human says without being asked. */
  addAssistantText(text: string): void;
  /** Aborts what is under way, and resolves when all of it has ended. */
  cancel(): Promise<void>;
}

export interface ChatTurnsOptions {
  readonly tools: () => ReadonlyArray<ChatTool>;
  readonly requestLlm: RequestLlm;
  readonly speak: (text: string) => void;
  readonly log: (text: string) => void;
  readonly onStart: () => void;
  readonly onEnd: () => void;
  readonly onError: (error: LLMError) => void;
}

export function createChatTurns(options: ChatTurnsOptions): ChatTurns {
  const history: object[] = [];
  const running = new Map<AbortController, Promise<void>>();

  const runGuarded = async (message: string, signal: AbortSignal): Promise<void> => {
    let partial = '';
    options.onStart();
    try {
      const turn = runTurn({
        message,
        history,
        tools: options.tools(),
        requestLlm: options.requestLlm,
        signal,
        describeToolFailure: () => ({ result: 'error!' }),
      });
      for await (const event of turn) {
        if (event.type === 'piece') {
          partial += event.text;
          options.speak(event.text);
        } else if (event.type === 'text') {
          partial = '';
          options.log(event.text);
        } else if (event.type === 'complete') {
          history.push(...event.entries);
        }
      }
    } catch (error) {
      options.onError(toLlmError(error));
    } finally {
      // What was spoken before an abort or a failure stays visible.
      if (partial !== '') options.log(partial);
      options.onEnd();
    }
  };

  return {
    run(message) {
      const controller = new AbortController();
      const turn = runGuarded(message, controller.signal).finally(() => running.delete(controller));
      running.set(controller, turn);
      return turn;
    },
    addAssistantText(text) {
      history.push({ role: 'assistant', type: 'message', content: text });
    },
    async cancel() {
      for (const controller of running.keys()) controller.abort();
      await Promise.all(running.values());
    },
  };
}

function toLlmError(error: unknown): LLMError {
  if (error instanceof LLMError) return error;
  return new LLMError(new LLMStreamingResponseError(toError(error).message, { cause: error }));
}
