/** Reading and writing WAV files. */

/** Sound samples of one channel, −1 to 1. */
export interface Pcm {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
}

/** Tags of a file, as the numbers that their four letters are when read least significant byte first. */
const RIFF = 0x46464952;
const WAVE = 0x45564157;
const FORMAT = 0x20746d66;
const DATA = 0x61746164;

const HEADER_BYTES = 44;

class WavParseError extends Error {
  constructor(problem: string) {
    super(`WAV parse error: ${problem}`);
    this.name = 'WavParseError';
  }
}

/**
 * Reads the sample rate, in hertz, from the header of a WAV file.
 *
 * @throws {Error} named `WavParseError` when the data is no WAV file.
 *
 * @example
 * ```ts source="./wav.examples.ts#sample-rate"
 * const sampleRate = getWavSampleRate(await file.arrayBuffer());
 * console.log(sampleRate); // for example 16000
 * ```
 */
export function getWavSampleRate(wavData: ArrayBuffer): number {
  const view = openRiff(wavData, 28);
  return view.getUint32(findChunk(view, FORMAT, 'fmt', 8).offset + 4, true);
}

/**
 * Decodes a WAV file of integer samples; several channels are averaged.
 *
 * @throws {Error} named `WavParseError` for anything else.
 */
export function decodeWav(wavData: ArrayBuffer): Pcm {
  const view = openRiff(wavData, HEADER_BYTES);
  if (view.getUint32(8, true) !== WAVE) throw new WavParseError('Missing WAVE identifier');
  const format = findChunk(view, FORMAT, 'fmt', 16).offset;
  const encoding = view.getUint16(format, true);
  const channels = view.getUint16(format + 2, true);
  const sampleRateHz = view.getUint32(format + 4, true);
  const bits = view.getUint16(format + 14, true);
  requireSupport('audio format', encoding, encoding === 1);
  requireSupport('channel count', channels, channels >= 1 && channels <= 8);
  requireSupport('sample rate', sampleRateHz, sampleRateHz >= 1 && sampleRateHz <= 192_000);
  requireSupport('bit depth', bits, [8, 16, 24, 32].includes(bits));
  const data = findChunk(view, DATA, 'data', 0);

  const bytes = bits / 8;
  const frameBytes = bytes * channels;
  const samples = new Float32Array(Math.floor(data.size / frameBytes));
  for (let frame = 0; frame < samples.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += readSample(view, data.offset + frame * frameBytes + channel * bytes, bytes);
    }
    samples[frame] = sum / channels;
  }
  return { samples, sampleRateHz };
}

/** Writes a WAV file of 16-bit samples, one channel, behind a header of 44 bytes. Samples beyond ±1 are clamped. */
export function encodeWav({ samples, sampleRateHz }: Pcm): ArrayBuffer {
  const dataBytes = samples.length * 2;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + dataBytes));
  const onePcmChannel = 0x1_0001;
  const twoBytesOf16Bits = 0x10_0002;
  [
    ...[RIFF, HEADER_BYTES - 8 + dataBytes, WAVE],
    ...[FORMAT, 16, onePcmChannel, sampleRateHz, sampleRateHz * 2, twoBytesOf16Bits],
    ...[DATA, dataBytes],
  ].forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  samples.forEach((sample, index) => {
    const clamped = Math.max(-1, Math.min(1, sample));
    const value = Math.round(clamped * (clamped < 0 ? 0x8000 : 0x7fff));
    view.setInt16(HEADER_BYTES + index * 2, value, true);
  });
  return view.buffer;
}

/** The media type of an audio file, from its first bytes; `audio/wav` when they tell nothing. */
export function sniffAudioType(bytes: Uint8Array): 'audio/wav' | 'audio/mpeg' {
  const [first, second = 0, third] = bytes;
  const isId3 = first === 0x49 && second === 0x44 && third === 0x33;
  const isFrameSync = first === 0xff && (second & 0xe0) === 0xe0;
  return isId3 || isFrameSync ? 'audio/mpeg' : 'audio/wav';
}

function openRiff(wavData: ArrayBuffer, minBytes: number): DataView {
  if (wavData.byteLength < minBytes) throw new WavParseError('File too small to be a valid WAV');
  const view = new DataView(wavData);
  if (view.getUint32(0, true) !== RIFF) throw new WavParseError('Missing RIFF header');
  return view;
}

/** Walks the chunks, to one followed by `minBytes` or more. A size that reaches beyond the end of the file is clipped. */
function findChunk(
  view: DataView,
  tag: number,
  name: string,
  minBytes: number,
): { offset: number; size: number } {
  let offset = 20;
  while (offset + minBytes <= view.byteLength) {
    const size = view.getUint32(offset - 4, true);
    if (view.getUint32(offset - 8, true) === tag) {
      return { offset, size: Math.min(size, view.byteLength - offset) };
    }
    // Chunks start at even offsets.
    offset += size + (size % 2) + 8;
  }
  throw new WavParseError(`Missing ${name} chunk`);
}

function requireSupport(what: string, value: number, isSupported: boolean): void {
  if (!isSupported) throw new WavParseError(`Unsupported ${what} ${value}`);
}

/** One sample, −1 to 1. Those of one byte have no sign, the others have. */
function readSample(view: DataView, offset: number, bytes: number): number {
  let value = 0;
  for (let index = 0; index < bytes; index++) value = (value >>> 8) | (view.getUint8(offset + index) << 24);
  return (bytes === 1 ? value ^ 0x80000000 : value) / 0x80000000;
}
