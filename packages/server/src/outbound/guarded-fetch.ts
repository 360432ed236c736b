/**
 * `fetch` for addresses that users name (tool servers, documents): it reaches public hosts only. The address is judged
 * where it counts, when the socket is opened and after the name was resolved, so redirects and names that resolve into
 * the private network are refused as well.
 */
import dns from 'node:dns';
import net from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';

export interface GuardedFetch {
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** Ends open connections. Idempotent. */
  close(): Promise<void>;
}

/** The address may not be reached. The message is for the person who named it. */
export class ForbiddenAddressError extends Error {
  constructor(host: string) {
    super(
      `The address of ${host} is not a public one. The operator can allow private addresses with VISAVOX_PRIVATE_URLS=allow.`,
    );
    this.name = 'ForbiddenAddressError';
  }
}

const CONNECT_TIMEOUT_MS = 10_000;

export function createGuardedFetch(options: {
  readonly allowPrivate: boolean;
  /** Response bodies beyond this fail. */
  readonly maxResponseBytes: number;
  /** Replaces name resolution (tests). */
  readonly lookup?: typeof dns.lookup;
}): GuardedFetch {
  const resolve = options.lookup ?? dns.lookup;
  const lookup: net.LookupFunction = (hostname, lookupOptions, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = options.allowPrivate
        ? found
        : found.filter(({ address }) => isPublicAddress(address));
      const [first] = addresses;
      if (first === undefined) callback(new ForbiddenAddressError(hostname), []);
      else if (lookupOptions.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup });
  const agent = new Agent({
    // A literal address is never looked up.
    connect: (target, callback) => {
      const host = target.hostname.replace(/^\[|\]$/g, '');
      if (!options.allowPrivate && net.isIP(host) !== 0 && !isPublicAddress(host)) {
        callback(new ForbiddenAddressError(host), null);
        return;
      }
      connect(target, callback);
    },
    maxRedirections: undefined,
  } as Agent.Options);
  let closed: Promise<void> | undefined;
  return {
    async fetch(url, init) {
      // The types of the platform's fetch and of this implementation differ in names only.
      const response = await undiciFetch(url, { ...init, dispatcher: agent } as unknown as Parameters<
        typeof undiciFetch
      >[1]).catch((error: unknown) => {
        const forbidden = findForbidden(error);
        throw forbidden ?? error;
      });
      // The same stream type, under the names of the platform.
      const source = response.body as unknown as ReadableStream<Uint8Array<ArrayBuffer>> | null;
      const limited = source?.pipeThrough(createByteLimit(options.maxResponseBytes)) ?? null;
      const { status, statusText } = response;
      const headers = [...response.headers];
      const copy = new Response(limited, {
        status,
        statusText,
        headers,
      });
      Object.defineProperty(copy, 'url', { value: response.url });
      return copy;
    },
    close() {
      closed ??= agent.destroy();
      return closed;
    },
  };
}

/** True for addresses of the public internet. Also judges IPv4 addresses that are written inside IPv6 ones. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  let parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6) {
    const embedded = embeddedIpv4(parsed);
    if (embedded !== undefined) parsed = embedded;
  }
  return parsed.range() === 'unicast';
}

function embeddedIpv4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const bytes = address.toByteArray();
  const range = address.range();
  if (range === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  if (range === 'rfc6052' || range === 'rfc6145') return new ipaddr.IPv4(bytes.slice(12, 16));
  return undefined;
}

function findForbidden(error: unknown): ForbiddenAddressError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ForbiddenAddressError) return cause;
  }
  return undefined;
}

function createByteLimit(
  maxBytes: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let received = 0;
  return new TransformStream({
    transform(chunk, controller) {
      received += chunk.length;
      if (received > maxBytes) {
        controller.error(new Error(`The answer has more than ${maxBytes} bytes.`));
        return;
      }
      controller.enqueue(chunk);
    },
  });
}
