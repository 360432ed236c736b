/**
 * Finds out whether names can be resolved at all. The system's own look-up cannot be given up: with name servers that do
 * not answer it would keep the process alive long after the last line is printed. So nobody calls it before this said yes.
 */
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { codeOf } from './finding.ts';

const TIMEOUT_MS = 1500;
const HOSTS_FILE = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

export interface NamesOptions {
  readonly signal: AbortSignal;
  /** `address:port` of name servers in place of the system's. */
  readonly nameServers?: readonly string[] | undefined;
}

/** False when the name servers keep silent. That a name does not exist is an answer. */
export async function canResolve(hostname: string, { signal, nameServers }: NamesOptions): Promise<boolean> {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return true;
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  if (nameServers !== undefined) resolver.setServers(nameServers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    await resolver.resolve4(name);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const isSilent = ['ETIMEOUT', 'ECANCELLED'].includes(codeOf(error) ?? '');
    return !isSilent || (await isInHostsFile(name));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function isInHostsFile(name: string): Promise<boolean> {
  const text = await readFile(HOSTS_FILE, 'utf8').catch(() => '');
  return text.split('\n').some((line) => {
    const [, ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return names.includes(name);
  });
}
