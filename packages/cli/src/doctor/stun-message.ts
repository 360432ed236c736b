/** Messages of STUN (RFC 8489) and of the parts of TURN (RFC 8656) that an allocation needs, to bytes and back. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Types of messages: method and class in one number. */
export const STUN_TYPE = {
  bindingRequest: 0x0001,
  bindingSuccess: 0x0101,
  allocateRequest: 0x0003,
  allocateSuccess: 0x0103,
  allocateError: 0x0113,
  refreshRequest: 0x0004,
} as const;

export const STUN_ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  fingerprint: 0x8028,
  iceControlling: 0x802a,
} as const;

export interface StunMessage {
  readonly type: number;
  /** 12 bytes; what an answer is known by. */
  readonly transactionId: Buffer;
  /** The first one of each type counts. */
  readonly attributes: ReadonlyMap<number, Buffer>;
}

export interface StunRequest {
  readonly type: number;
  readonly attributes?: readonly (readonly [type: number, value: Buffer])[];
  /** Adds MESSAGE-INTEGRITY with this key. */
  readonly integrityKey?: Buffer | undefined;
  /** Adds FINGERPRINT, as ICE wants it. */
  readonly hasFingerprint?: boolean;
}

const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const INTEGRITY_BYTES = 20;
const FINGERPRINT_MASK = 0x5354554e;

export function encodeStun(request: StunRequest): { readonly bytes: Buffer; readonly transactionId: Buffer } {
  const transactionId = randomBytes(12);
  let body = Buffer.concat((request.attributes ?? []).map(([type, value]) => encodeAttribute(type, value)));
  /** The length in the header counts the attribute that is about to be added (RFC 8489, 14.5 and 14.7). */
  const withHeader = (bodyBytes: number): Buffer => {
    const header = Buffer.alloc(8);
    header.writeUInt16BE(request.type, 0);
    header.writeUInt16BE(bodyBytes, 2);
    header.writeUInt32BE(MAGIC_COOKIE, 4);
    return Buffer.concat([header, transactionId, body]);
  };
  const add = (type: number, value: Buffer) => {
    body = Buffer.concat([body, encodeAttribute(type, value)]);
  };
  if (request.integrityKey !== undefined) {
    const signed = withHeader(body.length + 4 + INTEGRITY_BYTES);
    add(STUN_ATTRIBUTE.messageIntegrity, createHmac('sha1', request.integrityKey).update(signed).digest());
  }
  if (request.hasFingerprint === true) {
    add(STUN_ATTRIBUTE.fingerprint, uint32((crc32(withHeader(body.length + 8)) ^ FINGERPRINT_MASK) >>> 0));
  }
  return { bytes: withHeader(body.length), transactionId };
}

/** Undefined for bytes that are no STUN message. */
export function decodeStun(bytes: Buffer): StunMessage | undefined {
  if (bytes.length < HEADER_BYTES || (bytes.readUInt8(0) & 0xc0) !== 0) return undefined;
  if (bytes.readUInt32BE(4) !== MAGIC_COOKIE) return undefined;
  const end = HEADER_BYTES + bytes.readUInt16BE(2);
  if (end > bytes.length) return undefined;
  const attributes = new Map<number, Buffer>();
  for (let at = HEADER_BYTES; at + 4 <= end; ) {
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    if (at + 4 + length > end) return undefined;
    if (!attributes.has(type)) attributes.set(type, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + padded(length);
  }
  return { type: bytes.readUInt16BE(0), transactionId: bytes.subarray(8, HEADER_BYTES), attributes };
}

/** Bytes of the message that a stream begins with; undefined while its header is incomplete, 0 when it is no STUN. */
export function stunLength(stream: Buffer): number | undefined {
  if (stream.length < HEADER_BYTES) return undefined;
  return stream.readUInt32BE(4) === MAGIC_COOKIE ? HEADER_BYTES + stream.readUInt16BE(2) : 0;
}

/** The key of long-term credentials (RFC 8489, 9.2.2). */
export function longTermKey(username: string, realm: string, password: string): Buffer {
  return createHash('md5').update(`${username}:${realm}:${password}`).digest();
}

/** `address:port` out of an XOR-…-ADDRESS; undefined when it holds none. */
export function readXorAddress(message: StunMessage, attribute: number): string | undefined {
  const value = message.attributes.get(attribute);
  if (value === undefined || value.length < 8) return undefined;
  const port = value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16);
  const mask = Buffer.concat([uint32(MAGIC_COOKIE), message.transactionId]);
  const address = value.subarray(4).map((byte, index) => byte ^ (mask[index] ?? 0));
  if (value.readUInt8(1) === 1) return `${address.subarray(0, 4).join('.')}:${port}`;
  if (address.length < 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((address[index * 2] ?? 0) << 8) | (address[index * 2 + 1] ?? 0)).toString(16),
  );
  return `[${groups.join(':')}]:${port}`;
}

/** The three digits of ERROR-CODE (RFC 8489, 14.8); 0 when it is missing. */
export function readErrorCode({ attributes }: StunMessage): number {
  const value = attributes.get(STUN_ATTRIBUTE.errorCode);
  return value === undefined || value.length < 4 ? 0 : (value.readUInt8(2) & 7) * 100 + value.readUInt8(3);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function encodeAttribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + padded(value.length));
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}
