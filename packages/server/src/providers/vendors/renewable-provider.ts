/**
 * A provider whose key may change while it is in use. Calls begin with the newest key; the provider of the one before is
 * closed when its last call has ended.
 */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { type Provider, ProviderError } from '../provider.ts';

export interface RenewableProviderOptions {
  readonly apiKey: string;
  /** Connects to nothing; gives the same capabilities for every key. */
  readonly open: (apiKey: string) => Provider;
  /** Asked before every call; never rejects. */
  readonly fetchKey: () => Promise<string>;
}

interface Opened {
  readonly apiKey: string;
  readonly provider: Provider;
  uses: number;
}

export function createRenewableProvider({ apiKey, open, fetchKey }: RenewableProviderOptions): Provider {
  let newest: Opened = { apiKey, provider: open(apiKey), uses: 0 };
  let isClosed = false;
  const opened = new Set([newest]);
  const first = newest.provider;

  const endIfIdle = (each: Opened): void => {
    if (each === newest || each.uses > 0) return;
    opened.delete(each);
    void each.provider.close();
  };
  const acquire = async (): Promise<Opened> => {
    const key = isClosed ? newest.apiKey : await fetchKey();
    if (key !== newest.apiKey && !isClosed) {
      const old = newest;
      newest = { apiKey: key, provider: open(key), uses: 0 };
      opened.add(newest);
      endIfIdle(old);
    }
    newest.uses++;
    return newest;
  };
  const release = (used: Opened): void => {
    used.uses--;
    endIfIdle(used);
  };
  const call = async <T>(run: (provider: Provider) => Promise<T>): Promise<T> => {
    const used = await acquire();
    try {
      return await run(used.provider);
    } finally {
      release(used);
    }
  };
  async function* stream<T>(run: (provider: Provider) => AsyncIterable<T>): AsyncGenerator<T> {
    const used = await acquire();
    try {
      yield* run(used.provider);
    } finally {
      release(used);
    }
  }
  const modelOf = (modelId: string): LanguageModelV4 => {
    const { provider, supportedUrls } = has(newest.provider.languageModels).get(modelId);
    return {
      specificationVersion: 'v4',
      provider,
      modelId,
      supportedUrls,
      doGenerate: (options) =>
        call((current) => Promise.resolve(has(current.languageModels).get(modelId).doGenerate(options))),
      async doStream(options) {
        const used = await acquire();
        try {
          const result = await has(used.provider.languageModels).get(modelId).doStream(options);
          return { ...result, stream: whenEnded(result.stream, () => release(used)) };
        } catch (error) {
          release(used);
          throw error;
        }
      },
    };
  };

  const { synthesizer, recognizer, languageModels, embedder } = first;
  return {
    ...first,
    ...(synthesizer === undefined
      ? {}
      : {
          synthesizer: {
            ...synthesizer,
            synthesize: (request, options) =>
              stream((current) => has(current.synthesizer).synthesize(request, options)),
            ...(synthesizer.fetchVoices === undefined
              ? {}
              : {
                  fetchVoices: (options) =>
                    call((current) => has(has(current.synthesizer).fetchVoices)(options)),
                }),
          },
        }),
    ...(recognizer === undefined
      ? {}
      : {
          recognizer: {
            ...recognizer,
            recognize: (clip, options) => call((current) => has(current.recognizer).recognize(clip, options)),
            ...(recognizer.recognizeStream === undefined
              ? {}
              : {
                  recognizeStream: (sound, options) =>
                    stream((current) => has(has(current.recognizer).recognizeStream)(sound, options)),
                }),
          },
        }),
    ...(languageModels === undefined ? {} : { languageModels: { ...languageModels, get: modelOf } }),
    ...(embedder === undefined
      ? {}
      : {
          embedder: {
            ...embedder,
            embed: (texts, options) => call((current) => has(current.embedder).embed(texts, options)),
          },
        }),
    async close() {
      isClosed = true;
      await Promise.all([...opened].map(({ provider }) => provider.close()));
    },
  };
}

/** What the first key showed, every key shows. */
function has<T>(capability: T | undefined): T {
  if (capability === undefined)
    throw new ProviderError('unavailable', 'the new key offers less than the old one');
  return capability;
}

/** The same stream; tells once when it has ended, failed or been given up. */
function whenEnded<T>(stream: ReadableStream<T>, onEnd: () => void): ReadableStream<T> {
  const reader = stream.getReader();
  let hasEnded = false;
  const end = () => {
    if (!hasEnded) onEnd();
    hasEnded = true;
  };
  return new ReadableStream<T>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          end();
          controller.close();
        } catch (error) {
          end();
          controller.error(error);
        }
      },
      async cancel(reason) {
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
