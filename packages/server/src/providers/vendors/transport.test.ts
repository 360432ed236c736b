import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  sendJson,
  startHttpVendor,
  type VendorAnswer,
  type VendorConnection,
} from '../testing/http-vendor.ts';
import { cutOddly, errorOf, toneBytes } from './testing/scripted-vendor.ts';
import { cutText } from './text-pieces.ts';
import {
  checkRegion,
  openVendorSocket,
  parseAnswer,
  pcmChunks,
  readBody,
  readEvents,
  readVendorJson,
  requestVendor,
} from './transport.ts';

const never = new AbortController().signal;
const what = 'answer of a vendor';

async function withServer(
  answer: VendorAnswer,
  run: (
    url: string,
    requests: readonly { readonly headers: object; readonly body: Buffer }[],
  ) => Promise<void>,
): Promise<void> {
  const server = await startHttpVendor(answer);
  try {
    await run(server.origin, server.requests);
  } finally {
    await server.close();
  }
}

async function withSocket(
  onConnection: (connection: VendorConnection) => void | Promise<void>,
  run: (url: string, connections: readonly VendorConnection[]) => Promise<void>,
): Promise<void> {
  const server = await startHttpVendor(() => {}, { onConnection });
  try {
    await run(server.origin.replace(/^http/, 'ws'), server.connections);
  } finally {
    await server.close();
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

it('gives a slow reader all the time it needs: only silence of the vendor counts', () =>
  withServer(
    async (_request, response) => {
      for (let i = 0; i < 3; i++) {
        response.write('x'.repeat(10));
        await delay(10);
      }
      response.end();
    },
    async (url) => {
      const response = await requestVendor({ url, what, signal: never });
      let total = 0;
      for await (const piece of readBody(response, { what, signal: never, idleMs: 60 })) {
        total += piece.length;
        await delay(100);
      }
      expect(total).toBe(30);
    },
  ));

describe('a request', () => {
  it('sends forms as a whole, so that an abort midway fails only the request', () =>
    withServer(
      (_request, response) => sendJson(response, {}),
      async (url, requests) => {
        const form = new FormData();
        form.set('model', 'm');
        form.set('file', new Blob([new Uint8Array(3_000_000)]), 'speech.wav');
        for (const afterMs of [0, 1, 2, 4, 8]) {
          const controller = new AbortController();
          const reason = new Error('enough');
          const sent = requestVendor({ url, what, signal: controller.signal, body: form });
          const settled = sent.then(
            () => undefined,
            (error: unknown) => error,
          );
          await delay(afterMs);
          controller.abort(reason);
          expect([undefined, reason]).toContain(await settled);
        }
        await requestVendor({ url, what, signal: never, body: form });
        expect(requests.at(-1)?.headers).toMatchObject({
          'content-type': expect.stringMatching(/^multipart\/form-data; boundary=/),
        });
        expect(requests.at(-1)?.body.length).toBeGreaterThan(3_000_000);
      },
    ));

  it('does not follow a redirect, which would carry the key along', () =>
    withServer(
      (_request, response) => {
        response.writeHead(302, { location: 'http://127.0.0.1:1/' });
        response.end();
      },
      async (url) => {
        expect(await errorOf(requestVendor({ url, what, signal: never }))).toMatchObject({
          kind: 'unavailable',
        });
      },
    ));

  it('asks the words of an error for its kind, and does without them when they hang', () =>
    withServer(
      ({ path }, response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.write('{"code":"no-money"}');
        if (path === '/whole') response.end();
      },
      async (url) => {
        const kindOfError = (_status: number, body: unknown) =>
          typeof body === 'object' && body !== null && 'code' in body ? ('payment' as const) : undefined;
        const ask = (path: string) =>
          errorOf(requestVendor({ url: url + path, what, signal: never, kindOfError }));
        expect(await ask('/whole')).toMatchObject({ kind: 'payment', status: 400 });
        expect(await ask('/hanging')).toMatchObject({ kind: 'bad-request', status: 400 });
      },
    ));

  it('gives up a body that stops in the middle', () =>
    withServer(
      (_request, response) => {
        response.write('{');
      },
      async (url) => {
        const response = await requestVendor({ url, what, signal: never });
        const read = readVendorJson(response, { what, signal: never, idleMs: 50 });
        expect(await errorOf(read)).toMatchObject({ kind: 'timeout' });
      },
    ));

  it('is given up when its reader leaves', async () => {
    const closed = Promise.withResolvers<void>();
    await withServer(
      (_request, response) => {
        response.on('close', () => closed.resolve());
        response.write('x');
      },
      async (url) => {
        const response = await requestVendor({ url, what, signal: never });
        for await (const _ of readBody(response, { what, signal: never })) break;
        await closed.promise;
      },
    );
  });

  it('reads events across pieces, without comments', () =>
    withServer(
      async (_request, response) => {
        response.write(': hello\n\nevent: a\ndata: {"te');
        await delay(5);
        response.write('xt":"é');
        response.write('"}\n\ndata: [DONE]\n\ndata: unfinished');
        response.end();
      },
      async (url) => {
        const response = await requestVendor({ url, what, signal: never });
        expect(await collect(readEvents(response, { what, signal: never }))).toEqual([
          { event: 'a', data: '{"text":"é"}' },
          { event: undefined, data: '[DONE]' },
        ]);
      },
    ));
});

describe('sound', () => {
  it('is cut into chunks of whole samples that own their memory', async () => {
    const sound = toneBytes(1, 16_000);
    const chunks = await collect(pcmChunks(cutOddly(sound, 333), { sampleRateHz: 16_000, what }));
    expect(Buffer.concat(chunks.map(({ samples }) => Buffer.from(samples.buffer))).equals(sound)).toBe(true);
    expect(chunks.length, 'none waits for another').toBe(Math.ceil(sound.length / 333));
  });

  it('that comes in one piece is cut into chunks of at most 0.2 s', async () => {
    const chunks = await collect(
      pcmChunks(cutOddly(toneBytes(0.5, 16_000), 16_000), { sampleRateHz: 16_000, what }),
    );
    expect(chunks.map(({ samples }) => samples.length)).toEqual([3200, 3200, 1600]);
  });

  it('has an end', async () => {
    const endless = (async function* () {
      const piece = new Uint8Array(2_000_000);
      while (true) yield piece;
    })();
    const error = await errorOf(collect(pcmChunks(endless, { sampleRateHz: 8000, what })));
    expect(error).toMatchObject({ kind: 'protocol' });
  });
});

describe('a socket', () => {
  it(
    'ends for a vendor that floods a slow reader',
    () =>
      withSocket(
        async (connection) => {
          for (let count = 0; count < 12_000; count++) connection.send('x');
          await connection.closed;
        },
        async (url) => {
          const socket = await openVendorSocket({ url, what, signal: never });
          const read = (async () => {
            for await (const _ of socket.messages) await delay(200);
          })();
          expect(await errorOf(Promise.race([read, delay(5000)]))).toMatchObject({ kind: 'protocol' });
        },
      ),
    10_000,
  );

  it('is taken for dead after a silence, and not while that is allowed', () =>
    withSocket(
      () => {},
      async (url) => {
        const socket = await openVendorSocket({ url, what, signal: never, idleMs: null });
        const next = socket.messages[Symbol.asyncIterator]().next();
        expect(await Promise.race([next, delay(100, 'silent')])).toBe('silent');
        socket.limitSilence(50);
        expect(await errorOf(next)).toMatchObject({ kind: 'timeout' });
      },
    ));

  it('rejects with the reason when aborted, also while it opens', () =>
    withSocket(
      () => {},
      async (url, connections) => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const opening = openVendorSocket({ url, what, signal: controller.signal });
        controller.abort(reason);
        expect(await errorOf(opening)).toBe(reason);
        const later = new AbortController();
        const socket = await openVendorSocket({ url, what, signal: later.signal });
        const next = socket.messages[Symbol.asyncIterator]().next();
        later.abort(reason);
        expect(await errorOf(next)).toBe(reason);
        await connections.at(-1)?.closed;
      },
    ));

  it('closes twice, and ends its messages with the error it is closed with', () =>
    withSocket(
      () => {},
      async (url, connections) => {
        const socket = await openVendorSocket({ url, what, signal: never });
        const reason = new Error('enough');
        socket.close(reason);
        socket.close();
        expect(await errorOf(collect(socket.messages))).toBe(reason);
        await socket.send('too late');
        await connections[0]?.closed;
      },
    ));

  it('that nobody answers is unavailable', async () => {
    const opening = openVendorSocket({ url: 'ws://127.0.0.1:1', what, signal: never });
    expect(await errorOf(opening)).toMatchObject({ kind: 'unavailable' });
  });

  it('tells what a close of the vendor means', () =>
    withSocket(
      (connection) => connection.close(4001, 'no such key'),
      async (url) => {
        const socket = await openVendorSocket({
          url,
          what,
          signal: never,
          // Also when it comes with the opening.
          kindOfClose: (code, reason) => (code === 4001 && reason.includes('key') ? 'auth' : undefined),
        });
        expect(await errorOf(collect(socket.messages))).toMatchObject({ kind: 'auth' });
      },
    ));
});

describe('small helpers of vendors', () => {
  it('quote nothing of an answer of another shape', async () => {
    const error = await errorOf(
      (async () => parseAnswer(z.object({ text: z.string() }), { text: 7 }, what))(),
    );
    expect(error).toMatchObject({ kind: 'protocol', message: `the ${what} has an unexpected shape` });
  });

  it.each(['eu', 'us-central1'])('take %s for a region', (region) => {
    expect(checkRegion(region, 'A')).toBe(region);
  });

  it.each(['', 'evil.example/', 'a.b', 'EU', '../x'])('take "%s" for none', (region) => {
    expect(() => checkRegion(region, 'A')).toThrow('expected a region of A');
  });

  it('cut texts by any measure, losing nothing but white space between the pieces', () => {
    const text = '안녕하세요. 한국어를 읽습니다! '.repeat(50);
    const lengthOf = (piece: string) => Buffer.byteLength(piece);
    const pieces = cutText(text, { maxLength: 500, language: 'ko', lengthOf });
    expect(Math.max(...pieces.map(lengthOf))).toBeLessThanOrEqual(500);
    expect(pieces.join(' ')).toBe(text.trim());
    expect(cutText('  ', { maxLength: 10, language: 'en' })).toEqual([]);
    expect(cutText('x'.repeat(100), { maxLength: 30, language: 'en' }).join('')).toBe('x'.repeat(100));
  });
});
