/** Answers at once of the chat interface that are text and nothing else, read without the AI SDK's schemas. */
import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';

const FINISH_REASONS = { stop: 'stop', length: 'length' } as const;

/** Undefined for any other answer, also for one whose usage tells more than two numbers: vendors say that in many ways. */
export function readWholeText(body: string): LanguageModelV4GenerateResult | undefined {
  let data: unknown;
  try {
    data = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isRecord(data) || !isNothing(data['error'])) return undefined;
  const { choices } = data;
  const [choice, ...others]: readonly unknown[] = Array.isArray(choices) ? choices : [];
  if (!isRecord(choice) || others.length > 0 || !isNothing(choice['logprobs'])) return undefined;
  const { message, finish_reason: reason } = choice;
  if (!isRecord(message) || (reason !== 'stop' && reason !== 'length')) return undefined;
  for (const name in message) {
    if (name !== 'content' && name !== 'role' && !isNothing(message[name])) return undefined;
  }
  const { content: text } = message;
  const usage = usageOf(data['usage']);
  if (typeof text !== 'string' || text === '' || usage === undefined) return undefined;
  return {
    content: [{ type: 'text', text }],
    finishReason: { unified: FINISH_REASONS[reason], raw: reason },
    usage,
    warnings: [],
  };
}

function usageOf(usage: unknown): LanguageModelV4GenerateResult['usage'] | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: _total, ...details } = usage;
  if (typeof prompt !== 'number' || typeof completion !== 'number' || !isZero(details)) return undefined;
  return {
    inputTokens: { total: prompt, noCache: prompt, cacheRead: 0, cacheWrite: undefined },
    outputTokens: { total: completion, text: completion, reasoning: 0 },
  };
}

/** Nothing but zeros, however deep. */
function isZero(value: unknown): boolean {
  return value === 0 || (isRecord(value) ? Object.values(value).every(isZero) : isNothing(value));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Vendors fill the fields that they do not use in several ways. */
export function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}
