/** A vendor of the voice gateway that follows a script: every call is told its fate by the test. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type {
  Provider,
  RecognitionOptions,
  SpeechChunk,
  SynthesisRequest,
  Transcript,
  Voice,
} from '../src/providers/provider.ts';

export interface GatewayVendor {
  readonly provider: Provider;
  readonly asked: {
    readonly completions: LanguageModelV4CallOptions[];
    readonly syntheses: SynthesisRequest[];
    readonly recognitions: RecognitionOptions[];
  };
  /** Replaced by tests; `reset` brings the obliging one back. */
  script: {
    answer: (options: LanguageModelV4CallOptions) => AsyncIterable<LanguageModelV4StreamPart>;
    speak: (request: SynthesisRequest, signal: AbortSignal) => AsyncIterable<SpeechChunk>;
    hear: (options: RecognitionOptions) => Promise<Transcript>;
  };
  reset(): void;
}

export const say = (delta: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '0', delta });
export const call = (toolCallId: string, toolName: string, input: string): LanguageModelV4StreamPart => ({
  type: 'tool-call',
  toolCallId,
  toolName,
  input,
});
export const finish = (input = 10, output = 5): LanguageModelV4StreamPart => ({
  type: 'finish',
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  },
});

export async function* parts(
  ...list: readonly LanguageModelV4StreamPart[]
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield* list;
}

/** Sound of `samples` samples that is not silent. */
export const tone = (samples: number, sampleRateHz = 24_000, level = 1000): SpeechChunk => ({
  samples: new Int16Array(samples).fill(level),
  sampleRateHz,
});

export function createGatewayVendor(
  id: string,
  options: {
    readonly llm?: readonly string[];
    readonly stt?: readonly string[];
    readonly tts?: readonly string[];
    readonly voices?: readonly Voice[];
  },
): GatewayVendor {
  const asked: GatewayVendor['asked'] = { completions: [], syntheses: [], recognitions: [] };
  const obliging: GatewayVendor['script'] = {
    answer: () => parts(say(`${id} says hello`), finish()),
    async *speak() {
      yield tone(2400);
    },
    hear: async () => ({ text: `${id} heard`, confidence: 0.9 }),
  };
  const vendor: GatewayVendor = {
    asked,
    script: { ...obliging },
    reset() {
      vendor.script = { ...obliging };
      for (const list of Object.values(asked)) list.length = 0;
    },
    provider: {
      id,
      displayName: id,
      ...(options.llm === undefined
        ? {}
        : {
            languageModels: {
              models: options.llm.map((model) => ({ id: model, displayName: model })),
              get: (modelId) => createModel(vendor, modelId),
            },
          }),
      ...(options.stt === undefined
        ? {}
        : {
            recognizer: {
              languages: ['*'],
              limitedVocabulary: false,
              features: ['keywords', 'prompt'],
              models: options.stt.map((model) => ({ id: model, languages: ['*'] })),
              recognize: async (_clip, recognition) => {
                asked.recognitions.push(recognition);
                return vendor.script.hear(recognition);
              },
            },
          }),
      ...(options.tts === undefined
        ? {}
        : {
            synthesizer: {
              models: options.tts.map((model) => ({ id: model, languages: ['*'] })),
              voices: options.voices ?? [
                { id: `${id}-voice`, displayName: id, languages: ['*'], gender: 'female' },
              ],
              async *synthesize(request, { signal }) {
                asked.syntheses.push(request);
                yield* vendor.script.speak(request, signal);
              },
            },
          }),
      close: async () => {},
    },
  };
  return vendor;
}

function createModel(vendor: GatewayVendor, modelId: string): LanguageModelV4 {
  const start = (options: LanguageModelV4CallOptions) => {
    vendor.asked.completions.push(options);
    return vendor.script.answer(options);
  };
  return {
    specificationVersion: 'v4',
    provider: vendor.provider.id,
    modelId,
    supportedUrls: {},
    async doGenerate(options) {
      let text = '';
      const calls = [];
      let end = finish();
      for await (const part of start(options)) {
        if (part.type === 'text-delta') text += part.delta;
        if (part.type === 'tool-call') calls.push(part);
        if (part.type === 'finish') end = part;
      }
      if (end.type !== 'finish') throw new Error('expected an end');
      return {
        content: [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...calls],
        finishReason: end.finishReason,
        usage: end.usage,
        warnings: [],
      };
    },
    async doStream(options) {
      const iterator = start(options)[Symbol.asyncIterator]();
      return {
        stream: new ReadableStream({
          async pull(controller) {
            const next = await iterator.next();
            if (next.done === true) controller.close();
            else controller.enqueue(next.value);
          },
          async cancel() {
            await iterator.return?.();
          },
        }),
      };
    },
  };
}
