/** Sessions of the voice gateway over HTTP and through the SDK. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SessionStreamEvent } from '../../spekoai-sdk/src/index.ts';
import { createGatewayVendor } from './gateway-vendor.ts';
import { startVoiceApp, THEIR_KEY, type VoiceApp } from './voice-app.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

const vendor = createGatewayVendor('google', { llm: ['gemini-2.0-flash'] });
const intent = { language: 'en' };
let app: VoiceApp;
let transport: VoiceApp['script']['transport'];
beforeAll(async () => {
  app = await startVoiceApp(vendor, { watchMs: 3000 });
  transport = app.script.transport;
});
afterAll(() => app?.close());
afterEach(() => {
  app.script.now = () => new Date();
  app.script.transport = transport;
});

const create = (body: object, options?: Parameters<VoiceApp['call']>[3]) =>
  app.call('POST', 'sessions', body, options);
const begin = async (body: object = {}): Promise<Json> => {
  const made = await create({ intent, ...body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
};
const turn = (index: number, text: string, source = 'user') => ({
  index,
  source,
  text,
  startedAt: new Date(1_800_000_000_000 + index * 1000).toISOString(),
});
const post = (id: string, ...turns: object[]) => app.call('POST', `sessions/${id}/turns`, { turns });
const show = async (id: string): Promise<Json> => (await app.call('GET', `sessions/${id}`)).body;

describe('beginning one', () => {
  test('all members of the contract, and a token that lets this identity into this room', async () => {
    const session = await begin({ identity: 'caller-7', ttlSeconds: 60 });
    expect(session).toEqual({
      sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      mode: 'cascade',
      transport: 'livekit',
      transportToken: expect.any(String),
      transportUrl: app.url.replace('http', 'ws'),
      conversationToken: session.transportToken,
      livekitUrl: session.transportUrl,
      roomName: expect.stringMatching(/^speko_[0-9a-f-]{36}$/),
      identity: 'caller-7',
      expiresAt: expect.any(String),
    });
    const [header, claims] = session.transportToken
      .split('.')
      .slice(0, 2)
      .map((part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(claims).toMatchObject({
      sub: 'caller-7',
      exp: Math.floor(Date.parse(session.expiresAt) / 1000),
      video: { roomJoin: true, room: session.roomName, canPublish: true, canSubscribe: true },
    });
    expect(Date.parse(session.expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
  });

  test('defaults: 900 seconds to join, an identity of its own, one hour', async () => {
    const session = await begin();
    expect(session.identity).toMatch(/^user_[0-9a-f-]{36}$/);
    expect(Math.round((Date.parse(session.expiresAt) - Date.now()) / 1000)).toBeCloseTo(900, -1);
    expect((await show(session.sessionId)).pipelineConfig.maxDurationSeconds).toBe(3600);
  });

  test('what the agent has, and before it what the call says, layer by layer', async () => {
    const agent = await app.ours.agents.create({
      name: 'Support',
      systemPrompt: 'Help.',
      intent: { language: 'ko-KR', optimizeFor: 'quality' },
      voice: 'eve',
      llmOptions: { temperature: 0.2, model: 'x:y' },
      stackPreferences: { allowedProviders: { stt: ['a'], tts: ['b'] } },
      firstMessage: 'Hello',
    });
    const { sessionId } = await begin({
      intent: undefined,
      agentId: agent.id,
      voice: 'rex',
      llm: { temperature: 1 },
      constraints: { allowedProviders: { stt: ['c'] } },
      firstMessage: null,
      metadata: { order: 7 },
      webhookTags: { team: 'one' },
      maxDurationSeconds: 300,
    });
    const shown = await show(sessionId);
    expect(shown).toMatchObject({
      sessionId,
      kind: 'cascade',
      status: 'created',
      endedAt: null,
      agentId: agent.id,
      language: 'ko-KR',
      metadata: { order: 7 },
      recordingStatus: null,
    });
    expect(shown.pipelineConfig).toEqual({
      agentId: agent.id,
      intent: { language: 'ko-KR', region: 'global', optimizeFor: 'accuracy' },
      constraints: { allowedProviders: { stt: ['c'], tts: ['b'] } },
      voice: 'rex',
      systemPrompt: 'Help.',
      firstMessage: null,
      llm: { temperature: 1, model: 'x:y' },
      maxDurationSeconds: 300,
    });
    const calls = await app.ours.agents.listCalls(agent.id);
    expect(calls.calls).toMatchObject([
      { id: sessionId, call_id: sessionId, status: 'created', language: 'ko-KR' },
    ]);
    expect(calls).toMatchObject({ entries: calls.calls, next_cursor: null });
  });

  test.each([
    [{ intent: undefined }, 'intent'],
    [{ intent: { language: 'en', vertical: 'x' } }, 'intent'],
    [{ firstMessage: 'x'.repeat(2001) }, 'firstMessage'],
    [{ llm: { temperature: 3 } }, 'llm.temperature'],
    [{ llm: { maxTokens: 0 } }, 'llm.maxTokens'],
    [{ ttsOptions: { speed: 0.4 } }, 'ttsOptions.speed'],
    [{ ttsOptions: { sampleRate: 0 } }, 'ttsOptions.sampleRate'],
    [{ sttOptions: { keywords: Array.from({ length: 201 }, () => 'x') } }, 'sttOptions.keywords'],
    [{ backgroundAudio: { ambient: { clip: 'sea' } } }, 'backgroundAudio.ambient.clip'],
    [
      { backgroundAudio: { ambient: { clip: 'keyboard-typing', volume: 2 } } },
      'backgroundAudio.ambient.volume',
    ],
    [{ ttlSeconds: 0 }, 'ttlSeconds'],
    [{ ttlSeconds: 86_401 }, 'ttlSeconds'],
    [{ identity: '' }, 'identity'],
    [{ identity: 'x'.repeat(129) }, 'identity'],
    [{ maxDurationSeconds: 29 }, 'maxDurationSeconds'],
    [{ maxDurationSeconds: 1801 }, 'maxDurationSeconds'],
    [{ webhookTags: { a: 'b' } }, 'webhookTags'],
    [{ metadata: { x: 'y'.repeat(17_000) } }, 'metadata'],
    [{ variables: { 'system.now': 'x' } }, 'variables'],
    [{ variables: { a: 1 } }, 'variables.a'],
    [{ toolSecrets: { a: 1 } }, 'toolSecrets.a'],
    [{ systemPrompt: '{{ a | }', variables: {} }, 'systemPrompt'],
    [{ systemPrompt: '{% include "/etc/passwd" %}', variables: {} }, 'systemPrompt'],
    [{ mode: 'other' }, 'mode'],
    [{ mode: 's2s', s2s: { provider: 'openai' } }, 's2s'],
    [{ mode: 's2s', intent: undefined }, 's2s'],
    [{ mode: 's2s', s2s: { inputSampleRate: 8000 } }, 's2s.inputSampleRate'],
  ])('refuses %j', async (change, path) => {
    const { status, body } = await create({ intent, ...change });
    expect([status, body.code, body.issues?.[0]?.path], JSON.stringify(body)).toEqual([
      400,
      'VALIDATION_ERROR',
      path,
    ]);
  });

  test('an unknown agent, and speech to speech, which nobody serves here', async () => {
    const unknown = await create({ agentId: 'agent_none' });
    expect([unknown.status, unknown.body]).toEqual([
      404,
      { error: 'Agent not found', code: 'AGENT_NOT_FOUND' },
    ]);
    const agent = await app.ours.agents.create({ name: 's', systemPrompt: 's', intent, runMode: 's2s' });
    for (const body of [{ mode: 's2s', s2s: { provider: 'openai', model: 'x' } }, { agentId: agent.id }]) {
      const { status, body: answer } = await create(body);
      expect([status, answer.code]).toEqual([500, 'SESSION_CREATE_FAILED']);
      expect(answer.error).toContain('speech-to-speech');
    }
    expect((await create({ agentId: agent.id, mode: 'cascade' })).status).toBe(201);
  });

  test('no agent can be sent: the session fails and the key can be used again', async () => {
    app.script.transport = { ...transport, dispatch: () => Promise.reject(new Error('no worker')) };
    const options = { headers: { 'Idempotency-Key': 'failing' } };
    const failed = await create({ intent }, options);
    expect([failed.status, failed.body]).toEqual([
      500,
      { error: 'Failed to dispatch voice agent', code: 'SESSION_CREATE_FAILED' },
    ]);
    app.script.transport = transport;
    expect((await create({ intent }, options)).status).toBe(201);
  });

  test('variables fill both prompts in; all missing names are told', async () => {
    const agent = await app.ours.agents.create({
      name: 'Templates',
      systemPrompt:
        'You serve {{ customer.name }}{% if vip %}, a guest{% endif %} at {{ shop }}. {{ tone | default: "Be kind." }}',
      intent,
      firstMessage: 'Hi {{ customer.name }}, {{ system.agent_name }} here.',
      promptVariables: [{ name: 'shop', defaultValue: 'the harbour' }, { name: 'other' }],
    });
    const { sessionId } = await begin({
      agentId: agent.id,
      variables: { 'customer.name': 'Ana {{ shop }}', vip: 'yes' },
    });
    expect((await show(sessionId)).pipelineConfig).toMatchObject({
      systemPrompt: 'You serve Ana {{ shop }}, a guest at the harbour. Be kind.',
      firstMessage: 'Hi Ana {{ shop }}, Templates here.',
    });
    const { status, body } = await create({
      intent,
      systemPrompt: '{{ b }} {{ a }}',
      firstMessage: '{{ c }}',
      variables: {},
    });
    expect([status, body.code, body.error]).toEqual([
      400,
      'MISSING_TEMPLATE_VARIABLES',
      'Missing template variables: a, b, c',
    ]);
    // Without variables and registry both are sent as they are.
    const plain = await begin({ systemPrompt: '{{ a }} {% broken' });
    expect((await show(plain.sessionId)).pipelineConfig.systemPrompt).toBe('{{ a }} {% broken');
  });

  test('a template cannot keep the server busy', async () => {
    for (const systemPrompt of [
      '{% for i in (1..100000000) %}x{% endfor %}',
      `${'{% for i in (1..1000) %}'.repeat(4)}x${'{% endfor %}'.repeat(4)}`,
    ]) {
      const started = performance.now();
      const { status } = await create({ intent, systemPrompt, variables: {} });
      expect(status).toBe(400);
      expect(performance.now() - started).toBeLessThan(3000);
    }
  });

  test('the same Idempotency-Key: the same answer; with another body a conflict; a day later anew', async () => {
    const options = { headers: { 'Idempotency-Key': 'once' } };
    const both = await Promise.all([create({ intent }, options), create({ intent }, options)]);
    expect(both[0]).toMatchObject({ status: 201, body: both[1].body });
    expect(await create({ intent }, options)).toMatchObject({ status: 201, body: both[0].body });
    expect((await create({ intent, identity: 'x' }, options)).body.code).toBe('CONFLICT');
    const theirs = await create({ intent }, { ...options, key: THEIR_KEY });
    expect(theirs.body.sessionId).not.toBe(both[0].body.sessionId);
    app.script.now = () => new Date(Date.now() + 24 * 3600 * 1000);
    const later = await create({ intent, identity: 'x' }, options);
    expect(later.status).toBe(201);
    expect(later.body.sessionId).not.toBe(both[0].body.sessionId);
  });
});

describe('reading and ending', () => {
  test('pages, newest first, by every filter', async () => {
    const agent = await app.ours.agents.create({ name: 'Listed', systemPrompt: 'x', intent });
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.unshift((await begin({ agentId: agent.id })).sessionId);
    const list = async (query: string): Promise<Json> =>
      (await app.call('GET', `sessions?agent=${agent.id}&${query}`)).body;
    const first = await list('limit=2');
    const second = await list(`limit=2&cursor=${first.nextCursor}`);
    const third = await list(`limit=2&cursor=${second.nextCursor}`);
    const seen = [first, second, third].flatMap(({ entries }) =>
      entries.map((entry: Json) => entry.sessionId),
    );
    expect([seen, third.nextCursor]).toEqual([ids, null]);
    await app.ours.calls.end(ids[0] ?? '');
    expect((await list('status=ended')).entries).toMatchObject([{ sessionId: ids[0], status: 'ended' }]);
    expect((await list('kind=s2s')).entries).toEqual([]);
    expect((await list('kind=cascade&status=created')).entries).toHaveLength(4);
    expect((await list(`from=${new Date(Date.now() + 1000).toISOString()}`)).entries).toEqual([]);
    expect((await list(`to=${new Date(Date.now() + 1000).toISOString()}`)).entries).toHaveLength(5);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense', 'from=nonsense']) {
      expect((await app.call('GET', `sessions?${query}`)).status, query).toBe(400);
    }
    const page = await app.ours.agents.listCalls(agent.id, { limit: 3 });
    const rest = await app.ours.agents.listCalls(agent.id, { cursor: page.next_cursor ?? '' });
    expect([...page.calls, ...rest.calls].map(({ id }) => id)).toEqual(ids);
  });

  test('turns: in order, the same index replaces, and the first makes the session active', async () => {
    const { sessionId } = await begin();
    expect((await post(sessionId, turn(1, 'Hello', 'agent'), turn(0, 'Hi'))).status).toBe(202);
    expect((await post(sessionId, turn(1, 'Hello again', 'agent'), turn(2, 'a'), turn(2, 'b'))).status).toBe(
      202,
    );
    const { entries } = await app.ours.sessions.transcript(sessionId);
    expect(entries.map(({ index, text }) => [index, text])).toEqual([
      [0, 'Hi'],
      [1, 'Hello again'],
      [2, 'b'],
    ]);
    expect(entries[0]).toEqual({
      id: expect.any(String),
      index: 0,
      source: 'user',
      text: 'Hi',
      startedAt: expect.any(String),
      endedAt: null,
      provider: null,
      model: null,
      eouMs: null,
      llmTtftMs: null,
      ttsTtfbMs: null,
      latencyStatus: null,
      conversationalLatencyMs: null,
      toolCalls: [],
    });
    expect((await show(sessionId)).status).toBe('active');
  });

  test.each([
    [[], 'turns'],
    [Array.from({ length: 201 }, (_, index) => turn(index, 'x')), 'turns'],
    [[turn(-1, 'x')], 'turns.0.index'],
    [[turn(0, '')], 'turns.0.text'],
    [[turn(0, 'x'.repeat(16_385))], 'turns.0.text'],
    [[turn(0, 'x', 'nobody')], 'turns.0.source'],
    [[{ ...turn(0, 'x'), startedAt: 'now' }], 'turns.0.startedAt'],
  ])('refuses turns %#', async (turns, path) => {
    const { sessionId } = await begin();
    const { status, body } = await app.call('POST', `sessions/${sessionId}/turns`, { turns });
    expect([status, body.issues?.[0]?.path]).toEqual([400, path]);
  });

  test('ended once, then told so', async () => {
    const { sessionId } = await begin();
    expect(await app.ours.calls.end(sessionId)).toEqual({ ok: true, status: 'ending' });
    expect(await app.ours.calls.end(sessionId)).toEqual({
      ok: true,
      status: 'already_ended',
      ended_at: expect.any(String),
    });
    expect(await show(sessionId)).toMatchObject({ status: 'ended', endedAt: expect.any(String) });
  });

  test('one that nobody joins ends when its token does; one under way after its time', async () => {
    const [left, joined] = [
      await begin({ ttlSeconds: 60 }),
      await begin({ ttlSeconds: 60, maxDurationSeconds: 120 }),
    ];
    await post(joined.sessionId, turn(0, 'Hi'));
    const statuses = async () => [(await show(left.sessionId)).status, (await show(joined.sessionId)).status];
    await app.voiceSessions.endOverdue();
    expect(await statuses()).toEqual(['created', 'active']);
    app.script.now = () => new Date(Date.now() + 61_000);
    await app.voiceSessions.endOverdue();
    expect(await statuses()).toEqual(['ended', 'active']);
    app.script.now = () => new Date(Date.now() + 121_000);
    await app.voiceSessions.endOverdue();
    expect(await statuses()).toEqual(['ended', 'ended']);
  });

  test('unknown sessions, those of others, and what is not there', async () => {
    const { sessionId } = await begin();
    for (const [id, key] of [
      ['none', undefined],
      [sessionId, THEIR_KEY],
    ] as const) {
      for (const [method, path] of [
        ['GET', `sessions/${id}`],
        ['GET', `sessions/${id}/transcript`],
        ['GET', `sessions/${id}/recording`],
        ['GET', `sessions/${id}/stream`],
        ['POST', `sessions/${id}/turns`],
        ['POST', `calls/${id}/end`],
      ] as const) {
        const { status, body } = await app.call(method, path, method === 'POST' ? {} : undefined, {
          ...(key === undefined ? {} : { key }),
        });
        expect([status, body], path).toEqual([
          404,
          { error: 'session not found', code: 'SESSION_NOT_FOUND' },
        ]);
      }
    }
    const { status, body } = await app.call('GET', `sessions/${sessionId}/recording`);
    expect([status, body]).toEqual([
      404,
      { error: 'recording not available', code: 'RECORDING_NOT_AVAILABLE' },
    ]);
    const theirs = (await app.call('GET', 'sessions', undefined, { key: THEIR_KEY })).body;
    expect(JSON.stringify(theirs)).not.toContain(sessionId);
  });

  test.each([
    ['POST', 'sessions/phone'],
    ['GET', 'phone-numbers'],
    ['GET', 'phone-numbers/available'],
    ['GET', 'callbacks'],
    ['POST', 'callbacks/1/cancel'],
    ['POST', 'calls/1/transfers/blind'],
    ['POST', 'calls/1/transfers/warm'],
  ])('%s %s is said not to be offered', async (method, path) => {
    const { status, body } = await app.call(method, path, method === 'POST' ? {} : undefined);
    expect([status, body.code, body.error]).toEqual([
      501,
      'NOT_IMPLEMENTED',
      expect.stringContaining('telephony'),
    ]);
  });
});

describe('watching', () => {
  test('the backlog, what comes, and the end', async () => {
    const { sessionId } = await begin();
    await post(sessionId, turn(0, 'Hi'));
    const seen: SessionStreamEvent[] = [];
    for await (const event of app.ours.sessions.stream(sessionId)) {
      seen.push(event);
      if (event.type === 'transcript' && event.turn.index === 0)
        await post(sessionId, turn(1, 'Hello', 'agent'));
      if (event.type === 'transcript' && event.turn.index === 1) await app.ours.calls.end(sessionId);
    }
    const told = seen.map((event) => {
      if (event.type === 'status') return event.status;
      if (event.type === 'transcript') return event.turn.text;
      return event.type === 'event' ? event.event.event_type : event.reason;
    });
    expect(told.filter((text) => text !== 'session.ended')).toEqual([
      'active',
      'Hi',
      'session.created',
      'Hello',
      'ended',
      'session_ended',
    ]);
    expect(seen.find(({ type }) => type === 'event')).toMatchObject({
      event: { session_id: sessionId, organization_id: 'ours', provider: 'speko', payload: {} },
    });
  });

  test('one that has ended: what was said, then the end; a cursor leaves out what is known', async () => {
    const { sessionId } = await begin();
    await post(sessionId, turn(0, 'Hi'), turn(1, 'Hello', 'agent'));
    await app.ours.calls.end(sessionId);
    const later = Date.now() + 60_000;
    const { body, headers } = await app.call('GET', `sessions/${sessionId}/stream?cursor=0:${later}`);
    expect(headers.get('content-type')).toBe('text/event-stream');
    const blocks = String(body).split('\n\n').slice(0, -1);
    expect(blocks.map((block) => /^event: (.+)\ndata: .+$/.exec(block)?.[1])).toEqual([
      'status',
      'transcript',
      'end',
    ]);
    expect(blocks[1]).toContain('"Hello"');
    expect((await app.call('GET', `sessions/${sessionId}/stream?cursor=x`)).status).toBe(400);
  });

  test('changes of another node are seen as well', async () => {
    const { sessionId } = await begin();
    const watched = (async () => {
      for await (const event of app.ours.sessions.stream(sessionId)) {
        if (event.type === 'transcript') return event.turn.text;
      }
      return undefined;
    })();
    await app.store.voiceSessions.putTurns([
      { id: 'x', sessionId, index: 0, source: 'user', text: 'From elsewhere', startedAt: new Date() },
    ]);
    expect(await watched).toBe('From elsewhere');
  });

  test('a response ends after a while, for the client to come again', async () => {
    const { sessionId } = await begin();
    const { body } = await app.call('GET', `sessions/${sessionId}/stream`);
    expect(String(body).trimEnd().endsWith('event: end\ndata: {"reason":"timeout"}')).toBe(true);
  });

  test('a client that leaves is let go', async () => {
    const { sessionId } = await begin();
    const controller = new AbortController();
    const seen: string[] = [];
    for await (const event of app.ours.sessions.stream(sessionId, { signal: controller.signal })) {
      seen.push(event.type);
      controller.abort();
    }
    expect(seen).toEqual(['status']);
  });
});
