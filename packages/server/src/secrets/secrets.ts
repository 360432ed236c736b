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
  /** Undefined when it was sealed with another secret, or changed. */
  open(sealed: string): string | undefined;
  /** Signature of a path and the moment until which it is valid (seconds since 1970). */
  sign(path: string, expires: number): string;
  verify(path: string, expires: number, signature: string): boolean;
  /** HMAC-SHA256 of a text, as base64url: the signature of a JSON Web Token (HS256). */
  authenticate(text: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** `secret` needs at least 128 bits of its own; the keys for each purpose are derived from it. */
export function createSecrets(secret: string): Secrets {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `visavox ${purpose}`, 32));
  const sealingKey = derive('sealing');
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
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([
          decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)),
          decipher.final(),
        ]).toString('utf8');
      } catch {
        return undefined;
      }
    },
    sign: (path, expires) => signature(path, expires).toString('base64url'),
    verify(path, expires, given) {
      const bytes = Buffer.from(given, 'base64url');
      const expected = signature(path, expires);
      return bytes.length === expected.length && timingSafeEqual(bytes, expected);
    },
    authenticate: (text) => createHmac('sha256', tokenKey).update(text).digest('base64url'),
  };
}
