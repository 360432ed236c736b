/** Speech by Google Cloud Text-to-Speech: Chirp 3 HD and WaveNet voices. An answer comes as a whole, as WAV. */
import { decodeWav, type PcmClip } from '@visavox/audio';
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import { stripMarkup } from '../../text/markup.ts';
import { ProviderError, type SpeechChunk, type SpeechSynthesizer, type Voice } from '../provider.ts';
import type { GoogleAccount } from './google-account.ts';
import { cutText } from './text-pieces.ts';
import { parseAnswer } from './transport.ts';

/** The vendor takes 5000 bytes; shorter pieces are heard earlier. */
const MAX_TEXT_BYTES = 1500;
const DEFAULT_RATE_HZ = 24_000;
const CHUNK_SECONDS = 0.2;

const CHIRP_LOCALES =
  'en-US en-GB en-AU en-IN ko-KR ja-JP cmn-CN es-ES es-US fr-FR fr-CA de-DE pt-BR it-IT nl-NL nl-BE ru-RU pl-PL uk-UA tr-TR ar-XA hi-IN bn-IN gu-IN kn-IN ml-IN mr-IN ta-IN te-IN ur-IN id-ID vi-VN th-TH sv-SE da-DK nb-NO fi-FI cs-CZ sk-SK hu-HU ro-RO bg-BG el-GR he-IL hr-HR sr-RS sl-SI lt-LT lv-LV et-EE sw-KE'.split(
    ' ',
  );
/** Some of the thirty; the account's list has them all. */
const CHIRP_VOICES = {
  female: ['Leda', 'Kore', 'Aoede', 'Zephyr'],
  male: ['Charon', 'Puck', 'Fenrir', 'Orus'],
};
/** Locale, letters of female voices, letters of male voices. */
const WAVENET_VOICES: readonly (readonly [string, string, string])[] = [
  ['en-US', 'FCEGH', 'DABIJ'],
  ['en-GB', 'ACF', 'BD'],
  ['en-AU', 'AC', 'BD'],
  ['en-IN', 'AD', 'BC'],
  ['ko-KR', 'AB', 'CD'],
  ['ja-JP', 'AB', 'CD'],
  ['cmn-CN', 'AD', 'BC'],
  ['cmn-TW', 'A', 'BC'],
  ['es-US', 'A', 'BC'],
  ['fr-FR', 'ACE', 'BD'],
  ['fr-CA', 'AC', 'BD'],
  ['de-DE', 'ACF', 'BDE'],
  ['it-IT', 'AB', 'CD'],
  ['pt-BR', 'A', 'B'],
  ['nl-NL', 'ADE', 'BC'],
  ['ru-RU', 'ACE', 'BD'],
  ['pl-PL', 'ADE', 'BC'],
  ['uk-UA', 'A', ''],
  ['tr-TR', 'ACD', 'BE'],
  ['ar-XA', 'AD', 'BC'],
  ['hi-IN', 'AD', 'BC'],
  ['id-ID', 'AD', 'BC'],
  ['vi-VN', 'AC', 'BD'],
];

const VOICES: readonly Voice[] = [
  ...(['female', 'male'] as const).flatMap((gender) =>
    CHIRP_LOCALES.flatMap((locale) =>
      CHIRP_VOICES[gender].map((name) => voiceOf(`${locale}-Chirp3-HD-${name}`, locale, gender)),
    ),
  ),
  ...WAVENET_VOICES.flatMap(([locale, female, male]) => [
    ...[...female].map((letter) => voiceOf(`${locale}-Wavenet-${letter}`, locale, 'female')),
    ...[...male].map((letter) => voiceOf(`${locale}-Wavenet-${letter}`, locale, 'male')),
  ]),
];
const languagesOf = (locales: readonly string[]): readonly string[] => [
  ...new Set(locales.map((locale) => primaryLanguage(tagOf(locale)))),
];

export function createGoogleSynthesizer(account: GoogleAccount): SpeechSynthesizer {
  return {
    models: [
      { id: 'chirp-3-hd', displayName: 'Chirp 3 HD', languages: languagesOf(CHIRP_LOCALES) },
      {
        id: 'wavenet',
        displayName: 'WaveNet',
        languages: languagesOf(WAVENET_VOICES.map(([locale]) => locale)),
      },
    ],
    voices: VOICES,

    async fetchVoices(options) {
      const what = 'list of voices of Google';
      const signal = AbortSignal.any([options.signal, account.closed]);
      const answer = await account.call(`${account.addresses.synthesis}/voices`, { what, signal });
      return parseAnswer(VOICE_LIST, answer, what).voices.flatMap(({ name, languageCodes, ssmlGender }) => {
        const locale = languageCodes[0] ?? localeOf(name);
        if (locale === undefined || modelOf(name) === undefined) return [];
        return [voiceOf(name, locale, ssmlGender === 'MALE' ? 'male' : 'female')];
      });
    },

    async *synthesize({ text, voiceId, language, speed, sampleRateHz = DEFAULT_RATE_HZ }, options) {
      const what = 'speech of Google';
      const signal = AbortSignal.any([options.signal, account.closed]);
      signal.throwIfAborted();
      const pieces = cutText(stripMarkup(text), {
        maxLength: MAX_TEXT_BYTES,
        language,
        lengthOf: (piece) => Buffer.byteLength(piece),
      });
      for (const piece of pieces) {
        const answer = await account.call(`${account.addresses.synthesis}/text:synthesize`, {
          what,
          signal,
          body: {
            input: { text: piece },
            voice: { languageCode: localeOf(voiceId) ?? language, name: voiceId },
            audioConfig: {
              audioEncoding: 'LINEAR16',
              sampleRateHertz: sampleRateHz,
              ...(speed === undefined ? {} : { speakingRate: speed }),
            },
          },
        });
        yield* chunksOf(readClip(parseAnswer(SPEECH, answer, what).audioContent, what), signal);
      }
    },
  };
}

const SPEECH = z.object({ audioContent: z.string() });
const VOICE_LIST = z.object({
  voices: z.array(
    z.object({
      name: z.string(),
      languageCodes: z.array(z.string()).default([]),
      ssmlGender: z.string().optional(),
    }),
  ),
});

function readClip(base64: string, what: string): PcmClip {
  let clip: PcmClip;
  try {
    clip = decodeWav(new Uint8Array(Buffer.from(base64, 'base64')));
  } catch {
    throw new ProviderError('protocol', `expected a WAV as ${what}`);
  }
  if (clip.samples.length === 0) throw new ProviderError('empty', `expected ${what}, got no sound`);
  return clip;
}

function* chunksOf({ samples, sampleRateHz }: PcmClip, signal: AbortSignal): Generator<SpeechChunk> {
  const step = Math.round(CHUNK_SECONDS * sampleRateHz);
  for (let at = 0; at < samples.length; at += step) {
    signal.throwIfAborted();
    yield { samples: samples.slice(at, at + step), sampleRateHz };
  }
}

function voiceOf(id: string, locale: string, gender: 'female' | 'male'): Voice {
  const modelId = modelOf(id);
  return {
    id,
    displayName: `${id.slice(id.lastIndexOf('-') + 1)} (Google ${modelId === 'wavenet' ? 'WaveNet' : 'Chirp 3 HD'})`,
    languages: [tagOf(locale)],
    gender,
    ...(modelId === undefined ? {} : { modelIds: [modelId] }),
  };
}

function modelOf(voiceId: string): string | undefined {
  if (voiceId.includes('-Chirp3-HD-')) return 'chirp-3-hd';
  return voiceId.includes('-Wavenet-') ? 'wavenet' : undefined;
}

/** A voice's name begins with its locale. */
function localeOf(voiceId: string): string | undefined {
  return /^[a-z]{2,3}-[A-Z]{2}(?=-)/.exec(voiceId)?.[0];
}

/** As callers write it: `cmn-CN` → `zh-CN`, `ar-XA` → `ar`. */
function tagOf(locale: string): string {
  return locale.replace(/^cmn-/, 'zh-').replace(/-XA$/, '');
}
