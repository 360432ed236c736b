import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { createAgentTools, type WebhookBody } from './agent-tools.ts';
import { callWebhook, signWebhook, WebhookError } from './webhook.ts';
import { splitSecrets, toolSecretReference } from './webhook-secrets.ts';

const SECRET = `whsec_${Buffer.from('0123456789abcdef').toString('base64')}`;

describe('signatures', () => {
  test.each([
    ['with the prefix', SECRET, SECRET],
    ['without it', SECRET.slice(6), SECRET],
    // What is no base64 counts as it is written.
    ['any other text', 'no base64 at all!', `whsec_${Buffer.from('no base64 at all!').toString('base64')}`],
  ])('a secret %s', (_, secret, known) => {
    const headers = signWebhook({ id: 'a:b', body: '{"text":"안녕"}', secret }, new Date());
    expect(new Webhook(known).verify('{"text":"안녕"}', headers)).toEqual({ text: '안녕' });
    expect(headers['webhook-signature']).toMatch(/^v1,/);
  });
});

describe('redirects', () => {
  const request = {
    url: 'https://shop.example.com/hook',
    id: 's:c',
    body: '{}',
    secret: SECRET,
    headers: { 'X-Api-Key': 'the key' },
  };
  const follow = async (...locations: readonly string[]) => {
    const called: { readonly url: string; readonly headers: Headers }[] = [];
    const answer = callWebhook(
      request,
      {
        allowPrivate: false,
        now: () => new Date(),
        fetch: async (url, { headers }) => {
          const location = locations[called.length];
          called.push({ url, headers: new Headers(headers) });
          return location === undefined
            ? new Response('done')
            : new Response(null, { status: 307, headers: { location } });
        },
      },
      { signal: new AbortController().signal },
    );
    return { called, answer: await answer.catch((error: unknown) => error) };
  };

  test.each([
    'https://127.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00::1]/',
    'https://localhost/',
    'http://shop.example.com/plain',
    'file:///etc/passwd',
  ])('to %s are not followed', async (location) => {
    const { called, answer } = await follow('https://elsewhere.example.com/', location);
    expect(answer).toBeInstanceOf(WebhookError);
    expect(called).toHaveLength(2);
  });

  test('keep the headers of the tool for its own origin only; the third is the last', async () => {
    const { called, answer } = await follow('/other', 'https://elsewhere.example.com/');
    expect(answer).toEqual({ status: 200, text: 'done' });
    expect(called.map(({ url, headers }) => [url, headers.get('x-api-key')])).toEqual([
      ['https://shop.example.com/hook', 'the key'],
      ['https://shop.example.com/other', 'the key'],
      ['https://elsewhere.example.com/', null],
    ]);
    expect((await follow('/a', '/b', '/c', '/d')).answer).toBeInstanceOf(WebhookError);
  });
});

describe('bodies', () => {
  const sent = async (webhookBody: WebhookBody, args: string): Promise<unknown> => {
    let body: unknown;
    const reference = toolSecretReference('agent_1', 'book');
    const tools = createAgentTools({
      agents: {
        findToolByName: async () =>
          // Only what is looked at.
          ({
            source: { url: 'https://example.com' },
            sealedSecrets: JSON.stringify({ [reference]: SECRET }),
          }) as never,
      },
      unseal: (sealed) => sealed,
      webhookBody,
      allowPrivate: false,
      fetch: async (_, { body: text }) => {
        body = JSON.parse(String(text));
        return new Response('ok');
      },
      toolSecretsOf: async () => ({}),
      searchKnowledgeBase: async () => undefined,
      now: () => new Date(),
      log: { warn: () => {} },
    });
    const source = { kind: 'webhook' as const, url: 'https://example.com', secretRef: reference };
    await tools.run(
      { name: 'book', description: '', parameters: {}, executionMode: 'webhook', source },
      { id: 'c', args },
      { organizationId: 'o', sessionId: 's', signal: new AbortController().signal },
    );
    return body;
  };
  const envelope = { session_id: 's', tool_call_id: 'c', idempotency_key: 's:c', tool: 'book' };

  test('in an envelope, alone, and both in one, where the envelope wins', async () => {
    const args = '{"day":"Monday","tool":"mine"}';
    const parsed = { day: 'Monday', tool: 'mine' };
    expect(await sent('envelope', args)).toEqual({ ...envelope, args: parsed });
    expect(await sent('args', args)).toEqual(parsed);
    expect(await sent('merged', args)).toEqual({ ...envelope, day: 'Monday', args: parsed });
  });

  test('arguments that are no object are not sent', async () => {
    expect(await sent('args', '[1]')).toBeUndefined();
  });
});

describe('secrets of a webhook', () => {
  const reference = toolSecretReference('agent_1', 'book');
  const first = splitSecrets(reference, { secret: 'one', authHeaders: [{ name: 'X-A', value: 'a' }] }, {});

  test('are split off', () => {
    expect(first.shown).toEqual({
      secretRef: 'webhook:agent_1:book',
      authHeaders: [{ name: 'X-A', secretRef: 'webhook:agent_1:book:header:x-a' }],
    });
    expect(Object.values(first.secrets)).toEqual(['one', 'a']);
  });

  test('stay unless sent; headers that are not mentioned go', () => {
    expect(splitSecrets(reference, {}, first.secrets).secrets).toEqual(first.secrets);
    expect(splitSecrets(reference, { authHeaders: [] }, first.secrets).secrets).toEqual({
      [reference]: 'one',
    });
    expect(
      splitSecrets(reference, { secret: 'two', authHeaders: [{ name: 'x-a' }] }, first.secrets),
    ).toMatchObject({
      secrets: { [reference]: 'two', 'webhook:agent_1:book:header:x-a': 'a' },
      missing: [],
    });
    expect(splitSecrets(reference, { authHeaders: [{ name: 'X-B' }] }, {}).missing).toEqual([
      'secret',
      'authHeaders.0.value',
    ]);
  });
});
