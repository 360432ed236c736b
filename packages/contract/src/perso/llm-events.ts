/** The lines of the v2 answer stream, sections 4.2.1 and 4.2.2 of the contract. */
import type { LlmToolCall } from './requests.ts';

export type LlmEvent =
  | { readonly type: 'message'; readonly content: string }
  | {
      readonly type: 'tool_call';
      readonly content: string | null;
      readonly toolCalls: readonly LlmToolCall[];
    }
  | { readonly type: 'tool_result'; readonly toolCallId: string; readonly content: string }
  | { readonly type: 'finish' }
  | { readonly type: 'fail'; readonly reason: string };

/**
 * Writes one event as the single line published clients accept: `data: {…}\n`. No blank line may ever follow, and
 * the JSON must not hold a raw line break (JSON.stringify escapes those).
 */
export function encodeLlmEvent(event: LlmEvent): string {
  return `data: ${JSON.stringify(toWire(event))}\n`;
}

function toWire(event: LlmEvent): object {
  switch (event.type) {
    case 'message':
      return { status: 'success', type: 'message', role: 'assistant', content: event.content };
    case 'tool_call':
      return {
        status: 'success',
        type: 'tool_call',
        role: 'assistant',
        content: event.content,
        tool_calls: event.toolCalls,
      };
    case 'tool_result':
      return {
        status: 'success',
        type: 'tool_call',
        role: 'tool',
        content: event.content,
        tool_call_id: event.toolCallId,
      };
    case 'finish':
      return { status: 'success', type: 'finish' };
    case 'fail':
      return { status: 'fail', reason: event.reason };
  }
}

/** The lines of the v1 answer stream, section 4.1. Sentences keep their leading space; there is no finish line. */
export function encodeV1Line(line: { readonly sentence: string } | { readonly reason: string }): string {
  const wire =
    'sentence' in line
      ? { status: 'success', sentence: line.sentence }
      : { status: 'fail', reason: line.reason };
  return `data: ${JSON.stringify(wire)}\n`;
}
