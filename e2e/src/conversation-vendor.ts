/**
 * A vendor for whole conversations: a language model that answers as a test tells it, a voice that answers with tones,
 * and a recogniser that tells what it heard of the sound instead of its words.
 */
import type { Provider } from '@visavox/server/testing';

type LanguageModel = ReturnType<NonNullable<Provider['languageModels']>['get']>;
type Prompt = Parameters<LanguageModel['doStream']>[0]['prompt'];

export interface ConversationVendor {
  readonly provider: Provider;
  /** What the language model was asked, in order: each message as `role: text`. */
  readonly asked: string[][];
  /** What was synthesized, in order. */
  readonly spoken: string[];
  readonly script: {
    /** The answer to the last thing the user said. */
    answer: (question: string) => string;
  };
}

const RATE_HZ = 24_000;
/** Speech of a text is this long for each of its characters, so that its length is known. */
const MS_PER_CHARACTER = 40;
/** What the server reckons with while it does not know the end of a speech yet. */
const ESTIMATED_MS_PER_CHARACTER = 65;
/** A text with this word cannot be synthesized. */
export const UNSPEAKABLE = 'unspeakable';
const SILENCE = 100;

/** A text that names a pitch ("500 Hz") is heard at that pitch; others at 440 Hz. */
export function createConversationVendor(): ConversationVendor {
  const asked: string[][] = [];
  const spoken: string[] = [];
  const script: ConversationVendor['script'] = { answer: () => 'Hello there. How are you?' };

  const model: LanguageModel = {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted-1',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('Only streaming is scripted.')),
    async doStream({ prompt }) {
      asked.push(prompt.map((message) => `${message.role}: ${textOf(message)}`));
      const last = prompt.findLast(({ role }) => role === 'user');
      const answer = script.answer(last === undefined ? '' : textOf(last));
      return {
        stream: new ReadableStream({
          start(controller) {
            controller.enqueue({ type: 'text-delta', id: 't', delta: answer });
            controller.enqueue({
              type: 'finish',
              finishReason: { unified: 'stop', raw: 'stop' },
              usage: {
                inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
                outputTokens: { total: 1, text: 1, reasoning: 0 },
              },
            });
            controller.close();
          },
        }),
      };
    },
  };

  return {
    asked,
    spoken,
    script,
    provider: {
      id: 'scripted',
      displayName: 'Scripted',
      languageModels: { models: [{ id: 'scripted-1', displayName: 'Scripted' }], get: () => model },
      synthesizer: {
        voices: [{ id: 'tone', displayName: 'Tone', languages: ['*'], gender: 'female' }],
        async *synthesize({ text }, { signal }) {
          signal.throwIfAborted();
          spoken.push(text);
          if (text.includes(UNSPEAKABLE)) throw new Error('The text cannot be spoken.');
          const durationMs = text.length * MS_PER_CHARACTER;
          const pitch = Number(/(\d{3,})/.exec(text)?.[1] ?? 440);
          yield {
            samples: Int16Array.from({ length: (durationMs * RATE_HZ) / 1000 }, (_, index) =>
              Math.round(10_000 * Math.sin((2 * Math.PI * pitch * index) / RATE_HZ)),
            ),
            sampleRateHz: RATE_HZ,
            visemes: [{ viseme: 'aa', startMs: 0, endMs: durationMs }],
          };
        },
      },
      recognizer: {
        languages: ['*'],
        limitedVocabulary: false,
        async recognize({ samples, sampleRateHz }, { language }) {
          const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          if (peak < SILENCE) return { text: '' };
          const seconds = (samples.length / sampleRateHz).toFixed(2);
          return { text: `heard ${seconds} s in ${language ?? 'any'}` };
        },
      },
      close: async () => {},
    },
  };
}

/** Lengths that may be announced for a text: the true one, or the estimate when it began to play before its end was there. */
export function announcedLengths(text: string): number[] {
  return [text.length * MS_PER_CHARACTER, text.length * ESTIMATED_MS_PER_CHARACTER];
}

function textOf(message: Prompt[number]): string {
  if (typeof message.content === 'string') return message.content;
  return message.content.map((part) => ('text' in part ? part.text : `[${part.type}]`)).join('');
}
