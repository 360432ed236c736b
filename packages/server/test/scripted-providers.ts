/** Vendors that do what a test tells them. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { Provider } from '../src/providers/provider.ts';

export interface ScriptedVendor {
  readonly provider: Provider;
  /** What the language model was asked, in order. */
  readonly calls: LanguageModelV4CallOptions[];
  /** What was synthesized, in order. */
  readonly spoken: string[];
  /** Set to make the next calls fail or wait. */
  script: {
    answer: (
      options: LanguageModelV4CallOptions,
    ) => AsyncIterable<LanguageModelV4StreamPart> | readonly LanguageModelV4StreamPart[];
    speechFails: boolean;
    transcript: string;
  };
}

export const text = (delta: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: 't', delta });
export const toolCall = (toolCallId: string, toolName: string, input: object): LanguageModelV4StreamPart => ({
  type: 'tool-call',
  toolCallId,
  toolName,
  input: JSON.stringify(input),
});

/** As every model's stream ends. */
const FINISH: LanguageModelV4StreamPart = {
  type: 'finish',
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  },
};

async function* ended(
  parts: AsyncIterable<LanguageModelV4StreamPart> | readonly LanguageModelV4StreamPart[],
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield* parts;
  yield FINISH;
}

const RATE_HZ = 16_000;
const MS_PER_CHARACTER = 30;

/** Speech is a 440 Hz tone of 30 ms per character, so that its length is known. */
export function createScriptedVendor(): ScriptedVendor {
  const calls: LanguageModelV4CallOptions[] = [];
  const spoken: string[] = [];
  const script: ScriptedVendor['script'] = {
    answer: () => [text('Hello there. How are you?')],
    speechFails: false,
    transcript: 'hello',
  };
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted-1',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('Only streaming is scripted.')),
    async doStream(options) {
      calls.push(options);
      const parts = script.answer(options);
      const iterator = ended(parts);
      return {
        stream: new ReadableStream({
          async pull(controller) {
            const next = await iterator.next();
            if (next.done) controller.close();
            else controller.enqueue(next.value);
          },
        }),
      };
    },
  };
  const provider: Provider = {
    id: 'scripted',
    displayName: 'Scripted vendor',
    languageModels: { models: [{ id: 'scripted-1', displayName: 'Scripted model' }], get: () => model },
    synthesizer: {
      voices: [{ id: 'tone', displayName: 'Tone', languages: ['*'], gender: 'female' }],
      async *synthesize(request, { signal }) {
        signal.throwIfAborted();
        spoken.push(request.text);
        if (script.speechFails) throw new Error('scripted failure');
        const durationMs = request.text.length * MS_PER_CHARACTER;
        const samples = Int16Array.from({ length: (durationMs * RATE_HZ) / 1000 }, (_, index) =>
          Math.round(9000 * Math.sin((2 * Math.PI * 440 * index) / RATE_HZ)),
        );
        yield {
          samples,
          sampleRateHz: RATE_HZ,
          visemes: [
            { viseme: 'aa', startMs: 0, endMs: durationMs / 2 },
            { viseme: 'PP', startMs: durationMs / 2, endMs: durationMs },
          ],
        };
      },
    },
    recognizer: {
      languages: ['en'],
      limitedVocabulary: false,
      recognize: async (clip) => ({
        text: clip.samples.some((value) => value !== 0) ? script.transcript : '',
      }),
    },
    close: async () => {},
  };
  return { provider, calls, spoken, script };
}
