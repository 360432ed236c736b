/** A real allocation at a TURN server, with its credentials (RFC 8656, section 7); given back at once. */
import type { StunLink } from './stun-link.ts';
import {
  longTermKey,
  readErrorCode,
  readXorAddress,
  STUN_ATTRIBUTE,
  STUN_TYPE,
  type StunMessage,
  uint32,
} from './stun-message.ts';

export type Allocation =
  | { readonly kind: 'allocated'; readonly relay: string }
  /** 401 after the credentials were shown: they are wrong. */
  | { readonly kind: 'refused'; readonly code: number }
  | { readonly kind: 'not-turn' };

const UNAUTHORIZED = 401;
const STALE_NONCE = 438;
/** Requested transport: UDP (17), then three reserved bytes. */
const UDP = Buffer.from([17, 0, 0, 0]);
const MAX_ROUNDS = 3;

export async function allocate(
  link: StunLink,
  options: {
    readonly username: string | undefined;
    readonly credential: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<Allocation> {
  const { username, credential, signal } = options;
  let proof: Proof | undefined;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const answer = await link.request(
      {
        type: STUN_TYPE.allocateRequest,
        attributes: [[STUN_ATTRIBUTE.requestedTransport, UDP], ...(proof?.attributes ?? [])],
        integrityKey: proof?.key,
      },
      { signal },
    );
    if (answer.type === STUN_TYPE.allocateSuccess) {
      const relay = readXorAddress(answer, STUN_ATTRIBUTE.xorRelayedAddress);
      release(link, proof);
      return relay === undefined ? { kind: 'not-turn' } : { kind: 'allocated', relay };
    }
    if (answer.type !== STUN_TYPE.allocateError) return { kind: 'not-turn' };
    const code = readErrorCode(answer);
    const isFirst = proof === undefined && code === UNAUTHORIZED;
    const next =
      username === undefined || credential === undefined ? undefined : prove(answer, username, credential);
    if (next === undefined || !(isFirst || code === STALE_NONCE)) return { kind: 'refused', code };
    proof = next;
  }
  return { kind: 'refused', code: STALE_NONCE };
}

interface Proof {
  readonly key: Buffer;
  readonly attributes: readonly (readonly [number, Buffer])[];
}

/** What the server asks for, out of its refusal; undefined when that is incomplete. */
function prove({ attributes }: StunMessage, username: string, credential: string): Proof | undefined {
  const realm = attributes.get(STUN_ATTRIBUTE.realm);
  const nonce = attributes.get(STUN_ATTRIBUTE.nonce);
  if (realm === undefined || nonce === undefined) return undefined;
  return {
    key: longTermKey(username, realm.toString('utf8'), credential),
    attributes: [
      [STUN_ATTRIBUTE.username, Buffer.from(username)],
      [STUN_ATTRIBUTE.realm, realm],
      [STUN_ATTRIBUTE.nonce, nonce],
    ],
  };
}

/** A lifetime of 0 ends it. The server does so by itself when this is lost. */
function release(link: StunLink, proof: Proof | undefined): void {
  link.send({
    type: STUN_TYPE.refreshRequest,
    attributes: [[STUN_ATTRIBUTE.lifetime, uint32(0)], ...(proof?.attributes ?? [])],
    integrityKey: proof?.key,
  });
}
