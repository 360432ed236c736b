/** All checks together: what each one needs, and their limits. Those about the server wait for what it tells. */
import { checkDataFolder } from './check-data-folder.ts';
import { checkIce } from './check-ice.ts';
import { checkMedia } from './check-media.ts';
import { checkMicrophone } from './check-microphone.ts';
import { checkModels, checkRecognisers } from './check-models.ts';
import { checkNode } from './check-node.ts';
import { checkPostgres } from './check-postgres.ts';
import { checkUdp } from './check-udp.ts';
import { checkVendors } from './check-vendors.ts';
import { type Finding, failed, skipped } from './finding.ts';
import { type IceServer, readIceServers } from './ice-servers.ts';
import { type Inspection, inspectServer, isLoopback } from './inspect-server.ts';
import { type Check, runChecks } from './run-checks.ts';

export interface DiagnoseOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly dataDirectory: string;
  /** Without a trailing slash; undefined means the one of this machine. */
  readonly server: string | undefined;
  /** Named on the command line, not by the environment of this machine's server. */
  readonly isServerGiven: boolean;
  readonly key: { readonly value: string; readonly source: string } | undefined;
  /** A folder that may be a checkout of Visavox. */
  readonly checkout: string;
  readonly signal: AbortSignal;
  readonly nameServers?: readonly string[] | undefined;
}

/** Of every check, together with what it waits for. */
const CHECK_LIMIT_MS = 7500;
/** Of one request to the server: at most three follow each other before the other checks know what it is. */
const REQUEST_TIMEOUT_MS = 2000;
/** Of one request for a connection, which takes the server some work. */
const MEDIA_TIMEOUT_MS = 3500;
const INSPECTION_LIMIT_MS = 6000;
const VENDOR_TIMEOUT_MS = 4000;
const POSTGRES_TIMEOUT_MS = 4000;
const ICE_TIMEOUT_MS = 3000;

export async function diagnose(options: DiagnoseOptions): Promise<readonly Finding[]> {
  const { environment, server, isServerGiven, signal, nameServers, dataDirectory } = options;
  const value = (name: string) => environment[name]?.trim() || undefined;
  // What another machine's server needs cannot be seen from here.
  const isLocal = !(isServerGiven && server !== undefined && !isLoopback(new URL(server).hostname));
  const inspection = inspect(options, isLocal, value);
  const common = { nameServers, timeoutMs: REQUEST_TIMEOUT_MS };

  const local: readonly Check[] = [
    { name: 'node', run: async () => checkNode(process.versions.node) },
    { name: 'data', run: () => checkDataFolder(dataDirectory) },
  ];
  const machine: readonly Check[] = [
    { name: 'udp', run: ({ signal }) => checkUdp({ mediaPorts: value('VISAVOX_MEDIA_PORTS'), signal }) },
    {
      name: 'postgres',
      run: ({ signal }) =>
        checkPostgres({ url: value('DATABASE_URL'), timeoutMs: POSTGRES_TIMEOUT_MS, signal, nameServers }),
    },
    { name: 'models', isOptional: true, run: () => checkModels(dataDirectory) },
  ];
  const keys: Check = {
    name: 'vendors',
    run: ({ signal }) => checkVendors({ environment, timeoutMs: VENDOR_TIMEOUT_MS, signal, nameServers }),
  };
  return runChecks(
    [
      ...(isLocal ? local : [{ name: 'node', run: async () => checkNode(process.versions.node) }]),
      { name: 'server', run: async () => (await inspection).findings },
      ...(isLocal ? machine : []),
      {
        name: 'media',
        run: async ({ signal }) => {
          const { server: facts } = await inspection;
          return facts === undefined
            ? [skipped('media', 'no server answers that could be asked for a connection')]
            : checkMedia({ ...common, server: facts, timeoutMs: MEDIA_TIMEOUT_MS, signal });
        },
      },
      {
        name: 'turn',
        run: async ({ signal }) => {
          const { servers, problem } = await findIceServers(value('VISAVOX_ICE_SERVERS'), inspection);
          return problem === undefined
            ? checkIce({ servers, timeoutMs: ICE_TIMEOUT_MS, signal, nameServers })
            : [problem];
        },
      },
      {
        name: 'recogniser',
        isOptional: true,
        run: async () =>
          checkRecognisers({
            catalogue: (await inspection).server?.catalogue,
            searchPath: environment['PATH'],
            checkout: options.checkout,
            hasModels: (await checkModels(dataDirectory)).some(({ state }) => state === 'ok'),
            isLocal,
          }),
      },
      ...(isLocal ? [keys] : []),
      {
        name: 'microphone',
        run: ({ signal }) =>
          checkMicrophone({
            ...common,
            publicUrl: isLocal ? value('VISAVOX_PUBLIC_URL') : server,
            host: value('HOST'),
            signal,
          }),
      },
    ],
    { limitMs: CHECK_LIMIT_MS, signal },
  );
}

/** Starts at once; several checks wait for it. */
function inspect(
  { server, key, signal, nameServers }: DiagnoseOptions,
  isLocal: boolean,
  value: (name: string) => string | undefined,
): Promise<Inspection> {
  const inspection = inspectServer({
    named: server,
    host: value('HOST'),
    port: value('PORT'),
    looksAtPort: isLocal,
    key,
    timeoutMs: REQUEST_TIMEOUT_MS,
    signal: AbortSignal.any([signal, AbortSignal.timeout(INSPECTION_LIMIT_MS)]),
    nameServers,
  }).catch((error: unknown): Inspection => {
    signal.throwIfAborted();
    if (!(error instanceof DOMException)) throw error;
    return {
      findings: [
        failed(
          'server',
          `the server did not answer within ${INSPECTION_LIMIT_MS / 1000} s`,
          'Look at its log; is the machine overloaded?',
        ),
      ],
      server: undefined,
    };
  });
  // The checks that wait for it tell of its failure.
  inspection.catch(() => {});
  return inspection;
}

/** What this machine's server is configured with; else what a server tells its clients. */
async function findIceServers(
  variable: string | undefined,
  inspection: Promise<Inspection>,
): Promise<{ readonly servers: readonly IceServer[]; readonly problem?: Finding }> {
  if (variable === undefined) return { servers: (await inspection).server?.catalogue?.iceServers ?? [] };
  try {
    const servers = readIceServers(JSON.parse(variable));
    if (servers !== undefined) return { servers };
  } catch {
    // Told below.
  }
  return {
    servers: [],
    problem: failed(
      'turn',
      'VISAVOX_ICE_SERVERS is no JSON array of {urls, username?, credential?}',
      `Write it as '[{"urls":"turn:turn.example.com","username":"…","credential":"…"}]'.`,
    ),
  };
}
