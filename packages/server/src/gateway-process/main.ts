/**
 * A process that answers the calls of the voice gateway on a core of its own. It has no database: who may call, what it
 * cost and what changed it learns from the main process, to which it also passes on every other request.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { decodeAudio } from '../audio-files/index.ts';
import { createBaseApp, createFetch } from '../http/base-app.ts';
import { bindCalls, CALL_PATHS } from '../http/gateway-app.ts';
import { createKeyring } from '../http/keyring.ts';
import { openProviders } from '../open-providers.ts';
import { openRouting } from '../open-routing.ts';
import type { Provider } from '../providers/provider.ts';
import { findVendor } from '../providers/vendors/all.ts';
import { admitWithinBudget } from '../routing/budget.ts';
import { createMeter } from '../routing/meter.ts';
import { openVendorKeys } from '../routing/vendor-keys.ts';
import { createLog } from '../telemetry/log.ts';
import { openMainChannel } from './main-services.ts';
import { createPassOn, type PassOn } from './pass-on.ts';
import type {
  Change,
  FromGatewayProcess,
  ProviderFacts,
  StartMessage,
  ToGatewayProcess,
} from './protocol.ts';
import { createSharedLimits } from './shared-limits.ts';

/** A recording of 25 MiB in a form is the largest call there is. */
const MAX_BODY_BYTES = 26 * 1024 * 1024;
/** So late may a key notice that its budget is used up. */
const FLUSH_MS = 100;
const CLOSE_MS = 3000;

/** The call needs an engine that only the main process has. */
class ElsewhereError extends Error {}

const send = (message: FromGatewayProcess): void => {
  // Without a callback a failed write would surface as an event; the channel's end stops this process anyway.
  process.send?.(message, undefined, undefined, () => {});
};
const channel = openMainChannel(send);
let close: (() => Promise<void>) | undefined;
let apply: ((what: Change) => void) | undefined;

process.on('message', (message) => {
  // Only pool.ts writes to this channel.
  const typed = message as ToGatewayProcess;
  if (typed.kind === 'start') {
    start(typed).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
      send({ kind: 'failed', message: error instanceof Error ? error.message : String(error), code });
    });
  } else if (typed.kind === 'changed') apply?.(typed.what);
  else if (typed.kind === 'close') void end();
  else channel.receive(typed);
});
// A Ctrl-C in the terminal reaches the whole group; the main process decides when this one ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void end());
process.on('disconnect', () => process.exit(0));

async function end(): Promise<void> {
  setTimeout(() => process.exit(1), CLOSE_MS).unref();
  await close?.();
  process.exit(0);
}

async function start({ config, providers: facts, mainSocket, port }: StartMessage): Promise<void> {
  const { services } = channel;
  const log = createLog({ level: config.logLevel });
  const clock = () => performance.now();
  const now = () => new Date();
  const opening = new AbortController();
  const opened = await openProviders(config, { log, signal: opening.signal, builtIns: false });
  const elsewhere = new Set<Provider>();
  const providers = facts.map((fact) => {
    const own = opened.find(({ id }) => id === fact.id);
    if (own !== undefined) return own;
    const absent = createAbsentProvider(fact);
    elsewhere.add(absent);
    return absent;
  });

  const onError = (error: unknown) => log.warn({ err: error }, 'the main process did not answer');
  /** What calls of each key have cost, as the main process last said. */
  const spent = new Map<string, number>();
  const meter = createMeter({
    now,
    flushMs: FLUSH_MS,
    onError: (error) => log.error({ err: error }, 'usage could not be reported; it is kept'),
    async write(records) {
      for (const [keyId, microUsd] of await services.recordUsage(records)) spent.set(keyId, microUsd);
    },
  });
  const vendorKeys = await openVendorKeys({
    list: async () =>
      (await services.listVendorKeys()).map(({ apiKey, ...row }) => ({ ...row, sealedKey: apiKey })),
    // The main process has opened it.
    unseal: (key) => key,
    open: (vendorId, apiKey) => findVendor(vendorId)?.open({ apiKey }),
    onUnreadable: () => {},
    onError,
  });
  const routing = await openRouting({
    config,
    providers,
    meter,
    vendorKeys,
    loadScores: () => services.loadScores(),
    checkCandidates(candidates) {
      if (candidates.some(({ provider }) => elsewhere.has(provider))) throw new ElsewhereError();
    },
    log,
    now: clock,
  });
  const { router, gateway } = routing;
  const limits = createSharedLimits(services, { now: clock, onError });
  const keyring = createKeyring({
    store: {
      keys: {
        async findOwner(key) {
          const found = await services.findOwner(key);
          if (found !== undefined) spent.set(found.owner.keyId, found.spentMicroUsd);
          return found?.owner;
        },
        touch: (keyId) => services.touchKey(keyId),
      },
    },
    limits,
    now: clock,
    onError,
  });
  apply = (what) => {
    if (what === 'keys') keyring.forget();
    else if (what === 'scores') routing.reloadScores().catch(onError);
    else vendorKeys.reload().catch(onError);
  };

  const passOn = createPassOn(mainSocket);
  const app = createBaseApp(log, (error, context) => {
    if (!(error instanceof ElsewhereError)) return undefined;
    // What the adapter hands to every handler.
    const { incoming, outgoing } = context.env as { incoming: WithBody; outgoing: ServerResponse };
    passOn.request(incoming, outgoing, incoming.rawBody);
    return RESPONSE_ALREADY_SENT;
  });
  bindCalls(
    app,
    {
      gateway,
      router,
      serverTools: {
        run: (tool, call, { signal, ...whose }) => services.runTool({ tool, call, ...whose }, { signal }),
      },
      decodeAudio,
      admitCall: (caller) => admitWithinBudget(caller, spent.get(caller.keyId) ?? 0),
      log,
      now,
    },
    { keyring, limits, baseUrlOf: (request) => config.publicUrl ?? new URL(request.url).origin },
    (error) => error instanceof ElsewhereError,
  );

  const answer = getRequestListener(createFetch(app));
  const server = createServer((incoming: WithBody, outgoing) => {
    if (!isCall(incoming)) {
      passOn.request(incoming, outgoing);
      return;
    }
    readWhole(incoming).then(
      (body) => {
        // The adapter takes it from here, and it can still be passed on.
        incoming.rawBody = body;
        return answer(incoming, outgoing);
      },
      () => outgoing.destroy(),
    );
  });
  server.on('upgrade', passOn.upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: config.host }, resolve);
  });
  close = async () => {
    routing.close();
    opening.abort();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
      passOnLast(passOn);
    });
    limits.close();
    await meter.close();
    await vendorKeys.close();
    await Promise.all(opened.map((provider) => provider.close()));
  };
  send({ kind: 'listening' });
}

type WithBody = IncomingMessage & { rawBody?: Buffer };

/** Whether this process can answer it; a body of unknown or too great length is for the main process. */
function isCall({ method, url = '', headers }: IncomingMessage): boolean {
  const end = url.indexOf('?');
  return (
    method === 'POST' &&
    CALL_PATHS.has(end < 0 ? url : url.slice(0, end)) &&
    Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= MAX_BODY_BYTES
  );
}

/** By events: a call spends a noticeable part of its time in an iterator over its body. */
function readWhole(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => void chunks.push(chunk));
    incoming.on('end', () => {
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
    });
    incoming.on('error', reject);
    incoming.on('close', () => reject(new Error('The request broke off.')));
  });
}

function createAbsentProvider({ id, displayName, kind, ...facts }: ProviderFacts): Provider {
  const fail = (): never => {
    throw new ElsewhereError();
  };
  const { languageModels, recognizer, synthesizer } = facts;
  return {
    id,
    displayName,
    ...(kind === undefined ? {} : { kind }),
    ...(languageModels === undefined ? {} : { languageModels: { models: languageModels, get: fail } }),
    ...(recognizer === undefined
      ? {}
      : {
          recognizer: {
            languages: recognizer.languages,
            limitedVocabulary: false,
            recognize: fail,
            ...(recognizer.models === undefined ? {} : { models: recognizer.models }),
            ...(recognizer.features === undefined ? {} : { features: recognizer.features }),
          },
        }),
    ...(synthesizer === undefined
      ? {}
      : {
          synthesizer: {
            voices: synthesizer.voices,
            synthesize: fail,
            ...(synthesizer.models === undefined ? {} : { models: synthesizer.models }),
          },
        }),
    close: async () => {},
  };
}

/** Requests that are under way at the main process end with it. */
function passOnLast(passOn: PassOn): void {
  setTimeout(() => passOn.close(), CLOSE_MS / 2).unref();
}
