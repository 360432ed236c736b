import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGuardedFetch, ForbiddenAddressError, isPublicAddress } from './guarded-fetch.ts';

test.each([
  ['8.8.8.8', true],
  ['2606:4700:4700::1111', true],
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:8.8.8.8', true],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::', false],
  ['no address', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected);
});

describe('against a server on this machine', () => {
  let server: http.Server;
  let port: number;
  beforeAll(async () => {
    server = http.createServer((request, response) => {
      if (request.url === '/redirect')
        response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` });
      if (request.url === '/large') response.write('x'.repeat(5000));
      response.end('secret');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const guarded = (allowPrivate: boolean) =>
    createGuardedFetch({
      allowPrivate,
      maxResponseBytes: 1000,
      lookup: ((_name: string, _options: object, callback: (...args: unknown[]) => void) =>
        callback(null, [{ address: '127.0.0.1', family: 4 }])) as never,
    });

  test.each([
    'http://127.0.0.1',
    'http://[::ffff:127.0.0.1]',
    'http://2130706433',
    'http://0x7f.1',
    'http://inside.example',
  ])('%s is refused, with words that say how to allow it', async (origin) => {
    const { fetch, close } = guarded(false);
    const error = await fetch(`${origin}:${port}/`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ForbiddenAddressError);
    expect(String(error)).toContain('VISAVOX_PRIVATE_URLS');
    await close();
    await close();
  });

  test('what the operator allows is reached, and its size is bounded', async () => {
    const { fetch, close } = guarded(true);
    expect(await (await fetch(`http://inside.example:${port}/`)).text()).toBe('secret');
    await expect((await fetch(`http://inside.example:${port}/large`)).text()).rejects.toThrow('1000 bytes');
    await close();
  });

  test('a redirect into the private network is refused', async () => {
    let asked = 0;
    const { fetch, close } = createGuardedFetch({
      allowPrivate: false,
      maxResponseBytes: 1000,
      // The first name resolves to a public address in the eyes of the guard only; nothing public is contacted.
      lookup: ((_name: string, _options: object, callback: (...args: unknown[]) => void) => {
        asked += 1;
        callback(null, [{ address: '127.0.0.1', family: 4 }]);
      }) as never,
    });
    await expect(fetch(`http://inside.example:${port}/redirect`)).rejects.toBeInstanceOf(
      ForbiddenAddressError,
    );
    expect(asked).toBe(1);
    await close();
  });
});
