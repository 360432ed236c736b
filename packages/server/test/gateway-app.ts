/** The voice gateway alone, with scripted vendors, on a port of its own: no database, no media, a moment to start. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { decodeAudio } from '../src/audio-files/index.ts';
import { bindGateway } from '../src/http/gateway-app.ts';
import { createKeyring } from '../src/http/keyring.ts';
import { createRateLimits } from '../src/http/rate-limits.ts';
import { createBreakers } from '../src/routing/breakers.ts';
import { createGateway, type GatewayOptions } from '../src/routing/gateway.ts';
import { createMeter, type UsageRecord } from '../src/routing/meter.ts';
import { createRouter, type KeyedProvider } from '../src/routing/router.ts';
import type { Snapshot } from '../src/routing/scores.ts';
import { SHIPPED_SCORES } from '../src/routing/shipped-scores.ts';
import type { KeyOwner } from '../src/store/store.ts';
import { createLog } from '../src/telemetry/log.ts';
import type { GatewayVendor } from './gateway-vendor.ts';

export interface TestGateway {
  readonly url: string;
  readonly apiKey: string;
  /** What was written so far. */
  usage(): Promise<readonly UsageRecord[]>;
  close(): Promise<void>;
}

export async function startGateway(
  vendors: readonly Pick<GatewayVendor, 'provider'>[],
  options: {
    readonly scores?: Snapshot;
    readonly own?: readonly KeyedProvider[];
    readonly limits?: GatewayOptions['limits'];
    readonly hedging?: boolean;
    readonly admitCall?: (caller: KeyOwner) => void;
  } = {},
): Promise<TestGateway> {
  const now = () => performance.now();
  const apiKey = 'sk_test_gateway';
  const owner: KeyOwner = {
    keyId: 'key-1',
    role: 'client',
    budgetMicroUsd: null,
    organization: { id: 'org-1', name: 'One', limits: {}, features: {}, createdAt: new Date(0) },
  };
  const written: UsageRecord[] = [];
  const breakers = createBreakers({ now });
  const router = createRouter({
    providers: vendors.map(({ provider }) => provider),
    scores: options.scores ?? SHIPPED_SCORES,
    breakers,
    now,
    allowProvisional: true,
    allowUnmeasured: false,
  });
  const meter = createMeter({
    write: async (records) => {
      written.push(...records);
    },
    now: () => new Date(),
    onError: (error) => {
      throw error;
    },
  });
  const gateway = createGateway({
    router,
    breakers,
    meter,
    keysOf: () => options.own ?? [],
    now,
    hedging: options.hedging ?? false,
    limits: options.limits,
  });
  const app = new Hono();
  const limits = createRateLimits({ keyPerMinute: 1e9, sessionPerMinute: 1e9, wrongKeysPerMinute: 1e9 });
  const store = {
    keys: {
      findOwner: async (key: string) => (key === apiKey ? owner : undefined),
      touch: async () => {},
    },
  };
  bindGateway(
    app,
    {
      gateway,
      router,
      serverTools: { run: async ({ name }) => ({ text: `ran ${name}`, isError: false }) },
      decodeAudio,
      log: createLog({ level: 'silent' }),
      now: () => new Date(),
      meter,
      // Accounts are not looked at here.
      store: store as never,
      secrets: {} as never,
      vendorKeys: {} as never,
      // Nor are agents, knowledge bases and sessions.
      voiceAgents: {} as never,
      voiceSessions: {} as never,
      knowledge: {} as never,
      findWebhookProblem: async () => undefined,
      randomHex: (digits) => '0'.repeat(digits),
      admitCall: options.admitCall ?? (() => {}),
    },
    {
      // Only keys are looked up here.
      keyring: createKeyring({ store: store as never, limits, now, onError: () => {} }),
      limits,
      baseUrlOf: (request) => new URL(request.url).origin,
    },
  );
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey,
    async usage() {
      await meter.flush();
      return written;
    },
    async close() {
      await meter.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}
