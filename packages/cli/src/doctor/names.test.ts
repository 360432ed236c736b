import { afterEach, expect, test } from 'vitest';
import { ask } from './ask.ts';
import { canResolve } from './names.ts';
import { createLoopback, silence } from './testing/loopback.ts';

const loopback = createLoopback();
afterEach(() => loopback.close());
const { signal } = new AbortController();

test('name servers that keep silent are noticed, and the system is not asked then', async () => {
  const nameServers = [`127.0.0.1:${await loopback.udp(silence)}`];
  expect(await canResolve('vendor.example.com', { signal, nameServers })).toBe(false);
  let isCalled = false;
  const answer = await ask('https://vendor.example.com/models', {
    ...{ signal, nameServers, timeoutMs: 4000 },
    fetch: async () => {
      isCalled = true;
      return new Response();
    },
  });
  expect(answer).toMatchObject({ kind: 'unreachable', reason: expect.stringContaining('no name server') });
  expect(isCalled).toBe(false);
});

test.each(['localhost', 'page.localhost', '127.0.0.1', '[::1]'])('%s needs no name server', async (name) => {
  const nameServers = [`127.0.0.1:${await loopback.udp(silence)}`];
  expect(await canResolve(name, { signal, nameServers })).toBe(true);
});

test('that a name does not exist is an answer', async () => {
  const port = await loopback.udp((query, from, socket) => {
    const answer = Buffer.from(query);
    // A response with the code for a name that does not exist.
    answer.writeUInt16BE(0x8183, 2);
    socket.send(answer, from.port, from.address);
  });
  expect(await canResolve('nowhere.example.com', { signal, nameServers: [`127.0.0.1:${port}`] })).toBe(true);
});

test('giving up ends the question', async () => {
  const given = new AbortController();
  const nameServers = [`127.0.0.1:${await loopback.udp(silence)}`];
  const asking = canResolve('vendor.example.com', { signal: given.signal, nameServers });
  given.abort(new Error('given up'));
  await expect(asking).rejects.toThrow('given up');
});
