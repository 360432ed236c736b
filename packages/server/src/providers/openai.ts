/**
 * Any server that speaks the OpenAI interface: chat models through the AI SDK; transcription, speech and embeddings
 * through plain HTTP. Used for the vendor itself and for local servers.
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { decodePcm16, encodeWav, type PcmClip } from '@visavox/audio';
import { primaryLanguage } from '../text/language.ts';
import { stripMarkup } from '../text/markup.ts';
import { errorFromFetch, errorFromResponse, readJson } from './http.ts';
import {
  type Embedder,
  type LanguageModelInfo,
  type Provider,
  ProviderError,
  type SpeechChunk,
  type SpeechRecognizer,
  type SpeechSynthesizer,
  type Transcript,
  type Voice,
} from './provider.ts';

export interface OpenAiOptions {
  /** Default `openai`. */
  readonly id?: string;
  readonly displayName?: string;
  readonly apiKey?: string | undefined;
  /** Up to and with the version, e.g. `http://127.0.0.1:11434/v1`. Default: the vendor's own. */
  readonly baseUrl?: string | undefined;
  /** Names of all models there; saves asking for them. */
  readonly modelIds?: readonly string[];
  /** Default: the first model there that speaks; `null` for none. */
  readonly speechModelId?: string | null;
  /** Default: the first model there that transcribes; `null` for none. */
  readonly transcriptionModelId?: string | null;
  /** Default: the first model there that embeds; `null` for none. */
  readonly embeddingModelId?: string | null;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
  /** Limit until an answer begins. Default 30 000. */
  readonly timeoutMs?: number;
}

interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly displayName: string;
}

const VENDOR_BASE_URL = 'https://api.openai.com/v1';
const MODEL_LIST_TIMEOUT_MS = 5000;
/** Offered when the server does not list its models. */
const USUAL_CHAT_MODELS = ['gpt-4o-mini', 'gpt-4o'];
const NOT_CHAT =
  /embed|whisper|tts|audio|image|dall-e|moderation|realtime|transcribe|davinci|babbage|sora|rerank|bge-|clip|kokoro|instruct-\d|computer-use|deep-research|codex|-search-/i;
const SPEECH_MODELS = /^gpt-4o-mini-tts$|^tts-1$|tts|kokoro/i;
const TRANSCRIPTION_MODELS = /^gpt-4o-mini-transcribe$|^whisper-1$|transcribe(?!.*diarize)|whisper/i;
const EMBEDDING_MODELS = /^text-embedding-3-small$|embed/i;
const VOICES: readonly (readonly [id: string, gender: 'female' | 'male'])[] = [
  ['nova', 'female'],
  ['alloy', 'female'],
  ['coral', 'female'],
  ['sage', 'female'],
  ['shimmer', 'female'],
  ['ash', 'male'],
  ['echo', 'male'],
  ['fable', 'male'],
  ['onyx', 'male'],
];
const LANGUAGES = 'en ko ja zh es fr de it pt ru ar hi vi id tr nl pl uk sv da nb fi cs el he hu ro th'.split(
  ' ',
);
const SPEECH_RATE_HZ = 24_000;
/** Enough to start a sentence with; smaller network pieces are joined. */
const MIN_CHUNK_BYTES = SPEECH_RATE_HZ * 2 * 0.1;
const MAX_CHUNK_BYTES = SPEECH_RATE_HZ * 2 * 0.2;
const MAX_SPEECH_BYTES = SPEECH_RATE_HZ * 2 * 600;
/** Sent in one request; their vectors come back as JSON, up to 100 kB each. */
const MAX_EMBEDDED_TEXTS = 32;
const MAX_DIMENSIONS = 16_000;

/**
 * Asks the server for its models and creates the provider with the capabilities they show. A server that does not
 * answer is taken to come back later.
 * @throws {ProviderError} `auth` when the key is refused.
 */
export async function createOpenAiProvider(options: OpenAiOptions = {}): Promise<Provider> {
  const endpoint: Endpoint = {
    baseUrl: (options.baseUrl ?? VENDOR_BASE_URL).replace(/\/+$/, ''),
    apiKey: options.apiKey,
    fetch: options.fetch ?? fetch,
    timeoutMs: options.timeoutMs ?? 30_000,
    displayName: options.displayName ?? 'OpenAI',
  };
  const id = options.id ?? 'openai';
  const isVendor = endpoint.baseUrl === VENDOR_BASE_URL;
  const listed = options.modelIds ?? (await listModelsIfPossible(endpoint, options.signal));
  const known =
    listed ??
    (isVendor
      ? [...USUAL_CHAT_MODELS, 'gpt-4o-mini-tts', 'whisper-1', 'text-embedding-3-small']
      : USUAL_CHAT_MODELS);
  const closing = new AbortController();
  const close = async () =>
    closing.abort(new ProviderError('unavailable', `${endpoint.displayName} is closed`));

  const speechModel =
    options.speechModelId === undefined ? pick(known, SPEECH_MODELS) : options.speechModelId;
  const transcriptionModel =
    options.transcriptionModelId === undefined
      ? pick(known, TRANSCRIPTION_MODELS)
      : options.transcriptionModelId;
  const embeddingModel =
    options.embeddingModelId === undefined ? pick(known, EMBEDDING_MODELS) : options.embeddingModelId;
  const models = known
    .filter((modelId) => !NOT_CHAT.test(modelId))
    .map((modelId): LanguageModelInfo => ({ id: modelId, displayName: modelId }));
  const sdk = createOpenAICompatible({
    name: id,
    baseURL: endpoint.baseUrl,
    includeUsage: true,
    fetch: endpoint.fetch,
    ...(endpoint.apiKey === undefined ? {} : { apiKey: endpoint.apiKey }),
  });
  return {
    id,
    displayName: endpoint.displayName,
    kind: isVendor ? 'vendor' : 'endpoint',
    ...(models.length > 0 ? { languageModels: { models, get: (modelId) => sdk.chatModel(modelId) } } : {}),
    ...(speechModel ? { synthesizer: createSynthesizer(endpoint, speechModel, closing.signal) } : {}),
    ...(transcriptionModel
      ? { recognizer: createRecognizer(endpoint, transcriptionModel, closing.signal) }
      : {}),
    ...(embeddingModel ? { embedder: createEmbedder(endpoint, embeddingModel, closing.signal) } : {}),
    close,
  };
}

/** Names of the models of a server, in its order. */
export async function fetchModelIds(
  endpoint: { readonly baseUrl: string; readonly apiKey?: string | undefined; readonly fetch: typeof fetch },
  options: { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const response = await endpoint
    .fetch(`${endpoint.baseUrl}/models`, { headers: authorization(endpoint.apiKey), signal: options.signal })
    .catch((error: unknown) => {
      throw errorFromFetch(error, 'the list of models', options.signal);
    });
  if (!response.ok) throw await errorFromResponse(response, 'the list of models');
  const body = await readJson(response, 'the list of models');
  const data = typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
  if (!Array.isArray(data)) throw new ProviderError('protocol', 'expected a list of models with "data"');
  return data.flatMap((entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'id' in entry && typeof entry.id === 'string'
      ? [entry.id]
      : [],
  );
}

/** `undefined` when the server does not answer or does not know the request. */
async function listModelsIfPossible(
  endpoint: Endpoint,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | undefined> {
  const limit = AbortSignal.timeout(MODEL_LIST_TIMEOUT_MS);
  try {
    return await fetchModelIds(endpoint, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ProviderError && error.kind === 'auth') throw error;
    return undefined;
  }
}

function createSynthesizer(endpoint: Endpoint, modelId: string, closed: AbortSignal): SpeechSynthesizer {
  const voices = VOICES.map(
    ([id, gender]): Voice => ({
      id,
      displayName: `${id.charAt(0).toUpperCase()}${id.slice(1)} (${endpoint.displayName})`,
      languages: LANGUAGES,
      gender,
    }),
  );
  return {
    voices,
    async *synthesize({ text, voiceId }, { signal }) {
      const input = stripMarkup(text).trim();
      if (input === '') {
        yield { samples: new Int16Array(SPEECH_RATE_HZ / 10), sampleRateHz: SPEECH_RATE_HZ };
        return;
      }
      yield* streamSpeech(endpoint, { model: modelId, voice: voiceId, input, response_format: 'pcm' }, [
        signal,
        closed,
      ]);
    },
  };
}

async function* streamSpeech(
  endpoint: Endpoint,
  body: object,
  signals: readonly AbortSignal[],
): AsyncGenerator<SpeechChunk> {
  const what = `speech of ${endpoint.displayName}`;
  const left = new AbortController();
  const signal = AbortSignal.any([...signals, left.signal]);
  try {
    const response = await request(endpoint, '/audio/speech', what, signal, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.body) throw new ProviderError('protocol', `expected ${what}, got an empty answer`);
    let pending = new Uint8Array(0);
    let total = 0;
    for await (const piece of iterateBody(response.body, what, signal)) {
      total += piece.length;
      if (total > MAX_SPEECH_BYTES) throw new ProviderError('protocol', `${what} is longer than ten minutes`);
      const joined = new Uint8Array(pending.length + piece.length);
      joined.set(pending);
      joined.set(piece, pending.length);
      pending = joined;
      // Network pieces are of any size and may end in the middle of a sample.
      while (pending.length >= MIN_CHUNK_BYTES) {
        const size = Math.min(MAX_CHUNK_BYTES, pending.length - (pending.length % 2));
        yield { samples: decodePcm16(pending.subarray(0, size)), sampleRateHz: SPEECH_RATE_HZ };
        pending = pending.slice(size);
      }
    }
    if (pending.length >= 2) yield { samples: decodePcm16(pending), sampleRateHz: SPEECH_RATE_HZ };
    if (total < 2) throw new ProviderError('protocol', `expected ${what}, got no sound`);
  } finally {
    left.abort();
  }
}

async function* iterateBody(
  body: ReadableStream<Uint8Array>,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw errorFromFetch(error, what, signal);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function createRecognizer(endpoint: Endpoint, modelId: string, closed: AbortSignal): SpeechRecognizer {
  const what = `transcription of ${endpoint.displayName}`;
  return {
    languages: ['*'],
    limitedVocabulary: false,
    async recognize(clip: PcmClip, options): Promise<Transcript> {
      const signal = AbortSignal.any([options.signal, closed]);
      const form = new FormData();
      form.set('file', new Blob([encodeWav(clip)], { type: 'audio/wav' }), 'speech.wav');
      form.set('model', modelId);
      form.set('response_format', 'json');
      if (options.language) form.set('language', primaryLanguage(options.language));
      const response = await request(endpoint, '/audio/transcriptions', what, signal, { body: form });
      const body = await readJson(response, what);
      const text = typeof body === 'object' && body !== null && 'text' in body ? body.text : undefined;
      if (typeof text !== 'string') throw new ProviderError('protocol', `expected "text" in the ${what}`);
      return options.language ? { text: text.trim(), language: options.language } : { text: text.trim() };
    },
  };
}

function createEmbedder(endpoint: Endpoint, modelId: string, closed: AbortSignal): Embedder {
  const what = `embeddings of ${endpoint.displayName}`;
  return {
    modelId,
    async embed(texts, options) {
      const signal = AbortSignal.any([options.signal, closed]);
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += MAX_EMBEDDED_TEXTS) {
        const input = texts.slice(at, at + MAX_EMBEDDED_TEXTS);
        const response = await request(endpoint, '/embeddings', what, signal, {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: modelId, input, encoding_format: 'float' }),
        });
        const body = await readJson(response, what);
        signal.throwIfAborted();
        vectors.push(...readVectors(body, input.length, what));
      }
      const [first] = vectors;
      if (vectors.some(({ length }) => length !== first?.length)) {
        throw new ProviderError('protocol', `expected vectors of one length in the ${what}`);
      }
      return vectors;
    },
  };
}

/** The vectors of one answer, by the order of what was asked: servers may answer in another. */
function readVectors(body: unknown, count: number, what: string): readonly Float32Array[] {
  const data = typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
  if (!Array.isArray(data) || data.length !== count) {
    throw new ProviderError('protocol', `expected ${count} vectors in the ${what}`);
  }
  const vectors = new Map<number, Float32Array>();
  data.forEach((entry: unknown, position) => {
    const has = typeof entry === 'object' && entry !== null;
    const index = has && 'index' in entry && typeof entry.index === 'number' ? entry.index : position;
    const vector = readVector(has && 'embedding' in entry ? entry.embedding : undefined);
    if (vector !== undefined) vectors.set(index, vector);
  });
  return data.map((_, index) => {
    const vector = vectors.get(index);
    if (vector === undefined) {
      throw new ProviderError('protocol', `expected "embedding" as numbers in the ${what}`);
    }
    return vector;
  });
}

function readVector(numbers: unknown): Float32Array | undefined {
  if (!Array.isArray(numbers) || numbers.length === 0 || numbers.length > MAX_DIMENSIONS) return undefined;
  if (!numbers.every((value) => typeof value === 'number' && Number.isFinite(Math.fround(value))))
    return undefined;
  return Float32Array.from(numbers);
}

/** Sends a request; the limit counts until the answer begins. */
async function request(
  endpoint: Endpoint,
  path: string,
  what: string,
  signal: AbortSignal,
  init: { readonly headers?: Record<string, string>; readonly body: string | FormData },
): Promise<Response> {
  signal.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new ProviderError('timeout', `${what} did not begin in time`)),
    endpoint.timeoutMs,
  );
  const combined = AbortSignal.any([signal, limit.signal]);
  try {
    const response = await endpoint.fetch(`${endpoint.baseUrl}${path}`, {
      method: 'POST',
      headers: { ...authorization(endpoint.apiKey), ...init.headers },
      body: init.body,
      signal: combined,
    });
    if (!response.ok) throw await errorFromResponse(response, what);
    return response;
  } catch (error) {
    throw errorFromFetch(error, what, combined);
  } finally {
    clearTimeout(timer);
  }
}

function authorization(apiKey: string | undefined): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
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
