/** The data folder: keeps the generated key, the node's id and a lock, readable by the owner only. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface DataDirectory {
  readonly path: string;
  /** Stable for this folder: tells the sessions of this server from those of others on a shared database. */
  readonly nodeId: string;
  /** The key that was made at the first start, or is made now. */
  developmentKey(): Promise<string>;
  /** What stored secrets are sealed and links are signed with, made like the key. */
  serverSecret(): Promise<string>;
  /** Gives the folder free. Idempotent. */
  close(): Promise<void>;
}

/** @throws when another running server uses the folder, or it cannot be written. */
export async function openDataDirectory(directory: string): Promise<DataDirectory> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lockFile = path.join(directory, 'server.pid');
  await takeLock(lockFile, directory);
  const nodeId = await readOrCreate(
    path.join(directory, 'node-id'),
    () => `node-${randomBytes(8).toString('hex')}`,
  );
  return {
    path: directory,
    nodeId,
    developmentKey: () =>
      readOrCreate(path.join(directory, 'development-key'), () => `plak-${randomBytes(16).toString('hex')}`),
    serverSecret: () =>
      readOrCreate(path.join(directory, 'server-secret'), () => randomBytes(32).toString('base64url')),
    close: () => rm(lockFile, { force: true }),
  };
}

async function takeLock(lockFile: string, directory: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(lockFile, String(process.pid), { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const pid = Number(await readFile(lockFile, 'utf8').catch(() => ''));
    if (pid > 0 && pid !== process.pid && isRunning(pid)) {
      throw new Error(
        `Another Visavox server (process ${pid}) uses the data folder ${directory}. Stop it, or set VISAVOX_DATA_DIR to another folder.`,
      );
    }
    await rm(lockFile, { force: true });
  }
}

async function readOrCreate(file: string, create: () => string): Promise<string> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text !== '') return text;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  const text = create();
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  return text;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
