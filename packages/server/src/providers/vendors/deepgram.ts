/**
 * Deepgram: Nova recognises recordings and live sound, Flux live conversations, Aura-2 speaks. Formats are known from
 * the vendor's documentation and SDKs; no live answer was seen.
 */
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import { stripMarkup } from '../../text/markup.ts';
import {
  ProviderError,
  type ProviderErrorKind,
  type RecognitionOptions,
  type SpeechModel,
  type SpeechRecognizer,
  type SpeechSynthesizer,
  type StreamRecognitionOptions,
  type Transcript,
  type TranscriptWord,
  type Voice,
} from '../provider.ts';
import { recognizeClipLive } from './live-clip.ts';
import { type LiveEvent, type LiveProtocol, readMessage, recognizeLive } from './live-recognition.ts';
import { cutText } from './text-pieces.ts';
import {
  createLifetime,
  fileOf,
  openVendorSocket,
  parseAnswer,
  pcmChunks,
  readBody,
  readVendorJson,
  requestVendor,
} from './transport.ts';
import type { Vendor, VendorAccount } from './vendor.ts';

const BASE_URL = 'https://api.deepgram.com';
const KEEP_ALIVE_MS = 4000;
/** The vendor's limits. */
const MAX_KEYTERMS = 100;
const MAX_TEXT_CHARACTERS = 2000;
const SPEECH_RATES_HZ = [8000, 16_000, 24_000, 32_000, 48_000];
const DEFAULT_SPEECH_RATE_HZ = 24_000;

const NOVA_3_LANGUAGES =
  'en es fr de pt ko ja zh it nl hi ru pl sv da tr no nb id vi uk cs fi hu bg el ro sk ca et lv lt ms hr sl sr bs mk be bn kn mr ta te tl fil th he fa ur'.split(
    ' ',
  );
const NOVA_2_LANGUAGES =
  'en es fr de pt ko ja zh it nl hi ru pl sv da tr no nb id vi uk cs fi hu bg el ro sk ca et lv lt ms th'.split(
    ' ',
  );
/** Regional tags that the vendor knows; of all others it is given the language. */
const REGIONAL_TAGS = new Set(
  'en-US en-AU en-GB en-IN en-NZ da-DK de-CH es-419 fr-CA ko-KR nl-BE pt-BR pt-PT sv-SE th-TH zh-CN zh-Hans zh-TW zh-Hant zh-HK'.split(
    ' ',
  ),
);
const OWN_NAMES: Readonly<Record<string, string>> = {
  nb: 'no',
  nn: 'no',
  fil: 'tl',
  yue: 'zh-HK',
  cmn: 'zh',
};

const MODELS: readonly SpeechModel[] = [
  { id: 'nova-3', displayName: 'Nova-3', languages: NOVA_3_LANGUAGES },
  { id: 'nova-2', displayName: 'Nova-2', languages: NOVA_2_LANGUAGES },
  { id: 'flux-general-en', displayName: 'Flux', languages: ['en'] },
];

const VOICES: readonly Voice[] = [
  voices('female', {
    'en-US':
      'thalia andromeda helena asteria athena aurora callista cora cordelia delia electra harmonia hera iris janus juno luna minerva ophelia phoebe selene vesta',
    'en-GB': 'pandora',
    'en-AU': 'theia',
    'en-PH': 'amalthea',
    'es-CO': 'celeste gloria',
    'es-MX': 'estrella olivia',
    'es-ES': 'carina diana agustina silvia',
    'es-419': 'selena',
    'es-AR': 'antonia',
    'nl-NL': 'rhea beatrix daphne cornelia hestia leda',
    'fr-FR': 'agathe',
    'de-DE': 'viktoria elara aurelia lara kara',
    'it-IT': 'livia melia maia cinzia demetra',
    'ja-JP': 'izanami uzume ama',
  }),
  voices('male', {
    'en-US': 'apollo arcas aries atlas hermes jupiter mars neptune odysseus orion orpheus pluto saturn zeus',
    'en-GB': 'draco',
    'en-AU': 'hyperion',
    'es-ES': 'nestor alvaro',
    'es-MX': 'javier sirio luciano valerio',
    'es-419': 'aquila',
    'nl-NL': 'sander lars roman',
    'fr-FR': 'hector',
    'de-DE': 'julius fabian',
    'it-IT': 'dionisio elio flavio cesare',
    'ja-JP': 'fujin ebisu',
  }),
].flat();

export const deepgram: Vendor = {
  ...VENDOR_VARIABLES.deepgram,
  open(options) {
    const { closed, close } = createLifetime('Deepgram');
    const account: VendorAccount = { ...options, baseUrl: options.baseUrl ?? BASE_URL, closed };
    return {
      id: 'deepgram',
      displayName: 'Deepgram',
      recognizer: createRecognizer(account),
      synthesizer: createSynthesizer(account),
      close,
    };
  },
};

function createRecognizer(account: VendorAccount): SpeechRecognizer {
  const what = 'transcription of Deepgram';
  const live: NonNullable<SpeechRecognizer['recognizeStream']> = async function* (sound, options) {
    yield* recognizeLive(sound, isFlux(options.modelId) ? flux(account, options) : nova(account, options), {
      ...options,
      signal: AbortSignal.any([options.signal, account.closed]),
    });
  };
  return {
    models: MODELS,
    languages: NOVA_3_LANGUAGES,
    limitedVocabulary: false,
    features: ['keywords', 'diarization', 'smart-format', 'filler-words', 'profanity-filter'],
    recognizeStream: live,

    async recognize(clip, options): Promise<Transcript> {
      if (isFlux(options.modelId)) return await recognizeClipLive(clip, options, live);
      const signal = AbortSignal.any([options.signal, account.closed]);
      const url = new URL(`${account.baseUrl}/v1/listen`);
      addWishes(url.searchParams, options);
      const { language } = options;
      if (language === undefined) url.searchParams.set('detect_language', 'true');
      else url.searchParams.set('language', languageOf(language));
      const { bytes, mediaType } = fileOf(clip, options.file);
      const response = await requestVendor({
        url,
        what,
        signal,
        headers: { ...authorization(account), 'content-type': mediaType },
        body: bytes,
        fetch: account.fetch,
        timeoutMs: account.timeoutMs,
        kindOfError,
      });
      const body = parseAnswer(ANSWER, await readVendorJson(response, { what, signal }), what);
      const channel = body.results.channels[0];
      const heard = channel?.alternatives[0];
      if (heard === undefined) throw new ProviderError('protocol', `expected an alternative in the ${what}`);
      const detected = channel?.detected_language;
      return { ...transcriptOf(heard), ...(detected === undefined ? {} : { language: detected }) };
    },
  };
}

const WORD = z.object({
  word: z.string(),
  punctuated_word: z.string().optional(),
  start: z.number(),
  end: z.number(),
  confidence: z.number().optional(),
  speaker: z.number().optional(),
});
const ALTERNATIVE = z.object({
  transcript: z.string(),
  confidence: z.number().optional(),
  words: z.array(WORD).default([]),
  languages: z.array(z.string()).optional(),
});
const ANSWER = z.object({
  results: z.object({
    channels: z.array(
      z.object({ alternatives: z.array(ALTERNATIVE), detected_language: z.string().optional() }),
    ),
  }),
});
const LIVE_RESULT = z.object({
  is_final: z.boolean(),
  from_finalize: z.boolean().default(false),
  channel: z.object({ alternatives: z.array(ALTERNATIVE).min(1) }),
});
const TURN = z.object({
  event: z.string(),
  transcript: z.string().default(''),
  words: z
    .array(WORD)
    // Times came to this protocol later.
    .catch([]),
});

function transcriptOf(heard: {
  readonly transcript: string;
  readonly confidence?: number | undefined;
  readonly words: readonly z.infer<typeof WORD>[];
}): Transcript {
  const text = heard.transcript.trim();
  if (text === '') return { text };
  return {
    text,
    ...(heard.confidence === undefined ? {} : { confidence: heard.confidence }),
    ...(heard.words.length === 0 ? {} : { words: heard.words.map(wordOf) }),
  };
}

function wordOf(word: z.infer<typeof WORD>): TranscriptWord {
  return {
    text: word.punctuated_word ?? word.word,
    startMs: Math.round(word.start * 1000),
    endMs: Math.round(word.end * 1000),
    ...(word.confidence === undefined ? {} : { confidence: word.confidence }),
    ...(word.speaker === undefined ? {} : { speaker: word.speaker }),
  };
}

function addWishes(query: URLSearchParams, options: RecognitionOptions): void {
  const model = options.modelId ?? 'nova-3';
  query.set('model', model);
  query.set('punctuate', 'true');
  if (options.smartFormat) query.set('smart_format', 'true');
  if (options.diarization) query.set('diarize', 'true');
  if (options.fillerWords) query.set('filler_words', 'true');
  if (options.profanityFilter) query.set('profanity_filter', 'true');
  const parameter = model.startsWith('nova-3') ? 'keyterm' : 'keywords';
  for (const word of options.keywords?.slice(0, MAX_KEYTERMS) ?? []) query.append(parameter, word);
}

/** `multi` and other words of the vendor's own pass. */
function languageOf(tag: string): string {
  if (REGIONAL_TAGS.has(tag)) return tag;
  const primary = primaryLanguage(tag);
  return OWN_NAMES[primary] ?? primary;
}

/** The first version of the live protocol: stretches of speech as they are recognised. */
function nova(account: VendorAccount, options: StreamRecognitionOptions): LiveProtocol {
  const what = 'transcription of Deepgram';
  const url = socketUrl(account, '/v1/listen', options.sampleRateHz);
  addWishes(url.searchParams, options);
  // Live sound is not searched for its language; `multi` hears the most frequent ones.
  url.searchParams.set('language', languageOf(options.language ?? 'multi'));
  url.searchParams.set('channels', '1');
  url.searchParams.set('interim_results', String(options.interimResults));
  return {
    what,
    open: (signal) => open(account, url, what, signal),
    flushMessage: JSON.stringify({ type: 'Finalize' }),
    endMessage: JSON.stringify({ type: 'CloseStream' }),
    keepAlive: { message: JSON.stringify({ type: 'KeepAlive' }), everyMs: KEEP_ALIVE_MS },
    answerMs: account.timeoutMs,
    read(message) {
      const said = readMessage(message, what);
      if (said['type'] === 'Error') throw new ProviderError('unavailable', `${what} failed`);
      // The summary comes last.
      if (said['type'] === 'Metadata') return ['end'];
      if (said['type'] !== 'Results') return [];
      const { is_final: isFinal, from_finalize, channel } = parseAnswer(LIVE_RESULT, said, what);
      const [heard] = channel.alternatives;
      if (heard === undefined) return [];
      const language = heard.languages?.[0];
      const event: LiveEvent = {
        ...transcriptOf(heard),
        ...(language === undefined ? {} : { language }),
        isFinal,
        answersFlush: from_finalize,
      };
      return [event];
    },
  };
}

/** The second version, for models that follow the turns of a conversation. */
function flux(account: VendorAccount, options: StreamRecognitionOptions): LiveProtocol {
  const what = 'transcription of Deepgram Flux';
  if (options.diarization) throw new ProviderError('bad-request', 'Deepgram Flux cannot tell speakers apart');
  const url = socketUrl(account, '/v2/listen', options.sampleRateHz);
  url.searchParams.set('model', options.modelId ?? 'flux-general-en');
  for (const word of options.keywords?.slice(0, MAX_KEYTERMS) ?? []) url.searchParams.append('keyterm', word);
  if (options.profanityFilter) url.searchParams.set('profanity_filter', 'true');
  let turn: LiveEvent = { text: '', isFinal: true };
  return {
    what,
    open: (signal) => open(account, url, what, signal),
    // The vendor recommends 80 ms.
    pieceMs: { min: 80, max: 400 },
    flushMessage: JSON.stringify({ type: 'ForceEndTurn' }),
    endMessage: JSON.stringify({ type: 'CloseStream' }),
    answerMs: account.timeoutMs,
    read(message) {
      const said = readMessage(message, what);
      if (said['type'] === 'Error') throw new ProviderError('unavailable', `${what} failed`);
      if (said['type'] !== 'TurnInfo') return [];
      const { event, ...heard } = parseAnswer(TURN, said, what);
      const isFinal = event === 'EndOfTurn';
      const current = { ...transcriptOf(heard), isFinal };
      turn = isFinal ? { text: '', isFinal: true } : { ...current, isFinal: true };
      return [{ ...current, answersFlush: isFinal }];
    },
    // A turn that nobody ended is over with the sound.
    rest: () => [turn],
  };
}

function isFlux(modelId: string | undefined): boolean {
  return modelId?.startsWith('flux') ?? false;
}

function socketUrl(account: VendorAccount, path: string, sampleRateHz: number): URL {
  const url = new URL(`${account.baseUrl.replace(/^http/, 'ws')}${path}`);
  url.searchParams.set('encoding', 'linear16');
  url.searchParams.set('sample_rate', String(sampleRateHz));
  return url;
}

function open(account: VendorAccount, url: URL, what: string, signal: AbortSignal) {
  return openVendorSocket({
    url,
    what,
    signal,
    headers: authorization(account),
    timeoutMs: account.timeoutMs,
    idleMs: null,
    // 1008 tells that the sound or a message could not be understood, 1011 everything else.
    kindOfClose: (code, reason) => {
      if (code !== 1008) return undefined;
      return reason.includes('DATA-0000') ? 'bad-audio' : 'bad-request';
    },
  });
}

function createSynthesizer(account: VendorAccount): SpeechSynthesizer {
  const what = 'speech of Deepgram';
  return {
    models: [{ id: 'aura-2', displayName: 'Aura-2', languages: ['en', 'es', 'de', 'fr', 'nl', 'it', 'ja'] }],
    voices: VOICES,

    async fetchVoices(options) {
      const list = 'list of voices of Deepgram';
      const signal = AbortSignal.any([options.signal, account.closed]);
      const response = await requestVendor({
        url: `${account.baseUrl}/v1/models`,
        what: list,
        signal,
        headers: authorization(account),
        fetch: account.fetch,
        timeoutMs: account.timeoutMs,
        kindOfError,
      });
      const answer = parseAnswer(VOICE_LIST, await readVendorJson(response, { what: list, signal }), list);
      return answer.tts.flatMap((entry) => (entry.architecture === 'aura-2' ? [listedVoice(entry)] : []));
    },

    async *synthesize({ text, voiceId, language, sampleRateHz }, options) {
      const signal = AbortSignal.any([options.signal, account.closed]);
      signal.throwIfAborted();
      const rateHz = rateFor(sampleRateHz);
      const pieces = cutText(stripMarkup(text), { maxLength: MAX_TEXT_CHARACTERS, language });
      const bytes = async function* () {
        for (const piece of pieces) {
          const url = new URL(`${account.baseUrl}/v1/speak`);
          url.searchParams.set('model', voiceId);
          url.searchParams.set('encoding', 'linear16');
          url.searchParams.set('container', 'none');
          url.searchParams.set('sample_rate', String(rateHz));
          const response = await requestVendor({
            url,
            what,
            signal,
            headers: { ...authorization(account), 'content-type': 'application/json' },
            body: JSON.stringify({ text: piece }),
            fetch: account.fetch,
            timeoutMs: account.timeoutMs,
            kindOfError,
          });
          yield* readBody(response, { what, signal });
        }
      };
      if (pieces.length > 0) yield* pcmChunks(bytes(), { sampleRateHz: rateHz, what });
    },
  };
}

const VOICE_LIST = z.object({
  tts: z.array(
    z.object({
      name: z.string(),
      canonical_name: z.string(),
      architecture: z.string().nullish(),
      languages: z.array(z.string()).nullish(),
      metadata: z.object({ tags: z.array(z.string()).nullish() }).nullish(),
    }),
  ),
});

function listedVoice(entry: z.infer<typeof VOICE_LIST>['tts'][number]): Voice {
  const tags = entry.metadata?.tags ?? [];
  const gender = tags.includes('masculine') ? 'male' : tags.includes('feminine') ? 'female' : undefined;
  const spoken = entry.languages?.length ? entry.languages : [entry.canonical_name.split('-').at(-1) ?? '*'];
  return {
    id: entry.canonical_name,
    displayName: displayNameOf(entry.name),
    // The more exact tag first.
    languages: [...spoken].sort((a, b) => b.length - a.length),
    ...(gender === undefined ? {} : { gender }),
    modelIds: ['aura-2'],
  };
}

function displayNameOf(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} (Deepgram)`;
}

/** The lowest of the vendor's rates that loses nothing. */
function rateFor(wantedHz: number | undefined): number {
  if (wantedHz === undefined) return DEFAULT_SPEECH_RATE_HZ;
  return SPEECH_RATES_HZ.find((rateHz) => rateHz >= wantedHz) ?? 48_000;
}

function voices(gender: 'female' | 'male', names: Readonly<Record<string, string>>): readonly Voice[] {
  return Object.entries(names).flatMap(([tag, list]) =>
    list.split(' ').map(
      (name): Voice => ({
        id: `aura-2-${name}-${primaryLanguage(tag)}`,
        displayName: displayNameOf(name),
        languages: [tag],
        gender,
        modelIds: ['aura-2'],
      }),
    ),
  );
}

function authorization({ apiKey }: VendorAccount): { readonly authorization: string } {
  return { authorization: `Token ${apiKey}` };
}

const ERROR = z.object({
  err_code: z.string().default(''),
  err_msg: z.string().default(''),
});

function kindOfError(status: number, body: unknown): ProviderErrorKind | undefined {
  const { success, data } = ERROR.safeParse(body);
  if (!success) return undefined;
  if (data.err_code === 'ASR_PAYMENT_REQUIRED') return 'payment';
  if (status === 400 && /corrupt|unsupported data|failed to process audio/i.test(data.err_msg)) {
    return 'bad-audio';
  }
  // The key is good, but not for this model.
  if (status === 403 && /model/i.test(data.err_msg)) return 'bad-request';
  return undefined;
}
