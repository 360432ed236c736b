/** Agents, their tools and knowledge bases over HTTP and through the SDK, with a webhook server and a scripted model. */
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChatTool, CompleteResult, CompleteStreamEvent, Speko } from '../../spekoai-sdk/src/index.ts';
import { createGatewayVendor, finish, parts, say, call as toolCall } from './gateway-vendor.ts';
import { startVoiceApp, THEIR_KEY, type VoiceApp } from './voice-app.ts';
import { startWebhookServer, type WebhookServer } from './webhook-server.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

const vendor = createGatewayVendor('google', { llm: ['gemini-2.0-flash'] });
const SECRET = `whsec_${Buffer.from('a signing secret of 32 bytes....').toString('base64')}`;
const parameters = { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] };
let app: VoiceApp;
let hooks: WebhookServer;

beforeAll(async () => {
  hooks = await startWebhookServer();
  app = await startVoiceApp(vendor, { allowPrivate: true });
});
afterAll(async () => {
  await app?.close();
  await hooks?.close();
});
afterEach(() => {
  vendor.reset();
  hooks.reset();
});

const newAgent = (speko: Speko = app.ours, name = 'Support') =>
  speko.agents.create({ name, systemPrompt: 'Be brief.', intent: { language: 'en' } });

/** The model asks for a tool once, then says what it read. */
function askFor(name: string, args: string): void {
  vendor.script.answer = ({ prompt }) => {
    const last = prompt.at(-1);
    if (last?.role !== 'tool') return parts(toolCall('call-1', name, args), finish());
    const [result] = last.content;
    const output: Json = result?.type === 'tool-result' ? result.output : undefined;
    return parts(say(`${output?.type}: ${output?.value}`), finish());
  };
}
const completeWith = (tools: ChatTool[], options: object = {}, speko: Speko = app.ours) =>
  speko.complete({
    messages: [{ role: 'user', content: 'Hi' }],
    intent: { language: 'en' },
    tools,
    ...options,
  });

describe('agents', () => {
  test('an organization begins with one agent and its knowledge base, once, whoever asks at once', async () => {
    const lists = await Promise.all([app.theirs.agents.list(), app.theirs.agents.list()]);
    expect(lists[0]).toEqual(lists[1]);
    expect(lists[0]).toMatchObject([
      { id: expect.stringMatching(/^agent_[0-9a-f]{16}$/), organizationId: 'theirs', name: 'Default' },
    ]);
    const [agent] = lists[0] ?? [];
    expect(await app.theirs.knowledgeBases.list()).toMatchObject([{ name: 'Default', agentId: agent?.id }]);
    expect(await app.theirs.agents.get('_default')).toEqual(agent);
  });

  test('all settings are kept; a change touches only what it names; null clears', async () => {
    const made = await app.ours.agents.create({
      name: 'Everything',
      systemPrompt: 'You are {{name}}.',
      intent: { language: 'ko-KR', optimizeFor: 'quality', region: 'asia-southeast1' },
      voice: 'eve',
      llmOptions: { temperature: 0.5, maxTokens: 100, model: 'openai:gpt-4o' },
      stackPreferences: { allowedProviders: { stt: ['deepgram'] } },
      sttOptions: { keywords: ['Visavox'], language: 'ko' },
      ttsOptions: { speed: 1.2 },
      backgroundAudio: { ambient: { clip: 'office-ambience', volume: 0.3 } },
      speechNormalization: { pronunciationDictionary: { Kim: 'Gim' } },
      promptVariables: [{ name: 'name', defaultValue: 'Mina' }],
      firstMessage: 'Hello',
      runMode: 'cascade',
    });
    expect(made).toMatchObject({
      intent: { language: 'ko-KR', optimizeFor: 'quality', region: 'asia-southeast1' },
      llmOptions: { temperature: 0.5, maxTokens: 100, model: 'openai:gpt-4o' },
      webhooks: null,
      createdAt: expect.stringMatching(/^20.*Z$/),
    });
    expect(await app.ours.knowledgeBases.list({ agentId: made.id })).toMatchObject([{ name: 'Default' }]);
    const changed = await app.ours.agents.update(made.id, { name: 'Other', voice: null, llmOptions: null });
    expect(changed).toEqual({
      ...made,
      name: 'Other',
      voice: null,
      llmOptions: null,
      updatedAt: expect.any(String),
    });
    expect(await app.ours.agents.get(made.id)).toEqual(changed);
  });

  test('the last agent stays; with another one it goes, and everything it owns', async () => {
    const speko = app.theirs;
    const [first] = await speko.agents.list();
    const id = first?.id ?? '';
    await expect(speko.agents.delete(id)).rejects.toMatchObject({ status: 409, code: 'LAST_AGENT' });
    const second = await newAgent(speko);
    await speko.agents.tools.create(second.id, {
      name: 'x',
      description: 'x',
      parameters: {},
      source: { kind: 'inline' },
    });
    expect(await speko.agents.delete(second.id)).toEqual({ deleted: true });
    await expect(speko.agents.get(second.id)).rejects.toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await speko.knowledgeBases.list({ agentId: second.id })).toEqual([]);
    // Two that are removed at once leave one.
    const third = await newAgent(speko);
    const outcomes = await Promise.allSettled([speko.agents.delete(id), speko.agents.delete(third.id)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await speko.agents.list()).toHaveLength(1);
  });

  test.each([
    [{ systemPrompt: 'x', intent: { language: 'en' } }, 'name'],
    [{ name: '', systemPrompt: 'x', intent: { language: 'en' } }, 'name'],
    [{ name: 'x'.repeat(121), systemPrompt: 'x', intent: { language: 'en' } }, 'name'],
    [{ name: 'x', systemPrompt: '', intent: { language: 'en' } }, 'systemPrompt'],
    [{ name: 'x', systemPrompt: 'x' }, 'intent'],
    [{ name: 'x', systemPrompt: 'x', intent: { language: 'e' } }, 'intent.language'],
    [
      { name: 'x', systemPrompt: 'x', intent: { language: 'en', optimizeFor: 'accuracy' } },
      'intent.optimizeFor',
    ],
    [{ name: 'x', systemPrompt: 'x', intent: { language: 'en' }, llmOptions: { topP: 1 } }, 'llmOptions'],
    [
      { name: 'x', systemPrompt: 'x', intent: { language: 'en' }, ttsOptions: { speed: 3 } },
      'ttsOptions.speed',
    ],
    [
      {
        name: 'x',
        systemPrompt: 'x',
        intent: { language: 'en' },
        backgroundAudio: { ambient: { clip: 'sea' } },
      },
      'backgroundAudio.ambient.clip',
    ],
  ])('refuses %j', async (body, path) => {
    const { status, body: answer } = await app.call('POST', 'agents', body);
    expect([status, answer.code, answer.issues?.[0]?.path]).toEqual([400, 'VALIDATION_ERROR', path]);
  });

  test('webhooks of an agent keep their secrets to themselves', async () => {
    const { id } = await newAgent();
    const sent = await app.ours.agents.update(id, {
      webhooks: {
        postCall: {
          url: `${hooks.url}/report`,
          secret: 'the secret of the report',
          authHeaders: [{ name: 'X-Token', value: 'the token of the report' }],
        },
        status: { url: `${hooks.url}/status` },
      },
    });
    expect(sent.webhooks).toEqual({
      postCall: {
        url: `${hooks.url}/report`,
        secretRef: expect.any(String),
        authHeaders: [{ name: 'X-Token', secretRef: expect.any(String) }],
      },
      status: { url: `${hooks.url}/status`, secretRef: expect.any(String) },
    });
    const { webhooks } = await app.ours.agents.update(id, { webhooks: { status: null } });
    expect(Object.keys(webhooks ?? {})).toEqual(['postCall']);
    expect(JSON.stringify([sent, webhooks, await app.ours.agents.list()])).not.toContain('of the report');
  });
});

describe('tools of an agent', () => {
  const webhookSource = (path: string, more: object = {}) => ({
    kind: 'webhook' as const,
    url: `${hooks.url}${path}`,
    secret: SECRET,
    authHeaders: [{ name: 'X-Api-Key', value: 'the key of the shop' }],
    ...more,
  });

  test('made, read, changed and removed; secrets are references', async () => {
    const { id } = await newAgent();
    const { tools } = app.ours.agents;
    expect(await tools.list(id)).toEqual([]);
    const made = await tools.create(id, {
      name: 'track',
      description: 'Tracks an order',
      parameters,
      source: webhookSource('/track', { timeoutMs: 2000, headers: { 'X-Shop': 'one' } }),
    });
    expect(made).toMatchObject({
      agentId: id,
      name: 'track',
      preToolSpeech: 'auto',
      source: {
        kind: 'webhook',
        url: `${hooks.url}/track`,
        timeoutMs: 2000,
        headers: { 'X-Shop': 'one' },
        secretRef: `webhook:${id}:track`,
        authHeaders: [{ name: 'X-Api-Key', secretRef: expect.any(String) }],
      },
    });
    expect(await tools.get(id, made.id)).toEqual(made);
    const changed = await tools.update(id, made.id, { description: 'Tracks it', preToolSpeech: 'never' });
    expect(changed).toEqual({
      ...made,
      description: 'Tracks it',
      preToolSpeech: 'never',
      updatedAt: expect.any(String),
    });
    // A new address, the same secrets.
    const moved = await tools.update(id, made.id, {
      source: { kind: 'webhook', url: `${hooks.url}/moved`, authHeaders: [{ name: 'X-Api-Key' }] },
    });
    expect(moved.source).toEqual({
      kind: 'webhook',
      url: `${hooks.url}/moved`,
      secretRef: `webhook:${id}:track`,
      authHeaders: [{ name: 'X-Api-Key', secretRef: expect.any(String) }],
    });
    expect(JSON.stringify([made, changed, moved, await tools.list(id)])).not.toMatch(
      /whsec_|key of the shop/,
    );
    expect(await tools.delete(id, made.id)).toEqual({ deleted: true });
    await expect(tools.get(id, made.id)).rejects.toMatchObject({ status: 404 });
  });

  test('one name once for each agent; `_default` names the first; `available` hides what is not connected', async () => {
    const { tools } = app.ours.agents;
    const integration = {
      kind: 'integration' as const,
      installationId: 'i',
      appKey: 'calendar',
      actionKey: 'add',
    };
    const tool = { name: 'book', description: 'Books', parameters: {}, source: integration };
    const made = await tools.create('_default', tool);
    await expect(tools.create('_default', tool)).rejects.toMatchObject({ status: 409, code: 'CONFLICT' });
    const [first] = await app.ours.agents.list();
    expect(made.agentId).toBe(first?.id);
    expect(await tools.list('_default', undefined, { available: true })).toEqual([]);
    expect(await tools.list('_default')).toEqual([made]);
    const other = await newAgent();
    expect((await tools.create(other.id, tool)).name).toBe('book');
  });

  test.each([
    [{ name: '1x' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ description: '' }, 'description'],
    [{ description: 'x'.repeat(1025) }, 'description'],
    [{ parameters: { type: 'nonsense' } }, 'parameters'],
    [{ parameters: { type: 'object', properties: { a: { type: 'nonsense' } } } }, 'parameters'],
    [{ parameters: { type: 'object', properties: { a: { $ref: '#/missing' } } } }, 'parameters'],
    [{ parameters: { type: 'object', properties: { a: { pattern: '(' } } } }, 'parameters'],
    [{ parameters: { type: 'array' } }, 'parameters'],
    [{ parameters: [] }, 'parameters'],
    [{ source: { kind: 'webhook', url: 'https://example.com' } }, 'source.secret'],
    [{ source: { kind: 'webhook', url: 'https://example.com', secret: 'short' } }, 'source.secret'],
    [{ source: { kind: 'webhook', url: 'nonsense', secret: 'long enough' } }, 'source.url'],
    [{ source: { kind: 'webhook', url: 'ftp://example.com', secret: 'long enough' } }, 'source.url'],
    [{ source: { kind: 'webhook', url: 'https://a:b@example.com', secret: 'long enough' } }, 'source.url'],
    [
      { source: { kind: 'webhook', url: 'https://example.com', secret: 'long enough', timeoutMs: 5000 } },
      'source.timeoutMs',
    ],
    [{ source: { kind: 'builtin', name: 'dance' } }, 'source.name'],
    [
      { source: { kind: 'builtin', name: 'search_knowledge_base', config: { knowledgeBaseId: 'kb_none' } } },
      'source.config.knowledgeBaseId',
    ],
    [{ source: { kind: 'nonsense' } }, 'source.kind'],
  ])('refuses %j', async (change, path) => {
    const tool = { name: 'fine', description: 'x', parameters: {}, source: { kind: 'inline' }, ...change };
    const { status, body } = await app.call('POST', 'agents/_default/tools', tool);
    expect([status, body.code, body.issues?.[0]?.path], JSON.stringify(body)).toEqual([
      400,
      'VALIDATION_ERROR',
      path,
    ]);
    expect(body.issues[0].message).not.toBe('');
  });

  test('a webhook is called with a signature that its receiver can check, and the model reads its answer', async () => {
    const { id } = await newAgent();
    await app.ours.agents.tools.create(id, {
      name: 'track',
      description: 'Tracks an order',
      parameters,
      source: webhookSource('/track', { headers: { 'X-Shop': 'one' } }),
    });
    hooks.answer = (response) => response.end('{"state":"on its way"}');
    askFor('track', '{"order":"A-1"}');
    const tools = await app.ours.agents.tools.listChatTools(id);
    const events: CompleteStreamEvent[] = [];
    for await (const event of app.ours.completeStream({
      messages: [{ role: 'user', content: 'Where is it?' }],
      intent: { language: 'en' },
      tools,
      sessionId: 'session-1',
    })) {
      events.push(event);
    }
    expect(events.map(({ type }) => type)).toEqual([
      'meta',
      'server_tool_call',
      'server_tool_call',
      'meta',
      'delta',
      'done',
    ]);
    expect(events.at(-1)).toMatchObject({ text: 'text: {"state":"on its way"}' });
    const [got] = hooks.received;
    expect(got?.headers).toMatchObject({
      'x-shop': 'one',
      'x-api-key': 'the key of the shop',
      'content-type': 'application/json',
      'webhook-id': 'session-1:call-1',
    });
    expect(new Webhook(SECRET).verify(got?.body ?? '', got?.headers as Record<string, string>)).toEqual({
      session_id: 'session-1',
      tool_call_id: 'call-1',
      idempotency_key: 'session-1:call-1',
      tool: 'track',
      args: { order: 'A-1' },
    });
    expect(app.logged()).not.toMatch(/whsec_|key of the shop/);
  });

  describe('what goes wrong is read by the model', () => {
    let id: string;
    beforeAll(async () => {
      ({ id } = await newAgent());
      for (const [name, more] of [
        ['plain', {}],
        ['hasty', { timeoutMs: 100 }],
        ['templated', { headers: { Authorization: 'Bearer {{token}}' } }],
        ['later', { responseMode: 'async', asyncAck: 'I will see to it.' }],
      ] as const) {
        await app.ours.agents.tools.create(id, {
          name,
          description: name,
          parameters: {},
          source: webhookSource(`/${name}`, more),
        });
      }
      for (const name of ['end_call', 'transfer_call']) {
        await app.ours.agents.tools.create(id, {
          name,
          description: name,
          parameters: {},
          source: { kind: 'builtin', name },
        });
      }
    });
    const run = async (name: string, options: object = {}): Promise<CompleteResult> => {
      askFor(name, '{"a":1}');
      return completeWith(await app.ours.agents.tools.listChatTools(id), options);
    };

    test.each([422, 500])('status %d', async (status) => {
      hooks.answer = (response) =>
        response.writeHead(status).end('no such order; the key of the shop is fine');
      const { text } = await run('plain');
      expect(text).toBe(
        `error-text: The webhook answered with status ${status}: no such order; [hidden] is fine`,
      );
    });

    test('no answer in time', async () => {
      hooks.answer = () => {};
      expect((await run('hasty')).text).toBe('error-text: The webhook did not answer within 100 ms.');
    });

    test('a connection that breaks', async () => {
      hooks.answer = (response) => void response.destroy();
      expect((await run('plain')).text).toBe('error-text: The webhook could not be reached.');
    });

    test('an answer that is too long is cut off', async () => {
      hooks.answer = (response) => response.end('x'.repeat(300_000));
      const { text } = await run('plain');
      expect(text.length).toBeLessThan(70_000);
      expect(text).toContain('[cut off]');
    });

    test('a live call is needed for what ends one', async () => {
      expect((await run('end_call')).text).toContain('error-text: This works only in a live call');
      expect((await run('transfer_call')).text).toContain('error-text: This works only in a live call');
    });

    test('a template without its value', async () => {
      expect((await run('templated')).text).toContain('needs the secret token');
      expect(hooks.received).toEqual([]);
    });

    test('a template with the value of the session', async () => {
      const { body } = await app.call('POST', 'sessions', {
        intent: { language: 'en' },
        toolSecrets: { token: 'the token of this caller' },
      });
      hooks.answer = (response) => response.end('Bearer the token of this caller');
      const { text } = await run('templated', { sessionId: body.sessionId });
      expect(hooks.received[0]?.headers.authorization).toBe('Bearer the token of this caller');
      expect(text).toBe('text: Bearer [hidden]');
      const shown = await app.call('GET', `sessions/${body.sessionId}`);
      expect(JSON.stringify([body, shown.body]) + app.logged()).not.toContain('the token of this caller');
    });

    test('in the background: the model goes on at once, the delivery is tried again with the same id', async () => {
      const delivered = Promise.withResolvers<void>();
      hooks.answer = (response) => {
        response.writeHead(hooks.received.length < 3 ? 503 : 200).end();
        if (hooks.received.length === 3) delivered.resolve();
      };
      expect((await run('later')).text).toBe('text: I will see to it.');
      await delivered.promise;
      expect(new Set(hooks.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    });

    test('values of headers go to no address that a caller made up', async () => {
      const elsewhere = await startWebhookServer();
      const tools = (await app.ours.agents.tools.listChatTools(id)).map((tool) =>
        tool.source?.kind === 'webhook' ? { ...tool, source: { ...tool.source, url: elsewhere.url } } : tool,
      );
      askFor('plain', '{}');
      expect((await completeWith(tools)).text).toContain('error-text: The header X-Api-Key');
      expect(elsewhere.received).toEqual([]);
      await elsewhere.close();
    });

    test('a redirect to another origin takes no headers along; one that loses the body is not followed', async () => {
      const elsewhere = await startWebhookServer();
      hooks.answer = (response) => response.writeHead(307, { Location: `${elsewhere.url}/there` }).end();
      expect((await run('plain')).text).toBe('text: {"ok":true}');
      expect(elsewhere.received[0]?.headers).not.toHaveProperty('x-api-key');
      expect(elsewhere.received[0]?.headers).toHaveProperty('webhook-signature');
      hooks.answer = (response) => response.writeHead(302, { Location: `${elsewhere.url}/there` }).end();
      expect((await run('plain')).text).toContain('error-text: The webhook answered with the redirect 302');
      expect(elsewhere.received).toHaveLength(1);
      hooks.answer = (response) => response.writeHead(307, { Location: `${hooks.url}/again` }).end();
      expect((await run('plain')).text).toContain('redirects too often');
      await elsewhere.close();
    });

    test('secrets of another organization are not there', async () => {
      const tools = await app.ours.agents.tools.listChatTools(id);
      askFor('plain', '{}');
      expect((await completeWith(tools, {}, app.theirs)).text).toContain('has no secret here');
      expect(hooks.received).toEqual([]);
    });
  });
});

describe('knowledge bases', () => {
  const text =
    '# Opening hours\n\nThe harbour museum opens at nine.\n\n# Tickets\n\nA ticket costs twelve euros.';

  test('a document is uploaded without a key, processed, and searched by the model', async () => {
    const agent = await newAgent();
    const [base] = await app.ours.knowledgeBases.list({ agentId: agent.id });
    const kb = base?.id ?? '';
    const bytes = new TextEncoder().encode(`..${text}..`).subarray(2, -2);
    const uploaded = await app.ours.knowledgeBases.uploadDocument(kb, {
      filename: 'museum.md',
      contentType: 'text/markdown',
      data: bytes,
      metadata: { source: 'test' },
    });
    expect(uploaded).toMatchObject({
      status: 'processing',
      sizeBytes: bytes.length,
      metadata: { source: 'test' },
    });
    await app.ours.knowledgeBases.uploadDocument(kb, {
      filename: 'ferry.txt',
      contentType: 'text/plain; charset=utf-8',
      data: new TextEncoder().encode('The ferry to the island leaves every hour. A ferry ride is free.'),
    });
    for (const { id } of await app.ours.knowledgeBases.listDocuments(kb)) {
      const ready = await app.ours.knowledgeBases.pollDocumentReady(kb, id, { intervalMs: 20 });
      expect(ready).toMatchObject({ status: 'ready', errorMessage: null, ingestedAt: expect.any(String) });
    }
    expect(await app.ours.knowledgeBases.get(kb)).toMatchObject({
      documentCount: 2,
      chunkCount: expect.any(Number),
      embeddingModel: expect.any(String),
    });
    await app.ours.agents.tools.create(agent.id, {
      name: 'look_up',
      description: 'Looks things up',
      parameters: { type: 'object', properties: { query: { type: 'string' } } },
      source: { kind: 'builtin', name: 'search_knowledge_base', config: { knowledgeBaseId: kb } },
    });
    const tools = await app.ours.agents.tools.listChatTools(agent.id);
    askFor('look_up', '{"query":"What does a ticket to the museum cost?"}');
    expect((await completeWith(tools)).text).toMatch(/^text: \[1\] Tickets\nA ticket costs twelve euros/);
    askFor('look_up', '{"query":"When does the ferry leave?"}');
    expect((await completeWith(tools)).text).toMatch(/^text: \[1\][^[]*The ferry to the island/);
    askFor('look_up', '{"query":"quantum chromodynamics"}');
    expect((await completeWith(tools)).text).toBe('text: Nothing in the knowledge base fits this question.');
    askFor('look_up', '{}');
    expect((await completeWith(tools)).text).toContain(
      'error-text: The arguments hold nothing to search for',
    );
    // The same tool in the hands of another organization finds nothing.
    askFor('look_up', '{"query":"ticket"}');
    expect((await completeWith(tools, {}, app.theirs)).text).toBe(
      'error-text: There is no such knowledge base.',
    );

    const [document] = await app.ours.knowledgeBases.listDocuments(kb);
    expect(await app.ours.knowledgeBases.deleteDocument(kb, document?.id ?? '')).toEqual({ deleted: true });
    expect(await app.ours.knowledgeBases.listDocuments(kb)).toHaveLength(1);
    expect(await app.ours.knowledgeBases.delete(kb)).toEqual({ deleted: true });
    await expect(app.ours.knowledgeBases.get(kb)).rejects.toMatchObject({ status: 404 });
  });

  const announce = async (body: object = {}) =>
    app.call('POST', `knowledge-bases/${(await app.ours.knowledgeBases.list())[0]?.id}/documents`, {
      filename: 'a.txt',
      contentType: 'text/plain',
      sizeBytes: 5,
      ...body,
    });

  test.each([
    [{ filename: '' }, 'filename'],
    [{ filename: 'x'.repeat(513) }, 'filename'],
    [{ contentType: 'application/pdf' }, 'contentType'],
    [{ sizeBytes: 0 }, 'sizeBytes'],
    [{ sizeBytes: 50 * 1024 * 1024 + 1 }, 'sizeBytes'],
    [{ metadata: { x: 'y'.repeat(20_000) } }, 'metadata'],
  ])('refuses %j', async (body, path) => {
    const answer = await announce(body);
    expect([answer.status, answer.body.issues?.[0]?.path]).toEqual([400, path]);
  });

  test('the upload address is good for this document, this size and a while', async () => {
    const { status, body } = await announce();
    expect([status, body.upload.method, body.upload.expiresInSeconds, body.document.status]).toEqual([
      201,
      'PUT',
      600,
      'pending',
    ]);
    const put = (url: string, data: string) => fetch(url, { method: 'PUT', body: data });
    const { url } = body.upload;
    const finalize = () =>
      app.call(
        'POST',
        `knowledge-bases/${body.document.knowledgeBaseId}/documents/${body.document.id}/finalize`,
        {},
      );
    expect((await finalize()).body.code).toBe('CONFLICT');
    expect((await put(url.replace(/signature=.{4}/, 'signature=AAAA'), 'hello')).status).toBe(403);
    expect((await put(url.replace(/expires=\d+/, 'expires=99999999999'), 'hello')).status).toBe(403);
    expect((await put(url, 'hell')).status).toBe(400);
    expect((await put(url, 'hello, world')).status).toBe(413);
    expect((await put(url, 'hello')).status).toBe(200);
    const finished = await finalize();
    expect([finished.status, finished.body.status]).toEqual([200, 'processing']);
    expect((await put(url, 'other')).status).toBe(404);
    app.script.now = () => new Date(Date.now() + 601_000);
    expect((await put(url, 'hello')).status).toBe(403);
    app.script.now = () => new Date();
  });

  test('a file that cannot be read fails with a reason', async () => {
    const [base] = await app.ours.knowledgeBases.list();
    const { id, knowledgeBaseId } = await app.ours.knowledgeBases.uploadDocument(base?.id ?? '', {
      filename: 'picture.txt',
      contentType: 'text/plain',
      data: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]),
    });
    await expect(
      app.ours.knowledgeBases.pollDocumentReady(knowledgeBaseId, id, { intervalMs: 20 }),
    ).rejects.toMatchObject({ code: 'DOCUMENT_INGEST_FAILED', message: expect.stringContaining('PNG') });
  });
});

test('nothing of one organization is there for another', async () => {
  const agent = await newAgent();
  const tool = await app.ours.agents.tools.create(agent.id, {
    name: 't',
    description: 't',
    parameters: {},
    source: { kind: 'inline' },
  });
  const [base] = await app.ours.knowledgeBases.list({ agentId: agent.id });
  const { body } = await app.call('POST', `knowledge-bases/${base?.id}/documents`, {
    filename: 'a.txt',
    contentType: 'text/plain',
    sizeBytes: 1,
  });
  const documents = `knowledge-bases/${base?.id}/documents`;
  for (const [method, path, sent] of [
    ['GET', `agents/${agent.id}`],
    ['PATCH', `agents/${agent.id}`, { name: 'mine' }],
    ['DELETE', `agents/${agent.id}`],
    ['GET', `agents/${agent.id}/calls`],
    ['GET', `agents/${agent.id}/tools`],
    [
      'POST',
      `agents/${agent.id}/tools`,
      { name: 'x', description: 'x', parameters: {}, source: { kind: 'inline' } },
    ],
    ['GET', `agents/${agent.id}/tools/${tool.id}`],
    ['PATCH', `agents/${agent.id}/tools/${tool.id}`, { description: 'mine' }],
    ['DELETE', `agents/${agent.id}/tools/${tool.id}`],
    ['GET', `agents/_default/tools/${tool.id}`],
    ['POST', 'knowledge-bases', { agentId: agent.id, name: 'x' }],
    ['GET', `knowledge-bases/${base?.id}`],
    ['DELETE', `knowledge-bases/${base?.id}`],
    ['GET', documents],
    ['POST', documents, { filename: 'a', contentType: 'text/plain', sizeBytes: 1 }],
    ['GET', `${documents}/${body.document.id}`],
    ['DELETE', `${documents}/${body.document.id}`],
    ['POST', `${documents}/${body.document.id}/finalize`, {}],
    ['POST', 'sessions', { agentId: agent.id }],
  ] as const) {
    const { status } = await app.call(method, path, sent, { key: THEIR_KEY });
    expect(status, `${method} ${path}`).toBe(404);
  }
  const lists = [await app.theirs.agents.list(), await app.theirs.knowledgeBases.list({ agentId: agent.id })];
  expect(JSON.stringify(lists)).not.toContain(agent.id);
  expect(await app.ours.agents.get(agent.id)).toEqual(agent);
});

describe('addresses inside the network', () => {
  let guarded: VoiceApp;
  beforeAll(async () => {
    guarded = await startVoiceApp(vendor, {
      addresses: { 'inside.example.com': '10.0.0.1', 'outside.example.com': '93.184.216.34' },
    });
  });
  afterAll(() => guarded?.close());
  const register = (url: string) =>
    guarded.call('POST', 'agents/_default/tools', {
      name: `t${Math.random().toString(36).slice(2)}`,
      description: 'x',
      parameters: {},
      source: { kind: 'webhook', url, secret: SECRET },
    });

  test.each([
    'http://outside.example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://192.168.1.1/',
    'https://localhost/',
    'https://localhost./',
    'https://metadata.google.internal/',
    'https://printer.local/',
    'https://intranet/',
    'https://inside.example.com/',
  ])('%s is not registered', async (url) => {
    const { status, body } = await register(url);
    expect([status, body.issues?.[0]?.path]).toEqual([400, 'source.url']);
  });

  test('a name that leads inside by the time of the call is not called, nor is an address that a caller sends', async () => {
    const { status, body } = await register('https://moved.example.com/');
    expect(status).toBe(201);
    const call = async (url: string) => {
      askFor(body.name, '{}');
      const tool = {
        name: body.name,
        description: 'x',
        parameters: {},
        executionMode: 'webhook' as const,
        source: { ...body.source, url },
      };
      return (await completeWith([tool], {}, guarded.ours)).text;
    };
    expect(await call('https://moved.example.com/')).toContain(
      'error-text: The address of moved.example.com is not',
    );
    expect(await call('https://127.0.0.1/')).toContain('error-text: The address is not a public one');
    expect(await call('http://moved.example.com/')).toContain(
      'error-text: Expected a URL that begins with https://',
    );
  });
});
