/** The management API over real sockets, and what it changes for the Perso API. */
import { createCanvas } from '@napi-rs/canvas';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startTestServer } from '../src/testing.ts';
import { createScriptedVendor } from './scripted-providers.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

const vendor = createScriptedVendor();
let server: RunningServer;
beforeAll(async () => {
  server = await startTestServer({ providers: [vendor.provider] });
});
afterAll(() => server?.close());

async function call(
  method: string,
  path: string,
  body?: object | FormData,
  key: string = server.apiKey,
): Promise<{ status: number; body: Json; headers: Headers }> {
  const response = await fetch(path.startsWith('http') ? path : `${server.url}${path}`, {
    method,
    headers: {
      'PersoLive-APIKey': key,
      ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let parsed: Json = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not every answer is JSON.
  }
  return { status: response.status, body: parsed, headers: response.headers };
}
const manage = (method: string, path: string, body?: object | FormData, key?: string) =>
  call(method, `/manage/v1/${path}`, body, key);
const create = async (path: string, body: object | FormData, key?: string): Promise<Json> => {
  const made = await manage('POST', path, body, key);
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
};
const form = (fields: Readonly<Record<string, string | File>>): FormData => {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
};
const codeOf = ({ status, body }: { status: number; body: Json }) =>
  `${status} ${body.errors?.[0]?.code} ${body.errors?.[0]?.attr}`;

describe('keys and organizations', () => {
  test('who am I', async () => {
    expect((await manage('GET', 'me')).body).toMatchObject({
      organization: { id: 'default', limits: { max_active_sessions: null } },
      key: { role: 'operator' },
    });
  });

  test('a key is shown once, used, and revoked at once', async () => {
    const made = await create('keys', { name: 'shop' });
    expect(made).toMatchObject({ name: 'shop', role: 'client', revoked_at: null });
    expect(made.key).toMatch(/^plak-[0-9a-f]{32}$/);
    expect(made.hint).toBe(made.key.slice(0, 9));
    expect((await call('GET', '/api/v1/prompt/', undefined, made.key)).status).toBe(200);
    const listed = (await manage('GET', 'keys')).body.items;
    expect(JSON.stringify(listed)).not.toContain(made.key);
    expect((await manage('DELETE', `keys/${made.id}`)).status).toBe(204);
    expect(codeOf(await call('GET', '/api/v1/prompt/', undefined, made.key))).toBe(
      '401 authentication_failed null',
    );
    expect(codeOf(await manage('DELETE', `keys/${made.id}`))).toBe('404 not_found null');
  });

  test('a key cannot revoke itself', async () => {
    const { key } = (await manage('GET', 'me')).body;
    expect(codeOf(await manage('DELETE', `keys/${key.id}`))).toBe('409 in_use null');
  });

  test('roles: clients use, admins manage their own, operators all', async () => {
    const client = await create('keys', { name: 'client' });
    const admin = await create('keys', { name: 'admin', role: 'admin' });
    expect(codeOf(await manage('GET', 'prompts', undefined, client.key))).toBe('403 permission_denied null');
    expect((await manage('GET', 'prompts', undefined, admin.key)).status).toBe(200);
    expect(codeOf(await manage('GET', 'organizations', undefined, admin.key))).toBe(
      '403 permission_denied null',
    );
    expect(codeOf(await manage('POST', 'keys', { name: 'x', role: 'operator' }, admin.key))).toBe(
      '403 permission_denied null',
    );
    expect(codeOf(await manage('GET', 'keys?organization_id=other', undefined, admin.key))).toBe(
      '403 permission_denied null',
    );
    expect(codeOf(await manage('GET', 'me', undefined, 'plak-wrong'))).toBe('401 authentication_failed null');
  });

  test('an organization is made, changed, and removed with all it owns', async () => {
    const made = await create('organizations', {
      id: 'acme',
      name: 'Acme',
      limits: { max_active_sessions: 3 },
    });
    expect(made).toMatchObject({
      id: 'acme',
      limits: { max_active_sessions: 3, max_minutes_per_month: null },
    });
    expect(codeOf(await manage('POST', 'organizations', { id: 'acme', name: 'Again' }))).toBe(
      '409 in_use id',
    );
    expect(codeOf(await manage('POST', 'organizations', { id: 'No Name!', name: 'x' }))).toBe(
      '400 invalid id',
    );
    const key = await create('keys?organization_id=acme', { name: 'acme', role: 'admin' });
    await create('prompts', { name: 'Ours', system_prompt: 'x' }, key.key);
    const changed = await manage('PATCH', 'organizations/acme', { limits: { max_minutes_per_session: 5 } });
    expect(changed.body.limits).toMatchObject({ max_active_sessions: null, max_minutes_per_session: 5 });
    expect((await manage('DELETE', 'organizations/acme')).status).toBe(204);
    expect((await manage('GET', 'prompts', undefined, key.key)).status).toBe(401);
    expect(codeOf(await manage('DELETE', 'organizations/default'))).toBe('409 in_use null');
  });
});

describe('what is assigned to whom', () => {
  let theirs: Json;
  let prompt: Json;
  beforeAll(async () => {
    await create('organizations', { id: 'theirs', name: 'Theirs' });
    theirs = await create('keys?organization_id=theirs', { name: 'theirs', role: 'admin' });
    prompt = await create('prompts', { name: 'Ours', system_prompt: 'Be kind.', intro_message: 'Hi!' });
  });
  const session = (key: string, fields: object) =>
    call('POST', '/api/v1/session/', { capability: ['LLM'], ...fields }, key);

  // keeps: perso-1.3-not-in-organization
  test('another organization neither sees nor uses it', async () => {
    expect((await call('GET', '/api/v1/prompt/', undefined, theirs.key)).body).toEqual([]);
    expect(codeOf(await session(theirs.key, { prompt: prompt.prompt_id }))).toBe(
      '400 not_in_organization prompt',
    );
    expect(codeOf(await session(theirs.key, { prompt: 'plp-none' }))).toBe('400 does_not_exist prompt');
    expect(codeOf(await manage('GET', `prompts/${prompt.prompt_id}`, undefined, theirs.key))).toBe(
      '404 not_found null',
    );
  });

  test('lent, it is seen and used but not changed; taken back, it is gone', async () => {
    const path = `prompts/${prompt.prompt_id}`;
    expect((await manage('PUT', `${path}/organizations/theirs`)).status).toBe(204);
    expect((await manage('GET', `${path}/organizations`)).body).toEqual({ organizations: ['theirs'] });
    expect((await call('GET', '/api/v1/prompt/', undefined, theirs.key)).body).toMatchObject([
      { name: 'Ours' },
    ]);
    expect((await session(theirs.key, { prompt: prompt.prompt_id })).status).toBe(201);
    expect(codeOf(await manage('PATCH', path, { name: 'Mine' }, theirs.key))).toBe(
      '403 permission_denied null',
    );
    expect(codeOf(await manage('DELETE', path, undefined, theirs.key))).toBe('403 permission_denied null');
    expect((await manage('DELETE', `${path}/organizations/theirs`)).status).toBe(204);
    expect(codeOf(await session(theirs.key, { prompt: prompt.prompt_id }))).toBe(
      '400 not_in_organization prompt',
    );
    expect(codeOf(await manage('PUT', `${path}/organizations/nobody`))).toBe('404 not_found null');
  });

  // keeps: perso-1.3-feature
  test('an organization without a feature does not list it, and is told it is not found', async () => {
    await manage('PATCH', 'organizations/theirs', { features: { llm_types: ['gpt-4'], tts_types: [] } });
    const names = (await call('GET', '/api/v1/settings/llm_type/', undefined, theirs.key)).body;
    expect(names.map(({ name }: Json) => name)).toEqual(['gpt-4']);
    expect((await call('GET', '/api/v1/settings/tts_type/', undefined, theirs.key)).body).toEqual([]);
    const refused = await session(theirs.key, { llm_type: 'gpt-35' });
    expect(codeOf(refused)).toBe('400 invalid llm_type');
    expect(refused.body.detail).toMatch(/ not found$/);
    expect((await session(theirs.key, { llm_type: 'gpt-4' })).status).toBe(201);
  });
});

describe('prompts', () => {
  // keeps: perso-1-prompt-id, perso-3.1-prompts
  test('are made, changed in part, read by clients, and removed', async () => {
    const made = await create('prompts', {
      name: 'Guide',
      system_prompt: 'You guide.',
      require_document: true,
    });
    expect(made).toMatchObject({ intro_message: '', description: '', require_document: true });
    expect(made.prompt_id).toMatch(/^plp-[0-9a-f]{32}$/);
    const changed = await manage('PATCH', `prompts/${made.prompt_id}`, { intro_message: 'Welcome.' });
    expect(changed.body).toMatchObject({ name: 'Guide', intro_message: 'Welcome.', require_document: true });
    const listed = (await call('GET', '/api/v1/prompt/')).body.find(
      ({ prompt_id }: Json) => prompt_id === made.prompt_id,
    );
    expect(listed).toMatchObject({ title: 'Guide', content: 'You guide.', require_document: true });
    expect((await manage('DELETE', `prompts/${made.prompt_id}`)).status).toBe(204);
    expect((await manage('GET', `prompts/${made.prompt_id}`)).status).toBe(404);
  });

  test.each([
    [{}, '400 required name'],
    [{ name: '', system_prompt: 'x' }, '400 blank name'],
    [{ name: 'x', system_prompt: 5 }, '400 invalid system_prompt'],
    [{ name: 'x'.repeat(300), system_prompt: '' }, '400 max_length name'],
  ])('%j is refused', async (body, expected) => {
    expect(codeOf(await manage('POST', 'prompts', body))).toBe(expected);
  });
});

describe('backgrounds', () => {
  const png = () => {
    const canvas = createCanvas(64, 48);
    canvas.getContext('2d').fillRect(0, 0, 64, 48);
    return new File([new Uint8Array(canvas.toBuffer('image/png'))], 'wall.png', { type: 'image/png' });
  };

  // keeps: perso-3.1-background-images
  test('a picture is kept as WebP and served to any page', async () => {
    const made = await create('backgrounds', form({ image: png() }));
    expect(made).toMatchObject({ title: 'wall.png', media_type: 'image/webp' });
    const response = await fetch(made.image);
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const tag = response.headers.get('etag') ?? '';
    expect((await fetch(made.image, { headers: { 'if-none-match': tag } })).status).toBe(304);
    const listed = (await call('GET', '/api/v1/background_image/')).body;
    expect(listed.map(({ backgroundimage_id }: Json) => backgroundimage_id)).toContain(
      made.backgroundimage_id,
    );
    expect((await manage('DELETE', `backgrounds/${made.backgroundimage_id}`)).status).toBe(204);
    expect((await fetch(made.image)).status).toBe(404);
  });

  test('what is no picture is refused', async () => {
    const script = new File(['<svg><script>alert(1)</script></svg>'], 'a.svg', { type: 'image/svg+xml' });
    expect(codeOf(await manage('POST', 'backgrounds', form({ image: script })))).toBe('400 invalid image');
    expect(codeOf(await manage('POST', 'backgrounds', form({ title: 'x' })))).toBe('400 required image');
    expect(codeOf(await manage('POST', 'backgrounds', { image: 'x' }))).toBe(
      '415 unsupported_media_type null',
    );
  });
});

describe('rule sets', () => {
  const rules = 'locale,kind,pattern,replacement\nen,literal,SQL,sequel\n,regex,v(\\d+),version $1\n';

  // keeps: perso-3.1-normalizations, perso-3.1-normalization-download
  test('are checked, tried, changed, and downloaded by clients through a link that expires', async () => {
    const made = await create('normalizations', { name: 'Tech', rules });
    expect(made.rule_count).toBe(2);
    const id = made.textnormalizationconfig_id;
    expect((await manage('POST', `normalizations/${id}/try`, { text: 'SQL v2', locale: 'en' })).body).toEqual(
      {
        normalized_text: 'sequel version 2',
        locale: 'en',
      },
    );
    const listed = (await call('GET', '/api/v1/settings/text_normalization_config/')).body;
    expect(listed).toContainEqual({
      textnormalizationconfig_id: id,
      name: 'Tech',
      created_at: expect.stringMatching(/Z$/),
    });
    const download = (await call('GET', `/api/v1/settings/text_normalization_config/${id}/download/`)).body;
    expect(download).toMatchObject({ config_id: id, config_name: 'Tech' });
    const file = await fetch(download.file_url);
    expect(file.headers.get('content-type')).toContain('text/csv');
    expect(await file.text()).toBe(rules);
    const tag = file.headers.get('etag') ?? '';
    expect((await fetch(download.file_url, { headers: { 'if-none-match': tag } })).status).toBe(304);
    await manage('PATCH', `normalizations/${id}`, { rules: `${rules}en,literal,a,b\n` });
    expect((await fetch(download.file_url, { headers: { 'if-none-match': tag } })).status).toBe(200);
    for (const bad of [
      '',
      '?expires=1&signature=x',
      download.file_url.replace(/expires=\d+/, 'expires=99999999999'),
    ]) {
      const url = bad.startsWith('http') ? bad : download.file_url.replace(/\?.*/, bad);
      expect((await fetch(url)).status).toBe(403);
    }
    expect((await call('GET', '/api/v1/settings/text_normalization_config/none/download/')).status).toBe(404);
  });

  test('a rule that cannot be used is refused with its line', async () => {
    const bad = await manage('POST', 'normalizations', {
      name: 'x',
      rules: 'locale,kind,pattern,replacement\nen,regex,(a)\\1,b',
    });
    expect(codeOf(bad)).toBe('400 invalid rules');
    expect(bad.body.detail).toContain('Line 2');
  });

  // keeps: perso-3.2-locale-off, perso-3.4-locale, perso-3.5-text
  test('change what is spoken and what is recognised, and the reply says both', async () => {
    const made = await create('normalizations', {
      name: 'Say',
      rules: `${rules}en,literal,hello,good day\n`,
    });
    const id = made.textnormalizationconfig_id;
    const open = async (fields: object) =>
      (await call('POST', '/api/v1/session/', { capability: ['TTS', 'STT'], tts_type: 'yuri', ...fields }))
        .body.session_id;
    const speak = async (session: string, text: string) => {
      vendor.spoken.length = 0;
      const reply = (await call('POST', `/api/v1/session/${session}/tts/`, { text })).body;
      return { said: vendor.spoken.join(' '), locale: reply.locale, normalized: reply.normalized_text };
    };
    const session = await open({ text_normalization_config: id, stt_text_normalization_config: id });
    const info = (await call('GET', `/api/v1/session/${session}/`)).body;
    expect(info.text_normalization_config).toMatchObject({ textnormalizationconfig_id: id, name: 'Say' });
    expect(await speak(session, 'The SQL is v2.')).toEqual({
      said: 'The sequel is version 2.',
      locale: 'en',
      normalized: 'The sequel is version 2.',
    });
    const off = await open({ text_normalization_config: id, text_normalization_locale: null });
    expect((await call('GET', `/api/v1/session/${off}/`)).body.text_normalization_locale).toBeNull();
    expect((await speak(off, 'The SQL.')).normalized).toBe('The SQL.');
    const korean = await open({ text_normalization_config: id, text_normalization_locale: 'ko' });
    expect((await speak(korean, 'The SQL v2.')).normalized).toBe('The SQL version 2.');

    const wav: Json = await (
      await fetch(`${server.url}/api/v1/session/${session}/tts/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: 'Hello.' }),
      })
    ).json();
    const audio = new File([Buffer.from(wav.audio, 'base64')], 'recording.wav', { type: 'audio/wav' });
    const heard = await call('POST', `/api/v1/session/${session}/stt/`, form({ audio, language: 'en' }));
    expect(heard.body).toEqual({ text: 'hello', locale: 'en', normalized_text: 'good day' });
  });
});

describe('tool servers', () => {
  // keeps: perso-3.1-mcp-types
  test('keep their headers sealed, and are listed for clients without them', async () => {
    const made = await create('mcp-servers', {
      name: 'Tools',
      url: 'https://tools.example/mcp',
      headers: { Authorization: 'Bearer top-secret' },
      server_timeout_sec: 5,
    });
    expect(made).toMatchObject({ header_names: ['authorization'], transport_protocol: 'streamable_http' });
    expect(JSON.stringify(made)).not.toContain('top-secret');
    const listed = (await call('GET', '/api/v1/settings/mcp_type/')).body;
    expect(listed).toContainEqual(
      expect.objectContaining({
        mcpserver_id: made.mcpserver_id,
        url: 'https://tools.example/mcp',
        server_timeout_sec: 5,
      }),
    );
    const renamed = await manage('PATCH', `mcp-servers/${made.mcpserver_id}`, { name: 'Toolbox' });
    expect(renamed.body).toMatchObject({
      name: 'Toolbox',
      header_names: ['authorization'],
      server_timeout_sec: 5,
    });
  });

  test.each([
    [{ url: 'ftp://x' }, '400 invalid url'],
    [{ url: 'no url' }, '400 invalid url'],
    [{ url: 'https://user:password@x.example/' }, '400 invalid url'],
    [{ url: 'https://x.example', headers: { 'bad name': 'x' } }, '400 invalid headers'],
    [{ url: 'https://x.example', transport_protocol: 'stdio' }, '400 invalid_choice transport_protocol'],
    [{ url: 'https://x.example', server_timeout_sec: 0 }, '400 min_value server_timeout_sec'],
  ])('%j is refused', async (fields, expected) => {
    expect(codeOf(await manage('POST', 'mcp-servers', { name: 'x', ...fields }))).toBe(expected);
  });

  test('one in the private network is not contacted', async () => {
    const made = await create('mcp-servers', { name: 'Inside', url: `${server.url}/healthz` });
    const checked = (await manage('POST', `mcp-servers/${made.mcpserver_id}/check`)).body;
    expect(checked).toMatchObject({ reachable: false, tools: [] });
    expect(checked.problem).toContain('VISAVOX_PRIVATE_URLS');
  });
});

describe('documents', () => {
  const text = (words: string, name = 'notes.md') => new File([words], name, { type: 'text/markdown' });
  const ready = async (id: string): Promise<Json> => {
    for (;;) {
      const { body } = await manage('GET', `documents/${id}`);
      if (body.state === 'ready' || body.state === 'failed') return body;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  // keeps: perso-3.1-documents
  test('are processed, found by their words, listed for clients and downloaded through a signed link', async () => {
    const made = await create(
      'documents',
      form({
        file: text('# Museum\n\nThe museum opens at nine.\n\n# 입장\n\n입장료는 만이천원입니다.'),
        title: 'Museum facts',
        search_count: '2',
      }),
    );
    expect(made).toMatchObject({
      title: 'Museum facts',
      file_name: 'notes.md',
      search_count: 2,
      ef_search: null,
    });
    expect(await ready(made.document_id)).toMatchObject({
      state: 'ready',
      processed: true,
      processed_v2: true,
    });
    const search = async (query: string) =>
      (await manage('GET', `documents/${made.document_id}/passages?query=${encodeURIComponent(query)}`)).body
        .items;
    expect((await search('When does the museum open?'))[0].content).toContain('nine');
    expect((await search('입장료가 얼마예요?'))[0].content).toContain('만이천원');
    const listed = (await call('GET', '/api/v1/document/')).body.find(
      ({ document_id }: Json) => document_id === made.document_id,
    );
    expect(listed).toMatchObject({ title: 'Museum facts', processed: true, processed_v2: true });
    const file = await fetch(listed.file);
    expect(file.headers.get('content-disposition')).toContain('attachment');
    expect(await file.text()).toContain('nine');
    expect((await fetch(listed.file.replace(/\?.*/, ''))).status).toBe(403);

    // The passages reach the model, and the record of the turn.
    const session = (
      await call('POST', '/api/v1/session/', { capability: ['LLM'], document: made.document_id })
    ).body.session_id;
    vendor.calls.length = 0;
    await call('POST', `/api/v1/session/${session}/llm/`, { message: 'When does the museum open?' });
    expect(JSON.stringify(vendor.calls[0]?.prompt)).toContain('opens at nine');
    const [turn] = (await manage('GET', `sessions/${session}/turns`)).body.items;
    expect(turn).toMatchObject({ question: 'When does the museum open?', outcome: 'finished' });
    expect(turn.passages[0]).toMatchObject({ document_id: made.document_id, position: 0 });
  });

  test('a file that cannot be read says why', async () => {
    const made = await create('documents', form({ file: new File(['%PDF-1.7 broken'], 'a.pdf') }));
    const failed = await ready(made.document_id);
    expect(failed).toMatchObject({ state: 'failed', processed: false });
    expect(failed.failure.length).toBeGreaterThan(20);
  });

  test.each<[string, () => FormData, string]>([
    ['nothing', () => form({ title: 'x' }), '400 required file'],
    ['an empty file', () => form({ file: text('') }), '400 blank file'],
    [
      'a picture',
      () => form({ file: new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)], 'a.pdf') }),
      '415 unsupported_media_type file',
    ],
    ['a wrong count', () => form({ file: text('x'), search_count: '0' }), '400 min_value search_count'],
    ['a private address', () => form({ url: `${server.url}/docs` }), '400 invalid url'],
    ['a strange address', () => form({ url: 'file:///etc/passwd' }), '400 invalid url'],
  ])('%s is refused', async (_name, body, expected) => {
    expect(codeOf(await manage('POST', 'documents', body()))).toBe(expected);
  });
});

describe('session templates', () => {
  // keeps: perso-2.11-shape, perso-2.11-not-null, perso-3.1-templates, perso-2.10-objects
  test('are used by clients as the contract says, and protect what they need', async () => {
    const prompt = await create('prompts', { name: 'For a template', system_prompt: 'x' });
    const settings = {
      name: 'Front desk',
      prompt: prompt.prompt_id,
      model_style: 'yuri-front_natural',
      llm_type: 'gpt-4',
      padding_top: 0.25,
      extra_data: { desk: 1 },
    };
    const made = await create('templates', settings);
    expect(made).toMatchObject({
      problems: [],
      last_used_at: null,
      capability: ['STF_WEBRTC', 'LLM', 'TTS', 'STT'],
    });
    const id = made.sessiontemplate_id;
    const template = (await call('GET', `/api/v1/session_template/${id}/`)).body;
    expect(template).toMatchObject({
      name: 'Front desk',
      model_style: { name: 'yuri-front_natural', platform_type: 'webrtc' },
      prompt: { prompt_id: prompt.prompt_id },
      llm_type: { name: 'gpt-4' },
      tts_type: { name: 'yuri' },
      stt_type: { name: 'default' },
      document: null,
      mcp_servers: [],
      padding_top: 0.25,
      padding_left: null,
      extra_data: { desk: 1 },
    });
    expect(template.capability[0]).toEqual({ name: 'STF_WEBRTC', description: expect.any(String) });
    expect(template.last_used_at).not.toBeNull();
    expect((await call('GET', '/api/v1/session_template/')).body.map(({ name }: Json) => name)).toContain(
      'Front desk',
    );
    const refused = await manage('DELETE', `prompts/${prompt.prompt_id}`);
    expect(codeOf(refused)).toBe('409 in_use null');
    expect(refused.body.detail).toContain(id);

    const patched = await manage('PATCH', `templates/${id}`, { padding_top: null, llm_type: 'gpt-4o' });
    expect(patched.body).toMatchObject({ padding_top: null, llm_type: 'gpt-4o', name: 'Front desk' });
    expect((await manage('DELETE', `templates/${id}`)).status).toBe(204);
    expect((await manage('DELETE', `prompts/${prompt.prompt_id}`)).status).toBe(204);
    expect((await call('GET', `/api/v1/session_template/${id}/`)).status).toBe(404);
  });

  // keeps: perso-2.11-not-null
  test('a template that lost what it needs is not listed, and says what is missing', async () => {
    await create('organizations', { id: 'lender', name: 'Lender' });
    const lender = await create('keys?organization_id=lender', { name: 'lender', role: 'admin' });
    const prompt = await create('prompts', { name: 'Lent', system_prompt: 'x' }, lender.key);
    await manage('PUT', `prompts/${prompt.prompt_id}/organizations/default`);
    const made = await create('templates', {
      name: 'Will break',
      prompt: prompt.prompt_id,
      model_style: 'yuri-front_natural',
    });
    await manage('DELETE', 'organizations/lender');
    const id = made.sessiontemplate_id;
    expect((await manage('GET', `templates/${id}`)).body.problems).toEqual([
      `Prompt ${prompt.prompt_id} does not exist.`,
    ]);
    expect(codeOf(await call('GET', `/api/v1/session_template/${id}/`))).toBe('400 does_not_exist prompt');
    expect((await call('GET', '/api/v1/session_template/')).body.map(({ name }: Json) => name)).not.toContain(
      'Will break',
    );
    expect((await manage('DELETE', `templates/${id}`)).status).toBe(204);
  });

  test.each([
    [{ prompt: 'plp-none' }, '400 does_not_exist prompt'],
    [{ model_style: 'nobody' }, '400 does_not_exist model_style'],
    [{ mcp_servers: ['none'] }, '400 does_not_exist mcp_servers'],
    [{ capability: ['DANCE'] }, '400 invalid_choice capability.0'],
    [{ padding_left: 9 }, '400 max_value padding_left'],
  ])('%j is refused', async (fields, expected) => {
    const [prompt] = (await call('GET', '/api/v1/prompt/')).body;
    const body = { name: 'x', prompt: prompt.prompt_id, model_style: 'yuri-front_natural', ...fields };
    expect(codeOf(await manage('POST', 'templates', body))).toBe(expected);
  });
});

describe('sessions', () => {
  // keeps: perso-3.3-list, perso-3.3-delete
  test('are listed in pages, newest first, and ended', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      ids.push((await call('POST', '/api/v1/session/', { capability: ['LLM'] })).body.session_id);
    }
    const first = (await manage('GET', 'sessions?limit=2')).body;
    expect(first.items.map(({ session_id }: Json) => session_id)).toEqual([ids[2], ids[1]]);
    const second = (await manage('GET', `sessions?limit=2&before=${first.next}`)).body;
    expect(second.items[0].session_id).toBe(ids[0]);
    expect((await call('GET', '/api/v1/session/?limit=1')).body.results[0].session_id).toBe(ids[2]);
    expect(codeOf(await manage('GET', 'sessions?limit=nine'))).toBe('400 invalid limit');
    expect(codeOf(await manage('GET', 'sessions?before=none'))).toBe('400 does_not_exist before');
    await call('POST', `/api/v1/session/${ids[0]}/event/create/`, { event: 'SESSION_LOG', detail: 'hello' });
    expect((await manage('GET', `sessions/${ids[0]}/events`)).body.items).toMatchObject([
      { event: 'SESSION_LOG', detail: 'hello', terminate: false },
    ]);
    expect((await call('DELETE', `/api/v1/session/${ids[0]}/`)).status).toBe(204);
    expect((await manage('DELETE', `sessions/${ids[1]}`)).status).toBe(204);
    for (const id of ids.slice(0, 2)) {
      expect((await call('GET', `/api/v1/session/${id}/`)).body).toMatchObject({
        status: 'TERMINATED',
        termination_reason: 'GRACEFUL_TERMINATION',
      });
    }
  });

  test('usage counts them', async () => {
    expect((await manage('GET', 'usage')).body).toMatchObject({
      organization_id: 'default',
      active_sessions: expect.any(Number),
      minutes_this_month: expect.any(Number),
      limits: { max_active_sessions: null },
    });
  });
});

test('the OpenAPI file describes every operation, and its page names them', async () => {
  const document = (await call('GET', '/openapi/manage.json')).body;
  expect(Object.keys(document.paths)).toContain('/manage/v1/documents/{id}/passages');
  expect(document.paths['/manage/v1/prompts'].post.security.length).toBeGreaterThan(0);
  expect((await call('GET', '/docs/manage')).body).toContain('/manage/v1/mcp-servers/{id}/check');
});
