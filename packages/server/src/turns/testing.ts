/** A language model that answers by script, one list of parts per request. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';

export type ScriptedPart = string | { readonly call: string; readonly id: string; readonly input?: object };

export function createScriptedModel(rounds: readonly (readonly ScriptedPart[])[]) {
  const asked: LanguageModelV4CallOptions[] = [];
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted-1',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('Only streaming is scripted.')),
    async doStream(options) {
      options.abortSignal?.throwIfAborted();
      const parts = rounds[Math.min(asked.length, rounds.length - 1)] ?? [];
      asked.push(options);
      return {
        stream: new ReadableStream<LanguageModelV4StreamPart>({
          start(controller) {
            for (const part of parts) controller.enqueue(toPart(part));
            controller.close();
          },
        }),
      };
    },
  };
  return { model, asked };
}

function toPart(part: ScriptedPart): LanguageModelV4StreamPart {
  return typeof part === 'string'
    ? { type: 'text-delta', id: 't', delta: part }
    : {
        type: 'tool-call',
        toolCallId: part.id,
        toolName: part.call,
        input: JSON.stringify(part.input ?? {}),
      };
}
