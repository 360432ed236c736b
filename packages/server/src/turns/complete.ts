/**
 * A completion of the voice gateway: routed model calls, one after another while the model asks for tools that the
 * server runs. Calls that belong to the caller end it.
 */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
} from '@ai-sdk/provider';
import {
  type CompleteEvent,
  type CompleteRequest,
  type ReturnedToolCall,
  type SpekoChatMessage,
  type SpekoChatTool,
  SpekoError,
} from '@visavox/contract/speko';
import type { CallContext, Gateway, Route } from '../routing/gateway.ts';

/** Runs tools that the server executes. */
export interface ServerTools {
  /** Never rejects but for an abort: a failure is a result that the model reads. */
  run(
    tool: SpekoChatTool,
    call: { readonly id: string; readonly args: string },
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly text: string; readonly isError: boolean }>;
}

type Prompt = Omit<LanguageModelV4CallOptions, 'abortSignal'>;

/**
 * The first event is `meta`, the last `done`.
 * @throws before the first event what {@link Gateway.complete} throws; after it whatever failed.
 */
export async function* complete(
  gateway: Gateway,
  request: CompleteRequest,
  context: CallContext,
  serverTools: ServerTools,
): AsyncGenerator<CompleteEvent> {
  const { signal } = context;
  const tools = new Map((request.tools ?? []).map((tool) => [tool.name, tool]));
  const options = toCallOptions(request);
  const prompt = [...options.prompt];
  let text = '';
  let totalFailoverCount = 0;
  const usage = { promptTokens: 0, completionTokens: 0 };

  for (let hop = 0; hop < request.maxToolHops; hop++) {
    const routed = await gateway.complete({ ...options, prompt }, context);
    totalFailoverCount += routed.failoverCount;
    const route = metaOf(routed);
    yield ['meta', { ...route, totalFailoverCount, hop }];
    const calls: ReturnedToolCall[] = [];
    let said = '';
    for await (const part of routed.items) {
      if (part.type === 'text-delta' && part.delta !== '') {
        said += part.delta;
        yield ['delta', { text: part.delta }];
      } else if (part.type === 'tool-call') {
        calls.push({ id: part.toolCallId, name: part.toolName, args: completeJson(part.input) });
      } else if (part.type === 'finish') {
        usage.promptTokens += part.usage.inputTokens.total ?? 0;
        usage.completionTokens += part.usage.outputTokens.total ?? 0;
      }
    }
    text += said;
    const inline = calls.filter(({ name }) => (tools.get(name)?.executionMode ?? 'inline') === 'inline');
    const remote = calls.filter((call) => !inline.includes(call));
    if (remote.length > 0) {
      prompt.push(assistantTurn(said, calls));
      for await (const event of runTools(remote, tools, serverTools, signal)) {
        if (event.type === 'status') yield ['server_tool_call', event.status];
        else prompt.push(event.message);
      }
    }
    for (const call of inline) yield ['tool_call', call];
    if (remote.length === 0 || inline.length > 0) {
      yield [
        'done',
        {
          text,
          ...route,
          failoverCount: totalFailoverCount,
          usage,
          ...(inline.length === 0 ? {} : { toolCalls: inline }),
        },
      ];
      return;
    }
  }
  throw new SpekoError(
    'TOOL_HOP_LIMIT',
    `The model asked for tools in ${request.maxToolHops} answers in a row.`,
  );
}

export function metaOf({ providerId, modelId, failoverCount, scoresRunId }: Route) {
  return { provider: providerId, model: modelId, failoverCount, scoresRunId };
}

type ToolProgress =
  | {
      readonly type: 'status';
      readonly status: {
        readonly id: string;
        readonly name: string;
        readonly status: 'started' | 'completed' | 'failed';
      };
    }
  | { readonly type: 'result'; readonly message: LanguageModelV4Message };

/** All at once; what ends first is told first. */
async function* runTools(
  calls: readonly ReturnedToolCall[],
  tools: ReadonlyMap<string, SpekoChatTool>,
  serverTools: ServerTools,
  signal: AbortSignal,
): AsyncGenerator<ToolProgress> {
  for (const { id, name } of calls) yield { type: 'status', status: { id, name, status: 'started' } };
  const open = new Map(
    calls.map((call) => {
      const tool = tools.get(call.name);
      const result =
        tool === undefined
          ? Promise.resolve({ text: `There is no tool named ${call.name}.`, isError: true })
          : serverTools.run(tool, call, { signal });
      return [call.id, result.then((done) => ({ call, ...done }))] as const;
    }),
  );
  while (open.size > 0) {
    const { call, text, isError } = await Promise.race(open.values());
    open.delete(call.id);
    yield {
      type: 'status',
      status: { id: call.id, name: call.name, status: isError ? 'failed' : 'completed' },
    };
    yield {
      type: 'result',
      message: {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: call.id,
            toolName: call.name,
            output: { type: isError ? 'error-text' : 'text', value: text },
          },
        ],
      },
    };
  }
}

function toCallOptions(request: CompleteRequest): Prompt {
  const { tools = [], toolChoice, reasoningEffort, parallelToolCalls } = request;
  return {
    prompt: toPrompt(request),
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(request.maxTokens === undefined ? {} : { maxOutputTokens: request.maxTokens }),
    ...(reasoningEffort === undefined ? {} : { reasoning: reasoningEffort }),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(toTool),
          toolChoice:
            toolChoice === undefined || typeof toolChoice === 'string'
              ? ({ type: toolChoice ?? 'auto' } as const)
              : ({ type: 'tool', toolName: toolChoice.function.name } as const),
        }),
    // Only vendors of the OpenAI family know it; others ignore what is not theirs.
    ...(parallelToolCalls === undefined || tools.length === 0
      ? {}
      : { providerOptions: { openai: { parallelToolCalls } } }),
  };
}

function toTool({ name, description, parameters }: SpekoChatTool): LanguageModelV4FunctionTool {
  return { type: 'function', name, description, inputSchema: parameters };
}

/** Tool calls without a result and results without a call are left out: vendors refuse both. */
function toPrompt({ systemPrompt, messages }: CompleteRequest): LanguageModelV4Prompt {
  const results = new Map<string, number>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') results.set(message.toolCallId, index);
  }
  const names = new Map<string, string>();
  const prompt: LanguageModelV4Message[] = [];
  if (systemPrompt !== undefined && systemPrompt !== '')
    prompt.push({ role: 'system', content: systemPrompt });
  for (const [index, message] of messages.entries()) {
    const converted = toMessage(message, index);
    if (converted !== undefined) prompt.push(converted);
  }
  return prompt;

  function toMessage(message: SpekoChatMessage, index: number): LanguageModelV4Message | undefined {
    switch (message.role) {
      case 'system':
        return message.content === '' ? undefined : { role: 'system', content: message.content };
      case 'user':
        return { role: 'user', content: [{ type: 'text', text: message.content }] };
      case 'assistant': {
        const calls = (message.toolCalls ?? []).filter(({ id }) => (results.get(id) ?? -1) > index);
        for (const { id, name } of calls) names.set(id, name);
        return message.content === '' && calls.length === 0
          ? undefined
          : assistantTurn(message.content, calls);
      }
      case 'tool': {
        const { toolCallId, content, isError } = message;
        const toolName = names.get(toolCallId);
        if (toolName === undefined) return undefined;
        names.delete(toolCallId);
        const output = {
          type: isError === true ? ('error-text' as const) : ('text' as const),
          value: content,
        };
        return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] };
      }
    }
  }
}

function assistantTurn(text: string, calls: readonly ReturnedToolCall[]): LanguageModelV4Message {
  return {
    role: 'assistant',
    content: [
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...calls.map(({ id, name, args }) => ({
        type: 'tool-call' as const,
        toolCallId: id,
        toolName: name,
        input: JSON.parse(completeJson(args)) as unknown,
      })),
    ],
  };
}

/** Callers parse it at once, so what is no JSON becomes an empty object. */
function completeJson(args: string): string {
  try {
    JSON.parse(args);
    return args;
  } catch {
    return '{}';
  }
}
