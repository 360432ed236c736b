/** The line format of a streamed LLM answer: one line `data: {…}` for each event, and nothing in between. */

import { LLMStreamingResponseError } from '../errors.ts';

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
  let pieces: string[] = [];
  let length = 0;

  const take = (text: string): string[] => {
    const parts = text.split('\n');
    const tail = parts.pop() ?? '';
    const lines = parts.map((part, index) => (index === 0 ? pieces.join('') + part : part).trim());
    if (lines.length > 0) {
      pieces = [];
      length = 0;
    }
    pieces.push(tail);
    length += tail.length;
    if (length > MAX_LINE_LENGTH) throw new LLMStreamingResponseError('Failed to parse SSE response');
    return lines;
  };

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end() {
      const lines = take(decoder.decode());
      const tail = pieces.join('').trim();
      pieces = [];
      return tail === '' ? lines : [...lines, tail];
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
  if (event['status'] !== 'success') {
    const reason = event['reason'];
    throw new LLMStreamingResponseError(
      typeof reason === 'string' ? reason : 'The answer failed without a reason',
    );
  }
  const { type, role, content } = event;
  if (type === 'message') {
    if (typeof content !== 'string')
      throw new LLMStreamingResponseError('Message event without text content');
    return { type: 'text', text: content };
  }
  if (type !== 'tool_call') return { type: 'other' };
  const received = event['tool_calls'];
  if (Array.isArray(received)) {
    return {
      type: 'tool-request',
      entry: { role, type, content, tool_calls: received },
      received,
      calls: received.map(toToolCall).filter((call) => call !== undefined),
    };
  }
  return {
    type: 'remote-result',
    entry: { role, type, content, tool_call_id: event['tool_call_id'] },
  };
}

function toToolCall(value: unknown): ToolCall | undefined {
  const call = value as { id?: unknown; function?: { name?: unknown; arguments?: unknown } | null } | null;
  const name = call?.function?.name;
  if (typeof name !== 'string') return undefined;
  return { id: String(call?.id), name, arguments: String(call?.function?.arguments ?? '') };
}
