/** Conversation with speech: each piece of an answer is spoken as it comes, and logged when its text is complete. */

import { linkAbort, type SignalOptions } from '../abort.ts';
import type { SessionAddress } from '../api/rest.ts';
import type { ChatTool } from '../chat-tool.ts';
import { LLMError, LLMStreamingResponseError, toError } from '../errors.ts';
import type { Listeners } from '../listeners.ts';
import { runTurn } from '../llm/turn.ts';
import type { ChatLog } from './chat-log.ts';
import { ChatState, type ChatStates } from './chat-state.ts';
import type { TurnWatch } from './turn-timings.ts';

export interface ChatTurns {
  /** Runs a turn; resolves when it is over, and never rejects. An abort ends it quietly. */
  run(message: string, options: SignalOptions): Promise<void>;
  /** Adds something the AI human says without being asked. */
  addAssistantText(text: string): void;
  /** Aborts what is under way, and resolves when all of it has ended. */
  cancel(): Promise<void>;
}

export interface ChatTurnsOptions {
  readonly session: SessionAddress;
  readonly tools: () => ReadonlyArray<ChatTool>;
  /** Orders speech; `true` when there was something to order. */
  readonly speak: (text: string) => boolean;
  readonly cleanAnswer: (text: string) => string;
  readonly watchTurn?: (() => TurnWatch) | undefined;
  readonly log: ChatLog;
  readonly states: ChatStates;
  readonly errors: Listeners<Error>;
}

export function createChatTurns({
  session,
  tools,
  speak,
  cleanAnswer,
  watchTurn,
  log,
  states,
  errors,
}: ChatTurnsOptions): ChatTurns {
  const history: object[] = [];
  const running = new Map<AbortController, Promise<void>>();

  const runGuarded = async (message: string, signal: AbortSignal): Promise<void> => {
    let partial = '';
    const watch = watchTurn?.();
    states.update(ChatState.LLM, null);
    try {
      const turn = runTurn({
        session,
        message,
        history,
        tools: tools(),
        signal,
        clean: cleanAnswer,
        describeToolFailure: () => ({ result: 'error!' }),
      });
      for await (const event of turn) {
        watch?.read();
        if (event.type === 'piece') {
          partial += event.text;
          if (event.text !== '') watch?.text();
          if (speak(event.text)) watch?.ordered();
        } else if (event.type === 'text') {
          partial = '';
          log.add(event.text, false);
        } else if (event.type === 'complete') {
          history.push(...event.entries);
          watch?.end('completed');
        }
      }
    } catch (error) {
      watch?.end('failed');
      errors.emit(toLlmError(error));
    } finally {
      // What was spoken before an abort or a failure stays visible.
      if (partial !== '') log.add(partial, false);
      watch?.end('cancelled');
      states.update(null, ChatState.LLM);
    }
  };

  return {
    run(message, { signal }) {
      const controller = new AbortController();
      const unlink = linkAbort(signal, controller);
      const turn = runGuarded(message, controller.signal).finally(() => {
        unlink();
        running.delete(controller);
      });
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
