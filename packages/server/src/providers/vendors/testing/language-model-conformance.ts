/**
 * What language models of every vendor must do as the platform calls them, against a server that speaks the vendor's
 * dialect.
 *
 *   describeLanguageModels('Mistral', { vendor: mistral, modelId: 'mistral-small-latest', dialect: chatDialect('last-chunk') });
 */
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { generateWithLanguageModel, streamLanguageModel } from '../../language-model-calls.ts';
import type { Provider, ProviderErrorKind } from '../../provider.ts';
import { sendJson, type VendorAnswer } from '../../testing/http-vendor.ts';
import type { LanguageModelDialect, ToolCallScript } from './language-model-dialects.ts';
import { describeLanguageModelVendor } from './language-model-vendor.ts';
import {
  errorOf,
  expectKeyHidden,
  type FailureCase,
  failWith,
  SECRET_WORDS,
  TEST_KEY,
  type VendorCase,
  withScriptedVendor,
} from './scripted-vendor.ts';

export interface LanguageModelsCase extends VendorCase {
  readonly modelId: string;
  /** As the vendor knows it. Default: the same. */
  readonly realId?: string;
  readonly dialect: LanguageModelDialect;
  /** Of the request. */
  readonly path: string;
  /** Default `authorization`, with `Bearer`. */
  readonly keyHeader?: string;
  /** Errors that the vendor names in its own words. */
  readonly failures?: readonly FailureCase[];
}

const QUESTION = 'What is the weather in Cologne?';
const ARGUMENTS = '{"city":"Köln, \\"Altstadt\\"","days":[1,2]}';
const CALL: ToolCallScript = { id: 'call-1', name: 'weather', pieces: [...ARGUMENTS] };
const LEAKED = `${SECRET_WORDS} ${TEST_KEY}`;
const never = new AbortController().signal;

const request: LanguageModelV4CallOptions = {
  prompt: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: QUESTION }] },
  ],
  tools: [
    {
      type: 'function',
      name: 'weather',
      description: 'The weather of a place.',
      inputSchema: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'array', items: { type: 'number' } } },
        required: ['city'],
        additionalProperties: false,
      },
    },
  ],
  maxOutputTokens: 500,
};

const STATUSES: readonly (readonly [status: number, kind: ProviderErrorKind])[] = [
  [400, 'bad-request'],
  [401, 'auth'],
  [402, 'payment'],
  [403, 'auth'],
  [404, 'bad-request'],
  [429, 'rate-limited'],
  [500, 'unavailable'],
  [503, 'unavailable'],
];

export function describeLanguageModels(name: string, options: LanguageModelsCase): void {
  const { dialect, modelId } = options;
  const text = (...pieces: readonly string[]) => [
    ...dialect.begin,
    ...dialect.textStart,
    ...pieces.map((piece) => dialect.text(piece)),
  ];
  const wholeText = (...pieces: readonly string[]) => [
    ...text(...pieces),
    ...dialect.textEnd,
    ...dialect.end('stop'),
  ];
  const modelOf = (provider: Provider) => {
    const model = provider.languageModels?.get(modelId);
    if (model === undefined) throw new Error('expected language models');
    return model;
  };
  const what = `the answer of ${name}`;
  const stream = (provider: Provider, { signal = never, idleMs = 10_000 } = {}) =>
    streamLanguageModel(modelOf(provider), request, { what, signal, idleMs });
  const generate = (provider: Provider, signal = never) =>
    generateWithLanguageModel(modelOf(provider), request, { what, signal });

  describeLanguageModelVendor(name, {
    ...options,
    stream: say(wholeText('Hel', 'lo!')),
    expectedText: 'Hello!',
  });

  describe(`${name} as language models`, () => {
    it('hands each piece of the text on when it comes', () => {
      const heard = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const answer: VendorAnswer = async (_request, response) => {
        start(response);
        for (const item of text('Hel')) response.write(item);
        await heard[0]?.promise;
        response.write(dialect.text('lo!'));
        await heard[1]?.promise;
        for (const item of [...dialect.textEnd, ...dialect.end('stop')]) response.write(item);
        response.end();
      };
      return withScriptedVendor(options, { answer }, async (provider, server) => {
        const parts: LanguageModelV4StreamPart[] = [];
        let pieces = 0;
        for await (const part of stream(provider)) {
          parts.push(part);
          if (part.type === 'text-delta' && part.delta !== '') heard[pieces++]?.resolve();
        }
        expect(textOf(parts)).toBe('Hello!');
        expect(parts.at(-1)).toMatchObject({
          type: 'finish',
          finishReason: { unified: 'stop' },
          usage: { inputTokens: { total: 11 }, outputTokens: { total: 7 } },
        });
        expectKeyHidden(server);
        const [sent] = server.requests;
        expect(sent?.path).toBe(options.path);
        expect(sent?.headers[options.keyHeader ?? 'authorization']).toBe(
          options.keyHeader === undefined ? `Bearer ${TEST_KEY}` : TEST_KEY,
        );
        expect(JSON.parse(sent?.body.toString() ?? '')).toMatchObject({
          model: options.realId ?? modelId,
          stream: true,
        });
      });
    });

    it.each([
      ['in whole events', undefined],
      ['in pieces of seven bytes', 7],
      ['byte by byte', 1],
    ])('reads a turn of nothing but a tool call, %s', (_, pieceBytes) => {
      const events = [...dialect.begin, ...dialect.call(CALL, 0), ...dialect.end('tool-calls')];
      return withScriptedVendor(options, { answer: say(events, pieceBytes) }, async (provider) => {
        const parts = await collect(stream(provider));
        expect(textOf(parts)).toBe('');
        const calls = parts.filter((part) => part.type === 'tool-call');
        expect(calls).toMatchObject([{ toolCallId: CALL.id, toolName: CALL.name }]);
        expect(JSON.parse(calls[0]?.input ?? '')).toEqual(JSON.parse(ARGUMENTS));
        expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'tool-calls' } });
      });
    });

    it('reads text and two tool calls of one turn', () => {
      const second = { ...CALL, id: 'call-2', pieces: ['{"city":', '"Oslo"}'] };
      const events = [
        ...text('One moment.'),
        ...dialect.textEnd,
        ...dialect.call(CALL, 1),
        ...dialect.call(second, 2),
        ...dialect.end('tool-calls'),
      ];
      return withScriptedVendor(options, { answer: say(events) }, async (provider) => {
        const parts = await collect(stream(provider));
        expect(textOf(parts)).toBe('One moment.');
        const inputs = parts.flatMap((part) => (part.type === 'tool-call' ? [JSON.parse(part.input)] : []));
        expect(inputs).toEqual([JSON.parse(ARGUMENTS), { city: 'Oslo' }]);
      });
    });

    it('reads an answer that is not streamed', () =>
      withScriptedVendor(
        options,
        { answer: (_request, response) => sendJson(response, dialect.whole({ text: 'Hi.', call: CALL })) },
        async (provider) => {
          const { content, finishReason, usage } = await generate(provider);
          expect(content.find(({ type }) => type === 'text')).toMatchObject({ text: 'Hi.' });
          const call = content.find((part) => part.type === 'tool-call');
          expect(JSON.parse(call?.input ?? '')).toEqual(JSON.parse(ARGUMENTS));
          expect(finishReason.unified).toBe('tool-calls');
          expect(usage).toMatchObject({ inputTokens: { total: 11 }, outputTokens: { total: 7 } });
        },
      ));

    it.each(STATUSES)('takes status %i for %s, asks once and tells nothing', (status, kind) => {
      const failure = { status, body: dialect.errorBody(LEAKED), headers: { 'retry-after': '7' } };
      return withScriptedVendor(options, { answer: failWith(failure) }, async (provider, server) => {
        for (const failed of [collect(stream(provider)), generate(provider)]) {
          const error = await errorOf(failed);
          expect(error).toMatchObject({
            name: 'ProviderError',
            kind,
            status,
            retryAfterMs: kind === 'payment' ? expect.anything() : 7000,
          });
          expectSecret(error);
        }
        expect(server.requests).toHaveLength(2);
      });
    });

    it.each(options.failures ?? [])('takes $status for $kind: $body', (failure) =>
      withScriptedVendor(options, { answer: failWith(failure) }, async (provider) => {
        const error = await errorOf(collect(stream(provider)));
        expect(error).toMatchObject({ kind: failure.kind, status: failure.status });
        expectSecret(error);
      }),
    );

    it.each([
      ['overloaded', 'unavailable'],
      ['rate-limited', 'rate-limited'],
    ] as const)('takes an error inside the stream for what it is: %s', async (event, kind) => {
      for (const before of [[], dialect.begin, text('Half an')]) {
        await withScriptedVendor(
          options,
          { answer: say([...before, dialect.error(event, LEAKED)]) },
          async (provider) => {
            const parts: LanguageModelV4StreamPart[] = [];
            const error = await errorOf(collect(stream(provider), parts));
            expect(error).toMatchObject({ name: 'ProviderError', kind });
            expectSecret(error);
            expectNotFinished(parts);
          },
        );
      }
    });

    const cutCall = { ...CALL, pieces: CALL.pieces.slice(0, 12) };
    const looksWhole = { ...CALL, pieces: ['{"city":"Oslo"}'] };
    const partsOfCall = (call: ToolCallScript) => dialect.call(call, 0).slice(0, 1 + call.pieces.length);
    const cuts: readonly (readonly [string, readonly string[]])[] = [
      ['before any output', dialect.begin],
      ['in a text', text('Half', ' an')],
      ['in a tool call', [...dialect.begin, ...partsOfCall(cutCall)]],
      ['in a tool call that looks whole', [...dialect.begin, ...partsOfCall(looksWhole)]],
      ['after a tool call', [...dialect.begin, ...dialect.call(CALL, 0)]],
    ];

    it.each(cuts)('takes a stream that ends %s, without its last event, for broken off', (_, events) =>
      withScriptedVendor(options, { answer: say(events) }, async (provider) => {
        const parts: LanguageModelV4StreamPart[] = [];
        const error = await errorOf(collect(stream(provider), parts));
        expect(error).toMatchObject({ name: 'ProviderError', kind: 'unavailable' });
        expectNotFinished(parts);
      }),
    );

    it.each(cuts)(
      'takes a connection that breaks %s, in the middle of an event, for broken off',
      (_, events) => {
        const answer: VendorAnswer = async (_request, response) => {
          start(response);
          const half = dialect.text('never seen').slice(0, 30);
          await new Promise<void>((resolve) => response.write(events.join('') + half, () => resolve()));
          setImmediate(() => response.destroy());
        };
        return withScriptedVendor(options, { answer }, async (provider) => {
          const parts: LanguageModelV4StreamPart[] = [];
          const error = await errorOf(collect(stream(provider), parts));
          expect(error).toMatchObject({ name: 'ProviderError', kind: 'unavailable' });
          expectSecret(error);
          expectNotFinished(parts);
        });
      },
    );

    it('takes an answer that breaks off, when it is not streamed, for unavailable or protocol', () => {
      const answer: VendorAnswer = async (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
        await new Promise<void>((resolve) => response.write('{"id": "a', () => resolve()));
        response.destroy();
      };
      return withScriptedVendor(options, { answer }, async (provider) => {
        expect(await errorOf(generate(provider))).toMatchObject({ kind: 'unavailable' });
      });
    });

    it.each([
      ['text', `data: ${LEAKED}\n\n`],
      ['half of JSON', `data: {"id": "${LEAKED}\n\n`],
      ['JSON of another shape', `data: {"choices": 7, "type": 8, "x": "${LEAKED}"}\n\n`],
    ])('takes an event of %s for a breach of protocol', (_, garbage) =>
      withScriptedVendor(
        options,
        { answer: say([...text('Hel'), garbage, dialect.text('lo'), ...dialect.end('stop')]) },
        async (provider) => {
          const parts: LanguageModelV4StreamPart[] = [];
          const error = await errorOf(collect(stream(provider), parts));
          expect(error).toMatchObject({ name: 'ProviderError', kind: 'protocol' });
          expectSecret(error);
          expectNotFinished(parts);
        },
      ),
    );

    it('passes over comments and kinds of events that it does not know', () => {
      const odd = [': keep-alive\n\n', 'event: weather\ndata: {"type":"weather","degrees":20}\n\n'];
      const events = [
        ...text('Hel'),
        ...odd,
        dialect.text('lo!'),
        ...dialect.textEnd,
        ...dialect.end('stop'),
      ];
      return withScriptedVendor(options, { answer: say(events) }, async (provider) => {
        const parts = await collect(stream(provider));
        expect(textOf(parts)).toBe('Hello!');
        expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'stop' } });
      });
    });

    it.each([
      ['a page of HTML', `<html>${LEAKED}</html>`],
      ['JSON of another shape', { surprise: LEAKED }],
    ])('fails at an answer that is %s', (_, body) =>
      withScriptedVendor(options, { answer: failWith({ status: 200, body }) }, async (provider) => {
        const error = await errorOf(generate(provider));
        // One package calls an answer without output a failure of the vendor.
        const kind = expect.stringMatching(/^(protocol|unavailable)$/);
        expect(error).toMatchObject({ name: 'ProviderError', kind });
        expectSecret(error);
        expect(await errorOf(collect(stream(provider)))).toMatchObject({ name: 'ProviderError' });
      }),
    );

    it('rejects with the reason when aborted in the middle, and hangs up', () => {
      const gone = Promise.withResolvers<void>();
      return withScriptedVendor(
        options,
        { answer: hangAfter(text('Hel'), gone.resolve) },
        async (provider) => {
          const controller = new AbortController();
          const reason = new Error('enough');
          const reading = errorOf(
            collect(stream(provider, { signal: controller.signal }), [], () => controller.abort(reason)),
          );
          expect(await reading).toBe(reason);
          await gone.promise;
        },
      );
    });

    it('hangs up when its reader leaves', () => {
      const gone = Promise.withResolvers<void>();
      return withScriptedVendor(
        options,
        { answer: hangAfter(text('Hel'), gone.resolve) },
        async (provider) => {
          for await (const part of stream(provider))
            if (part.type === 'text-delta' && part.delta !== '') break;
          await gone.promise;
        },
      );
    });

    it('gives up a vendor that does not begin, or falls silent in the middle', async () => {
      await withScriptedVendor(options, { answer: () => {}, timeoutMs: 50 }, async (provider) => {
        expect(await errorOf(collect(stream(provider)))).toMatchObject({ kind: 'timeout' });
        expect(await errorOf(generate(provider))).toMatchObject({ kind: 'timeout' });
      });
      await withScriptedVendor(options, { answer: hangAfter(text('Hel')) }, async (provider) => {
        const error = await errorOf(collect(stream(provider, { idleMs: 100 })));
        expect(error).toMatchObject({ kind: 'timeout' });
      });
    });

    it('fails an answer under way when it is closed', () =>
      withScriptedVendor(options, { answer: hangAfter(text('Hel')) }, async (provider) => {
        const error = await errorOf(collect(stream(provider), [], () => void provider.close()));
        expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('closed') });
      }));

    it('is not read faster than its answer is used', () => {
      let accepted = 0;
      const endless: VendorAnswer = (_request, response) => {
        start(response);
        const piece = dialect.text('word '.repeat(2000));
        for (const item of text('Hel')) response.write(item);
        const write = () => {
          while (!response.destroyed && accepted < 60_000_000) {
            accepted += piece.length;
            if (!response.write(piece)) {
              response.once('drain', write);
              return;
            }
          }
        };
        write();
      };
      return withScriptedVendor(options, { answer: endless }, async (provider) => {
        for await (const part of stream(provider)) {
          if (part.type !== 'text-delta' || part.delta === '') continue;
          let before = -1;
          while (before !== accepted) {
            before = accepted;
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          break;
        }
        expect(accepted).toBeLessThan(30_000_000);
      });
    });

    it('cannot be made to tell a key that cannot be sent', async () => {
      const apiKey = `${TEST_KEY}\n${SECRET_WORDS}`;
      const provider = options.vendor.open({ apiKey, baseUrl: 'http://127.0.0.1:9' });
      const error = await errorOf(collect(stream(provider)));
      expect(error).toMatchObject({ name: 'ProviderError' });
      expectSecret(error);
      await provider.close();
    });
  });
}

function start(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

function say(events: readonly string[], pieceBytes?: number): VendorAnswer {
  return async (_request, response) => {
    start(response);
    const bytes = Buffer.from(events.join(''));
    if (pieceBytes === undefined) for (const item of events) response.write(item);
    else {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        response.write(bytes.subarray(at, at + pieceBytes));
        if (at % 50 === 0) await new Promise(setImmediate);
      }
    }
    response.end();
  };
}

function hangAfter(events: readonly string[], onGone = () => {}): VendorAnswer {
  return (_request, response) => {
    start(response);
    response.on('close', onGone);
    response.write(events.join(''));
  };
}

async function collect(
  parts: AsyncIterable<LanguageModelV4StreamPart>,
  into: LanguageModelV4StreamPart[] = [],
  onText = () => {},
): Promise<LanguageModelV4StreamPart[]> {
  for await (const part of parts) {
    into.push(part);
    if (part.type === 'text-delta' && part.delta !== '') onText();
  }
  return into;
}

function textOf(parts: readonly LanguageModelV4StreamPart[]): string {
  return parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
}

function expectNotFinished(parts: readonly LanguageModelV4StreamPart[]): void {
  expect(parts.filter(({ type }) => type === 'finish' || type === 'tool-call')).toEqual([]);
}

/** Nowhere in the error, its causes and its properties. */
function expectSecret(error: unknown): void {
  const all = inspect(error, { depth: 10, showHidden: true });
  for (const secret of [TEST_KEY, SECRET_WORDS, QUESTION]) expect(all).not.toContain(secret);
}
