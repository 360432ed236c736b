/**
 * Azure Speech: neural voices. Recognition is in `azure-stt.ts`. Formats are known from the vendor's documentation and
 * SDKs; no live answer was seen.
 */
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import { stripMarkup } from '../../text/markup.ts';
import type { SpeechSynthesizer, Voice } from '../provider.ts';
import { type AzureAccount, azureAddress, azureHeaders, azureLocale, kindOfAzureError } from './azure-api.ts';
import { createAzureRecognizer } from './azure-stt.ts';
import { AZURE_VOICES } from './azure-voices.ts';
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
import type { Vendor, VendorOptions } from './vendor.ts';

/** A request may make ten minutes of sound; this is far from it in every language. */
const MAX_TEXT_CHARACTERS = 2000;
const DEFAULT_RATE_HZ = 24_000;
const RATES_HZ = [8000, 16_000, 22_050, 24_000, 44_100, 48_000];
/** Names of headerless PCM16 mono. */
const FORMATS: Readonly<Record<number, string>> = {
  8000: 'raw-8khz-16bit-mono-pcm',
  16000: 'raw-16khz-16bit-mono-pcm',
  22050: 'raw-22050hz-16bit-mono-pcm',
  24000: 'raw-24khz-16bit-mono-pcm',
  44100: 'raw-44100hz-16bit-mono-pcm',
  48000: 'raw-48khz-16bit-mono-pcm',
};

export const azure: Vendor = {
  ...VENDOR_VARIABLES.azure,
  open(options) {
    const { closed, close } = createLifetime('Azure Speech');
    const account: AzureAccount = { ...options, ...splitKey(options), closed };
    return {
      id: 'azure',
      displayName: 'Azure Speech',
      recognizer: createAzureRecognizer(account),
      synthesizer: createSynthesizer(account),
      close,
    };
  },
};

/** A key may bring its region: `westeurope/0123abcd`. */
function splitKey({ apiKey, region }: VendorOptions): Pick<VendorOptions, 'apiKey' | 'region'> {
  const [, ownRegion, key] = /^([a-z][a-z0-9-]*)\/(.+)$/.exec(apiKey.trim()) ?? [];
  return key === undefined ? { apiKey: apiKey.trim(), region } : { apiKey: key, region: ownRegion };
}

function createSynthesizer(account: AzureAccount): SpeechSynthesizer {
  const what = 'speech of Azure Speech';
  return {
    models: [
      {
        id: 'neural',
        displayName: 'Neural',
        languages: [...new Set(AZURE_VOICES.flatMap(({ languages }) => languages.map(primaryLanguage)))],
      },
    ],
    voices: AZURE_VOICES,
    fetchVoices: (options) => fetchVoices(account, options.signal),

    async *synthesize({ text, voiceId, language, speed, sampleRateHz: wantedHz }, options) {
      const signal = AbortSignal.any([options.signal, account.closed]);
      signal.throwIfAborted();
      const sampleRateHz = rateFor(wantedHz, RATES_HZ, DEFAULT_RATE_HZ);
      const pieces = cutText(stripMarkup(text), { maxLength: MAX_TEXT_CHARACTERS, language });
      const bytes = async function* () {
        for (const piece of pieces) {
          const response = await requestVendor({
            url: azureAddress(account, 'tts', '/cognitiveservices/v1'),
            what,
            signal,
            headers: {
              ...azureHeaders(account),
              'content-type': 'application/ssml+xml',
              'x-microsoft-outputformat': FORMATS[sampleRateHz] ?? 'raw-24khz-16bit-mono-pcm',
              'user-agent': 'visavox',
            },
            body: ssmlOf(piece, { voiceId, locale: azureLocale(language), speed }),
            fetch: account.fetch,
            timeoutMs: account.timeoutMs,
            kindOfError: kindOfAzureError,
          });
          yield* readBody(response, { what, signal });
        }
      };
      if (pieces.length > 0) yield* pcmChunks(bytes(), { sampleRateHz, what });
    },
  };
}

function ssmlOf(
  text: string,
  {
    voiceId,
    locale,
    speed,
  }: { readonly voiceId: string; readonly locale: string; readonly speed: number | undefined },
): string {
  const said = escapeXml(text);
  const paced = speed === undefined || speed === 1 ? said : `<prosody rate="${speed}">${said}</prosody>`;
  // Only voices of many languages may be told which one to speak.
  const spoken = /multilingual/i.test(voiceId)
    ? `<lang xml:lang="${escapeXml(locale)}">${paced}</lang>`
    : paced;
  return (
    `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="${escapeXml(locale)}">` +
    `<voice name="${escapeXml(voiceId)}">${spoken}</voice></speak>`
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 has no place for most control characters, not even escaped. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, ' ')
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

const VOICE_LIST = z.array(
  z.object({
    ShortName: z.string(),
    DisplayName: z.string().nullish(),
    Gender: z.string().nullish(),
    Locale: z.string(),
    SecondaryLocaleList: z.array(z.string()).nullish(),
  }),
);

async function fetchVoices(account: AzureAccount, given: AbortSignal): Promise<readonly Voice[]> {
  const what = 'list of voices of Azure Speech';
  const signal = AbortSignal.any([given, account.closed]);
  signal.throwIfAborted();
  const response = await requestVendor({
    url: azureAddress(account, 'tts', '/cognitiveservices/voices/list'),
    what,
    signal,
    headers: azureHeaders(account),
    fetch: account.fetch,
    timeoutMs: account.timeoutMs,
    kindOfError: kindOfAzureError,
  });
  const list = parseAnswer(VOICE_LIST, await readVendorJson(response, { what, signal }), what);
  return list.map(({ ShortName: id, DisplayName: name, Gender, Locale, SecondaryLocaleList }) => {
    const gender = Gender?.toLowerCase();
    return {
      id,
      displayName: `${name ?? id} (Azure)`,
      languages: [...new Set([Locale, ...(SecondaryLocaleList ?? [])])],
      ...(gender === 'female' || gender === 'male' ? { gender } : {}),
    };
  });
}
