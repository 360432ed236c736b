/** Who calls: finds the organization of a key, remembers it for a moment, and slows down those who guess. */
import { PlatformError } from '@visavox/contract';
import { hashApiKey, type KeyOwner, type Store } from '../store/store.ts';
import type { RateLimits } from './rate-limits.ts';

export interface Keyring {
  /** Undefined when no key, or an unknown one, came along. */
  identify(request: Request, clientAddress: string): Promise<KeyOwner | undefined>;
  /** @throws {PlatformError} `not_authenticated`, `authentication_failed`, or `throttled`. */
  require(request: Request, clientAddress: string): Promise<KeyOwner>;
  /** Keys or organizations have changed: look them up anew. */
  forget(): void;
}

/** How exactly the last use of a key is kept. */
const TOUCH_MS = 60_000;
/** A key that another node revoked works this much longer here. */
const REMEMBER_MS = 3000;
const MAX_REMEMBERED = 10_000;

export function createKeyring(options: {
  readonly store: { readonly keys: Pick<Store['keys'], 'findOwner' | 'touch'> };
  readonly limits: RateLimits;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}): Keyring {
  const { store, limits, now } = options;
  const remembered = new Map<string, { readonly owner: KeyOwner | undefined; readonly untilMs: number }>();

  const touched = new Map<string, number>();
  const touch = (keyId: string): void => {
    const at = now();
    if (at - (touched.get(keyId) ?? -TOUCH_MS) < TOUCH_MS) return;
    if (touched.size >= MAX_REMEMBERED) touched.clear();
    touched.set(keyId, at);
    // Nobody waits for it.
    store.keys.touch(keyId, new Date()).catch(options.onError);
  };

  const find = async (key: string): Promise<KeyOwner | undefined> => {
    const hash = hashApiKey(key);
    const known = remembered.get(hash);
    if (known !== undefined && known.untilMs > now()) return known.owner;
    const owner = await store.keys.findOwner(key);
    if (owner !== undefined) touch(owner.keyId);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(hash, { owner, untilMs: now() + REMEMBER_MS });
    return owner;
  };

  return {
    async identify(request, clientAddress) {
      const key = readKey(request);
      if (key === undefined) return undefined;
      limits.checkFailures(clientAddress);
      return find(key);
    },
    async require(request, clientAddress) {
      const key = readKey(request);
      if (key === undefined) {
        throw new PlatformError('not_authenticated', 'An API key is needed in the header PersoLive-APIKey.');
      }
      limits.checkFailures(clientAddress);
      const owner = await find(key);
      if (owner === undefined) {
        limits.countFailure(clientAddress);
        throw new PlatformError('authentication_failed', 'The API key is not valid.');
      }
      await limits.consume('key', owner.keyId);
      return owner;
    },
    forget: () => remembered.clear(),
  };
}

function readKey(request: Request): string | undefined {
  const key =
    request.headers.get('PersoLive-APIKey') ??
    request.headers.get('PersoPlatform-APIKey') ??
    /^Bearer\s+(\S+)$/i.exec(request.headers.get('Authorization') ?? '')?.[1];
  return key === undefined || key === '' ? undefined : key;
}
