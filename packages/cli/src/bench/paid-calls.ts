/** The calls of a bench: each is paid for, ends with the bench, and is told about. */
import type { ChatAnswer, GatewayCalls, HeardAnswer, ListedModel, SpokenAnswer } from './gateway-calls.ts';
import type { Clip } from './measurements.ts';
import type { Spending } from './spending.ts';

/** They reject like {@link GatewayCalls}, and with a `BudgetError` where the next one could be too dear. */
export interface PaidCalls {
  speak(model: ListedModel, text: string, language: string): Promise<SpokenAnswer>;
  hear(model: ListedModel, clip: Clip, language: string): Promise<HeardAnswer>;
  chat(model: ListedModel, prompt: string, tools?: readonly object[]): Promise<ChatAnswer>;
  /** A sentence for the one who waits. */
  report(text: string): void;
}

const ANSWER_TOKENS = 1024;
const PROMPT_TOKENS = 150;
const MS_PER_MINUTE = 60_000;

export function createPaidCalls({
  calls,
  spending,
  signal,
  report,
}: {
  readonly calls: GatewayCalls;
  readonly spending: Spending;
  readonly signal: AbortSignal;
  readonly report: (text: string) => void;
}): PaidCalls {
  return {
    report,
    async speak(model, text, language) {
      spending.reserve(model, { characters: text.length });
      return calls.speak(model.id, text, language, signal);
    },
    async hear(model, clip, language) {
      spending.reserve(model, { minutes: clip.soundMs / MS_PER_MINUTE });
      return calls.hear(model.id, clip.sound, language, signal);
    },
    async chat(model, prompt, tools) {
      const settle = spending.reserve(model, { tokens: ANSWER_TOKENS + PROMPT_TOKENS });
      const request = { prompt, maxTokens: ANSWER_TOKENS, ...(tools === undefined ? {} : { tools }) };
      const answer = await calls.chat(model.id, request, signal);
      if (answer.tokens > 0) settle({ tokens: answer.tokens });
      return answer;
    },
  };
}
