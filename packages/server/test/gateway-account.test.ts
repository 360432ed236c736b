/** Keys, vendors' keys, usage, credit, measurements and previews of the voice gateway, on the whole server. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, startTestServer } from '../src/testing.ts';
import { createGatewayVendor } from './gateway-vendor.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

const openai = createGatewayVendor('openai', { llm: ['gpt-4o', 'gpt-4o-mini'], tts: ['gpt-4o-mini-tts'] });
const deepgram = createGatewayVendor('deepgram', { stt: ['nova-3'] });
let server: RunningServer;

beforeAll(async () => {
  server = await startTestServer({ providers: [openai.provider, deepgram.provider] });
});
afterAll(() => server?.close());

async function ask(method: string, path: string, body?: object, key = server.apiKey) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    // As the published client sends it, bodies or not.
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const value: Json = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, body: value, text };
}
const complete = (key?: string) =>
  ask(
    'POST',
    '/v1/complete',
    { messages: [{ role: 'user', content: 'Hi' }], intent: { language: 'en' } },
    key,
  );
async function newKey(change: object = {}): Promise<{ readonly id: string; readonly key: string }> {
  return (await ask('POST', '/manage/v1/keys', { name: 'test', ...change })).body;
}
/** A call whose events are not read as JSON. */
async function completeOnce(key?: string): Promise<number> {
  const response = await fetch(`${server.url}/v1/complete`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key ?? server.apiKey}` },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], intent: { language: 'en' } }),
  });
  await response.text();
  return response.status;
}

/** A measurement to import. */
const row = {
  run_id: 'run-7',
  request_type: 'llm',
  provider_id: 'openai',
  model_id: 'gpt-4o',
  language: 'en',
  mode: 'streaming_sse',
  samples: 12,
  error_rate: 0.01,
  metrics: { aa_index: 99, ttft_ms: 100, price_per_m_input_usd: 0.1, price_per_m_output_usd: 0.2 },
};

describe('api keys', () => {
  test('are made, shown once, used, listed without the key, and revoked', async () => {
    const made = await ask('POST', '/v1/api-keys', { name: 'My app' });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      name: 'My app',
      keyPrefix: made.body.key.slice(0, 9),
      scopes: ['use'],
      revoked: false,
      lastUsedAt: null,
      createdAt: expect.any(String),
      key: expect.stringMatching(/^sk_live_[0-9a-f]{48}$/),
    });
    const { id, key } = made.body;
    expect(await completeOnce(key)).toBe(200);
    const listed = await ask('GET', '/v1/api-keys');
    expect(listed.text).not.toContain(key);
    expect(listed.body.find((row: Json) => row.id === id)).toMatchObject({
      name: 'My app',
      revoked: false,
      lastUsedAt: expect.any(String),
    });
    expect((await ask('DELETE', `/v1/api-keys/${id}`)).body).toEqual({ id, revoked: true });
    expect((await ask('DELETE', `/v1/api-keys/${id}`)).body).toEqual({ id, revoked: true });
    expect(await completeOnce(key)).toBe(401);
  });

  test("a client's key manages nothing; unknown keys and one's own cannot be revoked", async () => {
    const { id, key } = await newKey();
    expect(await ask('GET', '/v1/api-keys', undefined, key)).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
    expect(await ask('PUT', '/v1/providers', { provider: 'xai', apiKey: 'abcdefgh' }, key)).toMatchObject({
      status: 403,
    });
    expect(await ask('DELETE', '/v1/api-keys/key-unknown')).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
    const admin = await newKey({ role: 'admin' });
    expect(await ask('DELETE', `/v1/api-keys/${admin.id}`, undefined, admin.key)).toMatchObject({
      status: 409,
    });
    expect((await ask('POST', '/v1/api-keys', { name: '' })).body).toMatchObject({
      code: 'VALIDATION_ERROR',
      issues: [{ path: 'name' }],
    });
    expect(id).not.toBe(admin.id);
  });

  test('a budget stops the calls of its key, and only those', async () => {
    const metrics = { price_per_m_input_usd: 10_000, price_per_m_output_usd: 10_000, aa_index: 99 };
    await ask('POST', '/manage/v1/scores', { rows: [{ ...row, run_id: 'dear', metrics }] });
    const { id, key } = await newKey({ budget_usd: 0.1 });
    expect(await completeOnce(key)).toBe(200);
    expect(await completeOnce(key)).toBe(402);
    expect((await complete(key)).body).toMatchObject({
      code: 'INSUFFICIENT_CREDITS',
      error: expect.stringContaining('budget'),
    });
    expect(await completeOnce()).toBe(200);
    const listed = (await ask('GET', '/manage/v1/keys')).body.items.find((row: Json) => row.id === id);
    expect([listed.budget_usd, listed.spent_usd]).toEqual([0.1, 0.15]);
    expect(
      (await ask('PATCH', `/manage/v1/keys/${id}`, { budget_usd: null, name: 'freed' })).body,
    ).toMatchObject({ name: 'freed', budget_usd: null });
    expect(await completeOnce(key)).toBe(200);
    await ask('DELETE', '/manage/v1/scores?run_id=dear');
  });
});

describe("vendors' keys", () => {
  test('are write-only, and belong to their organization', async () => {
    const secret = 'sk-brought-by-the-organization';
    const put = await ask('PUT', '/v1/providers', { provider: ' Groq ', apiKey: secret });
    expect([put.status, put.body]).toEqual([200, { provider: 'groq', configured: true }]);
    const list = await ask('GET', '/v1/providers');
    expect(list.text).not.toContain(secret);
    expect(list.body.find((row: Json) => row.key === 'groq')).toEqual({
      key: 'groq',
      name: 'Groq',
      type: 'stt,llm',
      configured: true,
      source: 'BYOK',
      updatedAt: expect.any(String),
    });
    expect(list.body.find((row: Json) => row.key === 'mistral')).toMatchObject({
      configured: false,
      source: null,
      updatedAt: null,
    });
    const models = async (key?: string) =>
      (await ask('GET', '/v1/models', undefined, key)).body.data.filter(
        (row: Json) => row.provider === 'groq',
      ).length;
    expect(await models()).toBeGreaterThan(0);
    await ask('POST', '/manage/v1/organizations', { id: 'org-other', name: 'Other' });
    const other = await ask('POST', '/manage/v1/keys?organization_id=org-other', {
      name: 'o',
      role: 'admin',
    });
    expect(await models(other.body.key)).toBe(0);
    const theirs = await ask('GET', '/v1/providers', undefined, other.body.key);
    expect(theirs.body.every((row: Json) => row.configured === false)).toBe(true);
    expect((await ask('DELETE', '/v1/providers/groq')).body).toEqual({ provider: 'groq', configured: false });
    expect((await ask('DELETE', '/v1/providers/groq')).status).toBe(200);
    expect(await models()).toBe(0);
  });

  test('of vendors that nobody knows, or too short to be keys, are refused', async () => {
    const unknown = await ask('PUT', '/v1/providers', { provider: 'acme', apiKey: 'abcdefgh' });
    expect([unknown.status, unknown.body.issues[0].path]).toEqual([400, 'provider']);
    expect(unknown.body.issues[0].message).toContain('deepgram');
    const short = await ask('PUT', '/v1/providers', { provider: 'groq', apiKey: 'short-1' });
    expect(short.status).toBe(400);
    expect(short.text).not.toContain('short-1');
  });
});

test("vendors' keys outlive a change of the server's secret", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-secret-'));
  const [first, second] = ['1', '2'].map((digit) => digit.repeat(32));
  const withSecret = async (secret = '', earlier = ''): Promise<boolean> => {
    const own = await startTestServer({
      providers: [],
      environment: { VISAVOX_DATA_DIR: folder, VISAVOX_SECRET: secret, VISAVOX_EARLIER_SECRETS: earlier },
    });
    try {
      const headers = { Authorization: `Bearer ${own.apiKey}` };
      if (earlier === '' && secret === first) {
        const body = JSON.stringify({ provider: 'groq', apiKey: 'gsk-brought' });
        await fetch(`${own.url}/v1/providers`, { method: 'PUT', headers, body });
      }
      return (await (await fetch(`${own.url}/v1/models`, { headers })).text()).includes('"groq:');
    } finally {
      await own.close();
    }
  };
  try {
    expect(await withSecret(first)).toBe(true);
    expect(await withSecret(second, first)).toBe(true);
    expect(await withSecret(second), 'it was sealed anew').toBe(true);
    expect(await withSecret('3'.repeat(32)), 'a stranger cannot read it').toBe(false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

test('the organization of a key', async () => {
  const { body } = await ask('GET', '/v1/organization');
  expect(body).toEqual({
    id: expect.any(String),
    name: expect.any(String),
    slug: expect.any(String),
    createdAt: expect.any(String),
    metadata: {},
  });
});

describe('usage and credit', () => {
  test('usage is there at once, by provider, kind and key source, with every member the clients need', async () => {
    await completeOnce();
    const { body } = await ask('GET', '/v1/usage');
    expect(Object.keys(body).sort()).toEqual([
      'balanceUsd',
      'breakdown',
      'currency',
      'totalCost',
      'totalMinutes',
      'totalSessions',
    ]);
    expect(body.currency).toBe('USD');
    const row = body.breakdown.find((one: Json) => one.provider === 'openai' && one.type === 'llm');
    expect(row).toEqual({
      provider: 'openai',
      type: 'llm',
      metric: 'llm_tokens',
      keySource: 'MANAGED',
      quantity: expect.any(Number),
      cost: expect.any(Number),
    });
    expect(row.quantity % 15).toBe(0);
    const future = await ask('GET', '/v1/usage?from=2100-01-01T00:00:00Z');
    expect(future.body).toMatchObject({ breakdown: [], totalCost: 0, totalMinutes: 0, totalSessions: 0 });
    expect((await ask('GET', '/v1/usage?from=soon')).body).toMatchObject({
      code: 'VALIDATION_ERROR',
      issues: [{ path: 'from' }],
    });
  });

  test("the operator's ledger and the balance", async () => {
    await ask('POST', '/manage/v1/organizations', { id: 'org-rich', name: 'Rich' });
    const { key } = (await ask('POST', '/manage/v1/keys?organization_id=org-rich', { name: 'k' })).body;
    expect((await ask('GET', '/v1/credits/balance', undefined, key)).body).toMatchObject({
      balanceUsd: 0,
      currency: 'USD',
    });
    const credit = (kind: string, amount_usd: number) =>
      ask('POST', '/manage/v1/organizations/org-rich/credits', { kind, amount_usd });
    expect((await credit('grant', 10)).status).toBe(201);
    await credit('debit', -2.5);
    expect((await ask('GET', '/v1/credits/balance', undefined, key)).body).toMatchObject({ balanceUsd: 7.5 });
    const first = await ask('GET', '/v1/credits/ledger?limit=1', undefined, key);
    expect(first.body.entries).toEqual([
      {
        id: expect.any(String),
        kind: 'debit',
        amountMicroUsd: '-2500000',
        metric: null,
        provider: null,
        sessionId: null,
        createdAt: expect.any(String),
      },
    ]);
    const second = await ask(
      'GET',
      `/v1/credits/ledger?cursor=${encodeURIComponent(first.body.nextCursor)}`,
      undefined,
      key,
    );
    expect([second.body.entries[0].kind, second.body.nextCursor]).toEqual(['grant', null]);
    expect((await ask('GET', '/v1/credits/ledger?kind=grant', undefined, key)).body.entries).toHaveLength(1);
    expect((await ask('GET', '/v1/credits/ledger?kind=gift', undefined, key)).status).toBe(400);
    expect((await ask('GET', '/v1/credits/ledger?limit=0', undefined, key)).status).toBe(400);
    expect(
      (await ask('POST', '/manage/v1/organizations/nobody/credits', { kind: 'grant', amount_usd: 1 })).status,
    ).toBe(404);
  });
});

describe('measurements', () => {
  const pick = async () => (await ask('GET', '/v1/benchmarks/stack?language=en')).body;

  test("the operator's count at once, and can be taken back", async () => {
    expect((await pick()).llm).toMatchObject({ providerId: 'openai', modelId: 'gpt-4o-mini' });
    const imported = await ask('POST', '/manage/v1/scores', {
      rows: [{ ...row, metrics: { aa_index: 1 } }, row],
    });
    expect([imported.status, imported.body]).toEqual([201, { imported: 1, run_id: 'run-7' }]);
    const after = await pick();
    expect(after).toMatchObject({ scoresRunId: 'run-7', llm: { modelId: 'gpt-4o' } });
    expect(after.llm.measured).toMatchObject({
      origin: 'operator',
      quality: 99,
      latencyP50Ms: 100,
      samples: 12,
      errorRate: 0.01,
    });
    expect(after.llm.measured.usdPerMinute).toBeCloseTo((150 * 0.1 + 80 * 0.2) / 1e6);
    const listed = (await ask('GET', '/manage/v1/scores')).body.items;
    expect(listed).toEqual([
      expect.objectContaining({ run_id: 'run-7', metrics: expect.objectContaining({ aa_index: 99 }) }),
    ]);
    expect((await ask('DELETE', '/manage/v1/scores?run_id=run-7')).status).toBe(204);
    expect(await pick()).toMatchObject({
      scoresRunId: 'shipped-2026-04-25',
      llm: { modelId: 'gpt-4o-mini' },
    });
  });

  test('rows that make no sense are refused by place', async () => {
    const wrong = await ask('POST', '/manage/v1/scores', { rows: [row, { ...row, mode: 'sideways' }] });
    expect([wrong.status, wrong.body.attr ?? wrong.body.errors[0].attr]).toEqual([400, 'rows.1.mode']);
    const { key } = await newKey({ role: 'admin' });
    expect((await ask('GET', '/manage/v1/scores', undefined, key)).status).toBe(403);
  });
});

describe('previews', () => {
  test('of the stack: the pick, the runners-up, and why others were left out; nothing is used', async () => {
    const before = (await ask('GET', '/v1/usage')).body.breakdown;
    const { body } = await ask(
      'GET',
      '/v1/benchmarks/stack?language=en&region=us-east4&optimize_for=latency',
    );
    expect(body.intent).toEqual({ language: 'en', region: 'us-east4', optimizeFor: 'latency' });
    expect(body.stt).toMatchObject({ providerId: 'deepgram', modelId: 'nova-3', score: 1, runnersUp: [] });
    expect(body.stt.measured).toMatchObject({
      region: 'us-east4',
      mode: 'streaming',
      axes: { quality: 1, latency: 1, cost: 1 },
    });
    expect(body.s2s).toBeNull();
    expect(body.filtered_out).toContainEqual({
      modality: 'stt',
      providerId: 'elevenlabs',
      modelId: 'scribe_v2',
      reason: 'no key for this vendor',
    });
    expect((await ask('GET', '/v1/usage')).body.breakdown).toEqual(before);
  });

  test('of routing, in both forms', async () => {
    const old = await ask('GET', '/v1/routing/preview?language=en&optimize_for=cost');
    expect(Object.keys(old.body).sort()).toEqual(['intent', 'llm', 'scoresRunId', 'stt', 'tts']);
    const stage = await ask(
      'GET',
      '/v1/routing/preview?stage=llm&language=en-GB&objective=quality&deny=openai:gpt-4o-mini',
    );
    expect(stage.body).toMatchObject({
      id: 'openai:gpt-4o',
      model: 'gpt-4o',
      provider: 'openai',
      language: 'en-GB',
      language_recognized: true,
      objective: 'accuracy',
      evidence: 'measured',
      runners_up: [],
    });
    expect(stage.body.filtered_out).toContainEqual(
      expect.objectContaining({ modelId: 'gpt-4o-mini', reason: 'denied by the caller' }),
    );
  });

  test.each([
    ['/v1/benchmarks/stack', 400, 'INVALID_INTENT'],
    ['/v1/benchmarks/stack?language=english', 400, 'INVALID_INTENT'],
    ['/v1/routing/preview?language=en&optimize_for=beauty', 400, 'INVALID_INTENT'],
    ['/v1/routing/preview?stage=video&language=en', 400, 'INVALID_INTENT'],
    ['/v1/routing/preview?stage=llm&language=en&max_price=cheap', 400, 'INVALID_INTENT'],
    ['/v1/routing/preview?stage=llm&language=en&allow=groq', 500, 'PROVIDER_SELECTION_FAILED'],
  ])('%s: %i %s', async (path, status, code) => {
    expect(await ask('GET', path)).toMatchObject({ status, body: { code } });
  });
});

test('voices and known providers', async () => {
  expect((await ask('GET', '/v1/voices')).body).toEqual({
    voices: [{ vendor: 'openai', id: 'openai-voice', name: 'openai' }],
    providers: [{ key: 'openai', name: 'openai', models: ['gpt-4o-mini-tts'], voicesFetchedLive: false }],
  });
  expect((await ask('GET', '/v1/voices?provider=openai-tts')).body.voices).toHaveLength(1);
  expect((await ask('GET', '/v1/voices?provider=nobody')).body).toEqual({ voices: [], providers: [] });
  const known = (await ask('GET', '/v1/providers/known')).body;
  expect(Object.keys(known)).toEqual(['stt', 'llm', 'tts']);
  expect(known.llm).toContainEqual({
    id: 'anthropic',
    vendor: 'anthropic',
    vendorName: 'Anthropic',
    model: null,
    benchmarked: true,
  });
  expect(known.stt).toContainEqual({
    id: 'deepgram:nova-3',
    vendor: 'deepgram',
    vendorName: 'deepgram',
    model: 'nova-3',
    benchmarked: true,
  });
});

test('every operation is in the OpenAPI document and on its page', async () => {
  const document: Json = await (await fetch(`${server.url}/openapi/speko.json`)).json();
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/v1/complete', '/v1/chat/completions', '/v1/routing/preview']),
  );
  expect((await fetch(`${server.url}/docs/speko`)).status).toBe(200);
});
