import { describe, expect, it } from 'vitest';
import { TTSDecodeError } from '../errors.ts';
import { decodeBase64, toAudioBlob } from './decode.ts';
import { resample } from './resample.ts';
import { decodeWav, encodeWav, getWavSampleRate, sniffAudioType } from './wav.ts';

interface WavFields {
  encoding?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  data?: number[];
  /** A chunk before `fmt `. */
  extra?: boolean;
  claimedDataBytes?: number;
}

function wav({
  encoding = 1,
  channels = 1,
  rate = 16_000,
  bits = 16,
  data = [],
  extra,
  claimedDataBytes,
}: WavFields): ArrayBuffer {
  const text = (value: string): number[] => [...value].map((character) => character.charCodeAt(0));
  const number = (value: number, bytes: number): number[] =>
    Array.from({ length: bytes }, (_, index) => (value >> (8 * index)) & 0xff);
  const align = (channels * bits) / 8;
  return Uint8Array.from([
    ...text('RIFF'),
    ...number(0, 4),
    ...text('WAVE'),
    ...(extra ? [...text('LIST'), ...number(3, 4), 1, 2, 3, 0] : []),
    ...text('fmt '),
    ...number(16, 4),
    ...number(encoding, 2),
    ...number(channels, 2),
    ...number(rate, 4),
    ...number(rate * align, 4),
    ...number(align, 2),
    ...number(bits, 2),
    ...text('data'),
    ...number(claimedDataBytes ?? data.length, 4),
    ...data,
  ]).buffer;
}

const message = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return `${(error as Error).name} ${(error as Error).message}`;
  }
  return 'no error';
};

// keeps: sdk-9.9-wav
describe('getWavSampleRate', () => {
  it('reads the rate, behind other chunks too', () => {
    expect(getWavSampleRate(wav({ rate: 44_100 }))).toBe(44_100);
    expect(getWavSampleRate(wav({ rate: 8_000, extra: true }))).toBe(8_000);
    expect(getWavSampleRate(wav({ rate: 48_000 }).slice(0, 28))).toBe(48_000);
    const otherForm = new Uint8Array(wav({ rate: 16_000 }));
    otherForm[8] = 0;
    expect(getWavSampleRate(otherForm.buffer)).toBe(16_000);
  });

  it('refuses other data', () => {
    const zeros = new ArrayBuffer(100);
    const noFormat = new Uint8Array(wav({}).slice(0));
    noFormat[12] = 0;
    expect(message(() => getWavSampleRate(new ArrayBuffer(27)))).toBe(
      'WavParseError WAV parse error: File too small to be a valid WAV',
    );
    expect(message(() => getWavSampleRate(zeros))).toBe('WavParseError WAV parse error: Missing RIFF header');
    expect(message(() => getWavSampleRate(noFormat.buffer))).toBe(
      'WavParseError WAV parse error: Missing fmt chunk',
    );
  });

  it('ends on random data', () => {
    for (let round = 0; round < 500; round++) {
      const bytes = new Uint8Array(wav({ data: [1, 2, 3, 4] }));
      for (let change = 0; change < 6; change++)
        bytes[4 + ((round * 31 + change * 17) % 44)] = (round * 7 + change) % 256;
      expect(message(() => decodeWav(bytes.buffer))).toMatch(
        /^(no error|WavParseError WAV parse error: .+)$/,
      );
    }
  });
});

// keeps: sdk-9.9-wav
describe('decodeWav', () => {
  it.each([
    [8, [128, 255, 0], [0, 127 / 128, -1]],
    [16, [0, 0, 255, 127, 0, 128], [0, 32_767 / 32_768, -1]],
    [24, [0, 0, 0, 255, 255, 127, 0, 0, 128], [0, 8_388_607 / 8_388_608, -1]],
    [32, [0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 128], [0, 0.5, -1]],
  ])('%i bits', (bits, data, expected) => {
    const { samples } = decodeWav(wav({ bits, data }));
    expected.forEach((value, index) => {
      expect(samples[index]).toBeCloseTo(value, 6);
    });
    expect(samples).toHaveLength(3);
  });

  it('averages channels, and clips a data size beyond the end', () => {
    const pcm = decodeWav(
      wav({ channels: 2, rate: 8_000, data: [0, 64, 0, 0, 0, 192, 0, 192], claimedDataBytes: 999 }),
    );
    expect([...pcm.samples]).toEqual([0.25, -0.5]);
    expect(pcm.sampleRateHz).toBe(8_000);
  });

  it.each([
    [{ encoding: 3 }, 'Unsupported audio format 3'],
    [{ channels: 9 }, 'Unsupported channel count 9'],
    [{ channels: 0 }, 'Unsupported channel count 0'],
    [{ rate: 192_001 }, 'Unsupported sample rate 192001'],
    [{ bits: 12 }, 'Unsupported bit depth 12'],
  ])('refuses %j', (fields, expected) => {
    expect(message(() => decodeWav(wav(fields)))).toContain(expected);
  });
});

// keeps: sdk-9.9-wav
describe('encodeWav', () => {
  it('writes 16-bit samples behind 44 bytes, clamped', () => {
    const file = encodeWav({ samples: Float32Array.of(0, 1, -1, 2, -2), sampleRateHz: 16_000 });
    expect(file.byteLength).toBe(54);
    expect([...new Int16Array(file, 44)]).toEqual([0, 32_767, -32_768, 32_767, -32_768]);
    expect(getWavSampleRate(file)).toBe(16_000);
    expect(decodeWav(file).samples).toHaveLength(5);
  });
});

describe('resample', () => {
  const tone = (frequency: number, rate: number): Float32Array =>
    Float32Array.from({ length: rate / 2 }, (_, index) => Math.sin((2 * Math.PI * frequency * index) / rate));
  const loudness = (samples: Float32Array): number => Math.max(...samples.slice(1_000, -1_000));

  it.each([48_000, 44_100, 24_000, 8_000])('keeps a tone of 1 kHz from %i Hz', (rate) => {
    const { samples, sampleRateHz } = resample({ samples: tone(1_000, rate), sampleRateHz: rate }, 16_000);
    expect(sampleRateHz).toBe(16_000);
    expect(samples).toHaveLength(8_000);
    const expected = tone(1_000, 16_000);
    for (let index = 1_000; index < 7_000; index++)
      expect(samples[index]).toBeCloseTo(expected[index] ?? 0, 2);
  });

  it('takes out what the new rate cannot carry', () => {
    expect(
      loudness(resample({ samples: tone(12_000, 48_000), sampleRateHz: 48_000 }, 16_000).samples),
    ).toBeLessThan(0.01);
  });

  it('returns the same rate as it is, and refuses silence without length', () => {
    const samples = tone(100, 16_000);
    expect(resample({ samples, sampleRateHz: 16_000 }, 16_000).samples).toBe(samples);
    expect(() => resample({ samples: new Float32Array(0), sampleRateHz: 48_000 }, 16_000)).toThrow(
      'Audio resample error: Cannot resample empty audio data',
    );
  });
});

// keeps: sdk-9.5-result
describe('synthesized audio', () => {
  it.each([
    [[0x52, 0x49, 0x46, 0x46], 'audio/wav'],
    [[0x49, 0x44, 0x33, 4], 'audio/mpeg'],
    [[0xff, 0xfb, 0x90], 'audio/mpeg'],
    [[0xff, 0x1b], 'audio/wav'],
    [[0xff], 'audio/wav'],
    [[], 'audio/wav'],
  ])('%j is %s', (bytes, type) => {
    expect(sniffAudioType(Uint8Array.from(bytes))).toBe(type);
  });

  it('decodes standard Base64 only', () => {
    expect([...new Uint8Array(decodeBase64('AP8='))]).toEqual([0, 255]);
    for (const bad of ['%%%', 'data:audio/wav;base64,AAAA', 'a-_b', undefined, 5]) {
      expect(() => decodeBase64(bad)).toThrow(new TTSDecodeError('Invalid Base64 audio data'));
    }
  });

  it('becomes WAV of 16 kHz on request', async () => {
    const source = encodeWav({ samples: new Float32Array(480), sampleRateHz: 48_000 });
    const blob = await toAudioBlob(source, true);
    expect(blob.type).toBe('audio/wav');
    const bytes = await blob.arrayBuffer();
    expect(getWavSampleRate(bytes)).toBe(16_000);
    expect(bytes.byteLength).toBe(44 + 320);
  });

  it('stays as it is when it cannot be converted', async () => {
    const blob = await toAudioBlob(Uint8Array.from([0x49, 0x44, 0x33]).buffer, true);
    expect(blob.type).toBe('audio/mpeg');
    expect(blob.size).toBe(3);
  });
});
