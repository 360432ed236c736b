/** The data folder: whether it can be written, and whether what is left on its disk suffices. */
import { randomBytes } from 'node:crypto';
import { access, constants, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, type Finding, failed, ok, warning } from './finding.ts';

/** A new database, and some days of conversations. */
const NEEDED_BYTES = 100 * 2 ** 20;
/** Room for a recognition model as well. */
const COMFORTABLE_BYTES = 2 ** 30;

export async function checkDataFolder(folder: string): Promise<readonly Finding[]> {
  const place = await findExisting(folder);
  const isThere = place === folder;
  const problem = isThere ? await tryToWrite(folder) : await tryToEnter(place);
  if (problem !== undefined) {
    return [
      failed(
        'data',
        isThere
          ? `${folder} cannot be written (${problem})`
          : `${folder} cannot be made in ${place} (${problem})`,
        'Give the folder to the user that runs the server, or set VISAVOX_DATA_DIR to another one.',
      ),
    ];
  }
  const freeBytes = await statfs(place).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
  const room = freeBytes === undefined ? '' : `, ${(freeBytes / 1e9).toFixed(1)} GB free`;
  if (freeBytes !== undefined && freeBytes < NEEDED_BYTES) {
    return [
      failed(
        'data',
        `${folder} is on a full disk${room}`,
        'Free some space, or set VISAVOX_DATA_DIR to a folder on another disk.',
      ),
    ];
  }
  if (freeBytes !== undefined && freeBytes < COMFORTABLE_BYTES) {
    return [
      warning(
        'data',
        `${folder} can be written, but its disk is nearly full${room}`,
        'Free some space before models or documents are added.',
      ),
    ];
  }
  if (!isThere) return [ok('data', `${folder} will be made at the first start${room}`)];
  const owner = await readOwner(folder);
  return [
    ok('data', `${folder} can be written${room}${owner === undefined ? '' : `; process ${owner} uses it`}`),
  ];
}

/** The folder itself, or the nearest one above it. */
async function findExisting(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  const parent = path.dirname(folder);
  return isThere || parent === folder ? folder : findExisting(parent);
}

/** Rights alone do not tell: disks are mounted read-only, and quotas end. */
async function tryToWrite(folder: string): Promise<string | undefined> {
  const file = path.join(folder, `.doctor-${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(file, 'visavox doctor\n', { flag: 'wx', mode: 0o600 });
    return undefined;
  } catch (error) {
    return codeOf(error) ?? 'no reason given';
  } finally {
    await rm(file, { force: true }).catch(() => {});
  }
}

async function tryToEnter(folder: string): Promise<string | undefined> {
  if (!(await stat(folder)).isDirectory()) return 'ENOTDIR';
  return access(folder, constants.W_OK).then(
    () => undefined,
    (error: unknown) => codeOf(error) ?? 'no reason given',
  );
}

/** The process of the server that has the folder; undefined when none runs. */
async function readOwner(folder: string): Promise<number | undefined> {
  const pid = Number(await readFile(path.join(folder, 'server.pid'), 'utf8').catch(() => ''));
  if (!(pid > 0)) return undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return codeOf(error) === 'EPERM' ? pid : undefined;
  }
}
