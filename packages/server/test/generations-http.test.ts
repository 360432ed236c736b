/** What each generation of published clients sends over HTTP, word for word, and what it must get for it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Provider } from '../src/providers/provider.ts';
import { type RunningServer, startTestServer } from '../src/testing.ts';
import { createPersoClient, errorOf, linesOf, type PersoClient } from './perso-client.ts';
import { createScriptedVendor, text } from './scripted-providers.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

const ICE_SERVERS = [
  { urls: 'stun:stun.example:3478' },
  { urls: ['turn:a'], username: 'u', credential: 'c' },
];
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const vendor = createScriptedVendor();
const originalScript = { ...vendor.script };
/** What the recogniser was given. */
const heard: { seconds: number; language: string | undefined }[] = [];
const provider: Provider = {
  ...vendor.provider,
  recognizer: {
    languages: ['*'],
    limitedVocabulary: false,
    recognize: async ({ samples, sampleRateHz }, { language }) => {
      heard.push({ seconds: samples.length / sampleRateHz, language });
      return { text: samples.some((value) => value !== 0) ? vendor.script.transcript : '' };
    },
  },
};

let server: RunningServer;
let client: PersoClient;

beforeAll(async () => {
  server = await startTestServer({
    providers: [provider],
    environment: { VISAVOX_ICE_SERVERS: JSON.stringify(ICE_SERVERS) },
  });
  client = await createPersoClient(server);
});
afterAll(() => server?.close());
afterEach(() => {
  Object.assign(vendor.script, originalScript);
  vendor.calls.length = 0;
  vendor.spoken.length = 0;
  heard.length = 0;
});

describe('a base address that ends in a slash', () => {
  // keeps: perso-1-double-slash, perso-1-slashes
  test('gives paths with two slashes, which work for reading, creating and streaming, without a redirect', async () => {
    const twice = (path: string, init: RequestInit = {}) =>
      fetch(`${server.url}//api/v1/${path}`, { redirect: 'error', ...init });
    expect((await twice('prompt/', { headers: client.key })).status).toBe(200);
    const body = JSON.stringify({
      capability: ['LLM', 'STF_WEBRTC'],
      model_style: 'yuri-front_natural',
      prompt: client.promptId,
    });
    for (const path of ['session/', 'session']) {
      const created = await twice(path, { method: 'POST', headers: client.key, body });
      expect(created.status).toBe(201);
      const { session_id: id } = (await created.json()) as Json;
      expect((await twice(`session/${id}/`)).status).toBe(200);
      expect((await twice(`session/${id}/ice-servers`)).status).toBe(200);
      const messages = JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], tools: [] });
      expect((await twice(`session/${id}/llm/v2`, { method: 'POST', body: messages })).status).toBe(200);
      const end = JSON.stringify({ event: 'SESSION_END' });
      expect((await twice(`session/${id}/event/create`, { method: 'POST', body: end })).status).toBe(201);
    }
  });
});

describe('headers for pages of other origins', () => {
  // keeps: perso-1.1-headers
  test('stand on lists, creations, errors and streams', async () => {
    const id = await client.open();
    const messages = { messages: [{ role: 'user', content: 'Hi' }] };
    for (const response of [
      await client.get('prompt/'),
      await client.get('prompt/', {}),
      await client.post('session/', '{', client.key),
      await client.post(`session/${id}/event/create/`, { event: 'SESSION_LOG' }),
      await client.post(`session/${id}/llm/v2/`, messages),
      await client.post(`session/${id}/llm/`, { message: 'Hi' }),
      await client.get('session/none/'),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      await response.body?.cancel();
    }
  });

  // keeps: perso-1.1-preflight
  test('come with any preflight, which needs no key', async () => {
    for (const path of [
      'prompt/',
      'session/',
      'session/none/exchange/',
      'session/none/llm/v2/',
      'nothing/at/all',
    ]) {
      const response = await fetch(client.url(path), {
        method: 'OPTIONS',
        headers: { Origin: 'https://shop.example', 'Access-Control-Request-Headers': 'persolive-apikey' },
      });
      expect([200, 204]).toContain(response.status);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-methods')).toMatch(/GET.*POST.*OPTIONS/);
      for (const name of ['PersoLive-APIKey', 'PersoPlatform-APIKey', 'Content-Type']) {
        expect(response.headers.get('access-control-allow-headers')).toContain(name);
      }
    }
  });
});

describe('the catalogue', () => {
  const settings = [
    'settings/llm_type/',
    'settings/tts_type/',
    'settings/stt_type/',
    'settings/stt_type/v2/',
    'settings/modelstyle/',
    'settings/mcp_type/',
    'settings/text_normalization_config/',
    'settings/capability/',
    'background_image/',
    'prompt/',
    'document/',
    'session_template/',
  ];

  // keeps: perso-3.1-key, perso-1.3-no-key, perso-1.3-wrong-key
  test.each([...settings, 'session_template/t1/', 'settings/text_normalization_config/t1/download/'])(
    '%s needs the key',
    async (path) => {
      expect(await errorOf(await client.get(path, {}))).toBe('401 not_authenticated null');
      expect(await errorOf(await client.get(path, { 'PersoLive-APIKey': 'plak-0' }))).toBe(
        '401 authentication_failed null',
      );
    },
  );

  // keeps: perso-1.3-not-found
  test('an unknown template and an unknown rule set are 404', async () => {
    for (const path of ['session_template/t1/', 'settings/text_normalization_config/t1/download/']) {
      expect(await errorOf(await client.get(path))).toBe('404 not_found null');
    }
  });

  const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, expect.any(String)]));
  // keeps: perso-3.1-llm-types, perso-3.1-tts-types, perso-3.1-stt-types, perso-3.1-stt-types-v2
  // keeps: perso-3.1-model-styles, perso-3.1-capabilities, perso-3.1-prompts, perso-2.10-objects
  test.each<[string, object]>([
    ['settings/llm_type/', texts('name', 'service', 'display_name', 'description')],
    ['settings/tts_type/', texts('name', 'service', 'speaker', 'display_name', 'description')],
    ['settings/stt_type/', texts('name', 'service', 'options', 'display_name', 'description')],
    [
      'settings/stt_type/v2/',
      { ...texts('name', 'service'), mode: 'NON_STREAMING', end_of_turn_detection: false },
    ],
    [
      'settings/modelstyle/',
      {
        ...texts('name', 'model', 'style', 'file', 'display_name', 'description'),
        platform_type: 'webrtc',
        model_files: expect.any(Array),
        configs: expect.any(Array),
      },
    ],
    ['settings/capability/', texts('name', 'description')],
    ['prompt/', texts('prompt_id', 'name', 'system_prompt', 'intro_message', 'title', 'content')],
  ])('each entry of %s has its documented fields', async (path, fields) => {
    const entries = await client.read(path);
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) expect(entry).toMatchObject(fields);
  });

  // keeps: perso-3.1-documented-names
  test('the names that documents print are there', async () => {
    const names = async (path: string) => (await client.read(path)).map(({ name }: Json) => name);
    expect(await names('settings/llm_type/')).toEqual(expect.arrayContaining(['gpt-35', 'gpt-4', 'gpt-4o']));
    expect(await names('settings/stt_type/')).toContain('default');
    expect(await names('settings/tts_type/')).toEqual(
      expect.arrayContaining([
        'yuri',
        'azuretts-ko-KR-InJoonNeural-sad',
        'azuretts-en-US-JennyNeural-cheerful',
        'azuretts-ja-JP-NanamiNeural-gentle',
        'k_idol_m_3_yoon_hajin',
      ]),
    );
  });

  // keeps: perso-2.10-names
  test('the capabilities are the five of the contract', async () => {
    const names = (await client.read('settings/capability/')).map(({ name }: Json) => name);
    expect(names.sort()).toEqual(['LLM', 'STF_ONPREMISE', 'STF_WEBRTC', 'STT', 'TTS']);
  });

  // keeps: perso-3.1-platform-type, perso-1.3-platform-type
  test('every style is for WebRTC, and a session can be made with each', async () => {
    const all = await client.read('settings/modelstyle/');
    expect(await client.read('settings/modelstyle/?platform_type=webrtc')).toEqual(all);
    for (const { name } of all) {
      const { session_id: id } = await client.create({ model_style: name, prompt: client.promptId });
      expect((await client.read(`session/${id}/`, {})).model_style.name).toBe(name);
    }
  });

  const firstGeneration = [
    'settings/llm_type/',
    'settings/modelstyle/',
    'background_image/',
    'settings/tts_type/',
    'prompt/',
    'document/',
  ];
  const classic = [
    'settings/llm_type/',
    'settings/modelstyle/?platform_type=webrtc',
    'background_image/',
    'settings/tts_type/',
    'settings/stt_type/',
    'prompt/',
    'document/',
    'settings/mcp_type/',
  ];
  // keeps: perso-3.1-l-order, perso-3.1-c-order, perso-1.2-bare-lists, perso-3.1-not-empty, perso-1-key-header
  test.each([
    ['L', firstGeneration],
    ['C and N1.1', classic],
  ])('%s reads its lists one after the other', async (_, paths) => {
    for (const path of paths) {
      const list = await client.read(path);
      expect(Array.isArray(list), path).toBe(true);
      if (/llm|tts|stt|modelstyle|prompt/.test(path)) expect(list.length).toBeGreaterThan(0);
    }
  });

  // keeps: perso-3.1-parallel
  test('N reads its nine lists at once', async () => {
    const paths = [...classic, 'settings/text_normalization_config/'];
    const lists = await Promise.all(paths.map((path) => client.read(path)));
    expect(lists.every((list) => Array.isArray(list))).toBe(true);
  });

  // keeps: perso-3.1-mcp-types
  test('tool servers are listed with where they are, and without their secrets', async () => {
    const { mcpserver_id: id } = await client.manage('POST', 'mcp-servers', {
      name: 'Secretive',
      url: 'https://tools.example/mcp',
      headers: { Authorization: 'Bearer top-secret' },
    });
    const listed = (await client.read('settings/mcp_type/')).find((entry: Json) => entry.mcpserver_id === id);
    expect(listed).toEqual({
      mcpserver_id: id,
      name: 'Secretive',
      description: '',
      url: 'https://tools.example/mcp',
      transport_protocol: 'streamable_http',
      server_timeout_sec: expect.any(Number),
      extra_data: null,
    });
  });

  // keeps: perso-2.11-shape, perso-2.11-not-null, perso-3.1-templates, perso-2.10-objects
  test('a template has every documented field, and what clients read unasked is there', async () => {
    const { sessiontemplate_id: id } = await client.manage('POST', 'templates', {
      name: 'Whole',
      prompt: client.promptId,
      model_style: 'yuri-front_natural',
    });
    const template = await client.read(`session_template/${id}/`);
    expect(template).toEqual({
      sessiontemplate_id: id,
      name: 'Whole',
      description: null,
      prompt: expect.objectContaining({ prompt_id: client.promptId }),
      capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'].map((name) => ({
        name,
        description: expect.any(String),
      })),
      document: null,
      llm_type: expect.objectContaining({ name: expect.any(String) }),
      tts_type: expect.objectContaining({ name: expect.any(String), service: expect.any(String) }),
      stt_type: expect.objectContaining({ name: expect.any(String), service: expect.any(String) }),
      text_normalization_config: null,
      text_normalization_locale: null,
      stt_text_normalization_config: null,
      stt_text_normalization_locale: null,
      model_style: expect.objectContaining({ name: 'yuri-front_natural', platform_type: 'webrtc' }),
      background_image: null,
      agent: null,
      padding_left: null,
      padding_top: null,
      padding_height: null,
      extra_data: null,
      mcp_servers: [],
      created_at: expect.stringMatching(TIMESTAMP),
      last_used_at: expect.stringMatching(TIMESTAMP),
    });
    const list = await client.read('session_template/');
    expect(list.map(({ sessiontemplate_id: listed }: Json) => listed)).toContain(id);
  });

  // keeps: perso-1-path-safe-ids, perso-1-document-id, perso-1-background-id, perso-1-prompt-id
  test('ids have their documented shape, and those in paths need no escaping', async () => {
    const form = new FormData();
    form.set('file', new File(['Words.'], 'notes.txt'));
    const { document_id: documentId } = await client.manage('POST', 'documents', form);
    expect(documentId).toMatch(/^pld-[0-9a-f]{32}$/);
    expect(client.promptId).toMatch(/^plp-[0-9a-f]{32}$/);
    const picture = new FormData();
    // One white pixel.
    const pixel =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=';
    picture.set('image', new File([Buffer.from(pixel, 'base64')], 'white.png', { type: 'image/png' }));
    expect((await client.manage('POST', 'backgrounds', picture)).backgroundimage_id).toMatch(/^pbi-/);
    const rules = 'locale,kind,pattern,replacement\nen,literal,a,b\n';
    const template = { name: 'T', prompt: client.promptId, model_style: 'yuri-front_natural' };
    for (const id of [
      await client.open(),
      (await client.manage('POST', 'templates', template)).sessiontemplate_id,
      (await client.manage('POST', 'mcp-servers', { name: 'M', url: 'https://tools.example/mcp' }))
        .mcpserver_id,
      (await client.manage('POST', 'normalizations', { name: 'R', rules })).textnormalizationconfig_id,
    ]) {
      expect(encodeURIComponent(id)).toBe(id);
    }
  });
});

describe('creation bodies', () => {
  const style = 'yuri-front_natural';
  const base = { llm_type: 'gpt-35', tts_type: 'yuri', model_style: style };
  const place = { padding_left: 0, padding_top: 0.15, padding_height: 1 };
  /** As the clients write them: their keys in their order. */
  const bodies: Readonly<Record<string, (prompt: string) => object>> = {
    'L 1.0.0': (prompt) => ({ ...base, prompt, document: '' }),
    'L 1.0.2': (prompt) => ({ ...base, prompt, document: null, background_image: '' }),
    'L 1.0.8': (prompt) => ({ ...base, prompt, document: '', background_image: '', ...place }),
    LC: (prompt) => ({
      capability: ['LLM', 'STF_WEBRTC'],
      llm_type: 'gpt-35',
      tts_type: 'yuri',
      stt_type: 'default',
      model_style: style,
      prompt,
      document: null,
      background_image: null,
      mcp_servers: [],
      ...place,
    }),
    'C, everything chosen': (prompt) => ({
      capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'],
      using_stf_webrtc: true,
      ...base,
      stt_type: 'default',
      prompt,
      document: null,
      background_image: null,
      mcp_servers: [],
      ...place,
    }),
    'C, nothing chosen': () => ({ capability: [], using_stf_webrtc: false, llm_type: '', tts_type: '' }),
    'N1.5, capabilities of the page and its own': (prompt) => ({
      capability: ['TTS', 'LLM', 'STF_WEBRTC', 'LLM', 'TTS', 'STT'],
      using_stf_webrtc: true,
      ...base,
      stt_type: 'default',
      prompt,
      text_normalization_locale: null,
      stt_text_normalization_locale: 'ko',
    }),
    'N1.6 without video': () => ({
      capability: ['LLM', 'TTS', 'STT'],
      using_stf_webrtc: false,
      llm_type: 'gpt-4o',
      tts_type: 'yuri',
      stt_type: 'default',
    }),
    'README 1.0.0': (prompt) => ({
      capability: ['LLM', 'STF_WEBRTC'],
      using_stf_webrtc: true,
      ...base,
      stt_type: 'default',
      prompt,
    }),
    'the command line': (prompt) => ({
      capability: ['LLM', 'TTS', 'STT'],
      ...base,
      stt_type: 'default',
      prompt,
      document: null,
      agent: null,
      mcp_servers: [],
      tools: [],
    }),
  };
  const expected: Readonly<Record<string, readonly string[]>> = {
    'L 1.0.0': ['STF_WEBRTC'],
    'L 1.0.2': ['STF_WEBRTC'],
    'L 1.0.8': ['STF_WEBRTC'],
    LC: ['LLM', 'STF_WEBRTC'],
    'C, everything chosen': ['STF_WEBRTC', 'LLM', 'TTS', 'STT'],
    'C, nothing chosen': [],
    'N1.5, capabilities of the page and its own': ['TTS', 'LLM', 'STF_WEBRTC', 'STT'],
    'N1.6 without video': ['LLM', 'TTS', 'STT'],
    'README 1.0.0': ['LLM', 'STF_WEBRTC'],
    'the command line': ['LLM', 'TTS', 'STT'],
  };

  // keeps: perso-3.2-body-l-100, perso-3.2-body-l-102, perso-3.2-body-l-103, perso-3.2-body-lc
  // keeps: perso-3.2-body-c-n, perso-3.2-body-readme, perso-3.2-body-cli, perso-3.2-exactly-201
  // keeps: perso-3.2-absent-capability, perso-2.10-combination, perso-3.2-duplicates, perso-2.10-empty
  test.each(Object.keys(bodies))('of %s', async (name) => {
    const body = bodies[name]?.(client.promptId) ?? {};
    const created = await client.create(JSON.stringify(body));
    expect(created.capability).toEqual(expected[name]);
    const info = await client.read(`session/${created.session_id}/`, {});
    expect(info.status).toBe('CREATED');
    expect(info.capability.map((entry: Json) => entry.name)).toEqual(expected[name]);
  });

  // keeps: perso-3.2-not-given, perso-2.12-created
  test.each([
    'document',
    'background_image',
    'llm_type',
    'tts_type',
    'stt_type',
    'text_normalization_config',
    'stt_text_normalization_config',
    'agent',
  ])('%s as null, as "" and missing is not given', async (field) => {
    for (const value of [null, '', undefined]) {
      const created = await client.create({ model_style: style, prompt: client.promptId, [field]: value });
      expect(created[field]).toBeNull();
    }
  });

  // keeps: perso-3.2-padding
  test('paddings may be 0, null, and at their limits', async () => {
    for (const [left, top, height] of [
      [0, 0, 0],
      [null, null, null],
      [-1, 0, 5],
      [1, 1, 0.01],
    ]) {
      const fields = { padding_left: left, padding_top: top, padding_height: height };
      expect(await client.create({ model_style: style, prompt: client.promptId, ...fields })).toMatchObject(
        fields,
      );
    }
    for (const [field, value] of [
      ['padding_left', -1.01],
      ['padding_top', 1.01],
      ['padding_height', 5.01],
    ] as const) {
      const response = await client.post(
        'session/',
        { model_style: style, prompt: client.promptId, [field]: value },
        client.key,
      );
      expect(await errorOf(response)).toMatch(new RegExp(`^400 m(ax|in)_value ${field}$`));
    }
  });

  // keeps: perso-3.2-using-stf-webrtc, perso-3.2-extra-fields, perso-1.2-unknown-fields
  test('fields that are not used are accepted, whatever they hold', async () => {
    for (const value of [true, false, null, 'yes', 0, {}]) {
      const created = await client.create({
        capability: ['LLM'],
        using_stf_webrtc: value,
        tools: value,
        agent: 'helper',
        a_field_of_tomorrow: value,
      });
      expect(created).toMatchObject({ capability: ['LLM'], agent: 'helper' });
      expect(created).not.toHaveProperty('a_field_of_tomorrow');
    }
  });

  // keeps: perso-2.12-extra-data, perso-3.2-extra-fields
  test.each([{ visitor: { id: 7, tags: ['a', null] } }, 'a text', [1, 2], 0, false])(
    'extra_data %j comes back as it was',
    async (extra) => {
      const created = await client.create({ capability: ['LLM'], extra_data: extra });
      expect(created.extra_data).toEqual(extra);
      expect((await client.read(`session/${created.session_id}/`, {})).extra_data).toEqual(extra);
    },
  );

  // keeps: perso-2.10-lenient
  test('video without a language model or a voice is accepted, and still has its style', async () => {
    const created = await client.create({
      capability: ['STF_WEBRTC'],
      model_style: style,
      prompt: client.promptId,
    });
    expect(created).toMatchObject({ llm_type: null, tts_type: null });
  });

  // keeps: perso-1.3-prompt-capability
  test('video without a prompt names both in its refusal', async () => {
    const response = await client.post(
      'session/',
      { capability: ['STF_WEBRTC'], model_style: style },
      client.key,
    );
    const body: Json = await response.clone().json();
    expect(await errorOf(response)).toBe('400 invalid prompt');
    expect(body.errors[0].detail).toMatch(/prompt.*STF_WEBRTC/i);
  });

  // keeps: perso-3.2-locale
  test('a locale has ten characters at most', async () => {
    for (const field of ['text_normalization_locale', 'stt_text_normalization_locale']) {
      const fields = (value: string) => ({ capability: ['LLM'], [field]: value });
      await client.create(fields('x'.repeat(10)));
      expect(await errorOf(await client.post('session/', fields('x'.repeat(11)), client.key))).toBe(
        `400 max_length ${field}`,
      );
    }
  });
});

describe('session endpoints', () => {
  // keeps: perso-3.3-ice-servers, perso-3.3-no-key, perso-5.1-l-106
  test('ICE servers come with the key (L to 1.0.4), without it (later) and with a wrong one', async () => {
    const id = await client.open();
    for (const headers of [client.key, {}, { 'PersoLive-APIKey': 'plak-of-another-time' }]) {
      expect(await client.read(`session/${id}/ice-servers/`, headers)).toEqual({ ice_servers: ICE_SERVERS });
    }
  });

  // keeps: perso-3.3-no-key
  test('no endpoint of a session asks for the client.key, nor minds a wrong one', async () => {
    for (const headers of [{}, { 'PersoLive-APIKey': 'plak-of-another-time' }]) {
      const id = await client.open();
      const ask = (path: string, body: object) => client.post(`session/${id}/${path}`, body, headers);
      expect((await client.get(`session/${id}/`, headers)).status).toBe(200);
      expect((await ask('llm/', { message: 'Hi' })).status).toBe(200);
      expect((await ask('llm/v2/', { messages: [{ role: 'user', content: 'Hi' }], tools: [] })).status).toBe(
        200,
      );
      expect((await ask('tts/', { text: 'Hi.' })).status).toBe(200);
      expect((await ask('event/create/', { detail: '', event: 'SESSION_START' })).status).toBe(201);
    }
  });

  // keeps: perso-2.12-info, perso-2.12-sdp, perso-1.2-timestamps, perso-2.10-objects
  test('session info has every documented field', async () => {
    const id = await client.open();
    const info = await client.read(`session/${id}/`, {});
    expect(info).toEqual({
      session_id: id,
      client_sdp: null,
      server_sdp: null,
      prompt: expect.objectContaining({ prompt_id: client.promptId }),
      document: null,
      llm_type: null,
      tts_type: null,
      stt_type: null,
      model_style: null,
      ice_servers: ICE_SERVERS,
      status: 'CREATED',
      termination_reason: null,
      duration_sec: 0,
      created_at: expect.stringMatching(TIMESTAMP),
      session_acls: [],
      padding_left: null,
      padding_top: null,
      padding_height: null,
      background_image: null,
      extra_data: null,
      capability: ['LLM', 'TTS', 'STT'].map((name) => ({ name, description: expect.any(String) })),
      mcp_servers: [],
      agent: null,
      text_normalization_config: null,
      text_normalization_locale: null,
      stt_text_normalization_config: null,
      stt_text_normalization_locale: null,
      stream_url: null,
    });
  });

  // keeps: perso-3.3-ended, perso-3.3-info, perso-1.3-session-state, perso-2.13-final
  test('after the end only the info is answered, and the reason stays', async () => {
    const id = await client.open();
    await client.event(id, { event: 'SESSION_END' });
    const form = new FormData();
    form.set('audio', new File(['x'], 'a.wav'));
    const offer = { client_sdp: { type: 'offer', sdp: 'v=0' } };
    for (const response of [
      await client.get(`session/${id}/ice-servers/`, {}),
      await client.post(`session/${id}/exchange/`, offer),
      await client.post(`session/${id}/event/create/`, { event: 'SESSION_ERROR' }),
      await client.post(`session/${id}/llm/`, { message: 'Hi' }),
      await client.post(`session/${id}/llm/v2/`, { messages: [{ role: 'user', content: 'Hi' }] }),
      await client.post(`session/${id}/tts/`, { text: 'Hi.' }),
      await fetch(client.url(`session/${id}/stt/`), { method: 'POST', body: form }),
    ]) {
      expect(await errorOf(response)).toBe('400 session_terminated null');
    }
    expect(await client.read(`session/${id}/`, {})).toMatchObject({
      status: 'TERMINATED',
      termination_reason: 'GRACEFUL_TERMINATION',
    });
  });

  // keeps: perso-2.10-missing
  test('llm, tts and stt need their capability', async () => {
    const id = await client.open({ capability: ['STF_ONPREMISE'], model_style: 'yuri-front_natural' });
    const form = new FormData();
    form.set('audio', new File(['x'], 'a.wav'));
    for (const response of [
      await client.post(`session/${id}/llm/`, { message: 'Hi' }),
      await client.post(`session/${id}/llm/v2/`, { messages: [{ role: 'user', content: 'Hi' }] }),
      await client.post(`session/${id}/tts/`, { text: 'Hi.' }),
      await fetch(client.url(`session/${id}/stt/`), { method: 'POST', body: form }),
    ]) {
      expect(await errorOf(response)).toBe('400 invalid capability');
    }
  });

  // keeps: perso-1.3-throttled, perso-3.2-quota, perso-2.13-active-quota, perso-3.3-exchange-quota
  test('a quota refuses the creation with 429, and a start with its reason', async () => {
    await client.manage('POST', 'organizations', {
      id: 'small',
      name: 'Small',
      limits: { max_active_sessions: 1 },
    });
    const theirs = {
      'PersoLive-APIKey': (await client.manage('POST', 'keys?organization_id=small', { name: 'k' })).key,
    };
    const prompt = await client.manage('POST', 'prompts', { name: 'P', system_prompt: '' });
    await fetch(`${server.url}/manage/v1/prompts/${prompt.prompt_id}/organizations/small`, {
      method: 'PUT',
      headers: client.key,
    });
    const body = { model_style: 'yuri-front_natural', prompt: prompt.prompt_id };
    const { session_id: first } = await client.create(body, theirs);
    const { session_id: second } = await client.create(body, theirs);
    const { session_id: third } = await client.create(body, theirs);
    await client.event(first, { event: 'SESSION_START', detail: '' });
    const refused = await client.post('session/', body, theirs);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await errorOf(refused)).toBe('429 throttled null');
    const offer = { client_sdp: { type: 'offer', sdp: 'v=0\r\n' } };
    for (const response of [
      await client.post(`session/${second}/exchange/`, offer),
      await client.post(`session/${third}/event/create/`, { detail: '', event: 'SESSION_START' }),
    ]) {
      expect(response.status).toBe(400);
      expect(((await response.json()) as Json).errors[0].detail).toContain(
        'MAX_ACTIVE_SESSION_QUOTA_EXCEEDED',
      );
    }
    for (const id of [second, third]) {
      expect(await client.read(`session/${id}/`, {})).toMatchObject({
        status: 'TERMINATED',
        termination_reason: 'MAX_ACTIVE_SESSION_QUOTA_EXCEEDED',
      });
    }
  });
});

describe('events', () => {
  const object = (name: string, detail: string) => ({
    sessionevent_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    created_at: expect.stringMatching(TIMESTAMP),
    detail,
    terminate: false,
    terminate_reason: null,
    event: name,
  });

  // keeps: perso-3.3-event, perso-2.14-object, perso-1.2-json-success
  test('come as the SDK writes them, as the command line does, and without detail', async () => {
    const id = await client.open();
    expect(await client.event(id, '{"detail":"","event":"SESSION_START"}')).toEqual(
      object('SESSION_START', ''),
    );
    expect(await client.event(id, '{"event":"SESSION_DURING","detail":"beat"}')).toEqual(
      object('SESSION_DURING', 'beat'),
    );
    expect(await client.event(id, '{"event":"SESSION_LOG"}')).toEqual(object('SESSION_LOG', ''));
    expect(await client.event(id, '{"event":"SESSION_LOG","detail":null}')).toEqual(
      object('SESSION_LOG', ''),
    );
  });

  // keeps: perso-2.14-names, perso-2.14-terminate
  test('each of the eight names is recorded, and two of them end the session', async () => {
    const names = ['START', 'DURING', 'LOG', 'TTS', 'STT', 'LLM', 'END', 'ERROR'];
    for (const name of names.map((part) => `SESSION_${part}`)) {
      const id = await client.open();
      const ends = name === 'SESSION_END' || name === 'SESSION_ERROR';
      const recorded = await client.event(id, { event: name, detail: 'note' });
      expect(recorded).toMatchObject({ event: name, terminate: ends });
      if (ends)
        expect(recorded.terminate_reason).toBe((await client.read(`session/${id}/`, {})).termination_reason);
    }
    const response = await client.post(`session/${await client.open()}/event/create/`, {
      event: 'SESSION_PARTY',
    });
    expect(await errorOf(response)).toBe('400 invalid_choice event');
  });

  // keeps: perso-7-start, perso-7-heartbeat, perso-7-end-told, perso-2.13-start-event
  test('a session without video begins, beats, and the beat after the end tells why', async () => {
    const id = await client.open();
    await client.event(id, '{"detail":"","event":"SESSION_START"}');
    for (let beat = 0; beat < 3; beat += 1) await client.event(id, '{"detail":"","event":"SESSION_DURING"}');
    expect((await client.read(`session/${id}/`, {})).status).toBe('IN_PROGRESS');
    await client.event(id, { event: 'SESSION_END' });
    const beat = await client.post(`session/${id}/event/create/`, '{"detail":"","event":"SESSION_DURING"}');
    expect(beat.status).toBe(400);
    expect(((await beat.json()) as Json).errors[0].detail).toContain('GRACEFUL_TERMINATION');
  });

  // keeps: perso-2.14-names
  test('the log events of pages are kept as they were sent', async () => {
    const id = await client.open();
    const details = ['clicked', '{"action":"click","at":[1,2]}', '', 'null', '한국어 😀'];
    for (const detail of details) await client.event(id, { detail, event: 'SESSION_LOG' });
    const response = await fetch(`${server.url}/manage/v1/sessions/${id}/events`, { headers: client.key });
    const { items }: Json = await response.json();
    expect(items.map(({ detail }: Json) => detail)).toEqual(details);
  });
});

describe('speech over REST', () => {
  const speak = async (body: object): Promise<Json> => {
    const response = await client.post(`session/${await client.open()}/tts/`, body);
    expect(response.status, await response.clone().text()).toBe(200);
    return response.json();
  };
  const bytesOf = ({ audio }: Json) => Buffer.from(audio, 'base64');

  // keeps: perso-3.4-default, perso-3.4-audio
  test('without a format it is a WAV file that every player takes', async () => {
    const answer = await speak({ text: 'Hello there.' });
    expect(answer.audio).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
    const wav = bytesOf(answer);
    expect([wav.toString('latin1', 0, 4), wav.toString('latin1', 8, 16)]).toEqual(['RIFF', 'WAVEfmt ']);
    expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt16LE(34)]).toEqual([1, 1, 16]);
    expect([16_000, 24_000]).toContain(wav.readUInt32LE(24));
  });

  // keeps: perso-3.4-wav, perso-3.4-pcm, perso-3.4-format-alias
  test.each([
    ['wav_24000', 24_000, 44],
    ['wav_44100', 44_100, 44],
    ['pcm', 16_000, 0],
    ['pcm_24000', 24_000, 0],
    ['pcm_44100', 44_100, 0],
  ])('%s is honoured, under both names', async (format, rate, header) => {
    for (const field of ['output_format', 'format']) {
      const audio = bytesOf(await speak({ text: 'Hello there.', [field]: format }));
      // 12 characters of 30 ms.
      expect((audio.length - header) / 2 / rate).toBeCloseTo(0.36, 2);
      if (header > 0) expect(audio.readUInt32LE(24)).toBe(rate);
      else expect(audio.toString('latin1', 0, 4)).not.toBe('RIFF');
    }
  });

  // keeps: perso-3.4-mp3
  test.each(['mp3', 'mp3_44100'])('%s is honoured', async (format) => {
    const audio = bytesOf(await speak({ text: 'Hello there.', output_format: format }));
    expect(audio.toString('latin1', 0, 3) === 'ID3' || (audio[0] === 0xff && (audio[1] ?? 0) >= 0xe0)).toBe(
      true,
    );
  });

  // keeps: perso-3.4-locale
  test('the locale is that of the text unless one is given', async () => {
    expect(await speak({ text: 'It is 5.' })).toMatchObject({
      locale: 'en',
      normalized_text: expect.any(String),
    });
    expect(await speak({ text: '5', locale: 'ko' })).toMatchObject({ locale: 'ko' });
  });

  // keeps: perso-3.4-text
  test('4000 characters are the most, and blank ones are refused', async () => {
    const id = await client.open();
    for (const [body, code] of [
      [{ text: 'x'.repeat(4001) }, '400 max_length text'],
      [{ text: ' ' }, '400 blank text'],
      [{}, '400 required text'],
    ] as const) {
      expect(await errorOf(await client.post(`session/${id}/tts/`, body))).toBe(code);
    }
  });

  // keeps: perso-3.5-form, perso-3.5-language, perso-3.5-text, perso-3.5-empty
  test('recordings come under any name and type, with and without a language', async () => {
    const id = await client.open();
    const wav = bytesOf(await speak({ text: 'Hello there.' }));
    const send = async (file: File, language?: string): Promise<Json> => {
      const form = new FormData();
      form.append('audio', file);
      if (language !== undefined) form.append('language', language);
      const response = await fetch(client.url(`session/${id}/stt/`), { method: 'POST', body: form });
      expect(response.status, await response.clone().text()).toBe(200);
      return response.json();
    };
    for (const file of [
      new File([wav], 'recording.wav', { type: 'audio/wav' }),
      new File([wav], 'audio.wav'),
      new File([wav], 'my own.mp3', { type: 'audio/mpeg' }),
      new File([wav], 'blob', { type: 'audio/webm' }),
    ]) {
      expect(await send(file)).toMatchObject({ text: 'hello' });
    }
    for (const language of ['ko', 'en', 'ja', 'zh']) await send(new File([wav], 'a.wav'), language);
    expect(heard.map(({ language }) => language)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      'ko',
      'en',
      'ja',
      'zh',
    ]);
    expect(heard[0]?.seconds).toBeCloseTo(0.36, 2);
    const silent = Buffer.concat([wav.subarray(0, 44), Buffer.alloc(wav.length - 44)]);
    expect(await send(new File([silent], 'a.wav'))).toMatchObject({ text: '' });
  });
});

describe('the command line', () => {
  // keeps: perso-16-cli, perso-3.2-body-cli, perso-7-rest
  test('goes through its whole life cycle', async () => {
    const created = await client.post(
      'session/',
      {
        capability: ['LLM', 'TTS', 'STT'],
        prompt: client.promptId,
        document: null,
        llm_type: 'gpt-35',
        tts_type: 'yuri',
        stt_type: 'default',
        model_style: 'yuri-front_natural',
      },
      client.key,
    );
    expect(created.status).toBe(201);
    const { session_id: id } = (await created.json()) as Json;
    const start = await client.post(`session/${id}/event/create/`, {
      event: 'SESSION_START',
      detail: 'Session started',
    });
    expect(start.status).toBe(201);
    expect((await client.read(`session/${id}/`, {})).status).toBe('IN_PROGRESS');

    vendor.script.answer = () => [text('Hello there. How are you?')];
    const lines = await linesOf(
      await client.post(`session/${id}/llm/`, { message: 'Hi', clear_history: false }),
    );
    const said = lines.map(({ sentence }) => sentence).join('');
    expect(said).toBe('Hello there. How are you?');

    const spoken = await client.post(`session/${id}/tts/`, { text: said });
    expect(spoken.status).toBe(200);
    const { audio } = (await spoken.json()) as Json;
    const wav = Buffer.from(audio, 'base64');
    expect(wav.toString('latin1', 0, 4)).toBe('RIFF');

    const form = new FormData();
    form.append('audio', new File([wav], 'recorded.wav', { type: 'audio/wav' }));
    form.append('language', 'ko');
    const transcribed = await fetch(client.url(`session/${id}/stt/`), { method: 'POST', body: form });
    expect(transcribed.status).toBe(200);
    expect(((await transcribed.json()) as Json).text).toBe('hello');
    expect(heard.at(-1)?.language).toBe('ko');

    const end = await client.post(`session/${id}/event/create/`, {
      event: 'SESSION_END',
      detail: 'Session ended',
    });
    expect(end.status).toBe(201);
    expect(await client.read(`session/${id}/`, {})).toMatchObject({
      status: 'TERMINATED',
      termination_reason: 'GRACEFUL_TERMINATION',
    });
  });
});
