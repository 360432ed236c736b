import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ChatTool } from '../chat-tool.ts';
import { ApiError, LLMError, LLMStreamingResponseError } from '../errors.ts';
import {
  apiErrorResponse,
  createFakeFetch,
  type FakeFetch,
  finishLine,
  line,
  messageLine,
  openStream,
  settle,
  streamResponse,
  toolLine,
} from '../testing/fake-fetch.ts';
import { type LLMStreamChunk, LlmProcessor, type ProcessLLMOptions } from './llm-processor.ts';

const path = '/api/v1/session/s1/llm/v2/';
const square = new ChatTool('square', 'Squares', { type: 'object' }, ({ n }: { n: number }) => ({
  result: n * n,
}));
const show = new ChatTool('show', 'Shows', { type: 'object' }, () => ({}), true);

let fake: FakeFetch;
let states: string[];
let errors: Error[];
let processor: LlmProcessor;

beforeEach(() => {
  fake = createFakeFetch();
  states = [];
  errors = [];
  processor = createProcessor([square, show]);
});

function createProcessor(clientTools: ChatTool[]): LlmProcessor {
  const unexpected = (): never => {
    throw new Error('a processor neither logs nor speaks');
  };
  return new LlmProcessor(
    {
      apiServer: 'https://a.example',
      sessionId: 's1',
      clientTools,
      callbacks: {
        onChatStateChange: (add, remove) => states.push(`+${add} -${remove}`),
        onError: (error) => errors.push(error),
        onChatLog: unexpected,
        onTTSTF: unexpected,
      },
    },
    { fetch: fake.fetch },
  );
}

/** Answers requests one after the other; the last answer repeats. */
function answers(...reads: ReadonlyArray<ReadonlyArray<string | Uint8Array>>): void {
  let next = 0;
  fake.on(path, () => streamResponse(reads[Math.min(next++, reads.length - 1)] ?? []));
}

async function collect(options: ProcessLLMOptions | string): Promise<LLMStreamChunk[]> {
  const chunks: LLMStreamChunk[] = [];
  const given = typeof options === 'string' ? { message: options } : options;
  for await (const chunk of processor.processLLM(given)) chunks.push(chunk);
  return chunks;
}

const messages = (call: number): unknown =>
  (fake.calls[call]?.body as { messages: unknown } | undefined)?.messages;
const finished = (...chunks: string[]): object => ({
  type: 'message',
  chunks,
  message: chunks.join(''),
  finish: true,
});
const unfinished = (...chunks: string[]): object => ({ ...finished(...chunks), finish: false });
const lastError = (chunks: LLMStreamChunk[]): LLMError => {
  const last = chunks.at(-1);
  if (last?.type !== 'error' || !(last.error instanceof LLMError)) throw new Error('no LLMError at the end');
  return last.error;
};

describe('a plain turn', () => {
  // keeps: sdk-9.3-chunks
  it('sends the message with tools, streams, and commits the history', async () => {
    answers([messageLine('Hi 😀.') + messageLine(' How'), messageLine(' are you?'), finishLine]);
    expect(await collect('Hello')).toEqual([
      unfinished('Hi .', ' How'),
      unfinished('Hi .', ' How', ' are you?'),
      finished('Hi .', ' How', ' are you?'),
    ]);
    expect(fake.calls[0]).toMatchObject({
      method: 'POST',
      url: `https://a.example${path}`,
      headers: { 'Content-Type': 'application/json' },
      body: {
        messages: [{ role: 'user', content: 'Hello' }],
        tools: [
          {
            type: 'function',
            function: { name: 'square', description: 'Squares', parameters: { type: 'object' } },
          },
          {
            type: 'function',
            function: { name: 'show', description: 'Shows', parameters: { type: 'object' } },
          },
        ],
      },
    });
    expect(processor.getHistory()).toEqual([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', type: 'message', content: 'Hi . How are you?' },
    ]);
    expect(states).toEqual(['+LLM -null', '+null -LLM']);
    expect(errors).toEqual([]);
  });

  it('continues the history', async () => {
    answers([messageLine('A'), finishLine]);
    processor.addToHistory({ role: 'assistant', content: 'Welcome' });
    await collect('1');
    await collect('2');
    expect(messages(1)).toEqual([
      { role: 'assistant', content: 'Welcome' },
      { role: 'user', content: '1' },
      { role: 'assistant', type: 'message', content: 'A' },
      { role: 'user', content: '2' },
    ]);
    expect(processor.getHistory()).toHaveLength(5);
  });

  it('uses the tools of the call in place of its own', async () => {
    answers([toolLine(['square', { n: 3 }]), finishLine]);
    expect(await collect({ message: 'x', tools: [] })).toEqual([
      expect.objectContaining({ type: 'tool_call' }),
      finished(),
    ]);
    expect(fake.calls[0]?.body).toHaveProperty('tools', []);
  });

  // keeps: sdk-9.3-empty
  it('refuses an empty message before anything happens, and accepts white space', async () => {
    await expect(processor.processLLM({ message: '' }).next()).rejects.toThrow('Message cannot be empty');
    expect(fake.calls).toEqual([]);
    expect(states).toEqual([]);
    answers([finishLine]);
    expect(await collect(' ')).toEqual([finished()]);
  });

  // keeps: sdk-8.6-processor
  it('uses the API server as given', async () => {
    answers([finishLine]);
    const { fetch } = fake;
    const callbacks = { onChatStateChange() {}, onError() {}, onChatLog() {}, onTTSTF() {} };
    const config = { apiServer: 'https://a.example/', sessionId: 's1', clientTools: [], callbacks };
    for await (const chunk of new LlmProcessor(config, { fetch }).processLLM({ message: 'x' })) {
      expect(chunk).toEqual(finished());
    }
    expect(fake.calls[0]?.url).toBe(`https://a.example/${path}`);
  });

  it('does nothing before the first next()', () => {
    processor.processLLM({ message: 'x' });
    expect(fake.calls).toEqual([]);
    expect(states).toEqual([]);
  });

  it('counts pieces of emoji alone', async () => {
    answers([messageLine('😀'), finishLine]);
    expect(await collect('x')).toEqual([unfinished(''), finished('')]);
    expect(processor.getHistory()).toEqual([{ role: 'user', content: 'x' }]);
  });

  it('does without a finish line and without the last line break', async () => {
    answers([messageLine('A'), messageLine(' B').trimEnd()]);
    expect((await collect('x')).at(-1)).toEqual(finished('A', ' B'));
    expect(processor.getHistory()).toHaveLength(2);
  });

  it('reads characters cut in two', async () => {
    const bytes = new TextEncoder().encode(messageLine('한국') + finishLine);
    answers([...bytes].map((byte) => Uint8Array.of(byte)));
    expect((await collect('x')).at(-1)).toEqual(finished('한국'));
  });
});

describe('tools', () => {
  // keeps: sdk-9.3-chunks, sdk-9.3-follow-up
  it('runs client tools and follows up', async () => {
    answers(
      [messageLine('Let me see.') + toolLine(['square', { n: 3 }], ['square', { n: 4 }]), finishLine],
      [messageLine(' 9 and 16.'), finishLine],
    );
    const chunks = await collect('3² and 4²?');
    expect(chunks).toEqual([
      unfinished('Let me see.'),
      {
        type: 'tool_call',
        tool_calls: [expect.objectContaining({ id: 'c1' }), expect.objectContaining({ id: 'c2' })],
      },
      { type: 'tool_result', tool_call_id: 'c1', result: { result: 9 } },
      { type: 'tool_result', tool_call_id: 'c2', result: { result: 16 } },
      unfinished('Let me see.', ' 9 and 16.'),
      finished('Let me see.', ' 9 and 16.'),
    ]);
    const turn = [
      { role: 'user', content: '3² and 4²?' },
      { role: 'assistant', type: 'message', content: 'Let me see.' },
      { role: 'assistant', type: 'tool_call', content: null, tool_calls: expect.any(Array) },
      { role: 'tool', content: '{"result":9}', tool_call_id: 'c1' },
      { role: 'tool', content: '{"result":16}', tool_call_id: 'c2' },
    ];
    expect(messages(1)).toEqual(turn);
    expect(processor.getHistory()).toEqual([
      ...turn,
      { role: 'assistant', type: 'message', content: ' 9 and 16.' },
    ]);
  });

  // keeps: sdk-9.3-follow-up
  it.each([
    ['only executeOnly tools', [['show', {}]], 1],
    ['only remote tools', [['remote', {}]], 1],
    [
      'an executeOnly and an ordinary tool',
      [
        ['show', {}],
        ['square', { n: 1 }],
      ],
      2,
    ],
    [
      'an executeOnly and a remote tool',
      [
        ['show', {}],
        ['remote', {}],
      ],
      2,
    ],
    [
      'an ordinary and a remote tool',
      [
        ['square', { n: 1 }],
        ['remote', {}],
      ],
      2,
    ],
    ['no tool at all', [], 1],
  ] as const)('follows up after %s as agreed', async (_, calls, requests) => {
    const remote = line({ type: 'tool_call', role: 'tool', content: 'done', tool_call_id: 'c9' });
    answers([toolLine(...calls) + remote, finishLine], [finishLine]);
    await collect('x');
    expect(fake.calls).toHaveLength(requests);
    expect(processor.getHistory()).toContainEqual({
      role: 'tool',
      type: 'tool_call',
      content: 'done',
      tool_call_id: 'c9',
    });
  });

  it('runs tools side by side, and reports in the order of the request', async () => {
    let release: (value: object) => void = () => undefined;
    const slow = new ChatTool(
      'slow',
      '',
      {},
      () =>
        new Promise<object>((resolve) => {
          release = resolve;
        }),
    );
    const fast = new ChatTool('fast', '', {}, () => {
      release({ slow: 1 });
      return { fast: 1 };
    });
    processor = createProcessor([slow, fast]);
    answers([toolLine(['slow', {}], ['fast', {}]), finishLine], [finishLine]);
    expect((await collect('x')).filter(({ type }) => type === 'tool_result')).toMatchObject([
      { tool_call_id: 'c1', result: { slow: 1 } },
      { tool_call_id: 'c2', result: { fast: 1 } },
    ]);
  });

  it('keeps two requests of one answer in the history, and runs the later', async () => {
    answers([toolLine(['square', { n: 1 }]) + toolLine(['square', { n: 2 }]), finishLine], [finishLine]);
    expect((await collect('x')).filter(({ type }) => type === 'tool_result')).toEqual([
      { type: 'tool_result', tool_call_id: 'c1', result: { result: 4 } },
    ]);
    expect(messages(1)).toHaveLength(4);
  });

  it('tells the LLM of failures', async () => {
    const circular: { self?: object } = {};
    circular.self = circular;
    processor = createProcessor([
      new ChatTool('throws', '', {}, () => {
        throw new Error('broken');
      }),
      new ChatTool('rejects', '', {}, () => Promise.reject('text')),
      new ChatTool('circular', '', {}, () => circular),
      square,
    ]);
    answers(
      [toolLine(['throws', {}], ['rejects', {}], ['circular', {}], ['square', '{broken']), finishLine],
      [finishLine],
    );
    const results = (await collect('x')).filter((chunk) => chunk.type === 'tool_result');
    expect(results.map(({ result }) => result)).toEqual([
      { error: 'broken' },
      { error: 'text' },
      { error: expect.any(String) },
      { error: expect.any(String) },
    ]);
  });

  it('sends no content for a tool that returned nothing', async () => {
    // What a page written in JavaScript may do.
    processor = createProcessor([new ChatTool('nothing', '', {}, () => undefined as unknown as object)]);
    answers([toolLine(['nothing', {}]), finishLine], [finishLine]);
    await collect('x');
    expect((messages(1) as object[])[2]).toEqual({ role: 'tool', tool_call_id: 'c1' });
  });

  // keeps: sdk-9.3-rounds
  it('stops after ten requests', async () => {
    answers([toolLine(['square', { n: 1 }]), finishLine]);
    const error = lastError(await collect('x'));
    expect(error.underlyingError).toMatchObject({
      description: 'Tool follow-up loop exceeded maximum rounds (10)',
    });
    expect(fake.calls).toHaveLength(10);
    expect(processor.getHistory()).toEqual([]);
  });
});

describe('failures', () => {
  // keeps: sdk-9.3-errors
  it('a refused request ends in an error chunk', async () => {
    fake.on(path, () => apiErrorResponse(400, 'x', 'No LLM'));
    const chunks = await collect('x');
    expect(chunks).toHaveLength(1);
    expect(lastError(chunks).underlyingError).toBeInstanceOf(ApiError);
    expect(errors).toEqual([lastError(chunks)]);
    expect(states).toEqual(['+LLM -null', '+null -LLM']);
  });

  it.each([
    ['a failure line', line({ status: 'fail', reason: 'Too long' }), 'Too long'],
    ['a blank line', '\n', 'Failed to parse SSE response'],
    ['broken JSON', 'data: {oops\n', 'Failed to parse SSE JSON'],
  ])('%s ends in an error chunk, after the text before it', async (_, bad, description) => {
    answers([messageLine('A'), messageLine('B') + bad]);
    const chunks = await collect('x');
    expect(chunks[0]).toEqual(unfinished('A'));
    expect(lastError(chunks).underlyingError).toBeInstanceOf(LLMStreamingResponseError);
    expect(lastError(chunks).underlyingError).toMatchObject({ description });
    expect(processor.getHistory()).toEqual([]);
  });

  // keeps: sdk-9.3-errors
  it('a network failure rejects', async () => {
    fake.on(path, () => Promise.reject(new TypeError('offline')));
    await expect(collect('x')).rejects.toThrow(new TypeError('offline'));
    const stream = openStream();
    fake.on(path, () => stream.response);
    const generator = processor.processLLM({ message: 'x' });
    const next = generator.next();
    stream.fail(new TypeError('cut'));
    await expect(next).rejects.toThrow(new TypeError('cut'));
    expect(states.slice(-1)).toEqual(['+null -LLM']);
  });

  it('a callback that throws does no harm', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    answers([messageLine('A'), finishLine]);
    const throwing = (): never => {
      throw new Error('page');
    };
    processor = new LlmProcessor(
      {
        apiServer: 'https://a.example',
        sessionId: 's1',
        clientTools: [],
        callbacks: { onChatStateChange: throwing, onError: throwing, onChatLog: throwing, onTTSTF: throwing },
      },
      { fetch: fake.fetch },
    );
    expect((await collect('x')).at(-1)).toEqual(finished('A'));
    error.mockRestore();
  });
});

describe('cancelling', () => {
  // keeps: sdk-9.3-abort
  it('before the request: nothing happens', async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await collect({ message: 'x', signal: controller.signal })).toEqual([]);
    expect(fake.calls).toEqual([]);
    expect(states).toEqual(['+LLM -null', '+null -LLM']);
  });

  // keeps: sdk-9.3-abort
  it('while waiting for the answer: ends quietly', async () => {
    const controller = new AbortController();
    fake.on(path, () => new Promise<Response>(() => undefined));
    const chunks = collect({ message: 'x', signal: controller.signal });
    await settle();
    controller.abort();
    expect(await chunks).toEqual([]);
    expect(fake.calls[0]?.signal?.aborted).toBe(true);
  });

  // keeps: sdk-9.3-abort
  it('in the middle of the answer: one last chunk, no history', async () => {
    const controller = new AbortController();
    const stream = openStream();
    fake.on(path, () => stream.response);
    const chunks = collect({ message: 'x', signal: controller.signal });
    stream.push(messageLine('A'));
    await settle();
    controller.abort();
    expect(await chunks).toEqual([unfinished('A'), finished('A')]);
    expect(stream.cancelled()).toBe(true);
    expect(processor.getHistory()).toEqual([]);
  });

  it('while a tool runs: does not wait for it', async () => {
    const controller = new AbortController();
    processor = createProcessor([new ChatTool('hangs', '', {}, () => new Promise<object>(() => undefined))]);
    answers([messageLine('A') + toolLine(['hangs', {}]), finishLine]);
    const chunks = collect({ message: 'x', signal: controller.signal });
    await settle();
    controller.abort();
    expect((await chunks).at(-1)).toEqual(finished('A'));
    expect(fake.calls).toHaveLength(1);
  });

  it('by leaving the loop: cancels the request, commits nothing', async () => {
    const stream = openStream();
    fake.on(path, () => stream.response);
    stream.push(messageLine('A'));
    for await (const chunk of processor.processLLM({ message: 'x' })) {
      expect(chunk).toEqual(unfinished('A'));
      break;
    }
    await settle();
    expect(stream.cancelled()).toBe(true);
    expect(processor.getHistory()).toEqual([]);
    expect(states).toEqual(['+LLM -null', '+null -LLM']);
  });

  it('by return() while next() waits', async () => {
    const stream = openStream();
    fake.on(path, () => stream.response);
    const generator = processor.processLLM({ message: 'x' });
    const next = generator.next();
    await settle();
    await generator.return(undefined);
    expect(await next).toEqual({ done: true, value: undefined });
    expect(states.slice(-1)).toEqual(['+null -LLM']);
  });

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    answers([messageLine('A'), finishLine]);
    await collect({ message: 'x', signal });
    expect(remove.mock.calls).toHaveLength(add.mock.calls.length);
  });

  it('leaves a slow reader in charge', async () => {
    let pulls = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls++;
          controller.enqueue(new TextEncoder().encode(messageLine('x')));
        },
      },
      { highWaterMark: 1 },
    );
    fake.on(path, () => new Response(stream));
    const generator = processor.processLLM({ message: 'x' });
    await generator.next();
    await settle();
    expect(pulls).toBeLessThan(5);
    await generator.return(undefined);
  });
});
