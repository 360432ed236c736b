/**
 * From text or an uploaded file to what is seen and heard: one queue per session. The next utterance is prepared while
 * one plays; a clear aborts what is being prepared and drops the rest.
 */
import { randomUUID } from 'node:crypto';
import type { PcmClip, VisemeSpan } from '@visavox/audio';
import type { ServerPacket } from '@visavox/contract';
import type { SpeechChunk } from '../providers/provider.ts';

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
  readonly splitSentences: (text: string) => readonly string[];
  /** Mouth shapes from the sound itself, for speech that comes without timings. */
  readonly analyse: (clip: PcmClip) => readonly VisemeSpan[];
  readonly onFailure: (error: unknown) => void;
}

export interface Speaker {
  /**
   * Says a text. Exactly one `stf` is announced for it, unless it is cleared away; one of duration 0 when it cannot be
   * spoken. Beyond 64 waiting texts more are ignored.
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
  let running = false;
  let closed = false;
  let generation = new AbortController();
  const unplayed = new Set<string>();

  const pump = (): void => {
    if (running || closed || unplayed.size >= MAX_UNPLAYED) return;
    const job = waiting.shift();
    if (job === undefined) return;
    running = true;
    const utteranceId = randomUUID();
    const { signal } = generation;
    unplayed.add(utteranceId);
    job(utteranceId, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) options.onFailure(error);
      })
      .finally(() => {
        running = false;
        pump();
      });
  };

  const add = (job: Job): void => {
    if (closed) return;
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

  const sayJob =
    (text: string): Job =>
    async (utteranceId, signal) => {
      const sentences = text.length > MAX_CHARACTERS ? [] : options.splitSentences(text);
      let started = false;
      let producedMs = 0;
      let spokenCharacters = 0;
      try {
        for (const sentence of sentences) {
          let sentenceMs = 0;
          for await (const chunk of options.synthesize(sentence, { signal })) {
            signal.throwIfAborted();
            if (chunk.samples.length === 0) continue;
            if (!started) output.startUtterance(utteranceId, chunk.sampleRateHz);
            started = true;
            const chunkMs = (chunk.samples.length * 1000) / chunk.sampleRateHz;
            producedMs += chunkMs;
            sentenceMs += chunkMs;
            const pace =
              spokenCharacters > 0 ? (producedMs - sentenceMs) / spokenCharacters : TYPICAL_MS_PER_CHARACTER;
            const expectedMs = Math.max(producedMs, text.length * pace);
            output.appendUtterance(utteranceId, {
              samples: chunk.samples,
              visemes: chunk.visemes ?? options.analyse(chunk),
              announcements: announce(utteranceId, text, expectedMs, true),
            });
          }
          spokenCharacters += sentence.length;
        }
      } catch (error) {
        if (signal.aborted) throw error;
        options.onFailure(error);
      }
      if (started) output.endUtterance(utteranceId, announce(utteranceId, text, producedMs, true));
      else silent(utteranceId, announce(utteranceId, text, 0, true));
    };

  return {
    say(text) {
      if (waiting.length < MAX_WAITING) add(sayJob(text));
    },
    play(upload) {
      add(async (utteranceId, signal) => {
        let clip: PcmClip | undefined;
        try {
          clip = await upload.load({ signal });
        } catch (error) {
          if (signal.aborted) throw error;
          options.onFailure(error);
        }
        signal.throwIfAborted();
        const durationMs = clip === undefined ? 0 : (clip.samples.length * 1000) / clip.sampleRateHz;
        const announcements = announce(upload.name, upload.message, durationMs, upload.announceStf);
        if (clip === undefined || clip.samples.length === 0) {
          silent(utteranceId, announcements);
          return;
        }
        output.startUtterance(utteranceId, clip.sampleRateHz);
        for (const piece of cut(clip, 2)) {
          output.appendUtterance(utteranceId, {
            samples: piece.samples,
            visemes: options.analyse(piece),
            announcements,
          });
          await new Promise((resolve) => setImmediate(resolve));
          signal.throwIfAborted();
        }
        output.endUtterance(utteranceId, announcements);
      });
    },
    clear() {
      waiting = [];
      unplayed.clear();
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

function* cut(clip: PcmClip, seconds: number): Iterable<PcmClip> {
  const length = Math.max(1, Math.round(clip.sampleRateHz * seconds));
  for (let start = 0; start < clip.samples.length; start += length) {
    yield { samples: clip.samples.slice(start, start + length), sampleRateHz: clip.sampleRateHz };
  }
}
