/**
 * The built-in stand-in for a language model: a small deterministic responder behind the interface of the AI SDK, so
 * that everything works, and says so honestly, before a real model is connected.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { type LanguageModelInfo, type Provider, ProviderError } from '../provider.ts';
import { createResponder, type Responder, type StandInReply } from './respond.ts';

export interface StandInOptions {
  /** Default: the system clock. */
  readonly now?: () => Date;
  /** Makes ids of tool calls. Default: random. */
  readonly randomId?: () => string;
}

export const STAND_IN_MODEL_ID = 'stand-in';

const MODELS: readonly LanguageModelInfo[] = [
  { id: STAND_IN_MODEL_ID, displayName: 'Built-in stand-in (not a language model)' },
];

/** Creates the provider of the one stand-in model. */
export function createStandInProvider(options: StandInOptions = {}): Provider {
  const model = createStandInModel(options);
  return {
    id: 'stand-in',
    displayName: 'Stand-in (built in)',
    kind: 'built-in',
    languageModels: {
      models: MODELS,
      get(modelId) {
        if (modelId === STAND_IN_MODEL_ID) return model;
        throw new ProviderError('bad-request', `expected the model ${STAND_IN_MODEL_ID}`);
      },
    },
    close: async () => {},
  };
}

/** Creates the model. Usage counts words, since it has no tokens. */
export function createStandInModel(options: StandInOptions = {}): LanguageModelV4 {
  const respond: Responder = createResponder();
  const now = options.now ?? (() => new Date());
  const randomId = options.randomId ?? (() => crypto.randomUUID());

  function reply(call: LanguageModelV4CallOptions): StandInReply {
    call.abortSignal?.throwIfAborted();
    return respond({ prompt: call.prompt, tools: call.tools, toolChoice: call.toolChoice }, now());
  }

  return {
    specificationVersion: 'v4',
    provider: 'stand-in',
    modelId: STAND_IN_MODEL_ID,
    supportedUrls: {},
    async doGenerate(call) {
      const answer = reply(call);
      return {
        content: toContent(answer, randomId),
        finishReason: finishReasonOf(answer),
        usage: usageOf(call, answer),
        warnings: [],
      };
    },
    async doStream(call) {
      return { stream: streamParts(toParts(call, reply(call), randomId), call.abortSignal) };
    },
  };
}

function toContent(answer: StandInReply, randomId: () => string): LanguageModelV4Content[] {
  if (answer.kind === 'text') return [{ type: 'text', text: answer.text }];
  return answer.calls.map(({ toolName, input }) => ({
    type: 'tool-call',
    toolCallId: `call_${randomId()}`,
    toolName,
    input: JSON.stringify(input),
  }));
}

function* toParts(
  call: LanguageModelV4CallOptions,
  answer: StandInReply,
  randomId: () => string,
): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  for (const content of toContent(answer, randomId)) {
    if (content.type === 'text') {
      const id = 'text';
      yield { type: 'text-start', id };
      for (const [delta] of content.text.matchAll(/\s*\S+|\s+$/g)) yield { type: 'text-delta', id, delta };
      yield { type: 'text-end', id };
    } else if (content.type === 'tool-call') {
      const { toolCallId: id, toolName, input } = content;
      yield { type: 'tool-input-start', id, toolName };
      yield { type: 'tool-input-delta', id, delta: input };
      yield { type: 'tool-input-end', id };
      yield content;
    }
  }
  yield { type: 'finish', finishReason: finishReasonOf(answer), usage: usageOf(call, answer) };
}

/** Makes parts only as they are read. */
function streamParts(
  parts: Generator<LanguageModelV4StreamPart>,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream(
    {
      pull(controller) {
        if (signal?.aborted) {
          controller.error(signal.reason);
          return;
        }
        const { done, value } = parts.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        parts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

function finishReasonOf(answer: StandInReply): LanguageModelV4FinishReason {
  return { unified: answer.kind === 'calls' ? 'tool-calls' : 'stop', raw: undefined };
}

function usageOf({ prompt }: LanguageModelV4CallOptions, answer: StandInReply): LanguageModelV4Usage {
  const input = countWords(
    prompt
      .map(({ content }) => {
        if (typeof content === 'string') return content;
        return content.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
      })
      .join(' '),
  );
  const output = countWords(answer.kind === 'text' ? answer.text : JSON.stringify(answer.calls));
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
