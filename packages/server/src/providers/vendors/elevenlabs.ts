/**
 * ElevenLabs: speech with the times of its characters. Recognition is in `elevenlabs-stt.ts`. Formats are known from
 * the vendor's documentation and SDKs; no live answer was seen.
 */
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { z } from 'zod';
import { stripMarkup } from '../../text/markup.ts';
import {
  ProviderError,
  type SpeechModel,
  type SpeechSynthesizer,
  type TimedText,
  type Voice,
} from '../provider.ts';
import { codeOf, kindOfElevenLabsError } from './elevenlabs-api.ts';
import { createElevenLabsRecognizer } from './elevenlabs-stt.ts';
import { cutText } from './text-pieces.ts';
import { rateFor, type SpeechPart, timedSpeech, timesOf } from './timed-speech.ts';
import {
  createLifetime,
  parseAnswer,
  parseJson,
  readBody,
  readVendorJson,
  requestVendor,
} from './transport.ts';
import type { Vendor, VendorAccount } from './vendor.ts';

const BASE_URL = 'https://api.elevenlabs.io';
/** What every plan may have; higher rates are sold with some plans only. */
const RATES_HZ = [8000, 16_000, 22_050, 24_000];
const DEFAULT_RATE_HZ = 24_000;
/** The vendor's limits. */
const SPEED = { min: 0.7, max: 1.2 };
const MAX_LINE_CHARACTERS = 16_000_000;
const VOICE_PAGES = { size: 100, max: 10 };

const MULTILINGUAL_LANGUAGES =
  'en ja zh de hi fr ko pt it es id nl tr fil tl pl sv bg ro ar cs el fi hr ms sk da ta uk ru'.split(' ');
const FLASH_LANGUAGES = [...MULTILINGUAL_LANGUAGES, 'hu', 'no', 'nb', 'vi'];
const V3_LANGUAGES = [
  ...FLASH_LANGUAGES,
  ...'af hy as az be bn bs ca ceb ny et gl ka gu ha he is ga jv kn kk ky ln lv lt lb mk ml mr ne ps fa pa sr sd sl so sw te th ur cy'.split(
    ' ',
  ),
];

interface ElevenLabsModel extends SpeechModel {
  readonly maxCharacters: number;
  readonly takesLanguage: boolean;
  readonly takesSpeed: boolean;
}

const FLASH: ElevenLabsModel = {
  id: 'eleven_flash_v2_5',
  displayName: 'Eleven Flash v2.5',
  languages: FLASH_LANGUAGES,
  maxCharacters: 40_000,
  takesLanguage: true,
  takesSpeed: true,
};
const MODELS: readonly ElevenLabsModel[] = [
  FLASH,
  {
    id: 'eleven_multilingual_v2',
    displayName: 'Eleven Multilingual v2',
    languages: MULTILINGUAL_LANGUAGES,
    maxCharacters: 10_000,
    takesLanguage: false,
    takesSpeed: true,
  },
  {
    id: 'eleven_v3',
    displayName: 'Eleven v3',
    languages: V3_LANGUAGES,
    maxCharacters: 5000,
    takesLanguage: true,
    // Not documented for it.
    takesSpeed: false,
  },
];

/** The vendor's default voices, which every account has. They speak every language of the model. */
const VOICES: readonly Voice[] = [
  voice('EXAVITQu4vr4xnSDxMaL', 'Sarah', 'female', 'en-US'),
  voice('JBFqnCBsd6RMkjVDRZzb', 'George', 'male', 'en-GB'),
  voice('XrExE9yKIg1WjnnlVkGX', 'Matilda', 'female', 'en-US'),
  voice('nPczCjzI2devNBz1zQrb', 'Brian', 'male', 'en-US'),
  voice('cgSgspJ2msm6clMCkdW9', 'Jessica', 'female', 'en-US'),
  voice('cjVigY5qzO86Huf0OWal', 'Eric', 'male', 'en-US'),
  voice('FGY2WhTYpPnrIDTdsKH5', 'Laura', 'female', 'en-US'),
  voice('iP95p4xoKVk53GoZ742B', 'Chris', 'male', 'en-US'),
  voice('Xb7hH8MSUJpSbSDYk0k2', 'Alice', 'female', 'en-GB'),
  voice('onwK4e9ZLuTAKqWW03F9', 'Daniel', 'male', 'en-GB'),
  voice('pFZP5JQG7iQjIQuC4Bku', 'Lily', 'female', 'en-GB'),
  voice('TX3LPaxmHKxFdv7VOQHJ', 'Liam', 'male', 'en-US'),
  voice('bIHbv24MWmeRgasZH58o', 'Will', 'male', 'en-US'),
  voice('CwhRBWXzGAHq8TQ4Fs17', 'Roger', 'male', 'en-US'),
  voice('N2lVS1w4EtoT3dr4eOWO', 'Callum', 'male', 'en-US'),
  voice('pqHfZKP75CvOlQylNhV4', 'Bill', 'male', 'en-US'),
  voice('IKne3meq5aSn9XLyUdCD', 'Charlie', 'male', 'en-AU'),
  voice('SAz9YHcvj6GT2YYXdXww', 'River', undefined, 'en-US'),
];

export const elevenlabs: Vendor = {
  ...VENDOR_VARIABLES.elevenlabs,
  open(options) {
    const { closed, close } = createLifetime('ElevenLabs');
    const account: VendorAccount = { ...options, baseUrl: options.baseUrl ?? BASE_URL, closed };
    return {
      id: 'elevenlabs',
      displayName: 'ElevenLabs',
      recognizer: createElevenLabsRecognizer(account),
      synthesizer: createSynthesizer(account),
      close,
    };
  },
};

function createSynthesizer(account: VendorAccount): SpeechSynthesizer {
  const what = 'speech of ElevenLabs';
  return {
    models: MODELS.map(({ id, displayName, languages }) => ({
      id,
      languages,
      ...(displayName === undefined ? {} : { displayName }),
    })),
    voices: VOICES,
    fetchVoices: (options) => fetchVoices(account, options.signal),

    async *synthesize({ text, voiceId, language, modelId, speed, sampleRateHz: wantedHz }, options) {
      const signal = AbortSignal.any([options.signal, account.closed]);
      signal.throwIfAborted();
      const model = MODELS.find(({ id }) => id === modelId) ?? { ...FLASH, id: modelId ?? FLASH.id };
      const sampleRateHz = rateFor(wantedHz, RATES_HZ, DEFAULT_RATE_HZ);
      const pieces = cutText(stripMarkup(text), { maxLength: model.maxCharacters, language });
      const url = new URL(
        `${account.baseUrl}/v1/text-to-speech/${encodeURIComponent(voiceId)}/stream/with-timestamps`,
      );
      url.searchParams.set('output_format', `pcm_${sampleRateHz}`);
      const code = codeOf(language);
      const wishes = {
        model_id: model.id,
        ...(model.takesLanguage && model.languages.includes(code) ? { language_code: code } : {}),
        ...(model.takesSpeed && speed !== undefined
          ? { voice_settings: { speed: Math.min(SPEED.max, Math.max(SPEED.min, speed)) } }
          : {}),
      };
      const say = async function* (piece: string): AsyncGenerator<SpeechPart> {
        const response = await requestVendor({
          url,
          what,
          signal,
          headers: { 'xi-api-key': account.apiKey, 'content-type': 'application/json' },
          body: JSON.stringify({ text: piece, ...wishes }),
          fetch: account.fetch,
          timeoutMs: account.timeoutMs,
          kindOfError: kindOfElevenLabsError,
        });
        for await (const line of readLines(readBody(response, { what, signal }), what)) {
          const { audio_base64, normalized_alignment, alignment } = parseAnswer(
            SPOKEN,
            parseJson(line),
            what,
          );
          const times = timesOfCharacters(normalized_alignment ?? alignment, what);
          if (times.length > 0) yield times;
          if (audio_base64 !== '') yield new Uint8Array(Buffer.from(audio_base64, 'base64'));
        }
      };
      const requests = pieces.map((piece) => () => say(piece));
      if (requests.length > 0) yield* timedSpeech(requests, { unit: 'character', sampleRateHz, what });
    },
  };
}

const ALIGNMENT = z.object({
  characters: z.array(z.string()),
  character_start_times_seconds: z.array(z.number()),
  character_end_times_seconds: z.array(z.number()),
});
/** `normalized_alignment` has what is said, `alignment` what was written: `two euros` and `2 €`. */
const SPOKEN = z.object({
  audio_base64: z
    .string()
    .nullish()
    .transform((sound) => sound ?? ''),
  alignment: ALIGNMENT.nullish(),
  normalized_alignment: ALIGNMENT.nullish(),
});

function timesOfCharacters(
  alignment: z.infer<typeof ALIGNMENT> | null | undefined,
  what: string,
): readonly TimedText[] {
  if (alignment === null || alignment === undefined) return [];
  return timesOf(
    alignment.characters,
    alignment.character_start_times_seconds,
    alignment.character_end_times_seconds,
    what,
  );
}

/** Lines that are not empty. */
async function* readLines(pieces: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const piece of pieces) {
    const lines = (pending + decoder.decode(piece, { stream: true })).split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > MAX_LINE_CHARACTERS) throw new ProviderError('protocol', `${what} is too large`);
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  pending += decoder.decode();
  if (pending.trim() !== '') yield pending;
}

const VOICE_LIST = z.object({
  voices: z.array(
    z.object({
      voice_id: z.string(),
      name: z.string().nullish(),
      labels: z.record(z.string(), z.string().nullish()).nullish(),
      verified_languages: z.array(z.object({ language: z.string(), locale: z.string().nullish() })).nullish(),
    }),
  ),
  has_more: z.boolean().nullish(),
  next_page_token: z.string().nullish(),
});

async function fetchVoices(account: VendorAccount, given: AbortSignal): Promise<readonly Voice[]> {
  const what = 'list of voices of ElevenLabs';
  const signal = AbortSignal.any([given, account.closed]);
  const found = new Map<string, Voice>();
  let token: string | undefined;
  for (let page = 0; page < VOICE_PAGES.max; page++) {
    const url = new URL(`${account.baseUrl}/v2/voices`);
    url.searchParams.set('page_size', String(VOICE_PAGES.size));
    if (token !== undefined) url.searchParams.set('next_page_token', token);
    const response = await requestVendor({
      url,
      what,
      signal,
      headers: { 'xi-api-key': account.apiKey },
      fetch: account.fetch,
      timeoutMs: account.timeoutMs,
      kindOfError: kindOfElevenLabsError,
    });
    const list = parseAnswer(VOICE_LIST, await readVendorJson(response, { what, signal }), what);
    for (const { voice_id: id, name, labels, verified_languages } of list.voices) {
      const gender = labels?.['gender'];
      const verified = (verified_languages ?? []).map(({ language, locale }) => locale ?? language);
      const spoken = labels?.['language'];
      found.set(id, {
        id,
        displayName: `${name ?? id} (ElevenLabs)`,
        languages: [
          ...new Set([...(typeof spoken === 'string' ? [spoken] : []), ...verified, ...V3_LANGUAGES]),
        ],
        ...(gender === 'female' || gender === 'male' ? { gender } : {}),
      });
    }
    token = list.next_page_token ?? undefined;
    if (list.has_more !== true || token === undefined) break;
  }
  return [...found.values()];
}

function voice(id: string, name: string, gender: Voice['gender'], tag: string): Voice {
  return {
    id,
    displayName: `${name} (ElevenLabs)`,
    languages: [tag, ...V3_LANGUAGES],
    ...(gender === undefined ? {} : { gender }),
  };
}
