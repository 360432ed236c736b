/** `/v1/chat/completions`: the chat request of OpenAI clients into a routed call, and its parts into chunks. */
import { randomUUID } from 'node:crypto';
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { z } from 'zod';
import { withoutUndefined } from '../without-undefined.ts';

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const content = z.union([z.string(), z.array(textPart)]);

const toolCall = z.object({
  id: z.string().min(1),
  type: z.literal('function').default('function'),
  function: z.object({ name: z.string().min(1), arguments: z.string() }),
});

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content }),
  z.object({ role: z.literal('developer'), content }),
  z.object({ role: z.literal('user'), content }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    tool_calls: z.array(toolCall).nullish(),
  }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string().min(1) }),
]);

/** Everything else is refused, so that nothing asked for is dropped in silence. */
export const chatRequest = z.strictObject({
  model: z.string().min(1).max(300),
  messages: z.array(message).min(1).max(2000),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.int().nullish(),
  n: z.literal(1).nullish(),
  user: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.literal(false).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh']).nullish(),
  response_format: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('text') }),
      z.object({ type: z.literal('json_object') }),
      z.object({
        type: z.literal('json_schema'),
        json_schema: z.object({
          name: z.string().min(1).max(64),
          description: z.string().optional(),
          schema: z.record(z.string(), z.unknown()),
          strict: z.boolean().nullish(),
        }),
      }),
    ])
    .nullish(),
  tools: z
    .array(
      z.object({
        type: z.literal('function'),
        function: z.object({
          name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
          description: z.string().optional(),
          parameters: z.record(z.string(), z.unknown()).default({ type: 'object', properties: {} }),
          strict: z.boolean().nullish(),
        }),
      }),
    )
    .max(128)
    .nullish(),
  tool_choice: z
    .union([
      z.enum(['auto', 'none', 'required']),
      z.object({ type: z.literal('function'), function: z.object({ name: z.string().min(1) }) }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
});

export type ChatRequest = z.output<typeof chatRequest>;

export function toCallOptions(request: ChatRequest): Omit<LanguageModelV4CallOptions, 'abortSignal'> {
  const { response_format: format, tools, tool_choice: choice, stop } = request;
  return withoutUndefined<Omit<LanguageModelV4CallOptions, 'abortSignal'>>({
    prompt: toPrompt(request.messages),
    temperature: request.temperature ?? undefined,
    topP: request.top_p ?? undefined,
    maxOutputTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    presencePenalty: request.presence_penalty ?? undefined,
    frequencyPenalty: request.frequency_penalty ?? undefined,
    seed: request.seed ?? undefined,
    reasoning: request.reasoning_effort ?? undefined,
    stopSequences: stop === null || stop === undefined ? undefined : [stop].flat(),
    responseFormat:
      format === null || format === undefined || format.type === 'text'
        ? undefined
        : {
            type: 'json',
            ...(format.type === 'json_schema'
              ? { name: format.json_schema.name, schema: format.json_schema.schema }
              : {}),
          },
    tools:
      tools === null || tools === undefined || tools.length === 0
        ? undefined
        : tools.map(({ function: tool }) => ({
            type: 'function' as const,
            name: tool.name,
            inputSchema: tool.parameters,
            ...(tool.description === undefined ? {} : { description: tool.description }),
          })),
    toolChoice:
      choice === null || choice === undefined || (tools?.length ?? 0) === 0
        ? undefined
        : typeof choice === 'string'
          ? { type: choice }
          : { type: 'tool', toolName: choice.function.name },
    providerOptions:
      request.parallel_tool_calls === null || request.parallel_tool_calls === undefined
        ? undefined
        : { openai: { parallelToolCalls: request.parallel_tool_calls } },
  });
}

function toPrompt(messages: ChatRequest['messages']): LanguageModelV4Message[] {
  const names = new Map<string, string>();
  return messages.map((entry): LanguageModelV4Message => {
    if (entry.role === 'system' || entry.role === 'developer') {
      return { role: 'system', content: textOf(entry.content) };
    }
    if (entry.role === 'user')
      return { role: 'user', content: [{ type: 'text', text: textOf(entry.content) }] };
    if (entry.role === 'tool') {
      const toolCallId = entry.tool_call_id;
      const toolName = names.get(toolCallId) ?? 'unknown';
      const output = { type: 'text' as const, value: textOf(entry.content) };
      return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] };
    }
    const text = entry.content === null || entry.content === undefined ? '' : textOf(entry.content);
    const calls = entry.tool_calls ?? [];
    for (const { id, function: called } of calls) names.set(id, called.name);
    return {
      role: 'assistant',
      content: [
        ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ...calls.map((call) => ({
          type: 'tool-call' as const,
          toolCallId: call.id,
          toolName: call.function.name,
          input: parseJson(call.function.arguments),
        })),
      ],
    };
  });
}

function textOf(value: z.output<typeof content>): string {
  return typeof value === 'string' ? value : value.map(({ text }) => text).join('');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

const FINISH_REASONS: Readonly<Record<LanguageModelV4FinishReason['unified'], string>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-calls': 'tool_calls',
  error: 'stop',
  interrupted: 'stop',
  other: 'stop',
};

function usageOf({ inputTokens, outputTokens }: LanguageModelV4Usage) {
  const prompt = inputTokens.total ?? 0;
  const completion = outputTokens.total ?? 0;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

interface Identity {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export function identityOf(model: string, now: Date): Identity {
  return { id: `chatcmpl-${randomUUID()}`, created: Math.floor(now.getTime() / 1000), model };
}

export function toChatCompletion(
  identity: Identity,
  result: {
    readonly content: readonly LanguageModelV4Content[];
    readonly finishReason: LanguageModelV4FinishReason;
    readonly usage: LanguageModelV4Usage;
  },
): object {
  const text = result.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  const calls = result.content.flatMap((part) =>
    part.type === 'tool-call'
      ? [{ id: part.toolCallId, type: 'function', function: { name: part.toolName, arguments: part.input } }]
      : [],
  );
  return {
    ...identity,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' && calls.length > 0 ? null : text,
          refusal: null,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: FINISH_REASONS[result.finishReason.unified],
      },
    ],
    usage: usageOf(result.usage),
  };
}

export interface ChunkWriter {
  /** The event that begins an answer. */
  readonly head: string;
  /** The server-sent events that a part becomes; nothing for some. The end brings the last one along, `[DONE]`. */
  encode(part: LanguageModelV4StreamPart): string | undefined;
}

export function createChunkWriter(identity: Identity, includeUsage: boolean): ChunkWriter {
  const event = (fields: object) =>
    `data: ${JSON.stringify({ ...identity, object: 'chat.completion.chunk', ...fields })}\n\n`;
  const chunk = (delta: object, finishReason: string | null = null) =>
    event({
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...(includeUsage ? { usage: null } : {}),
    });
  let calls = 0;
  return {
    head: chunk({ role: 'assistant', content: '' }),
    encode(part) {
      switch (part.type) {
        case 'text-delta':
          return part.delta === '' ? undefined : chunk({ content: part.delta });
        case 'tool-call': {
          const call = {
            index: calls,
            id: part.toolCallId,
            type: 'function',
            function: { name: part.toolName, arguments: part.input },
          };
          calls += 1;
          return chunk({ tool_calls: [call] });
        }
        case 'finish': {
          const usage = includeUsage ? event({ choices: [], usage: usageOf(part.usage) }) : '';
          return `${chunk({}, FINISH_REASONS[part.finishReason.unified])}${usage}data: [DONE]\n\n`;
        }
        default:
          return undefined;
      }
    },
  };
}
