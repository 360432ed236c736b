/** What differs between the generations of the SDK that share this code. */

/** One generation. */
export interface Generation {
  /** Silence of the server, in milliseconds, after which a connection counts as lost. */
  readonly pingSilenceLimitMs: number;
  /** Prepares the offer to receive a picture. */
  readonly prepareVideo?: ((video: RTCRtpTransceiver) => void) | undefined;
  /** What goes into chat log and history of an answer's text. */
  readonly cleanAnswer: (text: string) => string;
  /** Whether speech that nobody waits for, announced late, is shown nevertheless. */
  readonly showsLateSpeech: boolean;
  /** Whether `clearBuffer` waits for the end of a turn before it tells the server. */
  readonly clearsAfterTurn: boolean;
}
