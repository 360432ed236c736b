/**
 * One turn of a conversation: the model's answer with every tool round that the server can run by itself. Calls that
 * belong to the client end the turn; its results come with the next request.
 */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { LlmEvent, LlmMessage, LlmToolCall, ToolSchema } from '@visavox/contract';
import type { RemoteTool } from '../tools/mcp.ts';
import { think } from './think.ts';

/** Tools that the server runs. */
export interface RemoteTools {
  readonly list: readonly RemoteTool[];
  /** Rejects for an abort only. */
  readonly call: (
    name: string,
    argumentsJson: string,
    options: { readonly signal: AbortSignal },
  ) => Promise<string>;
}

export interface AnswerRequest {
  readonly model: LanguageModelV4;
  readonly systemPrompt: string;
  readonly messages: readonly LlmMessage[];
  /** Tools that the client runs. Of two tools with one name the client's counts. */
  readonly clientTools: readonly ToolSchema[];
  readonly remoteTools?: RemoteTools | undefined;
}

/** A model that asks for tools for ever is stopped after this many requests. */
const MAX_ROUNDS = 10;

/** The last event is always `finish`. Failures and aborts throw. */
export async function* answer(
  request: AnswerRequest,
  { signal }: { readonly signal: AbortSignal },
): AsyncIterable<LlmEvent> {
  const clientNames = new Set(request.clientTools.map((tool) => tool.function.name));
  const remoteTools = (request.remoteTools?.list ?? []).filter(({ name }) => !clientNames.has(name));
  const tools = [...request.clientTools, ...remoteTools.map(toSchema)];
  const messages = [...request.messages];

  for (let round = 1; ; round++) {
    const calls: LlmToolCall[] = [];
    let said = '';
    for await (const event of think(
      { model: request.model, systemPrompt: request.systemPrompt, messages, tools },
      { signal },
    )) {
      if (event.type === 'finish') break;
      if (event.type === 'message') said += event.content;
      if (event.type === 'tool_call') calls.push(...event.toolCalls);
      yield event;
    }
    // A call of an unknown tool is answered with its failure: clients take it for a remote one and would wait.
    const remoteCalls = calls.filter((call) => !clientNames.has(call.function.name));
    if (remoteCalls.length > 0) {
      messages.push({ role: 'assistant', content: said, tool_calls: calls });
      const results = await Promise.all(remoteCalls.map((call) => run(request, call, signal)));
      for (const [index, call] of remoteCalls.entries()) {
        const content = results[index] ?? '';
        messages.push({ role: 'tool', content, tool_call_id: call.id });
        yield { type: 'tool_result', toolCallId: call.id, content };
      }
    }
    if (remoteCalls.length === 0 || remoteCalls.length < calls.length) break;
    if (round >= MAX_ROUNDS) {
      throw new ToolRoundsError(`The language model asked for tools ${MAX_ROUNDS} times without an answer.`);
    }
  }
  yield { type: 'finish' };
}

/** The message is for the client. */
export class ToolRoundsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ToolRoundsError';
  }
}

async function run(request: AnswerRequest, call: LlmToolCall, signal: AbortSignal): Promise<string> {
  if (request.remoteTools === undefined) {
    return JSON.stringify({ error: `There is no tool named ${call.function.name}.` });
  }
  return request.remoteTools.call(call.function.name, call.function.arguments, { signal });
}

function toSchema(tool: RemoteTool): ToolSchema {
  return {
    type: 'function',
    function: { name: tool.name, description: tool.description, parameters: tool.parameters },
  };
}
