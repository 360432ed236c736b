/** The voice gateway with a database in memory, agents, knowledge bases and sessions, on a port of its own: no media. */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { pino } from 'pino';
import { Speko } from '../../spekoai-sdk/src/index.ts';
import { bindGateway } from '../src/http/gateway-app.ts';
import { createKeyring } from '../src/http/keyring.ts';
import { createRateLimits } from '../src/http/rate-limits.ts';
import { createKnowledge } from '../src/knowledge/index.ts';
import { createGuardedFetch } from '../src/outbound/guarded-fetch.ts';
import { createBreakers } from '../src/routing/breakers.ts';
import { createGateway } from '../src/routing/gateway.ts';
import { createMeter } from '../src/routing/meter.ts';
import { createRouter } from '../src/routing/router.ts';
import { SHIPPED_SCORES } from '../src/routing/shipped-scores.ts';
import { createSecrets } from '../src/secrets/secrets.ts';
import { createTokenTransport, type SessionTransport } from '../src/sessions/session-transport.ts';
import { createVoiceAgents } from '../src/sessions/voice-agents.ts';
import { createVoiceSessions, type VoiceSessions } from '../src/sessions/voice-sessions.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { createAgentTools, type WebhookBody } from '../src/tools/agent-tools.ts';
import { findRegistrationProblem } from '../src/tools/webhook-address.ts';
import type { GatewayVendor } from './gateway-vendor.ts';

// Bodies are looked into field by field; a wrong shape fails the expectation.
type Json = any;

export interface VoiceApp {
  readonly url: string;
  readonly store: Store;
  readonly voiceSessions: VoiceSessions;
  /** Of two organizations. */
  readonly ours: Speko;
  readonly theirs: Speko;
  /** Everything that was logged. */
  readonly logged: () => string;
  /** Replaced by tests. */
  script: { now: () => Date; transport: SessionTransport };
  call(
    method: string,
    path: string,
    body?: unknown,
    options?: { readonly key?: string; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<{ status: number; body: Json; headers: Headers }>;
  close(): Promise<void>;
}

export const OUR_KEY = 'sk_test_ours';
export const THEIR_KEY = 'sk_test_theirs';

export async function startVoiceApp(
  vendor: GatewayVendor,
  options: {
    readonly allowPrivate?: boolean;
    readonly webhookBody?: WebhookBody;
    /** Addresses of names, for guards. */
    readonly addresses?: Readonly<Record<string, string>>;
    readonly watchMs?: number;
  } = {},
): Promise<VoiceApp> {
  const { allowPrivate = false, webhookBody = 'envelope', addresses = {} } = options;
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const log = pino({ level: 'trace' }, sink);
  const store = await openStore({ dataDirectory: 'memory' });
  for (const [id, key] of [
    ['ours', OUR_KEY],
    ['theirs', THEIR_KEY],
  ] as const) {
    await store.organizations.insertIfAbsent({ id, name: id });
    await store.keys.put({ organizationId: id, key, label: id, role: 'client' });
  }
  const clock = () => performance.now();
  const secrets = createSecrets('a secret of the server that is long enough');
  const breakers = createBreakers({ now: clock });
  const router = createRouter({
    providers: [vendor.provider],
    scores: SHIPPED_SCORES,
    breakers,
    now: clock,
    allowProvisional: true,
    allowUnmeasured: true,
  });
  const meter = createMeter({
    write: (records) => store.gateway.addUsage(records),
    now: () => new Date(),
    onError: (error) => {
      throw error;
    },
  });
  const gateway = createGateway({ router, breakers, meter, keysOf: () => [], now: clock, hedging: false });
  const script: VoiceApp['script'] = {
    now: () => new Date(),
    transport: createTokenTransport((text) => secrets.authenticate(text)),
  };
  const now = () => script.now();
  const knowledge = await createKnowledge({ store: store.knowledge, log, now });
  const outbound = createGuardedFetch({
    allowPrivate,
    maxResponseBytes: 1024 * 1024,
    lookup: ((host: string, _options: object, done: (error: null, found: object[]) => void) =>
      done(null, [{ address: addresses[host] ?? '127.0.0.1', family: 4 }])) as never,
  });
  const voiceSessions = createVoiceSessions({
    store: store.voiceSessions,
    transport: {
      admit: (...given) => script.transport.admit(...given),
      dispatch: (...given) => script.transport.dispatch(...given),
      end: (...given) => script.transport.end(...given),
    },
    seal: (text) => secrets.seal(text),
    unseal: (sealed) => secrets.open(sealed),
    now,
    randomId: randomUUID,
    log,
    pollMs: 50,
    watchMs: options.watchMs ?? 60_000,
  });
  const agentTools = createAgentTools({
    agents: store.agents,
    unseal: (sealed) => secrets.open(sealed),
    webhookBody,
    allowPrivate,
    fetch: (url, init) => outbound.fetch(url, init),
    toolSecretsOf: ({ organizationId, sessionId }) => voiceSessions.toolSecretsOf(organizationId, sessionId),
    async searchKnowledgeBase({ organizationId, knowledgeBaseId, query, limit }, searchOptions) {
      if ((await store.knowledgeBases.find(organizationId, knowledgeBaseId)) === undefined) return undefined;
      const documentIds = await store.knowledgeBases.listSearchable(organizationId, knowledgeBaseId);
      return knowledge.searchAll({ documentIds, query, limit }, searchOptions);
    },
    now,
    log,
    retryDelaysMs: [10, 10],
  });
  const randomHex = (digits: number) => randomBytes(digits).toString('hex').slice(0, digits);
  const limits = createRateLimits({ keyPerMinute: 1e9, sessionPerMinute: 1e9, wrongKeysPerMinute: 1e9 });
  const app = new Hono();
  bindGateway(
    app,
    {
      gateway,
      router,
      serverTools: agentTools,
      decodeAudio: () => Promise.reject(new Error('not scripted')),
      log,
      now,
      meter,
      store,
      secrets,
      knowledge,
      voiceAgents: createVoiceAgents({ agents: store.agents, now, randomHex }),
      voiceSessions,
      findWebhookProblem: (url) =>
        findRegistrationProblem(url, {
          allowPrivate,
          lookup: async (host) => (addresses[host] === undefined ? [] : [addresses[host]]),
        }),
      randomHex,
      vendorKeys: { reload: async () => {} },
      admitCall: () => {},
    },
    {
      keyring: createKeyring({ store, limits, now: clock, onError: () => {} }),
      limits,
      baseUrlOf: (request) => new URL(request.url).origin,
    },
  );
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    store,
    voiceSessions,
    ours: new Speko({ apiKey: OUR_KEY, baseUrl: url }),
    theirs: new Speko({ apiKey: THEIR_KEY, baseUrl: url }),
    logged: () => lines.join(''),
    script,
    async call(method, path, body, { key = OUR_KEY, headers = {} } = {}) {
      const response = await fetch(`${url}/v1/${path}`, {
        method,
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      let parsed: Json = text;
      try {
        parsed = JSON.parse(text);
      } catch {
        // Not every answer is JSON.
      }
      return { status: response.status, body: parsed, headers: response.headers };
    },
    async close() {
      await agentTools.close();
      await voiceSessions.close();
      await knowledge.close();
      await meter.close();
      await outbound.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await store.close();
    },
  };
}
