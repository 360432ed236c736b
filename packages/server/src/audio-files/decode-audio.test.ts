import { execFileSync } from 'node:child_process';
import { encodeWav } from '@visavox/audio';
import { describe, expect, it } from 'vitest';
import { AudioDecodeError, decodeAudio } from './decode-audio.ts';
import { findFfmpeg } from './ffmpeg.ts';

const signal = new AbortController().signal;
const ffmpeg = await findFfmpeg('');
const tone = {
  samples: Int16Array.from({ length: 32_000 }, (_, i) => Math.round(8000 * Math.sin(i / 6))),
  sampleRateHz: 16_000,
};

/** The tone in another format, made by ffmpeg. */
function encode(args: readonly string[]): Uint8Array {
  const output = execFileSync(ffmpeg ?? 'ffmpeg', ['-v', 'error', '-i', 'pipe:0', ...args, 'pipe:1'], {
    input: encodeWav(tone),
  });
  return new Uint8Array(output);
}

function peak(samples: Int16Array): number {
  return samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
}

describe('decodeAudio', () => {
  it('decodes WAV', async () => {
    expect(await decodeAudio(encodeWav(tone), { signal })).toEqual(tone);
  });

  it('cuts at the limit', async () => {
    const { samples } = await decodeAudio(encodeWav(tone), { signal, maxSeconds: 0.5 });
    expect(samples).toHaveLength(8000);
  });

  it('converts rates that a clip cannot have', async () => {
    const { sampleRateHz } = await decodeAudio(encodeWav({ ...tone, sampleRateHz: 96_000 }), { signal });
    expect(sampleRateHz).toBe(48_000);
  });

  it.each([
    ['nothing', new Uint8Array(0), 'empty'],
    ['text', new TextEncoder().encode('hello world, this is text'), 'unknown-format'],
    ['zeros', new Uint8Array(5000), 'unknown-format'],
    ['a WAV header alone', encodeWav(tone).subarray(0, 20), 'broken'],
    ['an MP3 header alone', Uint8Array.of(0xff, 0xfb, 0x90, 0x00), 'broken'],
    ['an ID3 tag alone', new TextEncoder().encode('ID3'), 'broken'],
    [
      'a WebM header alone',
      Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 1, 2, 3, 4, 5, 6, 7, 8),
      ffmpeg ? 'broken' : 'unknown-format',
    ],
  ])('refuses %s', async (_name, bytes, reason) => {
    const error: unknown = await decodeAudio(bytes, { signal }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(AudioDecodeError);
    expect(error).toMatchObject({ reason });
  });

  it('says which formats it takes', async () => {
    const bytes = new TextEncoder().encode('hello world, this is text');
    await expect(decodeAudio(bytes, { signal, searchPath: null })).rejects.toThrow(/WAV or MP3/);
  });

  it('survives noise that claims to be MP3', async () => {
    const noise = Uint8Array.from({ length: 50_000 }, (_, i) => (i * 2_654_435_761) >>> 24);
    noise.set([0xff, 0xfb, 0x90, 0x00]);
    const outcome = await decodeAudio(noise, { signal, maxSeconds: 5 }).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(AudioDecodeError);
  });

  it('rejects with the reason when aborted', async () => {
    const reason = new Error('enough');
    await expect(decodeAudio(encodeWav(tone), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe.skipIf(!ffmpeg)('with ffmpeg installed', () => {
  it.each([
    ['MP3', ['-f', 'mp3']],
    [
      'MP3 without a tag, stereo',
      ['-f', 'mp3', '-ac', '2', '-ar', '44100', '-id3v2_version', '0', '-write_xing', '0'],
    ],
    ['WebM', ['-f', 'webm', '-c:a', 'libopus']],
    ['Ogg', ['-f', 'ogg', '-c:a', 'libvorbis']],
    ['FLAC', ['-f', 'flac']],
    ['fragmented MP4', ['-f', 'mp4', '-movflags', 'frag_keyframe+empty_moov']],
  ])('decodes %s', async (_name, args) => {
    const { samples, sampleRateHz } = await decodeAudio(encode(args), { signal });
    expect(samples.length / sampleRateHz).toBeGreaterThan(1.9);
    expect(samples.length / sampleRateHz).toBeLessThan(2.2);
    // Two channels carry the tone 3 dB lower each.
    expect(peak(samples)).toBeGreaterThan(5000);
    expect(peak(samples)).toBeLessThan(10_000);
  });

  it.each([
    ['MP3', ['-f', 'mp3']],
    ['FLAC', ['-f', 'flac']],
  ])('decodes what is there of a truncated %s, up to the limit', async (_name, args) => {
    const whole = encode(args);
    const { samples, sampleRateHz } = await decodeAudio(whole.subarray(0, Math.round(whole.length * 0.8)), {
      signal,
      maxSeconds: 1,
    });
    expect(samples.length / sampleRateHz).toBeLessThanOrEqual(1.001);
    expect(peak(samples)).toBeGreaterThan(6000);
  });

  it.each([
    ['MP3', ['-f', 'mp3']],
    ['WebM', ['-f', 'webm', '-c:a', 'libopus']],
  ])('stops decoding %s when aborted', async (_name, args) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const decoding = decodeAudio(encode(args), { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(decoding).rejects.toBe(reason);
  });
});
