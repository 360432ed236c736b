import { createServer, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createVendorFetch, leanFetch } from './lean-fetch.ts';
import { type HttpVendor, startHttpVendor, type VendorRequest } from './testing/http-vendor.ts';

let vendor: HttpVendor;
let answer: (request: VendorRequest, response: ServerResponse) => void | Promise<void>;

beforeEach(async () => {
  answer = (_request, response) => void response.end('fine');
  vendor = await startHttpVendor((request, response) => answer(request, response));
});
afterEach(() => vendor.close());

test('sends what fetch would send', async () => {
  await leanFetch(`${vendor.baseUrl}/chat`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    body: '{"text":"안녕"}',
  });
  await leanFetch(new URL(`${vendor.baseUrl}/bytes`), {
    method: 'post',
    headers: new Headers({ 'X-One': '1' }),
    body: new Uint8Array([1, 2, 3]),
  });
  await leanFetch(`${vendor.baseUrl}/list`, { headers: [['x-two', '2']] });
  expect(
    vendor.requests.map(({ method, path, body }) => [method, path, body.toString('latin1').length]),
  ).toEqual([
    ['POST', '/v1/chat', 17],
    ['POST', '/v1/bytes', 3],
    ['GET', '/v1/list', 0],
  ]);
  expect(vendor.requests[0]?.headers).toMatchObject({
    authorization: 'Bearer key',
    'content-type': 'application/json',
  });
  expect(vendor.requests[1]?.headers['x-one']).toBe('1');
  expect(vendor.requests[2]?.headers['x-two']).toBe('2');
});

test('forms go the long way', async () => {
  const form = new FormData();
  form.set('file', new Blob(['abc']), 'a.txt');
  await leanFetch(`${vendor.baseUrl}/form`, { method: 'POST', body: form });
  expect(vendor.requests[0]?.headers['content-type']).toMatch(/^multipart\/form-data/);
});

describe('the answer', () => {
  test('status, headers, and the body in each form', async () => {
    answer = (_request, response) => {
      response.writeHead(429, {
        'retry-after': '7',
        'content-type': 'application/json',
        'set-cookie': ['a=1', 'b=2'],
      });
      response.end('{"a":"é"}');
    };
    const read = () => leanFetch(vendor.baseUrl);
    const response = await read();
    expect([response.ok, response.status, response.headers.get('Retry-After')]).toEqual([false, 429, '7']);
    expect(await response.json()).toEqual({ a: 'é' });
    expect(await (await read()).text()).toBe('{"a":"é"}');
    expect((await (await read()).bytes()).length).toBe(10);
    expect((await (await read()).blob()).type).toBe('application/json');
    const streamed = await read();
    const chunks: Uint8Array[] = [];
    for await (const chunk of streamed.body ?? []) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString('utf8')).toBe('{"a":"é"}');
  });

  test('a redirect is not followed', async () => {
    answer = (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
    expect((await leanFetch(vendor.baseUrl)).status).toBe(302);
    await expect(leanFetch(vendor.baseUrl, { redirect: 'error' })).rejects.toThrow('redirect');
  });

  test('comes piece by piece, as fast as it is read', async () => {
    const piece = Buffer.alloc(64 * 1024, 7);
    // The buffers of the system hold about a hundred.
    const PIECES = 400;
    let written = 0;
    answer = async (_request, response) => {
      for (let i = 0; i < PIECES; i++) {
        written += 1;
        if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
        if (response.destroyed) return;
      }
      response.end();
    };
    const response = await leanFetch(vendor.baseUrl);
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written, 'the sender waits for the reader').toBeLessThan(PIECES);
    let total = piece.length;
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
      total += next.value.length;
    expect(total).toBeGreaterThanOrEqual((PIECES - 1) * piece.length);
  });

  test('one that breaks off fails', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    await expect(leanFetch(vendor.baseUrl).then((response) => response.text())).rejects.toThrow();
    const streamed = await leanFetch(vendor.baseUrl);
    await expect(
      (async () => {
        for await (const _ of streamed.body ?? []);
      })(),
    ).rejects.toThrow();
  });
});

describe('an abort', () => {
  test('before the answer rejects with its reason', async () => {
    answer = () => {};
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = leanFetch(vendor.baseUrl, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(running).rejects.toBe(reason);
    await expect(leanFetch(vendor.baseUrl, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('in the middle of the answer ends it, and the connection', async () => {
    const closed = Promise.withResolvers<void>();
    answer = (_request, response) => {
      response.on('close', () => closed.resolve());
      response.write('begin');
    };
    const controller = new AbortController();
    const response = await leanFetch(vendor.baseUrl, { signal: controller.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    controller.abort(new Error('enough'));
    await expect(reader?.read()).rejects.toThrow();
    await closed.promise;
  });

  test('a reader that leaves closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    answer = (_request, response) => {
      response.on('close', () => closed.resolve());
      response.write('begin');
    };
    const response = await leanFetch(vendor.baseUrl);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await closed.promise;
  });
});

describe.each([['lean', undefined] as const, ['given', globalThis.fetch] as const])(
  'the fetch of a vendor (%s)',
  (_, inner) => {
    const open = (timeoutMs?: number) => {
      const closing = new AbortController();
      const ask = createVendorFetch({ displayName: 'Vendor', closed: closing.signal, timeoutMs, inner });
      return { closing, ask };
    };

    test('ends with its provider', async () => {
      answer = () => {};
      const { closing, ask } = open();
      const reason = new Error('closed');
      const running = ask(vendor.baseUrl);
      setTimeout(() => closing.abort(reason), 20);
      await expect(running).rejects.toBe(reason);
      await expect(ask(vendor.baseUrl)).rejects.toBe(reason);
    });

    test('ends with its provider in the middle of an answer too', async () => {
      answer = (_request, response) => void response.write('begin');
      const { closing, ask } = open();
      const reader = (await ask(vendor.baseUrl)).body?.getReader();
      await reader?.read();
      closing.abort(new Error('closed'));
      await expect(reader?.read()).rejects.toThrow('closed');
    });

    test('gives up an answer that does not begin in time, and no other', async () => {
      answer = (request, response) => {
        if (request.path.endsWith('/hangs')) return;
        response.write('begin');
        setTimeout(() => response.end(' end'), 200);
      };
      const { ask } = open(80);
      await expect(ask(`${vendor.baseUrl}/hangs`)).rejects.toMatchObject({ kind: 'timeout' });
      expect(await (await ask(vendor.baseUrl)).text()).toBe('begin end');
    });

    test('ends with its caller, and follows no redirect', async () => {
      answer = () => {};
      const { ask } = open();
      const reason = new Error('enough');
      await expect(ask(vendor.baseUrl, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 20);
      await expect(ask(vendor.baseUrl, { signal: controller.signal })).rejects.toBe(reason);
      answer = (_request, response) =>
        void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
      await expect(ask(vendor.baseUrl)).rejects.toThrow();
    });
  },
);

test('nobody there: it rejects', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  const port = typeof address === 'object' ? address?.port : 0;
  await expect(leanFetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});
