/** The OpenAI-compatible face, used through the official `openai` package. */
import { decodeWav, encodeWav } from '@visavox/audio';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProviderError } from '../src/providers/provider.ts';
import { startGateway, type TestGateway } from './gateway-app.ts';
import { call, createGatewayVendor, finish, parts, say, tone } from './gateway-vendor.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

const openai = createGatewayVendor('openai', { llm: ['gpt-4o', 'gpt-4o-mini'], tts: ['gpt-4o-mini-tts'] });
const google = createGatewayVendor('google', { llm: ['gemini-2.0-flash'] });
const deepgram = createGatewayVendor('deepgram', { stt: ['nova-3'] });
const xai = createGatewayVendor('xai', { tts: ['grok-tts'] });
const vendors = [openai, google, deepgram, xai];
let server: TestGateway;
let client: OpenAI;

beforeEach(async () => {
  for (const vendor of vendors) vendor.reset();
  server = await startGateway(vendors);
  client = new OpenAI({ apiKey: server.apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 });
});
afterEach(() => server?.close());

const messages = [{ role: 'user', content: 'Hi' }] as const;
const speech = encodeWav({ samples: new Int16Array(16_000).fill(700), sampleRateHz: 16_000 });
const file = () => new File([speech], 'speech.wav', { type: 'audio/wav' });
const down = () => {
  throw new ProviderError('unavailable', 'the vendor is down', { status: 503 });
};
const chat = (change: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  client.chat.completions
    .create(
      { model: 'auto', messages: [...messages], ...change } as OpenAI.ChatCompletionCreateParamsNonStreaming,
      { headers },
    )
    .withResponse();

describe('chat completions', () => {
  test('`auto` routes', async () => {
    const { data, response } = await chat();
    expect(data).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'google/gemini-2.0-flash',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'google says hello', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    });
    expect(response.headers.get('x-route')).toBe('google/gemini-2.0-flash');
    expect(response.headers.get('x-route-reason')).toMatch(/^balanced:score=0\.\d{3};lang=en\(measured\)$/);
    expect(response.headers.get('x-speko-failover-count')).toBe('0');
    expect(Number(response.headers.get('x-speko-first-byte-ms'))).toBeGreaterThanOrEqual(0);
  });

  test.each(['openai/gpt-4o-mini', 'openai:gpt-4o-mini', 'gpt-4o-mini'])('%s pins', async (model) => {
    expect((await chat({ model })).data.model).toBe('openai/gpt-4o-mini');
    openai.script.answer = down;
    await expect(chat({ model })).rejects.toMatchObject({ status: 502, code: 'all_upstreams_failed' });
    expect(google.asked.completions).toEqual([]);
  });

  test('a routed call moves on, also when the answer breaks in the middle: nothing was sent yet', async () => {
    google.script.answer = async function* () {
      yield say('Half an');
      down();
    };
    const { data, response } = await chat();
    expect([data.choices[0]?.message.content, response.headers.get('x-speko-failover-count')]).toEqual([
      'openai says hello',
      '1',
    ]);
  });

  test('streams chunks, then the usage on request', async () => {
    google.script.answer = () => parts(say('Good '), say('day'), finish(3, 2));
    const stream = await client.chat.completions.create({
      model: 'auto',
      messages: [...messages],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? choices[0]?.finish_reason)).toEqual([
      '',
      'Good ',
      'day',
      'stop',
      undefined,
    ]);
    expect(chunks.at(-1)?.usage).toEqual({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 });
    expect(new Set(chunks.map(({ id }) => id))).toHaveLength(1);
  });

  test('tool calls, whole and streamed', async () => {
    google.script.answer = () => parts(call('c1', 'weather', '{"city":"Oslo"}'), finish());
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
    const { data } = await chat({ tools, tool_choice: 'required' });
    expect(data.choices[0]?.message).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [
        { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
      ],
    });
    expect(google.asked.completions[0]).toMatchObject({ toolChoice: { type: 'required' } });
    const stream = client.chat.completions.stream({
      model: 'auto',
      messages: [...messages],
      tools: tools as never,
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: 'c1',
      function: { name: 'weather' },
    });
  });

  test('what the model is given', async () => {
    await chat({
      messages: [
        {
          role: 'developer',
          content: [
            { type: 'text', text: 'Be ' },
            { type: 'text', text: 'brief.' },
          ],
        },
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      ],
      max_completion_tokens: 9,
      top_p: 0.5,
      stop: 'END',
      seed: 7,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } },
    });
    expect(google.asked.completions[0]).toMatchObject({
      maxOutputTokens: 9,
      topP: 0.5,
      stopSequences: ['END'],
      seed: 7,
      responseFormat: { type: 'json', name: 'answer', schema: { type: 'object' } },
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user' },
        { role: 'assistant', content: [{ type: 'tool-call', toolName: 'weather' }] },
        { role: 'tool', content: [{ type: 'tool-result', toolName: 'weather', output: { value: 'rain' } }] },
      ],
    });
  });

  test('headers choose', async () => {
    const routeOf = async (headers: Readonly<Record<string, string>>) => (await chat({}, headers)).data.model;
    expect(await routeOf({ 'X-Speko-Objective': 'quality' })).toBe('openai/gpt-4o');
    expect(await routeOf({ 'X-Speko-Deny': 'google' })).toMatch(/^openai/);
    expect(await routeOf({ 'X-Speko-Allow': 'openai:gpt-4o, deepgram' })).toBe('openai/gpt-4o');
    await expect(chat({}, { 'X-Speko-Max-Price': '0.0001' })).rejects.toMatchObject({
      status: 503,
      code: 'no_candidate',
    });
    await expect(chat({}, { 'X-Speko-Objective': 'beauty' })).rejects.toMatchObject({
      status: 400,
      code: 'wrong_api_format',
    });
    await expect(chat({}, { 'X-Speko-Language': 'klingon!' })).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_language',
    });
  });

  test.each([
    [{ logprobs: true }, 'logprobs'],
    [{ n: 2 }, 'n'],
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }, 'messages'],
    [{ temperature: 'hot' }, 'temperature'],
  ])('refuses %j instead of dropping it', async (change, param) => {
    await expect(chat(change)).rejects.toMatchObject({
      status: 400,
      code: 'wrong_api_format',
      message: expect.stringContaining(param),
    });
    expect(google.asked.completions).toEqual([]);
  });

  test('unknown models and wrong keys', async () => {
    await expect(chat({ model: 'gpt-99' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
    const stranger = new OpenAI({ apiKey: 'wrong-key', baseURL: `${server.url}/v1`, maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test('everybody fails: what was tried is in the details', async () => {
    google.script.answer = down;
    openai.script.answer = down;
    const error: Json = await chat().catch((reason: unknown) => reason);
    expect([error.status, error.code, error.type]).toEqual([502, 'all_upstreams_failed', 'server_error']);
    expect(error.error.details.attempts).toHaveLength(3);
  });
});

describe('speech', () => {
  test('PCM by default, WAV on request', async () => {
    xai.script.speak = async function* () {
      yield tone(1600, 16_000);
    };
    const raw = await client.audio.speech.create({ model: 'auto', voice: 'auto', input: 'Hello' });
    expect(raw.headers.get('content-type')).toBe('audio/pcm;rate=24000');
    expect((await raw.arrayBuffer()).byteLength).toBe(4800);
    const wav = await client.audio.speech.create({
      model: 'xai/grok-tts',
      voice: 'xai-voice',
      input: 'Hello',
      response_format: 'wav',
    });
    const clip = decodeWav(new Uint8Array(await wav.arrayBuffer()));
    expect([clip.sampleRateHz, clip.samples.length]).toEqual([24_000, 2400]);
    expect(xai.asked.syntheses.map(({ voiceId }) => voiceId)).toEqual(['xai-voice', 'xai-voice']);
  });

  test('other encodings are refused before any vendor is called', async () => {
    const mp3 = client.audio.speech.create({
      model: 'auto',
      voice: 'auto',
      input: 'Hello',
      response_format: 'mp3',
    });
    await expect(mp3).rejects.toMatchObject({
      status: 400,
      code: 'wrong_api_format',
      param: 'response_format',
    });
    expect(xai.asked.syntheses).toEqual([]);
  });
});

describe('transcriptions', () => {
  test('json, text and verbose_json', async () => {
    deepgram.script.hear = async () => ({
      text: 'hello you',
      language: 'en',
      words: [{ text: 'hello', startMs: 100, endMs: 400 }],
    });
    expect(await client.audio.transcriptions.create({ model: 'auto', file: file() })).toEqual({
      text: 'hello you',
    });
    expect(deepgram.asked.recognitions[0]).not.toHaveProperty('language');
    const verbose = await client.audio.transcriptions.create({
      model: 'nova-3',
      file: file(),
      language: 'en',
      response_format: 'verbose_json',
    });
    expect(verbose).toMatchObject({
      text: 'hello you',
      duration: 1,
      words: [{ word: 'hello', start: 0.1, end: 0.4 }],
    });
    expect(deepgram.asked.recognitions[1]).toMatchObject({ language: 'en', modelId: 'nova-3' });
    const text: unknown = await client.audio.transcriptions.create({
      model: 'auto',
      file: file(),
      response_format: 'text',
    });
    expect(text).toBe('hello you\n');
  });

  test('what is no sound is refused', async () => {
    const noise = new File(['no sound'], 'x.wav', { type: 'audio/wav' });
    await expect(client.audio.transcriptions.create({ model: 'auto', file: noise })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_audio',
    });
  });
});

test('models', async () => {
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toEqual([
    'openai:gpt-4o',
    'openai:gpt-4o-mini',
    'google:gemini-2.0-flash',
    'deepgram:nova-3',
    'openai:gpt-4o-mini-tts',
    'xai:grok-tts',
  ]);
  expect(data[0]).toMatchObject({
    object: 'model',
    api: 'llm',
    routable: true,
    quality: 67,
    qualityUnit: 'index',
    latencyMs: 380,
  });
  expect(data.at(-1)).toMatchObject({ api: 'tts', voices: [{ id: 'xai-voice', gender: 'female' }] });
  expect(data.at(-1)).toMatchObject({ languages: ['*'], kind: 'vendor' });
  expect(await client.models.retrieve('openai/gpt-4o')).toMatchObject({ id: 'openai:gpt-4o' });
  await expect(client.models.retrieve('nobody')).rejects.toMatchObject({ status: 404 });
});

test('a voice model has the languages that its voices speak', async () => {
  const voices = [
    { id: 'ann', displayName: 'Ann', languages: ['en-US', 'de'] },
    { id: 'bo', displayName: 'Bo', languages: ['ko'], modelIds: ['other'] },
  ];
  const scripted = await startGateway([createGatewayVendor('voices', { tts: ['mouth'], voices })]);
  try {
    const answer = await fetch(`${scripted.url}/v1/models`, {
      headers: { Authorization: `Bearer ${scripted.apiKey}` },
    });
    const { data }: Json = await answer.json();
    expect(data[0].languages).toEqual(['en-US', 'de']);
  } finally {
    await scripted.close();
  }
});

test('each call is metered by who answered', async () => {
  await chat();
  await chat();
  await client.audio.transcriptions.create({ model: 'auto', file: file() });
  await (await client.audio.speech.create({ model: 'auto', voice: 'auto', input: 'Hello' })).arrayBuffer();
  const usage = await server.usage();
  expect(
    usage.map(({ providerId, modality, calls, quantity }) => [providerId, modality, calls, quantity]),
  ).toEqual([
    ['google', 'llm', 2, 30],
    ['deepgram', 'stt', 1, 1],
    ['xai', 'tts', 1, 5],
  ]);
  expect(usage[1]?.costMicroUsd).toBeCloseTo((0.0043 / 60) * 1e6);
  expect(usage[0]).toMatchObject({ organizationId: 'org-1', apiKeyId: 'key-1', keySource: 'MANAGED' });
});
