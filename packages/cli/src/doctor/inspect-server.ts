/** Looks at the port on this machine and at the server that is named, and gathers what the server tells of itself. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Answer, ask } from './ask.ts';
import { codeOf, type Finding, failed, ok, skipped, warning } from './finding.ts';
import { type IceServer, readIceServers } from './ice-servers.ts';

export interface InspectOptions {
  /** The server that was named, without a trailing slash; undefined means the one of this machine. */
  readonly named: string | undefined;
  /** Values of HOST and PORT. */
  readonly host: string | undefined;
  readonly port: string | undefined;
  /** Whether the port of this machine is of interest. */
  readonly looksAtPort: boolean;
  readonly key: { readonly value: string; readonly source: string } | undefined;
  /** For each request. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly nameServers?: readonly string[] | undefined;
}

export interface Inspection {
  readonly findings: readonly Finding[];
  /** Of the server that answers; undefined when none does. */
  readonly server: ServerFacts | undefined;
}

export interface ServerFacts {
  readonly url: string;
  /** One that the server takes. */
  readonly key: string | undefined;
  /** Undefined when the key may not ask. */
  readonly catalogue: Catalogue | undefined;
}

export interface Catalogue {
  readonly iceServers: readonly IceServer[];
  /** Names of the recognisers that understand any words, as clients choose them. */
  readonly recognisers: readonly string[];
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8484;
const START = 'Start it with "npm start".';

export async function inspectServer(options: InspectOptions): Promise<Inspection> {
  const { named, key } = options;
  const localUrl = options.looksAtPort ? urlOfPort(options) : undefined;
  const isSame = named === undefined || (localUrl !== undefined && isSameServer(named, localUrl));
  const [local, other] = await Promise.all([
    options.looksAtPort ? checkPort(localUrl, options) : undefined,
    isSame ? undefined : checkNamed(named, options),
  ]);
  const url = isSame ? local?.url : other?.url;
  const findings = [...(local?.findings ?? []), ...(other?.findings ?? [])];
  if (url === undefined) {
    return { findings: [...findings, ...describeUnusedKey(key)], server: undefined };
  }
  const { finding, server } = await checkKey(url, options);
  return { findings: [...findings, finding], server };
}

interface Place {
  readonly findings: readonly Finding[];
  /** Undefined when no server of ours answers there. */
  readonly url: string | undefined;
}

/** Undefined when PORT is no port, or none in particular. */
function urlOfPort({ host = DEFAULT_HOST, port = String(DEFAULT_PORT) }: InspectOptions): string | undefined {
  if (!/^\d{1,5}$/.test(port) || Number(port) === 0 || Number(port) > 65_535) return undefined;
  const bare = host.replace(/^\[|\]$/g, '');
  const reachable = ['0.0.0.0', '::'].includes(bare) ? DEFAULT_HOST : bare;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

async function checkPort(url: string | undefined, options: InspectOptions): Promise<Place> {
  const { host = DEFAULT_HOST, port: written = String(DEFAULT_PORT) } = options;
  const port = Number(written);
  if (port === 0) return found(ok('port', 'PORT is 0: the server takes a free port'));
  if (url === undefined) {
    return found(
      failed(
        'port',
        `PORT must be a number from 0 to 65535, but "${written.slice(0, 20)}" came`,
        'Correct PORT.',
      ),
    );
  }
  const refusal = await tryToListen(host, port);
  if (refusal !== undefined && !['EADDRINUSE', 'EACCES'].includes(refusal)) {
    return found(
      failed(
        'port',
        `HOST "${host}" cannot be listened on (${refusal})`,
        'Set HOST to an address of this machine, or to 0.0.0.0.',
      ),
    );
  }
  const health = await ask(`${url}/healthz`, options);
  if (isOurs(health)) return { findings: [await checkReadiness('port', url, options)], url };
  if (health.kind === 'unreachable' && health.code === 'ECONNREFUSED' && refusal !== 'EADDRINUSE') {
    return found(
      refusal === undefined
        ? ok('port', `port ${port} is free; no server runs on it`)
        : failed(
            'port',
            `port ${port} may not be used by this user`,
            'Set PORT to one above 1023, and put a proxy in front.',
          ),
    );
  }
  const what = health.kind === 'unreachable' ? `that ${health.reason}` : 'that is no Visavox server';
  return found(
    failed('port', `port ${port} is taken by something ${what}`, 'Stop it, or set PORT to another port.'),
  );
}

/** The code of the system's refusal; undefined when it is allowed. */
async function tryToListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port, exclusive: true });
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return codeOf(error) ?? 'no reason given';
  } finally {
    server.close();
  }
}

async function checkNamed(url: string, options: InspectOptions): Promise<Place> {
  const health = await ask(`${url}/healthz`, options);
  if (isOurs(health)) return { findings: [await checkReadiness('server', url, options)], url };
  if (health.kind === 'unreachable') {
    return found(
      failed(
        'server',
        `${url} ${health.reason}`,
        `Is the server running, and is VISAVOX_PUBLIC_URL or --server right? ${START}`,
      ),
    );
  }
  return found(
    failed(
      'server',
      `${url} answers with status ${health.status}, but not as a Visavox server does`,
      'Let the proxy pass every path to the server, or correct VISAVOX_PUBLIC_URL or --server.',
    ),
  );
}

async function checkReadiness(check: string, url: string, options: InspectOptions): Promise<Finding> {
  const ready = await ask(`${url}/readyz`, options);
  if (ready.kind === 'unreachable') {
    return failed(
      check,
      `the server at ${url} ${ready.reason} when asked whether it is ready`,
      'Look at its log; its database may hang.',
    );
  }
  const { database, sessions } = parseObject(ready.text);
  if (ready.status === 200)
    return ok(check, `the server at ${url} is ready (database ${database}, ${sessions} sessions)`);
  return failed(
    check,
    `the server at ${url} runs, but its database does not answer`,
    'Start the database of DATABASE_URL; the log of the server says more.',
  );
}

async function checkKey(
  url: string,
  options: InspectOptions,
): Promise<{ readonly finding: Finding; readonly server: ServerFacts }> {
  const { key } = options;
  const without = { url, key: undefined, catalogue: undefined };
  if (key === undefined) {
    return {
      finding: warning(
        'key',
        'no key is known here, so less can be checked',
        'Give --key or VISAVOX_API_KEY; the server prints its key when it starts.',
      ),
      server: without,
    };
  }
  const answer = await ask(`${url}/manage/v1/catalogue`, {
    ...options,
    headers: { 'PersoLive-APIKey': key.value },
  });
  if (answer.kind === 'unreachable') {
    return {
      finding: failed(
        'key',
        `the server ${answer.reason} when asked with the key`,
        'Look at the log of the server.',
      ),
      server: without,
    };
  }
  const server = { url, key: key.value, catalogue: readCatalogue(parseObject(answer.text)) };
  switch (answer.status) {
    case 200:
      return { finding: ok('key', `the server takes the key ${key.source}`), server };
    case 403:
      return {
        finding: ok('key', `the server takes the key ${key.source}; it may not manage`),
        server: { ...server, catalogue: undefined },
      };
    case 401:
      return {
        finding: failed(
          'key',
          `the server refuses the key ${key.source} (401)`,
          'Use the key that the server printed at its start, or one of "visavox keys list".',
        ),
        server: without,
      };
    default:
      return {
        finding: failed(
          'key',
          `the server answers the key with status ${answer.status}`,
          'Wait a minute when it is 429; else look at the log of the server.',
        ),
        server: without,
      };
  }
}

function describeUnusedKey(key: InspectOptions['key']): readonly Finding[] {
  if (key === undefined) return [skipped('key', 'none yet; the server makes one at its first start')];
  if (!/^[\x21-\x7e]{8,200}$/.test(key.value)) {
    return [
      failed(
        'key',
        `the key ${key.source} must have 8 to 200 printable characters without spaces`,
        'Correct it; the server would not start with it.',
      ),
    ];
  }
  return [skipped('key', `there is one ${key.source}; no server runs that could try it`)];
}

function readCatalogue(value: Readonly<Record<string, unknown>>): Catalogue {
  return {
    iceServers: readIceServers(value['ice_servers']) ?? [],
    recognisers: recognisersOf(value['stt_types']),
  };
}

/** Without the server's choices among them, and without the one that knows few words, which is always there. */
function recognisersOf(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).flatMap((entry) => {
    const { name, service, display_name: title } = asObject(entry);
    const isChoice = service === 'visavox';
    const isLimited = typeof title === 'string' && title.includes('limited vocabulary');
    return typeof name === 'string' && !isChoice && !isLimited ? [name] : [];
  });
}

function isOurs(answer: Answer): boolean {
  return answer.kind === 'answer' && answer.status === 200 && parseObject(answer.text)['status'] === 'ok';
}

/** An empty object for a text that holds none. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  return asObject(parseJson(text));
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An empty object for anything else. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function isSameServer(one: string, other: string): boolean {
  const place = (text: string) => {
    const { protocol, hostname, port } = new URL(text);
    return `${protocol}//${isLoopback(hostname) ? 'localhost' : hostname}:${port}`;
  };
  return place(one) === place(other);
}

/** Of a URL's host name. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}

function found(...findings: readonly Finding[]): Place {
  return { findings, url: undefined };
}
