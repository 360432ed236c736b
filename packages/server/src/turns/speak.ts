/**
 * From text or an uploaded file to what is seen and heard: one queue per session. The next utterance is prepared while
 * one plays; a clear aborts what is being prepared and drops the rest.
 */
import { randomUUID } from 'node:crypto';
import {
  concatSamples,
  createResampler,
  type PcmClip,
  type Resampler,
  type VisemeSpan,
} from '@visavox/audio';
import type { ServerPacket } from '@visavox/contract';
import type { SpeechChunk } from '../providers/provider.ts';
import { createLips } from './lips.ts';

/** Utterances handed over but not played to their end: the one that plays and the next. */
const MAX_UNPLAYED = 2;
const MAX_WAITING = 64;
/** Used for the length of a text before any of it has been synthesized; later its own pace counts. */
const TYPICAL_MS_PER_CHARACTER = 65;
const MAX_CHARACTERS = 4000;

/** Where finished speech goes: the media of one session. */
export interface SpeechOutput {
  startUtterance(utteranceId: string, sampleRateHz: number): void;
  appendUtterance(
    utteranceId: string,
    chunk: {
      readonly samples: Int16Array;
      readonly visemes: readonly VisemeSpan[];
      readonly announcements: readonly ServerPacket[];
    },
  ): void;
  endUtterance(utteranceId: string, announcements: readonly ServerPacket[]): void;
}

export interface SpeakerOptions {
  readonly output: SpeechOutput;
  /** Speech of one sentence, in pieces. */
  readonly synthesize: (
    sentence: string,
    options: { readonly signal: AbortSignal },
  ) => AsyncIterable<SpeechChunk>;
  /** The text as it is to be spoken, in sentences. */
  readonly splitSentences: (text: string) => Promise<readonly string[]>;
  /** Mouth shapes from the sound itself, for speech that comes without them. */
  readonly analyse: (clip: PcmClip) => readonly VisemeSpan[];
  readonly onFailure: (error: unknown) => void;
}

export interface Speaker {
  /**
   * Says a text. Exactly one `stf` is announced for it, unless it is cleared away; one of duration 0 when it cannot be
   * spoken. Beyond 64 waiting texts and files more are ignored.
   */
  say(text: string): void;
  /** Plays uploaded speech; `load` gives its sound. `name` is the file reference. */
  play(upload: {
    readonly name: string;
    readonly message: string;
    readonly announceStf: boolean;
    readonly load: (options: { readonly signal: AbortSignal }) => Promise<PcmClip | undefined>;
  }): void;
  /** Drops what waits and stops preparing. The output must be cleared by the caller. */
  clear(): void;
  /** The output has played an utterance to its end or dropped it. */
  utteranceFinished(utteranceId: string): void;
  close(): void;
}

type Job = (utteranceId: string, signal: AbortSignal) => Promise<void>;

export function createSpeaker(options: SpeakerOptions): Speaker {
  const { output } = options;
  let waiting: Job[] = [];
  /** The generation that a job is being prepared in. One that was aborted may settle late; nobody waits for it. */
  let preparing: AbortSignal | undefined;
  let closed = false;
  let generation = new AbortController();
  const unplayed = new Set<string>();

  const pump = (): void => {
    if (preparing !== undefined || closed || unplayed.size >= MAX_UNPLAYED) return;
    const job = waiting.shift();
    if (job === undefined) return;
    const utteranceId = randomUUID();
    const { signal } = generation;
    preparing = signal;
    unplayed.add(utteranceId);
    job(utteranceId, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) options.onFailure(error);
      })
      .finally(() => {
        if (preparing !== signal) return;
        preparing = undefined;
        pump();
      });
  };

  const add = (job: Job): void => {
    if (closed || waiting.length >= MAX_WAITING) return;
    waiting.push(job);
    pump();
  };

  const announce = (
    name: string,
    message: string,
    durationMs: number,
    withStf: boolean,
  ): readonly ServerPacket[] => {
    const duration = Math.round(durationMs);
    return [
      { type: 'stf-start', data: { name, duration } },
      ...(withStf ? [{ type: 'stf' as const, data: { message, duration } }] : []),
    ];
  };

  const silent = (utteranceId: string, announcements: readonly ServerPacket[]): void => {
    output.startUtterance(utteranceId, 48_000);
    output.endUtterance(utteranceId, announcements);
  };

  /** A failure is told and the utterance goes on to its end; an abort throws, so that nothing more is handed over. */
  const attempt = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> => {
    let result: T | undefined;
    try {
      result = await work();
    } catch (error) {
      signal.throwIfAborted();
      options.onFailure(error);
    }
    signal.throwIfAborted();
    return result;
  };

  const sayJob =
    (text: string): Job =>
    async (utteranceId, signal) => {
      const oneRate = createOneRate();
      let producedMs = 0;
      let spokenCharacters = 0;
      await attempt(signal, async () => {
        const sentences = text.length > MAX_CHARACTERS ? [] : await options.splitSentences(text);
        for (const [index, sentence] of sentences.entries()) {
          let sentenceMs = 0;
          const lipsOf = createLips(options.analyse);
          for await (const { chunk, isLast } of withEnd(options.synthesize(sentence, { signal }))) {
            signal.throwIfAborted();
            if (chunk.samples.length === 0) continue;
            if (oneRate.sampleRateHz === undefined) output.startUtterance(utteranceId, chunk.sampleRateHz);
            const samples = oneRate.convert(chunk);
            const chunkMs = (chunk.samples.length * 1000) / chunk.sampleRateHz;
            producedMs += chunkMs;
            sentenceMs += chunkMs;
            const pace =
              spokenCharacters > 0 ? (producedMs - sentenceMs) / spokenCharacters : TYPICAL_MS_PER_CHARACTER;
            const isWhole = isLast && index === sentences.length - 1;
            const expectedMs = isWhole ? producedMs : Math.max(producedMs, text.length * pace);
            output.appendUtterance(utteranceId, {
              samples,
              visemes: lipsOf(chunk),
              announcements: announce(utteranceId, text, expectedMs, true),
            });
          }
          signal.throwIfAborted();
          if (sentenceMs > 0) spokenCharacters += sentence.length;
        }
      });
      const announcements = announce(utteranceId, text, producedMs, true);
      if (oneRate.sampleRateHz === undefined) {
        silent(utteranceId, announcements);
        return;
      }
      const samples = oneRate.flush();
      if (samples.length > 0) output.appendUtterance(utteranceId, { samples, visemes: [], announcements });
      output.endUtterance(utteranceId, announcements);
    };

  return {
    say(text) {
      add(sayJob(text));
    },
    play(upload) {
      add(async (utteranceId, signal) => {
        const clip = await attempt(signal, () => upload.load({ signal }));
        const announceFor = (durationMs: number) =>
          announce(upload.name, upload.message, durationMs, upload.announceStf);
        if (clip === undefined || clip.samples.length === 0) {
          silent(utteranceId, announceFor(0));
          return;
        }
        const { sampleRateHz, samples } = clip;
        const announcements = announceFor((samples.length * 1000) / sampleRateHz);
        let played = 0;
        output.startUtterance(utteranceId, sampleRateHz);
        await attempt(signal, async () => {
          for (const piece of cut({ samples, sampleRateHz }, 2)) {
            const visemes = options.analyse(piece);
            output.appendUtterance(utteranceId, { samples: piece.samples, visemes, announcements });
            played += piece.samples.length;
            await new Promise((resolve) => setImmediate(resolve));
            signal.throwIfAborted();
          }
        });
        output.endUtterance(utteranceId, announceFor((played * 1000) / sampleRateHz));
      });
    },
    clear() {
      waiting = [];
      unplayed.clear();
      preparing = undefined;
      generation.abort();
      generation = new AbortController();
    },
    utteranceFinished(utteranceId) {
      unplayed.delete(utteranceId);
      pump();
    },
    close() {
      closed = true;
      waiting = [];
      generation.abort();
    },
  };
}

/**
 * Tells with each chunk whether it is the last one, if the engine says so at once: an utterance that comes in one piece
 * is then announced with its exact length and not with an estimate.
 */
async function* withEnd(
  chunks: AsyncIterable<SpeechChunk>,
): AsyncIterable<{ readonly chunk: SpeechChunk; readonly isLast: boolean }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (let next = iterator.next(); ; ) {
      const result = await next;
      if (result.done === true) {
        isDone = true;
        return;
      }
      next = iterator.next();
      // Its failure is met by the next round.
      const ended = next.then(({ done }) => done === true).catch(() => false);
      const turn = new Promise<boolean>((resolve) => setImmediate(resolve, false));
      yield { chunk: result.value, isLast: await Promise.race([ended, turn]) };
    }
  } finally {
    // Not waited for: an engine that ignores its abort would hold this up until its next piece.
    if (!isDone) iterator.return?.().then(undefined, () => {});
  }
}

function* cut(clip: PcmClip, seconds: number): Iterable<PcmClip> {
  const length = Math.max(1, Math.round(clip.sampleRateHz * seconds));
  for (let start = 0; start < clip.samples.length; start += length) {
    yield { samples: clip.samples.slice(start, start + length), sampleRateHz: clip.sampleRateHz };
  }
}

interface OneRate {
  /** That of the first chunk; undefined before. */
  readonly sampleRateHz: number | undefined;
  convert(chunk: PcmClip): Int16Array;
  /** What is held back at the end of the utterance. */
  flush(): Int16Array;
}

/** An utterance has one rate, but the sentences of a text may have voices of different rates. */
function createOneRate(): OneRate {
  let sampleRateHz: number | undefined;
  let resampler: Resampler | undefined;
  const flush = () => resampler?.flush() ?? new Int16Array(0);
  return {
    get sampleRateHz() {
      return sampleRateHz;
    },
    flush,
    convert(chunk) {
      sampleRateHz ??= chunk.sampleRateHz;
      if (resampler?.fromHz === chunk.sampleRateHz) return resampler.process(chunk.samples);
      const rest = flush();
      resampler =
        chunk.sampleRateHz === sampleRateHz
          ? undefined
          : createResampler({ fromHz: chunk.sampleRateHz, toHz: sampleRateHz });
      const samples = resampler?.process(chunk.samples) ?? chunk.samples;
      return rest.length === 0 ? samples : concatSamples([rest, samples]);
    },
  };
}
