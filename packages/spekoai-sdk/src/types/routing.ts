/**
 * How the gateway chooses a provider. In all files of this folder: objects as they travel, with fields that callers may
 * change, so that code written for the published types of the contract compiles; options also take `undefined`.
 */

/** What the router weighs most: all in balance, quality, speed, or price. */
export type OptimizeFor = 'balanced' | 'accuracy' | 'latency' | 'cost';

/** What a call is about: the router ranks its candidates by it. */
export interface RoutingIntent {
  /** BCP 47 tag, for example `en` or `es-MX`. */
  language: string;
  /** Where latency counts, for example `us-east4` or `europe-west3`. Default: `global`. */
  region?: string | undefined;
  /** Default: `balanced`. */
  optimizeFor?: OptimizeFor | undefined;
}

/** Narrows the candidates. */
export interface PipelineConstraints {
  /**
   * For each layer the candidates that may run: `vendor` for all models of a vendor, `vendor:model` for one. An empty or
   * missing list allows all.
   */
  allowedProviders?:
    | {
        stt?: string[] | undefined;
        llm?: string[] | undefined;
        tts?: string[] | undefined;
        s2s?: string[] | undefined;
      }
    | undefined;
}

/** Who ran a call, and after how many failures. */
export interface RoutingResult {
  /** Vendor that ran. */
  provider: string;
  model: string;
  /** Candidates that failed before; `0` when the first choice worked. */
  failoverCount: number;
  /** The benchmark snapshot that the choice was made from. */
  scoresRunId: string | null;
}

/** Whose credentials a provider was called with: the organization's own, or the server's. */
export type KeySource = 'BYOK' | 'MANAGED';
