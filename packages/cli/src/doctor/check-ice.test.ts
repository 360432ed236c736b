import { afterEach, expect, test } from 'vitest';
import { checkIce } from './check-ice.ts';
import { parseIceUrl } from './ice-servers.ts';
import { createLoopback, silence } from './testing/loopback.ts';
import { createTurnResponder } from './testing/turn-responder.ts';

const loopback = createLoopback();
afterEach(() => loopback.close());

const good = { username: 'visitor', password: 'open sesame' };

function check(urls: string | readonly string[], credential = good.password, timeoutMs = 2000) {
  return checkIce({
    servers: [{ urls: [urls].flat(), username: good.username, credential }],
    timeoutMs,
    signal: new AbortController().signal,
  });
}

async function turnOverUdp(
  responder: ReturnType<typeof createTurnResponder>,
  options: { drop?: number } = {},
) {
  let dropped = 0;
  return loopback.udp((bytes, from, socket) => {
    if (dropped++ < (options.drop ?? 0)) return;
    const answer = responder.answer(bytes);
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
}

test('an allocation over UDP is made with the credentials, told, and given back', async () => {
  const responder = createTurnResponder(good);
  const url = `turn:127.0.0.1:${await turnOverUdp(responder)}`;
  expect(await check(url)).toEqual([
    { check: 'turn', state: 'ok', message: `${url} (UDP) relays from 203.0.113.5:50123` },
  ]);
  await expect.poll(() => responder.seen).toEqual([3, 3, 4]);
});

test('an allocation over TCP arrives in pieces', async () => {
  const responder = createTurnResponder(good);
  const port = await loopback.tcp((socket) => {
    socket.on('data', (bytes: Buffer) => {
      const answer = responder.answer(bytes);
      if (answer === undefined) return;
      socket.write(answer.subarray(0, 7));
      setTimeout(() => socket.write(answer.subarray(7)), 20);
    });
  });
  const [finding] = await check(`turn:127.0.0.1:${port}?transport=tcp`);
  expect(finding).toMatchObject({ state: 'ok', message: expect.stringContaining('(TCP) relays from') });
  await expect.poll(() => responder.seen).toEqual([3, 3, 4]);
});

test('a nonce that is over is taken anew, and a packet that is lost is sent again', async () => {
  const responder = createTurnResponder({ ...good, hasStaleNonce: true });
  const [finding] = await check(`turn:127.0.0.1:${await turnOverUdp(responder, { drop: 1 })}`);
  expect(finding?.state).toBe('ok');
  expect(responder.seen.slice(0, 3)).toEqual([3, 3, 3]);
});

test('wrong credentials are told apart from a server that cannot be reached', async () => {
  const refusing = await turnOverUdp(createTurnResponder(good));
  const silent = await loopback.udp(silence);
  const nobody = await loopback.freePort();
  const findings = await check(
    [
      `turn:127.0.0.1:${refusing}`,
      `turn:127.0.0.1:${silent}`,
      `turn:127.0.0.1:${nobody}?transport=tcp`,
      `turn:127.0.0.1:${nobody}`,
    ],
    'a secret nobody may see',
    700,
  );
  expect(findings.map(({ state, message }) => [state, message.replace(/^\S+ /, '')])).toEqual([
    ['failed', '(UDP) refuses the credentials (401)'],
    ['failed', 'did not answer within 0.7 s'],
    ['failed', 'refuses connections'],
    ['failed', 'refuses connections'],
  ]);
  expect(findings[0]?.mend).toContain('Correct username and credential');
  expect(findings[1]?.mend).toContain('UDP');
  expect(JSON.stringify(findings)).not.toContain('a secret nobody may see');
});

test.each([
  [486, 'warning', 'quota'],
  [508, 'warning', 'no port left'],
  [403, 'failed', 'forbids'],
  [442, 'failed', 'relays no UDP'],
  [500, 'failed', 'refuses the allocation (500)'],
])('error %i of a server that knows the credentials is %s', async (errorCode, state, words) => {
  const port = await turnOverUdp(createTurnResponder({ ...good, errorCode }));
  const [finding] = await check(`turn:127.0.0.1:${port}`);
  expect(finding).toMatchObject({ state, message: expect.stringContaining(words) });
});

test('a server that wants credentials, when none are configured, says so', async () => {
  const port = await turnOverUdp(createTurnResponder(good));
  const [finding] = await checkIce({
    servers: [{ urls: [`turn:127.0.0.1:${port}`], username: undefined, credential: undefined }],
    timeoutMs: 1000,
    signal: new AbortController().signal,
  });
  expect(finding).toMatchObject({ state: 'failed', message: expect.stringContaining('wants credentials') });
});

test('a STUN server tells the address that it sees; one that is silent is a warning', async () => {
  const port = await turnOverUdp(createTurnResponder(good));
  const silent = await loopback.udp(silence);
  const findings = await check([`stun:127.0.0.1:${port}`, `stun:127.0.0.1:${silent}`], '', 500);
  expect(findings).toEqual([
    { check: 'stun', state: 'ok', message: `stun:127.0.0.1:${port} sees this machine as 192.0.2.1:32853` },
    expect.objectContaining({ check: 'stun', state: 'warning' }),
  ]);
});

test('a web server is no TURN server', async () => {
  const url = await loopback.http((_, response) => response.end());
  const [finding] = await check(`turn:127.0.0.1:${new URL(url).port}?transport=tcp`);
  expect(finding).toMatchObject({ state: 'failed', message: expect.stringContaining('not STUN') });
});

test('giving up ends the check with the reason', async () => {
  const silent = await loopback.udp(silence);
  const given = new AbortController();
  const checking = checkIce({
    servers: [{ urls: [`turn:127.0.0.1:${silent}`], username: 'a', credential: 'b' }],
    timeoutMs: 5000,
    signal: given.signal,
  });
  given.abort(new Error('given up'));
  await expect(checking).rejects.toThrow('given up');
});

test.each([
  ['stun:stun.example.com', { isRelay: false, transport: 'udp', host: 'stun.example.com', port: 3478 }],
  ['turn:[2001:db8::1]:99?transport=tcp', { isRelay: true, transport: 'tcp', host: '2001:db8::1', port: 99 }],
  ['turns:turn.example.com?transport=tcp', { isRelay: true, transport: 'tls', port: 5349 }],
])('%s is understood', (url, expected) => {
  expect(parseIceUrl(url)).toMatchObject(expected);
});

test.each(['http://turn.example.com', 'turn:', 'turn:host:99999', 'turn:host?transport=carrier-pigeon'])(
  '%s is no address, and is told',
  async (url) => {
    expect(parseIceUrl(url)).toBeUndefined();
    expect(await check(url)).toEqual([
      expect.objectContaining({ state: 'failed', message: expect.stringContaining(url) }),
    ]);
  },
);

test('a URL with user and password is told without them', async () => {
  const [finding] = await check('turn:visitor:open-sesame@127.0.0.1:3478');
  expect(finding).toMatchObject({ state: 'failed', message: expect.stringContaining('@127.0.0.1') });
  expect(JSON.stringify(finding)).not.toMatch(/sesame|visitor/);
});
