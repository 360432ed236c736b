/**
 * AssemblyAI: Universal recognises recordings as jobs and live sound over a WebSocket (v3). Formats are known from the
 * vendor's documentation and SDKs; no live answer was seen.
 */
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import {
  ProviderError,
  type ProviderErrorKind,
  type RecognitionOptions,
  type SpeechModel,
  type SpeechRecognizer,
  type StreamRecognitionOptions,
  type Transcript,
  type TranscriptWord,
} from '../provider.ts';
import { cleanUp, createRemovable, waitForJob } from './jobs.ts';
import { type LiveEvent, type LiveProtocol, readMessage, recognizeLive } from './live-recognition.ts';
import {
  checkRegion,
  createLifetime,
  fileOf,
  openVendorSocket,
  parseAnswer,
  readVendorJson,
  requestVendor,
} from './transport.ts';
import type { Vendor, VendorAccount } from './vendor.ts';

const UNIVERSAL_3_LANGUAGES = ['en', 'es', 'fr', 'de', 'pt', 'it'];
const UNIVERSAL_2_LANGUAGES =
  'en es fr de it pt nl hi ja zh fi ko pl ru tr uk vi af sq am ar hy as az ba eu be bn bs br bg my ca hr cs da et fo gl ka el gu ht ha haw he hu is id jv kn kk km lo la lv ln lt lb mk mg ms ml mt mi mr mn ne no nb nn oc pa ps fa ro sa sr sn sd si sk sl so su sw sv tl fil tg ta tt te th bo tk ur uz cy yi yo'.split(
    ' ',
  );
const MODELS: readonly SpeechModel[] = [
  { id: 'universal-3-pro', displayName: 'Universal-3 Pro', languages: UNIVERSAL_3_LANGUAGES },
  { id: 'universal-2', displayName: 'Universal-2', languages: UNIVERSAL_2_LANGUAGES },
  // It knows more languages than these; only these are known for certain.
  { id: 'universal-3-5-pro', displayName: 'Universal-3.5 Pro', languages: UNIVERSAL_3_LANGUAGES },
];
const LIVE_MODELS: Readonly<Record<string, string>> = { 'universal-3-pro': 'u3-rt-pro' };
const OWN_NAMES: Readonly<Record<string, string>> = {
  nb: 'no',
  fil: 'tl',
  jv: 'jw',
  'en-us': 'en_us',
  'en-gb': 'en_uk',
  'en-au': 'en_au',
};
/** The vendor's limits. */
const MAX_KEYTERMS = { 'universal-2': 200, other: 1000, live: 100 };
const MAX_LIVE_KEYTERM_CHARACTERS = 50;
const PIECE_MS = { min: 50, max: 1000 };

export const assemblyai: Vendor = {
  ...VENDOR_VARIABLES.assemblyai,
  open(options) {
    const { closed, close } = createLifetime('AssemblyAI');
    const { region = 'us' } = options;
    const place = region === 'us' ? '' : `${checkRegion(region, 'AssemblyAI')}.`;
    const account: Account = {
      ...options,
      closed,
      baseUrl: options.baseUrl ?? `https://api.${place}assemblyai.com`,
      socketUrl: (options.baseUrl ?? `https://streaming.${place}assemblyai.com`).replace(/^http/, 'ws'),
    };
    return { id: 'assemblyai', displayName: 'AssemblyAI', recognizer: createRecognizer(account), close };
  },
};

interface Account extends VendorAccount {
  readonly socketUrl: string;
}

const what = 'transcription of AssemblyAI';

function createRecognizer(account: Account): SpeechRecognizer {
  return {
    models: MODELS,
    languages: UNIVERSAL_2_LANGUAGES,
    limitedVocabulary: false,
    features: ['keywords', 'diarization', 'smart-format', 'filler-words', 'profanity-filter'],

    recognizeStream: (sound, options) =>
      recognizeLive(sound, liveProtocol(account, options), {
        ...options,
        signal: AbortSignal.any([options.signal, account.closed]),
      }),

    async recognize(clip, options): Promise<Transcript> {
      const signal = AbortSignal.any([options.signal, account.closed]);
      const file = fileOf(clip, options.file);
      const uploaded = parseAnswer(
        UPLOAD,
        await call(account, '/v2/upload', signal, {
          headers: { 'content-type': 'application/octet-stream' },
          body: file.bytes,
        }),
        what,
      );
      const pathOf = (id: string) => `/v2/transcript/${encodeURIComponent(id)}`;
      // With the transcript goes the upload.
      const remove = (id: string) => (limit: AbortSignal) =>
        call(account, pathOf(id), limit, { method: 'DELETE' });
      const id = await createRemovable(
        async (limit) => {
          const job = await call(account, '/v2/transcript', limit, {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ audio_url: uploaded.upload_url, ...wishesOf(options) }),
          });
          return parseAnswer(JOB, job, what).id;
        },
        remove,
        signal,
      );
      try {
        return await waitForJob(
          async () => readJob(parseAnswer(JOB, await call(account, pathOf(id), signal), what)),
          { what, signal, clipSeconds: clip.samples.length / clip.sampleRateHz },
        );
      } finally {
        cleanUp(remove(id));
      }
    },
  };
}

async function call(
  { baseUrl, apiKey, fetch, timeoutMs }: Account,
  path: string,
  signal: AbortSignal,
  request: {
    readonly method?: 'DELETE';
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array<ArrayBuffer>;
  } = {},
): Promise<unknown> {
  const response = await requestVendor({
    ...request,
    url: `${baseUrl}${path}`,
    what,
    signal,
    headers: { authorization: apiKey, ...request.headers },
    fetch,
    timeoutMs,
    kindOfError,
  });
  return await readVendorJson(response, { what, signal });
}

function wishesOf(options: RecognitionOptions): object {
  const model = modelFor(options);
  const language = languageOf(options.language);
  const keywords = options.keywords?.slice(
    0,
    model === 'universal-2' ? MAX_KEYTERMS['universal-2'] : MAX_KEYTERMS.other,
  );
  return {
    speech_models: [model],
    ...(language === undefined ? { language_detection: true } : { language_code: language }),
    ...(keywords === undefined || keywords.length === 0 ? {} : { keyterms_prompt: keywords }),
    // Only the third generation reads instructions, and not together with terms.
    ...(options.prompt && !keywords?.length && model !== 'universal-2' ? { prompt: options.prompt } : {}),
    ...(options.smartFormat ? { format_text: true, punctuate: true } : {}),
    ...(options.diarization ? { speaker_labels: true } : {}),
    ...(options.diarization && options.speakersExpected !== undefined
      ? { speakers_expected: options.speakersExpected }
      : {}),
    ...(options.fillerWords ? { disfluencies: true } : {}),
    ...(options.profanityFilter ? { filter_profanity: true } : {}),
  };
}

function modelFor({ modelId, language }: RecognitionOptions): string {
  if (modelId !== undefined) return modelId;
  const isKnown = language !== undefined && UNIVERSAL_3_LANGUAGES.includes(primaryLanguage(language));
  return isKnown ? 'universal-3-pro' : 'universal-2';
}

/** `undefined` when it is to be found out. */
function languageOf(tag: string | undefined): string | undefined {
  if (tag === undefined || tag === 'multi') return undefined;
  const primary = primaryLanguage(tag);
  return OWN_NAMES[tag.toLowerCase()] ?? OWN_NAMES[primary] ?? primary;
}

const UPLOAD = z.object({ upload_url: z.string() });
const WORD = z.object({
  text: z.string(),
  start: z.number(),
  end: z.number(),
  confidence: z.number().nullish(),
  speaker: z.string().nullish(),
});
const JOB = z.object({
  id: z.string(),
  status: z.string(),
  text: z.string().nullish(),
  confidence: z.number().nullish(),
  language_code: z.string().nullish(),
  error: z.string().nullish(),
  words: z.array(WORD).nullish(),
});
const TURN = z.object({
  turn_order: z.number().default(0),
  end_of_turn: z.boolean(),
  turn_is_formatted: z.boolean().default(true),
  transcript: z.string().default(''),
  language_code: z.string().nullish(),
  words: z.array(WORD).default([]),
});
type Turn = z.infer<typeof TURN>;

/** `undefined` while it is under way. */
function readJob(job: z.infer<typeof JOB>): Transcript | undefined {
  if (job.status === 'queued' || job.status === 'processing') return undefined;
  if (job.status === 'error') {
    const reason = job.error ?? '';
    // Said also of languages that it cannot tell, so it proves no silence.
    if (/no spoken audio/i.test(reason)) return { text: '' };
    const kind = /transcod|does not appear to contain audio|file type|too short|duration|decode/i.test(reason)
      ? 'bad-audio'
      : (kindOfWords(reason) ?? 'unavailable');
    throw new ProviderError(kind, `${what} failed`);
  }
  if (job.status !== 'completed' || typeof job.text !== 'string') {
    throw new ProviderError('protocol', `expected the text of a finished ${what}`);
  }
  const text = job.text.trim();
  if (text === '') return { text };
  return {
    text,
    ...(typeof job.language_code === 'string' ? { language: tagOf(job.language_code) } : {}),
    ...(typeof job.confidence === 'number' ? { confidence: job.confidence } : {}),
    words: wordsOf(job.words ?? []),
  };
}

function wordsOf(words: readonly z.infer<typeof WORD>[]): readonly TranscriptWord[] {
  const speakers: string[] = [];
  return words.map((word): TranscriptWord => {
    const { speaker } = word;
    if (typeof speaker === 'string' && !speakers.includes(speaker)) speakers.push(speaker);
    return {
      text: word.text,
      startMs: word.start,
      endMs: word.end,
      ...(typeof word.confidence === 'number' ? { confidence: word.confidence } : {}),
      ...(typeof speaker === 'string' ? { speaker: speakers.indexOf(speaker) } : {}),
    };
  });
}

/** `en_us` → `en-US`. */
function tagOf(code: string): string {
  const [language = '', region] = code.split('_');
  return region === undefined ? language : `${language}-${region === 'uk' ? 'GB' : region.toUpperCase()}`;
}

function liveProtocol(account: Account, options: StreamRecognitionOptions): LiveProtocol {
  const model = liveModelFor(options);
  // These models say a turn once as it was heard and once more with punctuation.
  const formats = model.startsWith('universal-streaming');
  const url = new URL(`${account.socketUrl}/v3/ws`);
  const query = url.searchParams;
  query.set('sample_rate', String(options.sampleRateHz));
  query.set('encoding', 'pcm_s16le');
  query.set('speech_model', model);
  if (formats) query.set('format_turns', 'true');
  if (model !== 'universal-streaming-english') query.set('language_detection', 'true');
  const terms = options.keywords?.filter(({ length }) => length <= MAX_LIVE_KEYTERM_CHARACTERS) ?? [];
  if (terms.length > 0) query.set('keyterms_prompt', JSON.stringify(terms.slice(0, MAX_KEYTERMS.live)));
  if (options.profanityFilter) query.set('filter_profanity', 'true');
  if (options.diarization) query.set('speaker_labels', 'true');
  if (options.diarization && options.speakersExpected !== undefined) {
    query.set('max_speakers', String(options.speakersExpected));
  }
  /** A turn that has ended and is yet to be formatted. */
  let pending: Turn | undefined;
  const finish = (turn: Turn): LiveEvent => {
    pending = undefined;
    return eventOf(turn, true);
  };
  return {
    what,
    open: (signal) =>
      openVendorSocket({
        url,
        what,
        signal,
        headers: { authorization: account.apiKey },
        timeoutMs: account.timeoutMs,
        idleMs: null,
        kindOfClose,
      }),
    pieceMs: PIECE_MS,
    flushMessage: JSON.stringify({ type: 'ForceEndpoint' }),
    endMessage: JSON.stringify({ type: 'Terminate' }),
    answerMs: account.timeoutMs,
    read(message) {
      const said = readMessage(message, what);
      if (said['type'] === 'Error') {
        const { error_code: code, error } = said;
        const kind =
          typeof code === 'number' ? kindOfClose(code, typeof error === 'string' ? error : '') : undefined;
        throw new ProviderError(kind ?? 'unavailable', `${what} failed`);
      }
      if (said['type'] === 'Termination') return ['end'];
      if (said['type'] !== 'Turn') return [];
      const turn = parseAnswer(TURN, said, what);
      const late = pending !== undefined && pending.turn_order !== turn.turn_order ? [finish(pending)] : [];
      if (turn.end_of_turn && (turn.turn_is_formatted || !formats)) return [...late, finish(turn)];
      if (turn.end_of_turn) pending = turn;
      return [...late, eventOf(turn, false)];
    },
    rest: () => (pending === undefined ? [] : [finish(pending)]),
  };
}

function liveModelFor({ modelId, language }: StreamRecognitionOptions): string {
  if (modelId !== undefined && modelId !== 'universal-2') return LIVE_MODELS[modelId] ?? modelId;
  const primary = language === undefined || language === 'multi' ? undefined : primaryLanguage(language);
  if (primary === 'en') return 'universal-streaming-english';
  return primary === undefined || UNIVERSAL_3_LANGUAGES.includes(primary)
    ? 'universal-streaming-multilingual'
    : 'whisper-rt';
}

function eventOf(turn: Turn, isFinal: boolean): LiveEvent {
  // The text of a turn under way lacks its newest words.
  const text = (isFinal ? turn.transcript : turn.words.map((word) => word.text).join(' ')) || turn.transcript;
  return {
    text: text.trim(),
    isFinal,
    ...(typeof turn.language_code === 'string' ? { language: tagOf(turn.language_code) } : {}),
    ...(turn.words.length === 0 ? {} : { words: wordsOf(turn.words) }),
  };
}

function kindOfClose(code: number, reason: string): ProviderErrorKind | undefined {
  switch (code) {
    case 1008:
      return kindOfWords(reason) ?? 'auth';
    case 4001:
      return 'auth';
    case 4002:
    case 4003:
      return 'payment';
    case 3009:
    case 4029:
    case 4102:
      return 'rate-limited';
    case 3006:
    case 3007:
    case 4000:
    case 4101:
      return 'bad-request';
    default:
      return undefined;
  }
}

function kindOfError(_status: number, body: unknown): ProviderErrorKind | undefined {
  const { success, data } = z.object({ error: z.string() }).safeParse(body);
  return success ? kindOfWords(data.error) : undefined;
}

function kindOfWords(reason: string): ProviderErrorKind | undefined {
  if (/balance|insufficient funds|credit card|paid-only|top up/i.test(reason)) return 'payment';
  if (/concurren|too many|rate limit/i.test(reason)) return 'rate-limited';
  return undefined;
}
