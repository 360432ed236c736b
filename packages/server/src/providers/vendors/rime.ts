/**
 * Rime: speech. Formats are known from the vendor's documentation and SDKs, voices from its public list of them; no
 * live answer was seen.
 */
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import { stripMarkup } from '../../text/markup.ts';
import type { ProviderErrorKind, SpeechModel, SpeechSynthesizer, Voice } from '../provider.ts';
import { cutText } from './text-pieces.ts';
import { rateFor } from './timed-speech.ts';
import {
  createLifetime,
  parseAnswer,
  pcmChunks,
  readBody,
  readVendorJson,
  requestVendor,
} from './transport.ts';
import type { Vendor, VendorAccount } from './vendor.ts';

const BASE_URL = 'https://users.rime.ai';
const ARCANA = 'arcana';
const MIST = 'mistv2';
const RATES_HZ = {
  [ARCANA]: [8000, 16_000, 22_050, 24_000, 44_100, 48_000],
  [MIST]: [8000, 16_000, 22_050, 24_000, 44_100],
};
const DEFAULT_RATE_HZ = 24_000;
/** Documented for Mist; Arcana takes more. */
const MAX_TEXT_CHARACTERS = { [ARCANA]: 3000, [MIST]: 500 };

/** The vendor's names of languages. */
const LANGUAGE_NAMES: Readonly<Record<string, string>> = {
  en: 'eng',
  es: 'spa',
  fr: 'fra',
  de: 'ger',
  pt: 'por',
  ja: 'jpn',
  he: 'heb',
  hi: 'hin',
  ar: 'ara',
  ta: 'tam',
};
const LANGUAGES_BY_NAME = new Map(Object.entries(LANGUAGE_NAMES).map(([tag, name]) => [name, tag]));

const MODELS: readonly SpeechModel[] = [
  { id: ARCANA, displayName: 'Arcana', languages: Object.keys(LANGUAGE_NAMES) },
  { id: MIST, displayName: 'Mist v2', languages: ['en', 'es', 'fr', 'de'] },
];

/** A voice belongs to one language. */
const VOICES: readonly Voice[] = [
  voice('astra', 'female', 'en-US', [ARCANA, MIST]),
  voice('luna', 'female', 'en-US', [ARCANA]),
  voice('celeste', 'female', 'en-US', [ARCANA]),
  voice('andromeda', 'female', 'en-US', [ARCANA]),
  voice('lyra', 'female', 'en-US', [ARCANA]),
  voice('estelle', 'female', 'en-US', [ARCANA]),
  voice('esther', 'female', 'en-US', [ARCANA]),
  voice('moss', 'female', 'en-SG', [ARCANA]),
  voice('orion', 'male', 'en-US', [ARCANA]),
  voice('eliphas', 'male', 'en-US', [ARCANA]),
  voice('fern', 'male', 'en-US', [ARCANA]),
  voice('bond', 'male', 'en-US', [ARCANA]),
  voice('albion', 'male', 'en-GB', [ARCANA]),
  voice('amber', 'female', 'en-US', [MIST]),
  voice('allison', 'female', 'en-US', [MIST]),
  voice('brenda', 'female', 'en-US', [MIST]),
  voice('marina', 'female', 'en-US', [MIST]),
  voice('pearl', 'female', 'en-US', [MIST]),
  voice('grove', 'female', 'en-US', [MIST]),
  voice('elliot', 'male', 'en-US', [MIST]),
  voice('marsh', 'male', 'en-US', [MIST]),
  voice('cedar', 'male', 'en-US', [MIST]),
  voice('colin', 'male', 'en-US', [MIST]),
  voice('rohan', 'male', 'en-IN', [MIST]),
  voice('sirius', undefined, 'es', [ARCANA]),
  voice('destin', undefined, 'fr', [ARCANA]),
  voice('diego', undefined, 'es', [MIST]),
  voice('alois', undefined, 'fr', [MIST]),
  voice('klaus', undefined, 'de', [MIST]),
  voice('amalia', undefined, 'de', [MIST]),
];

export const rime: Vendor = {
  ...VENDOR_VARIABLES.rime,
  open(options) {
    const { closed, close } = createLifetime('Rime');
    const account: VendorAccount = { ...options, baseUrl: options.baseUrl ?? BASE_URL, closed };
    return { id: 'rime', displayName: 'Rime', synthesizer: createSynthesizer(account), close };
  },
};

function createSynthesizer(account: VendorAccount): SpeechSynthesizer {
  const what = 'speech of Rime';
  return {
    models: MODELS,
    voices: VOICES,
    fetchVoices: (options) => fetchVoices(account, options.signal),

    async *synthesize({ text, voiceId, language, modelId, speed = 1, sampleRateHz: wantedHz }, options) {
      const signal = AbortSignal.any([options.signal, account.closed]);
      signal.throwIfAborted();
      const model = modelId ?? VOICES.find(({ id }) => id === voiceId)?.modelIds?.[0] ?? ARCANA;
      const family = model.startsWith('mist') ? MIST : ARCANA;
      const sampleRateHz = rateFor(wantedHz, RATES_HZ[family], DEFAULT_RATE_HZ);
      const pieces = cutText(stripMarkup(text), { maxLength: MAX_TEXT_CHARACTERS[family], language });
      const primary = primaryLanguage(language);
      const bytes = async function* () {
        for (const piece of pieces) {
          const response = await requestVendor({
            url: `${account.baseUrl}/v1/rime-tts`,
            what,
            signal,
            headers: {
              authorization: `Bearer ${account.apiKey}`,
              'content-type': 'application/json',
              accept: 'audio/pcm',
            },
            body: JSON.stringify({
              text: piece,
              speaker: voiceId,
              modelId: model,
              lang: LANGUAGE_NAMES[primary] ?? primary,
              samplingRate: sampleRateHz,
              // Both are lengths: 2 takes twice the time.
              ...(speed === 1 ? {} : { [family === MIST ? 'speedAlpha' : 'timeScaleFactor']: 1 / speed }),
            }),
            fetch: account.fetch,
            timeoutMs: account.timeoutMs,
            kindOfError,
          });
          yield* wholeSamples(readBody(response, { what, signal }));
        }
      };
      if (pieces.length > 0) yield* pcmChunks(bytes(), { sampleRateHz, what });
    },
  };
}

/** Half a sample at the end of a request would shift the next one. */
async function* wholeSamples(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = new Uint8Array(0);
  for await (const piece of pieces) {
    const joined = new Uint8Array(held.length + piece.length);
    joined.set(held);
    joined.set(piece, held.length);
    const whole = joined.length - (joined.length % 2);
    held = joined.slice(whole);
    if (whole > 0) yield joined.subarray(0, whole);
  }
}

const VOICE_LIST = z.array(
  z.object({
    speaker: z.string(),
    gender: z.string().nullish(),
    lang: z.string().nullish(),
    modelId: z.string().nullish(),
  }),
);

async function fetchVoices(account: VendorAccount, given: AbortSignal): Promise<readonly Voice[]> {
  const what = 'list of voices of Rime';
  const signal = AbortSignal.any([given, account.closed]);
  const response = await requestVendor({
    // Public, so that no key is sent.
    url: `${account.baseUrl}/data/voices/voice_details.json`,
    what,
    signal,
    fetch: account.fetch,
    timeoutMs: account.timeoutMs,
  });
  const list = parseAnswer(VOICE_LIST, await readVendorJson(response, { what, signal }), what);
  const found = new Map<string, { gender: Voice['gender']; languages: Set<string>; modelIds: Set<string> }>();
  for (const { speaker, gender, lang, modelId } of list) {
    const tag = LANGUAGES_BY_NAME.get(lang ?? '');
    const model = MODELS.find(({ id }) => id === modelId);
    if (tag === undefined || model === undefined) continue;
    const known = found.get(speaker) ?? {
      gender: genderOf(gender),
      languages: new Set(),
      modelIds: new Set(),
    };
    known.languages.add(tag);
    known.modelIds.add(model.id);
    found.set(speaker, known);
  }
  return [...found].map(([id, { gender, languages, modelIds }]) => ({
    id,
    displayName: nameOf(id),
    languages: [...languages],
    modelIds: [...modelIds],
    ...(gender === undefined ? {} : { gender }),
  }));
}

function genderOf(word: string | null | undefined): Voice['gender'] {
  const lower = word?.toLowerCase();
  return lower === 'female' || lower === 'male' ? lower : undefined;
}

function voice(id: string, gender: Voice['gender'], tag: string, modelIds: readonly string[]): Voice {
  return {
    id,
    displayName: nameOf(id),
    languages: [tag],
    modelIds,
    ...(gender === undefined ? {} : { gender }),
  };
}

function nameOf(id: string): string {
  return `${id.charAt(0).toUpperCase()}${id.slice(1)} (Rime)`;
}

/** No codes are documented; the words tell an empty account from a bad key. */
function kindOfError(status: number, body: unknown): ProviderErrorKind | undefined {
  const words = typeof body === 'string' ? body : JSON.stringify(body);
  if (status < 500 && /quota|credits?\b|payment|billing/i.test(words)) return 'payment';
  return undefined;
}
