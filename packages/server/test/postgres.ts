/** A real Postgres server of its own for a test, in a temporary folder, on loopback. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';

/**
 * Folder with `initdb` and `postgres`: that of TEST_POSTGRES_BIN, or where systems put it; undefined where Postgres is
 * not installed.
 */
export const postgresBinaries: string | undefined = findBinaries();

export interface TestPostgres {
  readonly url: string;
  close(): Promise<void>;
}

function findBinaries(): string | undefined {
  const folder = process.env['TEST_POSTGRES_BIN'];
  const places =
    folder === undefined
      ? ['/usr/lib/postgresql/*/bin/initdb', '/usr/local/bin/initdb', '/opt/homebrew/bin/initdb']
      : [path.join(folder, 'initdb')];
  const [initdb] = globSync(places).sort().reverse();
  if (initdb === undefined) return undefined;
  // Postgres refuses to run as root; then it needs its own user.
  if (
    process.getuid?.() === 0 &&
    spawnSync('setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', 'true']).status !== 0
  )
    return undefined;
  return path.dirname(initdb);
}

export async function startPostgres(): Promise<TestPostgres> {
  if (postgresBinaries === undefined) throw new Error('Postgres is not installed.');
  const asPostgres = (program: string, args: readonly string[]): [string, string[]] =>
    process.getuid?.() === 0
      ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]]
      : [program, [...args]];
  const folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-postgres-'));
  await chmod(folder, 0o777);
  const data = path.join(folder, 'data');
  const port = await freePort();
  const [init, initArguments] = asPostgres(path.join(postgresBinaries, 'initdb'), [
    '-D',
    data,
    '-U',
    'postgres',
    '--auth=trust',
    '--no-sync',
    '-E',
    'UTF8',
  ]);
  const made = spawnSync(init, initArguments, { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const [run, runArguments] = asPostgres(path.join(postgresBinaries, 'postgres'), [
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    folder,
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'fsync=off',
  ]);
  const child = spawn(run, runArguments, { stdio: 'ignore' });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGINT');
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; ; attempt += 1) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return { url, close };
    } catch (error) {
      if (attempt > 100 || child.exitCode !== null) {
        await close();
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('No port.');
  return address.port;
}
