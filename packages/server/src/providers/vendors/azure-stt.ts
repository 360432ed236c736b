/**
 * Recognition of Azure Speech: fast transcription of recordings, short recordings without delay, live sound. Formats
 * are known from the vendor's documentation and SDKs; no live answer was seen.
 */
import { encodeWav, type PcmClip } from '@visavox/audio';
import { z } from 'zod';
import {
  ProviderError,
  type RecognitionOptions,
  type SpeechModel,
  type SpeechRecognizer,
  type StreamRecognitionOptions,
  type Transcript,
  type TranscriptEvent,
  type TranscriptWord,
} from '../provider.ts';
import { type AzureAccount, azureAddress, azureHeaders, azureLocale, kindOfAzureError } from './azure-api.ts';
import { azureLiveProtocol } from './azure-live.ts';
import { recognizeLive } from './live-recognition.ts';
import { fileOf, parseAnswer, readVendorJson, requestVendor } from './transport.ts';

const SPOKEN_PATH = '/speech/recognition/conversation/cognitiveservices/v1';
const FAST_API_VERSION = '2025-10-15';
const FAST = 'fast';
const SHORT = 'short';
const MAX_SHORT_SECONDS = 60;
const MAX_SPEAKERS = 35;

const LANGUAGES =
  'af am ar as az bg bn bs ca cs cy da de el en es et eu fa fi fil tl fr ga gl gu he hi hr hu hy id is it ja jv ka kk km kn ko lo lt lv mk ml mn mr ms mt my nb no ne nl or pa pl ps pt ro ru si sk sl so sq sr sv sw ta te th tr uk ur uz vi yue zh zu'.split(
    ' ',
  );
const MODELS: readonly SpeechModel[] = [
  { id: FAST, displayName: 'Fast transcription', languages: LANGUAGES },
  { id: SHORT, displayName: 'Short audio', languages: LANGUAGES },
];

export function createAzureRecognizer(account: AzureAccount): SpeechRecognizer {
  return {
    models: MODELS,
    languages: LANGUAGES,
    limitedVocabulary: false,
    features: ['keywords', 'diarization', 'profanity-filter'],
    recognizeStream: (sound, options) => recognizeStream(account, sound, options),
    recognize: (clip, options) =>
      options.modelId === SHORT
        ? recognizeShort(account, clip, options)
        : recognizeFast(account, clip, options),
  };
}

async function recognizeFast(
  account: AzureAccount,
  clip: PcmClip,
  options: RecognitionOptions,
): Promise<Transcript> {
  const what = 'transcription of Azure Speech';
  const signal = AbortSignal.any([options.signal, account.closed]);
  signal.throwIfAborted();
  const { language, keywords = [], diarization, speakersExpected, profanityFilter } = options;
  const { bytes, mediaType } = fileOf(clip, options.file);
  const form = new FormData();
  form.set('audio', new Blob([bytes], { type: mediaType }), 'speech');
  form.set(
    'definition',
    JSON.stringify({
      ...(language === undefined ? {} : { locales: [azureLocale(language)] }),
      profanityFilterMode: profanityFilter ? 'Masked' : 'None',
      ...(diarization
        ? {
            diarization: {
              enabled: true,
              maxSpeakers: Math.min(MAX_SPEAKERS, Math.max(2, speakersExpected ?? 10)),
            },
          }
        : {}),
      ...(keywords.length === 0 ? {} : { phraseList: { phrases: keywords } }),
    }),
  );
  const response = await requestVendor({
    url: azureAddress(
      account,
      'api',
      `/speechtotext/transcriptions:transcribe?api-version=${FAST_API_VERSION}`,
    ),
    what,
    signal,
    headers: azureHeaders(account),
    body: form,
    fetch: account.fetch,
    timeoutMs: account.timeoutMs,
    kindOfError: kindOfAzureError,
  });
  const heard = parseAnswer(FAST_ANSWER, await readVendorJson(response, { what, signal }), what);
  return transcriptOf(heard);
}

const FAST_ANSWER = z.object({
  combinedPhrases: z.array(z.object({ text: z.string() })),
  phrases: z
    .array(
      z.object({
        text: z.string(),
        speaker: z.number().nullish(),
        locale: z.string().nullish(),
        confidence: z.number().nullish(),
        words: z
          .array(
            z.object({ text: z.string(), offsetMilliseconds: z.number(), durationMilliseconds: z.number() }),
          )
          .nullish(),
      }),
    )
    .default([]),
});

function transcriptOf({ combinedPhrases, phrases }: z.infer<typeof FAST_ANSWER>): Transcript {
  const text = combinedPhrases
    .map((phrase) => phrase.text.trim())
    .join(' ')
    .trim();
  if (text === '') return { text };
  const speakers: number[] = [];
  const words = phrases.flatMap((phrase) => {
    const { speaker } = phrase;
    if (typeof speaker === 'number' && !speakers.includes(speaker)) speakers.push(speaker);
    return (phrase.words ?? []).map(
      (word): TranscriptWord => ({
        text: word.text,
        startMs: word.offsetMilliseconds,
        endMs: word.offsetMilliseconds + word.durationMilliseconds,
        // The vendor counts from anywhere.
        ...(typeof speaker === 'number' ? { speaker: speakers.indexOf(speaker) } : {}),
      }),
    );
  });
  const sure = phrases.flatMap(({ confidence }) => (typeof confidence === 'number' ? [confidence] : []));
  const language = phrases[0]?.locale ?? undefined;
  return {
    text,
    ...(language === undefined ? {} : { language }),
    ...(sure.length === 0 ? {} : { confidence: sure.reduce((sum, value) => sum + value, 0) / sure.length }),
    ...(words.length === 0 ? {} : { words }),
  };
}

/** The older service: answers sooner, but knows no wishes, and nothing beyond a minute. */
async function recognizeShort(
  account: AzureAccount,
  clip: PcmClip,
  options: RecognitionOptions,
): Promise<Transcript> {
  const what = 'short transcription of Azure Speech';
  const signal = AbortSignal.any([options.signal, account.closed]);
  signal.throwIfAborted();
  const { language, keywords = [], diarization, profanityFilter } = options;
  if (language === undefined || keywords.length > 0 || diarization) {
    throw new ProviderError('bad-request', `${what} needs a language, and knows no keywords or speakers`);
  }
  if (clip.samples.length > MAX_SHORT_SECONDS * clip.sampleRateHz) {
    throw new ProviderError('bad-request', `${what} takes ${MAX_SHORT_SECONDS} seconds at most`);
  }
  const url = new URL(azureAddress(account, 'stt', SPOKEN_PATH));
  url.searchParams.set('language', azureLocale(language));
  url.searchParams.set('format', 'detailed');
  url.searchParams.set('profanity', profanityFilter ? 'masked' : 'raw');
  const response = await requestVendor({
    url,
    what,
    signal,
    headers: {
      ...azureHeaders(account),
      accept: 'application/json',
      'content-type': `audio/wav; codecs=audio/pcm; samplerate=${clip.sampleRateHz}`,
    },
    body: encodeWav(clip),
    fetch: account.fetch,
    timeoutMs: account.timeoutMs,
    kindOfError: kindOfAzureError,
  });
  const heard = parseAnswer(SHORT_ANSWER, await readVendorJson(response, { what, signal }), what);
  const [best] = heard.NBest ?? [];
  switch (heard.RecognitionStatus) {
    case 'Success': {
      const text = (best?.Display ?? heard.DisplayText ?? '').trim();
      return {
        text,
        language: azureLocale(language),
        ...(best === undefined ? {} : { confidence: best.Confidence }),
      };
    }
    case 'NoMatch':
    case 'InitialSilenceTimeout':
      return { text: '', noSpeech: true };
    case 'BabbleTimeout':
      return { text: '' };
    default:
      throw new ProviderError('unavailable', `${what} failed`);
  }
}

const SHORT_ANSWER = z.object({
  RecognitionStatus: z.string(),
  DisplayText: z.string().nullish(),
  NBest: z.array(z.object({ Display: z.string(), Confidence: z.number() })).nullish(),
});

async function* recognizeStream(
  account: AzureAccount,
  sound: Parameters<NonNullable<SpeechRecognizer['recognizeStream']>>[0],
  options: StreamRecognitionOptions,
): AsyncGenerator<TranscriptEvent> {
  const what = 'live transcription of Azure Speech';
  const signal = AbortSignal.any([options.signal, account.closed]);
  signal.throwIfAborted();
  const { language, diarization, profanityFilter } = options;
  if (language === undefined || diarization) {
    throw new ProviderError('bad-request', `${what} needs a language, and knows no speakers`);
  }
  const url = new URL(azureAddress(account, 'stt', SPOKEN_PATH).replace(/^http/, 'ws'));
  url.searchParams.set('language', azureLocale(language));
  url.searchParams.set('format', 'detailed');
  url.searchParams.set('profanity', profanityFilter ? 'masked' : 'raw');
  const connection = { url, what, headers: azureHeaders(account), timeoutMs: account.timeoutMs };
  yield* recognizeLive(sound, azureLiveProtocol(options, connection), { ...options, signal });
}
