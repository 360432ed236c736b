/** Reading and writing WAV files. */

/** Sound samples of one channel, −1 to 1. */
export interface Pcm {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
}

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
  if (wavData.byteLength < 28) throw new WavParseError('File too small to be a valid WAV');
  const view = new DataView(wavData);
  if (tag(view, 0) !== 'RIFF') throw new WavParseError('Missing RIFF header');
  const format = findChunk(view, 'fmt ');
  if (format === undefined || format.offset + 8 > wavData.byteLength)
    throw new WavParseError('Missing fmt chunk');
  return view.getUint32(format.offset + 4, true);
}

/**
 * Decodes a WAV file of integer samples; several channels are averaged.
 *
 * @throws {Error} named `WavParseError` for anything else.
 */
export function decodeWav(wavData: ArrayBuffer): Pcm {
  if (wavData.byteLength < 44) throw new WavParseError('File too small to be a valid WAV');
  const view = new DataView(wavData);
  if (tag(view, 0) !== 'RIFF') throw new WavParseError('Missing RIFF header');
  if (tag(view, 8) !== 'WAVE') throw new WavParseError('Missing WAVE identifier');
  const format = findChunk(view, 'fmt ');
  if (format === undefined || format.size < 16) throw new WavParseError('Missing fmt chunk');
  const encoding = view.getUint16(format.offset, true);
  const channels = view.getUint16(format.offset + 2, true);
  const sampleRateHz = view.getUint32(format.offset + 4, true);
  const bits = view.getUint16(format.offset + 14, true);
  if (encoding !== 1)
    throw new WavParseError(`Unsupported audio format ${encoding}, only PCM (1) is supported`);
  if (channels < 1 || channels > 8) throw new WavParseError(`Unsupported channel count ${channels}`);
  if (sampleRateHz < 1 || sampleRateHz > 192_000)
    throw new WavParseError(`Unsupported sample rate ${sampleRateHz}`);
  if (![8, 16, 24, 32].includes(bits)) throw new WavParseError(`Unsupported bit depth ${bits}`);
  const data = findChunk(view, 'data');
  if (data === undefined) throw new WavParseError('Missing data chunk');

  const bytes = bits / 8;
  const frames = Math.floor(data.size / (bytes * channels));
  const samples = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += readSample(view, data.offset + (frame * channels + channel) * bytes, bytes);
    }
    samples[frame] = sum / channels;
  }
  return { samples, sampleRateHz };
}

/** Writes a WAV file of 16-bit samples, one channel, behind a header of 44 bytes. Samples beyond ±1 are clamped. */
export function encodeWav({ samples, sampleRateHz }: Pcm): ArrayBuffer {
  const dataBytes = samples.length * 2;
  const buffer = new ArrayBuffer(44 + dataBytes);
  const view = new DataView(buffer);
  writeTag(view, 0, 'RIFF');
  view.setUint32(4, 36 + dataBytes, true);
  writeTag(view, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeTag(view, 36, 'data');
  view.setUint32(40, dataBytes, true);
  let offset = 44;
  for (const sample of samples) {
    const clamped = Math.max(-1, Math.min(1, sample));
    view.setInt16(offset, Math.round(clamped < 0 ? clamped * 0x8000 : clamped * 0x7fff), true);
    offset += 2;
  }
  return buffer;
}

/** The media type of an audio file, from its first bytes; `audio/wav` when they tell nothing. */
export function sniffAudioType(bytes: Uint8Array): 'audio/wav' | 'audio/mpeg' {
  const [first, second, third] = bytes;
  const isId3 = first === 0x49 && second === 0x44 && third === 0x33;
  const isFrameSync = first === 0xff && second !== undefined && (second & 0xe0) === 0xe0;
  return isId3 || isFrameSync ? 'audio/mpeg' : 'audio/wav';
}

/** Walks the chunks. A size that reaches beyond the end of the file is clipped. */
function findChunk(view: DataView, name: string): { offset: number; size: number } | undefined {
  let offset = 12;
  while (offset + 8 <= view.byteLength) {
    const size = view.getUint32(offset + 4, true);
    const start = offset + 8;
    if (tag(view, offset) === name) return { offset: start, size: Math.min(size, view.byteLength - start) };
    // Chunks start at even offsets.
    offset = start + size + (size % 2);
  }
  return undefined;
}

function readSample(view: DataView, offset: number, bytes: number): number {
  switch (bytes) {
    case 1:
      return (view.getUint8(offset) - 128) / 0x80;
    case 2:
      return view.getInt16(offset, true) / 0x8000;
    case 3:
      return ((view.getInt8(offset + 2) << 16) | view.getUint16(offset, true)) / 0x800000;
    default:
      return view.getInt32(offset, true) / 0x80000000;
  }
}

function tag(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(offset + index)));
}

function writeTag(view: DataView, offset: number, text: string): void {
  for (let index = 0; index < text.length; index++) view.setUint8(offset + index, text.charCodeAt(index));
}
