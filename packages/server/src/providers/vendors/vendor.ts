/** A vendor that is reached over the network with a key: the operator's, or one that an organization brought. */
import type { VendorVariables } from '@visavox/contract/vendors';
import type { Provider } from '../provider.ts';

export interface Vendor extends VendorVariables {
  /** Connects to nothing; calls of the provider do. Cheap enough to be done for each key. */
  open(options: VendorOptions): Provider;
}

export interface VendorOptions {
  readonly apiKey: string;
  /** Replaces the vendor's own address, WebSockets included; without a trailing slash. */
  readonly baseUrl?: string | undefined;
  readonly region?: string | undefined;
  readonly project?: string | undefined;
  readonly fetch?: typeof fetch;
  /** Limit until an answer begins. Default 30 000. */
  readonly timeoutMs?: number;
}

/** What the calls of an opened vendor need. */
export interface VendorAccount extends VendorOptions {
  readonly baseUrl: string;
  /** The end of the provider. */
  readonly closed: AbortSignal;
}
