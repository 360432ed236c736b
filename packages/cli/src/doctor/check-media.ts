/**
 * The way of the media: makes a session as a client does, lets the server gather its ICE candidates, and asks each of
 * them over UDP (a connectivity check of ICE, RFC 8445, section 7). The session ends at once.
 */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { ask } from './ask.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';
import { asObject, isLoopback, parseJson, parseObject, type ServerFacts } from './inspect-server.ts';
import { LinkError, openStunLink } from './stun-link.ts';
import { STUN_ATTRIBUTE, STUN_TYPE, uint32 } from './stun-message.ts';

export interface CheckMediaOptions {
  readonly server: ServerFacts;
  readonly signal: AbortSignal;
  /** For each request, and for the answer of a candidate. */
  readonly timeoutMs: number;
  readonly nameServers?: readonly string[] | undefined;
}

interface Candidate {
  readonly address: string;
  readonly port: number;
  readonly kind: string;
}

const MAX_CANDIDATES = 8;
/** Of a peer-reflexive candidate, as a client would say it. */
const PRIORITY = 0x6e7f1eff;

export async function checkMedia(options: CheckMediaOptions): Promise<readonly Finding[]> {
  const { server } = options;
  const { key } = server;
  if (key === undefined) return [skipped('media', 'needs a key that the server takes')];
  const headers = { 'PersoLive-APIKey': key, 'Content-Type': 'application/json' };
  const post = (path: string, body: object) =>
    ask(`${server.url}/api/v1/${path}`, { ...options, method: 'POST', headers, body: JSON.stringify(body) });
  const first = async (list: string, id: string) => {
    const answer = await ask(`${server.url}/api/v1/${list}/`, { ...options, headers });
    const entries = answer.kind === 'answer' ? parseJson(answer.text) : [];
    return Array.isArray(entries) ? asObject(entries[0])[id] : undefined;
  };
  const [style, prompt] = await Promise.all([
    first('settings/modelstyle', 'name'),
    first('prompt', 'prompt_id'),
  ]);
  if (typeof style !== 'string' || typeof prompt !== 'string') {
    return [
      failed(
        'media',
        'the server lists no figure or no prompt, so no session can be made',
        'Create a prompt ("visavox prompts create"); figures come with the server.',
      ),
    ];
  }
  const created = await post('session/', { capability: ['STF_WEBRTC'], model_style: style, prompt });
  if (created.kind === 'unreachable') {
    return [
      failed(
        'media',
        `the server ${created.reason} when asked for a session`,
        'Look at the log of the server.',
      ),
    ];
  }
  const id = parseObject(created.text)['session_id'];
  if (created.status === 429) {
    return [
      warning(
        'media',
        'the server gives no session now: a limit is reached (429)',
        'Try again when fewer sessions are open, or raise the limits of the organization.',
      ),
    ];
  }
  if (created.status !== 201 || typeof id !== 'string') {
    return [
      failed(
        'media',
        `the server gives no session (status ${created.status})`,
        'Look at the log of the server.',
      ),
    ];
  }
  const session = `session/${encodeURIComponent(id)}/`;
  try {
    const local = randomBytes(4).toString('hex');
    const exchanged = await post(`${session}exchange/`, {
      client_sdp: { type: 'offer', sdp: createOffer(local) },
    });
    const isTaken = exchanged.kind === 'answer' && exchanged.status === 200;
    const answer = isTaken ? readAnswer(exchanged.text) : undefined;
    if (answer === undefined) {
      const why = exchanged.kind === 'answer' ? `status ${exchanged.status}` : exchanged.reason;
      return [
        failed(
          'media',
          `the server accepts no WebRTC connection (${why})`,
          'Its media processes may have stopped: look at its log, and start it again.',
        ),
      ];
    }
    return [await tryCandidates(answer, local, options)];
  } finally {
    // Also when the check was given up: a session must not wait for its end.
    await ask(`${server.url}/api/v1/${session}`, {
      ...options,
      signal: AbortSignal.timeout(1000),
      method: 'DELETE',
      headers,
    }).catch(() => {});
  }
}

interface IceAnswer {
  readonly ufrag: string;
  readonly password: string;
  readonly candidates: readonly Candidate[];
}

async function tryCandidates(answer: IceAnswer, local: string, options: CheckMediaOptions): Promise<Finding> {
  const { candidates } = answer;
  if (candidates.length === 0) {
    return failed(
      'media',
      'the server offers no address for media',
      'Give its machine a network address, or set VISAVOX_MEDIA_ADDRESS to one of its own family (IPv4 or IPv6).',
    );
  }
  const places = candidates.map(({ address, port }) =>
    isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`,
  );
  const tried = await Promise.all(
    candidates.map((candidate) => tryCandidate(candidate, answer, local, options)),
  );
  const reached = places.filter((_, index) => tried[index] === true);
  if (reached.length === 0) {
    return failed(
      'media',
      `no UDP packet comes back from ${places.join(', ')}`,
      "Open UDP to the server's VISAVOX_MEDIA_PORTS in every firewall, set VISAVOX_MEDIA_ADDRESS where it is behind address translation, or configure a TURN server.",
    );
  }
  if (await isOutOfReach(candidates, options)) {
    return warning(
      'media',
      `media works from here, but clients elsewhere get private addresses only (${places.join(', ')})`,
      "Set VISAVOX_MEDIA_ADDRESS to the server's public address.",
    );
  }
  return ok('media', `the server answers over UDP at ${reached.join(', ')}`);
}

async function tryCandidate(
  { address, port }: Candidate,
  { ufrag, password }: IceAnswer,
  local: string,
  options: CheckMediaOptions,
): Promise<boolean> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  try {
    const link = await openStunLink({ transport: 'udp', host: address, port }, { signal });
    try {
      const answer = await link.request(
        {
          type: STUN_TYPE.bindingRequest,
          attributes: [
            [STUN_ATTRIBUTE.username, Buffer.from(`${ufrag}:${local}`)],
            [STUN_ATTRIBUTE.priority, uint32(PRIORITY)],
            [STUN_ATTRIBUTE.iceControlling, randomBytes(8)],
          ],
          integrityKey: Buffer.from(password),
          hasFingerprint: true,
        },
        { signal },
      );
      return answer.type === STUN_TYPE.bindingSuccess;
    } finally {
      link.close();
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof LinkError || signal.aborted) return false;
    throw error;
  }
}

const PRIVATE = createPrivateList();

/** The server is reached at a public address, but names only private ones for media. */
async function isOutOfReach(
  candidates: readonly Candidate[],
  { server }: CheckMediaOptions,
): Promise<boolean> {
  const { hostname } = new URL(server.url);
  if (isLoopback(hostname) || candidates.some(({ address, kind }) => kind === 'relay' || !isPrivate(address)))
    return false;
  const address = await lookup(hostname.replace(/^\[|\]$/g, '')).catch(() => undefined);
  return address !== undefined && !isPrivate(address.address);
}

function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function createPrivateList(): BlockList {
  const list = new BlockList();
  const ranges = [
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ] as const;
  for (const [network, bits] of ranges) list.addSubnet(network, bits, 'ipv4');
  list.addAddress('::1', 'ipv6');
  list.addSubnet('fc00::', 7, 'ipv6');
  list.addSubnet('fe80::', 10, 'ipv6');
  return list;
}

/** Undefined when it is no answer with credentials for ICE. */
function readAnswer(text: string): IceAnswer | undefined {
  const { sdp } = asObject(parseObject(text)['server_sdp']);
  if (typeof sdp !== 'string') return undefined;
  const [, ufrag] = /^a=ice-ufrag:(\S+)/m.exec(sdp) ?? [];
  const [, password] = /^a=ice-pwd:(\S+)/m.exec(sdp) ?? [];
  if (ufrag === undefined || password === undefined) return undefined;
  const candidates = new Map<string, Candidate>();
  for (const [, address = '', port = '', kind = ''] of sdp.matchAll(
    /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (\S+)/gim,
  )) {
    if (isIP(address) !== 0) candidates.set(`${address} ${port}`, { address, port: Number(port), kind });
  }
  return { ufrag, password, candidates: [...candidates.values()].slice(0, MAX_CANDIDATES) };
}

/** What a browser would offer that wants to see and hear, with a certificate that nobody will have to show. */
function createOffer(ufrag: string): string {
  const password = randomBytes(16).toString('hex');
  const fingerprint = [...randomBytes(32)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase());
  const common = (mid: number) => [
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:sha-256 ${fingerprint.join(':')}`,
    'a=setup:actpass',
    `a=mid:${mid}`,
  ];
  return [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1 2',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    ...common(0),
    'a=recvonly',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    ...common(1),
    'a=recvonly',
    'a=rtcp-mux',
    'a=rtpmap:96 VP8/90000',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    ...common(2),
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    '',
  ].join('\r\n');
}
