/** Links to files that are not public: valid for a limited time, checked without the database. */
import { PlatformError } from '@visavox/contract';
import type { Secrets } from '../secrets/secrets.ts';

export interface SignedLinks {
  /** The path with its signature; valid for about an hour, and the same for a while so that caches work. */
  link(path: string): string;
  /** @throws {PlatformError} `permission_denied` when the signature is wrong or too old. */
  check(path: string, query: URLSearchParams): void;
}

const VALID_SECONDS = 3600;
/** Links made within the same ten minutes are equal. */
const STEP_SECONDS = 600;

export function createSignedLinks(secrets: Secrets, now: () => Date): SignedLinks {
  const seconds = (): number => Math.floor(now().getTime() / 1000);
  return {
    link(path) {
      const expires = (Math.floor(seconds() / STEP_SECONDS) + 1) * STEP_SECONDS + VALID_SECONDS;
      return `${path}?expires=${expires}&signature=${secrets.sign(path, expires)}`;
    },
    check(path, query) {
      const expires = Number(query.get('expires'));
      if (
        !Number.isInteger(expires) ||
        expires < seconds() ||
        !secrets.verify(path, expires, query.get('signature') ?? '')
      ) {
        throw new PlatformError(
          'permission_denied',
          'The link is not valid or has expired; ask for a new one.',
        );
      }
    },
  };
}
