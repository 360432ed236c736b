/**
 * What every vendor's language models must do, against a server that answers in the vendor's format.
 *
 *   describeLanguageModelVendor('Google', { vendor: google, modelId: 'gemini-2.5-flash', stream, expectedText: 'Hi!' });
 *
 * `stream` answers a streamed request; `sayEvents` helps.
 */
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { errorFromLanguageModel } from '../../language-model-error.ts';
import type { Provider } from '../../provider.ts';
import type { VendorAnswer } from '../../testing/http-vendor.ts';
import {
  errorOf,
  expectKeyHidden,
  expectQuiet,
  type FailureCase,
  failWith,
  USUAL_FAILURES,
  type VendorCase,
  withScriptedVendor,
} from './scripted-vendor.ts';

export interface LanguageModelVendorCase extends VendorCase {
  readonly modelId: string;
  readonly stream: VendorAnswer;
  readonly expectedText: string;
  readonly failures?: readonly FailureCase[];
}

const prompt: LanguageModelV4CallOptions['prompt'] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
];

export function describeLanguageModelVendor(name: string, options: LanguageModelVendorCase): void {
  const { modelId } = options;

  async function ask(
    provider: Provider,
    signal = new AbortController().signal,
    onFirst = () => {},
  ): Promise<LanguageModelV4StreamPart[]> {
    const model = provider.languageModels?.get(modelId);
    if (model === undefined) throw new Error('expected language models');
    const parts: LanguageModelV4StreamPart[] = [];
    try {
      const { stream } = await model.doStream({ prompt, abortSignal: signal });
      const reader = stream.getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        if (next.value.type === 'error') throw next.value.error;
        parts.push(next.value);
        if (next.value.type === 'text-delta') onFirst();
      }
    } catch (error) {
      throw errorFromLanguageModel(error, `the answer of ${name}`, signal);
    }
    return parts;
  }

  describe(`${name} as a vendor of language models`, () => {
    it('streams an answer and its usage, with the key out of sight', () =>
      withScriptedVendor(options, { answer: options.stream }, async (provider, server) => {
        const parts = await ask(provider);
        const text = parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
        expect(text).toBe(options.expectedText);
        const finish = parts.find(({ type }) => type === 'finish');
        expect(finish).toMatchObject({ usage: { outputTokens: { total: expect.any(Number) } } });
        expectKeyHidden(server);
      }));

    it('knows models by name without connecting', () =>
      withScriptedVendor(options, {}, async (provider, server) => {
        const ids = provider.languageModels?.models.map(({ id }) => id) ?? [];
        expect(ids.length).toBeGreaterThan(0);
        expect(new Set(ids).size).toBe(ids.length);
        expect(provider.languageModels?.get('a-model-of-tomorrow').modelId).toBe('a-model-of-tomorrow');
        expect(server.requests).toHaveLength(0);
      }));

    it.each([...USUAL_FAILURES, ...(options.failures ?? [])])('takes $status for $kind: $body', (failure) =>
      withScriptedVendor(options, { answer: failWith(failure) }, async (provider) => {
        const error = await errorOf(ask(provider));
        expect(error).toMatchObject({ kind: failure.kind });
        expectQuiet(error);
      }),
    );

    it('rejects with the reason when aborted', () =>
      withScriptedVendor(options, { answer: () => {} }, async (provider) => {
        const controller = new AbortController();
        const reason = new Error('enough');
        setTimeout(() => controller.abort(reason), 20);
        expect(await errorOf(ask(provider, controller.signal))).toBe(reason);
      }));

    it('fails answers under way when it is closed, and later ones', () =>
      withScriptedVendor(options, { answer: () => {} }, async (provider) => {
        setTimeout(() => void provider.close(), 20);
        expect(await errorOf(ask(provider))).toMatchObject({ kind: 'unavailable' });
        expect(await errorOf(ask(provider))).toMatchObject({ kind: 'unavailable' });
      }));
  });
}

/** Server-sent events with this data, one after the other. */
export function sayEvents(...data: readonly (object | string)[]): VendorAnswer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const item of data) {
      response.write(`data: ${typeof item === 'string' ? item : JSON.stringify(item)}\n\n`);
    }
    response.end();
  };
}
