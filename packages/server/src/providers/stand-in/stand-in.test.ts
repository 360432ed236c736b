import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { createStandInModel, createStandInProvider } from './stand-in.ts';

type Prompt = LanguageModelV4CallOptions['prompt'];
type Message = Prompt[number];

const model = createStandInModel({ now: () => new Date(2026, 10, 21, 15, 5), randomId: () => '1' });

const SYSTEM = [
  'You are Yuri, a guide at the museum; opening hours are 9 to 18. Always be polite and never mention prices first.',
  'Tickets cost 12 dollars for adults. The cafe is on the second floor. The museum was founded in 1954 by Anna Lee.',
  'Parking is available behind the building.',
  '박물관의 운영 시간은 9시부터 18시까지입니다. 주차장은 건물 뒤에 있습니다. 입장료는 성인 만 원입니다.',
].join('\n');

const TOOLS = [
  {
    type: 'function',
    name: 'get_square_number',
    description: 'Returns the square of a number',
    inputSchema: { type: 'object', properties: { number: { type: 'number' } }, required: ['number'] },
  },
  {
    type: 'function',
    name: 'get_current_weather',
    description: 'Get the current weather in a given location',
    inputSchema: {
      type: 'object',
      properties: {
        location: { type: 'string', description: 'The city, e.g. San Francisco, CA' },
        units: { type: 'string', enum: ['celsius', 'fahrenheit'] },
      },
      required: ['location', 'units'],
    },
  },
  {
    type: 'function',
    name: 'show_settings',
    description: 'Opens the settings',
    inputSchema: { type: 'object', properties: {} },
  },
  {
    type: 'function',
    name: 'show_map',
    description: 'Shows the map',
    inputSchema: { type: 'object', properties: {} },
  },
  {
    type: 'function',
    name: 'set_timer',
    description: 'Starts a timer',
    inputSchema: {
      type: 'object',
      properties: { minutes: { type: 'integer', minimum: 1, maximum: 60 }, label: { type: 'string' } },
      required: ['minutes'],
    },
  },
  {
    type: 'function',
    name: 'searchProducts',
    description: 'Search the product catalogue',
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string' }, limit: { type: 'integer' } },
      required: ['query'],
    },
  },
  {
    type: 'function',
    name: 'switch_light',
    description: 'Turns the light on or off',
    inputSchema: { type: 'object', properties: { on: { type: 'boolean' } }, required: ['on'] },
  },
] satisfies LanguageModelV4CallOptions['tools'];

const user = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] });
const assistant = (text: string): Message => ({ role: 'assistant', content: [{ type: 'text', text }] });
const result = (toolName: string, value: unknown): Message => ({
  role: 'tool',
  content: [
    {
      type: 'tool-result',
      toolCallId: '1',
      toolName,
      output: { type: 'text', value: JSON.stringify(value) },
    },
  ],
});

async function answer(
  said: string | readonly Message[],
  options: Partial<LanguageModelV4CallOptions> = {},
): Promise<string> {
  const messages = typeof said === 'string' ? [user(said)] : said;
  const { content } = await model.doGenerate({
    prompt: [{ role: 'system', content: SYSTEM }, ...messages],
    tools: TOOLS,
    ...options,
  });
  return content
    .map((part) =>
      part.type === 'text' ? part.text : part.type === 'tool-call' ? `${part.toolName} ${part.input}` : '',
    )
    .join(' | ');
}

describe('tools', () => {
  it.each([
    ['What is the square of 7?', 'get_square_number {"number":7}'],
    ['what is the square of twenty five', 'get_square_number {"number":25}'],
    ['Square minus 3.5 please', 'get_square_number {"number":-3.5}'],
    ["How's the weather in Seoul in celsius?", 'get_current_weather {"location":"Seoul","units":"celsius"}'],
    [
      'weather in new york in fahrenheit please',
      'get_current_weather {"location":"new york","units":"fahrenheit"}',
    ],
    [
      'What is the temperature in San Francisco, °C?',
      'get_current_weather {"location":"San Francisco","units":"celsius"}',
    ],
    ['open the settings', 'show_settings {}'],
    ['Can you show me the map?', 'show_map {}'],
    ['Start a timer for ten minutes', 'set_timer {"minutes":10}'],
    ['Search products for red shoes', 'searchProducts {"query":"red shoes"}'],
    ['search the catalogue for "blue hats"', 'searchProducts {"query":"blue hats"}'],
    ['turn the light off', 'switch_light {"on":false}'],
    ['서울 날씨 섭씨로 알려줘', 'get_current_weather {"location":"서울","units":"celsius"}'],
    ['7의 제곱은 뭐야?', 'get_square_number {"number":7}'],
    ['칠의 제곱은?', 'get_square_number {"number":7}'],
    ['설정 열어줘', 'show_settings {}'],
    ['지도 보여줘', 'show_map {}'],
    [
      'What is the weather in Seoul in celsius and open the settings',
      'get_current_weather {"location":"Seoul","units":"celsius"} | show_settings {}',
    ],
  ])('%s', async (said, call) => expect(await answer(said)).toBe(call));

  it('ask for what is missing, and are called with the answer', async () => {
    const question = await answer("What's the weather like in Paris?");
    expect(question).toContain('celsius or fahrenheit');
    const turns = [user("What's the weather like in Paris?"), assistant(question)];
    expect(await answer([...turns, user('celsius')])).toBe(
      'get_current_weather {"location":"Paris","units":"celsius"}',
    );
    expect(await answer([...turns, user('thanks!')])).toBe('You are welcome!');
    const where = await answer('weather in celsius');
    expect(await answer([user('weather in celsius'), assistant(where), user('Busan.')])).toBe(
      'get_current_weather {"location":"Busan","units":"celsius"}',
    );
  });

  it('ask again for a value that the schema refuses', async () => {
    expect(await answer('start a timer for 90 minutes')).toMatch(/Which minutes/);
  });

  it('are not called when they must not be, and are when they must', async () => {
    expect(await answer('open the settings', { toolChoice: { type: 'none' } })).not.toContain(
      'show_settings',
    );
    expect(await answer('do it', { toolChoice: { type: 'tool', toolName: 'show_map' } })).toBe('show_map {}');
  });

  it.each([
    'What are your opening hours?',
    'Where is the cafe?',
    'Hello!',
    'Who are you?',
    'What is your number?',
  ])('are not meant by %s', async (said) => expect(await answer(said)).not.toMatch(/[{}]|Which/));

  it('have their results told, without another call', async () => {
    const weather = { location: 'Seoul', temperature: '30', units: 'celsius', forecast: 'mostly clear' };
    expect(
      await answer([user('What is the square of 7?'), result('get_square_number', { result: 49 })]),
    ).toBe('The result is 49.');
    expect(await answer([user('weather in Seoul'), result('get_current_weather', weather)])).toBe(
      'Here is what I found for “current weather”: location Seoul, temperature 30 degrees Celsius, forecast mostly clear.',
    );
    expect(await answer([user('open the settings'), result('show_settings', {})])).toBe('Done.');
    expect(await answer([user('지도 보여줘'), result('show_map', { result: 'error!' })])).toContain(
      '작동하지 않았어요',
    );
    expect(await answer([user('open the map'), result('show_map', { error: 'secret' })])).not.toContain(
      'secret',
    );
  });

  it('survive a schema that cannot be compiled', async () => {
    const inputSchema = { type: 'object', properties: { a: { $ref: '#/nowhere' } } } as const;
    const tools = [{ type: 'function' as const, name: 'open_door', inputSchema }];
    expect(await answer('open the door', { tools })).toBe('open_door {}');
  });
});

describe('facts of the prompt', () => {
  it.each([
    ['What are the opening hours?', 'Opening hours are 9 to 18.'],
    ['When do you open?', 'Opening hours are 9 to 18.'],
    ['How much is a ticket?', 'Tickets cost 12 dollars for adults.'],
    ['Where is the cafe?', 'The cafe is on the second floor.'],
    ['Who founded the museum?', 'The museum was founded in 1954 by Anna Lee.'],
    ['Can I park here?', 'Parking is available behind the building.'],
    ['운영 시간이 어떻게 돼요?', '박물관의 운영 시간은 9시부터 18시까지입니다.'],
    ['주차장은 어디에 있나요?', '주차장은 건물 뒤에 있습니다.'],
    ['입장료가 얼마예요?', '입장료는 성인 만 원입니다.'],
  ])('%s', async (said, told) => expect(await answer(said)).toBe(told));
});

describe('small talk', () => {
  it.each([
    ['Hello!', /^Hello! I am Yuri\./],
    ['Hi there, how are you?', /running fine/],
    ['Who are you?', /^I am Yuri, a guide at the museum\..*stand-in.*not a language model/],
    ["What's your name?", /^My name is Yuri\.$/],
    ['Are you a robot?', /program/],
    ['thanks!', /welcome/],
    ['Good bye', /Goodbye/],
    ['tell me a joke', /robot/],
    ['What time is it?', /^It is 3:05\sPM\.$/],
    ['What day is it today?', /November 21, 2026/],
    ['What is 12 times 7?', /^That is 84\.$/],
    ['stop', /^Okay\.$/],
    ['I want to kill myself', /crisis line/],
    ['안녕하세요', /^안녕하세요! 저는 Yuri입니다/],
    ['너는 누구야?', /내장 응답기/],
    ['지금 몇 시야?', /오후 3:05/],
    ['고마워요', /천만에요/],
    ['???', /again/],
  ])('%s', async (said, told) => expect(await answer(said)).toMatch(told));

  it('remembers a name that was told', async () => {
    expect(await answer([user('My name is Anna'), assistant('Hi'), user('What is my name?')])).toContain(
      'Anna',
    );
    expect(await answer('What is my name?')).toContain('not told');
  });
});

describe('without an answer', () => {
  it('says that there is no model and how to add one', async () => {
    for (const said of ['What do you think about quantum gravity?', '인생의 의미는 뭘까?']) {
      const told = await answer(said);
      for (const way of ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'Ollama']) expect(told).toContain(way);
    }
  });

  it.each([
    [[]],
    [[user('')]],
    [[assistant('Hi')]],
    [[user('a'.repeat(20_000))]],
    [[user('('.repeat(3000))]],
  ])('does not fail for odd prompts', async (messages) => expect(await answer(messages)).toMatch(/\w/));
});

describe('the stream', () => {
  const call = (said: string): LanguageModelV4CallOptions => ({ prompt: [user(said)], tools: TOOLS });

  async function collect(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamPart[]> {
    const parts: LanguageModelV4StreamPart[] = [];
    for await (const part of (await model.doStream(options)).stream) parts.push(part);
    return parts;
  }

  it('gives word by word what the whole answer is', async () => {
    const parts = await collect(call('Tell me a joke'));
    const deltas = parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []));
    expect(deltas.length).toBeGreaterThan(5);
    const { content } = await model.doGenerate(call('Tell me a joke'));
    expect(content).toEqual([{ type: 'text', text: deltas.join('') }]);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', finishReason: { unified: 'stop' } });
  });

  it('gives tool calls', async () => {
    const parts = await collect(call('What is the square of 7?'));
    expect(parts.map(({ type }) => type)).toEqual([
      'stream-start',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
      'tool-call',
      'finish',
    ]);
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: 'tool-calls' } });
  });

  it('ends with the reason when aborted midway, and can be left', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { stream } = await model.doStream({ ...call('Tell me a joke'), abortSignal: controller.signal });
    const reader = stream.getReader();
    await reader.read();
    controller.abort(reason);
    await expect(reader.read()).rejects.toBe(reason);
    for await (const _ of (await model.doStream(call('Hello'))).stream) break;
    await expect(model.doStream({ ...call('Hi'), abortSignal: controller.signal })).rejects.toBe(reason);
  });
});

describe('the provider', () => {
  it('has one model that says what it is', async () => {
    const provider = createStandInProvider();
    expect(provider.languageModels?.models).toHaveLength(1);
    expect(provider.languageModels?.get('stand-in').specificationVersion).toBe('v4');
    expect(() => provider.languageModels?.get('gpt-4o')).toThrow(/stand-in/);
    await provider.close();
    await provider.close();
  });
});
