/** Opens what speaks, listens and thinks, as the configuration says. */
import type { Config } from './config.ts';
import { createProviders } from './providers/all.ts';
import type { Provider } from './providers/provider.ts';
import { VENDORS } from './providers/vendors/all.ts';
import { openOperatorVendors } from './providers/vendors/operator-keys.ts';
import type { Log } from './telemetry/log.ts';

export interface OpenProvidersOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Whether the engines of this program are wanted too. Default true. */
  readonly builtIns?: boolean;
}

/** @throws the signal's reason when it is aborted; then nothing stays open. */
export function openProviders(
  config: Config,
  { log, signal, builtIns = true }: OpenProvidersOptions,
): Promise<readonly Provider[]> {
  const { openaiApiKey: apiKey, openaiBaseUrl: baseUrl } = config;
  const hasOpenAi = apiKey !== undefined || baseUrl !== undefined;
  return createProviders({
    vendors: openOperatorVendors(config.vendorEnvironment, VENDORS, {
      now: () => performance.now(),
      // Its models are listed, or it is a server of the operator's own.
      except: hasOpenAi ? ['openai'] : [],
    }),
    dataDir: config.dataDirectory,
    log,
    signal,
    builtIns,
    detectLocalModels: config.localModels,
    searchPath: config.searchPath,
    ...(hasOpenAi ? { openai: { apiKey, baseUrl } } : {}),
  });
}
