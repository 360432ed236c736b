/** The STUN and TURN servers that clients are given: a binding at each STUN server, an allocation at each TURN server. */
import { type Finding, failed, ok, skipped, warning } from './finding.ts';
import { type IceAddress, type IceServer, parseIceUrl } from './ice-servers.ts';
import { LinkError, type LinkOptions, openStunLink } from './stun-link.ts';
import { readXorAddress, STUN_ATTRIBUTE, STUN_TYPE } from './stun-message.ts';
import { allocate } from './turn.ts';

export interface CheckIceOptions extends LinkOptions {
  readonly servers: readonly IceServer[];
  /** For each URL. */
  readonly timeoutMs: number;
  /** Of how many URLs is told; the others are not asked. */
  readonly maxUrls?: number;
}

const MAX_URLS = 12;

export async function checkIce(options: CheckIceOptions): Promise<readonly Finding[]> {
  const { servers, maxUrls = MAX_URLS } = options;
  if (servers.length === 0) {
    return [
      skipped(
        'turn',
        'no STUN or TURN server is configured; clients behind strict firewalls need one (VISAVOX_ICE_SERVERS)',
      ),
    ];
  }
  const all = servers.flatMap((server) => server.urls.map((url) => ({ url, server })));
  const findings = all.slice(0, maxUrls).map(({ url, server }) => checkUrl(url, server, options));
  const left = all.length - maxUrls;
  return [
    ...(await Promise.all(findings)),
    ...(left > 0 ? [skipped('turn', `${left} more URLs were not asked`)] : []),
  ];
}

async function checkUrl(url: string, server: IceServer, options: CheckIceOptions): Promise<Finding> {
  const address = parseIceUrl(url);
  if (address === undefined) {
    return failed(
      'turn',
      `"${withoutUser(url)}" is no URL of a STUN or TURN server`,
      'Write it as stun:host, turn:host:3478?transport=udp or turns:host in VISAVOX_ICE_SERVERS.',
    );
  }
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), options.timeoutMs);
  const signal = AbortSignal.any([options.signal, limit.signal]);
  try {
    return address.isRelay
      ? await checkRelay(address, server, { ...options, signal })
      : await checkBinding(address, { ...options, signal });
  } catch (error) {
    options.signal.throwIfAborted();
    if (limit.signal.aborted)
      return unreachable(address, `did not answer within ${options.timeoutMs / 1000} s`);
    if (error instanceof LinkError) return unreachable(address, error.message);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function checkBinding(address: IceAddress, options: LinkOptions): Promise<Finding> {
  const link = await openStunLink(address, options);
  try {
    const answer = await link.request({ type: STUN_TYPE.bindingRequest }, options);
    const seen = readXorAddress(answer, STUN_ATTRIBUTE.xorMappedAddress);
    return answer.type === STUN_TYPE.bindingSuccess && seen !== undefined
      ? ok('stun', `${address.url} sees this machine as ${seen}`)
      : unreachable(address, 'does not answer as a STUN server does');
  } finally {
    link.close();
  }
}

async function checkRelay(
  address: IceAddress,
  { username, credential }: IceServer,
  options: LinkOptions,
): Promise<Finding> {
  const link = await openStunLink(address, options);
  try {
    const result = await allocate(link, { username, credential, signal: options.signal });
    const what = `${address.url} (${address.transport.toUpperCase()})`;
    if (result.kind === 'allocated') return ok('turn', `${what} relays from ${result.relay}`);
    if (result.kind === 'not-turn') return unreachable(address, 'does not answer as a TURN server does');
    return explainRefusal(what, result.code, username !== undefined && credential !== undefined);
  } finally {
    link.close();
  }
}

function explainRefusal(what: string, code: number, hasCredentials: boolean): Finding {
  switch (code) {
    case 401:
    case 438:
      return hasCredentials
        ? failed(
            'turn',
            `${what} refuses the credentials (${code})`,
            'Correct username and credential in VISAVOX_ICE_SERVERS; if they are made for a time, make new ones.',
          )
        : failed(
            'turn',
            `${what} wants credentials (${code})`,
            'Add username and credential in VISAVOX_ICE_SERVERS.',
          );
    case 403:
      return failed(
        'turn',
        `${what} forbids it to this machine (403)`,
        "Allow this address in the TURN server's settings.",
      );
    case 442:
      return failed(
        'turn',
        `${what} relays no UDP (442)`,
        "Switch UDP relaying on in the TURN server's settings.",
      );
    case 486:
      return warning(
        'turn',
        `${what} accepts the credentials, but their quota is used up (486)`,
        'Wait, or raise the quota of this user.',
      );
    case 508:
      return warning(
        'turn',
        `${what} accepts the credentials, but has no port left (508)`,
        "Widen the TURN server's range of relay ports.",
      );
    default:
      return failed('turn', `${what} refuses the allocation (${code})`, "The TURN server's log says why.");
  }
}

function unreachable({ url, isRelay, transport, port }: IceAddress, reason: string): Finding {
  const way = `${transport === 'udp' ? 'UDP' : 'TCP'} ${port}`;
  return isRelay
    ? failed(
        'turn',
        `${url} ${reason}`,
        `Is the TURN server running, and do the firewalls let ${way} through?`,
      )
    : warning(
        'stun',
        `${url} ${reason}`,
        `Correct VISAVOX_ICE_SERVERS, or let ${way} through the firewalls.`,
      );
}

/** Some write user and password into it, as in other URLs. */
function withoutUser(url: string): string {
  return url.replace(/[^:/]*(:[^@]*)?@/, '…@').slice(0, 100);
}
