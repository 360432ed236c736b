/** `visavox doctor` as a program: against a server that is well, with one leg broken at a time, and when everything hangs. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type RunningServer, startTestServer } from '@visavox/server/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLoopback, silence } from '../../packages/cli/src/doctor/testing/loopback.ts';
import { createTurnResponder } from '../../packages/cli/src/doctor/testing/turn-responder.ts';
import {
  VENDOR_VARIABLES,
  type VendorVariables,
  vendorKeyVariables,
} from '../../packages/contract/src/vendors/index.ts';
import { VENDORS } from '../../packages/server/src/providers/vendors/all.ts';
import { environmentOf } from '../../packages/server/src/providers/vendors/operator-keys.ts';
import { postgresBinaries, startPostgres, type TestPostgres } from '../../packages/server/test/postgres.ts';
import { runVisavox } from '../src/visavox.ts';

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly message: string;
  readonly mend?: string;
}

const TURN = { username: 'visitor', password: 'open sesame' };
const SECRET = 'sk-nobody-may-see-this';

let server: RunningServer;
let folder: string;
const loopback = createLoopback();

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-doctor-'));
  server = await startTestServer();
});
afterEach(() => loopback.close());
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs it with the environment of a server on a free port, and reads what it says. */
async function doctor(environment: Readonly<Record<string, string>> = {}, words: readonly string[] = []) {
  const PORT = String(await loopback.freePort());
  const startedMs = performance.now();
  const { code, out, error } = await runVisavox(['doctor', '--json', ...words], {
    ...{ server, folder },
    environment: { PORT, ...environment },
  });
  const durationMs = performance.now() - startedMs;
  expect(`${out}${error}`).not.toContain(SECRET);
  // The object that the command prints.
  const { healthy, findings } = JSON.parse(out) as { healthy: boolean; findings: readonly Finding[] };
  expect(healthy).toBe(code === 0);
  const about = (check: string) => findings.filter((finding) => finding.check === check);
  return { code, error, findings, about, durationMs };
}

test('a server that is well: its database, key, media over UDP and recogniser are told, and nothing is left behind', async () => {
  const { code, findings, about } = await doctor();
  expect(findings.filter(({ state }) => state === 'failed')).toEqual([]);
  expect(code).toBe(0);
  expect(about('server')).toMatchObject([
    { state: 'ok', message: expect.stringContaining('database pglite') },
  ]);
  expect(about('key')).toMatchObject([{ state: 'ok', message: expect.stringContaining('VISAVOX_API_KEY') }]);
  expect(about('media')).toMatchObject([
    { state: 'ok', message: expect.stringMatching(/answers over UDP at \S+:\d+/) },
  ]);
  expect(about('udp')).toMatchObject([{ state: 'ok' }]);
  expect(about('microphone')).toMatchObject([{ state: 'ok' }]);
  await expect.poll(() => server.liveSessions()).toBe(0);
});

test('in a pipe it is one plain line for each finding, and the words for people', async () => {
  const { code, out } = await runVisavox(['doctor'], { server, folder, environment: { PORT: '0' } });
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines.slice(0, -1).every((line) => /^(ok|warning|skipped) {2}[\w ]+: /.test(line))).toBe(true);
  expect(lines.at(-1)).toMatch(/ 0 broken, /);
});

test('before the first start nothing is broken', async () => {
  const { code, about } = await doctor({ VISAVOX_PUBLIC_URL: '', VISAVOX_API_KEY: '' });
  expect(code).toBe(0);
  expect(about('port')).toMatchObject([{ state: 'ok', message: expect.stringContaining('is free') }]);
  expect(about('key')).toMatchObject([{ state: 'skipped' }]);
});

test('the server on its own port is recognised, and a wrong key is told', async () => {
  const { code, error, about } = await doctor({
    PORT: new URL(server.url).port,
    VISAVOX_PUBLIC_URL: '',
    VISAVOX_API_KEY: 'plak-of-another-server',
  });
  expect(code).toBe(1);
  expect(error).toBe('Broken: key.\n');
  expect(about('port')).toMatchObject([{ state: 'ok', message: expect.stringContaining('is ready') }]);
  expect(about('key')).toMatchObject([{ state: 'failed', message: expect.stringContaining('(401)') }]);
});

test.each<[string, () => Promise<Readonly<Record<string, string>>>, string, string]>([
  [
    'a port that something else has',
    async () => ({ PORT: new URL(await loopback.http((_, response) => response.end('hello'))).port }),
    'port',
    'is no Visavox server',
  ],
  [
    'a TURN server with other credentials',
    async () => {
      const { answer } = createTurnResponder(TURN);
      const port = await loopback.udp((bytes, from, socket) => {
        const reply = answer(bytes);
        if (reply !== undefined) socket.send(reply, from.port, from.address);
      });
      const servers = [{ urls: `turn:127.0.0.1:${port}`, username: TURN.username, credential: SECRET }];
      return { VISAVOX_ICE_SERVERS: JSON.stringify(servers) };
    },
    'turn',
    'refuses the credentials (401)',
  ],
  [
    'a Postgres that is gone',
    async () => ({ DATABASE_URL: `postgres://me:${SECRET}@127.0.0.1:${await loopback.freePort()}/x` }),
    'postgres',
    'refuses connections',
  ],
  [
    'a vendor that refuses the key',
    async () => ({
      DEEPGRAM_API_KEY: SECRET,
      DEEPGRAM_BASE_URL: await loopback.http((_, response) => response.writeHead(401).end()),
    }),
    'vendor deepgram',
    'refuses the key in DEEPGRAM_API_KEY (401)',
  ],
  ['a data folder in a file', async () => ({ VISAVOX_DATA_DIR: '/dev/null/data' }), 'data', 'cannot be'],
])('%s is the one broken leg', async (_, arrange, check, words) => {
  const { code, error, about } = await doctor(await arrange());
  expect(code).toBe(1);
  expect(error).toBe(`Broken: ${check}.\n`);
  expect(about(check)).toMatchObject([
    { state: 'failed', message: expect.stringContaining(words), mend: expect.stringMatching(/[.?]$/) },
  ]);
});

test('everything hangs: all of it is named, and the program is over, within ten seconds', async () => {
  const tcp = await loopback.tcp(silence);
  const udp = await loopback.udp(silence);
  const address = `http://127.0.0.1:${tcp}`;
  const keys = Object.values(VENDOR_VARIABLES).flatMap(({ keyVariables, baseUrlVariable }) => [
    [keyVariables[0], SECRET],
    [baseUrlVariable, address],
  ]);
  const { code, findings, durationMs } = await doctor({
    PORT: String(tcp),
    VISAVOX_PUBLIC_URL: `http://127.0.0.1:${await loopback.tcp(silence)}`,
    DATABASE_URL: `postgres://me:${SECRET}@127.0.0.1:${tcp}/x`,
    VISAVOX_ICE_SERVERS: JSON.stringify([
      {
        urls: [
          `stun:127.0.0.1:${udp}`,
          `turn:127.0.0.1:${udp}`,
          `turn:127.0.0.1:${tcp}?transport=tcp`,
          `turns:127.0.0.1:${tcp}`,
        ],
        username: 'a',
        credential: SECRET,
      },
    ]),
    ...Object.fromEntries(keys),
    // A key that is no service account.
    GOOGLE_CREDENTIALS_JSON: '',
    GOOGLE_API_KEY: SECRET,
  });
  expect(durationMs).toBeLessThan(10_000);
  expect(code).toBe(1);
  const broken = findings.filter(({ state }) => state === 'failed').map(({ check }) => check);
  expect([...new Set(broken)]).toEqual([
    'port',
    'server',
    'postgres',
    'turn',
    ...Object.keys(VENDOR_VARIABLES).map((id) => `vendor ${id}`),
  ]);
  expect(findings.filter(({ check }) => check === 'turn')).toHaveLength(3);
}, 30_000);

describe.skipIf(postgresBinaries === undefined)('with a Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.close());

  test('its version is told, whether it has pgvector, and what is wrong with a name', async () => {
    const { code, about } = await doctor({ DATABASE_URL: postgres.url });
    expect(code).toBe(0);
    expect(about('postgres')).toMatchObject([
      { state: 'ok', message: expect.stringMatching(/\(Postgres \d+/) },
    ]);
    expect(about('pgvector')).toMatchObject([{ message: expect.stringContaining('pgvector') }]);
    const other = await doctor({ DATABASE_URL: postgres.url.replace(/postgres$/, 'nowhere') });
    expect(other.about('postgres')).toMatchObject([
      { state: 'failed', message: expect.stringContaining('no database of that name') },
    ]);
  });
});

test('the variables of vendors are those that the server reads', () => {
  const known = Object.entries<VendorVariables>(VENDOR_VARIABLES);
  expect(known.map(([name]) => name)).toEqual(known.map(([, { id }]) => id));
  expect(
    known.map(([, { id, displayName, keyVariables, baseUrlVariable, settingVariables = {} }]) => ({
      ...{ id, displayName, keyVariables, baseUrlVariable, settingVariables },
    })),
  ).toEqual(
    VENDORS.map(({ id, displayName, keyVariables, baseUrlVariable, settingVariables = {} }) => ({
      ...{ id, displayName, keyVariables, baseUrlVariable, settingVariables },
    })),
  );
  for (const [index, vendor] of VENDORS.entries()) {
    const [, variables] = known[index] ?? [];
    if (variables === undefined) throw new Error(`${vendor.id} is missing.`);
    expect(environmentOf(vendor)).toEqual(expect.arrayContaining([...vendorKeyVariables(variables)]));
  }
});
