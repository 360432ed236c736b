/** What the API process and a media process say to each other. Structured clone over the child's IPC channel. */
import type { VisemeSpan } from '@visavox/audio';
import type { ClientPacket, ServerPacket } from '@visavox/contract';
import type { Recording } from './transport.ts';

export interface Placement {
  /** Shift of the figure in frame widths, -1 – 1. */
  readonly left: number;
  /** Shift downwards in frame heights, 0 – 1. */
  readonly top: number;
  /** Scale of the figure, 0 – 5; 1 fills the frame height. */
  readonly height: number;
}

/** What stands in the picture. */
export interface Scene {
  readonly modelStyle: string;
  readonly placement: Placement;
  /** An encoded PNG, JPEG or WebP picture; absent means the built-in studio backdrop. */
  readonly background?: Uint8Array | undefined;
}

export interface MediaProcessOptions {
  readonly packDirectories: readonly string[];
  readonly mediaAddress?: string | undefined;
  readonly ports?: { readonly first: number; readonly last: number } | undefined;
  readonly maxVideoPixels: number;
}

export type ToMedia =
  | { readonly kind: 'start'; readonly options: MediaProcessOptions }
  | {
      readonly kind: 'open';
      readonly requestId: number;
      readonly sessionId: string;
      readonly offerSdp: string;
      readonly scene: Scene;
    }
  | {
      readonly kind: 'utterance-start';
      readonly sessionId: string;
      readonly utteranceId: string;
      readonly sampleRateHz: number;
    }
  | {
      readonly kind: 'utterance-chunk';
      readonly sessionId: string;
      readonly utteranceId: string;
      readonly samples: Int16Array;
      readonly visemes: readonly VisemeSpan[];
      /** Sent to the client when the utterance begins to play; the latest before that moment counts. */
      readonly announcements: readonly ServerPacket[];
    }
  | {
      readonly kind: 'utterance-end';
      readonly sessionId: string;
      readonly utteranceId: string;
      readonly announcements: readonly ServerPacket[];
    }
  /** Answers each forwarded `clear-buffer`; until it comes, speech that was on its way is dropped. */
  | { readonly kind: 'clear'; readonly sessionId: string }
  | { readonly kind: 'packet'; readonly sessionId: string; readonly packet: ServerPacket }
  /** Shows another picture in the same session as soon as it is prepared. */
  | { readonly kind: 'scene'; readonly sessionId: string; readonly scene: Scene }
  | { readonly kind: 'close'; readonly sessionId: string }
  | { readonly kind: 'stats'; readonly requestId: number };

export type FromMedia =
  | { readonly kind: 'ready'; readonly transport: string }
  | { readonly kind: 'opened'; readonly requestId: number; readonly answerSdp: string }
  | {
      readonly kind: 'open-failed';
      readonly requestId: number;
      /** `offer`: the client's fault, `detail` is for the client. `internal`: ours, `detail` is for the log. */
      readonly fault: 'offer' | 'internal';
      readonly detail: string;
    }
  | { readonly kind: 'connected'; readonly sessionId: string }
  | {
      readonly kind: 'packet';
      readonly sessionId: string;
      readonly packet: ClientPacket;
      /** With the commands that end a recording; absent when the client sends no sound. */
      readonly recording?: Recording | undefined;
    }
  | {
      readonly kind: 'file';
      readonly sessionId: string;
      readonly fileRef: string;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'utterance-started'; readonly sessionId: string; readonly utteranceId: string }
  | {
      readonly kind: 'utterance-finished';
      readonly sessionId: string;
      readonly utteranceId: string;
      readonly playedMs: number;
      /** False when it was cleared away before its end. */
      readonly complete: boolean;
    }
  | { readonly kind: 'closed'; readonly sessionId: string; readonly reason: MediaEnd }
  | { readonly kind: 'stats'; readonly requestId: number; readonly stats: MediaStats };

/** Why a session's media ended by itself. `crashed` is said by the API process when a media process died. */
export type MediaEnd = 'left' | 'lost' | 'failed' | 'crashed';

export interface MediaStats {
  readonly sessions: number;
  readonly stages: number;
  readonly frames: number;
  readonly lateFrames: number;
  readonly restarts: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}
