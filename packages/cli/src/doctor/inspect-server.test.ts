import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { type InspectOptions, inspectServer } from './inspect-server.ts';
import { createLoopback, silence } from './testing/loopback.ts';

const loopback = createLoopback();
afterEach(() => loopback.close());

const KEY = 'plak-of-this-server';
const CATALOGUE = {
  ice_servers: [{ urls: 'turn:turn.example.com', username: 'a', credential: 'b' }],
  stt_types: [
    { name: 'default', service: 'visavox', display_name: 'Default recogniser' },
    {
      name: 'soundswallower',
      service: 'soundswallower',
      display_name: 'SoundSwallower (limited vocabulary)',
    },
    { name: 'sense-voice', service: 'sherpa', display_name: 'SenseVoice' },
  ],
};

/** Answers as our server does. */
function answerAsServer(readyStatus = 200, managing = 200) {
  return ({ url = '', headers }: IncomingMessage, response: ServerResponse) => {
    const send = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
    if (url === '/healthz') send(200, { status: 'ok' });
    else if (url === '/readyz') send(readyStatus, { status: 'ready', database: 'pglite', sessions: 2 });
    else if (headers['persolive-apikey'] !== KEY) send(401, {});
    else send(managing, CATALOGUE);
  };
}

function inspect(options: Partial<InspectOptions>) {
  return inspectServer({
    ...{ named: undefined, host: undefined, port: '0', looksAtPort: true, key: undefined, timeoutMs: 500 },
    signal: new AbortController().signal,
    ...options,
  });
}

const key = { value: KEY, source: 'of --key' };
const lines = ({ findings }: Awaited<ReturnType<typeof inspect>>) =>
  findings.map(({ check, state, message }) => `${check} ${state}: ${message}`);

test('our server on the port is told, with what it says of itself', async () => {
  const url = await loopback.http(answerAsServer());
  const inspection = await inspect({ port: new URL(url).port, key });
  expect(lines(inspection)).toEqual([
    `port ok: the server at ${url} is ready (database pglite, 2 sessions)`,
    'key ok: the server takes the key of --key',
  ]);
  expect(inspection.server).toEqual({
    url,
    key: KEY,
    catalogue: {
      iceServers: [{ urls: ['turn:turn.example.com'], username: 'a', credential: 'b' }],
      recognisers: ['sense-voice'],
    },
  });
});

test('a free port is fine, and a key that nobody can try is only mentioned', async () => {
  const port = String(await loopback.freePort());
  expect(lines(await inspect({ port, key }))).toEqual([
    `port ok: port ${port} is free; no server runs on it`,
    'key skipped: there is one of --key; no server runs that could try it',
  ]);
});

test.each([
  ['another web server', () => loopback.http((_, response) => response.end('<h1>It works!</h1>'))],
  ['something that hangs', async () => `http://127.0.0.1:${await loopback.tcp(silence)}`],
  [
    'something that hangs up',
    async () => `http://127.0.0.1:${await loopback.tcp((socket) => socket.destroy())}`,
  ],
])('a port that %s has taken is broken', async (_, start) => {
  const { port } = new URL(await start());
  const { findings, server } = await inspect({ port });
  expect(findings[0]).toMatchObject({
    check: 'port',
    state: 'failed',
    message: expect.stringContaining(`port ${port} is taken`),
    mend: 'Stop it, or set PORT to another port.',
  });
  expect(server).toBeUndefined();
});

test('a host that is none of this machine is broken', async () => {
  const [line] = lines(await inspect({ host: '203.0.113.1', port: '65000' }));
  expect(line).toMatch(/^port failed: HOST "203.0.113.1" cannot be listened on/);
}, 10_000);

test('a wrong key is told apart from none, and from one that may not manage', async () => {
  const url = await loopback.http(answerAsServer());
  const { port } = new URL(url);
  const secret = 'plak-of-another-server';
  const wrong = await inspect({ port, key: { value: secret, source: 'in VISAVOX_API_KEY' } });
  expect(lines(wrong)[1]).toBe('key failed: the server refuses the key in VISAVOX_API_KEY (401)');
  expect(wrong.server).toMatchObject({ key: undefined });
  expect(JSON.stringify(wrong.findings)).not.toContain(secret);
  expect(lines(await inspect({ port }))[1]).toMatch(/^key warning/);
  const modest = await loopback.http(answerAsServer(200, 403));
  const inspection = await inspect({ port: new URL(modest).port, key });
  expect(lines(inspection)[1]).toBe('key ok: the server takes the key of --key; it may not manage');
  expect(inspection.server).toMatchObject({ key: KEY, catalogue: undefined });
});

test('a server whose database does not answer is broken', async () => {
  const url = await loopback.http(answerAsServer(503));
  const [line] = lines(await inspect({ port: new URL(url).port, key }));
  expect(line).toBe(`port failed: the server at ${url} runs, but its database does not answer`);
});

test('a named server is looked at besides the port; one that hangs, is gone, or is none is broken', async () => {
  const port = String(await loopback.freePort());
  const named = await loopback.http(answerAsServer());
  expect(lines(await inspect({ named, port, key }))).toEqual([
    `port ok: port ${port} is free; no server runs on it`,
    `server ok: the server at ${named} is ready (database pglite, 2 sessions)`,
    'key ok: the server takes the key of --key',
  ]);
  const hanging = `http://127.0.0.1:${await loopback.tcp(silence)}`;
  const other = await loopback.http((_, response) => response.writeHead(404).end());
  for (const [url, reason] of [
    [hanging, 'did not answer within 0.5 s'],
    [`http://127.0.0.1:${port}`, 'refuses connections'],
    [other, 'answers with status 404'],
  ] as const) {
    const [line] = lines(await inspect({ named: url, looksAtPort: false }));
    expect(line).toContain(`server failed: ${url} ${reason}`);
  }
});

test.each(['eighty', '70000'])('PORT=%s is broken', async (port) => {
  expect((await inspect({ port })).findings[0]).toMatchObject({ check: 'port', state: 'failed' });
});

test('a key that the server would not start with is broken', async () => {
  const { findings } = await inspect({ key: { value: 'short', source: 'in VISAVOX_API_KEY' } });
  expect(findings.at(-1)).toMatchObject({ check: 'key', state: 'failed' });
});
