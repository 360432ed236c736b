/** Engines of sessions: each begins with the one that was chosen, and goes on with others when that fails. */
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { SpeechRecognizer, SpeechSynthesizer, Voice } from '../providers/provider.ts';
import { canonicalLanguage } from '../text/language.ts';
import { AllProvidersFailedError } from './failover.ts';
import type { CallContext, Gateway } from './gateway.ts';
import type { Objective, RoutingIntent } from './intent.ts';

/** Whose calls they are. */
export interface Caller {
  readonly organizationId: string;
  readonly sessionId: string;
}

/** The first to be asked: exactly one model, or whoever is best for an objective. */
export type Choice =
  | { readonly providerId: string; readonly modelId?: string }
  | { readonly objective: Objective };

export interface Engines {
  languageModel(choice: Choice, caller: Caller): LanguageModelV4;
  /** A voice's id of another vendor is replaced by a voice of the same gender. */
  synthesizer(choice: Choice, gender: Voice['gender'], caller: Caller): SpeechSynthesizer;
  /** `exact`: no other recogniser takes over. */
  recognizer(
    choice: Choice,
    options: { readonly exact: boolean; readonly languages: readonly string[] },
    caller: Caller,
  ): SpeechRecognizer;
}

export function createEngines(gateway: Gateway): Engines {
  const contextOf = (choice: Choice, language: string, caller: Caller, signal: AbortSignal): CallContext => {
    const intent: RoutingIntent = {
      language: canonicalLanguage(language) ?? 'en',
      region: 'global',
      optimizeFor: 'objective' in choice ? choice.objective : 'balanced',
    };
    return {
      organizationId: caller.organizationId,
      sessionId: caller.sessionId,
      intent,
      prefer: 'providerId' in choice ? choice : undefined,
      signal,
    };
  };
  return {
    languageModel(choice, caller) {
      const contextFor = (signal: AbortSignal | undefined) =>
        // A conversation's language says nothing about which language model is best.
        contextOf(choice, 'en', caller, signal ?? new AbortController().signal);
      return {
        specificationVersion: 'v4',
        provider: 'visavox',
        modelId: nameOf(choice),
        supportedUrls: {},
        async doGenerate({ abortSignal, ...options }) {
          return (await gateway.generate(options, contextFor(abortSignal))).result;
        },
        async doStream({ abortSignal, ...options }) {
          const items = await gateway
            .complete(options, contextFor(abortSignal))
            .then((routed) => routed.items, emptyAnswer);
          const iterator = items[Symbol.asyncIterator]();
          return {
            // The types of browsers, which check this file too, lack `ReadableStream.from`.
            stream: new ReadableStream({
              async pull(controller) {
                const { done, value } = await iterator.next();
                if (done === true) controller.close();
                else controller.enqueue(value);
              },
              async cancel() {
                await iterator.return?.();
              },
            }),
          };
        },
      };
    },

    synthesizer: (choice, gender, caller) => ({
      voices: [],
      async *synthesize({ text, voiceId, language }, { signal }) {
        const { items } = await gateway.synthesize(
          { text, gender, ...(voiceId === '' ? {} : { voiceId }) },
          { ...contextOf(choice, language, caller, signal), everything: true },
        );
        yield* items;
      },
    }),

    recognizer: (choice, { exact, languages }, caller) => ({
      languages,
      limitedVocabulary: false,
      async recognize(clip, { signal, language, ...wishes }) {
        const context = contextOf(choice, language ?? 'en', caller, signal);
        const { transcript } = await gateway.transcribe(
          { clip, ...wishes, language: language ?? 'auto' },
          exact && 'providerId' in choice
            ? { ...context, prefer: undefined, pin: choice }
            : { ...context, everything: true },
        );
        return transcript;
      },
    }),
  };
}

/** In a conversation a model may have nothing to say. When all those that were asked had nothing, that is the answer. */
async function* emptyAnswer(error: unknown): AsyncGenerator<LanguageModelV4StreamPart> {
  if (!(error instanceof AllProvidersFailedError && error.isEmpty)) throw error;
  yield {
    type: 'finish',
    finishReason: { unified: 'stop', raw: undefined },
    usage: {
      inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    },
  };
}

function nameOf(choice: Choice): string {
  return 'objective' in choice
    ? `auto-${choice.objective}`
    : `${choice.providerId}:${choice.modelId ?? 'default'}`;
}
