import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type FirstPart, PartAnswer, type Parts } from './part-answer.ts';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server whose only answer these parts are, and a client that has asked for it. */
async function ask(
  parts: Partial<Parts> & Pick<Parts, 'next'>,
  firstPart?: FirstPart,
): Promise<{
  readonly client: Socket;
  readonly outgoing: Promise<ServerResponse>;
  readonly cancels: () => number;
}> {
  const asked = Promise.withResolvers<ServerResponse>();
  let cancels = 0;
  const server = createServer((_, outgoing) => {
    asked.resolve(outgoing);
    const cancel = async (): Promise<void> => {
      cancels += 1;
    };
    new PartAnswer({ cancel, ...parts }, { 'Content-Type': 'text/plain' }, firstPart).writeTo(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close().closeAllConnections());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
  return { client, outgoing: asked.promise, cancels: () => cancels };
}

/** What comes until the server ends the connection. */
async function readAll(client: Socket): Promise<string[]> {
  const packets: string[] = [];
  client.on('data', (bytes) => packets.push(bytes.toString()));
  await once(client, 'close');
  return packets;
}

function partsOf(...parts: string[]): Parts['next'] {
  const rest = parts.values();
  return async () => rest.next().value;
}

test('parts that are there already leave with the headers, and the answer ends in order', async () => {
  const { client, cancels } = await ask({ next: partsOf('one', 'two') });
  const [first = '', ...others] = await readAll(client);
  expect(first).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(first).toContain('\r\nAccess-Control-Allow-Origin: *\r\n');
  expect(first).toContain('\r\nX-Content-Type-Options: nosniff\r\n');
  expect(first).toContain('\r\n3\r\none\r\n3\r\ntwo\r\n');
  expect([first, ...others].join('')).toMatch(/\r\n0\r\n\r\n$/);
  expect(cancels()).toBe(0);
});

test('headers do not wait for a first part that is late', async () => {
  const first = Promise.withResolvers<string>();
  const later = partsOf('late');
  const { client } = await ask({ next: () => later().then((part) => part && first.promise) });
  const [head] = (await once(client, 'data')) as [Buffer];
  expect(head.toString()).toMatch(/\r\n\r\n$/);
  first.resolve('late');
  expect((await readAll(client)).join('')).toContain('4\r\nlate\r\n');
});

test.each([
  ['with what follows', false],
  ['alone', true],
] as const)(
  'a part that follows a pause does not wait for what else its turn has to do, nor does a first one that leaves %s: %s',
  async (firstPart, firstIsSent) => {
    const waiting: (number | undefined)[] = [];
    let count = 0;
    const asked = await ask(
      {
        async next() {
          const { socket } = await asked.outgoing;
          count += 1;
          if (count > 1) waiting.push(socket?.writableLength);
          if (count > 3) return undefined;
          if (count > 1) await pause(20);
          return `part ${count}`;
        },
      },
      firstPart,
    );
    await readAll(asked.client);
    expect(waiting.map((bytes) => bytes === 0)).toEqual([firstIsSent, true, true]);
  },
);

test('a client that does not read holds the parts back', async () => {
  let produced = 0;
  const { client, cancels } = await ask({
    async next() {
      produced += 1;
      await pause(0);
      return 'x'.repeat(100_000);
    },
  });
  client.pause();
  let before = -1;
  while (produced !== before) {
    before = produced;
    await pause(150);
  }
  expect(produced).toBeLessThan(200);
  client.resume();
  while (produced < before + 20) await pause(5);
  client.destroy();
  while (cancels() === 0) await pause(5);
});

test.each(['gives one more', 'fails', 'never settles'])(
  'a client that leaves while a part is awaited cancels once, and the part that %s then is lost',
  async (late) => {
    const second = Promise.withResolvers<string>();
    const first = partsOf('one');
    let asks = 0;
    const { client, cancels, outgoing } = await ask({
      async next() {
        asks += 1;
        return (await first()) ?? second.promise;
      },
    });
    await once(client, 'data');
    client.destroy();
    while (cancels() === 0) await pause(5);
    if (late === 'gives one more') second.resolve('two');
    if (late === 'fails') second.reject(new Error('aborted'));
    await pause(20);
    expect([cancels(), asks, (await outgoing).writableEnded]).toEqual([1, 2, false]);
  },
);

test('a failure breaks the answer off after what came before, without an end and without a word', async () => {
  const first = partsOf('one');
  const { client, cancels } = await ask({
    async next() {
      const part = await first();
      if (part === undefined) throw new Error('the key is sk-secret');
      return part;
    },
  });
  const text = (await readAll(client)).join('');
  expect(text).toMatch(/\r\n3\r\none\r\n$/);
  expect(text).not.toContain('secret');
  expect(cancels()).toBe(0);
});

test('without a socket it is a response', async () => {
  const response = new PartAnswer(
    { next: partsOf('one', 'ü'), cancel: async () => {} },
    { 'Content-Type': 'text/plain' },
  ).toResponse();
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(await response.text()).toBe('oneü');
});
