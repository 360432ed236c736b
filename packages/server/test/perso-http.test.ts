/** The Perso HTTP contract over real sockets, with scripted vendors. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startTestServer } from '../src/testing.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

import { createScriptedVendor, text, toolCall } from './scripted-providers.ts';

const vendor = createScriptedVendor();
const originalScript = { ...vendor.script };
let server: RunningServer;
let key: Record<string, string>;

beforeAll(async () => {
  server = await startTestServer({ providers: [vendor.provider] });
  key = { 'PersoLive-APIKey': server.apiKey };
});
afterAll(() => server.close());
afterEach(() => {
  Object.assign(vendor.script, originalScript);
  vendor.calls.length = 0;
});

const json = async (response: Response): Promise<Json> => response.json();
const url = (path: string) => `${server.url}${path}`;
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url(path), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** The error body of section 1.3, checked as every client needs it. */
async function errorOf(response: Response) {
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  const body = await json(response);
  expect(['validation_error', 'client_error', 'server_error']).toContain(body.type);
  expect(body.errors.length).toBeGreaterThan(0);
  expect(body.code).toBe(body.errors[0].code);
  expect(body.detail).toBe(body.errors[0].detail);
  return { status: response.status, ...body.errors[0] } as {
    status: number;
    code: string;
    detail: string;
    attr: string | null;
  };
}

async function firstPromptId(): Promise<string> {
  const prompts = await json(await fetch(url('/api/v1/prompt/'), { headers: key }));
  return prompts[0].prompt_id;
}

async function createSession(overrides: Record<string, unknown> = {}) {
  const response = await post(
    '/api/v1/session/',
    {
      capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'],
      using_stf_webrtc: true,
      model_style: 'yuri-front_natural',
      prompt: await firstPromptId(),
      llm_type: 'gpt-35',
      tts_type: 'yuri',
      stt_type: 'default',
      ...overrides,
    },
    key,
  );
  expect(response.status, await response.clone().text()).toBe(201);
  return json(response);
}

describe('catalogue', () => {
  // keeps: perso-1-key-header, perso-1-slashes, perso-1-double-slash, perso-1.2-bare-lists
  // keeps: perso-3.1-not-empty
  test.each(['settings/llm_type', 'settings/tts_type', 'settings/stt_type', 'settings/modelstyle', 'prompt'])(
    '%s is a bare list that is never empty, with and without slashes',
    async (path) => {
      for (const variant of [`/api/v1/${path}/`, `/api/v1/${path}`, `//api/v1/${path}/`]) {
        const response = await fetch(url(variant), { headers: key, redirect: 'error' });
        expect(response.status).toBe(200);
        const list = await json(response);
        expect(Array.isArray(list)).toBe(true);
        expect(list.length).toBeGreaterThan(0);
      }
    },
  );

  test.each([
    'settings/mcp_type',
    'settings/text_normalization_config',
    'background_image',
    'document',
    'session_template',
    'settings/capability',
  ])('%s is a list', async (path) => {
    const response = await fetch(url(`/api/v1/${path}/`), { headers: key });
    expect(Array.isArray(await json(response))).toBe(true);
  });

  // keeps: perso-3.1-documented-names
  test('names that documents use as defaults come first', async () => {
    const first = async (path: string) => (await json(await fetch(url(path), { headers: key })))[0].name;
    expect(await first('/api/v1/settings/llm_type/')).toBe('gpt-35');
    expect(await first('/api/v1/settings/tts_type/')).toBe('yuri');
    expect(await first('/api/v1/settings/stt_type/')).toBe('default');
    expect(await first('/api/v1/settings/modelstyle/?platform_type=webrtc')).toBe('yuri-front_natural');
  });

  // keeps: perso-3.1-platform-type
  test('an unknown platform has no styles', async () => {
    const response = await fetch(url('/api/v1/settings/modelstyle/?platform_type=phone'), { headers: key });
    expect(await json(response)).toEqual([]);
  });

  // keeps: perso-3.1-model-styles
  test('the preview picture of a style can be loaded by any page', async () => {
    const [style] = await json(await fetch(url('/api/v1/settings/modelstyle/'), { headers: key }));
    const response = await fetch(style.file);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^image\//);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('keys and CORS', () => {
  // keeps: perso-1.3-no-key, perso-1.3-wrong-key
  test('a missing key and a wrong key are 401 with their codes', async () => {
    expect(await errorOf(await fetch(url('/api/v1/prompt/')))).toMatchObject({
      status: 401,
      code: 'not_authenticated',
    });
    const wrong = await fetch(url('/api/v1/prompt/'), { headers: { 'PersoLive-APIKey': 'plak-wrong' } });
    expect(await errorOf(wrong)).toMatchObject({ status: 401, code: 'authentication_failed' });
  });

  // keeps: perso-1-key-alias
  test('the key works as alias header and as Bearer', async () => {
    for (const headers of [
      { 'PersoPlatform-APIKey': server.apiKey },
      { Authorization: `Bearer ${server.apiKey}` },
    ]) {
      expect((await fetch(url('/api/v1/prompt/'), { headers })).status).toBe(200);
    }
  });

  // keeps: perso-1.1-preflight
  test('a preflight needs no key', async () => {
    const response = await fetch(url('/api/v1/session/'), { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toContain('PersoLive-APIKey');
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
  });

  // keeps: perso-1.3-not-found, perso-1.3-method, perso-1.3-body, perso-1.3-top-level, perso-1.2-json-errors
  test('unknown paths are 404 and wrong methods 405, as JSON', async () => {
    expect(await errorOf(await fetch(url('/api/v1/nothing/')))).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect(await errorOf(await post('/api/v1/nothing/', {}))).toMatchObject({ status: 404 });
    expect(await errorOf(await fetch(url('/api/v1/session/'), { method: 'PUT' }))).toMatchObject({
      status: 405,
      code: 'method_not_allowed',
    });
  });

  test('files outside the console folder cannot be read', async () => {
    for (const path of ['/..%2f..%2f..%2fpackage.json', '/%2e%2e/package.json', '/%00', '/%E0%A4%A']) {
      expect((await fetch(url(path))).status, path).toBe(404);
    }
  });
});

describe('session creation', () => {
  // keeps: perso-2.12-created, perso-2.10-strings, perso-3.2-not-given, perso-1.2-timestamps
  // keeps: perso-2.13-created
  test('echoes the inputs with capability as strings and null for what was not given', async () => {
    const created = await createSession({ document: null, background_image: '', mcp_servers: [] });
    expect(created).toMatchObject({
      status: 'CREATED',
      capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'],
      model_style: 'yuri-front_natural',
      document: null,
      background_image: null,
      agent: null,
      padding_left: null,
    });
    expect(created.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(created.session_id).toMatch(/^[\w-]+$/);
  });

  // keeps: perso-3.2-absent-capability, perso-3.2-duplicates, perso-2.10-empty
  test('without capability it is a video session; duplicates are dropped; an empty list is no video', async () => {
    const prompt = await firstPromptId();
    const legacy = await post(
      '/api/v1/session/',
      { llm_type: 'gpt-35', tts_type: 'yuri', model_style: 'yuri-front_natural', prompt, document: null },
      key,
    );
    expect((await json(legacy)).capability).toEqual(['STF_WEBRTC']);
    expect((await createSession({ capability: ['LLM', 'LLM', 'TTS'] })).capability).toEqual(['LLM', 'TTS']);
    expect((await createSession({ capability: [] })).capability).toEqual([]);
  });

  // keeps: perso-1.3-validation, perso-1.3-does-not-exist, perso-3.2-padding, perso-3.2-locale
  // keeps: perso-2.10-names, perso-2.10-exclusive, perso-2.10-needs-prompt
  test.each([
    [{ prompt: 'plp-0' }, 'does_not_exist', 'prompt'],
    [{ model_style: 'nobody' }, 'does_not_exist', 'model_style'],
    [{ llm_type: 'no-model' }, 'does_not_exist', 'llm_type'],
    [{ tts_type: 'no-voice' }, 'does_not_exist', 'tts_type'],
    [{ stt_type: 'no-ear' }, 'does_not_exist', 'stt_type'],
    [{ document: 'pld-0' }, 'does_not_exist', 'document'],
    [{ background_image: 'pbi-0' }, 'does_not_exist', 'background_image'],
    [{ mcp_servers: ['none'] }, 'does_not_exist', 'mcp_servers'],
    [{ padding_left: 1.5 }, 'max_value', 'padding_left'],
    [{ padding_top: -0.1 }, 'min_value', 'padding_top'],
    [{ padding_height: 'tall' }, 'invalid', 'padding_height'],
    [{ capability: ['FLY'] }, 'invalid_choice', 'capability.0'],
    [{ capability: ['STF_WEBRTC', 'STF_ONPREMISE'] }, 'invalid', 'capability'],
    [{ text_normalization_locale: 'much-too-long' }, 'max_length', 'text_normalization_locale'],
    [{ prompt: null }, 'invalid', 'prompt'],
    [{ model_style: null }, 'required', 'model_style'],
  ])('%j is refused as %s of %s', async (overrides, code, attr) => {
    const response = await post(
      '/api/v1/session/',
      {
        capability: ['STF_WEBRTC'],
        model_style: 'yuri-front_natural',
        prompt: await firstPromptId(),
        ...overrides,
      },
      key,
    );
    expect(await errorOf(response)).toMatchObject({ status: 400, code, attr });
  });

  test.each([
    ['', 'parse_error'],
    ['{', 'parse_error'],
    ['[]', 'invalid'],
    ['"x"', 'invalid'],
    ['null', 'invalid'],
  ])('the body %j is refused as %s', async (body, code) => {
    expect(await errorOf(await post('/api/v1/session/', body, key))).toMatchObject({ status: 400, code });
  });

  // keeps: perso-1.3-too-large
  test('a body over the limit is 413', async () => {
    const response = await post(
      '/api/v1/session/',
      JSON.stringify({ extra_data: 'x'.repeat(1_100_000) }),
      key,
    );
    expect(await errorOf(response)).toMatchObject({ status: 413, code: 'payload_too_large' });
  });
});

describe('session info and events', () => {
  // keeps: perso-2.10-objects, perso-3.3-redacted, perso-3.3-no-key
  test('info has capability objects, needs no key, and shows the prompt text only with the key', async () => {
    const { session_id: id } = await createSession();
    const open = await json(await fetch(url(`/api/v1/session/${id}/`)));
    expect(open.capability[0]).toMatchObject({ name: 'STF_WEBRTC' });
    expect(open).toMatchObject({
      status: 'CREATED',
      client_sdp: null,
      server_sdp: null,
      termination_reason: null,
    });
    expect(open.prompt.system_prompt).toBe('');
    const owned = await json(await fetch(url(`/api/v1/session/${id}/`), { headers: key }));
    expect(owned.prompt.system_prompt.length).toBeGreaterThan(10);
    const wrong = await fetch(url(`/api/v1/session/${id}/`), {
      headers: { 'PersoLive-APIKey': 'wrong-key-1' },
    });
    expect((await json(wrong)).prompt.system_prompt).toBe('');
  });

  // keeps: perso-3.3-unknown, perso-1.3-not-found
  test('an unknown session is 404 on every route', async () => {
    for (const path of ['', 'ice-servers/']) {
      expect(await errorOf(await fetch(url(`/api/v1/session/none/${path}`)))).toMatchObject({
        status: 404,
        code: 'not_found',
      });
    }
    for (const path of ['exchange/', 'event/create/', 'llm/v2/', 'tts/', 'stt/']) {
      expect(await errorOf(await post(`/api/v1/session/none/${path}`, {}))).toMatchObject({ status: 404 });
    }
  });

  // keeps: perso-7-start, perso-2.13-end-event, perso-1.3-session-state, perso-3.3-ended
  test('START begins, END terminates with its reason, and nothing works after', async () => {
    const { session_id: id } = await createSession({ capability: ['LLM', 'TTS', 'STT'] });
    const start = await post(`/api/v1/session/${id}/event/create/`, { detail: '', event: 'SESSION_START' });
    expect(start.status).toBe(201);
    expect(await json(start)).toMatchObject({ event: 'SESSION_START', detail: '', terminate: false });
    expect((await json(await fetch(url(`/api/v1/session/${id}/`)))).status).toBe('IN_PROGRESS');
    const end = await post(`/api/v1/session/${id}/event/create/`, { event: 'SESSION_END' });
    expect(await json(end)).toMatchObject({ terminate: true, terminate_reason: 'GRACEFUL_TERMINATION' });
    const info = await json(await fetch(url(`/api/v1/session/${id}/`)));
    expect(info).toMatchObject({ status: 'TERMINATED', termination_reason: 'GRACEFUL_TERMINATION' });
    for (const [path, body] of [
      ['event/create/', { event: 'SESSION_DURING' }],
      ['llm/v2/', { messages: [{ role: 'user', content: 'Hi' }] }],
      ['tts/', { text: 'Hi' }],
    ] as const) {
      expect(await errorOf(await post(`/api/v1/session/${id}/${path}`, body))).toMatchObject({
        status: 400,
        code: 'session_terminated',
      });
    }
  });

  // keeps: perso-2.14-names
  test('an unknown event is refused', async () => {
    const { session_id: id } = await createSession();
    const response = await post(`/api/v1/session/${id}/event/create/`, { event: 'SESSION_PARTY' });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'invalid_choice', attr: 'event' });
  });
});

describe('exchange', () => {
  test.each([
    [{}, 'required', 'client_sdp'],
    [{ client_sdp: 'v=0' }, 'invalid', 'client_sdp'],
    [{ client_sdp: { type: 'answer', sdp: 'v=0' } }, 'invalid_choice', 'client_sdp.type'],
    [{ client_sdp: { type: 'offer', sdp: '' } }, 'blank', 'client_sdp.sdp'],
    [{ client_sdp: { type: 'offer', sdp: 'nonsense' } }, 'invalid', 'client_sdp'],
    [{ client_sdp: { type: 'offer', sdp: 'v=0\r\nm=audio 9 X 0\r\n' } }, 'invalid', 'client_sdp'],
  ])('%j is refused and the session lives on', async (body, code, attr) => {
    const { session_id: id } = await createSession();
    const response = await post(`/api/v1/session/${id}/exchange/`, body);
    expect(await errorOf(response)).toMatchObject({ status: 400, code, attr });
    expect((await json(await fetch(url(`/api/v1/session/${id}/`)))).status).toBe('CREATED');
  });

  test('an offer that only looks like one is refused by the peer connection, not by a crash', async () => {
    const { session_id: id } = await createSession();
    const sdp = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=rtpmap:111 opus/48000/2',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=rtpmap:96 VP8/90000',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      '',
    ].join('\r\n');
    const processes = server.mediaProcessIds();
    const response = await post(`/api/v1/session/${id}/exchange/`, { client_sdp: { type: 'offer', sdp } });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'invalid', attr: 'client_sdp' });
    expect(server.mediaProcessIds()).toEqual(processes);
  });

  test('a session without video cannot exchange', async () => {
    const { session_id: id } = await createSession({ capability: ['LLM'] });
    const response = await post(`/api/v1/session/${id}/exchange/`, {
      client_sdp: { type: 'offer', sdp: 'v=0' },
    });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'invalid', attr: 'capability' });
  });
});

describe('language', () => {
  const ask = async (messages: unknown, tools: unknown = []) => {
    const { session_id: id } = await createSession();
    return post(`/api/v1/session/${id}/llm/v2/`, { messages, tools });
  };
  const lines = async (response: Response) => {
    const body = await response.text();
    expect(body.endsWith('\n')).toBe(true);
    return body
      .slice(0, -1)
      .split('\n')
      .map((line) => {
        expect(line.startsWith('data: {'), `every line must begin with "data: {": ${line}`).toBe(true);
        return JSON.parse(line.slice(6));
      });
  };

  // keeps: perso-4.2.2-message, perso-4.2.1-finish
  test('sentences come one a line, keep their spaces, and a finish line ends the stream', async () => {
    vendor.script.answer = () => [text('Hello th'), text('ere. How are'), text(' you? Fine.')];
    const events = await lines(await ask([{ role: 'user', content: 'Hi' }]));
    expect(events.at(-1)).toEqual({ status: 'success', type: 'finish' });
    const messages = events.filter(({ type }) => type === 'message');
    expect(messages.map(({ content }) => content).join('')).toBe('Hello there. How are you? Fine.');
    expect(messages.length).toBe(3);
    expect(messages[1].content).toBe(' How are you?');
  });

  test('the system prompt leads, and half-finished tool rounds are mended', async () => {
    await ask([
      { role: 'assistant', type: 'message', content: 'Welcome.' },
      { role: 'user', content: 'A' },
      {
        role: 'assistant',
        type: 'tool_call',
        content: null,
        tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{' } }],
      },
      { role: 'user', content: 'B' },
      {
        role: 'assistant',
        type: 'tool_call',
        content: '',
        tool_calls: [{ id: 'y', type: 'function', function: { name: 'g', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'y' },
      { role: 'tool', type: 'tool_call', content: 'orphan', tool_call_id: 'z' },
    ]).then((response) => response.text());
    const [call] = vendor.calls;
    expect(call?.prompt.map(({ role }) => role)).toEqual([
      'system',
      'assistant',
      'user',
      'user',
      'assistant',
      'tool',
    ]);
  });

  // keeps: perso-4.2.2-tool-call, perso-4.2-tool-schema
  test('tool requests come as one event with string arguments, after the text', async () => {
    vendor.script.answer = () => [text('Let me look. '), toolCall('c1', 'get_square_number', { number: 7 })];
    const tools = [
      {
        type: 'function',
        function: { name: 'get_square_number', description: 'd', parameters: { type: 'object' } },
      },
    ];
    const events = await lines(await ask([{ role: 'user', content: 'Hi' }], tools));
    expect(events.map(({ type }) => type)).toEqual(['message', 'tool_call', 'finish']);
    expect(events[1].tool_calls).toEqual([
      { id: 'c1', type: 'function', function: { name: 'get_square_number', arguments: '{"number":7}' } },
    ]);
    expect(vendor.calls[0]?.tools).toMatchObject([{ type: 'function', name: 'get_square_number' }]);
  });

  // keeps: perso-4.2.4-fail
  test('a failure in mid-stream is a last line, without the inside of the error', async () => {
    vendor.script.answer = async function* () {
      yield text('So far so good. And then');
      throw new Error('secret database password');
    };
    const response = await ask([{ role: 'user', content: 'Hi' }]);
    expect(response.status).toBe(200);
    const events = await lines(response);
    expect(events.at(-1)).toMatchObject({ status: 'fail' });
    expect(JSON.stringify(events)).not.toContain('password');
  });

  test('a client that goes away stops the model', async () => {
    let released = false;
    vendor.script.answer = async function* () {
      try {
        for (let index = 0; ; index += 1) {
          yield text(`Sentence number ${index}. `);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        released = true;
      }
    };
    const { session_id: id } = await createSession();
    const controller = new AbortController();
    const response = await fetch(url(`/api/v1/session/${id}/llm/v2/`), {
      method: 'POST',
      signal: controller.signal,
      body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }] }),
    });
    await response.body?.getReader().read();
    controller.abort();
    await expect.poll(() => vendor.calls[0]?.abortSignal?.aborted).toBe(true);
    void released;
  });

  // keeps: perso-4.2-refusal
  test.each([
    [{ messages: [] }, 'blank', 'messages'],
    [{}, 'required', 'messages'],
    [{ messages: 'hi' }, 'invalid', 'messages'],
    [{ messages: [{ role: 'wizard', content: '' }] }, 'invalid_choice', 'messages.0.role'],
    [
      { messages: [{ role: 'user', content: 'x' }], tools: [{ type: 'function' }] },
      'required',
      'tools.0.function',
    ],
  ])('%j is refused as %s of %s', async (body, code, attr) => {
    const { session_id: id } = await createSession();
    expect(await errorOf(await post(`/api/v1/session/${id}/llm/v2/`, body))).toMatchObject({
      status: 400,
      code,
      attr,
    });
  });

  // keeps: perso-4.2.4-limits, perso-1.3-too-large
  test('oversize messages and tools are 413, each named', async () => {
    const { session_id: id } = await createSession();
    const long = await post(`/api/v1/session/${id}/llm/v2/`, {
      messages: [{ role: 'user', content: 'x'.repeat(530_000) }],
    });
    expect(await errorOf(long)).toMatchObject({ status: 413, attr: 'messages' });
    const tools = [
      { type: 'function', function: { name: 'f', description: 'x'.repeat(70_000), parameters: {} } },
    ];
    const many = await post(`/api/v1/session/${id}/llm/v2/`, {
      messages: [{ role: 'user', content: 'x' }],
      tools,
    });
    expect(await errorOf(many)).toMatchObject({ status: 413, attr: 'tools' });
  });

  // keeps: perso-2.10-missing
  test('a session without the capability is told so', async () => {
    const { session_id: id } = await createSession({ capability: ['TTS'] });
    const response = await post(`/api/v1/session/${id}/llm/v2/`, {
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: 'invalid' });
  });
});

describe('speech', () => {
  const speak = async (body: unknown) => {
    const { session_id: id } = await createSession();
    return post(`/api/v1/session/${id}/tts/`, body);
  };
  const decode = async (response: Response) => {
    const { audio } = await json(response);
    expect(audio).toMatch(/^[A-Za-z0-9+/]+=*$/);
    return Buffer.from(audio, 'base64');
  };

  // keeps: perso-3.4-default, perso-3.4-audio
  test('the default is WAV PCM16 mono with a 44-byte header', async () => {
    const audio = await decode(await speak({ text: 'Hello there.' }));
    expect(audio.toString('latin1', 0, 4)).toBe('RIFF');
    expect(audio.readUInt16LE(20)).toBe(1);
    expect(audio.readUInt16LE(22)).toBe(1);
    expect([16_000, 24_000]).toContain(audio.readUInt32LE(24));
    expect(audio.readUInt16LE(34)).toBe(16);
    expect(audio.readUInt32LE(40)).toBe(audio.length - 44);
  });

  // keeps: perso-3.4-wav
  test.each([
    ['wav_24000', 24_000],
    ['wav_44100', 44_100],
  ])('output_format %s is honoured', async (format, rate) => {
    const audio = await decode(await speak({ text: 'Hello there.', output_format: format }));
    expect(audio.readUInt32LE(24)).toBe(rate);
  });

  test.each(['mp3', 'mp3_44100'])('output_format %s is MP3', async (format) => {
    const audio = await decode(await speak({ text: 'Hello there.', output_format: format }));
    const [a = 0, b = 0] = audio;
    expect(a === 0xff ? b & 0xe0 : audio.toString('latin1', 0, 3)).toEqual(a === 0xff ? 0xe0 : 'ID3');
    expect(audio.length).toBeGreaterThan(2000);
  });

  // keeps: perso-3.4-pcm, perso-3.4-format-alias
  test('pcm has no header; format is an alias', async () => {
    const audio = await decode(await speak({ text: 'Hello there.', format: 'pcm_24000' }));
    expect(audio.toString('latin1', 0, 4)).not.toBe('RIFF');
    expect(audio.length).toBe(Math.round((12 * 30 * 24_000) / 1000) * 2);
  });

  test.each([
    [{}, 'required', 'text'],
    [{ text: '  ' }, 'blank', 'text'],
    [{ text: 5 }, 'invalid', 'text'],
    [{ text: 'x'.repeat(4001) }, 'max_length', 'text'],
    [{ text: 'Hi.', output_format: 'ogg' }, 'invalid_choice', 'output_format'],
  ])('%j is refused', async (body, code, attr) => {
    expect(await errorOf(await speak(body))).toMatchObject({ status: 400, code, attr });
  });

  // keeps: perso-1.3-server-fault
  test('a vendor failure is an error that tells nothing of the inside', async () => {
    vendor.script.speechFails = true;
    const error = await errorOf(await speak({ text: 'Hello.' }));
    expect(error.status).toBe(500);
    expect(error.detail).not.toContain('scripted failure');
  });
});

describe('recognition', () => {
  const listen = async (form: FormData | string, headers: Record<string, string> = {}) => {
    const { session_id: id } = await createSession();
    return fetch(url(`/api/v1/session/${id}/stt/`), { method: 'POST', body: form, headers });
  };
  const wav = (samples: Int16Array) => {
    const bytes = Buffer.alloc(44 + samples.length * 2);
    bytes.write('RIFF', 0, 'latin1');
    bytes.writeUInt32LE(bytes.length - 8, 4);
    bytes.write('WAVEfmt ', 8, 'latin1');
    bytes.writeUInt32LE(16, 16);
    bytes.writeUInt16LE(1, 20);
    bytes.writeUInt16LE(1, 22);
    bytes.writeUInt32LE(16_000, 24);
    bytes.writeUInt32LE(32_000, 28);
    bytes.writeUInt16LE(2, 32);
    bytes.writeUInt16LE(16, 34);
    bytes.write('data', 36, 'latin1');
    bytes.writeUInt32LE(samples.length * 2, 40);
    for (const [index, value] of samples.entries()) bytes.writeInt16LE(value, 44 + index * 2);
    return new Blob([bytes], { type: 'audio/wav' });
  };
  const formWith = (file: Blob, fields: Record<string, string> = {}) => {
    const form = new FormData();
    form.append('audio', file, 'recording.wav');
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return form;
  };

  // keeps: perso-3.5-text, perso-3.5-empty
  test('a recording becomes text; silence becomes an empty text', async () => {
    const loud = await listen(formWith(wav(new Int16Array(16_000).fill(500))));
    expect(await json(loud)).toEqual({ text: 'hello', locale: 'en', normalized_text: 'hello' });
    const quiet = await listen(formWith(wav(new Int16Array(16_000)), { language: 'en' }));
    expect(await json(quiet)).toMatchObject({ text: '', normalized_text: '' });
  });

  test('a language that no recogniser understands is told with what to do', async () => {
    const response = await listen(formWith(wav(new Int16Array(16_000).fill(500)), { language: 'ko' }));
    const error = await errorOf(response);
    expect(error).toMatchObject({ status: 503, code: 'unavailable' });
    expect(error.detail).toContain('OPENAI_API_KEY');
  });

  // keeps: perso-1.3-media-type, perso-3.5-too-large
  test('broken audio, missing file, wrong type and oversize are the contract errors', async () => {
    expect(await errorOf(await listen(formWith(new Blob(['not audio at all']))))).toMatchObject({
      status: 400,
      code: 'invalid',
      attr: 'audio',
    });
    expect(await errorOf(await listen(new FormData()))).toMatchObject({ status: 400 });
    expect(await errorOf(await listen('{}', { 'content-type': 'application/json' }))).toMatchObject({
      status: 415,
    });
    const broken = await listen('--x\r\nnothing', { 'content-type': 'multipart/form-data; boundary=x' });
    expect(await errorOf(broken)).toMatchObject({ status: 400, code: 'parse_error' });
    const large = await listen(formWith(new Blob([new Uint8Array(26 * 1024 * 1024)])));
    expect(await errorOf(large)).toMatchObject({ status: 413 });
  });
});

describe('operations', () => {
  test('health, readiness, OpenAPI and a readable page', async () => {
    expect(await json(await fetch(url('/healthz')))).toEqual({ status: 'ok' });
    expect(await json(await fetch(url('/readyz')))).toMatchObject({ status: 'ready' });
    const openapi = await json(await fetch(url('/openapi/perso.json')));
    expect(openapi.openapi).toBe('3.1.0');
    expect(Object.keys(openapi.paths)).toContain('/api/v1/session/{session_id}/llm/v2/');
    const text = JSON.stringify(openapi);
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      expect(openapi.components.schemas, name).toHaveProperty(name ?? '');
    }
    const page = await (await fetch(url('/docs'))).text();
    expect(page).toContain('/api/v1/session/{session_id}/exchange/');
  });
});
