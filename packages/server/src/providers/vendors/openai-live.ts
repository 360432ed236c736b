/**
 * Transcription of live sound by OpenAI, over a realtime session of type `transcription`. A turn is transcribed for good
 * when it is committed: by a flush, by the end of the sound, and for models that can, by the vendor when the speaker
 * pauses. Turns may be done in another order than they were committed in.
 */
import { createResampler, type PcmClip, type Resampler } from '@visavox/audio';
import { z } from 'zod';
import { primaryLanguage } from '../../text/language.ts';
import {
  FLUSH,
  ProviderError,
  type RecognitionOptions,
  type SpeechRecognizer,
  type StreamRecognitionOptions,
  type Transcript,
  type TranscriptEvent,
} from '../provider.ts';
import { type LiveEvent, type LiveProtocol, readMessage, recognizeLive } from './live-recognition.ts';
import { authorizationOf, kindOfOpenAiError, type OpenAiAccount } from './openai-interface.ts';
import { openVendorSocket, parseAnswer, type VendorSocket } from './transport.ts';

/** The one rate that sessions take. */
const SESSION_RATE_HZ = 24_000;
const DEFAULT_MODEL = 'gpt-live-transcribe';
const FLUSH_MESSAGE = JSON.stringify({ type: 'input_audio_buffer.commit', event_id: 'flush' });
const END_MESSAGE = JSON.stringify({ type: 'input_audio_buffer.commit', event_id: 'end' });

const EVENT = z.object({
  type: z.string().catch(''),
  item_id: z.string().catch(''),
  delta: z.string().catch(''),
  transcript: z.string().catch(''),
});
const FAILURE = z.object({
  error: z.object({
    code: z.string().nullish().catch(null),
    event_id: z.string().nullish().catch(null),
  }),
});

/** Models that only know live sound. */
export function isLiveOnly(modelId: string | undefined): boolean {
  return modelId !== undefined && /^gpt-(?:live|realtime)-/.test(modelId);
}

export async function* recognizeOpenAiStream(
  account: OpenAiAccount,
  sound: AsyncIterable<PcmClip | typeof FLUSH>,
  options: StreamRecognitionOptions,
): AsyncGenerator<TranscriptEvent> {
  const signal = AbortSignal.any([options.signal, account.closed]);
  yield* recognizeLive(resampled(sound), transcriptionSession(account, options), {
    ...options,
    sampleRateHz: SESSION_RATE_HZ,
    signal,
  });
}

/** A model that only hears live sound hears a clip as if it were. */
export async function recognizeWhole(
  clip: PcmClip,
  options: RecognitionOptions,
  live: NonNullable<SpeechRecognizer['recognizeStream']>,
): Promise<Transcript> {
  const sound = (async function* () {
    const step = Math.ceil(clip.sampleRateHz / 10);
    for (let at = 0; at < clip.samples.length; at += step) {
      yield { samples: clip.samples.subarray(at, at + step), sampleRateHz: clip.sampleRateHz };
    }
  })();
  const texts: string[] = [];
  for await (const { text } of live(sound, {
    ...options,
    sampleRateHz: clip.sampleRateHz,
    interimResults: false,
  })) {
    texts.push(text);
  }
  const { language } = options;
  return { text: texts.join(' ').trim(), ...(language === undefined ? {} : { language }) };
}

function transcriptionSession(account: OpenAiAccount, options: StreamRecognitionOptions): LiveProtocol {
  const what = `transcription of ${account.displayName}`;
  const turns = followTurns(what);
  return {
    what,
    open: async (signal) => turns.watch(await openSession(account, what, signal)),
    firstMessage: JSON.stringify(sessionUpdate(options)),
    soundMessage: (pcm) =>
      JSON.stringify({
        type: 'input_audio_buffer.append',
        audio: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64'),
      }),
    flushMessage: FLUSH_MESSAGE,
    endMessage: END_MESSAGE,
    answerMs: account.timeoutMs,
    read: turns.read,
  };
}

/** A model in the address would open a conversation in place of a transcription. */
function openSession(account: OpenAiAccount, what: string, signal: AbortSignal): Promise<VendorSocket> {
  return openVendorSocket({
    url: `${account.baseUrl.replace(/^http/, 'ws')}/realtime?intent=transcription`,
    what,
    signal,
    headers: authorizationOf(account.apiKey),
    timeoutMs: account.timeoutMs,
    idleMs: null,
  });
}

function sessionUpdate(options: StreamRecognitionOptions): object {
  const model = options.modelId ?? DEFAULT_MODEL;
  const language = options.language === undefined ? undefined : primaryLanguage(options.language);
  const takesList = /^gpt-(?:live-)?transcribe/.test(model);
  const hints = [options.keywords?.join(', '), options.prompt].filter((text) => text).join('. ');
  return {
    type: 'session.update',
    session: {
      type: 'transcription',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: SESSION_RATE_HZ },
          transcription: {
            model,
            ...(language === undefined ? {} : takesList ? { languages: [language] } : { language }),
            // Sessions of the newer models refuse a prompt.
            ...(hints === '' || takesList || isLiveOnly(model) ? {} : { prompt: hints }),
          },
          turn_detection: isLiveOnly(model) ? null : { type: 'server_vad' },
        },
      },
    },
  };
}

interface Turn {
  readonly id: string;
  readonly answersFlush: boolean;
  transcript?: string;
}

/** Keeps the turns in order and knows when nothing more will come. */
function followTurns(what: string): {
  readonly watch: (socket: VendorSocket) => VendorSocket;
  readonly read: LiveProtocol['read'];
} {
  /** Committed and not told yet. */
  const committed: Turn[] = [];
  /** Commits of ours without an answer, in order. */
  const asked: ('flush' | 'end')[] = [];
  /** Turns that the vendor ended. */
  const endedByVendor = new Set<string>();
  const drafts = new Map<string, string>();
  let hasEnded = false;

  const takeDone = (): (LiveEvent | 'end')[] => {
    const events: (LiveEvent | 'end')[] = [];
    for (let [turn] = committed; turn?.transcript !== undefined; [turn] = committed) {
      committed.shift();
      drafts.delete(turn.id);
      endedByVendor.delete(turn.id);
      events.push({ text: turn.transcript.trim(), isFinal: true, answersFlush: turn.answersFlush });
    }
    if (hasEnded && asked.length === 0 && committed.length === 0) events.push('end');
    return events;
  };

  const read = (message: string | Uint8Array): (LiveEvent | 'end')[] => {
    const said = readMessage(message, what);
    const { type, item_id: id, delta, transcript } = parseAnswer(EVENT, said, what);
    switch (type) {
      case 'input_audio_buffer.speech_stopped':
        endedByVendor.add(id);
        return [];
      case 'input_audio_buffer.committed':
        committed.push({ id, answersFlush: !endedByVendor.has(id) && asked.shift() === 'flush' });
        return [];
      case 'conversation.item.input_audio_transcription.delta': {
        const text = (drafts.get(id) ?? '') + delta;
        drafts.set(id, text);
        // A draft of a later turn would mix with the earlier one.
        const isCurrent = committed.length === 0 || committed[0]?.id === id;
        return isCurrent ? [{ text: text.trim(), isFinal: false }] : [];
      }
      case 'conversation.item.input_audio_transcription.completed': {
        const turn = committed.find((each) => each.id === id);
        if (turn === undefined) throw new ProviderError('protocol', `the ${what} is about an unknown turn`);
        turn.transcript = transcript;
        return takeDone();
      }
      case 'conversation.item.input_audio_transcription.failed':
        throw failureOf(said, what);
      case 'error': {
        const { success, data } = FAILURE.safeParse(said);
        if (!success || data.error.code !== 'input_audio_buffer_commit_empty') throw failureOf(said, what);
        // Nothing was said since the last commit.
        const wish = asked.shift();
        const last = committed.at(-1);
        if (wish !== 'flush') return takeDone();
        if (last === undefined) return [{ text: '', isFinal: true, answersFlush: true }, ...takeDone()];
        // The turn before is what the flush is about.
        committed[committed.length - 1] = { ...last, answersFlush: true };
        return takeDone();
      }
      default:
        return [];
    }
  };

  return {
    read,
    watch: (socket) => ({
      limitSilence: socket.limitSilence,
      messages: socket.messages,
      close: (error) => socket.close(error),
      send(data) {
        if (data === FLUSH_MESSAGE) asked.push('flush');
        if (data === END_MESSAGE) {
          asked.push('end');
          hasEnded = true;
        }
        return socket.send(data);
      },
    }),
  };
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  insufficient_quota: 429,
  invalid_api_key: 401,
  rate_limit_exceeded: 429,
};

function failureOf(said: unknown, what: string): ProviderError {
  const { success, data } = FAILURE.safeParse(said);
  const code = success ? (data.error.code ?? '') : '';
  const status = STATUS_OF_CODE[code] ?? 0;
  const known = kindOfOpenAiError(status, said);
  if (known !== undefined) return new ProviderError(known, `${what} failed`);
  if (status === 401) return new ProviderError('auth', `${what} failed`);
  if (status === 429) return new ProviderError('rate-limited', `${what} failed`);
  if (code === 'model_not_found' || code.startsWith('invalid_')) {
    return new ProviderError('bad-request', `${what} failed`);
  }
  return new ProviderError('unavailable', `${what} failed`);
}

/** Not a generator: one that waits for the next clip could not be left. */
function resampled(sound: AsyncIterable<PcmClip | typeof FLUSH>): AsyncIterable<PcmClip | typeof FLUSH> {
  const clips = sound[Symbol.asyncIterator]();
  const ready: (PcmClip | typeof FLUSH)[] = [];
  let resampler: Resampler | undefined;
  let hasEnded = false;
  const push = (samples: Int16Array | undefined): void => {
    if (samples !== undefined && samples.length > 0) ready.push({ samples, sampleRateHz: SESSION_RATE_HZ });
  };
  const iterator: AsyncIterator<PcmClip | typeof FLUSH> = {
    async next() {
      while (true) {
        const value = ready.shift();
        if (value !== undefined) return { done: false, value };
        if (hasEnded) return { done: true, value: undefined };
        const { done, value: clip } = await clips.next();
        if (done || clip === FLUSH) {
          push(resampler?.flush());
          if (done) hasEnded = true;
          else ready.push(FLUSH);
        } else {
          if (resampler?.fromHz !== clip.sampleRateHz) {
            push(resampler?.flush());
            resampler = createResampler({ fromHz: clip.sampleRateHz, toHz: SESSION_RATE_HZ });
          }
          push(resampler.process(clip.samples));
        }
      }
    },
    async return() {
      await clips.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
