/**
 * xAI: Grok models, transcription of recordings, speech. Formats are known from the vendor's documentation and SDKs; no
 * live answer was seen. Live transcription is left out: its protocol has no way to ask for what was heard so far.
 */
import { createXai } from '@ai-sdk/xai';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import { stripMarkup } from '../../text/markup.ts';
import type {
  ProviderErrorKind,
  SpeechRecognizer,
  SpeechSynthesizer,
  Transcript,
  Voice,
} from '../provider.ts';
import { openLanguageModels } from './language-models.ts';
import { cutText } from './text-pieces.ts';
import { rateFor } from './timed-speech.ts';
import {
  createLifetime,
  fileOf,
  parseAnswer,
  pcmChunks,
  readBody,
  readVendorJson,
  requestVendor,
} from './transport.ts';
import type { Vendor, VendorAccount } from './vendor.ts';

const BASE_URL = 'https://api.x.ai/v1';
/** The vendor's limit. */
const MAX_TEXT_CHARACTERS = 15_000;
const SPEECH_RATES_HZ = [8000, 16_000, 22_050, 24_000, 44_100, 48_000];
const DEFAULT_SPEECH_RATE_HZ = 24_000;
const HEARD_LANGUAGES = 'en es fr de it pt nl pl ru ar cs da fa fil hi id ja ko mk ms ro sv th tr vi'.split(
  ' ',
);
/** By the tags that the vendor speaks; of a language with several, the first is the usual one. */
const SPOKEN_TAGS = 'en zh fr de hi id it ja ko ru tr vi bn es-ES es-MX pt-BR pt-PT ar-EG ar-SA ar-AE'.split(
  ' ',
);
const SPOKEN_LANGUAGES = [...new Set(SPOKEN_TAGS.map(primaryLanguage))];

const VOICES: readonly Voice[] = (
  [
    ['eve', 'female'],
    ['ara', 'female'],
    ['leo', 'male'],
    ['rex', 'male'],
    ['sal', undefined],
  ] as const
).map(([id, gender]) => ({
  id,
  displayName: `${id.charAt(0).toUpperCase()}${id.slice(1)} (xAI)`,
  languages: SPOKEN_LANGUAGES,
  ...(gender === undefined ? {} : { gender }),
}));

export const xai: Vendor = {
  ...VENDOR_VARIABLES.xai,
  open(options) {
    const displayName = 'xAI';
    const { closed, close } = createLifetime(displayName);
    const account: VendorAccount = { ...options, baseUrl: options.baseUrl ?? BASE_URL, closed };
    return {
      id: 'xai',
      displayName,
      languageModels: openLanguageModels(
        {
          baseUrl: BASE_URL,
          models: [
            ['grok-4.20-non-reasoning', 'Grok 4.20'],
            ['grok-4.3', 'Grok 4.3'],
            ['grok-4.6', 'Grok 4.6'],
            ['grok-4.7', 'Grok 4.7'],
            ['grok-4.20-reasoning', 'Grok 4.20 (reasoning)'],
            ['grok-2', 'Grok 2'],
          ],
          realIds: { 'grok-2': 'grok-2-1212' },
          hasOwnInterface: true,
          connect: createXai,
        },
        { ...options, displayName, closed },
      ),
      recognizer: createRecognizer(account),
      synthesizer: createSynthesizer(account),
      close,
    };
  },
};

const TRANSCRIPTION = z.object({
  text: z.string(),
  language: z.string().nullish(),
  words: z
    .array(
      z.object({
        text: z.string(),
        start: z.number(),
        end: z.number(),
        confidence: z.number().nullish(),
        speaker: z.number().nullish(),
      }),
    )
    .nullish(),
});

function createRecognizer(account: VendorAccount): SpeechRecognizer {
  const what = 'transcription of xAI';
  return {
    // The vendor has one, and asks for no name.
    models: [{ id: 'grok-stt', displayName: 'Grok STT', languages: HEARD_LANGUAGES }],
    languages: HEARD_LANGUAGES,
    limitedVocabulary: false,
    features: ['keywords', 'diarization', 'smart-format', 'filler-words'],
    async recognize(clip, options): Promise<Transcript> {
      const signal = AbortSignal.any([options.signal, account.closed]);
      const form = new FormData();
      if (options.language !== undefined) {
        form.set('language', primaryLanguage(options.language));
        // The vendor formats only in a language that it is told.
        if (options.smartFormat) form.set('format', 'true');
      }
      if (options.diarization) form.set('diarize', 'true');
      if (options.fillerWords) form.set('filler_words', 'true');
      for (const keyword of options.keywords ?? []) form.append('keyterm', keyword);
      const { bytes, mediaType } = fileOf(clip, options.file);
      const extension =
        mediaType
          .split(';')[0]
          ?.split('/')[1]
          ?.replace(/^x-|^vnd\./, '') ?? 'wav';
      // The vendor wants the file last.
      form.set(
        'file',
        new Blob([bytes], { type: mediaType }),
        `speech.${extension === 'mpeg' ? 'mp3' : extension}`,
      );
      const response = await requestVendor({
        url: `${account.baseUrl}/stt`,
        what,
        signal,
        headers: authorizationOf(account),
        body: form,
        fetch: account.fetch,
        timeoutMs: account.timeoutMs,
        kindOfError,
      });
      const answer = parseAnswer(TRANSCRIPTION, await readVendorJson(response, { what, signal }), what);
      return transcriptOf(answer);
    },
  };
}

function transcriptOf({ text, language, words }: z.infer<typeof TRANSCRIPTION>): Transcript {
  return {
    text: text.trim(),
    ...(language ? { language } : {}),
    ...(words == null || words.length === 0
      ? {}
      : {
          words: words.map((word) => ({
            text: word.text,
            startMs: Math.round(word.start * 1000),
            endMs: Math.round(word.end * 1000),
            ...(word.confidence == null ? {} : { confidence: word.confidence }),
            ...(word.speaker == null ? {} : { speaker: word.speaker }),
          })),
        }),
  };
}

function createSynthesizer(account: VendorAccount): SpeechSynthesizer {
  const what = 'speech of xAI';
  return {
    models: [{ id: 'grok-tts', displayName: 'Grok TTS', languages: SPOKEN_LANGUAGES }],
    voices: VOICES,
    async *synthesize({ text, voiceId, language, speed, sampleRateHz }, options) {
      const signal = AbortSignal.any([options.signal, account.closed]);
      signal.throwIfAborted();
      const rateHz = rateFor(sampleRateHz, SPEECH_RATES_HZ, DEFAULT_SPEECH_RATE_HZ);
      const pieces = cutText(stripMarkup(text), { maxLength: MAX_TEXT_CHARACTERS, language });
      const bytes = async function* () {
        for (const piece of pieces) {
          const response = await requestVendor({
            url: `${account.baseUrl}/tts`,
            what,
            signal,
            headers: { ...authorizationOf(account), 'content-type': 'application/json' },
            body: JSON.stringify({
              text: piece,
              voice_id: voiceId,
              language: spokenTag(language),
              output_format: { codec: 'pcm', sample_rate: rateHz },
              ...(speed === undefined ? {} : { speed }),
            }),
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

function spokenTag(tag: string): string {
  const exact = SPOKEN_TAGS.find((spoken) => spoken.toLowerCase() === tag.toLowerCase());
  const primary = primaryLanguage(tag);
  return exact ?? SPOKEN_TAGS.find((spoken) => primaryLanguage(spoken) === primary) ?? 'auto';
}

function authorizationOf({ apiKey }: VendorAccount): { readonly authorization: string } {
  return { authorization: `Bearer ${apiKey}` };
}

/** The vendor's errors are `{ code, error }` in words, or in the shape of the OpenAI interface. */
function kindOfError(status: number, body: unknown): ProviderErrorKind | undefined {
  const words = JSON.stringify(body ?? '').slice(0, 4000);
  if (status < 500 && /used all available credits|insufficient[ _](credits|quota)/i.test(words)) {
    return 'payment';
  }
  // The vendor answers a wrong key with 400.
  if (status === 400 && /incorrect api key|invalid[ _]api[ _]key/i.test(words)) return 'auth';
  if (
    status === 400 &&
    /(decode|corrupt|unsupported|invalid)[^.]{0,30}audio|audio[^.]{0,30}(decode|corrupt|unsupported|invalid)/i.test(
      words,
    )
  ) {
    return 'bad-audio';
  }
  return undefined;
}
