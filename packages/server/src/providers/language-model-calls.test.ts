/** What every vendor's models have in common is tested with them; here is what no server can bring about. */
import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4GenerateResult,
  type LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { generateWithLanguageModel, streamLanguageModel } from './language-model-calls.ts';

const signal = new AbortController().signal;
const what = 'the answer of acme';
const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const say = (delta: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '0', delta });
const call: LanguageModelV4StreamPart = {
  type: 'tool-call',
  toolCallId: 'c',
  toolName: 'weather',
  input: '{}',
};
const finish = (
  unified: LanguageModelV4GenerateResult['finishReason']['unified'],
  raw?: string,
): LanguageModelV4StreamPart => ({ type: 'finish', finishReason: { unified, raw }, usage });

function modelOf(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  result: Partial<LanguageModelV4GenerateResult> = {},
): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'acme',
    modelId: 'm',
    supportedUrls: {},
    doStream: async () => ({ stream }),
    doGenerate: async () => ({
      content: [],
      finishReason: { unified: 'stop', raw: 'stop' },
      usage,
      warnings: [],
      ...result,
    }),
  };
}

const streamOf = (...parts: readonly LanguageModelV4StreamPart[]) =>
  new ReadableStream<LanguageModelV4StreamPart>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });

async function typesOf(stream: ReadableStream<LanguageModelV4StreamPart>): Promise<readonly string[]> {
  const types: string[] = [];
  for await (const { type } of streamLanguageModel(modelOf(stream), { prompt: [] }, { what, signal })) {
    types.push(type);
  }
  return types;
}

describe('a streamed answer', () => {
  it('gives its tool calls with its end', async () => {
    const stream = streamOf(call, say('One moment.'), finish('tool-calls', 'tool_calls'));
    expect(await typesOf(stream)).toEqual(['text-delta', 'tool-call', 'finish']);
  });

  it.each([
    ['stop', undefined],
    ['other', 'a_new_reason'],
    ['length', 'max_tokens'],
    ['content-filter', 'refusal'],
  ] as const)('may end with %s, in the words of the vendor %s', async (unified, raw) => {
    expect(await typesOf(streamOf(say('Hi'), finish(unified, raw)))).toEqual(['text-delta', 'finish']);
  });

  it.each([
    ['interrupted', undefined],
    ['error', 'error'],
    ['other', undefined],
  ] as const)('is broken off when it ends with %s, %s', async (unified, raw) => {
    await expect(typesOf(streamOf(say('Hi'), call, finish(unified, raw)))).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'the answer of acme broke off',
    });
  });

  it('may be read as slowly as its reader likes', async () => {
    const parts: string[] = [];
    const stream = streamOf(say('Hi'), say(' you'), finish('stop', 'stop'));
    for await (const { type } of streamLanguageModel(
      modelOf(stream),
      { prompt: [] },
      { what, signal, idleMs: 20 },
    )) {
      parts.push(type);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(parts).toEqual(['text-delta', 'text-delta', 'finish']);
  });

  it('is left by an abort that its model does not hear', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let isCancelled = false;
    const stream = new ReadableStream<LanguageModelV4StreamPart>({
      start: (sink) => sink.enqueue(say('Hi')),
      cancel: () => {
        isCancelled = true;
      },
    });
    const parts = streamLanguageModel(modelOf(stream), { prompt: [] }, { what, signal: controller.signal });
    await parts.next();
    const next = parts.next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    expect(isCancelled).toBe(true);
  });
});

describe('an answer at once', () => {
  const generate = (result: Partial<LanguageModelV4GenerateResult>) =>
    generateWithLanguageModel(modelOf(streamOf(), result), { prompt: [] }, { what, signal });
  const text = [{ type: 'text' as const, text: 'Hi' }];

  it('is given as it is', async () => {
    expect((await generate({ content: text })).content).toEqual(text);
  });

  it.each([
    [{}, 'empty'],
    [{ content: [{ type: 'text', text: '' }] }, 'empty'],
    [{ content: text, finishReason: { unified: 'error', raw: 'error' } }, 'unavailable'],
  ] as const)('fails when it is %j', async (result, kind) => {
    await expect(generate(result as Partial<LanguageModelV4GenerateResult>)).rejects.toMatchObject({ kind });
  });
});

describe('an error of a model', () => {
  const failWith = async (error: unknown) => {
    const stream = streamOf({ type: 'error', error });
    return await typesOf(stream).catch((failed: unknown) => failed);
  };
  const callError = (statusCode: number | undefined, more: object = {}) =>
    new APICallError({
      message: 'secret',
      url: 'secret',
      requestBodyValues: 'secret',
      ...(statusCode === undefined ? {} : { statusCode }),
      ...more,
    });

  it.each([
    [callError(undefined), { kind: 'unavailable', status: undefined }],
    [callError(429, { data: { error: { code: 'insufficient_quota' } } }), { kind: 'payment', status: 429 }],
    [callError(400, { responseBody: 'Your credit balance is too low' }), { kind: 'payment', status: 400 }],
    [callError(529), { kind: 'unavailable', status: 529 }],
    [{ type: 'overloaded_error', message: 'secret' }, { kind: 'unavailable' }],
    [{ error: { code: 429 } }, { kind: 'rate-limited' }],
    [{ message: 'secret', statusCode: 401 }, { kind: 'auth' }],
    ['secret', { kind: 'unavailable' }],
  ])('is named, and not quoted: %o', async (error, expected) => {
    const failed = await failWith(error);
    expect(failed).toMatchObject({ name: 'ProviderError', ...expected });
    expect(String(failed)).not.toContain('secret');
    expect((failed as Error).cause).toBeUndefined();
  });

  it('keeps what the network said', async () => {
    const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    expect(await failWith(callError(200, { cause }))).toMatchObject({ kind: 'unavailable', cause });
  });
});
