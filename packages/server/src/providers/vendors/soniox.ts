/**
 * Soniox: recognises recordings as jobs and live sound over a WebSocket, both in tokens smaller than words. Formats are
 * known from the vendor's documentation and SDKs; no live answer was seen.
 */
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import { errorFromStatus } from '../http.ts';
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
import { cleanUp, createRemovable, waitForJob } from './jobs.ts';
import { type LiveEvent, type LiveProtocol, readMessage, recognizeLive } from './live-recognition.ts';
import {
  checkRegion,
  createLifetime,
  fileOf,
  openVendorSocket,
  parseAnswer,
  readVendorJson,
  requestVendor,
} from './transport.ts';
import type { Vendor, VendorAccount } from './vendor.ts';

const LANGUAGES =
  'en ko ja zh es fr de pt it nl ru hi ar tr vi id th pl uk sv da no nb fi cs el he hu ro bg hr sk sl sr et lv lt af sq az eu be bn bs ca gl gu kn kk mk ms ml mr fa pa sw tl fil ta te ur cy'.split(
    ' ',
  );
/** Each model has one name for live sound and one for recordings; it is listed by the first. */
const MODELS: readonly SpeechModel[] = [
  { id: 'stt-rt-v5', displayName: 'Soniox v5', languages: LANGUAGES },
  { id: 'stt-rt-v4', displayName: 'Soniox v4', languages: LANGUAGES },
];
const OWN_NAMES: Readonly<Record<string, string>> = { nb: 'no', nn: 'no', fil: 'tl', cmn: 'zh' };
const KEEP_ALIVE_MS = 8000;
/** Tokens that tell of the stream instead of the speech. */
const END_OF_FLUSH = '<fin>';
const END_OF_SPEECH = '<end>';

export const soniox: Vendor = {
  ...VENDOR_VARIABLES.soniox,
  open(options) {
    const { closed, close } = createLifetime('Soniox');
    const { region = 'us' } = options;
    const place = region === 'us' ? '' : `${checkRegion(region, 'Soniox')}.`;
    const account: Account = {
      ...options,
      closed,
      baseUrl: options.baseUrl ?? `https://api.${place}soniox.com`,
      socketUrl: (options.baseUrl ?? `https://stt-rt.${place}soniox.com`).replace(/^http/, 'ws'),
    };
    return { id: 'soniox', displayName: 'Soniox', recognizer: createRecognizer(account), close };
  },
};

interface Account extends VendorAccount {
  readonly socketUrl: string;
}

const what = 'transcription of Soniox';

function createRecognizer(account: Account): SpeechRecognizer {
  return {
    models: MODELS,
    languages: LANGUAGES,
    limitedVocabulary: false,
    // Texts are always formatted.
    features: ['keywords', 'diarization', 'smart-format', 'prompt'],

    recognizeStream: (sound, options) =>
      recognizeLive(sound, liveProtocol(account, options), {
        ...options,
        signal: AbortSignal.any([options.signal, account.closed]),
      }),

    async recognize(clip, options): Promise<Transcript> {
      const signal = AbortSignal.any([options.signal, account.closed]);
      const file = fileOf(clip, options.file);
      const form = new FormData();
      // The format is told from the bytes.
      form.set('file', new Blob([file.bytes], { type: file.mediaType }), 'speech');
      const remove = (path: string, id: string) => (limit: AbortSignal) =>
        call(account, `${path}/${encodeURIComponent(id)}`, limit, { method: 'DELETE' });
      const create = (path: string, request: Parameters<typeof call>[3]) =>
        createRemovable(
          async (limit) => parseAnswer(CREATED, await call(account, path, limit, request), what).id,
          (id) => remove(path, id),
          signal,
        );
      const fileId = await create('/v1/files', { body: form });
      try {
        const jobId = await create('/v1/transcriptions', {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            model: (options.modelId ?? 'stt-rt-v5').replace('-rt-', '-async-'),
            file_id: fileId,
            ...wishesOf(options),
          }),
        });
        const path = `/v1/transcriptions/${encodeURIComponent(jobId)}`;
        try {
          await waitForJob(async () => isDone(parseAnswer(STATE, await call(account, path, signal), what)), {
            what,
            signal,
            clipSeconds: clip.samples.length / clip.sampleRateHz,
          });
          const answer = await call(account, `${path}/transcript`, signal);
          return transcriptOf(parseAnswer(TRANSCRIPT, answer, what).tokens);
        } finally {
          cleanUp(remove('/v1/transcriptions', jobId));
        }
      } finally {
        cleanUp(remove('/v1/files', fileId));
      }
    },
  };
}

async function call(
  { baseUrl, apiKey, fetch, timeoutMs }: Account,
  path: string,
  signal: AbortSignal,
  request: {
    readonly method?: 'DELETE';
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | FormData;
  } = {},
): Promise<unknown> {
  const response = await requestVendor({
    ...request,
    url: `${baseUrl}${path}`,
    what,
    signal,
    headers: { authorization: `Bearer ${apiKey}`, ...request.headers },
    fetch,
    timeoutMs,
    kindOfError,
  });
  if (request.method === 'DELETE') return await response.body?.cancel();
  return await readVendorJson(response, { what, signal });
}

function wishesOf(options: RecognitionOptions): object {
  const { language, keywords = [], prompt } = options;
  const primary = language === undefined || language === 'multi' ? undefined : primaryLanguage(language);
  return {
    enable_language_identification: true,
    ...(primary === undefined ? {} : { language_hints: [OWN_NAMES[primary] ?? primary] }),
    ...(options.diarization ? { enable_speaker_diarization: true } : {}),
    ...(keywords.length === 0 && !prompt
      ? {}
      : {
          context: {
            ...(prompt ? { text: prompt } : {}),
            ...(keywords.length > 0 ? { terms: keywords } : {}),
          },
        }),
  };
}

const CREATED = z.object({ id: z.string() });
const STATE = z.object({ status: z.string(), error_message: z.string().nullish() });
const TOKEN = z.object({
  text: z.string(),
  start_ms: z.number().nullish(),
  end_ms: z.number().nullish(),
  confidence: z.number().nullish(),
  is_final: z.boolean().nullish(),
  speaker: z.union([z.string(), z.number()]).nullish(),
  language: z.string().nullish(),
});
type Token = z.infer<typeof TOKEN>;
const TRANSCRIPT = z.object({ tokens: z.array(TOKEN) });
const LIVE_ANSWER = z.object({
  tokens: z.array(TOKEN).default([]),
  finished: z.boolean().nullish(),
  error_code: z.coerce.number().nullish(),
});

function isDone({ status, error_message: reason }: z.infer<typeof STATE>): true | undefined {
  if (status === 'queued' || status === 'processing') return undefined;
  if (status === 'completed') return true;
  if (status !== 'error') throw new ProviderError('protocol', `expected the state of the ${what}`);
  const isAudio = /audio|decod|format|file/i.test(reason ?? '');
  throw new ProviderError(isAudio ? 'bad-audio' : 'unavailable', `${what} failed`);
}

function transcriptOf(tokens: readonly Token[]): Transcript {
  const spoken = tokens.filter(({ text }) => text !== END_OF_FLUSH && text !== END_OF_SPEECH);
  const text = spoken
    .map((token) => token.text)
    .join('')
    .trim();
  if (text === '') return { text };
  const language = mostFrequent(spoken);
  const known = spoken.flatMap(({ confidence }) => (typeof confidence === 'number' ? [confidence] : []));
  const words = wordsOf(spoken);
  return {
    text,
    ...(language === undefined ? {} : { language }),
    ...(known.length === 0 ? {} : { confidence: known.reduce((sum, one) => sum + one, 0) / known.length }),
    ...(words.length === 0 ? {} : { words }),
  };
}

function mostFrequent(tokens: readonly Token[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { language, text } of tokens) {
    if (typeof language === 'string') counts.set(language, (counts.get(language) ?? 0) + text.length);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** A token that begins with a space begins a word; scripts without spaces have a word for each token. */
function wordsOf(tokens: readonly Token[]): readonly TranscriptWord[] {
  const words: { text: string; startMs: number; endMs: number; confidence?: number; speaker?: number }[] = [];
  const speakers: string[] = [];
  for (const token of tokens) {
    const { text, start_ms: startMs, end_ms: endMs, confidence, speaker } = token;
    if (typeof startMs !== 'number' || typeof endMs !== 'number' || text.trim() === '') continue;
    const last = words.at(-1);
    if (
      last !== undefined &&
      !/^[\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(text)
    ) {
      last.text += text.trimEnd();
      last.endMs = endMs;
      if (last.confidence !== undefined && typeof confidence === 'number') {
        last.confidence = Math.min(last.confidence, confidence);
      }
      continue;
    }
    const name = speaker === null || speaker === undefined ? undefined : String(speaker);
    if (name !== undefined && !speakers.includes(name)) speakers.push(name);
    words.push({
      text: text.trim(),
      startMs,
      endMs,
      ...(typeof confidence === 'number' ? { confidence } : {}),
      ...(name === undefined ? {} : { speaker: speakers.indexOf(name) }),
    });
  }
  return words;
}

function liveProtocol(account: Account, options: StreamRecognitionOptions): LiveProtocol {
  /** Tokens of the current stretch of speech that will not change any more. */
  let settled: Token[] = [];
  const finish = (answersFlush: boolean): LiveEvent => {
    const event = { ...transcriptOf(settled), isFinal: true, answersFlush };
    settled = [];
    return event;
  };
  return {
    what,
    open: (signal) =>
      openVendorSocket({
        url: `${account.socketUrl}/transcribe-websocket`,
        what,
        signal,
        headers: { authorization: `Bearer ${account.apiKey}` },
        timeoutMs: account.timeoutMs,
        idleMs: null,
      }),
    firstMessage: JSON.stringify({
      model: (options.modelId ?? 'stt-rt-v5').replace('-async-', '-rt-'),
      audio_format: 'pcm_s16le',
      sample_rate: options.sampleRateHz,
      num_channels: 1,
      enable_endpoint_detection: true,
      ...wishesOf(options),
    }),
    flushMessage: JSON.stringify({ type: 'finalize' }),
    endMessage: '',
    keepAlive: { message: JSON.stringify({ type: 'keepalive' }), everyMs: KEEP_ALIVE_MS },
    answerMs: account.timeoutMs,
    read(message) {
      const answer = parseAnswer(LIVE_ANSWER, readMessage(message, what), what);
      if (typeof answer.error_code === 'number') throw errorFromStatus(answer.error_code, null, what);
      const events: LiveEvent[] = [];
      const open: Token[] = [];
      for (const token of answer.tokens) {
        if (token.is_final !== true) open.push(token);
        else if (token.text === END_OF_FLUSH || token.text === END_OF_SPEECH) {
          events.push(finish(token.text === END_OF_FLUSH));
        } else settled.push(token);
      }
      if (answer.finished) return [...events, 'end'];
      if (settled.length + open.length > 0) {
        events.push({ ...transcriptOf([...settled, ...open]), isFinal: false });
      }
      return events;
    },
    rest: () => (settled.length === 0 ? [] : [finish(false)]),
  };
}

const ERROR = z.object({ error_type: z.string().default(''), message: z.string().default('') });

function kindOfError(status: number, body: unknown): ProviderErrorKind | undefined {
  const { success, data } = ERROR.safeParse(body);
  if (!success) return undefined;
  if (/balance|budget|payment/i.test(`${data.error_type} ${data.message}`)) return 'payment';
  if (status === 400 && /audio|file/i.test(data.error_type)) return 'bad-audio';
  return undefined;
}
