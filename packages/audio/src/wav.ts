/** Reads and writes WAV: linear PCM, IEEE float and the two telephone codings in, plain PCM16 out. */
import type { PcmClip } from './pcm.ts';

/** A file that is not a WAV this platform can read. The message says what was expected and what came. */
export class WavError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WavError';
  }
}

export interface DecodeWavOptions {
  /** Stop after this much speech. Default: the whole file. */
  readonly maxSeconds?: number;
}

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_ALAW = 6;
const FORMAT_MULAW = 7;
const FORMAT_EXTENSIBLE = 0xfffe;

interface WavFormat {
  readonly coding: number;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bitsPerSample: number;
}

/** True when the bytes start like a RIFF or RF64 WAVE file. */
export function isWav(bytes: Uint8Array): boolean {
  if (bytes.length < 12) return false;
  const tag = asciiAt(bytes, 0);
  return (tag === 'RIFF' || tag === 'RF64') && asciiAt(bytes, 8) === 'WAVE';
}

/**
 * Decodes a WAV file to mono 16-bit samples; several channels are averaged. A data chunk that promises more than the
 * file holds (a recorder that was cut off, or a streamed header with size 0 or 0xFFFFFFFF) is read to the end of the file.
 * @throws {WavError} when the header is not a readable WAV.
 * @example
 * const clip = decodeWav(new Uint8Array(await file.arrayBuffer()));
 */
export function decodeWav(bytes: Uint8Array, options: DecodeWavOptions = {}): PcmClip {
  if (!isWav(bytes)) throw new WavError('expected a WAV file, the RIFF/WAVE header is missing');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: WavFormat | undefined;
  let offset = 12;
  while (offset + 8 <= bytes.length) {
    const id = asciiAt(bytes, offset);
    const declared = view.getUint32(offset + 4, true);
    const start = offset + 8;
    if (id === 'fmt ') format = readFormat(view, start, declared);
    if (id === 'data') {
      if (!format) throw new WavError('expected the "fmt " chunk before the "data" chunk');
      const available = bytes.length - start;
      const streamed = declared === 0xffffffff || (declared === 0 && available > 0);
      const length = streamed ? available : Math.min(declared, available);
      return decodeData(view, start, length, format, options.maxSeconds ?? Number.POSITIVE_INFINITY);
    }
    offset = start + declared + (declared & 1);
  }
  throw new WavError(format ? 'the WAV file has no "data" chunk' : 'the WAV file has no "fmt " chunk');
}

/** Encodes a clip as a WAV file: a 44-byte header, then PCM16 mono. */
export function encodeWav(clip: PcmClip): Uint8Array<ArrayBuffer> {
  const dataBytes = clip.samples.length * 2;
  const bytes = new Uint8Array(44 + dataBytes);
  const view = new DataView(bytes.buffer);
  writeAscii(bytes, 0, 'RIFF');
  view.setUint32(4, 36 + dataBytes, true);
  writeAscii(bytes, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, clip.sampleRateHz, true);
  view.setUint32(28, clip.sampleRateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeAscii(bytes, 36, 'data');
  view.setUint32(40, dataBytes, true);
  bytes.set(encodePcm16(clip.samples), 44);
  return bytes;
}

/** Little-endian PCM16 bytes of the samples, in memory of their own. */
export function encodePcm16(samples: Int16Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2);
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  return toLittleEndian(bytes);
}

/** Samples of little-endian PCM16 bytes, in memory of their own; an odd last byte is left out. */
export function decodePcm16(bytes: Uint8Array): Int16Array<ArrayBuffer> {
  const samples = new Int16Array(bytes.length >> 1);
  const own = new Uint8Array(samples.buffer);
  own.set(bytes.subarray(0, own.length));
  toLittleEndian(own);
  return samples;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** From the order of this machine, or back: the same swap, in place. */
function toLittleEndian<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  if (!IS_LITTLE_ENDIAN) for (let at = 0; at < bytes.length; at += 2) bytes.subarray(at, at + 2).reverse();
  return bytes;
}

function readFormat(view: DataView, start: number, declared: number): WavFormat {
  if (declared < 16 || start + 16 > view.byteLength) {
    throw new WavError('expected a "fmt " chunk of at least 16 bytes');
  }
  let coding = view.getUint16(start, true);
  const channels = view.getUint16(start + 2, true);
  const sampleRateHz = view.getUint32(start + 4, true);
  const bitsPerSample = view.getUint16(start + 14, true);
  if (coding === FORMAT_EXTENSIBLE) {
    if (declared < 26 || start + 26 > view.byteLength) {
      throw new WavError('expected the 40-byte "fmt " chunk of WAVE_FORMAT_EXTENSIBLE');
    }
    // The first two bytes of the sub-format GUID hold the plain format number.
    coding = view.getUint16(start + 24, true);
  }
  if (channels < 1 || channels > 32) throw new WavError(`expected 1 to 32 channels, got ${channels}`);
  if (sampleRateHz < 4000 || sampleRateHz > 384_000) {
    throw new WavError(`expected a sample rate of 4000 to 384000 Hz, got ${sampleRateHz}`);
  }
  if (!readerFor(coding, bitsPerSample)) {
    throw new WavError(
      `expected PCM 8/16/24/32 bit, float 32/64 bit, A-law or µ-law; got format ${coding} with ${bitsPerSample} bits`,
    );
  }
  return { coding, channels, sampleRateHz, bitsPerSample };
}

/** Reads one sample at a byte offset, scaled to -32768 … 32767 (not yet rounded). */
type SampleReader = (view: DataView, offset: number) => number;

function readerFor(coding: number, bits: number): SampleReader | undefined {
  if (coding === FORMAT_PCM) {
    if (bits === 8) return (view, at) => (view.getUint8(at) - 128) * 256;
    if (bits === 16) return (view, at) => view.getInt16(at, true);
    if (bits === 24) return (view, at) => view.getInt16(at + 1, true) + view.getUint8(at) / 256;
    if (bits === 32) return (view, at) => view.getInt32(at, true) / 65_536;
  }
  if (coding === FORMAT_FLOAT) {
    if (bits === 32) return (view, at) => view.getFloat32(at, true) * 32_767;
    if (bits === 64) return (view, at) => view.getFloat64(at, true) * 32_767;
  }
  if (coding === FORMAT_ALAW && bits === 8) return (view, at) => alawToLinear(view.getUint8(at));
  if (coding === FORMAT_MULAW && bits === 8) return (view, at) => mulawToLinear(view.getUint8(at));
  return undefined;
}

function decodeData(
  view: DataView,
  start: number,
  length: number,
  format: WavFormat,
  maxSeconds: number,
): PcmClip {
  const read = readerFor(format.coding, format.bitsPerSample);
  if (!read) throw new WavError('expected a readable sample format');
  const sampleBytes = format.bitsPerSample / 8;
  const frameBytes = sampleBytes * format.channels;
  const maxFrames = Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(maxSeconds * format.sampleRateHz));
  const frames = Math.min(Math.floor(length / frameBytes), maxFrames);
  const samples = new Int16Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    let at = start + frame * frameBytes;
    for (let channel = 0; channel < format.channels; channel++) {
      sum += read(view, at);
      at += sampleBytes;
    }
    samples[frame] = toInt16(sum / format.channels);
  }
  return { samples, sampleRateHz: format.sampleRateHz };
}

/** Rounds and clamps; NaN (a broken float file) becomes silence. */
function toInt16(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}

/** ITU-T G.711 µ-law. */
function mulawToLinear(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 0x07);
  return bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84;
}

/** ITU-T G.711 A-law. */
function alawToLinear(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 0x07;
  const mantissa = (bits & 0x0f) << 4;
  const magnitude = segment === 0 ? mantissa + 8 : (mantissa + 0x108) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

function asciiAt(bytes: Uint8Array, offset: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}

function writeAscii(bytes: Uint8Array, offset: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[offset + i] = text.charCodeAt(i);
}
