/**
 * Speech in some twenty languages through the eSpeak NG host, a separate program under its own licence. The server
 * knows only how to start it; without the package these languages are not available.
 */
import { fileURLToPath } from 'node:url';
import { type PhoneSpan, visemesFromIpa } from '@visavox/audio';
import { normalizeEnglish } from '../text/english.ts';
import { normalizeKorean } from '../text/korean.ts';
import { primaryLanguage } from '../text/language.ts';
import { stripMarkup } from '../text/markup.ts';
import { type EspeakHost, startEspeakHost } from './espeak-host.ts';
import {
  type Provider,
  ProviderError,
  type SpeechChunk,
  type SynthesisRequest,
  type Voice,
} from './provider.ts';
import { cutForSpeech } from './speech-pieces.ts';
import { createSilence } from './speech-stream.ts';

export interface EspeakProviderOptions {
  readonly signal?: AbortSignal;
  /** How to start the host. Default: the `speech-espeak` package of this workspace, when it is there. */
  readonly command?: readonly [string, ...string[]];
}

/** eSpeak NG voice and display name by BCP 47 primary tag. */
const LANGUAGES: Readonly<Record<string, readonly [voice: string, name: string]>> = {
  ko: ['ko', 'Korean'],
  en: ['en-us', 'English'],
  es: ['es', 'Spanish'],
  ja: ['ja', 'Japanese, kana only'],
  zh: ['cmn', 'Chinese'],
  fr: ['fr', 'French'],
  de: ['de', 'German'],
  it: ['it', 'Italian'],
  pt: ['pt-br', 'Portuguese'],
  ru: ['ru', 'Russian'],
  ar: ['ar', 'Arabic'],
  hi: ['hi', 'Hindi'],
  vi: ['vi', 'Vietnamese'],
  id: ['id', 'Indonesian'],
  tr: ['tr', 'Turkish'],
  nl: ['nl', 'Dutch'],
  pl: ['pl', 'Polish'],
  uk: ['uk', 'Ukrainian'],
  sv: ['sv', 'Swedish'],
  da: ['da', 'Danish'],
  nb: ['nb', 'Norwegian'],
  fi: ['fi', 'Finnish'],
  cs: ['cs', 'Czech'],
  el: ['el', 'Greek'],
  he: ['he', 'Hebrew'],
  hu: ['hu', 'Hungarian'],
  ro: ['ro', 'Romanian'],
};

const VARIANTS = { female: '+f3', male: '' } as const;

/** Loudness of the engine brought to that of the other built-in voice; peaks bend under -3 dBFS. */
const GAIN = 1.15;
const KNEE = 0.52 * 32_768;
const CEILING = 0.708 * 32_768;
/** The first chunk is short, so that it comes early; the others spare the receiver work. */
const MIN_CHUNK_MS = { first: 60, later: 200 };

/** Command of the host in this workspace; `undefined` when its package is not installed. */
export function findEspeakHost(): readonly [string, ...string[]] | undefined {
  try {
    return [process.execPath, fileURLToPath(import.meta.resolve('@visavox/speech-espeak/host'))];
  } catch {
    return undefined;
  }
}

/**
 * Starts the host and creates the provider; resolves when it can speak.
 * @throws {ProviderError} `unavailable` when the host or its engine is not installed; the message says how to install it.
 */
export async function createEspeakProvider(options: EspeakProviderOptions = {}): Promise<Provider> {
  const command = options.command ?? findEspeakHost();
  if (!command) {
    throw new ProviderError(
      'unavailable',
      'expected the package @visavox/speech-espeak; install the workspace with it',
    );
  }
  const host = await startEspeakHost({ command, signal: options.signal ?? new AbortController().signal });
  const available = Object.entries(LANGUAGES).filter(([, [voice]]) => host.languages.includes(voice));
  const voices = available.flatMap(([language, [, name]]): Voice[] => [
    {
      id: `${language}-female`,
      displayName: `eSpeak ${name}, female`,
      languages: [language],
      gender: 'female',
    },
    { id: `${language}-male`, displayName: `eSpeak ${name}, male`, languages: [language], gender: 'male' },
  ]);
  return {
    id: 'espeak',
    displayName: 'eSpeak NG (built in)',
    kind: 'built-in',
    synthesizer: { voices, synthesize: (request, { signal }) => synthesize(host, voices, request, signal) },
    close: () => host.close(),
  };
}

async function* synthesize(
  host: EspeakHost,
  voices: readonly Voice[],
  request: SynthesisRequest,
  signal: AbortSignal,
): AsyncGenerator<SpeechChunk> {
  signal.throwIfAborted();
  const known = voices.find(({ id }) => id === request.voiceId);
  if (!known) throw new ProviderError('bad-request', 'expected one of the voices of eSpeak NG');
  // Any of its voices speaks every language: the text decides, the voice gives the timbre.
  const language = primaryLanguage(request.language) || (known.languages[0] ?? 'en');
  const engineVoice = LANGUAGES[language]?.[0];
  if (!engineVoice || !host.languages.includes(engineVoice)) {
    throw new ProviderError('unavailable', `eSpeak NG has no voice here for the language ${language}`);
  }
  const voice = `${engineVoice}${VARIANTS[known.gender ?? 'male']}`;
  const pieces = cutForSpeech(normalizeFor(language, request.text), language);
  if (pieces.length === 0) yield createSilence(100, host.sampleRateHz);
  for (const { text } of pieces) yield* speakPiece(host, { voice, text }, signal);
}

/**
 * Passes the sound on at the borders of phones: where a phone ends is known when the next one starts, so each chunk
 * has all its mouth shapes.
 */
async function* speakPiece(
  host: EspeakHost,
  request: { readonly voice: string; readonly text: string },
  signal: AbortSignal,
): AsyncGenerator<SpeechChunk> {
  const { sampleRateHz } = host;
  const toMs = (samples: number) => (samples / sampleRateHz) * 1000;
  let pending = new Int16Array(0);
  let passed = 0;
  let phones: { readonly phone: string; readonly startMs: number }[] = [];

  function takeUntil(end: number): SpeechChunk {
    const startMs = toMs(passed);
    const samples = pending.slice(0, end - passed);
    pending = pending.slice(end - passed);
    passed = end;
    const durationMs = toMs(samples.length);
    const spans = phones.map(({ phone, startMs: from }, index): PhoneSpan => {
      const until = phones[index + 1]?.startMs ?? Number.POSITIVE_INFINITY;
      // Times are whole milliseconds, chunks whole samples: what differs by less starts with the chunk.
      const first = from - startMs < 0.5 ? 0 : from - startMs;
      return { phone, startMs: first, endMs: Math.max(first + 0.5, until - startMs) };
    });
    const last = phones.at(-1);
    phones = phones.filter((phone) => toMs(end) <= phone.startMs || phone === last);
    return { samples: level(samples), sampleRateHz, visemes: visemesFromIpa(spans, { durationMs }) };
  }

  for await (const piece of host.speak(request, { signal })) {
    const joined = new Int16Array(pending.length + piece.samples.length);
    joined.set(pending);
    joined.set(piece.samples, pending.length);
    pending = joined;
    phones.push(...piece.phones);
    const lastStartMs = phones.at(-1)?.startMs ?? 0;
    const border = Math.min(passed + pending.length, Math.round((lastStartMs * sampleRateHz) / 1000));
    const wantedMs = passed === 0 ? MIN_CHUNK_MS.first : MIN_CHUNK_MS.later;
    if (toMs(border - passed) >= wantedMs) yield takeUntil(border);
  }
  if (pending.length > 0) yield takeUntil(passed + pending.length);
}

function normalizeFor(language: string, text: string): string {
  if (language === 'ko') return normalizeKorean(text);
  if (language === 'en') return normalizeEnglish(text);
  return stripMarkup(text).replace(/\s+/g, ' ').trim();
}

function level(samples: Int16Array<ArrayBuffer>): Int16Array<ArrayBuffer> {
  const room = CEILING - KNEE;
  for (let i = 0; i < samples.length; i++) {
    const value = (samples[i] ?? 0) * GAIN;
    const magnitude = Math.abs(value);
    const bent = magnitude <= KNEE ? magnitude : KNEE + room * Math.tanh((magnitude - KNEE) / room);
    samples[i] = Math.round(Math.sign(value) * bent);
  }
  return samples;
}
