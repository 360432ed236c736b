/** The command as a whole, in this process; e2e runs it as a program against a real server. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CommandError } from '../client.ts';
import type { Surroundings } from '../surroundings.ts';
import { addDoctor } from './doctor.ts';
import { createLoopback, silence } from './testing/loopback.ts';

const loopback = createLoopback();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-doctor-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => loopback.close());

interface Run extends Partial<Surroundings> {
  readonly words?: readonly string[];
}

/** What was printed, and the message of what was thrown. */
async function doctor({ words = [], ...surroundings }: Run = {}) {
  let out = '';
  const program = new Command('visavox')
    .option('--server <url>')
    .option('--key <key>')
    .option('--json')
    .exitOverride();
  const environment = { PORT: String(await loopback.freePort()), ...surroundings.environment };
  addDoctor(program, {
    ...{ directory: folder, writeError: () => {} },
    ...surroundings,
    environment,
    write: (text) => {
      out += text;
    },
  });
  try {
    await program.parseAsync(['doctor', ...words], { from: 'user' });
    return { out, error: undefined };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { out, error: error.message };
  }
}

/** Standard output that is a terminal. */
const terminal: Surroundings['terminal'] = {
  input: new PassThrough(),
  output: Object.assign(new PassThrough(), { isTTY: true }),
};

test('in a pipe each check is one plain line, and nothing is broken on a fresh machine', async () => {
  const { out, error } = await doctor();
  expect(error).toBeUndefined();
  const lines = out.trimEnd().split('\n');
  expect(lines.slice(0, -1).every((line) => /^(ok|warning|skipped) {2}\w+: /.test(line))).toBe(true);
  expect(lines.map((line) => line.split(/ {2}|:/)[1]).slice(0, -1)).toEqual(
    expect.arrayContaining([
      'node',
      'data',
      'port',
      'udp',
      'postgres',
      'models',
      'turn',
      'vendors',
      'microphone',
    ]),
  );
  expect(lines.at(-1)).toMatch(/^\d+ in order, \d+ to look at, 0 broken, \d+ not looked at$/);
  expect(out).not.toContain('\u001b');
});

test('on a terminal it is a table, the mend below its line, without colours when they are not wanted', async () => {
  const environment = { VISAVOX_MEDIA_PORTS: '1-2' };
  const { out, error } = await doctor({ terminal, environment });
  expect(error).toBe('Broken: udp.');
  const red = '\u001b[31m✗\u001b[0m';
  expect(out).toContain(`${red} udp `);
  expect(out).toMatch(/udp +VISAVOX_MEDIA_PORTS must be .*\n +→ Set it to a range/);
  const plain = await doctor({ terminal, environment: { ...environment, NO_COLOR: '1' } });
  expect(plain.out).toMatch(/^✓ node/);
  expect(plain.out).not.toContain('\u001b');
});

test('--json is one object, for the broken too', async () => {
  const { out, error } = await doctor({
    words: ['--json'],
    environment: { VISAVOX_ICE_SERVERS: '{"urls":"turn:x"}' },
  });
  expect(error).toBe('Broken: turn.');
  expect(JSON.parse(out)).toEqual({
    healthy: false,
    findings: expect.arrayContaining([
      expect.objectContaining({
        check: 'turn',
        state: 'failed',
        message: expect.any(String),
        mend: expect.any(String),
      }),
    ]),
  });
});

test('a server on another machine is asked, this machine is left out of it', async () => {
  const { out, error } = await doctor({ words: ['--server', 'http://203.0.113.7:1', '--json'] });
  expect(error).toBe('Broken: server.');
  // The object that was printed.
  const { findings } = JSON.parse(out) as { findings: { check: string }[] };
  expect([...new Set(findings.map(({ check }) => check))]).toEqual([
    'node',
    'server',
    'key',
    'media',
    'turn',
    'recogniser',
    'microphone',
  ]);
}, 20_000);

test.each(['visavox.example.com', 'ftp://visavox.example.com', 'https://me:secret@visavox.example.com'])(
  'a server at %s is refused',
  async (server) => {
    const { error } = await doctor({ words: ['--server', server] });
    expect(error).toContain('--server must be');
    expect(error).not.toContain('secret');
  },
);

test('an interruption ends it at once', async () => {
  let interrupt = () => {};
  const environment = {
    XAI_API_KEY: 'sk-1',
    XAI_BASE_URL: `http://127.0.0.1:${await loopback.tcp(() => interrupt())}`,
  };
  let isForgotten = false;
  const startedMs = performance.now();
  const { out, error } = await doctor({
    environment,
    onInterrupt: (listener) => {
      interrupt = listener;
      return () => {
        isForgotten = true;
      };
    },
  });
  expect(error).toBe('Interrupted.');
  expect(out).toBe('');
  expect(isForgotten).toBe(true);
  expect(performance.now() - startedMs).toBeLessThan(2500);
});

test('everything that hangs together is told within the limit', async () => {
  const tcp = await loopback.tcp(silence);
  const udp = await loopback.udp(silence);
  const hanging = `http://127.0.0.1:${tcp}`;
  const startedMs = performance.now();
  const { out, error } = await doctor({
    environment: {
      PORT: String(await loopback.tcp(silence)),
      VISAVOX_PUBLIC_URL: hanging,
      DATABASE_URL: `postgres://127.0.0.1:${tcp}/x`,
      VISAVOX_ICE_SERVERS: JSON.stringify([
        {
          urls: [`turn:127.0.0.1:${udp}`, `turn:127.0.0.1:${tcp}?transport=tcp`],
          username: 'a',
          credential: 'b',
        },
      ]),
      OPENAI_API_KEY: 'sk-1',
      OPENAI_BASE_URL: hanging,
      GROQ_API_KEY: 'sk-2',
      GROQ_BASE_URL: hanging,
    },
  });
  expect(performance.now() - startedMs).toBeLessThan(9000);
  expect(error).toBe('Broken: port, server, postgres, turn, vendor groq, vendor openai.');
  expect(out).toMatch(/^ok {2}node/);
}, 15_000);
