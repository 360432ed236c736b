/** A vendor that is reached over the network with a key: the operator's, or one that an organization brought. */
import type { Provider } from '../provider.ts';

export interface Vendor {
  /** As in routing tables and constraints: lower case, e.g. `deepgram`. */
  readonly id: string;
  readonly displayName: string;
  /** Environment variables that hold the operator's key, in the vendor's own naming; the first one set counts. */
  readonly keyVariables: readonly string[];
  /** Further settings of the operator by option, e.g. `{ region: 'AZURE_SPEECH_REGION' }`. */
  readonly settingVariables?: Readonly<Partial<Record<'region' | 'project', string>>>;
  /** Environment variable with an address in place of the vendor's own (a deployment of one's own, a proxy). */
  readonly baseUrlVariable: string;
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
