/** What a gateway process and the server's main process say to each other. Structured clones on a private channel. */
import type { SpekoChatTool } from '@visavox/contract/speko';
import type { Config } from '../config.ts';
import type {
  LanguageModelInfo,
  Provider,
  RecognitionFeature,
  SpeechModel,
  Voice,
} from '../providers/provider.ts';
import type { UsageRecord } from '../routing/meter.ts';
import type { Snapshot } from '../routing/scores.ts';
import type { KeyOwner } from '../store/store.ts';

/** What a gateway process asks of the main process, which alone has the database. */
export interface MainServices {
  /** With what calls of the key have cost so far, in millionths of a US dollar. */
  findOwner(key: string): Promise<{ readonly owner: KeyOwner; readonly spentMicroUsd: number } | undefined>;
  touchKey(keyId: string): Promise<void>;
  /** Counts requests of keys, and wrong keys of addresses; says who has to wait, and how long (milliseconds). */
  countRequests(counts: readonly RequestCount[]): Promise<readonly (RequestCount & { waitMs: number })[]>;
  /** Resolves with what the keys of the records have cost now. */
  recordUsage(records: readonly UsageRecord[]): Promise<ReadonlyMap<string, number>>;
  loadScores(): Promise<Snapshot>;
  listVendorKeys(): Promise<readonly OpenVendorKey[]>;
  runTool(
    request: {
      readonly tool: SpekoChatTool;
      readonly call: { readonly id: string; readonly args: string };
      readonly organizationId: string;
      readonly sessionId: string;
    },
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly text: string; readonly isError: boolean }>;
}

export interface RequestCount {
  readonly kind: 'key' | 'wrong-key';
  /** A key's id, or the address of a client. */
  readonly id: string;
  readonly count: number;
}

/** A key that an organization brought. */
export interface OpenVendorKey {
  readonly organizationId: string;
  readonly vendorId: string;
  readonly apiKey: string;
  readonly updatedAt: Date;
}

/** What a provider offers, without the means to use it. */
export interface ProviderFacts extends Pick<Provider, 'id' | 'displayName'> {
  readonly kind: Provider['kind'] | undefined;
  readonly languageModels: readonly LanguageModelInfo[] | undefined;
  readonly recognizer:
    | {
        readonly languages: readonly string[];
        readonly models: readonly SpeechModel[] | undefined;
        readonly features: readonly RecognitionFeature[] | undefined;
      }
    | undefined;
  readonly synthesizer:
    | { readonly models: readonly SpeechModel[] | undefined; readonly voices: readonly Voice[] }
    | undefined;
}

/** What changed, so that it is asked for again. */
export type Change = 'keys' | 'scores' | 'vendor-keys';

export interface StartMessage {
  readonly kind: 'start';
  readonly config: Config;
  /** In the order in which they are tried. */
  readonly providers: readonly ProviderFacts[];
  /** Where the main process takes requests that belong there. */
  readonly mainSocket: string;
  /** Shared by all of these processes. */
  readonly port: number;
}

export type ToGatewayProcess =
  | StartMessage
  | { readonly kind: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string }
  | { readonly kind: 'changed'; readonly what: Change }
  | { readonly kind: 'close' };

export type FromGatewayProcess =
  | { readonly kind: 'listening' }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly service: keyof MainServices;
      readonly request: unknown;
    }
  | { readonly kind: 'give-up'; readonly id: number };

export function describeProvider(provider: Provider): ProviderFacts {
  const { id, displayName, kind, languageModels, recognizer, synthesizer } = provider;
  return {
    id,
    displayName,
    kind,
    languageModels: languageModels?.models,
    recognizer: recognizer && {
      languages: recognizer.languages,
      models: recognizer.models,
      features: recognizer.features,
    },
    synthesizer: synthesizer && { models: synthesizer.models, voices: synthesizer.voices },
  };
}
