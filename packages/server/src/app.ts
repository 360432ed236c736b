/** The one place that builds the parts and wires them. `startServer` resolves when the server accepts calls. */
import { randomBytes, randomUUID } from 'node:crypto';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import { decodeAudio } from './audio-files/index.ts';
import { loadAvatarPack, visemesFromAudio } from './avatar/index.ts';
import type { Config } from './config.ts';
import { openDataDirectory } from './data-directory.ts';
import { CLIENT_ADDRESS_HEADER } from './gateway-process/pass-on.ts';
import { type GatewayProcesses, startGatewayProcesses } from './gateway-process/pool.ts';
import { createHttpApp } from './http/app.ts';
import { createKeyring } from './http/keyring.ts';
import { createRateLimits } from './http/rate-limits.ts';
import { createSignedLinks } from './http/signed-links.ts';
import { withoutUndefined } from './http/without-undefined.ts';
import { createKnowledge } from './knowledge/index.ts';
import { createMediaPool } from './media/pool.ts';
import { openProviders } from './open-providers.ts';
import { openRouting } from './open-routing.ts';
import { createGuardedFetch } from './outbound/guarded-fetch.ts';
import type { Provider } from './providers/provider.ts';
import { findVendor } from './providers/vendors/all.ts';
import { admitWithinBudget } from './routing/budget.ts';
import { createCatalogue } from './routing/catalogue.ts';
import { createEngines } from './routing/engines.ts';
import { createMeter } from './routing/meter.ts';
import { loadScores } from './routing/score-book.ts';
import { openVendorKeys } from './routing/vendor-keys.ts';
import { createSecrets, type Secrets } from './secrets/secrets.ts';
import { DEFAULT_ORGANIZATION_ID, seedOrganization } from './seed.ts';
import { createQuotas } from './sessions/quotas.ts';
import { createTokenTransport } from './sessions/session-transport.ts';
import { createSessions } from './sessions/sessions.ts';
import { createVoiceAgents } from './sessions/voice-agents.ts';
import { createVoiceSessions } from './sessions/voice-sessions.ts';
import { type GatewayStore, type McpServerRow, openStore } from './store/store.ts';
import type { Log } from './telemetry/log.ts';
import { createAgentTools } from './tools/agent-tools.ts';
import type { McpServerDescription } from './tools/mcp.ts';
import { findRegistrationProblem } from './tools/webhook-address.ts';

const PACKS_DIRECTORY = fileURLToPath(new URL('../avatars', import.meta.url));
const CONSOLE_DIRECTORY = fileURLToPath(new URL('../../../apps/console/dist', import.meta.url));
const SDK_DIRECTORY = fileURLToPath(new URL('../../perso-interactive-sdk-web/dist', import.meta.url));
const DEFAULT_STYLE = 'yuri-front_natural';
const VERSION = '0.1.0';
const MAX_UPLOAD_SECONDS = 600;
/** Time to ask once more, for clients whose session was ended by a stop. */
const FAREWELL_MS = 700;
const MAX_FETCHED_BYTES = 32 * 1024 * 1024;
const LOOKUP_MS = 1000;

export interface RunningServer {
  /** Where it listens, without a trailing slash. */
  readonly url: string;
  readonly apiKey: string;
  readonly summary: {
    readonly database: string;
    readonly languageModel: string;
    readonly voices: number;
    readonly recognizers: string;
    readonly mediaProcesses: number;
  };
  readonly mediaProcessIds: () => readonly number[];
  /** Those that answer the voice gateway's calls; none unless configured. */
  readonly gatewayProcessIds: () => readonly number[];
  readonly liveSessions: () => number;
  readonly mediaStats: (options: { readonly signal: AbortSignal }) => Promise<readonly object[]>;
  /** Ends sessions, then media, providers and database, in this order. Idempotent. */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly config: Config;
  readonly log: Log;
  readonly mediaEnvironment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Replaces the vendors of this machine (tests with scripted vendors). */
  readonly providers?: readonly Provider[];
  /** Told what is being done, for a start that takes long. */
  readonly onProgress?: (step: string) => void;
}

export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { config, log, signal } = options;
  const progress = options.onProgress ?? (() => {});
  const cleanups: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) {
      await cleanup().catch((error: unknown) => log.error({ err: error }, 'a part did not close'));
    }
  };

  try {
    const data = await openDataDirectory(config.dataDirectory);
    cleanups.push(() => data.close());

    progress('opening database, voices and media');
    const packs = await findPacks([PACKS_DIRECTORY, path.join(data.path, 'avatars')], signal);
    const opening = {
      store: openStore({ databaseUrl: config.databaseUrl, dataDirectory: data.path }).then((opened) => {
        cleanups.push(() => opened.close());
        return opened;
      }),
      media: createMediaPool({
        processes: config.mediaProcesses,
        environment: options.mediaEnvironment,
        media: {
          packDirectories: packs.map(({ directory }) => directory),
          mediaAddress: config.mediaAddress,
          ports: config.mediaPorts,
          maxVideoPixels: config.maxVideoPixels,
        },
        log,
        signal,
      }).then((opened) => {
        cleanups.push(() => opened.close());
        return opened;
      }),
      providers: (options.providers !== undefined
        ? Promise.resolve(options.providers)
        : openProviders(config, { log, signal })
      ).then((opened) => {
        cleanups.push(async () => {
          await Promise.all(opened.map((provider) => provider.close()));
        });
        return opened;
      }),
    };
    // Every part settles first, so that none is still opening while the others are closed.
    await Promise.allSettled(Object.values(opening));
    const store = await opening.store;
    const media = await opening.media;
    const providers = await opening.providers;

    const apiKey = config.apiKey ?? (await data.developmentKey());
    await seedOrganization(store, DEFAULT_ORGANIZATION_ID);
    await store.keys.put({
      role: 'operator',
      organizationId: DEFAULT_ORGANIZATION_ID,
      key: apiKey,
      label: 'first key',
    });
    const left = await store.sessions.endOpen(data.nodeId, 'SESSION_MISC_ERROR', new Date());
    if (left > 0) log.warn({ sessions: left }, 'sessions of an earlier run were ended');

    const now = () => new Date();
    const secrets = createSecrets(config.secret ?? (await data.serverSecret()), config.earlierSecrets);
    await sealAnew(store.gateway, secrets);
    const clock = () => performance.now();
    const meter = createMeter({
      write: (records) => store.gateway.addUsage(records),
      now,
      onError: (error) => log.error({ err: error }, 'usage could not be written; it is kept'),
      spentBefore: await store.gateway.spentByKey(),
    });
    cleanups.push(() => meter.close());
    const vendorKeys = await openVendorKeys({
      list: () => store.gateway.listVendorKeys(),
      unseal: (sealed) => secrets.open(sealed),
      open: (vendorId, key) => findVendor(vendorId)?.open({ apiKey: key }),
      onUnreadable: (row) =>
        log.warn(
          row,
          'a vendor key cannot be used: it was sealed with another secret, or the vendor is not known',
        ),
      onError: (error) => log.error({ err: error }, 'the keys of vendors could not be read'),
    });
    cleanups.push(() => vendorKeys.close());
    const routing = await openRouting({
      config,
      providers,
      meter,
      vendorKeys,
      loadScores: () => loadScores(store.gateway),
      log,
      now: clock,
    });
    cleanups.push(async () => routing.close());
    const { router, gateway, reloadScores } = routing;
    const catalogue = createCatalogue(providers, {
      defaultModel: config.openaiModel,
      engines: createEngines(gateway),
    });
    const outbound = createGuardedFetch({
      allowPrivate: config.privateUrls,
      maxResponseBytes: MAX_FETCHED_BYTES,
    });
    cleanups.push(() => outbound.close());
    const describeMcpServer = (row: McpServerRow): McpServerDescription => ({
      id: row.id,
      name: row.name,
      url: row.url,
      transport: row.transport,
      timeoutMs: row.timeoutSeconds * 1000,
      headers: openHeaders(row.sealedHeaders === null ? undefined : secrets.open(row.sealedHeaders)),
    });
    const knowledge = await createKnowledge({
      store: store.knowledge,
      embedder: providers.find(({ embedder }) => embedder !== undefined)?.embedder,
      log,
      now,
    });
    cleanups.push(() => knowledge.close());
    const quotas = createQuotas({ store, defaults: config.limits, now, log });
    const sessions = createSessions({
      nodeId: data.nodeId,
      store,
      media,
      catalogue,
      modelStyles: packs,
      log,
      quotas,
      times: {
        startWindowMs: config.startWindowMs,
        heartbeatMs: config.heartbeatMs,
        recoveryWindowMs: config.recoveryWindowMs,
        idleMs: config.idleMs,
      },
      now,
      searchPassages: (request, searchOptions) => knowledge.search(request, searchOptions),
      fetch: (url, init) => outbound.fetch(url, init),
      describeMcpServer,
      analyse: visemesFromAudio,
      decodeAudio: (bytes, { signal: decodeSignal }) =>
        decodeAudio(bytes, { signal: decodeSignal, maxSeconds: MAX_UPLOAD_SECONDS }),
    });
    cleanups.push(() => sessions.close());

    const randomHex = (digits: number) =>
      randomBytes(Math.ceil(digits / 2))
        .toString('hex')
        .slice(0, digits);
    const voiceSessions = createVoiceSessions({
      store: store.voiceSessions,
      transport: createTokenTransport((text) => secrets.authenticate(text)),
      seal: (text) => secrets.seal(text),
      unseal: (sealed) => secrets.open(sealed),
      now,
      randomId: randomUUID,
      log,
    });
    cleanups.push(() => voiceSessions.close());
    const agentTools = createAgentTools({
      agents: store.agents,
      unseal: (sealed) => secrets.open(sealed),
      webhookBody: config.webhookBody,
      allowPrivate: config.privateUrls,
      fetch: (url, init) => outbound.fetch(url, init),
      toolSecretsOf: ({ organizationId, sessionId }) =>
        voiceSessions.toolSecretsOf(organizationId, sessionId),
      async searchKnowledgeBase({ organizationId, knowledgeBaseId, query, limit }, searchOptions) {
        const base = await store.knowledgeBases.find(organizationId, knowledgeBaseId);
        if (base === undefined) return undefined;
        const documentIds = await store.knowledgeBases.listSearchable(organizationId, knowledgeBaseId);
        return knowledge.searchAll({ documentIds, query, limit }, searchOptions);
      },
      now,
      log,
    });
    cleanups.push(() => agentTools.close());

    const limits = createRateLimits(config.rateLimits);
    const keyring = createKeyring({
      store,
      limits,
      now: clock,
      onError: (error) => log.warn({ err: error }, 'the last use of a key could not be kept'),
    });
    /** Set when there are any and they listen. */
    let processes: GatewayProcesses | undefined;
    const app = createHttpApp({
      store,
      voiceAgents: createVoiceAgents({ agents: store.agents, now, randomHex }),
      voiceSessions,
      findWebhookProblem: (url) =>
        findRegistrationProblem(url, { allowPrivate: config.privateUrls, lookup: lookUp }),
      randomHex,
      sessions,
      catalogue,
      modelStyles: packs,
      iceServers: config.iceServers.map((server) => withoutUndefined(server)),
      links: createSignedLinks(secrets, now),
      quotas,
      secrets,
      knowledge,
      outbound,
      describeMcpServer,
      gateway,
      router,
      meter,
      vendorKeys: {
        ...vendorKeys,
        async reload() {
          await vendorKeys.reload();
          processes?.announce('vendor-keys');
        },
      },
      async reloadScores() {
        await reloadScores();
        processes?.announce('scores');
      },
      serverTools: agentTools,
      admitCall: (caller) => admitWithinBudget(caller, meter.spentMicroUsd(caller.keyId)),
      limits,
      keyring: {
        ...keyring,
        forget() {
          keyring.forget();
          processes?.announce('keys');
        },
      },
      clientAddressHeader: config.gatewayProcesses > 0 ? CLIENT_ADDRESS_HEADER : undefined,
      log,
      decodeAudio,
      version: VERSION,
      publicUrl: config.publicUrl,
      consoleDirectory: CONSOLE_DIRECTORY,
      sdkDirectory: SDK_DIRECTORY,
      now,
    });
    progress('starting to listen');
    const server = createAdaptorServer({ fetch: app.fetch });
    // With processes of their own for calls this one listens for them alone.
    const socket = config.gatewayProcesses === 0 ? undefined : await makeSocketPath();
    if (socket !== undefined) cleanups.push(() => socket.remove());
    const explain = (error: unknown): never => {
      throw explainListenError(error, config);
    };
    if (socket === undefined) server.listen(config.port, config.host);
    else server.listen(socket.path);
    await once(server, 'listening', { signal }).catch(explain);
    cleanups.push(async () => {
      // Clients that try to take their session up again are told that it has ended, not left to guess.
      const hadSessions = sessions.liveCount > 0;
      await sessions.close();
      if (hadSessions) await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    });
    if (socket !== undefined) {
      processes = await startGatewayProcesses({
        config,
        providers,
        mainSocket: socket.path,
        log,
        signal,
        services: {
          async findOwner(key) {
            const owner = await store.keys.findOwner(key);
            return owner && { owner, spentMicroUsd: meter.spentMicroUsd(owner.keyId) };
          },
          touchKey: (keyId) => store.keys.touch(keyId, now()),
          async countRequests(counts) {
            const waits = await Promise.all(
              counts.map(async (one) => ({
                ...one,
                waitMs: await limits.count(one.kind, one.id, one.count),
              })),
            );
            return waits.filter(({ waitMs }) => waitMs > 0);
          },
          async recordUsage(records) {
            meter.add(records);
            const keyIds = new Set(records.flatMap(({ apiKeyId }) => apiKeyId ?? []));
            return new Map([...keyIds].map((keyId) => [keyId, meter.spentMicroUsd(keyId)]));
          },
          loadScores: () => loadScores(store.gateway),
          async listVendorKeys() {
            const rows = await store.gateway.listVendorKeys();
            return rows.flatMap(({ sealedKey, ...row }) => {
              const apiKey = secrets.open(sealedKey);
              return apiKey === undefined ? [] : [{ ...row, apiKey }];
            });
          },
          runTool: ({ tool, call, ...whose }, { signal: toolSignal }) =>
            agentTools.run(tool, call, { ...whose, signal: toolSignal }),
        },
      }).catch(explain);
      const { close } = processes;
      cleanups.push(() => close());
    }
    // It listens on TCP or has said where, so the address is not the string of a pipe.
    const port = processes?.port ?? (server.address() as AddressInfo).port;
    const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;

    return {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      apiKey,
      summary: {
        database: store.kind === 'pglite' ? 'embedded Postgres (PGlite)' : 'Postgres',
        languageModel: catalogue.llmTypes[0]?.display_name ?? 'none',
        voices: catalogue.ttsTypes.length,
        recognizers:
          catalogue.sttTypes
            .slice(1)
            .map(({ display_name }) => display_name)
            .join(', ') || 'none',
        mediaProcesses: config.mediaProcesses,
      },
      mediaProcessIds: () => media.processIds(),
      gatewayProcessIds: () => processes?.processIds() ?? [],
      liveSessions: () => sessions.liveCount,
      mediaStats: (statsOptions) => media.stats(statsOptions),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** A socket that only processes of this user reach. */
async function makeSocketPath(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  if (process.platform === 'win32') {
    return { path: `\\\\.\\pipe\\visavox-${randomUUID()}`, remove: async () => {} };
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), 'visavox-'));
  return {
    path: path.join(folder, 'main.sock'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Addresses of a name; none when it cannot be looked up soon. */
async function lookUp(host: string): Promise<readonly string[]> {
  const late = new Promise<readonly string[]>((resolve) => setTimeout(() => resolve([]), LOOKUP_MS).unref());
  const found = dns.lookup(host, { all: true }).then(
    (addresses) => addresses.map(({ address }) => address),
    () => [],
  );
  return Promise.race([found, late]);
}

/** Keys of vendors that an earlier secret sealed are sealed with the present one. */
async function sealAnew(store: GatewayStore, secrets: Secrets): Promise<void> {
  for (const row of await store.listVendorKeys()) {
    const key = secrets.isOutdated(row.sealedKey) ? secrets.open(row.sealedKey) : undefined;
    if (key === undefined) continue;
    const { organizationId, vendorId } = row;
    await store.putVendorKey({ organizationId, vendorId, sealedKey: secrets.seal(key) });
  }
}

/** Installed packs, the default style first. A pack of a later folder replaces one of the same name. */
async function findPacks(folders: readonly string[], signal: AbortSignal) {
  const byName = new Map<
    string,
    { readonly directory: string } & Awaited<ReturnType<typeof loadAvatarPack>>
  >();
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const directory = path.join(folder, entry.name);
      const pack = await loadAvatarPack(directory, { signal });
      byName.set(pack.name, { directory, ...pack });
    }
  }
  return [...byName.values()].sort(
    (a, b) =>
      Number(b.name === DEFAULT_STYLE) - Number(a.name === DEFAULT_STYLE) || a.name.localeCompare(b.name),
  );
}

/** Headers that were sealed with another secret are lost; the server is then called without them. */
function openHeaders(json: string | undefined): Readonly<Record<string, string>> {
  // Written by this server: an object of texts.
  return json === undefined ? {} : (JSON.parse(json) as Record<string, string>);
}

function explainListenError(error: unknown, config: Config): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new Error(
      `PORT ${config.port} is in use on ${config.host}. Stop the other program, or set PORT to another port.`,
    );
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new Error(
      `The server may not listen on HOST ${config.host}, PORT ${config.port} (${String(code)}).`,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
