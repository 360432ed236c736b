/** Turns an uploaded sound file of unknown origin into samples. */
import { decodeWav, isWav, type PcmClip, resampleClip, WavError } from '@visavox/audio';
import { decodeWithFfmpeg, findFfmpeg, isForFfmpeg } from './ffmpeg.ts';
import { decodeMp3, isMp3 } from './mp3.ts';

/** Why a file could not be decoded. */
export type AudioDecodeErrorReason = 'empty' | 'unknown-format' | 'broken' | 'timeout';

/** A file that cannot be decoded. The message may be shown to whoever sent it. */
export class AudioDecodeError extends Error {
  readonly reason: AudioDecodeErrorReason;

  constructor(reason: AudioDecodeErrorReason, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'AudioDecodeError';
    this.reason = reason;
  }
}

export interface DecodeAudioOptions {
  readonly signal: AbortSignal;
  /** Longer files are cut. Default 600. */
  readonly maxSeconds?: number;
  /** Folders to look for ffmpeg in, as in the PATH variable; `null` to do without it. Default: the usual folders. */
  readonly searchPath?: string | null;
}

/** Rates outside of what a clip may have are converted. */
const RATES_HZ = { least: 8000, most: 48_000 };

/**
 * Decodes WAV and MP3, and with ffmpeg installed WebM, Ogg, FLAC and MP4, by content and not by name. Several channels
 * become one.
 * @throws {AudioDecodeError} when the file is empty, of another kind, or broken; an abort rejects with the signal's reason.
 */
export async function decodeAudio(bytes: Uint8Array, options: DecodeAudioOptions): Promise<PcmClip> {
  const { signal, maxSeconds = 600 } = options;
  signal.throwIfAborted();
  if (bytes.length === 0) throw new AudioDecodeError('empty', 'expected a sound file, got no bytes');
  const clip = await decodeByKind(bytes, { signal, maxSeconds, searchPath: options.searchPath });
  if (!clip || clip.sampleRateHz === 0) throw brokenError();
  const rateHz = Math.max(RATES_HZ.least, Math.min(RATES_HZ.most, clip.sampleRateHz));
  return resampleClip(clip, rateHz);
}

async function decodeByKind(
  bytes: Uint8Array,
  options: {
    readonly signal: AbortSignal;
    readonly maxSeconds: number;
    readonly searchPath: string | null | undefined;
  },
): Promise<PcmClip | undefined> {
  const { searchPath } = options;
  try {
    if (isWav(bytes)) return decodeWav(bytes, options);
    if (isMp3(bytes)) return await decodeMp3(bytes, options);
    const program = searchPath === null ? undefined : await findFfmpeg(searchPath ?? '');
    if (program && isForFfmpeg(bytes)) return await decodeWithFfmpeg(program, bytes, options);
    const accepted = program ? 'WAV, MP3, WebM, Ogg, FLAC or MP4' : 'WAV or MP3';
    throw new AudioDecodeError('unknown-format', `expected a sound file of the kind ${accepted}`);
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof AudioDecodeError) throw error;
    if (error instanceof WavError) throw new AudioDecodeError('broken', error.message, { cause: error });
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      throw new AudioDecodeError('timeout', 'the sound file took too long to decode', { cause: error });
    }
    throw brokenError(error);
  }
}

function brokenError(cause?: unknown): AudioDecodeError {
  return new AudioDecodeError('broken', 'the sound file is broken: no sound could be decoded', { cause });
}
