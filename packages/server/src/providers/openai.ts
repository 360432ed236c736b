/**
 * Servers that speak the OpenAI interface, offered by what their list of models shows: one of the operator's own (Ollama,
 * LM Studio, llama.cpp, vLLM, …), and the vendor itself with the models of the operator's account.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createVendorFetch } from './lean-fetch.ts';
import { type LanguageModelInfo, type Provider, ProviderError } from './provider.ts';
import { createQuickText } from './quick-text.ts';
import { OPENAI_BASE_URL, openai } from './vendors/openai.ts';
import {
  createOpenAiEmbedder,
  createOpenAiRecognizer,
  createOpenAiSynthesizer,
  fetchModelIds,
  type OpenAiAccount,
  openAiVoices,
} from './vendors/openai-interface.ts';
import { createLifetime } from './vendors/transport.ts';

export interface OpenAiOptions {
  /** Default `openai`. */
  readonly id?: string;
  readonly displayName?: string;
  readonly apiKey?: string | undefined;
  /** Up to and with the version, e.g. `http://127.0.0.1:11434/v1`. Default: the vendor's own. */
  readonly baseUrl?: string | undefined;
  /** Names of all models there; saves asking for them. */
  readonly modelIds?: readonly string[];
  /** Default: the first model there that speaks; `null` for none. Not for the vendor itself. */
  readonly speechModelId?: string | null;
  /** Default: the first model there that transcribes; `null` for none. Not for the vendor itself. */
  readonly transcriptionModelId?: string | null;
  /** Default: the first model there that embeds; `null` for none. Not for the vendor itself. */
  readonly embeddingModelId?: string | null;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Limit until an answer begins. Default 30 000. */
  readonly timeoutMs?: number;
}

const MODEL_LIST_TIMEOUT_MS = 5000;
/** Offered when the server does not list its models. */
const USUAL_CHAT_MODELS = ['gpt-4o-mini', 'gpt-4o'];
const NOT_CHAT =
  /embed|whisper|tts|audio|image|dall-e|moderation|realtime|-live-|transcribe|davinci|babbage|sora|rerank|bge-|clip|kokoro|instruct-\d|computer-use|deep-research|codex|-search-/i;
const SPEECH_MODELS = /^gpt-4o-mini-tts$|^tts-1$|tts|kokoro/i;
const TRANSCRIPTION_MODELS = /^gpt-4o-mini-transcribe$|^whisper-1$|transcribe(?!.*diarize)|whisper/i;
const EMBEDDING_MODELS = /^text-embedding-3-small$|embed/i;

/**
 * Asks the server for its models and creates the provider with the capabilities they show. A server that does not
 * answer is taken to come back later.
 * @throws {ProviderError} `auth` when the key is refused.
 */
export async function createOpenAiProvider(options: OpenAiOptions = {}): Promise<Provider> {
  const baseUrl = (options.baseUrl ?? OPENAI_BASE_URL).replace(/\/+$/, '');
  const listed = options.modelIds ?? (await listModelsIfPossible({ ...options, baseUrl }, options.signal));
  return baseUrl === OPENAI_BASE_URL
    ? createAccount(options, listed)
    : createEndpoint({ ...options, baseUrl }, listed ?? USUAL_CHAT_MODELS);
}

/** The vendor, with the models that the account has: the recommended ones first. */
function createAccount(options: OpenAiOptions, listed: readonly string[] | undefined): Provider {
  const { fetch, timeoutMs } = options;
  const provider = openai.open({
    apiKey: options.apiKey ?? '',
    ...(fetch === undefined ? {} : { fetch }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const { languageModels } = provider;
  if (listed === undefined || languageModels === undefined) return provider;
  const recommended = languageModels.models.filter(({ id }) => listed.includes(id));
  const others = chatModelsOf(listed).filter(({ id }) => recommended.every((model) => model.id !== id));
  return { ...provider, languageModels: { ...languageModels, models: [...recommended, ...others] } };
}

function createEndpoint(
  options: OpenAiOptions & { readonly baseUrl: string },
  known: readonly string[],
): Provider {
  const { id = 'openai', displayName = 'OpenAI', baseUrl, apiKey } = options;
  const { closed, close } = createLifetime(displayName);
  const account: OpenAiAccount = {
    displayName,
    baseUrl,
    apiKey,
    fetch: options.fetch,
    timeoutMs: options.timeoutMs,
    closed,
  };
  const choose = (wanted: string | null | undefined, pattern: RegExp) =>
    wanted === undefined ? pick(known, pattern) : (wanted ?? undefined);
  const speechModel = choose(options.speechModelId, SPEECH_MODELS);
  const transcriptionModel = choose(options.transcriptionModelId, TRANSCRIPTION_MODELS);
  const embeddingModel = choose(options.embeddingModelId, EMBEDDING_MODELS);
  const models = chatModelsOf(known);
  const { timeoutMs, fetch: inner } = options;
  const quick = createQuickText(createVendorFetch({ displayName, closed, timeoutMs, inner }));
  const sdk = createOpenAICompatible({
    name: id,
    baseURL: baseUrl,
    includeUsage: true,
    fetch: quick.fetch,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  return {
    id,
    displayName,
    kind: 'endpoint',
    ...(models.length > 0
      ? { languageModels: { models, get: (modelId) => quick.wrap(sdk.chatModel(modelId)) } }
      : {}),
    ...(speechModel
      ? {
          synthesizer: createOpenAiSynthesizer(account, {
            modelId: speechModel,
            models: [{ id: speechModel, languages: ['*'] }],
            voices: openAiVoices(displayName),
          }),
        }
      : {}),
    ...(transcriptionModel
      ? {
          recognizer: createOpenAiRecognizer(account, {
            modelId: transcriptionModel,
            models: [{ id: transcriptionModel, languages: ['*'] }],
          }),
        }
      : {}),
    ...(embeddingModel ? { embedder: createOpenAiEmbedder(account, embeddingModel) } : {}),
    close,
  };
}

/** `undefined` when the server does not answer or does not know the request. */
async function listModelsIfPossible(
  options: OpenAiOptions & { readonly baseUrl: string },
  signal: AbortSignal | undefined,
): Promise<readonly string[] | undefined> {
  const limit = AbortSignal.timeout(MODEL_LIST_TIMEOUT_MS);
  const { baseUrl, apiKey, fetch } = options;
  try {
    return await fetchModelIds(
      { baseUrl, apiKey, fetch },
      { signal: signal ? AbortSignal.any([signal, limit]) : limit },
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ProviderError && error.kind === 'auth') throw error;
    return undefined;
  }
}

function chatModelsOf(modelIds: readonly string[]): readonly LanguageModelInfo[] {
  return modelIds
    .filter((modelId) => !NOT_CHAT.test(modelId))
    .map((modelId) => ({ id: modelId, displayName: modelId }));
}

/** The first model that fits the most wanted of the alternatives. */
function pick(modelIds: readonly string[], wanted: RegExp): string | undefined {
  for (const alternative of wanted.source.split('|')) {
    const pattern = new RegExp(alternative, 'i');
    const found = modelIds.find((modelId) => pattern.test(modelId));
    if (found !== undefined) return found;
  }
  return undefined;
}
