/** Seals what must be stored but never shown, and signs links that are valid for a limited time. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

export interface Secrets {
  /** Encrypts (AES-256-GCM); the result is text. */
  seal(text: string): string;
  /** Undefined when it was sealed with a secret that is not known, or changed. */
  open(sealed: string): string | undefined;
  /** Whether it was sealed with a secret of earlier times, and should be sealed again. */
  isOutdated(sealed: string): boolean;
  /** Signature of a path and the moment until which it is valid (seconds since 1970). */
  sign(path: string, expires: number): string;
  verify(path: string, expires: number, signature: string): boolean;
  /** HMAC-SHA256 of a text, as base64url: the signature of a JSON Web Token (HS256). */
  authenticate(text: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * `secret` needs at least 128 bits of its own; the keys for each purpose are derived from it. What secrets of earlier
 * times sealed can still be opened; nothing is sealed or signed with them any more.
 */
export function createSecrets(secret: string, earlier: readonly string[] = []): Secrets {
  const derive = (purpose: string, from = secret) =>
    Buffer.from(hkdfSync('sha256', from, '', `visavox ${purpose}`, 32));
  const sealingKey = derive('sealing');
  const earlierKeys = earlier.map((old) => derive('sealing', old));
  const signingKey = derive('signing');
  const tokenKey = derive('tokens');
  const signature = (path: string, expires: number): Buffer =>
    createHmac('sha256', signingKey).update(`${expires}\n${path}`).digest();
  return {
    seal(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed) {
      for (const key of [sealingKey, ...earlierKeys]) {
        const text = unseal(sealed, key);
        if (text !== undefined) return text;
      }
      return undefined;
    },
    isOutdated: (sealed) =>
      unseal(sealed, sealingKey) === undefined &&
      earlierKeys.some((key) => unseal(sealed, key) !== undefined),
    sign: (path, expires) => signature(path, expires).toString('base64url'),
    verify(path, expires, given) {
      const bytes = Buffer.from(given, 'base64url');
      const expected = signature(path, expires);
      return bytes.length === expected.length && timingSafeEqual(bytes, expected);
    },
    authenticate: (text) => createHmac('sha256', tokenKey).update(text).digest('base64url'),
  };
}

function unseal(sealed: string, key: Buffer): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
      'utf8',
    );
  } catch {
    return undefined;
  }
}
