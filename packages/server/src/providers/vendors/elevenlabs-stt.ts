/**
 * ElevenLabs Scribe: recordings over HTTP, live sound over a WebSocket whose stretches of speech end when we say so.
 * Formats are known from the vendor's documentation and SDKs; no live answer was seen.
 */
import { z } from 'zod';
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
import { codeOf, kindOfElevenLabsError } from './elevenlabs-api.ts';
import { type LiveProtocol, readMessage, recognizeLive } from './live-recognition.ts';
import { fileOf, openVendorSocket, parseAnswer, readVendorJson, requestVendor } from './transport.ts';
import type { VendorAccount } from './vendor.ts';

const what = 'transcription of ElevenLabs';
const LIVE_MODEL = 'scribe_v2_realtime';
const LIVE_RATES_HZ = [8000, 16_000, 22_050, 24_000, 44_100, 48_000];
/** The vendor ends a session that hears nothing for some time. */
const KEEP_ALIVE_MS = 10_000;
/** After 90 seconds without one the vendor makes a commit of its own accord, which would be taken for another's answer. */
const MAX_STRETCH_SECONDS = 60;
/** The vendor's limits. */
const MAX_KEYTERM = { characters: 49, words: 5 };
const MAX_SPEAKERS = 32;

const LANGUAGES =
  'af am ar as ast az be bg bn bs ca ceb cs cy da de el en es et fa ff fi fil fr ga gl gu ha he hi hr hu hy id ig is it ja jv ka kk km kn ko ku ky lb lg ln lo lt luo lv mi mk ml mn mr ms mt my nb ne nl no nso ny oc or pa pl ps pt ro ru sd si sk sl sn so sr sv sw ta te tg th tl tr uk umb ur uz vi wo xh yue zh zu'.split(
    ' ',
  );

const MODELS: readonly SpeechModel[] = [
  { id: 'scribe_v2', displayName: 'Scribe v2', languages: LANGUAGES },
  { id: 'scribe_v1', displayName: 'Scribe v1', languages: LANGUAGES },
  // Recordings are given to its sibling.
  { id: LIVE_MODEL, displayName: 'Scribe v2 Realtime', languages: LANGUAGES },
];

export function createElevenLabsRecognizer(account: VendorAccount): SpeechRecognizer {
  return {
    models: MODELS,
    languages: LANGUAGES,
    limitedVocabulary: false,
    features: ['keywords', 'diarization', 'filler-words'],

    async recognize(clip, options): Promise<Transcript> {
      const signal = AbortSignal.any([options.signal, account.closed]);
      const { bytes, mediaType } = fileOf(clip, options.file);
      const form = formOf(options);
      form.set('file', new Blob([bytes], { type: mediaType }), 'speech');
      const response = await requestVendor({
        url: `${account.baseUrl}/v1/speech-to-text`,
        what,
        signal,
        headers: { 'xi-api-key': account.apiKey },
        body: form,
        fetch: account.fetch,
        timeoutMs: account.timeoutMs,
        kindOfError: kindOfElevenLabsError,
      });
      return transcriptOf(parseAnswer(HEARD, await readVendorJson(response, { what, signal }), what));
    },

    async *recognizeStream(sound, options) {
      const signal = AbortSignal.any([options.signal, account.closed]);
      signal.throwIfAborted();
      if (!LIVE_RATES_HZ.includes(options.sampleRateHz)) {
        throw new ProviderError('bad-request', `${what} takes no sound of ${options.sampleRateHz} Hz`);
      }
      if (options.modelId === 'scribe_v1') {
        throw new ProviderError('bad-request', `${what} has no live form of scribe_v1`);
      }
      yield* recognizeLive(sound, liveProtocol(account, options), { ...options, signal });
    },
  };
}

function formOf({
  modelId = 'scribe_v2',
  language,
  keywords,
  diarization,
  speakersExpected,
  fillerWords,
}: RecognitionOptions): FormData {
  const model = modelId === LIVE_MODEL ? 'scribe_v2' : modelId;
  const form = new FormData();
  form.set('model_id', model);
  form.set('timestamps_granularity', 'word');
  form.set('tag_audio_events', 'false');
  if (language !== undefined) form.set('language_code', codeOf(language));
  if (diarization) form.set('diarize', 'true');
  if (diarization && speakersExpected !== undefined) {
    form.set('num_speakers', String(Math.min(MAX_SPEAKERS, speakersExpected)));
  }
  // It writes down every sound unless told otherwise; the older model cannot be told.
  if (fillerWords === false && model === 'scribe_v2') form.set('no_verbatim', 'true');
  for (const term of keytermsOf(keywords)) form.append('keyterms', term);
  return form;
}

/** Those that the vendor takes: one that it does not would spoil the request. */
function keytermsOf(keywords: readonly string[] = []): readonly string[] {
  return keywords
    .map((word) => word.replaceAll(/[<>{}[\]\\]/g, ' ').trim())
    .filter(
      (word) =>
        word !== '' && word.length <= MAX_KEYTERM.characters && word.split(/\s+/).length <= MAX_KEYTERM.words,
    );
}

const HEARD = z.object({
  text: z.string(),
  language_code: z.string().nullish(),
  words: z
    .array(
      z.object({
        text: z.string(),
        type: z.string(),
        start: z.number().nullish(),
        end: z.number().nullish(),
        logprob: z.number().nullish(),
        speaker_id: z.string().nullish(),
      }),
    )
    .nullish(),
});

function transcriptOf({ text, language_code, words }: z.infer<typeof HEARD>): Transcript {
  const trimmed = text.trim();
  if (trimmed === '') return { text: '' };
  const speakers: string[] = [];
  const heard = (words ?? []).flatMap(({ text: word, type, start, end, logprob, speaker_id }) => {
    if (type !== 'word' || typeof start !== 'number' || typeof end !== 'number') return [];
    if (typeof speaker_id === 'string' && !speakers.includes(speaker_id)) speakers.push(speaker_id);
    const timed: TranscriptWord = {
      text: word,
      startMs: Math.round(start * 1000),
      endMs: Math.round(end * 1000),
      ...(typeof logprob === 'number' ? { confidence: Math.min(1, Math.exp(logprob)) } : {}),
      ...(typeof speaker_id === 'string' ? { speaker: speakers.indexOf(speaker_id) } : {}),
    };
    return [timed];
  });
  const sure = heard.flatMap(({ confidence }) => (confidence === undefined ? [] : [confidence]));
  const language = languageOfCode(language_code);
  return {
    text: trimmed,
    ...(language === undefined ? {} : { language }),
    ...(sure.length === 0 ? {} : { confidence: sure.reduce((sum, value) => sum + value, 0) / sure.length }),
    ...(heard.length === 0 ? {} : { words: heard }),
  };
}

/** BCP 47 of ISO 639-3: `eng` → `en`. */
function languageOfCode(code: string | null | undefined): string | undefined {
  if (code === null || code === undefined) return undefined;
  try {
    return Intl.getCanonicalLocales(code)[0];
  } catch {
    return undefined;
  }
}

/** Each commit is answered once: with what was heard since the one before, or that it was too little to hear anything. */
function liveProtocol(account: VendorAccount, options: StreamRecognitionOptions): LiveProtocol {
  const chunkOf = (pcm: Uint8Array, commit: boolean) =>
    JSON.stringify({
      message_type: 'input_audio_chunk',
      audio_base_64: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64'),
      commit,
      sample_rate: options.sampleRateHz,
    });
  const nothing = new Uint8Array(0);
  const flushMessage = chunkOf(nothing, true);
  // The same to the vendor, but not to the code below.
  const endMessage = `${flushMessage} `;
  const maxStretchBytes = MAX_STRETCH_SECONDS * options.sampleRateHz * 2;
  let stretchBytes = 0;
  /** Why commits were sent that are not answered yet. */
  const commits: ('flush' | 'split' | 'end')[] = [];

  const url = new URL(`${account.baseUrl.replace(/^http/, 'ws')}/v1/speech-to-text/realtime`);
  url.searchParams.set('model_id', LIVE_MODEL);
  url.searchParams.set('audio_format', `pcm_${options.sampleRateHz}`);
  url.searchParams.set('commit_strategy', 'manual');
  if (options.language !== undefined) url.searchParams.set('language_code', codeOf(options.language));
  if (options.fillerWords === false) url.searchParams.set('no_verbatim', 'true');
  for (const term of keytermsOf(options.keywords)) url.searchParams.append('keyterms', term);

  return {
    what,
    async open(signal) {
      const socket = await openVendorSocket({
        url,
        what,
        signal,
        headers: { 'xi-api-key': account.apiKey },
        timeoutMs: account.timeoutMs,
        idleMs: null,
        kindOfClose: (code) => (({ 1003: 'bad-request', 1007: 'bad-request', 1008: 'auth' }) as const)[code],
      });
      return {
        ...socket,
        async send(message) {
          if (message === flushMessage) {
            stretchBytes = 0;
            commits.push('flush');
          }
          if (message === endMessage) commits.push('end');
          await socket.send(message);
          if (message === endMessage || stretchBytes <= maxStretchBytes) return;
          stretchBytes = 0;
          commits.push('split');
          await socket.send(flushMessage);
        },
      };
    },
    soundMessage(pcm) {
      stretchBytes += pcm.length;
      return chunkOf(pcm, false);
    },
    // The vendor recommends 0.1 to 1 second; longer waiting would be heard.
    pieceMs: { min: 50, max: 1000 },
    flushMessage,
    endMessage,
    keepAlive: { message: chunkOf(nothing, false), everyMs: KEEP_ALIVE_MS },
    answerMs: account.timeoutMs,
    read(message) {
      const said = readMessage(message, what);
      const type = said['message_type'];
      if (type === 'partial_transcript') return [{ text: textOf(said), isFinal: false }];
      const isTooLittle = type === 'commit_throttled';
      if (type !== 'committed_transcript' && !isTooLittle) {
        const kind = typeof type === 'string' ? kindOfLiveError(type) : undefined;
        if (kind !== undefined) throw new ProviderError(kind, `${what} failed`);
        return [];
      }
      const text = isTooLittle ? '' : textOf(said);
      const commit = commits.shift();
      const event = { text, isFinal: true, answersFlush: commit === 'flush' };
      return commit === 'end' ? [event, 'end'] : [event];
    },
  };
}

function textOf(said: Readonly<Record<string, unknown>>): string {
  const text = said['text'];
  if (typeof text !== 'string') throw new ProviderError('protocol', `expected "text" in the ${what}`);
  return text.trim();
}

/** `undefined` for everything that is no error. */
function kindOfLiveError(type: string): ProviderErrorKind | undefined {
  switch (type) {
    case 'auth_error':
    case 'unaccepted_terms':
      return 'auth';
    case 'quota_exceeded':
      return 'payment';
    case 'rate_limited':
      return 'rate-limited';
    case 'invalid_request':
    case 'input_error':
    case 'chunk_size_exceeded':
      return 'bad-request';
    case 'error':
    case 'transcriber_error':
    case 'queue_overflow':
    case 'resource_exhausted':
    case 'session_time_limit_exceeded':
    case 'insufficient_audio_activity':
      return 'unavailable';
    default:
      return undefined;
  }
}
