/**
 * The utterances of one session in playing order: takes speech in pieces at any rate, gives it out in 10 ms blocks at
 * 48 kHz. Conversion happens block by block while playing, so a long utterance never holds up the clock.
 */
import { concatSamples, createResampler, type Resampler, type VisemeSpan } from '@visavox/audio';

const OUTPUT_RATE_HZ = 48_000;
const BLOCK_SAMPLES = 480;
const BLOCK_MS = 10;
/** Speech is cut off over this time, so that it does not click. */
const FADE_BLOCKS = 3;
/** Bound of what waits unplayed: ten minutes of speech at 24 kHz. The API process stays far below by its own bound. */
const MAX_WAITING_SAMPLES = 24_000 * 600;

export interface SpeechQueueHandlers {
  readonly onStart: (utteranceId: string, mediaMs: number) => void;
  /** Mouth shapes whose time is now known; spans count from `startMs`. */
  readonly onVisemes: (visemes: readonly VisemeSpan[], startMs: number) => void;
  readonly onFinish: (utteranceId: string, playedMs: number, complete: boolean) => void;
}

export interface SpeechQueue {
  start(utteranceId: string, sampleRateHz: number): void;
  append(utteranceId: string, samples: Int16Array, visemes: readonly VisemeSpan[]): void;
  end(utteranceId: string): void;
  /** Drops everything that waits and fades out what plays. */
  clear(mediaMs: number): void;
  /** The block that begins at `mediaMs`; the returned memory is used again by the next call. */
  nextBlock(mediaMs: number): Int16Array;
  /** Whether this utterance plays or waits to. */
  has(utteranceId: string): boolean;
}

interface Utterance {
  readonly id: string;
  readonly sampleRateHz: number;
  readonly resampler: Resampler;
  readonly chunks: { readonly samples: Int16Array; readonly visemes: readonly VisemeSpan[] }[];
  /** Samples of the first chunk that were read already. */
  offset: number;
  ended: boolean;
  flushed: boolean;
  started: boolean;
  playedBlocks: number;
  /** Converted samples that did not fill a block yet. */
  rest: Int16Array;
}

export function createSpeechQueue(handlers: SpeechQueueHandlers): SpeechQueue {
  const queue: Utterance[] = [];
  const block = new Int16Array(BLOCK_SAMPLES);
  let waitingSamples = 0;
  let lastMediaMs = 0;
  let fade: { readonly samples: Int16Array; position: number } | undefined;

  const find = (id: string) => queue.find((utterance) => utterance.id === id);

  const finish = (utterance: Utterance, complete: boolean): void => {
    handlers.onFinish(utterance.id, utterance.playedBlocks * 10, complete);
  };

  /** Milliseconds of this utterance that are converted or waiting before the end of its last chunk. */
  const unplayedMs = (utterance: Utterance): number => {
    const waiting = utterance.chunks.reduce((sum, chunk) => sum + chunk.samples.length, -utterance.offset);
    return (waiting * 1000) / utterance.sampleRateHz + (utterance.rest.length * 1000) / OUTPUT_RATE_HZ;
  };

  /** Converts until a block is full or the input is used up. */
  const fill = (utterance: Utterance, wanted: number): void => {
    const pieces: Int16Array[] = [utterance.rest];
    let have = utterance.rest.length;
    while (have < wanted) {
      const chunk = utterance.chunks[0];
      if (chunk === undefined) {
        if (!utterance.ended || utterance.flushed) break;
        utterance.flushed = true;
        const tail = utterance.resampler.flush();
        pieces.push(tail);
        have += tail.length;
        break;
      }
      const need = Math.ceil(((wanted - have) * utterance.sampleRateHz) / OUTPUT_RATE_HZ) + 1;
      const input = chunk.samples.subarray(utterance.offset, utterance.offset + need);
      utterance.offset += input.length;
      waitingSamples -= input.length;
      if (utterance.offset >= chunk.samples.length) {
        utterance.chunks.shift();
        utterance.offset = 0;
      }
      const output = utterance.resampler.process(input);
      pieces.push(output);
      have += output.length;
    }
    utterance.rest = concatSamples(pieces);
  };

  return {
    has: (id) => find(id) !== undefined,
    start(id, sampleRateHz) {
      queue.push({
        id,
        sampleRateHz,
        resampler: createResampler({ fromHz: sampleRateHz, toHz: OUTPUT_RATE_HZ }),
        chunks: [],
        offset: 0,
        ended: false,
        flushed: false,
        started: false,
        playedBlocks: 0,
        rest: new Int16Array(0),
      });
    },
    append(id, samples, visemes) {
      const utterance = find(id);
      if (utterance === undefined || utterance.ended || samples.length === 0) return;
      if (waitingSamples + samples.length > MAX_WAITING_SAMPLES) return;
      // `lastMediaMs` is when the block given out last began; what is unplayed follows after it.
      if (utterance.started) handlers.onVisemes(visemes, lastMediaMs + BLOCK_MS + unplayedMs(utterance));
      utterance.chunks.push({ samples, visemes });
      waitingSamples += samples.length;
    },
    end(id) {
      const utterance = find(id);
      if (utterance !== undefined) utterance.ended = true;
    },
    clear(mediaMs) {
      lastMediaMs = mediaMs;
      const playing = queue[0];
      if (playing?.started) {
        fill(playing, BLOCK_SAMPLES * FADE_BLOCKS);
        const samples = playing.rest.slice(0, BLOCK_SAMPLES * FADE_BLOCKS);
        for (let index = 0; index < samples.length; index += 1) {
          samples[index] = Math.round((samples[index] ?? 0) * (1 - index / samples.length));
        }
        fade = { samples, position: 0 };
      }
      for (const utterance of queue.splice(0)) finish(utterance, false);
      waitingSamples = 0;
    },
    nextBlock(mediaMs) {
      lastMediaMs = mediaMs;
      block.fill(0);
      if (fade !== undefined) {
        block.set(fade.samples.subarray(fade.position, fade.position + BLOCK_SAMPLES));
        fade.position += BLOCK_SAMPLES;
        if (fade.position >= fade.samples.length) fade = undefined;
        return block;
      }
      for (;;) {
        const utterance = queue[0];
        if (utterance === undefined) return block;
        if (!utterance.started) {
          if (utterance.chunks.length === 0 && !utterance.ended) return block;
          utterance.started = true;
          handlers.onStart(utterance.id, mediaMs);
          let startMs = mediaMs;
          for (const chunk of utterance.chunks) {
            handlers.onVisemes(chunk.visemes, startMs);
            startMs += (chunk.samples.length * 1000) / utterance.sampleRateHz;
          }
        }
        fill(utterance, BLOCK_SAMPLES);
        const over = utterance.ended && utterance.flushed && utterance.rest.length <= BLOCK_SAMPLES;
        if (utterance.rest.length === 0 && !over) return block;
        block.set(utterance.rest.subarray(0, BLOCK_SAMPLES));
        const silent = utterance.rest.length === 0;
        utterance.rest = utterance.rest.slice(BLOCK_SAMPLES);
        if (!silent) utterance.playedBlocks += 1;
        if (over) {
          queue.shift();
          finish(utterance, true);
          if (silent) continue;
        }
        return block;
      }
    },
  };
}
