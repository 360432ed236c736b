/** Keeps the gateway processes running, and answers what they ask of the main process. */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import { NODE_FLAGS } from '../node-flags.ts';
import type { Provider } from '../providers/provider.ts';
import {
  type Change,
  describeProvider,
  type FromGatewayProcess,
  type MainServices,
  type ToGatewayProcess,
} from './protocol.ts';

const ENTRY = fileURLToPath(new URL('./main.ts', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 5000;
const RESTART_DELAY_MS = [200, 1000, 5000];
/** After so long a process counts as sound again. */
const SOUND_MS = 60_000;

export interface GatewayProcesses {
  /** Where they listen. */
  readonly port: number;
  processIds(): readonly number[];
  announce(what: Change): void;
  /** Lets calls under way end for a moment. Idempotent. */
  close(): Promise<void>;
}

export interface GatewayProcessesOptions {
  readonly config: Config;
  readonly providers: readonly Provider[];
  readonly mainSocket: string;
  readonly services: MainServices;
  readonly log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  readonly signal: AbortSignal;
}

/** Resolves when every process listens. @throws what the first one could not listen for, with its `code`. */
export async function startGatewayProcesses(options: GatewayProcessesOptions): Promise<GatewayProcesses> {
  const { config, services, log } = options;
  const providers = options.providers.map(describeProvider);
  const running = new Set<Worker>();
  const failures: number[] = [];
  const restarts = new Set<NodeJS.Timeout>();
  // Asked for 0, the processes of two servers in one process would share a port.
  const port = config.port === 0 ? await findFreePort(config.host) : config.port;
  let closing: Promise<void> | undefined;

  const tell = (worker: Worker, message: ToGatewayProcess): void => {
    // Without a callback a failed write would surface as an event of the worker.
    if (worker.isConnected()) worker.process.send(message, () => {});
  };

  const answer = async (
    worker: Worker,
    { id, service, request }: Extract<FromGatewayProcess, { kind: 'ask' }>,
    open: Map<number, AbortController>,
  ): Promise<void> => {
    const controller = new AbortController();
    open.set(id, controller);
    try {
      // Written by main-services.ts through the same interface.
      const ask = services[service] as (request: unknown, options: { signal: AbortSignal }) => unknown;
      tell(worker, { kind: 'reply', id, value: await ask(request, { signal: controller.signal }) });
    } catch (error) {
      if (!controller.signal.aborted) {
        log.error({ err: error, service }, 'a gateway process could not be answered');
        tell(worker, { kind: 'failure', id, message: `${service} failed` });
      }
    } finally {
      open.delete(id);
    }
  };

  const start = async (slot: number): Promise<void> => {
    const worker = cluster.fork();
    running.add(worker);
    const open = new Map<number, AbortController>();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = setTimeout(() => {
      reject(new Error('A gateway process did not become ready in time.'));
      worker.process.kill('SIGKILL');
    }, READY_TIMEOUT_MS);
    const onAbort = () => {
      reject(options.signal.reason);
      worker.process.kill('SIGKILL');
    };
    options.signal.addEventListener('abort', onAbort, { once: true });
    worker.on('error', reject);
    worker.on('message', (message: FromGatewayProcess) => {
      switch (message.kind) {
        case 'ask':
          void answer(worker, message, open);
          return;
        case 'give-up':
          open.get(message.id)?.abort(new Error('The gateway process gave up.'));
          return;
        case 'listening':
          setTimeout(() => {
            if (running.has(worker)) failures[slot] = 0;
          }, SOUND_MS).unref();
          resolve();
          return;
        case 'failed':
          reject(Object.assign(new Error(message.message), { code: message.code }));
          worker.process.kill();
      }
    });
    worker.once('exit', (code, signal) => {
      running.delete(worker);
      for (const controller of open.values()) controller.abort(new Error('The gateway process ended.'));
      reject(new Error(`A gateway process ended at its start (code ${code}, signal ${signal}).`));
      if (closing === undefined && !options.signal.aborted && isReady) replace(slot, { code, signal });
    });
    tell(worker, { kind: 'start', config, providers, mainSocket: options.mainSocket, port });
    try {
      await promise;
    } finally {
      clearTimeout(late);
      options.signal.removeEventListener('abort', onAbort);
    }
  };

  const replace = (slot: number, cause: { readonly code: number; readonly signal: string }): void => {
    log.error(cause, 'a gateway process died');
    const failure = (failures[slot] ?? 0) + 1;
    failures[slot] = failure;
    const timer = setTimeout(
      () => {
        restarts.delete(timer);
        start(slot).then(
          () => log.info({ slot }, 'gateway process replaced'),
          (error: unknown) => log.error({ err: error }, 'a gateway process could not be replaced'),
        );
      },
      RESTART_DELAY_MS[Math.min(failure, RESTART_DELAY_MS.length) - 1],
    );
    restarts.add(timer);
  };

  const close = (): Promise<void> => {
    closing ??= (async () => {
      for (const timer of restarts) clearTimeout(timer);
      await Promise.all(
        [...running].map(async (worker) => {
          const ended = new Promise((resolve) => worker.once('exit', resolve));
          const kill = setTimeout(() => worker.process.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
          tell(worker, { kind: 'close' });
          await ended;
          clearTimeout(kill);
        }),
      );
    })();
    return closing;
  };

  let isReady = false;
  cluster.setupPrimary({
    exec: ENTRY,
    args: [],
    execArgv: ['--disable-warning=ExperimentalWarning', ...NODE_FLAGS],
    serialization: 'advanced',
  });
  try {
    await start(0);
    await Promise.all(Array.from({ length: config.gatewayProcesses - 1 }, (_, index) => start(index + 1)));
    isReady = true;
  } catch (error) {
    await close();
    throw error;
  }

  return {
    port,
    processIds: () => [...running].map(({ process }) => process.pid ?? 0),
    announce(what) {
      for (const worker of running) tell(worker, { kind: 'changed', what });
    },
    close,
  };
}

async function findFreePort(host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  server.close();
  await once(server, 'close');
  return port;
}
