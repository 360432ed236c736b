/** Answers of the chat interface that are text and nothing else, read without the AI SDK's schemas. */
import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import { parseJson } from './vendors/transport.ts';

/** Undefined for an event that holds anything but text; nothing for a comment, or the begin of an answer. */
export function readTextEvent(event: string): string | undefined {
  if (event.includes('\n')) return undefined;
  if (event.startsWith(':')) return '';
  if (!event.startsWith('data:')) return undefined;
  const data = parseJson(event.slice(5));
  if (!isRecord(data) || 'error' in data || !isNothing(data['usage'])) return undefined;
  const choice = onlyChoice(data);
  if (choice === undefined || !isNothing(choice['finish_reason'])) return undefined;
  return textOf(choice['delta']);
}

/**
 * A whole answer. Undefined for any that is not just text, also for one whose usage tells more than two numbers: vendors
 * say that in many ways.
 */
export function readWholeText(body: string): LanguageModelV4GenerateResult | undefined {
  const data = parseJson(body);
  if (!isRecord(data) || !isNothing(data['error'])) return undefined;
  const choice = onlyChoice(data);
  if (choice === undefined || !isNothing(choice['logprobs'])) return undefined;
  const { finish_reason: reason } = choice;
  if (reason !== 'stop' && reason !== 'length') return undefined;
  const text = textOf(choice['message']);
  const usage = usageOf(data['usage']);
  if (text === undefined || text === '' || usage === undefined) return undefined;
  return {
    content: [{ type: 'text', text }],
    finishReason: { unified: reason, raw: reason },
    usage,
    warnings: [],
  };
}

function onlyChoice({ choices }: Record<string, unknown>): Record<string, unknown> | undefined {
  const [choice, ...others]: readonly unknown[] = Array.isArray(choices) ? choices : [];
  return isRecord(choice) && others.length === 0 ? choice : undefined;
}

/** Of a message, or of what an event adds to one. Undefined when it holds anything else. */
function textOf(message: unknown): string | undefined {
  if (!isRecord(message)) return undefined;
  for (const name in message) {
    if (name !== 'content' && name !== 'role' && !isNothing(message[name])) return undefined;
  }
  const { content } = message;
  return isNothing(content) ? '' : typeof content === 'string' ? content : undefined;
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Vendors fill the fields that they do not use in several ways. */
function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}
