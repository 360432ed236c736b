/**
 * The conversation with a recogniser over a WebSocket, the same for every vendor: sound goes up while events come
 * down. A vendor file says how its messages look.
 */
import { encodePcm16, type PcmClip } from '@visavox/audio';
import { FLUSH, ProviderError, type StreamRecognitionOptions, type TranscriptEvent } from '../provider.ts';
import { parseJson, type VendorSocket } from './transport.ts';

export interface LiveEvent extends TranscriptEvent {
  /** A final that was asked for; it is handed on even when nothing was heard. */
  readonly answersFlush?: boolean;
}

export interface LiveProtocol {
  /** Opens the socket with `idleMs: null`: a vendor has nothing to say while nobody speaks. */
  readonly open: (signal: AbortSignal) => Promise<VendorSocket>;
  /** For errors, e.g. `transcription of Deepgram`. */
  readonly what: string;
  /** Sent before any sound. */
  readonly firstMessage?: string;
  /** Default: the little-endian PCM16 as it is. */
  readonly soundMessage?: (pcm: Uint8Array) => string | Uint8Array;
  /** Lengths of sound that the vendor takes in one message; silence fills a rest. Default: as the clips come. */
  readonly pieceMs?: { readonly min: number; readonly max: number };
  readonly flushMessage?: string;
  readonly endMessage: string | Uint8Array;
  /** Sent when no sound has been for so long. */
  readonly keepAlive?: { readonly message: string; readonly everyMs: number };
  /** What a message says, in order; `end` when nothing will follow. */
  readonly read: (message: string | Uint8Array) => readonly (LiveEvent | 'end')[];
  /** What is left to be said when the vendor has ended. */
  readonly rest?: () => readonly LiveEvent[];
  /** Longest silence of the vendor after the end of the sound. Default 10 000. */
  readonly answerMs?: number | undefined;
}

const ANSWER_MS = 10_000;

/**
 * Ends when the vendor has said everything about the ended sound. Events without text are left out, but for a final
 * that answers a flush or takes back what an interim said.
 */
export async function* recognizeLive(
  sound: AsyncIterable<PcmClip | typeof FLUSH>,
  protocol: LiveProtocol,
  options: StreamRecognitionOptions,
): AsyncGenerator<TranscriptEvent> {
  const left = new AbortController();
  const socket = await protocol.open(options.signal);
  const clips = sound[Symbol.asyncIterator]();
  let hasEnded = false;
  sendSound(clips, socket, protocol, options.sampleRateHz, left.signal, () => {
    hasEnded = true;
  }).catch((error: unknown) => socket.close(error));
  let hasOpenInterim = false;
  const isWanted = ({ isFinal, text, answersFlush = false }: LiveEvent): boolean => {
    const isNews = text !== '' || (isFinal && (answersFlush || hasOpenInterim));
    const wanted = isNews && (isFinal || options.interimResults);
    if (isFinal) hasOpenInterim = false;
    else if (wanted) hasOpenInterim = true;
    return wanted;
  };
  try {
    reading: for await (const message of socket.messages) {
      for (const event of protocol.read(message)) {
        if (event === 'end') {
          hasEnded = true;
          break reading;
        }
        if (isWanted(event)) yield withoutMark(event);
      }
    }
    if (!hasEnded) throw new ProviderError('unavailable', `${protocol.what} ended before the sound did`);
    for (const event of protocol.rest?.() ?? []) if (isWanted(event)) yield withoutMark(event);
  } finally {
    left.abort();
    socket.close();
    // Not awaited: a microphone that is silent would keep the reader waiting.
    clips.return?.().catch(() => {});
  }
}

function withoutMark({ answersFlush: _, ...event }: LiveEvent): TranscriptEvent {
  return event;
}

async function sendSound(
  clips: AsyncIterator<PcmClip | typeof FLUSH>,
  socket: VendorSocket,
  protocol: LiveProtocol,
  sampleRateHz: number,
  left: AbortSignal,
  onEnd: () => void,
): Promise<void> {
  const { keepAlive, soundMessage = (pcm: Uint8Array) => pcm, pieceMs } = protocol;
  const toBytes = (ms: number) => 2 * Math.round((sampleRateHz * ms) / 1000);
  const minBytes = pieceMs === undefined ? 0 : toBytes(pieceMs.min);
  const maxBytes = pieceMs === undefined ? Number.POSITIVE_INFINITY : toBytes(pieceMs.max);
  const timer =
    keepAlive &&
    setInterval(() => {
      void socket.send(keepAlive.message);
    }, keepAlive.everyMs);
  // The sound may be silent for ever.
  left.addEventListener('abort', () => clearInterval(timer), { once: true });
  let pending: Uint8Array = new Uint8Array(0);
  const sendPending = async (leastBytes: number) => {
    while (pending.length > 0 && pending.length >= leastBytes && !left.aborted) {
      const piece = pending.slice(0, maxBytes);
      pending = pending.subarray(piece.length);
      const filling = Math.max(0, minBytes - piece.length);
      await socket.send(soundMessage(filling === 0 ? piece : joinBytes(piece, new Uint8Array(filling))));
      timer?.refresh();
    }
  };
  try {
    if (protocol.firstMessage !== undefined) await socket.send(protocol.firstMessage);
    while (!left.aborted) {
      const { done, value } = await clips.next();
      if (left.aborted) return;
      if (done) break;
      if (value === FLUSH) {
        await sendPending(0);
        if (protocol.flushMessage !== undefined) await socket.send(protocol.flushMessage);
        continue;
      }
      pending = joinBytes(pending, encodePcm16(value.samples));
      await sendPending(minBytes);
    }
    await sendPending(0);
    onEnd();
    socket.limitSilence(protocol.answerMs === undefined ? ANSWER_MS : Math.min(protocol.answerMs, ANSWER_MS));
    await socket.send(protocol.endMessage);
  } finally {
    clearInterval(timer);
  }
}

function joinBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** The JSON object in a message. @throws {ProviderError} `protocol` when there is none. */
export function readMessage(message: string | Uint8Array, what: string): Readonly<Record<string, unknown>> {
  const value = typeof message === 'string' ? parseJson(message) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProviderError('protocol', `expected JSON messages as ${what}`);
  }
  return value as Readonly<Record<string, unknown>>; // any own member of an object may be looked at
}
