import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, DoesNotExistError, NotInOrganizationError, SessionCreationError } from '../errors.ts';
import { apiErrorResponse, createFakeFetch, type FakeFetch } from '../testing/fake-fetch.ts';
import { type CreateSessionId, makeCreateSessionId } from './create-session-id.ts';

const base = 'https://a.example';
const minimal = { using_stf_webrtc: true, model_style: 'm', prompt: 'p' };

const template = {
  sessiontemplate_id: 't1',
  name: 'n',
  description: null,
  prompt: { prompt_id: 'p', name: 'p', system_prompt: 's' },
  capability: [{ name: 'STF_WEBRTC' }, { name: 'LLM' }, { name: 'TTS' }],
  document: { document_id: 'd' },
  llm_type: { name: 'llm' },
  tts_type: { name: 'tts', service: 's' },
  stt_type: { name: 'stt', service: 's' },
  text_normalization_config: { textnormalizationconfig_id: 'tn' },
  text_normalization_locale: null,
  stt_text_normalization_config: null,
  stt_text_normalization_locale: 'ko',
  model_style: { name: 'm', model: 'm', model_files: [], style: 's', platform_type: 'webrtc', configs: [] },
  background_image: { backgroundimage_id: 'b' },
  agent: 'a',
  padding_left: null,
  padding_top: 0.5,
  padding_height: 0,
  extra_data: { x: 1 },
  mcp_servers: [{ mcpserver_id: 'mcp1' }],
  created_at: '',
  last_used_at: null,
};

let fake: FakeFetch;
let onCall: ReturnType<typeof vi.fn<() => void>>;
let createSessionId: CreateSessionId;

beforeEach(() => {
  fake = createFakeFetch();
  fake.on('/api/v1/session/', () => Response.json({ session_id: 's1' }, { status: 201 }));
  fake.on('/session_template/t1/', () => Response.json(template));
  onCall = vi.fn<() => void>();
  createSessionId = makeCreateSessionId({ fetch: fake.fetch, noMcpServers: 'empty-list', onCall });
});

describe('from explicit options', () => {
  // keeps: sdk-8.2-forms
  it('works in both forms', async () => {
    expect(await createSessionId({ apiKey: 'k', params: minimal, apiServer: `${base}/` })).toBe('s1');
    expect(await createSessionId(` ${base} `, 'k', minimal)).toBe('s1');
    expect(await createSessionId({ apiKey: 'k', params: minimal })).toBe('s1');
    expect(fake.calls.map(({ url }) => url)).toEqual([
      `${base}/api/v1/session/`,
      `${base}/api/v1/session/`,
      'https://platform.perso.ai/api/v1/session/',
    ]);
    expect(fake.calls[0]).toMatchObject({
      method: 'POST',
      headers: { 'PersoLive-APIKey': 'k', 'Content-Type': 'application/json' },
    });
    expect(onCall).toHaveBeenCalledTimes(3);
  });

  // keeps: sdk-8.3.1-body
  it.each([
    [minimal, ['STF_WEBRTC']],
    [{ ...minimal, using_stf_webrtc: false }, []],
    [{ ...minimal, stt_type: 's', tts_type: 't', llm_type: 'l' }, ['STF_WEBRTC', 'LLM', 'TTS', 'STT']],
    [{ ...minimal, llm_type: '' }, ['STF_WEBRTC']],
    [{ ...minimal, llm_type: 'l', capability: ['TTS', 'LLM'] }, ['TTS', 'LLM', 'STF_WEBRTC']],
  ])('derives the capabilities of %j', async (params, capability) => {
    const before = structuredClone(params);
    await createSessionId(base, 'k', params);
    expect(fake.calls[0]?.body).toEqual({ ...params, capability });
    expect(Object.keys(fake.calls[0]?.body as object)[0]).toBe('capability');
    expect(params).toEqual(before);
  });

  it('sends every own field, null included', async () => {
    const params = {
      ...minimal,
      text_normalization_locale: null,
      padding_left: -0.5,
      mcp_servers: [],
      extra: 1,
    };
    await createSessionId(base, 'k', params);
    expect(fake.calls[0]?.body).toEqual({ capability: ['STF_WEBRTC'], ...params });
  });
});

describe('from a template', () => {
  // keeps: sdk-8.3.1-template
  it('maps the fields', async () => {
    expect(await createSessionId({ apiKey: 'k', sessionTemplateId: 't1', apiServer: base })).toBe('s1');
    expect(fake.calls.map(({ url }) => url)).toEqual([
      `${base}/api/v1/session_template/t1/`,
      `${base}/api/v1/session/`,
    ]);
    expect(fake.calls[1]?.body).toEqual({
      capability: ['STF_WEBRTC', 'LLM', 'TTS'],
      using_stf_webrtc: true,
      model_style: 'm',
      prompt: 'p',
      document: 'd',
      background_image: 'b',
      mcp_servers: ['mcp1'],
      llm_type: 'llm',
      tts_type: 'tts',
      text_normalization_config: 'tn',
      text_normalization_locale: null,
      stt_text_normalization_locale: 'ko',
      padding_top: 0.5,
      padding_height: 0,
    });
  });

  it('works in positions, and wins over params', async () => {
    await createSessionId(base, 'k', 't1');
    const both = { apiKey: 'k', sessionTemplateId: 't1', params: minimal };
    await createSessionId(both);
    expect(fake.callsTo('/session_template/t1/')).toHaveLength(2);
  });

  // keeps: sdk-8.3.1-template
  it('says that there are no MCP servers, or nothing', async () => {
    fake.on('/session_template/t1/', () => Response.json({ ...template, mcp_servers: [] }));
    await createSessionId(base, 'k', 't1');
    await makeCreateSessionId({ fetch: fake.fetch, noMcpServers: 'omit' })(base, 'k', 't1');
    const [client, server] = fake.callsTo('/api/v1/session/').map(({ body }) => body);
    expect(client).toHaveProperty('mcp_servers', []);
    expect(server).not.toHaveProperty('mcp_servers');
  });

  // keeps: sdk-8.3.1-platform
  it.each(['unreal', undefined])('refuses the platform type %s', async (platform_type) => {
    fake.on('/session_template/t1/', () =>
      Response.json({ ...template, model_style: { ...template.model_style, platform_type } }),
    );
    const error = await createSessionId(base, 'k', 't1').catch((reason: Error) => reason);
    expect(error).toEqual(
      new Error(`SessionTemplate "t1" uses platform_type "${platform_type}", but only "webrtc" is supported`),
    );
    expect(error).not.toBeInstanceOf(ApiError);
    expect(fake.callsTo('/api/v1/session/')).toEqual([]);
  });
});

describe('failures', () => {
  // keeps: sdk-8.3.1-errors
  it.each([
    ['does_not_exist', DoesNotExistError],
    ['not_in_organization', NotInOrganizationError],
    ['invalid', SessionCreationError],
  ])('turns %s into its class, in either request', async (code, expected) => {
    fake.on('/api/v1/session/', () => apiErrorResponse(400, code, 'x', 'prompt'));
    const error = await createSessionId(base, 'k', minimal).catch((reason) => reason);
    expect(error.constructor).toBe(expected);
    expect(error).toMatchObject({ errorCode: 400, code, detail: 'x', attr: 'prompt' });
    fake.on('/session_template/t1/', () => apiErrorResponse(404, code, 'x'));
    const second = await createSessionId(base, 'k', 't1').catch((reason) => reason);
    expect(second.constructor).toBe(expected);
  });

  it('passes on network and parse failures', async () => {
    fake.on('/api/v1/session/', () => Promise.reject(new TypeError('offline')));
    await expect(createSessionId(base, 'k', minimal)).rejects.toThrow(new TypeError('offline'));
    fake.on('/api/v1/session/', () => new Response('<html>', { status: 502 }));
    await expect(createSessionId(base, 'k', minimal)).rejects.toBeInstanceOf(SyntaxError);
  });
});
