/**
 * How language models speak over the wire, by the vendors' documentation and SDKs; nothing was recorded. Each vendor's
 * tests answer in one of these.
 */

export interface ToolCallScript {
  readonly id: string;
  readonly name: string;
  /** Of the arguments, as they are streamed. */
  readonly pieces: readonly string[];
}

/** Items are whole server-sent events. */
export interface LanguageModelDialect {
  readonly begin: readonly string[];
  /** What comes around a text. */
  readonly textStart: readonly string[];
  readonly text: (piece: string) => string;
  readonly textEnd: readonly string[];
  /** `position` counts what the answer holds, from 0. */
  readonly call: (call: ToolCallScript, position: number) => readonly string[];
  /** With a usage of 11 tokens read and 7 written. */
  readonly end: (reason: 'stop' | 'tool-calls') => readonly string[];
  readonly error: (kind: 'overloaded' | 'rate-limited', message: string) => string;
  /** The answer to a request that is not streamed. */
  readonly whole: (answer: { readonly text?: string; readonly call?: ToolCallScript }) => object;
  /** Of an answer to a request that failed. */
  readonly errorBody: (message: string) => object;
}

const ID = 'answer-1';
const CREATED = 1_790_000_000;

function event(data: object | string, name?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`;
}

/** The chat interface of OpenAI, which most others took over. They differ in where the usage stands. */
export function chatDialect(
  usageIn: 'own-chunk' | 'last-chunk' | 'x_groq' = 'own-chunk',
): LanguageModelDialect {
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };
  const head = { id: ID, created: CREATED, model: 'a-model' };
  const chunk = (delta: object, more: object = {}, finishReason: string | null = null, outer: object = {}) =>
    event({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, ...more, logprobs: null, finish_reason: finishReason }],
      ...outer,
    });
  const reasonOf = (reason: 'stop' | 'tool-calls') => (reason === 'stop' ? 'stop' : 'tool_calls');
  return {
    begin: [chunk({ role: 'assistant', content: '' })],
    textStart: [],
    text: (content) => chunk({ content }),
    textEnd: [],
    call: ({ id, name, pieces }, index) => [
      chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      ...pieces.map((piece) =>
        chunk({
          tool_calls: [
            // One vendor repeats id and name in each piece.
            usageIn === 'last-chunk'
              ? { index, id, type: 'function', function: { name, arguments: piece } }
              : { index, function: { arguments: piece } },
          ],
        }),
      ),
    ],
    end: (reason) => {
      if (usageIn === 'own-chunk') {
        return [
          chunk({}, {}, reasonOf(reason)),
          event({ ...head, object: 'chat.completion.chunk', choices: [], usage }),
          event('[DONE]'),
        ];
      }
      const outer = usageIn === 'last-chunk' ? { usage } : { x_groq: { id: ID, usage } };
      return [chunk({ content: '' }, {}, reasonOf(reason), outer), event('[DONE]')];
    },
    error: (kind, message) =>
      event({
        error:
          kind === 'rate-limited'
            ? { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' }
            : { message, type: 'server_error', param: null, code: 'service_unavailable' },
      }),
    whole: ({ text, call }) => ({
      ...head,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: text ?? null,
            ...(call === undefined
              ? {}
              : {
                  tool_calls: [
                    {
                      id: call.id,
                      type: 'function',
                      function: { name: call.name, arguments: call.pieces.join('') },
                    },
                  ],
                }),
          },
          finish_reason: call === undefined ? 'stop' : 'tool_calls',
        },
      ],
      usage,
    }),
    errorBody: (message) => ({ error: { message, type: 'some_error', param: null, code: null } }),
  };
}

/** The Messages API of Anthropic. */
export const messagesDialect: LanguageModelDialect = {
  begin: [
    event(
      {
        type: 'message_start',
        message: {
          id: ID,
          type: 'message',
          role: 'assistant',
          model: 'a-model',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 11, output_tokens: 1 },
        },
      },
      'message_start',
    ),
    event({ type: 'ping' }, 'ping'),
  ],
  textStart: [
    event(
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      'content_block_start',
    ),
  ],
  text: (text) =>
    event(
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
      'content_block_delta',
    ),
  textEnd: [event({ type: 'content_block_stop', index: 0 }, 'content_block_stop')],
  call: ({ id, name, pieces }, index) => [
    event(
      { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } },
      'content_block_start',
    ),
    ...['', ...pieces].map((piece) =>
      event(
        { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: piece } },
        'content_block_delta',
      ),
    ),
    event({ type: 'content_block_stop', index }, 'content_block_stop'),
  ],
  end: (reason) => [
    event(
      {
        type: 'message_delta',
        delta: { stop_reason: reason === 'stop' ? 'end_turn' : 'tool_use', stop_sequence: null },
        usage: { output_tokens: 7 },
      },
      'message_delta',
    ),
    event({ type: 'message_stop' }, 'message_stop'),
  ],
  error: (kind, message) =>
    event(
      {
        type: 'error',
        error: { type: kind === 'rate-limited' ? 'rate_limit_error' : 'overloaded_error', message },
      },
      'error',
    ),
  whole: ({ text, call }) => ({
    id: ID,
    type: 'message',
    role: 'assistant',
    model: 'a-model',
    content: [
      ...(text === undefined ? [] : [{ type: 'text', text }]),
      ...(call === undefined
        ? []
        : [{ type: 'tool_use', id: call.id, name: call.name, input: JSON.parse(call.pieces.join('')) }]),
    ],
    stop_reason: call === undefined ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 11, output_tokens: 7 },
  }),
  errorBody: (message) => ({ type: 'error', error: { type: 'some_error', message } }),
};

const RESPONSE = { id: ID, object: 'response', created_at: CREATED, model: 'a-model', output: [] };
const RESPONSE_USAGE = {
  input_tokens: 11,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 18,
};

function responseEvent(type: string, rest: object): string {
  return event({ type, sequence_number: 0, ...rest }, type);
}

function messageItem(text: string, status: string) {
  return {
    type: 'message',
    id: 'item-0',
    status,
    role: 'assistant',
    content: text === '' ? [] : [{ type: 'output_text', text, annotations: [] }],
  };
}

/** The Responses API of OpenAI, which xAI took over. */
export const responsesDialect: LanguageModelDialect = {
  begin: ['response.created', 'response.in_progress'].map((type) =>
    responseEvent(type, { response: { ...RESPONSE, status: 'in_progress' } }),
  ),
  textStart: [
    responseEvent('response.output_item.added', { output_index: 0, item: messageItem('', 'in_progress') }),
    responseEvent('response.content_part.added', {
      item_id: 'item-0',
      output_index: 0,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    }),
  ],
  text: (delta) =>
    responseEvent('response.output_text.delta', {
      item_id: 'item-0',
      output_index: 0,
      content_index: 0,
      delta,
      logprobs: [],
    }),
  textEnd: [
    responseEvent('response.output_item.done', { output_index: 0, item: messageItem('…', 'completed') }),
  ],
  call: ({ id, name, pieces }, position) => {
    const item = { type: 'function_call', id: `item-${position}`, call_id: id, name };
    const whole = pieces.join('');
    return [
      responseEvent('response.output_item.added', {
        output_index: position,
        item: { ...item, arguments: '', status: 'in_progress' },
      }),
      ...pieces.map((delta) =>
        responseEvent('response.function_call_arguments.delta', {
          item_id: item.id,
          output_index: position,
          delta,
        }),
      ),
      responseEvent('response.function_call_arguments.done', {
        item_id: item.id,
        output_index: position,
        arguments: whole,
      }),
      responseEvent('response.output_item.done', {
        output_index: position,
        item: { ...item, arguments: whole, status: 'completed' },
      }),
    ];
  },
  end: () => [
    responseEvent('response.completed', {
      response: { ...RESPONSE, status: 'completed', incomplete_details: null, usage: RESPONSE_USAGE },
    }),
  ],
  error: (kind, message) =>
    responseEvent('error', {
      code: kind === 'rate-limited' ? 'rate_limit_exceeded' : 'server_error',
      message,
      param: null,
    }),
  whole: ({ text, call }) => ({
    ...RESPONSE,
    status: 'completed',
    incomplete_details: null,
    output: [
      ...(text === undefined ? [] : [messageItem(text, 'completed')]),
      ...(call === undefined
        ? []
        : [
            {
              type: 'function_call',
              id: 'item-1',
              call_id: call.id,
              name: call.name,
              arguments: call.pieces.join(''),
              status: 'completed',
            },
          ]),
    ],
    usage: RESPONSE_USAGE,
  }),
  errorBody: (message) => ({ error: { message, type: 'some_error', param: null, code: null } }),
};
