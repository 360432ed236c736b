/** Routing by the operator's settings: the same in the main process and in gateway processes. */
import type { Config } from './config.ts';
import type { Provider } from './providers/provider.ts';
import { createBreakers } from './routing/breakers.ts';
import { createGateway, type Gateway, type GatewayOptions } from './routing/gateway.ts';
import { createRouter, type Router } from './routing/router.ts';
import type { Snapshot } from './routing/scores.ts';
import type { VendorKeys } from './routing/vendor-keys.ts';
import type { Log } from './telemetry/log.ts';

export interface RoutingOptions extends Pick<GatewayOptions, 'meter' | 'checkCandidates'> {
  readonly config: Pick<Config, 'routing'>;
  readonly providers: readonly Provider[];
  readonly vendorKeys: VendorKeys;
  readonly loadScores: () => Promise<Snapshot>;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

export interface Routing {
  readonly router: Router;
  readonly gateway: Gateway;
  /** Measurements have changed. */
  reloadScores(): Promise<void>;
  /** Idempotent. */
  close(): void;
}

const SCORES_REFRESH_MS = 30_000;

export async function openRouting(options: RoutingOptions): Promise<Routing> {
  const { config, providers, vendorKeys, loadScores, log, now, ...others } = options;
  const breakers = createBreakers({ now });
  const router = createRouter({
    providers,
    scores: await loadScores(),
    breakers,
    now,
    allowProvisional: config.routing.provisional,
    allowUnmeasured: config.routing.unmeasured,
  });
  const gateway = createGateway({
    ...others,
    router,
    breakers,
    keysOf: (organizationId) => vendorKeys.of(organizationId),
    now,
    hedging: config.routing.hedging,
    onFailure: (attempt, context) =>
      log.warn(
        { ...attempt, organization: context.organizationId },
        'a provider failed; the next one is tried',
      ),
  });
  const reloadScores = async (): Promise<void> => router.setScores(await loadScores());
  // Other nodes import measurements too.
  const timer = setInterval(() => {
    reloadScores().catch((error: unknown) =>
      log.warn({ err: error }, 'measurements could not be read again'),
    );
  }, SCORES_REFRESH_MS).unref();
  return { router, gateway, reloadScores, close: () => clearInterval(timer) };
}
