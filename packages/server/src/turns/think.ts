/**
 * From a conversation to an answer: streams the language model and gives out sentence-sized pieces and tool requests.
 * A function over plain arguments; it keeps nothing.
 */
import type {
  LanguageModelV4,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
} from '@ai-sdk/provider';
import type { LlmEvent, LlmMessage, LlmToolCall, ToolSchema } from '@visavox/contract';
import { createSentenceSplitter } from '../text/index.ts';

export interface ThinkRequest {
  readonly model: LanguageModelV4;
  readonly systemPrompt: string;
  readonly messages: readonly LlmMessage[];
  /** Tools that the client runs. */
  readonly tools: readonly ToolSchema[];
}

/** The last event is always `finish`. Failures and aborts throw. */
export async function* think(
  request: ThinkRequest,
  { signal }: { readonly signal: AbortSignal },
): AsyncIterable<LlmEvent> {
  signal.throwIfAborted();
  const { stream } = await request.model.doStream({
    prompt: toPrompt(request.systemPrompt, request.messages),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(toTool), toolChoice: { type: 'auto' } }),
    abortSignal: signal,
  });
  const splitter = createSentenceSplitter();
  const toolCalls: LlmToolCall[] = [];
  let spoke = false;
  for await (const part of readAll(stream, signal)) {
    if (part.type === 'text-delta') {
      for (const sentence of splitter.push(part.delta)) {
        spoke = true;
        yield { type: 'message', content: sentence };
      }
    } else if (part.type === 'tool-call') {
      toolCalls.push({
        id: part.toolCallId,
        type: 'function',
        function: { name: part.toolName, arguments: part.input },
      });
    } else if (part.type === 'error') {
      throw part.error instanceof Error ? part.error : new Error('The language model reported an error.');
    }
  }
  for (const sentence of splitter.flush()) {
    spoke = true;
    yield { type: 'message', content: sentence };
  }
  if (toolCalls.length > 0) yield { type: 'tool_call', content: spoke ? '' : null, toolCalls };
  yield { type: 'finish' };
}

/**
 * Reads to the end; leaving early or an abort cancels the stream, which closes the vendor's connection even while it
 * waits for the next part.
 */
async function* readAll<T>(stream: ReadableStream<T>, signal: AbortSignal): AsyncIterable<T> {
  const reader = stream.getReader();
  const abort = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  let done = false;
  try {
    for (;;) {
      const result = await reader.read();
      signal.throwIfAborted();
      if (result.done) {
        done = true;
        return;
      }
      yield result.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    if (!done) await reader.cancel().catch(() => {});
  }
}

function toTool(tool: ToolSchema): LanguageModelV4FunctionTool {
  return {
    type: 'function',
    name: tool.function.name,
    description: tool.function.description,
    inputSchema: tool.function.parameters,
  };
}

/**
 * Clients send what they have: half-finished tool rounds, two user messages in a row, a leading assistant message.
 * Vendors refuse tool requests without results and results without requests, so both are left out.
 */
export function toPrompt(systemPrompt: string, messages: readonly LlmMessage[]): LanguageModelV4Prompt {
  // By position, since some models use their ids again: only a result that follows the request answers it.
  const lastResult = new Map<string, number>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') lastResult.set(message.tool_call_id ?? '', index);
  }
  const toolNames = new Map<string, string>();
  const prompt: LanguageModelV4Message[] = [];
  if (systemPrompt !== '') prompt.push({ role: 'system', content: systemPrompt });
  for (const [index, message] of messages.entries()) {
    switch (message.role) {
      case 'system':
        if (message.content !== '') prompt.push({ role: 'system', content: message.content });
        break;
      case 'user':
        prompt.push({ role: 'user', content: [{ type: 'text', text: message.content }] });
        break;
      case 'assistant': {
        const calls = (message.tool_calls ?? []).filter((call) => (lastResult.get(call.id) ?? -1) > index);
        for (const call of calls) toolNames.set(call.id, call.function.name);
        const content = [
          ...(message.content === '' ? [] : [{ type: 'text' as const, text: message.content }]),
          ...calls.map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.id,
            toolName: call.function.name,
            input: parseArguments(call.function.arguments),
          })),
        ];
        if (content.length > 0) prompt.push({ role: 'assistant', content });
        break;
      }
      case 'tool': {
        const toolCallId = message.tool_call_id ?? '';
        const toolName = toolNames.get(toolCallId);
        if (toolName === undefined) break;
        toolNames.delete(toolCallId);
        prompt.push({
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId, toolName, output: { type: 'text', value: message.content } },
          ],
        });
        break;
      }
    }
  }
  return prompt;
}

function parseArguments(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
