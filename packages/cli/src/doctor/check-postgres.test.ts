import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { checkPostgres } from './check-postgres.ts';
import { createLoopback, silence } from './testing/loopback.ts';

const loopback = createLoopback();
afterEach(() => loopback.close());

const PASSWORD = 'nobody-may-see-this';

async function check(place: string, timeoutMs = 2000) {
  const findings = await checkPostgres({
    url: `postgres://me:${PASSWORD}@${place}/visavox`,
    timeoutMs,
    signal: new AbortController().signal,
  });
  expect(JSON.stringify(findings)).not.toContain(PASSWORD);
  return findings;
}

/** A message of the protocol: a letter, the length, the content. */
function message(letter: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(letter, 0, 'latin1');
  head.writeInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

const refuse = (code: string) => (socket: Socket) => {
  const fields = ['SFATAL', `C${code}`, `Muser me with ${PASSWORD}`].map((field) => `${field}\0`).join('');
  socket.once('data', () => socket.end(message('E', Buffer.from(`${fields}\0`))));
};

interface Column {
  readonly name: string;
  readonly value: string | null;
  /** 25 is text, 16 boolean. */
  readonly type: number;
}

/** Accepts everybody, and answers every question with one row. */
const answer = (columns: readonly Column[]) => (socket: Socket) => {
  const ready = message('Z', Buffer.from('I'));
  socket.once('data', () => {
    socket.write(Buffer.concat([message('R', Buffer.from([0, 0, 0, 0])), ready]));
    socket.once('data', () => {
      const count = Buffer.from([0, columns.length]);
      const described = columns.map(({ name, type }) => {
        const rest = Buffer.alloc(18);
        rest.writeInt32BE(type, 6);
        return Buffer.concat([Buffer.from(`${name}\0`), rest]);
      });
      const values = columns.map(({ value }) => {
        const length = Buffer.alloc(4);
        length.writeInt32BE(value === null ? -1 : value.length);
        return Buffer.concat([length, Buffer.from(value ?? '')]);
      });
      socket.write(
        Buffer.concat([
          message('T', Buffer.concat([count, ...described])),
          message('D', Buffer.concat([count, ...values])),
          message('C', Buffer.from('SELECT 1\0')),
          ready,
        ]),
      );
    });
  });
};

const row = (mayCreate: 't' | 'f', installed: string | null, offered: string | null): readonly Column[] => [
  { name: 'version', value: '17.2', type: 25 },
  { name: 'may_create', value: mayCreate, type: 16 },
  { name: 'vector_installed', value: installed, type: 25 },
  { name: 'vector_offered', value: offered, type: 25 },
];

test.each([
  ['t', '0.8.1', '0.8.1', ['postgres ok', 'pgvector ok'], 'pgvector 0.8.1 is installed'],
  ['t', null, '0.8.1', ['postgres ok', 'pgvector ok'], 'can be installed'],
  ['t', null, null, ['postgres ok', 'pgvector warning'], 'no pgvector'],
  ['f', null, '0.8.1', ['postgres failed', 'pgvector ok'], 'may not create tables'],
] as const)(
  'a database where creating is %s, pgvector %s of %s',
  async (may, installed, offered, states, words) => {
    const port = await loopback.tcp(answer(row(may, installed, offered)));
    const findings = await check(`127.0.0.1:${port}`);
    expect(findings.map(({ check: name, state }) => `${name} ${state}`)).toEqual(states);
    expect(findings.map(({ message: text }) => text).join('\n')).toContain(words);
    expect(findings[0]?.message).toContain('Postgres 17.2');
  },
);

test.each([
  ['28P01', 'refuses user or password'],
  ['28000', 'refuses user or password'],
  ['3D000', 'no database of that name'],
  ['57P03', 'starting or stopping'],
  ['53300', 'too many connections'],
])('code %s: %s', async (code, words) => {
  const [finding] = await check(`127.0.0.1:${await loopback.tcp(refuse(code))}`);
  expect(finding).toMatchObject({ state: 'failed', message: expect.stringContaining(words) });
});

test('one that hangs, one that is gone, and one that is none are told apart', async () => {
  const [hanging] = await check(`127.0.0.1:${await loopback.tcp(silence)}`, 300);
  expect(hanging?.message).toContain('did not answer within 0.3 s');
  const [gone] = await check(`127.0.0.1:${await loopback.freePort()}`);
  expect(gone?.message).toContain('refuses connections');
  const [other] = await check(
    `127.0.0.1:${await loopback.tcp((socket) => socket.end('HTTP/1.1 400\r\n\r\n'))}`,
    1000,
  );
  expect(other).toMatchObject({ state: 'failed' });
});

test('one that hangs after the welcome is given up too', async () => {
  const port = await loopback.tcp((socket) => {
    socket.once('data', () =>
      socket.write(Buffer.concat([message('R', Buffer.from([0, 0, 0, 0])), message('Z', Buffer.from('I'))])),
    );
  });
  const [finding] = await check(`127.0.0.1:${port}`, 300);
  expect(finding?.message).toContain('did not answer within 0.3 s');
});

test('giving up ends the check with the reason', async () => {
  const given = new AbortController();
  const port = await loopback.tcp(silence);
  const checking = checkPostgres({
    url: `postgres://127.0.0.1:${port}/x`,
    timeoutMs: 5000,
    signal: given.signal,
  });
  setTimeout(() => given.abort(new Error('given up')), 50);
  await expect(checking).rejects.toThrow('given up');
});

test('no URL is skipped, another scheme is broken', async () => {
  const options = { timeoutMs: 100, signal: new AbortController().signal };
  expect(await checkPostgres({ ...options, url: undefined })).toMatchObject([{ state: 'skipped' }]);
  expect(await checkPostgres({ ...options, url: `mysql://me:${PASSWORD}@host/x` })).toMatchObject([
    { state: 'failed' },
  ]);
});
