import { describe, expect, it } from 'vitest';
import { decodePcm16, decodeWav, encodePcm16, encodeWav, isWav, WavError } from './wav.ts';

interface WavParts {
  readonly coding?: number;
  readonly channels?: number;
  readonly sampleRateHz?: number;
  readonly bits?: number;
  readonly data: Uint8Array;
  readonly declaredDataBytes?: number;
  readonly extensible?: boolean;
  readonly chunkBefore?: Uint8Array;
}

function makeWav(parts: WavParts): Uint8Array {
  const { coding = 1, channels = 1, sampleRateHz = 16_000, bits = 16, data } = parts;
  const format = new Uint8Array(parts.extensible ? 40 : 16);
  const view = new DataView(format.buffer);
  view.setUint16(0, parts.extensible ? 0xfffe : coding, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, sampleRateHz, true);
  view.setUint16(14, bits, true);
  if (parts.extensible) view.setUint16(24, coding, true);
  const chunks = [
    chunk('fmt ', format),
    ...(parts.chunkBefore ? [chunk('LIST', parts.chunkBefore)] : []),
    chunk('data', data, parts.declaredDataBytes),
  ];
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return new Uint8Array(Buffer.concat([chunk('RIFF', body)]));
}

function chunk(id: string, content: Uint8Array, declaredBytes = content.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(declaredBytes, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length & 1)]);
}

const samples = Int16Array.of(0, 1, -1, 32_767, -32_768, 1234);

describe('WAV', () => {
  it('comes back as it was written, behind a header of 44 bytes', () => {
    const bytes = encodeWav({ samples, sampleRateHz: 22_050 });
    expect(bytes.length).toBe(44 + samples.length * 2);
    expect(isWav(bytes)).toBe(true);
    expect(decodeWav(bytes)).toEqual({ samples, sampleRateHz: 22_050 });
  });

  it('reads a file inside a larger buffer, at an odd offset', () => {
    const file = encodeWav({ samples, sampleRateHz: 8000 });
    const larger = new Uint8Array(file.length + 3);
    larger.set(file, 3);
    expect(decodeWav(larger.subarray(3)).samples).toEqual(samples);
  });

  it.each([
    ['8 bit', { bits: 8, data: Uint8Array.of(128, 255, 0) }, [0, 32_512, -32_768]],
    ['24 bit', { bits: 24, data: Uint8Array.of(0, 0, 0x40, 0xff, 0xff, 0xff) }, [16_384, 0]],
    [
      '32 bit',
      { bits: 32, data: new Uint8Array(Int32Array.of(1 << 30, -(1 << 30)).buffer) },
      [16_384, -16_384],
    ],
    [
      'float 32',
      { coding: 3, bits: 32, data: new Uint8Array(Float32Array.of(0.5, -2, Number.NaN).buffer) },
      [16_384, -32_768, 0],
    ],
    ['float 64', { coding: 3, bits: 64, data: new Uint8Array(Float64Array.of(-0.5).buffer) }, [-16_383]],
    ['µ-law', { coding: 7, bits: 8, data: Uint8Array.of(0xff, 0x80, 0x00) }, [0, 32_124, -32_124]],
    ['A-law', { coding: 6, bits: 8, data: Uint8Array.of(0xd5, 0xaa, 0x2a) }, [8, 32_256, -32_256]],
    ['extensible 16 bit', { extensible: true, data: encodePcm16(Int16Array.of(5, -5)) }, [5, -5]],
  ] satisfies [string, WavParts, number[]][])('reads %s', (_name, parts, expected) => {
    const decoded = [...decodeWav(makeWav(parts)).samples];
    expect(decoded).toHaveLength(expected.length);
    decoded.forEach((value, index) => {
      expect(Math.abs(value - (expected[index] ?? 0))).toBeLessThanOrEqual(1);
    });
  });

  it('averages two channels', () => {
    const data = encodePcm16(Int16Array.of(100, 300, -10, 10));
    expect([...decodeWav(makeWav({ channels: 2, data })).samples]).toEqual([200, 0]);
  });

  it('skips unknown chunks, of odd length too', () => {
    const data = encodePcm16(samples);
    expect(decodeWav(makeWav({ data, chunkBefore: Uint8Array.of(1, 2, 3) })).samples).toEqual(samples);
  });

  it.each([0xffff_ffff, 0, 1_000_000])(
    'reads to the end of the file when the data size says %i',
    (declaredDataBytes) => {
      const data = encodePcm16(samples);
      expect(decodeWav(makeWav({ data, declaredDataBytes })).samples).toEqual(samples);
    },
  );

  it('stops at the wanted length', () => {
    const clip = { samples: new Int16Array(16_000), sampleRateHz: 8000 };
    expect(decodeWav(encodeWav(clip), { maxSeconds: 0.5 }).samples).toHaveLength(4000);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('this is no sound at all')],
    ['only a header', new Uint8Array(encodeWav({ samples, sampleRateHz: 8000 }).subarray(0, 12))],
    ['no data chunk', new Uint8Array(encodeWav({ samples, sampleRateHz: 8000 }).subarray(0, 36))],
    ['64 channels', makeWav({ channels: 64, data: new Uint8Array(8) })],
    ['no channel', makeWav({ channels: 0, data: new Uint8Array(8) })],
    ['a rate of 1 Hz', makeWav({ sampleRateHz: 1, data: new Uint8Array(8) })],
    ['12 bits', makeWav({ bits: 12, data: new Uint8Array(8) })],
    ['ADPCM', makeWav({ coding: 2, data: new Uint8Array(8) })],
  ])('refuses %s', (_name, bytes) => {
    expect(() => decodeWav(bytes)).toThrow(WavError);
  });

  it('never fails in another way, whatever byte of the header is changed', () => {
    const file = encodeWav({ samples, sampleRateHz: 16_000 });
    for (let at = 0; at < 44; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const bytes = file.slice();
        bytes[at] = value;
        try {
          expect(decodeWav(bytes).samples.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(WavError);
        }
      }
    }
  });
});

describe('PCM16 bytes', () => {
  it('leave out an odd last byte', () => {
    expect([...decodePcm16(Uint8Array.of(1, 0, 255, 255, 9))]).toEqual([1, -1]);
  });
});
