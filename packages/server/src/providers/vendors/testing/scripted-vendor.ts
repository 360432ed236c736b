/** What the shared tests of vendors have in common: a vendor opened against a scripted server. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Provider, ProviderErrorKind } from '../../provider.ts';
import {
  type HttpVendor,
  type SocketScript,
  startHttpVendor,
  type VendorAnswer,
} from '../../testing/http-vendor.ts';
import type { Vendor, VendorOptions } from '../vendor.ts';

export const TEST_KEY = 'secret-key-0123456789';
/** Stands in answers of vendors; no error may quote it. */
export const SECRET_WORDS = 'secret words';

export interface VendorCase {
  readonly vendor: Vendor;
  /** Further options, e.g. `{ region: 'westeurope' }`. */
  readonly options?: Omit<Partial<VendorOptions>, 'baseUrl' | 'timeoutMs'>;
  /** How the vendor's base URL follows from the server's origin. Default: the origin itself. */
  readonly baseUrl?: (origin: string) => string;
}

/** An answer that the vendor file must name with a kind of its own. */
export interface FailureCase {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly kind: ProviderErrorKind;
}

/** What every vendor's HTTP statuses mean when the body says nothing more. */
export const USUAL_FAILURES: readonly FailureCase[] = [
  { status: 401, body: { message: SECRET_WORDS }, kind: 'auth' },
  { status: 403, body: { message: SECRET_WORDS }, kind: 'auth' },
  { status: 402, body: { message: SECRET_WORDS }, kind: 'payment' },
  { status: 429, body: { message: SECRET_WORDS }, headers: { 'retry-after': '7' }, kind: 'rate-limited' },
  { status: 500, body: SECRET_WORDS, kind: 'unavailable' },
  { status: 503, body: '', kind: 'unavailable' },
];

export interface ScriptedServer {
  readonly answer?: VendorAnswer;
  readonly socket?: SocketScript;
  readonly timeoutMs?: number;
}

/** Starts the server, opens the vendor, and ends both afterwards. */
export async function withScriptedVendor(
  { vendor, options, baseUrl = (origin) => origin }: VendorCase,
  { answer = () => {}, socket, timeoutMs }: ScriptedServer,
  run: (provider: Provider, server: HttpVendor) => Promise<void>,
): Promise<void> {
  const server = await startHttpVendor(answer, socket);
  try {
    const provider = vendor.open({
      apiKey: TEST_KEY,
      ...options,
      baseUrl: baseUrl(server.origin),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    await run(provider, server).finally(() => provider.close());
  } finally {
    await server.close();
  }
}

/** A provider whose server goes with it. */
export async function openScripted(vendorCase: VendorCase, script: ScriptedServer): Promise<Provider> {
  const server = await startHttpVendor(script.answer ?? (() => {}), script.socket);
  const provider = vendorCase.vendor.open({
    apiKey: TEST_KEY,
    ...vendorCase.options,
    baseUrl: (vendorCase.baseUrl ?? ((origin) => origin))(server.origin),
  });
  return {
    ...provider,
    close: async () => {
      await provider.close();
      await server.close();
    },
  };
}

/** An answer of this status to every request. */
export function failWith({ status, body, headers }: Omit<FailureCase, 'kind'>): VendorAnswer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Pieces as networks cut them: of odd sizes, some milliseconds apart. */
export async function* cutOddly(bytes: Uint8Array, pieceBytes = 7001): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield Buffer.from(bytes.subarray(at, at + pieceBytes));
    await delay(2);
  }
}

/** PCM16 of a tone. */
export function toneBytes(seconds: number, sampleRateHz: number): Buffer {
  const samples = Int16Array.from({ length: Math.round(seconds * sampleRateHz) }, (_, at) =>
    Math.round(8000 * Math.sin(at / 10)),
  );
  return Buffer.from(samples.buffer);
}

/** The key went out in a header or message, never in an address. */
export function expectKeyHidden(server: HttpVendor): void {
  for (const { path } of [...server.requests, ...server.connections.map(({ request }) => request)]) {
    expect(path).not.toContain(TEST_KEY);
  }
}

/** No part of an error's message comes from the vendor or the caller. */
export function expectQuiet(error: unknown): void {
  const message = error instanceof Error ? error.message : '';
  expect(message).not.toContain(TEST_KEY);
  expect(message).not.toContain(SECRET_WORDS);
}

/** What a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}
