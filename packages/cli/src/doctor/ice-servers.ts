/** The ICE servers of the configuration: reads the list, and says where each of its URLs leads. */
import type { StunAddress } from './stun-link.ts';

export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string | undefined;
  readonly credential: string | undefined;
}

export interface IceAddress extends StunAddress {
  readonly isRelay: boolean;
  /** As it was written. */
  readonly url: string;
}

/** Undefined when it is not a list of `{urls, username?, credential?}`. */
export function readIceServers(value: unknown): readonly IceServer[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const servers: IceServer[] = [];
  for (const entry of value as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null || !('urls' in entry)) return undefined;
    const urls: readonly unknown[] = Array.isArray(entry.urls) ? entry.urls : [entry.urls];
    if (!urls.every((url): url is string => typeof url === 'string')) return undefined;
    servers.push({
      urls,
      username: 'username' in entry && typeof entry.username === 'string' ? entry.username : undefined,
      credential:
        'credential' in entry && typeof entry.credential === 'string' ? entry.credential : undefined,
    });
  }
  return servers;
}

/** The forms of RFC 7064 and RFC 7065; undefined for anything else. */
export function parseIceUrl(url: string): IceAddress | undefined {
  const [, scheme = '', bracketed, plain, port, transport = ''] =
    /^(stuns?|turns?):(?:\[([0-9a-f:.]+)\]|([^:?/\s[\]]+))(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i.exec(
      url,
    ) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) return undefined;
  const kind = scheme.toLowerCase();
  const isSecure = kind.endsWith('s');
  const number = Number(port ?? (isSecure ? 5349 : 3478));
  if (number < 1 || number > 65_535) return undefined;
  return {
    url,
    isRelay: kind.startsWith('turn'),
    transport: isSecure ? 'tls' : transport.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    host,
    port: number,
  };
}
