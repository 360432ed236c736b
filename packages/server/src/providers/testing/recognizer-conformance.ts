/** What every speech recognizer must do, as tests to be run for each of them. */
import { type PcmClip, resampleClip } from '@visavox/audio';
import { describe, expect, it } from 'vitest';
import type { Provider, SpeechRecognizer } from '../provider.ts';

export interface RecognizerCase {
  readonly create: () => Promise<Provider>;
  readonly language: string;
  /** A clip, and a pattern that its transcript must match. */
  readonly speech: () => Promise<PcmClip>;
  readonly expected: RegExp;
}

/** Declares the tests; call it inside a test file. */
export function describeRecognizer(name: string, options: RecognizerCase): void {
  const { language } = options;

  async function withProvider(
    run: (recognizer: SpeechRecognizer, provider: Provider) => Promise<void>,
  ): Promise<void> {
    const provider = await options.create();
    try {
      if (!provider.recognizer) throw new Error('expected a provider with a recognizer');
      await run(provider.recognizer, provider);
    } finally {
      await provider.close();
    }
  }

  const signal = (): AbortSignal => new AbortController().signal;

  describe(`${name} as a recognizer`, () => {
    it.each([8000, 16_000, 48_000])('transcribes a clip of %i Hz', (rateHz) =>
      withProvider(async (recognizer) => {
        const clip = resampleClip(await options.speech(), rateHz);
        const { text } = await recognizer.recognize(clip, { language, signal: signal() });
        // Half the band is lost at 8 kHz; there it is enough that something is heard.
        expect(text).toMatch(rateHz === 8000 ? /\w/ : options.expected);
      }),
    );

    it('rejects with the reason when aborted midway, and goes on afterwards', () =>
      withProvider(async (recognizer) => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const clip = await options.speech();
        const transcript = recognizer.recognize(clip, { language, signal: controller.signal });
        setImmediate(() => controller.abort(reason));
        await expect(transcript).rejects.toBe(reason);
        const { text } = await recognizer.recognize(clip, { language, signal: signal() });
        expect(text).toMatch(options.expected);
      }));

    it('rejects with the reason when aborted before it starts', () =>
      withProvider(async (recognizer) => {
        const reason = new Error('never mind');
        const clip = await options.speech();
        await expect(recognizer.recognize(clip, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      }));

    it('serves several callers at once', () =>
      withProvider(async (recognizer) => {
        const clip = await options.speech();
        const transcripts = await Promise.all(
          [1, 2].map(() => recognizer.recognize(clip, { language, signal: signal() })),
        );
        for (const { text } of transcripts) expect(text).toMatch(options.expected);
      }));

    it('closes twice, also with a call under way, and rejects calls afterwards', () =>
      withProvider(async (recognizer, provider) => {
        const clip = await options.speech();
        const running = recognizer.recognize(clip, { signal: signal() }).catch((error: unknown) => error);
        await Promise.all([provider.close(), provider.close()]);
        await provider.close();
        expect(await running).toMatchObject({ kind: 'unavailable' });
        await expect(recognizer.recognize(clip, { signal: signal() })).rejects.toMatchObject({
          kind: 'unavailable',
        });
      }));
  });
}
