/** The whole server: agents, knowledge bases and sessions are wired as the parts are tested. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Speko } from '../../spekoai-sdk/src/index.ts';
import { type RunningServer, startTestServer } from '../src/testing.ts';
import { call, createGatewayVendor, finish, parts, say } from './gateway-vendor.ts';
import { startWebhookServer, type WebhookServer } from './webhook-server.ts';

const vendor = createGatewayVendor('google', { llm: ['gemini-2.0-flash'] });
// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

let server: RunningServer;
let hooks: WebhookServer;
let speko: Speko;
beforeAll(async () => {
  hooks = await startWebhookServer();
  server = await startTestServer({
    providers: [vendor.provider],
    environment: { VISAVOX_PRIVATE_URLS: 'allow', VISAVOX_WEBHOOK_BODY: 'args' },
  });
  speko = new Speko({ apiKey: server.apiKey, baseUrl: server.url });
});
afterAll(async () => {
  await server?.close();
  await hooks?.close();
});

/** Calls a tool, then says what it read. */
function script(name: string, args: string): void {
  vendor.script.answer = ({ prompt }) => {
    const last = prompt.at(-1);
    return last?.role === 'tool'
      ? parts(say(JSON.stringify(last.content)), finish())
      : parts(call('c1', name, args), finish());
  };
}

test('a webhook and a search run for the model', async () => {
  const [agent] = await speko.agents.list();
  const agentId = agent?.id ?? '';
  const [base] = await speko.knowledgeBases.list({ agentId });
  const kb = base?.id ?? '';
  const { id } = await speko.knowledgeBases.uploadDocument(kb, {
    filename: 'a.md',
    contentType: 'text/markdown',
    data: new TextEncoder().encode('The lighthouse was built in 1872.'),
  });
  await speko.knowledgeBases.pollDocumentReady(kb, id, { intervalMs: 50 });
  await speko.agents.tools.create(agentId, {
    name: 'search',
    description: 'Searches',
    parameters: {},
    source: { kind: 'builtin', name: 'search_knowledge_base', config: { knowledgeBaseId: kb } },
  });
  await speko.agents.tools.create(agentId, {
    name: 'book',
    description: 'Books',
    parameters: {},
    source: { kind: 'webhook', url: `${hooks.url}/book`, secret: 'a secret of the test' },
  });
  const complete = async () =>
    (
      await speko.complete({
        messages: [{ role: 'user', content: 'Go on' }],
        intent: { language: 'en' },
        tools: await speko.agents.tools.listChatTools(agentId),
      })
    ).text;
  script('search', '{"query":"lighthouse"}');
  expect(await complete()).toContain('built in 1872');
  script('book', '{"day":"Monday"}');
  expect(await complete()).toContain('ok');
  expect(hooks.received).toMatchObject([{ path: '/book', body: '{"day":"Monday"}' }]);
});

test('a session begins, is watched and ends', async () => {
  const response = await fetch(`${server.url}/v1/sessions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${server.apiKey}` },
    body: JSON.stringify({ agentId: '_default' }),
  });
  expect(response.status).toBe(201);
  const { sessionId }: Json = await response.json();
  await speko.calls.end(sessionId);
  const seen: string[] = [];
  for await (const event of speko.sessions.stream(sessionId)) seen.push(event.type);
  expect(seen).toEqual(['status', 'event', 'event', 'end']);
});

test('the description names every operation', async () => {
  const { paths }: Json = await (await fetch(`${server.url}/openapi/speko.json`)).json();
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining([
      '/v1/agents/{id}/tools/{toolId}',
      '/v1/knowledge-bases/{kb}/documents/{doc}/finalize',
      '/v1/sessions/{id}/stream',
    ]),
  );
});

test('pages of other origins may call, and read every answer', async () => {
  const ask = async (path: string, key: string, body: object | undefined, method = 'POST') => {
    const answer = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await answer.text();
    return [answer.status, answer.headers.get('access-control-allow-origin')];
  };
  vendor.script.answer = () => parts(say('Hello.'), finish());
  const request = { model: 'auto', messages: [{ role: 'user', content: 'Hi' }] };
  const path = '/v1/chat/completions';
  expect(await ask(path, server.apiKey, request)).toEqual([200, '*']);
  // Clients join addresses and paths as they are.
  expect(await ask(`/${path}/`, server.apiKey, { ...request, stream: true })).toEqual([200, '*']);
  expect(await ask(path, server.apiKey, {})).toEqual([400, '*']);
  expect(await ask(path, 'no-such-key', request)).toEqual([401, '*']);
  expect(await ask(path, server.apiKey, undefined, 'OPTIONS')).toEqual([204, '*']);
  expect(await ask(path, server.apiKey, undefined, 'DELETE')).toEqual([405, '*']);
});
