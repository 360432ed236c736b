/** A STUN and TURN server as far as a test needs one. It checks integrity by itself, not with the code under test. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface TurnScript {
  readonly username: string;
  readonly password: string;
  /** Says once that the nonce is over. */
  readonly hasStaleNonce?: boolean;
  /** In place of success, after the credentials were right. */
  readonly errorCode?: number;
}

const REALM = 'loopback.test';
const COOKIE = Buffer.from([0x21, 0x12, 0xa4, 0x42]);

/** Takes a request, gives the answer; undefined for what gets none. Keeps the types of the requests. */
export function createTurnResponder(script: TurnScript) {
  const seen: number[] = [];
  let nonce = script.hasStaleNonce === true ? 'first' : 'second';
  const answer = (request: Buffer): Buffer | undefined => {
    const type = request.readUInt16BE(0);
    const id = request.subarray(8, 20);
    seen.push(type);
    if (type === 0x0001) return message(0x0101, id, [[0x0020, xorAddress([192, 0, 2, 1], 32_853)]]);
    if (type === 0x0004) return message(0x0104, id, []);
    if (type !== 0x0003) return undefined;
    const attributes = readAttributes(request);
    const challenge = (code: number) =>
      message(0x0113, id, [
        [0x0009, Buffer.from([0, 0, Math.floor(code / 100), code % 100])],
        [0x0014, Buffer.from(REALM)],
        [0x0015, Buffer.from(nonce)],
      ]);
    if (!attributes.has(0x0008)) return challenge(401);
    if (attributes.get(0x0006)?.toString() !== script.username) return challenge(401);
    if (!isIntact(request, script)) return challenge(401);
    if (attributes.get(0x0015)?.toString() === 'first') {
      nonce = 'second';
      return challenge(438);
    }
    if (script.errorCode !== undefined) return challenge(script.errorCode);
    return message(0x0103, id, [
      [0x0016, xorAddress([203, 0, 113, 5], 50_123)],
      [0x000d, Buffer.from([0, 0, 2, 88])],
    ]);
  };
  return { seen, answer };
}

/** MESSAGE-INTEGRITY is the last attribute of these requests: the bytes before it, with its own length counted. */
function isIntact(request: Buffer, { username, password }: TurnScript): boolean {
  const signed = Buffer.from(request.subarray(0, request.length - 24));
  signed.writeUInt16BE(request.length - 20, 2);
  const key = createHash('md5').update(`${username}:${REALM}:${password}`).digest();
  return timingSafeEqual(createHmac('sha1', key).update(signed).digest(), request.subarray(-20));
}

function readAttributes(request: Buffer): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 20; at < request.length; ) {
    const length = request.readUInt16BE(at + 2);
    attributes.set(request.readUInt16BE(at), request.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return attributes;
}

function message(type: number, id: Buffer, attributes: readonly (readonly [number, Buffer])[]): Buffer {
  const body = Buffer.concat(
    attributes.map(([attribute, value]) => {
      const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
      bytes.writeUInt16BE(attribute, 0);
      bytes.writeUInt16BE(value.length, 2);
      value.copy(bytes, 4);
      return bytes;
    }),
  );
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, COOKIE, id, body]);
}

function xorAddress(address: readonly number[], port: number): Buffer {
  const portBytes = Buffer.from([(port >> 8) ^ 0x21, (port & 255) ^ 0x12]);
  return Buffer.concat([
    Buffer.from([0, 1]),
    portBytes,
    Buffer.from(address.map((byte, i) => byte ^ (COOKIE[i] ?? 0))),
  ]);
}
