/** The same answers with and without it, through the packages that are really used. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createCerebras } from '@ai-sdk/cerebras';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createFireworks } from '@ai-sdk/fireworks';
import { createGroq } from '@ai-sdk/groq';
import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { createTogetherAI } from '@ai-sdk/togetherai';
import { expect, test } from 'vitest';
import { readWholeText } from './chat-text.ts';
import { createQuickText } from './quick-text.ts';

type Connect = (fetch: typeof globalThis.fetch) => LanguageModelV4;

const account = { apiKey: 'key', baseURL: 'http://vendor.test/v1' };
const PACKAGES: Readonly<Record<string, Connect>> = {
  openai: (fetch) => createOpenAI({ ...account, fetch }).chat('gpt-4o'),
  'openai-compatible': (fetch) =>
    createOpenAICompatible({ ...account, name: 'x', includeUsage: true, fetch }).chatModel('m'),
  groq: (fetch) => createGroq({ ...account, fetch })('m'),
  mistral: (fetch) => createMistral({ ...account, fetch })('m'),
  deepseek: (fetch) => createDeepSeek({ ...account, fetch })('m'),
  togetherai: (fetch) => createTogetherAI({ ...account, fetch })('m'),
  fireworks: (fetch) => createFireworks({ ...account, fetch })('m'),
  cerebras: (fetch) => createCerebras({ ...account, fetch })('m'),
};

const event = (data: unknown, end = '\n\n') =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}${end}`;
const head = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' };
const choice = (delta: object, finish: string | null = null, more: object = {}) => ({
  ...head,
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
});
const text = (content: string) => event(choice({ content }));
const toolCall = (index: number, id: string | undefined, args: string) =>
  event(
    choice({
      tool_calls: [
        {
          index,
          ...(id === undefined ? {} : { id, type: 'function' }),
          function: { ...(id === undefined ? {} : { name: 'look' }), arguments: args },
        },
      ],
    }),
  );
const USAGE = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const ROLE = event(choice({ role: 'assistant', content: '' }));
const STOP = event(choice({}, 'stop')) + event({ ...head, choices: [], usage: USAGE }) + event('[DONE]');
const HELLO = text('Hel') + text('lo, ') + text('wörld 👋') + text('\n\n') + text('data: {}');

const ANSWERS: Readonly<Record<string, string>> = {
  'plain text': ROLE + HELLO + STOP,
  'text without a first event of its own': HELLO + STOP,
  'one event':
    event(choice({ role: 'assistant', content: 'all' }, 'stop', { usage: USAGE })) + event('[DONE]'),
  'nothing but its end': ROLE + STOP,
  'an end with text in it': ROLE + HELLO + event(choice({ content: ' last' }, 'stop', { usage: USAGE })),
  'fields that are not used':
    event(
      choice({ role: 'assistant', content: null, tool_calls: [], refusal: null, reasoning_content: '' }),
    ) +
    event(choice({ content: 'a', tool_calls: [], reasoning_content: null })) +
    event({ ...choice({ content: 'b' }), usage: null, error: null, service_tier: 'x' }) +
    STOP,
  comments: `: working\n\n${ROLE}: still\n\n${HELLO}: and\n\n${STOP}`,
  'a mark of the byte order': `\uFEFF${ROLE}${HELLO}${STOP}`,
  'line ends of two characters': (ROLE + HELLO + STOP).replaceAll('\n\n', '\r\n\r\n'),
  'line ends that change': ROLE + HELLO + (HELLO + STOP).replaceAll('\n\n', '\r\n\r\n'),
  'names and ids of events': `${ROLE}${HELLO}id: 7\nevent: message\n${HELLO}${STOP}`,
  'no space after the colon': (ROLE + HELLO + STOP).replaceAll('data: ', 'data:'),
  'text and calls': ROLE + HELLO + toolCall(0, 'c1', '{"a"') + toolCall(0, undefined, ':1}') + STOP,
  'text after a call': ROLE + text('a') + toolCall(0, 'c1', '{"a":1}') + text('b') + STOP,
  'reasoning first':
    ROLE +
    event(choice({ reasoning_content: 'hm' })) +
    event(choice({ reasoning_content: ' so' })) +
    HELLO +
    STOP,
  'usage in each event': event({ ...choice({ content: 'a' }), usage: USAGE }) + text('b') + STOP,
  'two choices':
    event({
      ...head,
      choices: [
        { index: 0, delta: { content: 'a' }, finish_reason: null },
        { index: 1, delta: { content: 'b' }, finish_reason: null },
      ],
    }) + STOP,
  'no choices first': event({ ...head, choices: [] }) + HELLO + STOP,
  'an error in the middle': ROLE + HELLO + event({ error: { message: 'overloaded', type: 'server_error' } }),
  'an error at once': event({ error: { message: 'overloaded', type: 'server_error' } }),
  'an event that is no JSON': ROLE + HELLO + event('{"choices": [') + STOP,
  'an event of another kind': ROLE + HELLO + event({ hello: 1 }) + STOP,
  'an end that never comes': ROLE + HELLO,
  'an unfinished event': ROLE + HELLO + text('lost').trimEnd(),
  'a long event': ROLE + text('x'.repeat(100_000)) + HELLO + STOP,
  nothing: '',
};

/** Sizes of the pieces in which bytes come; the last one is for the rest. */
type Cut = readonly number[];

function respond(bytes: Uint8Array, cut: Cut, broken: boolean): Response {
  let at = 0;
  let index = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const size = cut[Math.min(index, cut.length - 1)] ?? bytes.length;
      index += 1;
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at + size));
      else if (broken) controller.error(new TypeError('terminated'));
      else controller.close();
      at += size;
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/** What a reader sees: text joined, however it was cut, between everything else. */
async function read(model: LanguageModelV4): Promise<unknown[]> {
  const seen: unknown[] = [];
  const open = new Set<string>();
  let said = '';
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }];
  const see = (part: LanguageModelV4StreamPart): void => {
    switch (part.type) {
      case 'stream-start':
      case 'response-metadata':
        return;
      case 'text-start':
        open.add(part.id);
        return;
      case 'text-end':
        expect(open.delete(part.id)).toBe(true);
        return;
      case 'text-delta':
        expect(open).toContain(part.id);
        said += part.delta;
        return;
      case 'error':
        throw part.error;
      default:
        if (said !== '') seen.push(said);
        said = '';
        // Ids that packages make up, and what they tell about the vendor's answer besides.
        seen.push(
          JSON.parse(
            JSON.stringify(part, (name, value) =>
              /^(?:id|providerMetadata|raw)$/.test(name) ? undefined : value,
            ),
          ),
        );
    }
  };
  try {
    const { stream } = await model.doStream({ prompt });
    for await (const part of stream) see(part);
    expect([...open]).toEqual([]);
  } catch (error) {
    if (error instanceof Error && error.name === 'AssertionError') throw error;
    if (said !== '') seen.push(said);
    // Some packages throw the error of the first event that they see; others make a part of any.
    seen.push('a failure');
  }
  return seen;
}

const CUTS: readonly Cut[] = [[1e9], [1], [7], [100, 3, 250, 1, 60]];

test.each(Object.keys(PACKAGES))('%s: the same answer, however the network cuts it', async (name) => {
  const connect = PACKAGES[name] as Connect;
  for (const [what, answer] of Object.entries(ANSWERS)) {
    const bytes = new TextEncoder().encode(answer);
    for (const broken of [false, true]) {
      const expected = broken ? [] : await read(connect(async () => respond(bytes, [1e9], false)));
      for (const cut of bytes.length > 50_000 ? [[1e9], [5000]] : CUTS) {
        const quick = createQuickText(async () => respond(bytes, cut, broken));
        const answered = await read(quick.wrap(connect(quick.fetch)));
        const where = `${what}, in pieces of ${cut}`;
        if (!broken) expect(answered, where).toEqual(expected);
        // How much was still read before the failure is a matter of turns.
        else expect(answered.at(-1), `${where}, broken`).toBe('a failure');
      }
    }
  }
});

const whole = (message: object, more: object = {}, finish: string | null = 'stop') =>
  JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [
      { index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: finish },
    ],
    usage: USAGE,
    ...more,
  });
const CALL = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } };

const WHOLE_ANSWERS: Readonly<Record<string, readonly [body: string, isNothingButText: boolean]>> = {
  text: [whole({ content: 'Hello, wörld 👋' }), true],
  'text that was cut by its limit': [whole({ content: 'Hello' }, {}, 'length'), true],
  'fields that are not used': [
    whole(
      {
        content: 'Hello',
        refusal: null,
        annotations: [],
        audio: null,
        tool_calls: [],
        reasoning_content: '',
      },
      {
        error: null,
        service_tier: 'default',
        usage: {
          ...USAGE,
          prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 0, accepted_prediction_tokens: 0 },
        },
      },
    ),
    true,
  ],
  'tokens that were kept, or thought': [
    whole(
      { content: 'Hello' },
      {
        usage: {
          ...USAGE,
          prompt_tokens_details: { cached_tokens: 2 },
          completion_tokens_details: { reasoning_tokens: 1 },
        },
      },
    ),
    false,
  ],
  'usage of its own kind': [
    whole({ content: 'Hello' }, { usage: { ...USAGE, prompt_cache_hit_tokens: 2 } }),
    false,
  ],
  'no usage': [whole({ content: 'Hello' }, { usage: undefined }), false],
  'no text': [whole({ content: '' }), false],
  'no content': [whole({ content: null }), false],
  'a call': [whole({ content: null, tool_calls: [CALL] }, {}, 'tool_calls'), false],
  'a call with text': [whole({ content: 'Let me see.', tool_calls: [CALL] }, {}, 'tool_calls'), false],
  reasoning: [whole({ content: 'Hello', reasoning_content: 'hm' }), false],
  'a refusal': [whole({ content: null, refusal: 'No.' }), false],
  'text that was filtered': [whole({ content: 'Hel' }, {}, 'content_filter'), false],
  'no reason for its end': [whole({ content: 'Hello' }, {}, null), false],
  'no choices': [whole({}, { choices: [] }), false],
  'an error': [JSON.stringify({ error: { message: 'overloaded', type: 'server_error' } }), false],
  'no JSON': ['{"choices": [', false],
  'a list': ['[]', false],
  'a mark of the byte order': [`\uFEFF${whole({ content: 'Hello' })}`, false],
  'more than anybody says': [whole({ content: 'x'.repeat(5_000_000) }), true],
  nothing: ['', false],
};

/** What callers see of an answer at once. */
async function generate(model: LanguageModelV4): Promise<object | string> {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }];
  try {
    const { content, finishReason, usage } = await model.doGenerate({ prompt });
    const { inputTokens, outputTokens } = usage;
    const tokens = [
      inputTokens.total,
      inputTokens.noCache,
      inputTokens.cacheRead ?? 0,
      outputTokens.total,
      outputTokens.text,
      outputTokens.reasoning ?? 0,
    ];
    return { content, finishReason, tokens };
  } catch {
    return 'a failure';
  }
}

test.each(Object.keys(PACKAGES))('%s: the same answer at once', async (name) => {
  const connect = PACKAGES[name] as Connect;
  for (const [what, [answer, isNothingButText]] of Object.entries(WHOLE_ANSWERS)) {
    const bytes = new TextEncoder().encode(answer);
    const json = async () => respond(bytes, [1e9], false);
    const expected = await generate(connect(json));
    for (const cut of bytes.length > 50_000 ? [[1e9], [500_000]] : CUTS) {
      const quick = createQuickText(async () => respond(bytes, cut, false));
      expect(await generate(quick.wrap(connect(quick.fetch))), `${what}, in pieces of ${cut}`).toEqual(
        expected,
      );
      const broken = createQuickText(async () => respond(bytes, cut, true));
      expect(await generate(broken.wrap(connect(broken.fetch))), `${what}, broken`).toBe('a failure');
    }
    expect(readWholeText(answer) !== undefined, what).toBe(isNothingButText);
  }
});

test('a status of failure is the package\u2019s to read', async () => {
  const refuse = async () => Response.json({ error: { message: 'Slow down.' } }, { status: 429 });
  const quick = createQuickText(refuse);
  await expect(quick.wrap(chat(quick.fetch)).doGenerate(call)).rejects.toMatchObject({ statusCode: 429 });
});

test('answers of another interface are left alone', async () => {
  const answer = [
    [
      'message_start',
      {
        message: {
          id: 'm',
          model: 'c',
          role: 'assistant',
          content: [],
          usage: { input_tokens: 3, output_tokens: 1 },
        },
      },
    ],
    ['content_block_start', { index: 0, content_block: { type: 'text', text: '' } }],
    ['content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hello' } }],
    ['content_block_stop', { index: 0 }],
    [
      'message_delta',
      { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } },
    ],
    ['message_stop', {}],
  ]
    .map(([type, data]) => `event: ${String(type)}\n${event({ type, ...(data as object) })}`)
    .join('');
  const bytes = new TextEncoder().encode(answer);
  const connect: Connect = (fetch) => createAnthropic({ ...account, fetch })('c');
  const quick = createQuickText(async () => respond(bytes, [11], false));
  const answered = await read(quick.wrap(connect(quick.fetch)));
  expect(answered).toEqual(await read(connect(async () => respond(bytes, [1e9], false))));
  expect(answered).toContain('Hello');
});

const chat = (fetch: typeof globalThis.fetch): LanguageModelV4 =>
  createOpenAI({ ...account, fetch }).chat('m');

/** A vendor that sends what the test says, when it says so. */
function openVendor() {
  const body = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 1000 });
  const writer = body.writable.getWriter();
  const quick = createQuickText(async () => new Response(body.readable));
  return {
    model: quick.wrap(chat(quick.fetch)),
    send: (data: string) => writer.write(new TextEncoder().encode(data)),
    left: writer.closed.then(
      () => 'closed',
      () => 'left',
    ),
  };
}

const call = { prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }] };

test('a piece of text is there before anything follows it', async () => {
  const { model, send } = openVendor();
  void send(ROLE + text('a'));
  const reader = (await model.doStream(call)).stream.getReader();
  const next = async (): Promise<string> => {
    const { value } = await reader.read();
    return value?.type === 'text-delta' ? value.delta : next();
  };
  expect(await next()).toBe('a');
  for (const piece of ['b', 'c']) {
    void send(text(piece));
    expect(await next()).toBe(piece);
  }
  await reader.cancel();
});

test.each([
  ['in its text', HELLO],
  ['after it', HELLO + toolCall(0, 'c1', '{')],
])('a reader that leaves %s ends the request', async (_, said) => {
  const { model, send, left } = openVendor();
  void send(ROLE + said);
  const { stream } = await model.doStream(call);
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
  expect(await left).toBe('left');
});

test('a slow reader holds the vendor back', async () => {
  let sent = 0;
  const piece = new TextEncoder().encode(text('x'));
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      controller.enqueue(piece);
    },
  });
  const quick = createQuickText(async () => new Response(body));
  const { stream } = await quick.wrap(chat(quick.fetch)).doStream(call);
  const reader = stream.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(sent).toBeLessThan(50);
  for (let index = 0; index < 200; index++) await reader.read();
  expect(sent).toBeGreaterThan(100);
  await reader.cancel();
});

test('calls at the same time do not see each other', async () => {
  let count = 0;
  const quick = createQuickText(async () => {
    count += 1;
    const bytes = new TextEncoder().encode(ROLE + text(`answer ${count}`) + STOP);
    return respond(bytes, [40], false);
  });
  const model = quick.wrap(chat(quick.fetch));
  const answers = await Promise.all(Array.from({ length: 20 }, () => read(model)));
  expect(answers.map(([said]) => said)).toEqual(
    Array.from({ length: 20 }, (_, index) => `answer ${index + 1}`),
  );
});
