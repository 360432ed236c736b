/** One request for each method: verb, path, query and body as the contract has them, and the answer as it came. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Speko, SpekoApiError } from '../index.ts';
import { json, type ScriptedServer, startScriptedServer, text } from '../testing/scripted-server.ts';

let server: ScriptedServer;
let speko: Speko;
beforeEach(async () => {
  server = await startScriptedServer();
  speko = new Speko({ apiKey: 'k', baseUrl: server.url });
});
afterEach(() => server.close());

type Row = readonly [
  name: string,
  call: (s: Speko, signal?: AbortSignal) => Promise<unknown>,
  request: string,
  body?: object,
];

const agent = { name: 'n', systemPrompt: 'p', intent: { language: 'en' } };
const tool = { name: 't', description: 'd', parameters: {}, source: { kind: 'inline' } } as const;
const kyb = {
  businessProfile: {
    ...{ legalName: 'l', displayName: 'd', entityType: 'e', country: 'c', website: 'w', useCase: 'u' },
    address: { street: 's', city: 'c', state: 's', postalCode: 'p', country: 'c' },
    expectedUsage: 'x',
  },
  authorizedRepresentative: { name: 'n', title: 't', email: 'e' },
};
const hook = { name: 'n', url: 'https://a.example', events: ['call.report' as const] };
const moment = '2026-01-02T03:04:05.000Z';

const rows: readonly Row[] = [
  ['usage.get', (s, signal) => s.usage.get(undefined, signal), 'GET /v1/usage'],
  ['usage.get with a start', (s) => s.usage.get({ from: '2026-01-01' }), 'GET /v1/usage?from=2026-01-01'],
  [
    'usage.get with a period',
    (s) => s.usage.get({ from: moment, to: 'b&c' }),
    'GET /v1/usage?from=2026-01-02T03%3A04%3A05.000Z&to=b%26c',
  ],
  ['credits.getBalance', (s, signal) => s.credits.getBalance(signal), 'GET /v1/credits/balance'],
  ['credits.getLedger', (s, signal) => s.credits.getLedger({}, signal), 'GET /v1/credits/ledger'],
  [
    'credits.getLedger of a page',
    (s) => s.credits.getLedger({ limit: 5, cursor: 'c' }),
    'GET /v1/credits/ledger?limit=5&cursor=c',
  ],
  ['voices.list', (s, signal) => s.voices.list(undefined, signal), 'GET /v1/voices'],
  [
    'voices.list of a vendor',
    (s) => s.voices.list({ provider: 'cartesia' }),
    'GET /v1/voices?provider=cartesia',
  ],
  [
    'voice.dial',
    (s, signal) => s.voice.dial({ to: '+15551234567', agentId: 'a', voice: undefined }, signal),
    'POST /v1/sessions/phone',
    { to: '+15551234567', agentId: 'a' },
  ],
  ['agents.list', (s, signal) => s.agents.list(signal), 'GET /v1/agents'],
  ['agents.create', (s, signal) => s.agents.create(agent, signal), 'POST /v1/agents', agent],
  ['agents.get', (s, signal) => s.agents.get('a/b c', signal), 'GET /v1/agents/a%2Fb%20c'],
  [
    'agents.update',
    (s, signal) => s.agents.update('a', { voice: null, name: undefined }, signal),
    'PATCH /v1/agents/a',
    { voice: null },
  ],
  ['agents.delete', (s, signal) => s.agents.delete('a', signal), 'DELETE /v1/agents/a'],
  [
    'agents.attachPhoneNumber',
    (s, signal) => s.agents.attachPhoneNumber('a', 'p?', signal),
    'PATCH /v1/phone-numbers/p%3F',
    { agentId: 'a' },
  ],
  [
    'agents.detachPhoneNumber',
    (s, signal) => s.agents.detachPhoneNumber('p', signal),
    'PATCH /v1/phone-numbers/p',
    { agentId: null },
  ],
  ['agents.listCalls', (s, signal) => s.agents.listCalls('a', undefined, signal), 'GET /v1/agents/a/calls'],
  [
    'agents.listCalls of a page',
    (s) => s.agents.listCalls('a', { limit: 2, cursor: 'c', since: 's' }),
    'GET /v1/agents/a/calls?limit=2&cursor=c&since=s',
  ],
  ['agents.tools.list', (s, signal) => s.agents.tools.list('a', signal), 'GET /v1/agents/a/tools'],
  [
    'agents.tools.list of all',
    (s) => s.agents.tools.list('a', undefined, { available: false }),
    'GET /v1/agents/a/tools',
  ],
  [
    'agents.tools.list of available ones',
    (s) => s.agents.tools.list('_default', undefined, { available: true }),
    'GET /v1/agents/_default/tools?available=1',
  ],
  [
    'agents.tools.create',
    (s, signal) => s.agents.tools.create('a', tool, signal),
    'POST /v1/agents/a/tools',
    tool,
  ],
  ['agents.tools.get', (s, signal) => s.agents.tools.get('a', 't#', signal), 'GET /v1/agents/a/tools/t%23'],
  [
    'agents.tools.update',
    (s, signal) => s.agents.tools.update('a', 't', { description: 'e' }, signal),
    'PATCH /v1/agents/a/tools/t',
    { description: 'e' },
  ],
  [
    'agents.tools.delete',
    (s, signal) => s.agents.tools.delete('a', 't', signal),
    'DELETE /v1/agents/a/tools/t',
  ],
  [
    'knowledgeBases.create',
    (s, signal) => s.knowledgeBases.create({ agentId: 'a', name: 'n' }, signal),
    'POST /v1/knowledge-bases',
    { agentId: 'a', name: 'n' },
  ],
  ['knowledgeBases.list', (s, signal) => s.knowledgeBases.list({}, signal), 'GET /v1/knowledge-bases'],
  [
    'knowledgeBases.list of an agent',
    (s) => s.knowledgeBases.list({ agentId: 'a' }),
    'GET /v1/knowledge-bases?agentId=a',
  ],
  ['knowledgeBases.get', (s, signal) => s.knowledgeBases.get('k', signal), 'GET /v1/knowledge-bases/k'],
  [
    'knowledgeBases.delete',
    (s, signal) => s.knowledgeBases.delete('k', signal),
    'DELETE /v1/knowledge-bases/k',
  ],
  [
    'knowledgeBases.createDocument',
    (s, signal) =>
      s.knowledgeBases.createDocument(
        'k',
        { filename: 'f', contentType: 'text/plain', sizeBytes: 3 },
        signal,
      ),
    'POST /v1/knowledge-bases/k/documents',
    { filename: 'f', contentType: 'text/plain', sizeBytes: 3 },
  ],
  [
    'knowledgeBases.listDocuments',
    (s, signal) => s.knowledgeBases.listDocuments('k', signal),
    'GET /v1/knowledge-bases/k/documents',
  ],
  [
    'knowledgeBases.getDocument',
    (s, signal) => s.knowledgeBases.getDocument('k/', 'd/', signal),
    'GET /v1/knowledge-bases/k%2F/documents/d%2F',
  ],
  [
    'knowledgeBases.finalizeDocument',
    (s, signal) => s.knowledgeBases.finalizeDocument('k', 'd', signal),
    'POST /v1/knowledge-bases/k/documents/d/finalize',
    {},
  ],
  [
    'knowledgeBases.deleteDocument',
    (s, signal) => s.knowledgeBases.deleteDocument('k', 'd', signal),
    'DELETE /v1/knowledge-bases/k/documents/d',
  ],
  ['sessions.transcript', (s, signal) => s.sessions.transcript('s', signal), 'GET /v1/sessions/s/transcript'],
  ['calls.get', (s, signal) => s.calls.get('c', signal), 'GET /v1/calls/c'],
  ['calls.events', (s, signal) => s.calls.events('c', signal), 'GET /v1/calls/c/events'],
  ['calls.report', (s, signal) => s.calls.report('c', signal), 'GET /v1/calls/c/report'],
  ['calls.recording', (s, signal) => s.calls.recording('c', signal), 'GET /v1/calls/c/recording'],
  ['calls.end', (s, signal) => s.calls.end('c', signal), 'POST /v1/calls/c/end', {}],
  ['calls.finalizeReport', (s) => s.calls.finalizeReport('c'), 'POST /v1/calls/c/report/finalize', {}],
  [
    'calls.finalizeReport with parameters',
    (s, signal) => s.calls.finalizeReport('c', { forceAnalysis: true }, signal),
    'POST /v1/calls/c/report/finalize',
    { forceAnalysis: true },
  ],
  ['calls.webJoin', (s) => s.calls.webJoin('c'), 'POST /v1/calls/c/web-join', {}],
  [
    'calls.webJoin with a name',
    (s, signal) => s.calls.webJoin('c', { displayName: 'é' }, signal),
    'POST /v1/calls/c/web-join',
    { displayName: 'é' },
  ],
  [
    'calls.blindTransfer',
    (s, signal) => s.calls.blindTransfer('c', { to: '+1' }, signal),
    'POST /v1/calls/c/transfers/blind',
    { to: '+1' },
  ],
  [
    'calls.warmTransfer',
    (s, signal) => s.calls.warmTransfer('c', { destinations: [{ to: '+1' }] }, signal),
    'POST /v1/calls/c/transfers/warm',
    { destinations: [{ to: '+1' }] },
  ],
  [
    'calls.completeWarmTransfer',
    (s, signal) => s.calls.completeWarmTransfer('c', 't/1', undefined, signal),
    'POST /v1/calls/c/transfers/t%2F1/complete',
    {},
  ],
  [
    'calls.cancelWarmTransfer',
    (s, signal) => s.calls.cancelWarmTransfer('c', 't', { tryNext: true }, signal),
    'POST /v1/calls/c/transfers/t/cancel',
    { tryNext: true },
  ],
  [
    'calls.cancelWarmTransfer without parameters',
    (s) => s.calls.cancelWarmTransfer('c', 't'),
    'POST /v1/calls/c/transfers/t/cancel',
    {},
  ],
  ['callbacks.list', (s, signal) => s.callbacks.list(undefined, signal), 'GET /v1/callbacks'],
  [
    'callbacks.list of a session',
    (s) => s.callbacks.list({ status: 'failed', sourceSessionId: 's', limit: 3 }),
    'GET /v1/callbacks?status=failed&source_session_id=s&limit=3',
  ],
  ['callbacks.get', (s, signal) => s.callbacks.get('b', signal), 'GET /v1/callbacks/b'],
  ['callbacks.cancel', (s) => s.callbacks.cancel('b'), 'POST /v1/callbacks/b/cancel', {}],
  [
    'callbacks.cancel with a reason',
    (s, signal) => s.callbacks.cancel('b', { reason: 'r' }, signal),
    'POST /v1/callbacks/b/cancel',
    { reason: 'r' },
  ],
  [
    'callbacks.dispatch',
    (s, signal) => s.callbacks.dispatch('b', signal),
    'POST /v1/callbacks/b/dispatch',
    {},
  ],
  ['phoneNumbers.list', (s, signal) => s.phoneNumbers.list(signal), 'GET /v1/phone-numbers'],
  [
    'phoneNumbers.searchAvailable',
    (s, signal) => s.phoneNumbers.searchAvailable(undefined, signal),
    'GET /v1/phone-numbers/available',
  ],
  [
    'phoneNumbers.searchAvailable in a place',
    (s) => s.phoneNumbers.searchAvailable({ areaCode: '415', locality: 'San Francisco', limit: 2 }),
    'GET /v1/phone-numbers/available?areaCode=415&locality=San+Francisco&limit=2',
  ],
  ['phoneNumbers.get', (s, signal) => s.phoneNumbers.get('p', signal), 'GET /v1/phone-numbers/p'],
  [
    'phoneNumbers.create',
    (s, signal) => s.phoneNumbers.create({ e164: '+1' }, signal),
    'POST /v1/phone-numbers',
    { e164: '+1' },
  ],
  [
    'phoneNumbers.importSipTrunk',
    (s, signal) => s.phoneNumbers.importSipTrunk({ e164: '+1', sipTrunkId: 't' }, signal),
    'POST /v1/phone-numbers/import',
    { e164: '+1', sipTrunkId: 't' },
  ],
  [
    'phoneNumbers.update',
    (s, signal) => s.phoneNumbers.update('p', { agentId: null }, signal),
    'PATCH /v1/phone-numbers/p',
    { agentId: null },
  ],
  ['phoneNumbers.delete', (s, signal) => s.phoneNumbers.delete('p', signal), 'DELETE /v1/phone-numbers/p'],
  ['phoneNumbers.getKyb', (s, signal) => s.phoneNumbers.getKyb(signal), 'GET /v1/phone-numbers/kyb'],
  [
    'phoneNumbers.saveKybDraft',
    (s, signal) => s.phoneNumbers.saveKybDraft(kyb, signal),
    'PUT /v1/phone-numbers/kyb/draft',
    kyb,
  ],
  [
    'phoneNumbers.submitKyb',
    (s, signal) => s.phoneNumbers.submitKyb({ ...kyb, attestationAccepted: true }, signal),
    'POST /v1/phone-numbers/kyb/submit',
    { ...kyb, attestationAccepted: true },
  ],
  ['webhooks.create', (s, signal) => s.webhooks.create(hook, signal), 'POST /v1/webhooks', hook],
  ['webhooks.get', (s, signal) => s.webhooks.get('w', signal), 'GET /v1/webhooks/w'],
  [
    'webhooks.update',
    (s, signal) => s.webhooks.update('w', { authHeaders: [{ name: 'h' }] }, signal),
    'PATCH /v1/webhooks/w',
    { authHeaders: [{ name: 'h' }] },
  ],
  [
    'webhooks.deliveries.list',
    (s, signal) => s.webhooks.deliveries.list(undefined, signal),
    'GET /v1/webhook-deliveries',
  ],
  [
    'webhooks.deliveries.list with all filters',
    (s) =>
      s.webhooks.deliveries.list({
        ...{ limit: 9, cursor: 'c', to: 't', from: 'f', eventId: 'i', sessionId: 's' },
        ...{ status: 'failed', agentId: 'a', event: 'call.report', endpointId: 'e' },
      }),
    'GET /v1/webhook-deliveries?endpointId=e&event=call.report&agentId=a&status=failed&sessionId=s&eventId=i&from=f&to=t&cursor=c&limit=9',
  ],
  [
    'webhooks.deliveries.get',
    (s, signal) => s.webhooks.deliveries.get('d', signal),
    'GET /v1/webhook-deliveries/d',
  ],
  [
    'webhooks.deliveries.redeliver',
    (s, signal) => s.webhooks.deliveries.redeliver('d', signal),
    'POST /v1/webhook-deliveries/d/redeliver',
    {},
  ],
];

const cases = rows.map(([name, call, request, body]) => ({ name, call, request, body }));

describe.each(cases)('$name', ({ call, request, body }) => {
  it('sends the documented request and returns the answer', async () => {
    const answer = { made: 'up', list: [1, null] };
    server.answer(json(answer));
    expect(await call(speko)).toEqual(answer);
    expect(server.requests).toHaveLength(1);
    const [received] = server.requests;
    expect(`${received?.method} ${received?.target}`).toBe(request);
    const sent = received?.body.toString();
    if (body === undefined) expect(sent).toBe('');
    else expect(JSON.parse(sent ?? '')).toEqual(body);
  });
});

// The rows whose call hands a signal on.
describe.each(cases.filter(({ call }) => call.length === 2))('$name', ({ call }) => {
  it('ends with its signal', async () => {
    const controller = new AbortController();
    server.answer(() => controller.abort());
    await expect(call(speko, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

it('webhooks.list unwraps the list', async () => {
  server.answer(json({ data: [{ id: 'w' }] }));
  expect(await speko.webhooks.list()).toEqual([{ id: 'w' }]);
  expect(server.requests[0]).toMatchObject({ method: 'GET', target: '/v1/webhooks' });
});

it('webhooks.delete returns nothing for an answer without content', async () => {
  server.answer((response) => response.writeHead(204).end());
  expect(await speko.webhooks.delete('w')).toBeUndefined();
  expect(server.requests[0]).toMatchObject({ method: 'DELETE', target: '/v1/webhooks/w' });
});

it('agents.tools.listChatTools turns rows into tools for complete', async () => {
  const builtin = { kind: 'builtin', name: 'end_call' };
  const row = { id: 'i', agentId: 'a', name: 'n', description: 'd', parameters: { type: 'object' } };
  server.answer(
    json([
      { ...row, source: builtin, preToolSpeech: 'never', createdAt: 'c', updatedAt: 'u' },
      { ...row, source: { kind: 'inline' } },
    ]),
  );
  const tools = await speko.agents.tools.listChatTools('a', undefined, { available: true });
  const shared = { name: 'n', description: 'd', parameters: { type: 'object' } };
  expect(tools).toStrictEqual([
    { ...shared, executionMode: 'builtin', source: builtin, preToolSpeech: 'never' },
    { ...shared, executionMode: 'inline', source: { kind: 'inline' } },
  ]);
  expect(server.requests[0]?.target).toBe('/v1/agents/a/tools?available=1');
});

it('an answer that should be JSON and is not is an error of the API', async () => {
  server.answer(text('<html>', 200));
  const error = await speko.agents.list().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SpekoApiError);
  expect(error).toMatchObject({ status: 200, code: 'INVALID_RESPONSE' });
});
