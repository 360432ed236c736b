/** Providers that run on the keys of organizations: opened when a key is stored, closed when it changes. */
import type { Provider } from '../providers/provider.ts';
import type { VendorKeyRow } from '../store/store.ts';
import type { KeyedProvider } from './router.ts';

export interface VendorKeys {
  of(organizationId: string): readonly KeyedProvider[];
  /** Reads the keys again: they have changed. */
  reload(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface VendorKeysOptions {
  readonly list: () => Promise<readonly VendorKeyRow[]>;
  /** Undefined when it was sealed with another secret. */
  readonly unseal: (sealed: string) => string | undefined;
  /** Undefined for a vendor that this server does not know. */
  readonly open: (vendorId: string, apiKey: string) => Provider | undefined;
  readonly onUnreadable: (row: Pick<VendorKeyRow, 'organizationId' | 'vendorId'>) => void;
  /** How often other nodes' changes are looked for. Default 15 000. */
  readonly refreshMs?: number;
  readonly onError: (error: unknown) => void;
}

/** Always the same list: rankings are remembered by it. */
const NO_KEYS: readonly KeyedProvider[] = [];

interface Opened {
  readonly version: string;
  readonly keyed: KeyedProvider;
}

export async function openVendorKeys(options: VendorKeysOptions): Promise<VendorKeys> {
  let opened = new Map<string, Opened>();
  let byOrganization = new Map<string, readonly KeyedProvider[]>();
  let closed = false;
  let loading: Promise<void> = Promise.resolve();

  const load = async (): Promise<void> => {
    const rows = await options.list();
    const next = new Map<string, Opened>();
    const grouped = new Map<string, KeyedProvider[]>();
    for (const row of rows) {
      const id = `${row.organizationId}\0${row.vendorId}`;
      const version = row.sealedKey;
      const known = opened.get(id);
      const entry = known?.version === version ? known : open(row, version);
      if (entry === undefined) continue;
      next.set(id, entry);
      grouped.set(row.organizationId, [...(grouped.get(row.organizationId) ?? []), entry.keyed]);
    }
    const gone = [...opened].filter(([id, entry]) => next.get(id) !== entry).map(([, entry]) => entry);
    opened = next;
    byOrganization = grouped;
    await Promise.all(gone.map(({ keyed }) => keyed.provider.close()));
  };

  const open = (row: VendorKeyRow, version: string): Opened | undefined => {
    const apiKey = options.unseal(row.sealedKey);
    const provider = apiKey === undefined ? undefined : options.open(row.vendorId, apiKey);
    if (provider === undefined) {
      options.onUnreadable({ organizationId: row.organizationId, vendorId: row.vendorId });
      return undefined;
    }
    const keyId = `byok ${row.organizationId} ${row.updatedAt.getTime()}`;
    return { version, keyed: { provider, keySource: 'BYOK', keyId } };
  };

  const reload = (): Promise<void> => {
    // One after another: the last one sees the last change.
    loading = loading.catch(() => {}).then(() => (closed ? undefined : load()));
    return loading;
  };

  await reload();
  const timer = setInterval(() => void reload().catch(options.onError), options.refreshMs ?? 15_000);
  timer.unref();

  return {
    of: (organizationId) => byOrganization.get(organizationId) ?? NO_KEYS,
    reload,
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      await loading.catch(() => {});
      await Promise.all([...opened.values()].map(({ keyed }) => keyed.provider.close()));
      opened.clear();
      byOrganization.clear();
    },
  };
}
