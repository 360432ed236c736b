/**
 * The seam between a session's picture and sound and the network. Above it: media time and meaning. Below it: peers,
 * codecs, candidates. A transport knows nothing of sessions or avatars.
 */

/** One picture in planar YUV 4:2:0, BT.601 limited range. `data` owns its buffer: exactly width × height × 1.5 bytes. */
export interface I420Frame {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Uint8Array;
}

/** Motion that repeats for ever. Named, so that a transport may encode it once for all viewers who see the same. */
export interface IdleLoop {
  /** Equal ids mean equal pictures. */
  readonly id: string;
  readonly frameCount: number;
  /** The picture is valid until the next call. */
  frame(index: number): I420Frame;
}

/** Sound from the client: PCM16, mono. */
export interface Recording {
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
}

export interface LinkHandlers {
  /** The peer is connected and the command channel is open. Once. */
  readonly onOpen: () => void;
  /** A text frame of the command channel, unparsed and untrusted. */
  readonly onText: (frame: string) => void;
  /** One uploaded file, complete. Returns the reference that is told to the client. */
  readonly onFile: (bytes: Uint8Array) => string;
  /** A handler threw; the link ends as `failed` right after. */
  readonly onError: (error: unknown) => void;
  /** The link has ended and is closed. Once, last. Not called after `close()`. */
  readonly onClosed: (reason: LinkEnd) => void;
}

/** `left`: the client closed in order. `lost`: it went silent. `failed`: our side broke. */
export type LinkEnd = 'left' | 'lost' | 'failed';

export interface MediaLink {
  /** 10 ms of sound: 480 mono samples at 48 kHz. */
  pushAudio(samples: Int16Array): void;
  showIdle(loop: IdleLoop, frameIndex: number): void;
  showLive(frame: I420Frame): void;
  /** Keeps what the client says from now on, at most two minutes; forgets an earlier recording. */
  startRecording(): void;
  /** What was said since; undefined when nothing was started or the client sends no sound. */
  stopRecording(): Recording | undefined;
  /** Sends a text frame on the command channel; false when it is not open or too much is waiting. */
  send(text: string): boolean;
  /** Idempotent. Tears the peer connection down. */
  close(): void;
}

export interface MediaTransport {
  readonly name: string;
  /**
   * Answers an offer, with every candidate inside the answer.
   * @throws {OfferError} when the offer cannot be answered.
   */
  accept(
    offerSdp: string,
    handlers: LinkHandlers,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly answerSdp: string; readonly link: MediaLink }>;
  close(): void;
}

/** The client's offer cannot be answered; the message says why, for the client. */
export class OfferError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OfferError';
  }
}
