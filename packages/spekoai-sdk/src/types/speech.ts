/** Speech recognition and synthesis. */

import type { PipelineConstraints, RoutingIntent, RoutingResult } from './routing.ts';

/** Options of `transcribe` and `transcribeStream`. */
export interface TranscribeOptions extends RoutingIntent {
  /** Counts the usage for this session. Blank counts as none. */
  sessionId?: string | undefined;
  /** MIME type of the audio, for example `audio/pcm;rate=16000`. Default: `audio/wav`. */
  contentType?: string | undefined;
  constraints?: PipelineConstraints | undefined;
  /** Words to expect, such as names: at most 200. */
  keywords?: readonly string[] | undefined;
  sttOptions?:
    | {
        /** Language told to the vendor in place of the intent's, for example `multi`. Does not change the routing. */
        language?: string | undefined;
      }
    | undefined;
}

/** What was said. */
export interface TranscribeResult extends RoutingResult {
  text: string;
  /** From 0 to 1; `null` when the vendor does not say. */
  confidence: number | null;
}

/** An event of `transcribeStream`. `done` or `error` is the last. */
export type TranscribeStreamEvent =
  | ({ type: 'meta' } & RoutingResult)
  | { type: 'transcript'; text: string; isFinal: boolean; confidence: number }
  | ({ type: 'done' } & TranscribeResult)
  | { type: 'error'; error: string; code: string };

/** Options of `synthesize` and `synthesizeStream`. */
export interface SynthesizeOptions extends RoutingIntent {
  /** Counts the usage for this session. Blank counts as none. */
  sessionId?: string | undefined;
  /** The vendor's id of the voice. Default: the vendor's default voice. */
  voice?: string | undefined;
  /** Model of the first candidate; those after it keep their own. */
  model?: string | undefined;
  /** From 0.5 to 2. Default: the vendor's normal speed. */
  speed?: number | undefined;
  /** How to speak, for models that can be told. */
  instructions?: string | undefined;
  /** Writes numbers, addresses and markup out before they are spoken. Default: `false`. */
  spokenForm?: boolean | undefined;
  constraints?: PipelineConstraints | undefined;
}

/** Speech as one piece. */
export interface SynthesizeResult extends RoutingResult {
  audio: Uint8Array;
  /** MIME type of `audio`, for example `audio/pcm;rate=24000`: 16-bit little-endian mono without header. */
  contentType: string;
}

/** Speech in pieces, as they arrive: iterate over it once. */
export interface SynthesizeStreamResult extends RoutingResult, AsyncIterable<Uint8Array> {
  /** MIME type of the pieces together. A piece may end in the middle of a sample. */
  contentType: string;
}
