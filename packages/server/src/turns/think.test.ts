import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { LlmEvent, LlmMessage } from '@visavox/contract';
import { describe, expect, test } from 'vitest';
import { type ThinkRequest, think, toPrompt } from './think.ts';

const text = (delta: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: 't', delta });
const call = (toolCallId: string, toolName: string, input = '{}'): LanguageModelV4StreamPart => ({
  type: 'tool-call',
  toolCallId,
  toolName,
  input,
});

/** A model whose stream the test holds in its hands. */
function createModel(parts: readonly LanguageModelV4StreamPart[] = [], ending: 'close' | 'hang' = 'close') {
  const calls: LanguageModelV4CallOptions[] = [];
  let pulled = 0;
  let cancelled: unknown;
  const model: LanguageModelV4 = {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted-1',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('Only streaming is scripted.')),
    async doStream(options) {
      calls.push(options);
      const stream = new ReadableStream<LanguageModelV4StreamPart>(
        {
          pull(controller) {
            const part = parts[pulled++];
            if (part !== undefined) controller.enqueue(part);
            else if (ending === 'close') controller.close();
            else return new Promise<void>(() => {});
            return undefined;
          },
          cancel(reason) {
            cancelled = reason ?? 'without a reason';
          },
        },
        { highWaterMark: 0 },
      );
      return { stream };
    },
  };
  return {
    model,
    calls,
    get pulled() {
      return pulled;
    },
    get cancelled() {
      return cancelled;
    },
  };
}

const never = () => new AbortController().signal;
const ask = (model: LanguageModelV4, overrides: Partial<ThinkRequest> = {}): ThinkRequest => ({
  model,
  systemPrompt: '',
  messages: [{ role: 'user', content: 'Hi' }],
  tools: [],
  ...overrides,
});

async function collect(events: AsyncIterable<LlmEvent>): Promise<LlmEvent[]> {
  const collected: LlmEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

describe('the answer', () => {
  // keeps: perso-4.2.2-message
  test('sentences come as they are complete, then what is left, then the end', async () => {
    const { model } = createModel([text('Hello th'), text('ere. How are'), text(' you? And'), text(' more')]);
    expect(await collect(think(ask(model), { signal: never() }))).toEqual([
      { type: 'message', content: 'Hello there.' },
      { type: 'message', content: ' How are you?' },
      { type: 'message', content: ' And more' },
      { type: 'finish' },
    ]);
  });

  test('an answer without anything is only the end', async () => {
    const { model } = createModel([text('')]);
    expect(await collect(think(ask(model), { signal: never() }))).toEqual([{ type: 'finish' }]);
  });

  // keeps: perso-4.2.2-tool-call, perso-4.2.2-order
  test('tool requests come together, after the text', async () => {
    const { model } = createModel([text('One moment.'), call('a', 'f', '{"x":1}'), call('b', 'g')]);
    expect(await collect(think(ask(model), { signal: never() }))).toEqual([
      { type: 'message', content: 'One moment.' },
      {
        type: 'tool_call',
        content: '',
        toolCalls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
          { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
        ],
      },
      { type: 'finish' },
    ]);
  });

  test('a tool request without text has no content', async () => {
    const { model } = createModel([call('a', 'f')]);
    expect((await collect(think(ask(model), { signal: never() })))[0]).toMatchObject({ content: null });
  });

  test.each([
    [new Error('vendor'), 'vendor'],
    ['a bare text', 'The language model reported an error.'],
  ])('an error part throws and closes the stream', async (error, message) => {
    const vendor = createModel([text('So far. Good.'), { type: 'error', error }], 'hang');
    const events: LlmEvent[] = [];
    const reading = (async () => {
      for await (const event of think(ask(vendor.model), { signal: never() })) events.push(event);
    })();
    await expect(reading).rejects.toThrow(message);
    expect(events).toEqual([{ type: 'message', content: 'So far.' }]);
    expect(vendor.cancelled).toBeDefined();
  });

  test('nothing is asked for when it is aborted before', async () => {
    const vendor = createModel();
    await expect(collect(think(ask(vendor.model), { signal: AbortSignal.abort() }))).rejects.toThrow();
    expect(vendor.calls).toEqual([]);
  });

  test('break closes the stream of the vendor', async () => {
    const vendor = createModel([text('One. '), text('Two. '), text('Three.')], 'hang');
    for await (const event of think(ask(vendor.model), { signal: never() })) {
      expect(event).toEqual({ type: 'message', content: 'One.' });
      break;
    }
    expect(vendor.cancelled).toBeDefined();
  });

  test('an abort closes the stream even while the vendor keeps silent, and nothing follows', async () => {
    const vendor = createModel([text('One. Tw')], 'hang');
    const stop = new AbortController();
    const iterator = think(ask(vendor.model), { signal: stop.signal })[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual({ type: 'message', content: 'One.' });
    const next = iterator.next();
    stop.abort(new Error('gone'));
    await expect(next).rejects.toThrow('gone');
    expect(vendor.cancelled).toEqual(new Error('gone'));
    expect(vendor.calls[0]?.abortSignal?.aborted).toBe(true);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('a vendor that ends quietly on an abort does not make an unfinished answer look finished', async () => {
    const stop = new AbortController();
    const { model } = createModel();
    model.doStream = async () => ({
      stream: new ReadableStream({
        start(controller) {
          controller.enqueue(text('Half of'));
          stop.signal.addEventListener('abort', () => controller.close());
        },
      }),
    });
    const events = collect(think(ask(model), { signal: stop.signal }));
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('gone'));
    await expect(events).rejects.toThrow('gone');
  });

  test('a slow reader holds the vendor back', async () => {
    const vendor = createModel(Array.from({ length: 50 }, (_, index) => text(`Sentence ${index}. `)));
    const iterator = think(ask(vendor.model), { signal: never() })[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(vendor.pulled).toBeLessThanOrEqual(3);
    await iterator.return?.();
  });
});

describe('the question', () => {
  test('tools are offered only when there are some', async () => {
    const vendor = createModel();
    await collect(think(ask(vendor.model), { signal: never() }));
    const tools: ThinkRequest['tools'] = [
      { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } },
    ];
    await collect(think(ask(vendor.model, { tools }), { signal: never() }));
    expect(vendor.calls[0]).not.toHaveProperty('tools');
    expect(vendor.calls[1]).toMatchObject({
      tools: [{ type: 'function', name: 'f', description: 'd', inputSchema: { type: 'object' } }],
      toolChoice: { type: 'auto' },
    });
  });

  const request = (
    id: string,
    name = 'f',
    json = '{"a":1}',
  ): NonNullable<LlmMessage['tool_calls']>[number] => ({
    id,
    type: 'function',
    function: { name, arguments: json },
  });
  const requestPart = (toolCallId: string, toolName = 'f', input: unknown = { a: 1 }) => ({
    type: 'tool-call',
    toolCallId,
    toolName,
    input,
  });
  const result = (toolCallId: string, value: string, toolName = 'f') => ({
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId, toolName, output: { type: 'text', value } }],
  });
  const userPart = (value: string) => ({ role: 'user', content: [{ type: 'text', text: value }] });

  // keeps: perso-4.2-two-users, perso-4.2-leading-assistant, perso-4.2-any-order, perso-4.2-foreign
  test('every kind of message has its place', () => {
    const messages: LlmMessage[] = [
      { role: 'assistant', content: 'Welcome.' },
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'A' },
      { role: 'user', content: 'B' },
      { role: 'assistant', content: 'Looking.', tool_calls: [request('1'), request('2', 'g', '{}')] },
      { role: 'tool', content: 'remote', tool_call_id: '2' },
      { role: 'tool', content: '', tool_call_id: '1' },
      { role: 'assistant', content: 'Done.' },
    ];
    expect(toPrompt('You are Yuri.', messages)).toEqual([
      { role: 'system', content: 'You are Yuri.' },
      { role: 'assistant', content: [{ type: 'text', text: 'Welcome.' }] },
      { role: 'system', content: 'Be brief.' },
      userPart('A'),
      userPart('B'),
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'Looking.' }, requestPart('1'), requestPart('2', 'g', {})],
      },
      result('2', 'remote', 'g'),
      result('1', ''),
      { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
    ]);
  });

  // keeps: perso-4.2.3-unfinished
  test.each<[string, LlmMessage[], unknown[]]>([
    ['an empty system message', [{ role: 'system', content: '' }], []],
    ['an empty assistant message', [{ role: 'assistant', content: '' }], []],
    ['a request without its result', [{ role: 'assistant', content: '', tool_calls: [request('1')] }], []],
    [
      'the unanswered part of a request',
      [
        { role: 'assistant', content: '', tool_calls: [request('1'), request('2')] },
        { role: 'tool', content: 'r', tool_call_id: '2' },
      ],
      [{ role: 'assistant', content: [requestPart('2')] }, result('2', 'r')],
    ],
    ['a result without its request', [{ role: 'tool', content: 'r', tool_call_id: '1' }], []],
    ['a result without an id', [{ role: 'tool', content: 'r' }], []],
    [
      'a result before its request',
      [
        { role: 'tool', content: 'r', tool_call_id: '1' },
        { role: 'assistant', content: '', tool_calls: [request('1')] },
      ],
      [],
    ],
    [
      'a second result for the same request',
      [
        { role: 'assistant', content: '', tool_calls: [request('1')] },
        { role: 'tool', content: 'r', tool_call_id: '1' },
        { role: 'tool', content: 'again', tool_call_id: '1' },
      ],
      [{ role: 'assistant', content: [requestPart('1')] }, result('1', 'r')],
    ],
    [
      'an unfinished request whose id an earlier round used',
      [
        { role: 'assistant', content: '', tool_calls: [request('1')] },
        { role: 'tool', content: 'r', tool_call_id: '1' },
        { role: 'assistant', content: 'Again.', tool_calls: [request('1')] },
        { role: 'user', content: 'Never mind.' },
      ],
      [
        { role: 'assistant', content: [requestPart('1')] },
        result('1', 'r'),
        { role: 'assistant', content: [{ type: 'text', text: 'Again.' }] },
        userPart('Never mind.'),
      ],
    ],
  ])('%s is left out', (_, messages, expected) => {
    expect(toPrompt('', messages)).toEqual(expected);
  });

  test('arguments that are no JSON become an empty object', () => {
    const prompt = toPrompt('', [
      { role: 'assistant', content: '', tool_calls: [request('1', 'f', '{')] },
      { role: 'tool', content: 'error', tool_call_id: '1' },
    ]);
    expect(prompt[0]).toEqual({ role: 'assistant', content: [requestPart('1', 'f', {})] });
  });
});
