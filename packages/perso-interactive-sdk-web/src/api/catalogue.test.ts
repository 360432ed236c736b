import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { apiErrorResponse, createFakeFetch, type FakeFetch } from '../testing/fake-fetch.ts';
import * as catalogue from './catalogue.ts';
import { PersoUtilServer } from './perso-util-server.ts';
import { getIntroMessage, getSessionTemplate } from './server-only.ts';

const base = 'https://a.example';

let fake: FakeFetch;

beforeEach(() => {
  fake = createFakeFetch();
  vi.stubGlobal('fetch', fake.fetch);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const lists = [
  ['getLLMs', catalogue.getLLMs, '/api/v1/settings/llm_type/'],
  ['getTTSs', catalogue.getTTSs, '/api/v1/settings/tts_type/'],
  ['getSTTs', catalogue.getSTTs, '/api/v1/settings/stt_type/'],
  ['getModelStyles', catalogue.getModelStyles, '/api/v1/settings/modelstyle/?platform_type=webrtc'],
  ['getBackgroundImages', catalogue.getBackgroundImages, '/api/v1/background_image/'],
  ['getPrompts', catalogue.getPrompts, '/api/v1/prompt/'],
  ['getDocuments', catalogue.getDocuments, '/api/v1/document/'],
  ['getMcpServers', catalogue.getMcpServers, '/api/v1/settings/mcp_type/'],
  ['getTextNormalizations', catalogue.getTextNormalizations, '/api/v1/settings/text_normalization_config/'],
  ['getSessionTemplates', catalogue.getSessionTemplates, '/api/v1/session_template/'],
] as const;

describe.each(lists)('%s', (name, getList, path) => {
  // keeps: sdk-8.3-lists, sdk-8.2-forms
  it('reads the list in every form', async () => {
    fake.on(path, () => Response.json([{ name }]));
    expect(await getList({ apiKey: 'k', apiServer: ` ${base}/ ` })).toEqual([{ name }]);
    expect(await getList(`${base}/`, 'k')).toEqual([{ name }]);
    expect(await PersoUtilServer[name](base, 'k')).toEqual([{ name }]);
    await getList({ apiKey: 'k' });
    expect(fake.calls.map(({ url }) => url)).toEqual([
      ...Array(3).fill(base + path),
      `https://platform.perso.ai${path}`,
    ]);
    for (const { method, headers } of fake.calls) {
      expect(method).toBe('GET');
      expect(headers).toEqual({ 'PersoLive-APIKey': 'k' });
    }
  });

  it('reports a refusal', async () => {
    fake.on(path, () => apiErrorResponse(401, 'authentication_failed', 'Wrong key'));
    await expect(getList({ apiKey: 'k' })).rejects.toMatchObject({
      errorCode: 401,
      message: '401:Wrong key',
    });
  });
});

// keeps: sdk-8.3.3-util-server
it('PersoUtilServer uses the base URL as given', async () => {
  await PersoUtilServer.getPrompts(`${base}/`, 'k').catch(() => undefined);
  expect(fake.calls[0]?.url).toBe(`${base}//api/v1/prompt/`);
});

it('getTextNormalization', async () => {
  const path = '/api/v1/settings/text_normalization_config/c1/download/';
  fake.on(path, () => Response.json({ config_id: 'c1', config_name: 'n', file_url: 'u' }));
  const expected = { config_id: 'c1', config_name: 'n', file_url: 'u' };
  expect(await catalogue.getTextNormalization({ apiKey: 'k', configId: 'c1', apiServer: base })).toEqual(
    expected,
  );
  expect(await catalogue.getTextNormalization(base, 'k', 'c1')).toEqual(expected);
  expect(await PersoUtilServer.downloadTextNormalization(base, 'k', 'c1')).toEqual(expected);
});

describe('getAllSettings', () => {
  // keeps: sdk-8.3-all-settings
  it('reads nine lists, without templates', async () => {
    for (const [name, , path] of lists) fake.on(path, () => Response.json([name]));
    expect(await catalogue.getAllSettings({ apiKey: 'k', apiServer: base })).toEqual({
      llms: ['getLLMs'],
      ttsTypes: ['getTTSs'],
      sttTypes: ['getSTTs'],
      modelStyles: ['getModelStyles'],
      backgroundImages: ['getBackgroundImages'],
      prompts: ['getPrompts'],
      documents: ['getDocuments'],
      mcpServers: ['getMcpServers'],
      textNormalizations: ['getTextNormalizations'],
    });
    expect(fake.calls).toHaveLength(9);
  });

  // keeps: sdk-8.3-all-settings
  it('does without text normalization, but without nothing else', async () => {
    for (const [, , path] of lists) fake.on(path, () => Response.json([]));
    fake.on('/text_normalization_config/', () => apiErrorResponse(404, 'not_found', 'x'));
    expect(await catalogue.getAllSettings(base, 'k')).toMatchObject({ textNormalizations: [] });
    fake.on('/document/', () => apiErrorResponse(500, 'error', 'x'));
    await expect(catalogue.getAllSettings(base, 'k')).rejects.toMatchObject({ errorCode: 500 });
  });
});

// keeps: sdk-8.3-session-info
it('getSessionInfo sends no key', async () => {
  fake.on('/api/v1/session/s%201/', () => Response.json({ status: 'CREATED' }));
  expect(await catalogue.getSessionInfo({ sessionId: 's 1', apiServer: base })).toEqual({
    status: 'CREATED',
  });
  expect(await catalogue.getSessionInfo(base, 's 1')).toEqual({ status: 'CREATED' });
  expect(fake.calls[0]?.headers).toEqual({});
});

// keeps: sdk-8.3-make-tts
it('makeTTS sends the text unchanged, and options only when given', async () => {
  fake.on('/api/v1/session/s1/tts/', () => Response.json({ audio: 'AAAA' }));
  expect(await catalogue.makeTTS({ sessionId: 's1', text: 'Hi 😀', apiServer: base })).toEqual({
    audio: 'AAAA',
  });
  await catalogue.makeTTS(base, { sessionId: 's1', text: 'Hi', locale: 'en', output_format: 'mp3' });
  await PersoUtilServer.makeTTS(base, { sessionId: 's1', text: 'Hi', locale: '', output_format: '' });
  expect(fake.calls.map(({ body }) => body)).toEqual([
    { text: 'Hi 😀' },
    { text: 'Hi', locale: 'en', output_format: 'mp3' },
    { text: 'Hi' },
  ]);
});

it('getSessionTemplate', async () => {
  fake.on('/api/v1/session_template/t1/', () => Response.json({ name: 't' }));
  expect(await getSessionTemplate({ apiKey: 'k', sessionTemplateId: 't1', apiServer: base })).toEqual({
    name: 't',
  });
  expect(await getSessionTemplate(base, 'k', 't1')).toEqual({ name: 't' });
});

// keeps: sdk-8.3-intro-message
describe('getIntroMessage', () => {
  beforeEach(() => {
    fake.on('/prompt/', () => Response.json([{ prompt_id: 'p1', intro_message: 'Welcome' }]));
  });

  it('finds the prompt', async () => {
    expect(await getIntroMessage({ apiKey: 'k', promptId: 'p1' })).toBe('Welcome');
    expect(await getIntroMessage(base, 'k', 'p1')).toBe('Welcome');
  });

  it('reports an unknown prompt', async () => {
    await expect(getIntroMessage(base, 'k', 'p2')).rejects.toMatchObject({
      message: 'Prompt (p2) not found',
      cause: 404,
    });
  });

  it('reports a refusal with its status, and passes on other failures', async () => {
    fake.on('/prompt/', () => apiErrorResponse(401, 'authentication_failed', 'Wrong key'));
    await expect(getIntroMessage(base, 'k', 'p1')).rejects.toMatchObject({
      message: 'Wrong key',
      cause: 401,
    });
    fake.on('/prompt/', () => Promise.reject(new TypeError('offline')));
    await expect(getIntroMessage(base, 'k', 'p1')).rejects.toThrow(new TypeError('offline'));
  });
});

// keeps: sdk-8.3.3-util-server
describe('PersoUtilServer in a session', () => {
  it('sends events', async () => {
    fake.on('/api/v1/session/s1/event/create/', () => Response.json({}, { status: 201 }));
    await PersoUtilServer.sessionEvent(base, 's1', 'SESSION_END');
    expect(JSON.stringify(fake.calls[0]?.body)).toBe('{"detail":"","event":"SESSION_END"}');
  });

  it('transcribes', async () => {
    fake.on('/api/v1/session/s1/stt/', () => Response.json({ text: 'a', locale: 'en' }));
    expect(await PersoUtilServer.makeSTT(base, 's1', new File(['x'], 'own.wav'), 'ko')).toEqual({
      text: 'a',
    });
    await PersoUtilServer.makeSTT(base, 's1', new Blob(['x']));
    const [first, second] = fake.calls.map(({ body }) => [...(body as FormData)]);
    expect(first).toEqual([
      ['audio', expect.objectContaining({ name: 'own.wav' })],
      ['language', 'ko'],
    ]);
    expect(second).toEqual([['audio', expect.objectContaining({ name: 'audio.wav' })]]);
  });

  it('streams an LLM answer', async () => {
    fake.on('/api/v1/session/s1/llm/v2/', () => new Response('data'));
    const reader = await PersoUtilServer.makeLLM(base, 's1', { messages: [], tools: [] });
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data');
    fake.on('/llm/v2/', () => apiErrorResponse(400, 'x', 'No LLM'));
    await expect(PersoUtilServer.makeLLM(base, 's1', { messages: [], tools: [] })).rejects.toThrow(
      '400:No LLM',
    );
  });

  it('connects', async () => {
    fake.on('/ice-servers/', () => Response.json({ ice_servers: [{ urls: 'stun:a' }] }));
    fake.on('/exchange/', () => Response.json({ server_sdp: { type: 'answer', sdp: 'b' } }));
    fake.on('/session/s1/', () => Response.json({ status: 'CREATED' }));
    expect(await PersoUtilServer.getIceServers(base, 's1')).toEqual([{ urls: 'stun:a' }]);
    expect(await PersoUtilServer.exchangeSDP(base, 's1', { type: 'offer', sdp: 'a' })).toEqual({
      type: 'answer',
      sdp: 'b',
    });
    expect(fake.calls[1]?.body).toEqual({ client_sdp: { type: 'offer', sdp: 'a' } });
    expect(await PersoUtilServer.getSessionInfo(base, 's1')).toEqual({ status: 'CREATED' });
    expect(await PersoUtilServer.parseJson(Response.json(1))).toBe(1);
  });
});
