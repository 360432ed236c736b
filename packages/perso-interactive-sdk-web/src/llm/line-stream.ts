/** The line format of a streamed LLM answer: one line `data: {…}` for each event, and nothing in between. */

import { LLMStreamingResponseError } from '../errors.ts';
import { textOr } from '../text-or.ts';

/** Longest line, in UTF-16 code units, before the stream counts as broken: 8 Mi. */
export const MAX_LINE_LENGTH: number = 8 * 1024 * 1024;

/** Cuts bytes, in pieces of any size, into trimmed lines. */
export interface LineSplitter {
  /** The lines completed by `bytes`. */
  push(bytes: Uint8Array): string[];
  /** The unfinished line at the end of the stream, if it holds anything. */
  end(): string[];
}

export function createLineSplitter(): LineSplitter {
  const decoder = new TextDecoder();
  let tail = '';

  const take = (text: string): string[] => {
    const lines = text.split('\n');
    lines[0] = tail + lines[0];
    tail = lines.pop() ?? '';
    if (tail.length > MAX_LINE_LENGTH) throw new LLMStreamingResponseError('Failed to parse SSE response');
    return lines.map((line) => line.trim());
  };

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end() {
      const lines = take(decoder.decode());
      const last = tail.trim();
      return last === '' ? lines : [...lines, last];
    },
  };
}

/** A function call the LLM asks for, as received. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** The arguments as JSON text. */
  readonly arguments: string;
}

/** One event of an answer. `entry` is what belongs into the history. */
export type LlmEvent =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool-request';
      readonly entry: object;
      readonly received: object[];
      readonly calls: readonly ToolCall[];
    }
  | { readonly type: 'remote-result'; readonly entry: object }
  | { readonly type: 'other' };

/**
 * Reads one line.
 *
 * @throws {LLMStreamingResponseError} when the line breaks the format or reports a failure.
 */
export function parseLlmLine(line: string): LlmEvent {
  if (!line.startsWith('data: {')) throw new LLMStreamingResponseError('Failed to parse SSE response');
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(line.slice(6));
  } catch (cause) {
    throw new LLMStreamingResponseError('Failed to parse SSE JSON', { cause });
  }
  const { status, reason, type, role, content, tool_calls, tool_call_id } = event;
  if (status !== 'success') {
    throw new LLMStreamingResponseError(textOr(reason, 'No reason given'));
  }
  if (type === 'message') {
    if (typeof content !== 'string') throw new LLMStreamingResponseError('Message without text');
    return { type: 'text', text: content };
  }
  if (type !== 'tool_call') return { type: 'other' };
  if (!Array.isArray(tool_calls))
    return { type: 'remote-result', entry: { role, type, content, tool_call_id } };
  return {
    type: 'tool-request',
    entry: { role, type, content, tool_calls },
    received: tool_calls,
    calls: tool_calls.flatMap(toToolCalls),
  };
}

/** The call that `value` is, if it is one. */
function toToolCalls(value: { id?: unknown; function?: Partial<ToolCall> | null } | null): ToolCall[] {
  const called = value?.function;
  if (typeof called?.name !== 'string') return [];
  return [{ id: String(value?.id), name: called.name, arguments: String(called.arguments ?? '') }];
}
