import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { checkMedia } from './check-media.ts';
import { createLoopback, silence } from './testing/loopback.ts';
import { createTurnResponder } from './testing/turn-responder.ts';

const loopback = createLoopback();
afterEach(() => loopback.close());

const KEY = 'plak-of-this-server';

interface Script {
  readonly createStatus?: number;
  readonly exchangeStatus?: number;
  readonly candidates?: readonly string[];
  readonly prompts?: readonly object[];
}

/** A server as far as this check sees it; keeps what it was asked for. */
async function startServer({ createStatus = 201, exchangeStatus = 200, candidates = [], prompts }: Script) {
  const asked: string[] = [];
  const offers: string[] = [];
  const sdp = ['v=0', 'a=ice-ufrag:theirs', 'a=ice-pwd:their-password', ...candidates, ''].join('\r\n');
  const url = await loopback.http(async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: place = '' } = request;
    const body = await text(request);
    asked.push(`${method} ${place}`);
    const send = (status: number, answer: unknown) => response.writeHead(status).end(JSON.stringify(answer));
    if (request.headers['persolive-apikey'] !== KEY) send(401, {});
    else if (place.endsWith('/modelstyle/')) send(200, [{ name: 'yuri' }]);
    else if (place.endsWith('/prompt/')) send(200, prompts ?? [{ prompt_id: 'plp-1' }]);
    else if (method === 'POST' && place.endsWith('/session/')) send(createStatus, { session_id: 's 1' });
    else if (place.endsWith('/exchange/')) {
      offers.push(body);
      send(exchangeStatus, { server_sdp: { type: 'answer', sdp } });
    } else send(204, undefined);
  });
  return { url, asked, offers };
}

function check(url: string) {
  return checkMedia({
    server: { url, key: KEY, catalogue: undefined },
    timeoutMs: 400,
    signal: new AbortController().signal,
  });
}

const candidate = (port: number, address = '127.0.0.1') =>
  `a=candidate:1 1 udp 2122260223 ${address} ${port} typ host generation 0`;

test('a candidate that answers is told, and the session is ended', async () => {
  const ice = createTurnResponder({ username: '', password: '' });
  const requests: Buffer[] = [];
  const port = await loopback.udp((bytes, from, socket) => {
    requests.push(bytes);
    const answer = ice.answer(bytes);
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  const silent = await loopback.udp(silence);
  const server = await startServer({ candidates: [candidate(silent), candidate(port)] });
  expect(await check(server.url)).toEqual([
    { check: 'media', state: 'ok', message: `the server answers over UDP at 127.0.0.1:${port}` },
  ]);
  expect(server.asked.slice(2)).toEqual([
    'POST /api/v1/session/',
    'POST /api/v1/session/s%201/exchange/',
    'DELETE /api/v1/session/s%201/',
  ]);
  // The user name of ICE: theirs first, then that of the offer.
  const [, ours] = /a=ice-ufrag:(\w+)/.exec(server.offers[0] ?? '') ?? [];
  expect(requests[0]?.includes(`theirs:${ours}`)).toBe(true);
});

test('candidates that keep silent or are gone mean that UDP is closed', async () => {
  const silent = await loopback.udp(silence);
  const server = await startServer({ candidates: [candidate(silent), candidate(await loopback.freePort())] });
  const [finding] = await check(server.url);
  expect(finding).toMatchObject({
    state: 'failed',
    message: expect.stringContaining(`no UDP packet comes back from 127.0.0.1:${silent}`),
    mend: expect.stringContaining('VISAVOX_MEDIA_PORTS'),
  });
  expect(server.asked.at(-1)).toMatch(/^DELETE/);
});

test.each<[string, Script, string, string]>([
  ['no address for media', {}, 'failed', 'offers no address'],
  ['its limit reached', { createStatus: 429 }, 'warning', '429'],
  ['no session', { createStatus: 500 }, 'failed', 'status 500'],
  [
    'media processes that are gone',
    { exchangeStatus: 503 },
    'failed',
    'accepts no WebRTC connection (status 503)',
  ],
  ['no prompt', { prompts: [] }, 'failed', 'no figure or no prompt'],
])('a server with %s', async (_, script, state, words) => {
  const server = await startServer(script);
  expect(await check(server.url)).toMatchObject([
    { check: 'media', state, message: expect.stringContaining(words) },
  ]);
});

test('a server that hangs is given up', async () => {
  const url = `http://127.0.0.1:${await loopback.tcp(silence)}`;
  expect(await check(url)).toMatchObject([{ check: 'media', state: 'failed' }]);
});

test('without a key that counts nothing is asked', async () => {
  const server = await startServer({});
  expect(
    await checkMedia({
      server: { url: server.url, key: undefined, catalogue: undefined },
      timeoutMs: 100,
      signal: new AbortController().signal,
    }),
  ).toMatchObject([{ state: 'skipped' }]);
  expect(server.asked).toEqual([]);
});
