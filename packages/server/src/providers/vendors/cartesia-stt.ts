/**
 * Cartesia Ink: recordings over HTTP, live sound over a WebSocket. Formats are known from the vendor's documentation
 * and SDKs; no live answer was seen.
 */
import { z } from 'zod';
import type { SpeechModel, SpeechRecognizer, StreamRecognitionOptions, Transcript } from '../provider.ts';
import { cartesiaError, cartesiaHeaders, cartesiaLanguage, kindOfCartesiaError } from './cartesia-api.ts';
import { recognizeClipLive } from './live-clip.ts';
import { type LiveProtocol, readMessage, recognizeLive } from './live-recognition.ts';
import { fileOf, openVendorSocket, parseAnswer, readVendorJson, requestVendor } from './transport.ts';
import type { VendorAccount } from './vendor.ts';

const LANGUAGES =
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no nb th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl fil mg as tt haw ln ha ba jv su yue'.split(
    ' ',
  );
const INK_WHISPER = 'ink-whisper';
const MODELS: readonly SpeechModel[] = [
  { id: INK_WHISPER, displayName: 'Ink-Whisper', languages: LANGUAGES },
  { id: 'ink-2', displayName: 'Ink 2', languages: ['en'] },
];

export function createCartesiaRecognizer(account: VendorAccount): SpeechRecognizer {
  const what = 'transcription of Cartesia';
  const recognizeStream: NonNullable<SpeechRecognizer['recognizeStream']> = (sound, options) =>
    recognizeLive(sound, liveProtocol(account, options, what), {
      ...options,
      signal: AbortSignal.any([options.signal, account.closed]),
    });
  return {
    recognizeStream,
    models: MODELS,
    languages: LANGUAGES,
    limitedVocabulary: false,

    async recognize(clip, options): Promise<Transcript> {
      const { modelId = INK_WHISPER } = options;
      // The other one only hears live sound.
      if (!modelId.startsWith(INK_WHISPER)) return await recognizeClipLive(clip, options, recognizeStream);
      const signal = AbortSignal.any([options.signal, account.closed]);
      const { bytes, mediaType } = fileOf(clip, options.file);
      const form = new FormData();
      form.set('file', new Blob([bytes], { type: mediaType }), fileNameOf(mediaType));
      form.set('model', modelId);
      if (options.language !== undefined) form.set('language', cartesiaLanguage(options.language));
      form.append('timestamp_granularities[]', 'word');
      const response = await requestVendor({
        url: `${account.baseUrl}/stt`,
        what,
        signal,
        headers: cartesiaHeaders(account),
        body: form,
        fetch: account.fetch,
        timeoutMs: account.timeoutMs,
        kindOfError: kindOfCartesiaError,
      });
      const { text, language, words } = parseAnswer(
        HEARD,
        await readVendorJson(response, { what, signal }),
        what,
      );
      const trimmed = text.trim();
      if (trimmed === '') return { text: '' };
      return {
        text: trimmed,
        ...(language ? { language } : {}),
        ...(words
          ? {
              words: words.map(({ word, start, end }) => ({
                text: word.trim(),
                startMs: Math.round(start * 1000),
                endMs: Math.round(end * 1000),
              })),
            }
          : {}),
      };
    },
  };
}

const HEARD = z.object({
  text: z.string(),
  language: z.string().nullish(),
  words: z.array(z.object({ word: z.string(), start: z.number(), end: z.number() })).nullish(),
});
const LIVE_RESULT = z.object({ text: z.string(), is_final: z.boolean() });

/** What the vendor calls final is only a part: a stretch of speech ends when it is told to. */
function liveProtocol(account: VendorAccount, options: StreamRecognitionOptions, what: string): LiveProtocol {
  const url = new URL(`${account.baseUrl.replace(/^http/, 'ws')}/stt/websocket`);
  const model = options.modelId ?? INK_WHISPER;
  url.searchParams.set('model', model);
  url.searchParams.set('encoding', 'pcm_s16le');
  url.searchParams.set('sample_rate', String(options.sampleRateHz));
  if (options.language !== undefined) url.searchParams.set('language', cartesiaLanguage(options.language));
  let settled = '';
  const takeSettled = () => {
    const text = settled.trim();
    settled = '';
    return text;
  };
  return {
    what,
    open: (signal) =>
      openVendorSocket({
        url,
        what,
        signal,
        headers: cartesiaHeaders(account),
        timeoutMs: account.timeoutMs,
        idleMs: null,
        kindOfClose: (code) => (({ 1003: 'bad-request', 1007: 'bad-request', 1008: 'auth' }) as const)[code],
      }),
    // The vendor recommends 100 ms.
    pieceMs: { min: 20, max: 200 },
    flushMessage: 'finalize',
    endMessage: 'close',
    answerMs: account.timeoutMs,
    read(message) {
      const said = readMessage(message, what);
      switch (said['type']) {
        case 'error':
          throw cartesiaError(said, what);
        case 'flush_done':
          return [{ text: takeSettled(), isFinal: true, answersFlush: true }];
        case 'done':
          return [{ text: takeSettled(), isFinal: true }, 'end'];
        case 'transcript': {
          const { text, is_final: isSettled } = parseAnswer(LIVE_RESULT, said, what);
          const before = settled;
          if (!isSettled) return [{ text: (before + text).trim(), isFinal: false }];
          // Shown with what follows, which is often the end of the stretch.
          settled += text;
          return [{ text: before.trim(), isFinal: false }];
        }
        default:
          return [];
      }
    },
    rest: () => [{ text: takeSettled(), isFinal: true }],
  };
}

/** The vendor tells formats by the ends of names. */
function fileNameOf(mediaType: string): string {
  const subtype = mediaType.split(/[/;+]/)[1]?.replace(/^x-/, '') ?? 'wav';
  const extension = { mpeg: 'mp3', wave: 'wav', 'vnd.wave': 'wav', mp4: 'm4a', aac: 'm4a', opus: 'ogg' }[
    subtype
  ];
  return `speech.${extension ?? subtype}`;
}
