import { describe, expect, it } from 'vitest';
import { createFliteProvider } from './flite.ts';
import { parsePhones } from './flite-engine.ts';
import { describeSynthesizer } from './testing/synthesizer-conformance.ts';

describeSynthesizer('Flite', {
  create: () => createFliteProvider(),
  voiceId: 'slt',
  language: 'en',
  text: 'Good morning. Welcome to the museum, which opens at nine. How can I help you today?',
  hasVisemes: true,
});

describe('Flite', () => {
  const signal = new AbortController().signal;

  it('starts within 30 ms, at an even loudness, in each voice', async () => {
    const provider = await createFliteProvider();
    try {
      for (const { id: voiceId } of provider.synthesizer?.voices ?? []) {
        const request = { text: 'Papa may come.', voiceId, language: 'en' };
        for await (const { samples, sampleRateHz, visemes } of provider.synthesizer?.synthesize(request, {
          signal,
        }) ?? []) {
          expect(visemes?.[0]?.viseme).toBe('sil');
          expect(visemes?.[0]?.endMs).toBeLessThanOrEqual(30);
          expect(visemes?.[1]?.viseme).toBe('PP');
          expect(sampleRateHz).toBe(16_000);
          const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0) / 32_768;
          expect(peak).toBeGreaterThan(0.45);
          expect(peak).toBeLessThanOrEqual(0.708);
        }
      }
    } finally {
      await provider.close();
    }
  });

  it('says a short silence for text without words, and refuses an unknown voice', async () => {
    const provider = await createFliteProvider();
    const speak = async (text: string, voiceId: string) => {
      const lengths: number[] = [];
      const speech = provider.synthesizer?.synthesize({ text, voiceId, language: 'en' }, { signal });
      for await (const { samples } of speech ?? []) lengths.push(samples.length);
      return lengths;
    };
    try {
      expect(await speak('😀 …', 'slt')).toEqual([1600]);
      await expect(speak('Hello', 'nobody')).rejects.toMatchObject({ kind: 'bad-request' });
      expect((await speak('-o x.wav --help "$(id)" \\ \0 %s', 'slt')).length).toBeGreaterThan(0);
    } finally {
      await provider.close();
    }
  });

  it('reads the phones that the engine prints', () => {
    expect(parsePhones('pau:0.100 hh:0.150 ow:0.150\n x')).toEqual([
      { phone: 'pau', startMs: 0, endMs: 100 },
      { phone: 'hh', startMs: 100, endMs: 150 },
    ]);
  });

  it('leaves nothing open when its creation is aborted', async () => {
    const reason = new Error('stop');
    await expect(createFliteProvider({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
