import { type CreateSessionRequest, createSessionRequest, PlatformError } from '@visavox/contract';
import { describe, expect, test } from 'vitest';
import { createCatalogue } from '../routing/catalogue.ts';
import type { BackgroundImageRow, PromptRow } from '../store/store.ts';
import { hasCapability } from './features.ts';
import { createQuotas } from './quotas.ts';
import { createSessions, type Sessions, type SessionsOptions } from './sessions.ts';
import {
  createOrganization,
  createScriptedLog,
  createScriptedPool,
  createScriptedStore,
  createSessionRow,
} from './testing/scripted-session-parts.ts';

const prompt = (id: string, overrides: Partial<PromptRow> = {}): PromptRow => ({
  id,
  organizationId: 'ours',
  name: id,
  description: '',
  systemPrompt: '',
  introMessage: '',
  requireDocument: false,
  createdAt: new Date(0),
  ...overrides,
});
const image = (id: string, organizationId: string): BackgroundImageRow => ({
  id,
  organizationId,
  title: id,
  mediaType: 'image/png',
  createdAt: new Date(0),
});

const spoken: { text: string; voiceId: string; language: string }[] = [];
const provider: Parameters<typeof createCatalogue>[0][number] = {
  id: 'scripted',
  displayName: 'Scripted',
  synthesizer: {
    voices: [{ id: 'tone', displayName: 'Tone', languages: ['*'] }],
    async *synthesize(request) {
      spoken.push(request);
      yield { samples: new Int16Array(16), sampleRateHz: 16_000, visemes: [] };
    },
  },
  close: async () => {},
};

function create(overrides: Partial<SessionsOptions> = {}) {
  const { pool, openings } = createScriptedPool();
  const { log } = createScriptedLog();
  const stored = createScriptedStore({
    prompts: [
      prompt('plp-1'),
      prompt('plp-foreign', { organizationId: 'theirs' }),
      prompt('plp-document', { requireDocument: true }),
    ],
    images: [image('pbi-1', 'ours'), image('pbi-foreign', 'theirs')],
  });
  const sessions = createSessions({
    nodeId: 'node-1',
    store: stored.store,
    media: pool,
    catalogue: createCatalogue([provider]),
    modelStyles: [{ name: 'style', configs: {} }],
    log,
    quotas: createQuotas({ store: stored.store, defaults: {}, now: () => new Date(5000), log }),
    times: { startWindowMs: 60_000, heartbeatMs: 30_000, recoveryWindowMs: 30_000, idleMs: 0 },
    searchPassages: async () => [],
    fetch: () => Promise.reject(new Error('not scripted')),
    describeMcpServer: (row) => ({
      id: row.id,
      name: row.name,
      url: row.url,
      transport: row.transport,
      timeoutMs: 1000,
      headers: {},
    }),
    now: () => new Date(5000),
    analyse: () => [],
    decodeAudio: () => Promise.reject(new Error('not scripted')),
    ...overrides,
  });
  const make = (
    fields: Record<string, unknown> = {},
    keys = { hasCapability: true, hasUsingStfWebrtc: true },
  ) => sessions.create(createOrganization(), request(fields), keys);
  return { sessions, stored, openings, make };
}

const request = (fields: Record<string, unknown> = {}): CreateSessionRequest =>
  createSessionRequest.parse({
    capability: ['STF_WEBRTC'],
    model_style: 'style',
    prompt: 'plp-1',
    ...fields,
  });

const problemOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error('It succeeded.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PlatformError)) throw error;
  return { code: error.code, attr: error.items[0].attr };
};
const never = () => new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));
const exchange = async (sessions: Sessions, id: string) =>
  (await sessions.requireLive(id)).exchange('offer', { signal: never() });

describe('creation', () => {
  test('makes a stored row, with an id that cannot be guessed', async () => {
    const { sessions, stored, make } = create();
    const first = await make({ padding_left: 0.5, extra_data: { a: 1 } });
    const second = await make();
    expect(first).toMatchObject({
      organizationId: 'ours',
      nodeId: 'node-1',
      status: 'CREATED',
      capability: ['STF_WEBRTC'],
      legacyClient: false,
      modelStyle: 'style',
      paddingLeft: 0.5,
      extraData: { a: 1 },
      createdAt: new Date(5000),
    });
    expect(first.id).toMatch(/^[0-9a-f]{32}$/);
    expect(second.id).not.toBe(first.id);
    expect(stored.rows.get(first.id)).toEqual(first);
    expect(sessions.liveCount).toBe(2);
  });

  // keeps: perso-3.2-absent-capability
  test.each([
    [true, true, false],
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ])('capability key %s, using_stf_webrtc key %s: older client %s', async (capability, using, legacy) => {
    const { make } = create();
    const row = await make({ capability: null }, { hasCapability: capability, hasUsingStfWebrtc: using });
    expect(row).toMatchObject({ legacyClient: legacy, capability: ['STF_WEBRTC'] });
  });

  // keeps: perso-1.3-does-not-exist, perso-1.3-not-in-organization, perso-2.10-exclusive
  // keeps: perso-2.10-needs-prompt
  test.each<[Record<string, unknown>, string, string]>([
    [{ capability: ['STF_WEBRTC', 'STF_ONPREMISE'] }, 'invalid', 'capability'],
    [{ model_style: null }, 'required', 'model_style'],
    [{ capability: ['STF_ONPREMISE'], model_style: null }, 'required', 'model_style'],
    [{ prompt: null }, 'invalid', 'prompt'],
    [{ model_style: 'nobody' }, 'does_not_exist', 'model_style'],
    [{ prompt: 'plp-0' }, 'does_not_exist', 'prompt'],
    [{ prompt: 'plp-foreign' }, 'not_in_organization', 'prompt'],
    [{ prompt: 'plp-document' }, 'required', 'document'],
    [{ document: 'pld-0' }, 'does_not_exist', 'document'],
    [{ llm_type: 'gpt-35' }, 'does_not_exist', 'llm_type'],
    [{ tts_type: 'nobody' }, 'does_not_exist', 'tts_type'],
    [{ stt_type: 'nobody' }, 'does_not_exist', 'stt_type'],
    [{ background_image: 'pbi-0' }, 'does_not_exist', 'background_image'],
    [{ background_image: 'pbi-foreign' }, 'not_in_organization', 'background_image'],
    [{ mcp_servers: ['m'] }, 'does_not_exist', 'mcp_servers'],
    [{ text_normalization_config: 't' }, 'does_not_exist', 'text_normalization_config'],
    [{ stt_text_normalization_config: 't' }, 'does_not_exist', 'stt_text_normalization_config'],
  ])('%j is refused', async (fields, code, attr) => {
    const { sessions, stored, make } = create();
    expect(await problemOf(make(fields))).toEqual({ code, attr });
    expect(sessions.liveCount).toBe(0);
    expect(stored.rows.size).toBe(0);
  });

  // keeps: perso-2.10-lenient
  test.each([
    { capability: [], model_style: null, prompt: null },
    { capability: ['LLM', 'TTS'], model_style: null, prompt: null, tts_type: 'scripted-tone' },
    { capability: ['STF_ONPREMISE'], prompt: null },
    { background_image: 'pbi-1', stt_type: 'default', tts_type: 'yuri' },
  ])('%j is accepted', async (fields) => {
    const { make } = create();
    expect((await make(fields)).status).toBe('CREATED');
  });

  test('a session that cannot be stored does not exist', async () => {
    const { sessions, stored, make } = create();
    stored.script.beforeWrite = () => Promise.reject(new Error('disk full'));
    await expect(make()).rejects.toThrow('disk full');
    expect(sessions.liveCount).toBe(0);
  });
});

describe('finding', () => {
  test('live sessions show what they are now, ended ones what was stored', async () => {
    const { sessions, make } = create();
    const { id } = await make();
    const session = await sessions.requireLive(id);
    await session.recordEvent('SESSION_START', '');
    expect(await sessions.read(id)).toMatchObject({ status: 'IN_PROGRESS' });
    await session.recordEvent('SESSION_END', '');
    expect(sessions.liveCount).toBe(0);
    expect(await sessions.read(id)).toMatchObject({
      status: 'TERMINATED',
      terminationReason: 'GRACEFUL_TERMINATION',
    });
    expect(await problemOf(sessions.requireLive(id))).toMatchObject({ code: 'session_terminated' });
  });

  test('an unknown id is not_found, and the message stays short', async () => {
    const { sessions } = create();
    for (const find of [sessions.read, sessions.requireLive]) {
      expect(await problemOf(find('none'))).toMatchObject({ code: 'not_found' });
    }
    const error: unknown = await sessions.read('x'.repeat(5000)).catch((reason: unknown) => reason);
    expect(String(error).length).toBeLessThan(200);
  });
});

describe('exchange', () => {
  // keeps: perso-3.2-positioning, perso-3.2-padding
  test('gives the media the scene of the session', async () => {
    const { sessions, openings, make } = create();
    const { id } = await make({
      background_image: 'pbi-1',
      padding_left: -0.5,
      padding_top: 0.25,
      padding_height: 0,
    });
    const answer = exchange(sessions, id);
    await settled();
    await new Promise((resolve) => setImmediate(resolve));
    expect(openings[0]?.request).toEqual({
      sessionId: `${id}.1`,
      offerSdp: 'offer',
      scene: {
        modelStyle: 'style',
        placement: { left: -0.5, top: 0.25, height: 0 },
        background: Uint8Array.of(1, 2, 3),
      },
    });
    openings[0]?.answer();
    expect(await answer).toBe('answer');
  });

  test('without a picture or placement the built-in ones are used', async () => {
    const { sessions, openings, make } = create();
    const { id } = await make();
    const answer = exchange(sessions, id);
    await settled();
    await new Promise((resolve) => setImmediate(resolve));
    expect(openings[0]?.request.scene).toEqual({
      modelStyle: 'style',
      placement: { left: 0, top: 0, height: 1 },
    });
    openings[0]?.answer();
    await answer;
  });

  test('needs the capability', async () => {
    const { sessions, openings, make } = create();
    const { id } = await make({ capability: ['LLM'] });
    expect(await problemOf(exchange(sessions, id))).toEqual({
      code: 'invalid',
      attr: 'capability',
    });
    expect(openings).toEqual([]);
  });

  // keeps: perso-6.2-ttstf
  test('what is said uses the voice of the session and the language of the text', async () => {
    const { sessions, openings, make } = create();
    const { id } = await make({ tts_type: 'scripted-tone' });
    const answer = exchange(sessions, id);
    await settled();
    await new Promise((resolve) => setImmediate(resolve));
    openings[0]?.answer();
    await answer;
    spoken.length = 0;
    openings[0]?.handlers.onPacket({ type: 'ttstf', data: { message: 'Hello there. 안녕하세요.' } });
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(spoken).toMatchObject([
      { voiceId: 'tone', language: expect.stringMatching(/^en/) },
      { voiceId: 'tone', language: expect.stringMatching(/^ko/) },
    ]);
  });
});

describe('stopping', () => {
  test('ends every session, takes no new one, and may be asked twice', async () => {
    const { sessions, stored, make } = create();
    const rows = [await make(), await make()];
    await sessions.close();
    await sessions.close();
    expect(sessions.liveCount).toBe(0);
    for (const { id } of rows) {
      expect(stored.rows.get(id)).toMatchObject({
        status: 'TERMINATED',
        terminationReason: 'GRACEFUL_TERMINATION',
      });
    }
    expect(await problemOf(make())).toMatchObject({ code: 'unavailable' });
    expect(stored.rows.size).toBe(2);
  });

  test('a session that was being stored meanwhile does not stay open', async () => {
    const { sessions, stored, make } = create();
    const write = Promise.withResolvers<void>();
    stored.script.beforeWrite = () => write.promise;
    const creating = make();
    await new Promise((resolve) => setImmediate(resolve));
    await sessions.close();
    write.resolve();
    expect(await problemOf(creating)).toMatchObject({ code: 'unavailable' });
    expect(sessions.liveCount).toBe(0);
    expect([...stored.rows.values()]).toMatchObject([{ status: 'TERMINATED' }]);
  });
});

test.each([
  ['declared', { capability: ['TTS' as const] }, true],
  ['not declared', { ttsType: 'yuri' }, false],
  ['implied by the type of an older client', { ttsType: 'yuri', legacyClient: true }, true],
  ['not implied', { llmType: 'gpt-35', legacyClient: true }, false],
])('a capability that is %s', (_, row, expected) => {
  expect(hasCapability(createSessionRow({ capability: ['STF_WEBRTC'], ...row }), 'TTS')).toBe(expected);
});
