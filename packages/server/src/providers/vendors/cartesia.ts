/**
 * Cartesia: Sonic speaks, and tells when it says which phone. Recognition is in `cartesia-stt.ts`. Formats are known
 * from the vendor's documentation and SDKs; no live answer was seen.
 */
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { z } from 'zod';
import { stripMarkup } from '../../text/markup.ts';
import { ProviderError, type SpeechModel, type SpeechSynthesizer, type Voice } from '../provider.ts';
import { cartesiaError, cartesiaHeaders, cartesiaLanguage, kindOfCartesiaError } from './cartesia-api.ts';
import { createCartesiaRecognizer } from './cartesia-stt.ts';
import { cutText } from './text-pieces.ts';
import { rateFor, type SpeechPart, timedSpeech, timesOf } from './timed-speech.ts';
import {
  createLifetime,
  parseAnswer,
  parseJson,
  readEvents,
  readVendorJson,
  requestVendor,
} from './transport.ts';
import type { Vendor, VendorAccount } from './vendor.ts';

const BASE_URL = 'https://api.cartesia.ai';
const RATES_HZ = [8000, 16_000, 22_050, 24_000, 44_100, 48_000];
const DEFAULT_RATE_HZ = 24_000;
/** The vendor's limits. */
const SPEED = { min: 0.6, max: 1.5 };
const VOICE_PAGES = { size: 100, max: 10 };
/** No limit is documented; a request of a few minutes is surely taken. */
const MAX_TEXT_CHARACTERS = 3000;

const SONIC_LANGUAGES =
  'en fr de es pt zh ja hi it ko nl pl ru sv tr tl fil bg ro ar cs el fi hr ms sk da ta uk hu no nb vi bn th he ka id te gu kn ml mr pa'.split(
    ' ',
  );
const SPEECH_MODELS: readonly SpeechModel[] = [
  { id: 'sonic-3', displayName: 'Sonic 3', languages: SONIC_LANGUAGES },
];
/** Native voices come before those that only can. */
const VOICES: readonly Voice[] = [
  ...voices('female', ['ko-KR'], {
    '304fdbd8-65e6-40d6-ab78-f9d18b9efdf9': 'Jihyun',
    '4dd4630e-19e0-4243-bca0-676ff85119b7': 'Haeun',
    'a0fc16d3-01af-482b-910f-ed063c3d79d3': 'Subin',
  }),
  ...voices('male', ['ko-KR'], {
    '89f4372f-1f73-4b85-8e1e-5d24ed8bc826': 'Jaewon',
    'e1717dc3-b87b-4720-aa7f-b6db290e0609': 'Taehyun',
  }),
  ...voices('female', ['ja-JP'], { '861213b7-f057-45c8-9527-0f4c144f1a03': 'Haruka' }),
  ...voices('male', ['ja-JP'], { 'aa3ccc4a-cfd8-405c-acf5-1873a527b006': 'Naoki' }),
  ...voices('female', ['de-DE'], { '3f4ade23-6eb4-4279-ab05-6a144947c4d5': 'German Conversational Woman' }),
  ...voices('male', ['de-DE'], {
    '57a3a9e0-a91c-4c94-a2bb-e6cbab3ae649': 'Clemens',
    '4ad22058-7cb6-402c-a115-196cbfc25dce': 'Moritz',
  }),
  ...voices('female', ['fr-FR'], { 'a249eaff-1e96-4d2c-b23b-12efa4f66f41': 'French Conversational Lady' }),
  ...voices('male', ['fr-FR'], { '996ec149-0dca-4389-ad08-e2d6f906b4bf': 'Mathis' }),
  ...voices('female', ['es-MX'], { '5c5ad5e7-1020-476b-8b91-fdcbe9cc313c': 'Daniela' }),
  ...voices('male', ['zh-CN'], { '453c418c-125e-4e5a-b048-03fec55d0963': 'Feng' }),
  ...voices('female', ['en-US', ...SONIC_LANGUAGES], {
    'f786b574-daa5-4673-aa0c-cbe3e8534c02': 'Katie',
    '9626c31c-bec5-4cca-baa8-f8ba9e84c8bc': 'Jacqueline',
    'e07c00bc-4134-4eae-9ea4-1a55fb45746b': 'Brooke',
    'f9836c6e-a0bd-460e-9d3c-f7299fa60f94': 'Caroline',
    '6ccbfb76-1fc6-48f7-b71d-91ac6298247b': 'Tessa',
    'db6b0ed5-d5d3-463d-ae85-518a07d3c2b4': 'Skylar',
  }),
  ...voices('male', ['en-US', ...SONIC_LANGUAGES], {
    'a167e0f3-df7e-4d52-a9c3-f949145efdab': 'Blake',
    '228fca29-3a0a-435c-8728-5cb483251068': 'Kiefer',
    '5ee9feff-1265-424a-9d7f-8e4d431a12c7': 'Ronald',
    '47c38ca4-5f35-497b-b1a3-415245fb35e1': 'Daniel',
    'c961b81c-a935-4c17-bfb3-ba2239de8c2f': 'Kyle',
  }),
];

export const cartesia: Vendor = {
  ...VENDOR_VARIABLES.cartesia,
  open(options) {
    const { closed, close } = createLifetime('Cartesia');
    const account: VendorAccount = { ...options, baseUrl: options.baseUrl ?? BASE_URL, closed };
    return {
      id: 'cartesia',
      displayName: 'Cartesia',
      recognizer: createCartesiaRecognizer(account),
      synthesizer: createSynthesizer(account),
      close,
    };
  },
};

function createSynthesizer(account: VendorAccount): SpeechSynthesizer {
  const what = 'speech of Cartesia';
  return {
    models: SPEECH_MODELS,
    voices: VOICES,
    fetchVoices: (options) => fetchVoices(account, options.signal),

    async *synthesize({ text, voiceId, language, modelId, speed, sampleRateHz: wantedHz }, options) {
      const signal = AbortSignal.any([options.signal, account.closed]);
      signal.throwIfAborted();
      const sampleRateHz = rateFor(wantedHz, RATES_HZ, DEFAULT_RATE_HZ);
      const pieces = cutText(stripMarkup(text), { maxLength: MAX_TEXT_CHARACTERS, language });
      const say = async function* (piece: string): AsyncGenerator<SpeechPart> {
        const response = await requestVendor({
          url: `${account.baseUrl}/tts/sse`,
          what,
          signal,
          headers: { ...cartesiaHeaders(account), 'content-type': 'application/json' },
          body: JSON.stringify({
            model_id: modelId ?? 'sonic-3',
            transcript: piece,
            voice: { mode: 'id', id: voiceId },
            language: cartesiaLanguage(language),
            output_format: { container: 'raw', encoding: 'pcm_s16le', sample_rate: sampleRateHz },
            add_phoneme_timestamps: true,
            ...(speed === undefined
              ? {}
              : { generation_config: { speed: Math.min(SPEED.max, Math.max(SPEED.min, speed)) } }),
          }),
          fetch: account.fetch,
          timeoutMs: account.timeoutMs,
          kindOfError: kindOfCartesiaError,
        });
        for await (const { data } of readEvents(response, { what, signal })) {
          const message = parseJson(data);
          const said = parseAnswer(SPOKEN, message, what);
          if (said.type === 'error') throw cartesiaError(message, what);
          if (said.type === 'done') return;
          if (typeof said.data === 'string') yield new Uint8Array(Buffer.from(said.data, 'base64'));
          const times = said.phoneme_timestamps;
          if (times) yield timesOf(times.phonemes, times.start, times.end, what);
        }
        throw new ProviderError('unavailable', `${what} broke off`);
      };
      const requests = pieces.map((piece) => () => say(piece));
      if (requests.length > 0) yield* timedSpeech(requests, { unit: 'phone', sampleRateHz, what });
    },
  };
}

const SPOKEN = z.object({
  type: z.string(),
  data: z.string().nullish(),
  phoneme_timestamps: z
    .object({ phonemes: z.array(z.string()), start: z.array(z.number()), end: z.array(z.number()) })
    .nullish(),
});

const VOICE_LIST = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      language: z.string().nullish(),
      locales: z.array(z.object({ locale: z.string() })).nullish(),
      gender: z.string().nullish(),
    }),
  ),
  has_more: z.boolean().nullish(),
});

async function fetchVoices(account: VendorAccount, given: AbortSignal): Promise<readonly Voice[]> {
  const what = 'list of voices of Cartesia';
  const signal = AbortSignal.any([given, account.closed]);
  const found = new Map<string, Voice>();
  let after: string | undefined;
  for (let page = 0; page < VOICE_PAGES.max; page++) {
    const url = new URL(`${account.baseUrl}/voices`);
    url.searchParams.set('limit', String(VOICE_PAGES.size));
    if (after !== undefined) url.searchParams.set('starting_after', after);
    const response = await requestVendor({
      url,
      what,
      signal,
      headers: cartesiaHeaders(account),
      fetch: account.fetch,
      timeoutMs: account.timeoutMs,
      kindOfError: kindOfCartesiaError,
    });
    const list = parseAnswer(VOICE_LIST, await readVendorJson(response, { what, signal }), what);
    for (const { id, name, language, locales, gender } of list.data) {
      const spoken = (locales ?? []).map(({ locale }) => locale);
      found.set(id, {
        id,
        displayName: `${name} (Cartesia)`,
        languages: [...new Set([...spoken, ...(language ? [language] : []), ...SONIC_LANGUAGES])],
        ...(gender === 'feminine' || gender === 'female' ? { gender: 'female' } : {}),
        ...(gender === 'masculine' || gender === 'male' ? { gender: 'male' } : {}),
      });
    }
    const last = list.data.at(-1)?.id;
    if (list.has_more !== true || last === undefined || last === after) break;
    after = last;
  }
  return [...found.values()];
}

function voices(
  gender: 'female' | 'male',
  languages: readonly string[],
  names: Readonly<Record<string, string>>,
): readonly Voice[] {
  return Object.entries(names).map(([id, name]) => ({
    id,
    displayName: `${name} (Cartesia)`,
    languages,
    gender,
  }));
}
