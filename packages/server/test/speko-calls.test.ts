/** `/v1/transcribe`, `/v1/synthesize` and `/v1/complete` over HTTP, with vendors that follow scripts. */
import { encodePcm16, encodeWav } from '@visavox/audio';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProviderError } from '../src/providers/provider.ts';
import { startGateway, type TestGateway } from './gateway-app.ts';
import { call, createGatewayVendor, finish, parts, say, tone } from './gateway-vendor.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

// Vendors and models of the shipped measurements; balanced order: google, openai; xai, openai.
const openai = createGatewayVendor('openai', { llm: ['gpt-4o'], tts: ['gpt-4o-mini-tts'] });
const google = createGatewayVendor('google', { llm: ['gemini-2.0-flash'] });
const deepgram = createGatewayVendor('deepgram', { stt: ['nova-3'] });
const elevenlabs = createGatewayVendor('elevenlabs', { stt: ['scribe_v2'] });
const xai = createGatewayVendor('xai', {
  tts: ['grok-tts'],
  voices: [
    { id: 'eve', displayName: 'Eve', languages: ['*'], gender: 'female' },
    { id: 'rex', displayName: 'Rex', languages: ['*'], gender: 'male' },
  ],
});
const vendors = [openai, google, deepgram, elevenlabs, xai];
let server: TestGateway;

// A new one each time: what failed in one test must not be left alone in the next.
beforeEach(async () => {
  for (const vendor of vendors) vendor.reset();
  server = await startGateway(vendors);
});
afterEach(() => server?.close());

const intent = { language: 'en' };
const RATE_HZ = 16_000;
const speech = encodeWav({
  samples: new Int16Array(RATE_HZ).map((_, i) => 8000 * Math.sin(i / 8)),
  sampleRateHz: RATE_HZ,
});

function send(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
) {
  return fetch(`${server.url}/v1/${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${server.apiKey}`, 'Content-Type': 'application/json', ...headers },
    body,
  });
}
const complete = (body: object = {}) =>
  send('complete', JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], intent, ...body }));
const synthesize = (body: object = {}) =>
  send('synthesize', JSON.stringify({ text: 'Hello there', intent, ...body }));
const transcribe = (headers: Readonly<Record<string, string>> = {}, body: Uint8Array<ArrayBuffer> = speech) =>
  send('transcribe', body, {
    'Content-Type': 'audio/wav',
    // Of the two recognisers ElevenLabs is the more accurate one.
    'X-Speko-Intent': JSON.stringify({ ...intent, optimizeFor: 'accuracy' }),
    ...headers,
  });

/** Events with their data, and the framing checked to the byte. */
async function eventsOf(response: Response): Promise<readonly [string, Json][]> {
  const text = await response.text();
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(text).toMatch(/^(event: [a-z_]+\ndata: .+\n\n)+$/);
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((block): [string, Json] => {
      const [, name = '', data = ''] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
      return [name, JSON.parse(data)];
    });
}
const routing = (response: Response) =>
  ['provider', 'model', 'failover-count', 'scores-run-id'].map((name) =>
    response.headers.get(`x-speko-${name}`),
  );
const down = () => {
  throw new ProviderError('unavailable', 'the vendor is down', { status: 503 });
};

describe('complete', () => {
  test('meta, deltas, done, and the route in the headers as well', async () => {
    google.script.answer = () => parts(say('Good '), say('morning. 안녕'), finish(12, 7));
    const response = await complete();
    expect(response.status).toBe(200);
    expect(routing(response)).toEqual(['google', 'gemini-2.0-flash', '0', 'shipped-2026-04-25']);
    const route = {
      provider: 'google',
      model: 'gemini-2.0-flash',
      failoverCount: 0,
      scoresRunId: 'shipped-2026-04-25',
    };
    expect(await eventsOf(response)).toEqual([
      ['meta', { ...route, totalFailoverCount: 0, hop: 0 }],
      ['delta', { text: 'Good ' }],
      ['delta', { text: 'morning. 안녕' }],
      ['done', { text: 'Good morning. 안녕', ...route, usage: { promptTokens: 12, completionTokens: 7 } }],
    ]);
  });

  test('a candidate that fails before its first word is invisible but for the count', async () => {
    google.script.answer = down;
    const response = await complete();
    expect(routing(response).slice(0, 3)).toEqual(['openai', 'gpt-4o', '1']);
    const events = await eventsOf(response);
    expect(events.map(([name]) => name)).toEqual(['meta', 'delta', 'done']);
    expect(events[0]?.[1]).toMatchObject({ failoverCount: 1, totalFailoverCount: 1 });
  });

  test('a failure after the first word is an error event, and nobody else is asked', async () => {
    google.script.answer = async function* () {
      yield say('Once upon');
      down();
    };
    const events = await eventsOf(await complete());
    expect(events.map(([name]) => name)).toEqual(['meta', 'delta', 'error']);
    expect(events.at(-1)?.[1]).toEqual({
      error: expect.stringContaining('down'),
      code: 'ALL_PROVIDERS_FAILED',
    });
    expect(openai.asked.completions).toEqual([]);
  });

  test('an answer without its end is a failure, not a short answer', async () => {
    google.script.answer = () => parts(say('Half'));
    expect((await eventsOf(await complete())).map(([name]) => name)).toEqual(['meta', 'delta', 'error']);
  });

  test('everybody fails: the attempts are listed', async () => {
    google.script.answer = down;
    openai.script.answer = () => parts(finish());
    const response = await complete();
    expect(response.status).toBe(500);
    const body: Json = await response.json();
    expect(body).toMatchObject({ code: 'ALL_PROVIDERS_FAILED', error: expect.any(String) });
    expect(body.attempts).toEqual([
      {
        provider: 'google',
        model: 'gemini-2.0-flash',
        code: 'PROVIDER_UNAVAILABLE',
        message: 'the vendor is down',
        status: 503,
        durationMs: expect.any(Number),
      },
      expect.objectContaining({ provider: 'openai', code: 'PROVIDER_EMPTY_OUTPUT' }),
    ]);
  });

  test('constraints narrow to exactly the models named, and to nobody with a clear refusal', async () => {
    const pinned = await complete({
      constraints: { allowedProviders: { llm: ['openai:gpt-4o'], tts: ['google'] } },
    });
    expect(routing(pinned)[0]).toBe('openai');
    const nobody = await complete({ constraints: { allowedProviders: { llm: ['groq'] } } });
    expect([nobody.status, ((await nobody.json()) as Json).code]).toEqual([500, 'COMPLETE_FAILED']);
  });

  test('the objective chooses', async () => {
    expect(routing(await complete({ intent: { ...intent, optimizeFor: 'accuracy' } }))[0]).toBe('openai');
    expect(routing(await complete({ intent: { ...intent, optimizeFor: 'cost' } }))[0]).toBe('google');
  });

  test('what the model is given: system prompt, history with tool rounds, options', async () => {
    await complete({
      systemPrompt: 'Be brief.',
      temperature: 0.3,
      maxTokens: 50,
      tools: [{ name: 'weather', description: 'Weather', parameters: { type: 'object' } }],
      toolChoice: { type: 'function', function: { name: 'weather' } },
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: '',
          toolCalls: [{ id: 'c1', name: 'weather', args: '{"city":"Seoul"}' }],
        },
        { role: 'tool', content: 'no such city', toolCallId: 'c1', isError: true },
        { role: 'tool', content: 'nobody asked', toolCallId: 'c9' },
      ],
      voiceOptimized: true,
    });
    expect(google.asked.completions[0]).toMatchObject({
      temperature: 0.3,
      maxOutputTokens: 50,
      tools: [{ type: 'function', name: 'weather', inputSchema: { type: 'object' } }],
      toolChoice: { type: 'tool', toolName: 'weather' },
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
        { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c1', input: { city: 'Seoul' } }] },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId: 'c1', output: { type: 'error-text', value: 'no such city' } },
          ],
        },
      ],
    });
    expect(google.asked.completions[0]?.prompt).toHaveLength(4);
  });

  test('inline tools come back to the caller, with complete JSON', async () => {
    google.script.answer = () =>
      parts(
        say('Let me see.'),
        call('c1', 'weather', '{"city":"Oslo"}'),
        call('c2', 'weather', ''),
        finish(),
      );
    const tools = [{ name: 'weather', description: 'Weather', parameters: { type: 'object' } }];
    const events = await eventsOf(await complete({ tools }));
    expect(events.map(([name]) => name)).toEqual(['meta', 'delta', 'tool_call', 'tool_call', 'done']);
    const calls = [
      { id: 'c1', name: 'weather', args: '{"city":"Oslo"}' },
      { id: 'c2', name: 'weather', args: '{}' },
    ];
    expect(events.slice(2, 4).map(([, data]) => data)).toEqual(calls);
    expect(events.at(-1)?.[1]).toMatchObject({ text: 'Let me see.', toolCalls: calls });
  });

  test('an answer of a tool call alone is an answer', async () => {
    google.script.answer = () => parts(call('c1', 'weather', '{}'), finish());
    const tools = [{ name: 'weather', description: '', parameters: {} }];
    const events = await eventsOf(await complete({ tools }));
    expect(events.map(([name]) => name)).toEqual(['meta', 'tool_call', 'done']);
    expect(openai.asked.completions).toEqual([]);
  });

  test.each([
    [{ messages: [] }, 'messages'],
    [{ messages: 'hi' }, 'messages'],
    [{ intent: { language: 'en', vertical: 'medical' } }, 'intent'],
    [{ intent: { language: 'english' } }, 'intent.language'],
    [{ intent: { language: 'en', optimizeFor: 'speed' } }, 'intent.optimizeFor'],
    [{ intent: undefined }, 'intent'],
    [{ temperature: 3 }, 'temperature'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.toolCallId'],
    [{ maxToolHops: 17 }, 'maxToolHops'],
    [{ constraints: { allowedProviders: { llm: 'openai' } } }, 'constraints.allowedProviders.llm'],
  ])('refuses %j', async (change, path) => {
    const response = await complete(change);
    expect(response.status).toBe(400);
    const body: Json = await response.json();
    expect(body).toMatchObject({ error: 'Invalid request body', code: 'VALIDATION_ERROR' });
    expect(body.issues[0]).toEqual({ path, message: expect.any(String) });
    expect(google.asked.completions).toEqual([]);
  });
});

describe('synthesize', () => {
  const samplesOf = async (response: Response) => {
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes.length % 2).toBe(0);
    return new Int16Array(bytes.buffer);
  };

  test('headerless PCM at 24 kHz, with the route in the headers', async () => {
    const response = await synthesize();
    expect(response.headers.get('content-type')).toBe('audio/pcm;rate=24000');
    expect(response.headers.get('x-speko-audio-format')).toBe('audio/pcm;rate=24000');
    expect(routing(response)).toEqual(['xai', 'grok-tts', '0', 'shipped-2026-04-25']);
    expect(await samplesOf(response)).toHaveLength(2400);
  });

  test.each([8000, 16_000, 44_100, 48_000])('at %i Hz whatever the vendor sends', async (sampleRate) => {
    xai.script.speak = async function* () {
      yield tone(1600, 16_000);
      yield tone(1600, 16_000);
    };
    const response = await synthesize({ sampleRate });
    expect(response.headers.get('content-type')).toBe(`audio/pcm;rate=${sampleRate}`);
    expect(Math.abs((await samplesOf(response)).length - sampleRate / 5)).toBeLessThanOrEqual(1);
  });

  test('a vendor that sends nothing, or nothing but zeros, has failed', async () => {
    xai.script.speak = async function* () {};
    expect(routing(await synthesize()).slice(0, 3)).toEqual(['openai', 'gpt-4o-mini-tts', '1']);
    xai.script.speak = async function* () {
      for (let i = 0; i < 10; i++) yield tone(2400, 24_000, 0);
    };
    expect(routing(await synthesize())[2]).toBe('1');
  });

  test('silence before the speech is kept', async () => {
    xai.script.speak = async function* () {
      yield tone(240, 24_000, 0);
      yield tone(240);
    };
    const samples = await samplesOf(await synthesize());
    expect([samples.length, samples[0], samples.at(-1)]).toEqual([480, 0, 1000]);
  });

  test('a vendor that has sent less than 0.1 s has not begun to speak', async () => {
    xai.script.speak = async function* () {
      yield tone(2000);
      down();
    };
    expect(routing(await synthesize()).slice(0, 3)).toEqual(['openai', 'gpt-4o-mini-tts', '1']);
    xai.script.speak = async function* () {
      yield tone(240);
    };
    const short = await synthesize();
    expect(routing(short)[2]).toBe('0');
    expect(await samplesOf(short), 'but may have little to say').toHaveLength(240);
  });

  test('once it speaks, each piece is handed on as it comes', async () => {
    const heard: (() => void)[] = [];
    const listened = [1, 2, 3].map(() => new Promise<void>((resolve) => heard.push(resolve)));
    xai.script.speak = async function* () {
      yield tone(2400);
      for (const one of listened) {
        yield tone(24);
        // Nothing follows before the client has this one.
        await one;
      }
    };
    const reader = (await synthesize()).body?.getReader();
    let bytes = 0;
    while (bytes < 2 * (2400 + 3 * 24)) {
      const { done, value } = (await reader?.read()) ?? {};
      expect(done).toBe(false);
      bytes += value?.length ?? 0;
      if (bytes > 2 * 2400) heard[(bytes - 2 * 2400) / 48 - 1]?.();
    }
    expect(await reader?.read()).toMatchObject({ done: true });
  });

  test('a failure after the first sound breaks the body off', async () => {
    xai.script.speak = async function* () {
      yield tone(2400);
      down();
    };
    const response = await synthesize();
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow();
    expect(openai.asked.syntheses).toEqual([]);
  });

  test("a vendor's voice goes to its owner only; after a failover one of the same gender speaks", async () => {
    xai.script.speak = down;
    await synthesize({ voice: 'rex' });
    expect(xai.asked.syntheses[0]?.voiceId).toBe('rex');
    expect(openai.asked.syntheses[0]?.voiceId).toBe('openai-voice');
  });

  test('a voice that nobody is known to have goes to the first candidate alone', async () => {
    xai.script.speak = down;
    await synthesize({ voice: 'sonic-english', model: 'custom-model', speed: 1.5, instructions: 'calm' });
    expect(xai.asked.syntheses[0]).toMatchObject({
      voiceId: 'sonic-english',
      modelId: 'custom-model',
      speed: 1.5,
      instructions: 'calm',
    });
    expect(openai.asked.syntheses[0]).toMatchObject({ voiceId: 'openai-voice', modelId: 'gpt-4o-mini-tts' });
    await synthesize({ voice: null });
    expect(xai.asked.syntheses[1]).not.toHaveProperty('speed');
    expect(xai.asked.syntheses[1]?.voiceId).toBe('eve');
  });

  test('spoken form on request', async () => {
    await synthesize({ text: '**Hi**, that is $5.', spokenForm: true });
    await synthesize({ text: '**Hi**, that is $5.' });
    expect(xai.asked.syntheses.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Hi, that is five dollars/),
      '**Hi**, that is $5.',
    ]);
  });

  test.each([
    [{ text: '' }, 'text'],
    [{ text: undefined }, 'text'],
    [{ text: '   ' }, 'text'],
    [{ text: 'x'.repeat(50_001) }, 'text'],
    [{ speed: 3 }, 'speed'],
    [{ model: '' }, 'model'],
    [{ sampleRate: 24_000.5 }, 'sampleRate'],
  ])('refuses %j', async (change, path) => {
    const response = await synthesize(change);
    expect([response.status, ((await response.json()) as Json).issues[0].path]).toEqual([400, path]);
    expect(xai.asked.syntheses).toEqual([]);
  });
});

describe('transcribe', () => {
  const route = {
    provider: 'elevenlabs',
    model: 'scribe_v2',
    failoverCount: 0,
    scoresRunId: 'shipped-2026-04-25',
  };

  test('meta, transcript, done', async () => {
    const response = await transcribe();
    expect(routing(response)).toEqual(['elevenlabs', 'scribe_v2', '0', 'shipped-2026-04-25']);
    expect(await eventsOf(response)).toEqual([
      ['meta', route],
      ['transcript', { text: 'elevenlabs heard', isFinal: true, confidence: 0.9 }],
      ['done', { text: 'elevenlabs heard', ...route, confidence: 0.9 }],
    ]);
  });

  test('one JSON object for those who ask for it', async () => {
    elevenlabs.script.hear = async () => ({ text: 'plain' });
    const response = await transcribe({ Accept: 'application/json' });
    expect(await response.json()).toEqual({ text: 'plain', ...route, confidence: null });
    expect(
      (await transcribe({ Accept: 'application/json, text/event-stream' })).headers.get('content-type'),
    ).toBe('text/event-stream');
  });

  test('a recogniser that hears nothing has failed; when all hear nothing, there was nothing', async () => {
    elevenlabs.script.hear = async () => ({ text: '' });
    expect(routing(await transcribe()).slice(0, 3)).toEqual(['deepgram', 'nova-3', '1']);
    deepgram.script.hear = async () => ({ text: '' });
    const events = await eventsOf(await transcribe());
    expect(events.map(([name]) => name)).toEqual(['meta', 'done']);
    expect(events[1]?.[1]).toMatchObject({ text: '', provider: 'deepgram', failoverCount: 1 });
  });

  test('a recogniser that says there was no speech is believed', async () => {
    elevenlabs.script.hear = async () => ({ text: '', noSpeech: true });
    const events = await eventsOf(await transcribe());
    expect(events.at(-1)?.[1]).toMatchObject({ text: '', provider: 'elevenlabs', failoverCount: 0 });
    expect(deepgram.asked.recognitions).toEqual([]);
  });

  test('digital silence costs no call', async () => {
    const events = await eventsOf(
      await transcribe({}, encodeWav({ samples: new Int16Array(8000), sampleRateHz: RATE_HZ })),
    );
    expect(events.at(-1)?.[1]).toMatchObject({ text: '', confidence: null });
    expect(elevenlabs.asked.recognitions).toEqual([]);
  });

  test('raw PCM with its rate', async () => {
    const pcm = new Uint8Array(encodePcm16(new Int16Array(8000).fill(900)));
    expect((await transcribe({ 'Content-Type': 'audio/pcm;rate=8000' }, pcm)).status).toBe(200);
  });

  test('options narrow to recognisers that can, and reach them', async () => {
    await transcribe({
      'X-Speko-Stt-Options': JSON.stringify({
        keywords: ['Visavox', '\ud55c\uae00'].map(String),
        language: 'multi',
      }).replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
    });
    expect(elevenlabs.asked.recognitions[0]).toMatchObject({
      keywords: ['Visavox', '한글'],
      language: 'multi',
      modelId: 'scribe_v2',
    });
    const response = await transcribe({ 'X-Speko-Stt-Options': '{"diarization":true}' });
    const body: Json = await response.json();
    expect([response.status, body.code]).toEqual([500, 'TRANSCRIBE_FAILED']);
    expect(body.error).toContain('cannot do diarization');
  });

  test('`auto` lets the vendor find out the language', async () => {
    await transcribe({ 'X-Speko-Stt-Options': '{"language":"auto"}' });
    expect(elevenlabs.asked.recognitions[0]).not.toHaveProperty('language');
  });

  test.each([
    [{}, new Uint8Array(0), 'Audio body is empty.'],
    [{}, new TextEncoder().encode('certainly no sound'), 'expected a sound file'],
    [{ 'X-Speko-Intent': '' }, speech, 'x-speko-intent'],
    [{ 'X-Speko-Intent': '{"language"' }, speech, 'JSON'],
    [{ 'X-Speko-Intent': '{"language":"en","vertical":"x"}' }, speech, 'vertical'],
    [{ 'X-Speko-Constraints': '[]' }, speech, 'x-speko-constraints'],
    [{ 'X-Speko-Constraints': 'nonsense' }, speech, 'JSON'],
    [
      { 'X-Speko-Stt-Options': JSON.stringify({ keywords: Array.from({ length: 201 }, () => 'x') }) },
      speech,
      'keywords',
    ],
    [{ 'Content-Type': 'audio/pcm' }, new Uint8Array(100), 'rate'],
  ] as const)('refuses %j', async (headers, body, message) => {
    const response = await transcribe(headers, body as Uint8Array<ArrayBuffer>);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'INVALID_AUDIO',
      error: expect.stringContaining(message),
    });
    expect(elevenlabs.asked.recognitions).toEqual([]);
  });

  test("audio that the vendor finds broken is the caller's fault and costs no second candidate", async () => {
    elevenlabs.script.hear = async () => {
      throw new ProviderError('bad-audio', 'the recording cannot be decoded');
    };
    const response = await transcribe();
    expect([response.status, ((await response.json()) as Json).code]).toEqual([400, 'INVALID_AUDIO']);
    expect(deepgram.asked.recognitions).toEqual([]);
  });
});

describe('for every call', () => {
  test.each(['complete', 'synthesize', 'transcribe'])('%s needs a key', async (path) => {
    const response = await fetch(`${server.url}/v1/${path}`, { method: 'POST', body: '{}' });
    expect([response.status, await response.json()]).toEqual([
      401,
      { error: 'Unauthorized', code: 'UNAUTHORIZED' },
    ]);
  });

  test('other methods, other paths, bodies that are no JSON or too large', async () => {
    const get = await fetch(`${server.url}/v1/complete`, {
      headers: { Authorization: `Bearer ${server.apiKey}` },
    });
    expect([get.status, ((await get.json()) as Json).code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    const unknown = await send('inference/runs', '{}');
    expect([unknown.status, await unknown.json()]).toEqual([404, { error: 'not found', code: 'NOT_FOUND' }]);
    const broken = await send('complete', '{"messages"');
    expect([broken.status, ((await broken.json()) as Json).code]).toEqual([400, 'VALIDATION_ERROR']);
    const huge = await send('synthesize', JSON.stringify({ text: 'x'.repeat(1_100_000), intent }));
    expect([huge.status, ((await huge.json()) as Json).code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('what a vendor writes never reaches the caller', async () => {
    for (const vendor of [google, openai]) {
      vendor.script.answer = () => {
        throw new Error('Incorrect API key provided: sk-very-secret');
      };
    }
    expect(await (await complete()).text()).not.toContain('sk-very-secret');
  });

  test('a caller who leaves stops the vendor', async () => {
    const stopped = Promise.withResolvers<void>();
    xai.script.speak = async function* (_request, signal) {
      signal.addEventListener('abort', () => stopped.resolve());
      yield tone(2400);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const controller = new AbortController();
    const response = await fetch(`${server.url}/v1/synthesize`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${server.apiKey}` },
      body: JSON.stringify({ text: 'long', intent }),
      signal: controller.signal,
    });
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort();
    await stopped.promise;
  });
});
