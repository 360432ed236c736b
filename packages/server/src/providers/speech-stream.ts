/** Runs an engine over the pieces of a text, one piece ahead of the reader. */
import type { SpeechChunk } from './provider.ts';
import type { SpeechPiece } from './speech-pieces.ts';

export interface StreamPiecesOptions {
  readonly pieces: readonly SpeechPiece[];
  readonly speak: (piece: SpeechPiece, signal: AbortSignal) => Promise<SpeechChunk>;
  readonly signal: AbortSignal;
  /** Of the short silence that a text without any letters becomes. */
  readonly sampleRateHz: number;
}

/**
 * Streams one chunk per piece. While the reader is busy with a chunk the next one is made, never more; leaving the
 * loop early cancels it.
 */
export async function* streamPieces(options: StreamPiecesOptions): AsyncGenerator<SpeechChunk> {
  const { pieces, speak, sampleRateHz } = options;
  options.signal.throwIfAborted();
  if (pieces.length === 0) {
    yield createSilence(100, sampleRateHz);
    return;
  }
  const left = new AbortController();
  const signal = AbortSignal.any([options.signal, left.signal]);
  const start = (piece: SpeechPiece): Promise<SpeechChunk> => {
    const speech = speak(piece, signal);
    // It may fail while nobody waits for it yet; the loop below sees the same failure.
    speech.catch(() => {});
    return speech;
  };
  try {
    let ahead = pieces[0] ? start(pieces[0]) : undefined;
    for (let index = 0; ahead !== undefined; index++) {
      const chunk = await ahead;
      const next = pieces[index + 1];
      ahead = next ? start(next) : undefined;
      yield chunk;
      options.signal.throwIfAborted();
    }
  } finally {
    left.abort();
  }
}

/** A clip of silence. */
export function createSilence(durationMs: number, sampleRateHz: number): SpeechChunk {
  return {
    samples: new Int16Array(Math.round((durationMs * sampleRateHz) / 1000)),
    sampleRateHz,
    visemes: [{ viseme: 'sil', startMs: 0, endMs: durationMs }],
  };
}
