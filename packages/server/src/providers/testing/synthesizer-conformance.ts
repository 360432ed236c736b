/** What every speech synthesizer must do, as tests to be run for each of them. */
import type { VisemeSpan } from '@visavox/audio';
import { describe, expect, it } from 'vitest';
import type { Provider, SpeechChunk, SpeechSynthesizer } from '../provider.ts';

export interface SynthesizerCase {
  readonly create: () => Promise<Provider>;
  readonly voiceId: string;
  readonly language: string;
  /** Several sentences, so that more than one chunk comes. */
  readonly text: string;
  /** True when each chunk carries mouth shapes. */
  readonly hasVisemes: boolean;
}

/** Declares the tests; call it inside a test file. */
export function describeSynthesizer(name: string, options: SynthesizerCase): void {
  const { voiceId, language, text } = options;

  async function withProvider(
    run: (synthesizer: SpeechSynthesizer, provider: Provider) => Promise<void>,
  ): Promise<void> {
    const provider = await options.create();
    try {
      if (!provider.synthesizer) throw new Error('expected a provider with a synthesizer');
      await run(provider.synthesizer, provider);
    } finally {
      await provider.close();
    }
  }

  function speak(synthesizer: SpeechSynthesizer, signal: AbortSignal): AsyncIterable<SpeechChunk> {
    return synthesizer.synthesize({ text, voiceId, language }, { signal });
  }

  async function collect(chunks: AsyncIterable<SpeechChunk>): Promise<SpeechChunk[]> {
    const collected: SpeechChunk[] = [];
    for await (const chunk of chunks) collected.push(chunk);
    return collected;
  }

  describe(`${name} as a synthesizer`, () => {
    it('completes, with one sample rate and chunks that own their memory', () =>
      withProvider(async (synthesizer) => {
        const chunks = await collect(speak(synthesizer, neverAborted()));
        expect(chunks.length).toBeGreaterThan(1);
        expect(new Set(chunks.map(({ sampleRateHz }) => sampleRateHz)).size).toBe(1);
        for (const { samples } of chunks) {
          expect(samples.length).toBeGreaterThan(0);
          expect(samples.buffer.byteLength).toBe(samples.byteLength);
        }
        const seconds = chunks.reduce(
          (sum, { samples, sampleRateHz }) => sum + samples.length / sampleRateHz,
          0,
        );
        expect(seconds).toBeGreaterThan(0.4);
        expect(seconds).toBeLessThan(60);
        expect(Math.max(...chunks.map(({ samples }) => peak(samples)))).toBeGreaterThan(1000);
      }));

    it('covers each chunk with mouth shapes without a hole, when it gives any', () =>
      withProvider(async (synthesizer) => {
        for (const { samples, sampleRateHz, visemes } of await collect(speak(synthesizer, neverAborted()))) {
          expect(visemes !== undefined).toBe(options.hasVisemes);
          if (visemes) expectContiguous(visemes, (samples.length / sampleRateHz) * 1000);
        }
      }));

    it('is free for others when a reader leaves', () =>
      withProvider(async (synthesizer) => {
        for await (const _ of speak(synthesizer, neverAborted())) break;
        expect((await collect(speak(synthesizer, neverAborted()))).length).toBeGreaterThan(1);
      }));

    it('rejects with the reason when aborted midway', () =>
      withProvider(async (synthesizer) => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const chunks = speak(synthesizer, controller.signal)[Symbol.asyncIterator]();
        await chunks.next();
        controller.abort(reason);
        await expect(drain(chunks)).rejects.toBe(reason);
        expect((await collect(speak(synthesizer, neverAborted()))).length).toBeGreaterThan(1);
      }));

    it('rejects with the reason when aborted before it starts', () =>
      withProvider(async (synthesizer) => {
        const reason = new Error('never mind');
        await expect(collect(speak(synthesizer, AbortSignal.abort(reason)))).rejects.toBe(reason);
      }));

    it('serves several readers at once', () =>
      withProvider(async (synthesizer) => {
        const [first, second] = await Promise.all([
          collect(speak(synthesizer, neverAborted())),
          collect(speak(synthesizer, neverAborted())),
        ]);
        expect(totalLength(first)).toBe(totalLength(second));
      }));

    it('closes twice, also with a call under way, and rejects calls afterwards', () =>
      withProvider(async (synthesizer, provider) => {
        const chunks = speak(synthesizer, neverAborted())[Symbol.asyncIterator]();
        await chunks.next();
        await Promise.all([provider.close(), provider.close()]);
        await provider.close();
        // What was made before may still be handed out; it must come to an end.
        await drain(chunks).catch(() => {});
        await expect(collect(speak(synthesizer, neverAborted()))).rejects.toMatchObject({
          kind: 'unavailable',
        });
      }));
  });
}

/** Checks that spans follow each other from 0 to the given end. */
export function expectContiguous(visemes: readonly VisemeSpan[], durationMs: number): void {
  let at = 0;
  for (const { startMs, endMs } of visemes) {
    expect(startMs).toBeCloseTo(at, 3);
    expect(endMs).toBeGreaterThan(startMs);
    at = endMs;
  }
  expect(at).toBeCloseTo(durationMs, 3);
}

function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

async function drain(chunks: AsyncIterator<SpeechChunk>): Promise<void> {
  while (!(await chunks.next()).done);
}

function totalLength(chunks: readonly SpeechChunk[]): number {
  return chunks.reduce((sum, { samples }) => sum + samples.length, 0);
}

function peak(samples: Int16Array): number {
  return samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
}
