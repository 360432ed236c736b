import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { VENDOR_VARIABLES } from '@visavox/contract/vendors';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { checkVendors } from './check-vendors.ts';
import { createLoopback, silence } from './testing/loopback.ts';
import { ASKABLE_VENDORS } from './vendor-requests.ts';

const loopback = createLoopback();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-doctor-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => loopback.close());

const SECRET = 'sk-nobody-may-see-this';

async function check(environment: NodeJS.ProcessEnv, options: { readonly timeoutMs?: number } = {}) {
  const findings = await checkVendors({
    environment,
    timeoutMs: options.timeoutMs ?? 2000,
    signal: new AbortController().signal,
  });
  expect(JSON.stringify(findings)).not.toContain(SECRET);
  return findings;
}

/** An address that answers with a status and says it in a body. */
const answering = (status: number, body = '{}') =>
  loopback.http((_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body),
  );

test('without a key nothing is asked', async () => {
  expect(await check({ PATH: '/usr/bin' })).toEqual([expect.objectContaining({ state: 'skipped' })]);
});

test('every vendor can be asked, at the address that is set for it, with its key and nothing that costs', async () => {
  expect([...ASKABLE_VENDORS].sort()).toEqual(Object.keys(VENDOR_VARIABLES).sort());
  const asked = new Map<string, string>();
  const server = await loopback.http(async (request: IncomingMessage, response) => {
    const [, id = '', ...rest] = (request.url ?? '').split('/');
    const shown = Object.values(request.headers).some((value) => String(value).includes(SECRET));
    asked.set(id, `${request.method} /${rest.join('/')} ${await text(request)}`.trim());
    // What lists are asked for is read; speech is asked for with nothing to say.
    response.writeHead(shown ? (request.method === 'POST' ? 400 : 200) : 401).end('{}');
  });
  const environment: NodeJS.ProcessEnv = {};
  for (const { id, keyVariables, baseUrlVariable } of Object.values(VENDOR_VARIABLES)) {
    environment[keyVariables.at(-1) ?? ''] = SECRET;
    environment[baseUrlVariable] = `${server}/${id}/`;
  }
  const findings = await check(environment);
  expect(findings.map(({ check: name, state }) => `${name} ${state}`)).toEqual(
    Object.keys(VENDOR_VARIABLES).map((id) => `vendor ${id} ok`),
  );
  expect([...asked.entries()].sort().map(([id, request]) => `${id} ${request}`)).toEqual([
    'anthropic GET /v1/models?limit=1',
    'assemblyai GET /v2/transcript?limit=1',
    'azure GET /tts/cognitiveservices/voices/list',
    'cartesia GET /voices?limit=1',
    'cerebras GET /models',
    'deepgram GET /v1/projects',
    'deepseek GET /models',
    'elevenlabs GET /v2/voices?page_size=1',
    'fireworks GET /models',
    'google GET /v1beta/models?pageSize=1',
    'groq GET /models',
    'mistral GET /models',
    'openai GET /models',
    'rime POST /v1/rime-tts {}',
    'soniox GET /v1/models',
    'together GET /models',
    'xai GET /models',
  ]);
});

test.each([
  [401, '{}', 'failed', 'refuses the key in GROQ_API_KEY (401)'],
  [403, '{}', 'failed', 'refuses the key in GROQ_API_KEY (403)'],
  [400, '{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}', 'failed', 'refuses the key'],
  [401, '{"detail":{"status":"missing_permissions"}}', 'warning', 'does not let it list'],
  [402, '{}', 'failed', 'the account is empty'],
  [429, '{}', 'warning', 'used up'],
  [503, '{}', 'warning', 'in trouble'],
  [404, '{}', 'failed', 'answers with status 404'],
  [302, '', 'failed', 'answers with status 302'],
])('status %i %s is %s', async (status, body, state, words) => {
  const findings = await check({ GROQ_API_KEY: SECRET, GROQ_BASE_URL: await answering(status, body) });
  expect(findings).toEqual([
    expect.objectContaining({ check: 'vendor groq', state, message: expect.stringContaining(words) }),
  ]);
  expect(findings[0]?.mend).toBeTruthy();
});

test('a wrong key is told apart from a vendor that hangs and one that is gone', async () => {
  const findings = await check(
    {
      ANTHROPIC_API_KEY: SECRET,
      ANTHROPIC_BASE_URL: await answering(401),
      CARTESIA_API_KEY: SECRET,
      CARTESIA_BASE_URL: `http://127.0.0.1:${await loopback.tcp(silence)}`,
      DEEPGRAM_API_KEY: SECRET,
      DEEPGRAM_BASE_URL: `http://127.0.0.1:${await loopback.freePort()}`,
    },
    { timeoutMs: 400 },
  );
  expect(findings.map(({ message }) => message.replace(/at [\d.:]+ /, ''))).toEqual([
    'Anthropic refuses the key in ANTHROPIC_API_KEY (401)',
    'Cartesia did not answer within 0.4 s',
    'Deepgram refuses connections',
  ]);
});

test('keys stand in files and under the common name too', async () => {
  const file = path.join(folder, 'key');
  await writeFile(file, `${SECRET}\n`);
  const seen: unknown[] = [];
  const address = await loopback.http(({ headers }, response) => {
    seen.push(headers.authorization);
    response.end('{}');
  });
  const environment = { XAI_API_KEY_FILE: file, XAI_BASE_URL: address };
  expect(await check(environment)).toMatchObject([
    { state: 'ok', message: 'xAI takes the key in XAI_API_KEY_FILE' },
  ]);
  expect(
    await check({ SPEKO_XAI_BYOK_API_KEY: SECRET, XAI_API_KEY: 'other', XAI_BASE_URL: address }),
  ).toMatchObject([{ message: 'xAI takes the key in SPEKO_XAI_BYOK_API_KEY' }]);
  expect(seen).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
});

test.each<[string, NodeJS.ProcessEnv, string]>([
  ['two keys', { XAI_API_KEY: SECRET, XAI_API_KEY_FILE: '/nowhere' }, 'has two keys'],
  ['a file that is not there', { XAI_API_KEY_FILE: '/nowhere/at/all' }, 'empty or cannot be read'],
  ['signs that no key has', { XAI_API_KEY: `${SECRET}\u200b` }, 'characters'],
  ['an address that is none', { XAI_API_KEY: SECRET, XAI_BASE_URL: 'x.ai' }, 'XAI_BASE_URL'],
  ['no region', { AZURE_SPEECH_KEY: SECRET }, 'region'],
  ['a region that is none', { SONIOX_API_KEY: SECRET, SONIOX_REGION: 'evil.example/' }, 'region'],
])('%s: nothing is sent, and the variable is named', async (_, environment, words) => {
  expect(await check(environment)).toEqual([
    expect.objectContaining({ state: 'failed', message: expect.stringContaining(words) }),
  ]);
});

test('a service account of Google shows a signed assertion, never its key', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const bodies: string[] = [];
  const address = await loopback.http(async (request, response) => {
    bodies.push(await text(request));
    response.writeHead(bodies.length === 1 ? 200 : 400).end('{"error":"invalid_grant"}');
  });
  const credentials = JSON.stringify({
    client_email: 'doctor@example.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  const environment = { GOOGLE_CREDENTIALS_JSON: credentials, GOOGLE_BASE_URL: address };
  expect(await check(environment)).toMatchObject([{ state: 'ok' }]);
  expect(await check(environment)).toMatchObject([
    { state: 'failed', message: expect.stringContaining('refuses') },
  ]);
  const assertion = new URLSearchParams(bodies[0]).get('assertion') ?? '';
  const [, payload = ''] = assertion.split('.');
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
    iss: 'doctor@example.iam.gserviceaccount.com',
    aud: 'https://oauth2.googleapis.com/token',
  });
  expect(bodies[0]).not.toContain('PRIVATE');
});

test("a server of one's own needs no key", async () => {
  expect(await check({ OPENAI_BASE_URL: await answering(200) })).toMatchObject([{ state: 'ok' }]);
  expect(await check({ OPENAI_BASE_URL: await answering(401) })).toMatchObject([
    { state: 'failed', mend: 'Set OPENAI_API_KEY.' },
  ]);
  expect(await check({ OPENAI_BASE_URL: `http://127.0.0.1:${await loopback.freePort()}/v1` })).toMatchObject([
    { state: 'failed', message: expect.stringContaining('refuses connections') },
  ]);
});
