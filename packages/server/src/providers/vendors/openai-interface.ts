/**
 * The OpenAI interface but for chat: speech, transcription, embeddings and the list of models. The vendor itself, other
 * vendors and servers of one's own speak it.
 */
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import { stripMarkup } from '../../text/markup.ts';
import {
  type AudioFile,
  type Embedder,
  ProviderError,
  type ProviderErrorKind,
  type RecognitionOptions,
  type SpeechModel,
  type SpeechRecognizer,
  type SpeechSynthesizer,
  type Transcript,
  type Voice,
} from '../provider.ts';
import { cutText } from './text-pieces.ts';
import { fileOf, parseAnswer, pcmChunks, readBody, readVendorJson, requestVendor } from './transport.ts';

export interface OpenAiAccount {
  readonly displayName: string;
  /** Up to and with the version. */
  readonly baseUrl: string;
  /** Absent for servers that ask for none. */
  readonly apiKey: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly timeoutMs?: number | undefined;
  /** Ends what is under way. */
  readonly closed: AbortSignal;
}

export interface OpenAiSpeechOptions {
  /** Used when a request names none. */
  readonly modelId: string;
  /** Absent: there is nothing to choose, and `modelId` is used for everything. */
  readonly models?: readonly SpeechModel[];
}

export const OPENAI_SPEECH_RATE_HZ = 24_000;
export const OPENAI_LANGUAGES =
  'en ko ja zh es fr de it pt ru ar hi vi id tr nl pl uk sv da nb fi cs el he hu ro th'.split(' ');
/** The vendor's limits. */
const MAX_INPUT_CHARACTERS = 4096;
const MAX_TOKEN_MODEL_CHARACTERS = 1500;
const MAX_PROMPT_CHARACTERS = 800;
/** Sent in one request; their vectors come back as JSON, up to 100 kB each. */
const MAX_EMBEDDED_TEXTS = 32;
const MAX_DIMENSIONS = 16_000;

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

/** Voices that every model of the interface has, and further ones that only some have. */
export function openAiVoices(
  displayName: string,
  further: readonly {
    readonly id: string;
    readonly gender: 'female' | 'male';
    readonly modelIds: readonly string[];
  }[] = [],
): readonly Voice[] {
  return [...VOICES.map(([id, gender]) => ({ id, gender })), ...further].map(
    (voice): Voice => ({
      ...voice,
      displayName: `${voice.id.charAt(0).toUpperCase()}${voice.id.slice(1)} (${displayName})`,
      languages: OPENAI_LANGUAGES,
    }),
  );
}

export function createOpenAiSynthesizer(
  account: OpenAiAccount,
  options: OpenAiSpeechOptions & { readonly voices: readonly Voice[] },
): SpeechSynthesizer {
  const what = `speech of ${account.displayName}`;
  return {
    ...(options.models === undefined ? {} : { models: options.models }),
    voices: options.voices,
    async *synthesize(request, { signal: given }) {
      const signal = AbortSignal.any([given, account.closed]);
      signal.throwIfAborted();
      const model = modelOf(options, request.modelId);
      // Models of the first generation know no instructions; the others count in tokens.
      const takesInstructions = model.startsWith('gpt-');
      const pieces = cutText(stripMarkup(request.text), {
        maxLength: takesInstructions ? MAX_TOKEN_MODEL_CHARACTERS : MAX_INPUT_CHARACTERS,
        language: request.language,
      });
      if (pieces.length === 0) {
        yield { samples: new Int16Array(OPENAI_SPEECH_RATE_HZ / 10), sampleRateHz: OPENAI_SPEECH_RATE_HZ };
        return;
      }
      for (const input of pieces) {
        const response = await post(account, '/audio/speech', what, signal, {
          model,
          voice: request.voiceId,
          input,
          response_format: 'pcm',
          ...(request.speed === undefined ? {} : { speed: request.speed }),
          ...(takesInstructions && request.instructions ? { instructions: request.instructions } : {}),
        });
        const sampleRateHz = rateOf(response.headers.get('content-type')) ?? OPENAI_SPEECH_RATE_HZ;
        yield* pcmChunks(readBody(response, { what, signal }), { sampleRateHz, what });
      }
    },
  };
}

/** Compatible servers have voices of other rates, and say so in the type: `audio/pcm;rate=16000`. */
function rateOf(contentType: string | null): number | undefined {
  const rate = Number(/^audio\/(?:pcm|l16)\b.*;\s*rate=(\d{4,6})\b/i.exec(contentType ?? '')?.[1]);
  return rate >= 8000 && rate <= 192_000 ? rate : undefined;
}

const TRANSCRIPTION = z.object({
  text: z.string(),
  /** A tag, or an English name in lower case. */
  language: z.string().nullish(),
  words: z.array(z.object({ word: z.string(), start: z.number(), end: z.number() })).nullish(),
  segments: z.array(z.object({ avg_logprob: z.number().nullish() })).nullish(),
  logprobs: z.array(z.object({ logprob: z.number() })).nullish(),
});

export function createOpenAiRecognizer(
  account: OpenAiAccount,
  options: OpenAiSpeechOptions & {
    /** Whisper models of this server tell the times of words. Default false. */
    readonly tellsTimes?: boolean;
  },
): SpeechRecognizer {
  const what = `transcription of ${account.displayName}`;
  return {
    ...(options.models === undefined ? {} : { models: options.models }),
    languages: ['*'],
    limitedVocabulary: false,
    features: ['keywords', 'prompt'],
    async recognize(clip, wishes): Promise<Transcript> {
      const signal = AbortSignal.any([wishes.signal, account.closed]);
      const model = modelOf(options, wishes.modelId);
      const form = new FormData();
      const { bytes, mediaType } = fileOf(clip, isTaken(wishes.file) ? wishes.file : undefined);
      // The vendor tells the container by the name.
      form.set('file', new Blob([bytes], { type: mediaType }), `speech.${EXTENSIONS[essenceOf(mediaType)]}`);
      form.set('model', model);
      if (options.tellsTimes && model.includes('whisper')) {
        form.set('response_format', 'verbose_json');
        form.append('timestamp_granularities[]', 'word');
        form.append('timestamp_granularities[]', 'segment');
      } else {
        form.set('response_format', 'json');
        if (/^gpt-4o(-mini)?-transcribe(?!-diarize)/.test(model)) form.append('include[]', 'logprobs');
      }
      addHints(form, model, wishes);
      const response = await requestVendor({
        ...requestTo(account, '/audio/transcriptions', what, signal),
        body: form,
      });
      const answer = parseAnswer(TRANSCRIPTION, await readVendorJson(response, { what, signal }), what);
      return transcriptOf(answer, wishes.language);
    },
  };
}

/** Words to listen for go into the prompt, where a model has no field for them. */
function addHints(form: FormData, model: string, wishes: RecognitionOptions): void {
  const { keywords = [], prompt = '' } = wishes;
  const language = wishes.language === undefined ? undefined : primaryLanguage(wishes.language);
  if (model.startsWith('gpt-transcribe')) {
    if (language !== undefined) form.append('languages[]', language);
    for (const keyword of keywords) form.append('keywords[]', keyword);
    if (prompt !== '') form.set('prompt', prompt);
    return;
  }
  if (language !== undefined) form.set('language', language);
  const hints = [keywords.join(', '), prompt].filter((text) => text !== '').join('. ');
  // Only the end of a longer prompt would count.
  if (hints !== '') form.set('prompt', hints.slice(0, MAX_PROMPT_CHARACTERS));
}

function transcriptOf(answer: z.infer<typeof TRANSCRIPTION>, asked: string | undefined): Transcript {
  const text = answer.text.trim();
  const language = asked ?? tagOf(answer.language ?? undefined);
  const logprobs =
    answer.logprobs?.map(({ logprob }) => logprob) ??
    answer.segments?.flatMap(({ avg_logprob }) => (typeof avg_logprob === 'number' ? [avg_logprob] : [])) ??
    [];
  const words = answer.words ?? [];
  return {
    text,
    ...(language === undefined ? {} : { language }),
    ...(text === '' || logprobs.length === 0
      ? {}
      : {
          confidence: Math.min(1, Math.exp(logprobs.reduce((sum, each) => sum + each, 0) / logprobs.length)),
        }),
    ...(words.length === 0
      ? {}
      : {
          words: words.map(({ word, start, end }) => ({
            text: word.trim(),
            startMs: Math.round(start * 1000),
            endMs: Math.round(end * 1000),
          })),
        }),
  };
}

const LANGUAGE_NAMES = new Intl.DisplayNames(['en'], { type: 'language' });

function tagOf(language: string | undefined): string | undefined {
  if (language === undefined || /^[a-z]{2,3}$/.test(language)) return language;
  return OPENAI_LANGUAGES.find((tag) => LANGUAGE_NAMES.of(tag)?.toLowerCase() === language.toLowerCase());
}

/** Containers that the interface takes; anything else is sent as WAV. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/wave': 'wav',
  'audio/x-wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/mp4': 'mp4',
  'audio/m4a': 'm4a',
  'audio/x-m4a': 'm4a',
  'audio/webm': 'webm',
  'video/webm': 'webm',
  'audio/ogg': 'ogg',
  'audio/flac': 'flac',
  'audio/x-flac': 'flac',
};

function isTaken(file: AudioFile | undefined): boolean {
  return file !== undefined && Object.hasOwn(EXTENSIONS, essenceOf(file.mediaType));
}

function essenceOf(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}

const EMBEDDINGS = z.object({
  data: z.array(
    z.object({
      index: z.number().optional(),
      embedding: z
        .array(z.number().refine((value) => Number.isFinite(Math.fround(value))))
        .min(1)
        .max(MAX_DIMENSIONS),
    }),
  ),
});

export function createOpenAiEmbedder(account: OpenAiAccount, modelId: string): Embedder {
  const what = `embeddings of ${account.displayName}`;
  return {
    modelId,
    async embed(texts, options) {
      const signal = AbortSignal.any([options.signal, account.closed]);
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += MAX_EMBEDDED_TEXTS) {
        const input = texts.slice(at, at + MAX_EMBEDDED_TEXTS);
        const response = await post(account, '/embeddings', what, signal, {
          model: modelId,
          input,
          encoding_format: 'float',
        });
        const answer = parseAnswer(EMBEDDINGS, await readVendorJson(response, { what, signal }), what);
        signal.throwIfAborted();
        vectors.push(...inOrder(answer, input.length, what));
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
function inOrder({ data }: z.infer<typeof EMBEDDINGS>, count: number, what: string): readonly Float32Array[] {
  const vectors = new Map(
    data.map(({ index, embedding }, position) => [index ?? position, Float32Array.from(embedding)]),
  );
  return Array.from({ length: count }, (_, index) => {
    const vector = data.length === count ? vectors.get(index) : undefined;
    if (vector === undefined) throw new ProviderError('protocol', `expected ${count} vectors in the ${what}`);
    return vector;
  });
}

const MODEL_LIST = z.object({ data: z.array(z.object({ id: z.string() }).or(z.unknown())) });

/** Names of the models of a server, in its order. */
export async function fetchModelIds(
  account: Pick<OpenAiAccount, 'baseUrl' | 'apiKey' | 'fetch' | 'timeoutMs'>,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const what = 'list of models';
  const response = await requestVendor(requestTo(account, '/models', what, signal));
  const { data } = parseAnswer(MODEL_LIST, await readVendorJson(response, { what, signal }), what);
  return data.flatMap((entry) =>
    typeof entry === 'object' && entry !== null && 'id' in entry && typeof entry.id === 'string'
      ? [entry.id]
      : [],
  );
}

export function authorizationOf(apiKey: string | undefined): Readonly<Record<string, string>> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
}

const ERROR = z.object({
  error: z.object({
    code: z.unknown().optional(),
    type: z.unknown().optional(),
    message: z.string().catch(''),
  }),
});

/** What the interface's errors say beyond their status. */
export function kindOfOpenAiError(status: number, body: unknown): ProviderErrorKind | undefined {
  const { success, data } = ERROR.safeParse(body);
  if (!success) return undefined;
  const { code, type, message } = data.error;
  const names = [code, type];
  if (names.includes('insufficient_quota') || names.includes('billing_not_active')) return 'payment';
  // The key is good, but not for this model.
  if (status === 403 && names.includes('model_not_found')) return 'bad-request';
  const isAboutAudio =
    /audio file (might be|is|could not|too short)|could not be decoded|invalid file format|no audio/i;
  if (status === 400 && isAboutAudio.test(message)) return 'bad-audio';
  return undefined;
}

function modelOf({ modelId, models }: OpenAiSpeechOptions, asked: string | undefined): string {
  return models === undefined ? modelId : (asked ?? modelId);
}

function requestTo(
  account: Pick<OpenAiAccount, 'baseUrl' | 'apiKey' | 'fetch' | 'timeoutMs'>,
  path: string,
  what: string,
  signal: AbortSignal,
) {
  return {
    url: `${account.baseUrl}${path}`,
    what,
    signal,
    headers: authorizationOf(account.apiKey),
    fetch: account.fetch,
    timeoutMs: account.timeoutMs,
    kindOfError: kindOfOpenAiError,
  };
}

async function post(
  account: OpenAiAccount,
  path: string,
  what: string,
  signal: AbortSignal,
  body: object,
): Promise<Response> {
  const request = requestTo(account, path, what, signal);
  return await requestVendor({
    ...request,
    headers: { ...request.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
