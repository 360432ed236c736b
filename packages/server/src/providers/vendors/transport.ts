/** Requests, streamed answers and sockets of vendors: each has a time limit, a bound, and one kind of error. */
import { once } from 'node:events';
import { decodePcm16, encodeWav, type PcmClip } from '@visavox/audio';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import WebSocket from 'ws';
import type { z } from 'zod';
import { errorFromFetch, errorFromResponse, errorFromStatus } from '../http.ts';
import { leanFetch } from '../lean-fetch.ts';
import { type AudioFile, ProviderError, type ProviderErrorKind, type SpeechChunk } from '../provider.ts';

/** A stream that says nothing for this long is taken for dead. */
const IDLE_MS = 20_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_SPEECH_SECONDS = 600;
const MAX_WAITING_MESSAGES = 10_000;
const MAX_JSON_BYTES = 16_000_000;
const MAX_ERROR_BYTES = 64_000;
const ERROR_BODY_MS = 2000;
const PING_MS = 5000;
const MAX_CHUNK_SECONDS = 0.2;

/** What the words of a vendor's error mean; `undefined` leaves it to the status. `body`: its JSON or text, if any. */
export type KindOfError = (status: number, body: unknown) => ProviderErrorKind | undefined;

/** The end of a provider: `closed` is aborted with it, and fails what is under way. */
export interface Lifetime {
  readonly closed: AbortSignal;
  /** Idempotent. */
  close(): Promise<void>;
}

export function createLifetime(displayName: string): Lifetime {
  const closing = new AbortController();
  return {
    closed: closing.signal,
    close: async () => closing.abort(new ProviderError('unavailable', `${displayName} is closed`)),
  };
}

/** The promise, or the reason of an abort that comes before; what the promise is about goes on. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Becomes part of a host name. @throws {ProviderError} when it could lead to another host. */
export function checkRegion(region: string, displayName: string): string {
  if (/^[a-z0-9-]{2,40}$/.test(region)) return region;
  throw new ProviderError('bad-request', `expected a region of ${displayName}, e.g. eu or us-central1`);
}

export interface VendorRequest {
  readonly url: string | URL;
  /** For errors, e.g. `transcription of Deepgram`. Never holds a key or text. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | Blob | FormData;
  readonly fetch?: typeof fetch | undefined;
  /** Until the answer begins. Default 30 000. */
  readonly timeoutMs?: number | undefined;
  readonly kindOfError?: KindOfError | undefined;
}

/** Sends a request (POST when it has a body). @throws {ProviderError} also for every status that is not 2xx. */
export async function requestVendor(request: VendorRequest): Promise<Response> {
  const { what, signal } = request;
  signal.throwIfAborted();
  const { body, contentType } = await encodeBody(request.body);
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new ProviderError('timeout', `${what} did not begin in time`)),
    request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  );
  const combined = AbortSignal.any([signal, limit.signal]);
  try {
    const response = await (request.fetch ?? leanFetch)(request.url, {
      method: request.method ?? (body === undefined ? 'GET' : 'POST'),
      signal: combined,
      // A redirect would carry the key to another host.
      redirect: 'error',
      headers: { ...contentType, ...request.headers },
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw await errorOfAnswer(response, request, combined);
    return response;
  } catch (error) {
    throw errorFromFetch(error, what, combined);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Forms as bytes: fetch sends a form piece by piece, and an abort in between becomes an unhandled rejection (undici 7,
 * "ReadableStream is already closed") that would end the process.
 */
async function encodeBody(body: VendorRequest['body']): Promise<{
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
  readonly contentType?: { readonly 'content-type': string };
}> {
  if (!(body instanceof FormData || body instanceof Blob)) return { body };
  const encoded = new Response(body);
  const type = encoded.headers.get('content-type');
  return {
    body: new Uint8Array(await encoded.arrayBuffer()),
    ...(type === null ? {} : { contentType: { 'content-type': type } }),
  };
}

/** The error for an answer that is not 2xx, by its body if `kindOfError` knows it. */
export async function errorOfAnswer(
  response: Response,
  { what, kindOfError }: Pick<VendorRequest, 'what' | 'kindOfError'>,
  signal: AbortSignal,
): Promise<ProviderError> {
  if (kindOfError === undefined) return await errorFromResponse(response, what);
  const { status, headers } = response;
  const plain = errorFromStatus(status, headers.get('retry-after'), what);
  const text = await readText(response, {
    what,
    signal,
    idleMs: ERROR_BODY_MS,
    maxBytes: MAX_ERROR_BYTES,
  }).catch(() => '');
  signal.throwIfAborted();
  const kind = kindOfError(status, parseJson(text) ?? text) ?? plain.kind;
  const { message, retryAfterMs } = plain;
  return new ProviderError(kind, message, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The JSON of an answer. @throws {ProviderError} `protocol` when it is none, or larger than 16 MB. */
export async function readVendorJson(response: Response, options: ReadOptions): Promise<unknown> {
  const value = parseJson(await readText(response, { ...options, maxBytes: MAX_JSON_BYTES }));
  if (value === undefined) throw new ProviderError('protocol', `expected JSON as ${options.what}`);
  return value;
}

/** What a vendor said, when it has the expected shape. @throws {ProviderError} `protocol` when not. */
export function parseAnswer<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  // The cause of zod's error would quote the answer.
  if (!result.success) throw new ProviderError('protocol', `the ${what} has an unexpected shape`);
  return result.data;
}

/** The recording as it was sent, or else the clip as WAV. */
export function fileOf(
  clip: PcmClip,
  file: AudioFile | undefined,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly mediaType: string } {
  if (file === undefined) return { bytes: encodeWav(clip), mediaType: 'audio/wav' };
  const { bytes, mediaType } = file;
  const { buffer, byteOffset, byteLength } = bytes;
  return {
    mediaType,
    bytes:
      buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(bytes),
  };
}

async function readText(
  response: Response,
  options: ReadOptions & { readonly maxBytes: number },
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const piece of readBody(response, options)) {
    size += piece.length;
    if (size > options.maxBytes) throw new ProviderError('protocol', `${options.what} is too large`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface ReadOptions {
  readonly what: string;
  readonly signal: AbortSignal;
  /** Longest silence between two pieces. Default 20 000. */
  readonly idleMs?: number;
}

/** The pieces of a body as they come. Leaving the loop early gives the answer up. */
export async function* readBody(response: Response, options: ReadOptions): AsyncGenerator<Uint8Array> {
  if (response.body === null)
    throw new ProviderError('empty', `expected ${options.what}, got an empty answer`);
  yield* readStream(response.body, options);
}

/** The server-sent events of a body; comments are left out, an unfinished last event too. */
export async function* readEvents(
  response: Response,
  options: ReadOptions,
): AsyncGenerator<{ readonly event: string | undefined; readonly data: string }> {
  if (response.body === null)
    throw new ProviderError('empty', `expected ${options.what}, got an empty answer`);
  const events = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of readStream(events, options)) yield { event, data };
}

async function* readStream<T>(
  stream: ReadableStream<T>,
  { what, signal, idleMs = IDLE_MS }: ReadOptions,
): AsyncGenerator<T> {
  const reader = stream.getReader();
  const limit = Promise.withResolvers<never>();
  limit.promise.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => limit.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (true) {
      signal.throwIfAborted();
      timer = setTimeout(
        () => limit.reject(new ProviderError('timeout', `${what} stopped in the middle`)),
        idleMs,
      );
      const { done, value } = await Promise.race([reader.read(), limit.promise]);
      // Only the vendor's silence counts, not that of a slow reader.
      clearTimeout(timer);
      // What came before the abort is not wanted any more.
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw errorFromFetch(error, what, signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    // Not awaited: a vendor that hangs would keep its reader waiting.
    reader.cancel().catch(() => {});
  }
}

/**
 * PCM16 as the network cuts it, in whole samples and as it comes; a long piece comes in several chunks.
 * @throws {ProviderError} `empty` without any sound; `protocol` when it is longer than ten minutes.
 */
export async function* pcmChunks(
  bytes: AsyncIterable<Uint8Array>,
  { sampleRateHz, what }: { readonly sampleRateHz: number; readonly what: string },
): AsyncGenerator<SpeechChunk> {
  const maxBytes = 2 * Math.round(sampleRateHz * MAX_CHUNK_SECONDS);
  /** Of a sample. */
  let half: Uint8Array = new Uint8Array(0);
  let total = 0;
  for await (const piece of bytes) {
    total += piece.length;
    if (total > MAX_SPEECH_SECONDS * sampleRateHz * 2) {
      throw new ProviderError('protocol', `${what} is longer than ten minutes`);
    }
    const whole = half.length === 0 ? piece : Buffer.concat([half, piece]);
    const end = whole.length - (whole.length % 2);
    for (let at = 0; at < end; at += maxBytes) {
      const samples = decodePcm16(whole.subarray(at, Math.min(at + maxBytes, end)));
      yield { samples, sampleRateHz };
    }
    half = whole.slice(end);
  }
  if (total < 2) throw new ProviderError('empty', `expected ${what}, got no sound`);
}

/** An open WebSocket. */
export interface VendorSocket {
  /** Waits while the vendor reads more slowly than is sent. */
  send(data: string | Uint8Array): Promise<void>;
  /**
   * What the vendor sends, until it closes in order (1000, 1005). Iterate once.
   * @throws {ProviderError} for every other close, a long silence, or messages that nobody reads.
   */
  readonly messages: AsyncIterable<string | Uint8Array>;
  /**
   * From now on a silence of the vendor longer than this is an error. `null`: it may be silent as long as it answers
   * pings.
   */
  limitSilence(idleMs: number | null): void;
  /** Idempotent. With an error, the messages end with it. */
  close(error?: unknown): void;
}

const MAX_UNSENT_BYTES = 1_000_000;

/** @throws {ProviderError} when it does not open, by the HTTP status if there is one. */
export async function openVendorSocket(options: {
  readonly url: string | URL;
  readonly what: string;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  readonly timeoutMs?: number | undefined;
  /** Longest silence of the vendor; see {@link VendorSocket.limitSilence}. Default 20 000. */
  readonly idleMs?: number | null;
  /** Names what a close code of this vendor means, by its reason if there is one. Default: `unavailable`. */
  readonly kindOfClose?: (code: number, reason: string) => ProviderErrorKind | undefined;
}): Promise<VendorSocket> {
  const { what, signal } = options;
  signal.throwIfAborted();
  const socket = new WebSocket(options.url, [...(options.protocols ?? [])], {
    headers: options.headers,
    perMessageDeflate: false,
    handshakeTimeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxPayload: 16 * 1024 * 1024,
    followRedirects: false,
  });
  const queue: (string | Uint8Array)[] = [];
  let ended: { readonly error?: unknown } | undefined;
  let wake = () => {};
  const end = (error?: unknown) => {
    ended ??= error === undefined ? {} : { error };
    wake();
  };
  /** What has come is not of interest any more. */
  const endNow = (error: unknown) => {
    queue.length = 0;
    end(error);
    socket.terminate();
  };
  let idle: NodeJS.Timeout | undefined;
  let pings: NodeJS.Timeout | undefined;
  const limitSilence = (idleMs: number | null) => {
    clearTimeout(idle);
    clearInterval(pings);
    pings = undefined;
    if (ended !== undefined) return;
    idle = setTimeout(
      () => endNow(new ProviderError('timeout', `${what} said nothing for too long`)),
      idleMs ?? IDLE_MS,
    );
    if (idleMs === null) pings = setInterval(() => socket.ping(), PING_MS);
  };
  const onAbort = () => endNow(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.on('message', (data: Buffer, isBinary) => {
    idle?.refresh();
    if (queue.length >= MAX_WAITING_MESSAGES) {
      endNow(new ProviderError('protocol', `${what} sent more than could be read`));
      return;
    }
    if (ended !== undefined) return;
    queue.push(isBinary ? new Uint8Array(data) : data.toString('utf8'));
    wake();
  });
  socket.on('pong', () => {
    if (pings !== undefined) idle?.refresh();
  });
  socket.on('unexpected-response', (_request, response) => {
    response.resume();
    end(errorFromStatus(response.statusCode ?? 0, response.headers['retry-after'] ?? null, what));
    socket.terminate();
  });
  socket.on('error', (cause) => {
    const kind = /timed out/.test(cause.message) ? 'timeout' : 'unavailable';
    end(new ProviderError(kind, `${what} could not be reached`, { cause }));
  });
  socket.on('close', (code, reason) => {
    signal.removeEventListener('abort', onAbort);
    const kind = options.kindOfClose?.(code, reason.toString('utf8'));
    if (kind === undefined && (code === 1000 || code === 1005)) end();
    else end(new ProviderError(kind ?? 'unavailable', `${what} broke off (close code ${code})`));
    clearTimeout(idle);
    clearInterval(pings);
  });
  let hasOpened = false;
  socket.once('open', () => {
    hasOpened = true;
  });
  const closed = once(socket, 'close').catch(() => {});
  await Promise.race([once(socket, 'open').catch(() => {}), closed]);
  // One that has been closed at once has something to tell: its messages and the code of the close.
  if (!hasOpened || signal.aborted) {
    socket.terminate();
    throw ended?.error ?? new ProviderError('unavailable', `${what} could not be reached`);
  }
  limitSilence(options.idleMs === undefined ? IDLE_MS : options.idleMs);

  return {
    limitSilence,
    async send(data) {
      if (ended !== undefined || socket.readyState !== WebSocket.OPEN) return;
      await new Promise<void>((resolve) => {
        // The callback comes when the bytes have left; only a full buffer is waited for.
        socket.send(data, () => resolve());
        if (socket.bufferedAmount < MAX_UNSENT_BYTES) resolve();
      });
    },
    messages: {
      async *[Symbol.asyncIterator]() {
        while (true) {
          const next = queue.shift();
          if (next !== undefined) {
            yield next;
            continue;
          }
          if (ended !== undefined) {
            if (ended.error !== undefined) throw ended.error;
            return;
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
    },
    close(error) {
      queue.length = 0;
      end(error);
      clearTimeout(idle);
      clearInterval(pings);
      signal.removeEventListener('abort', onAbort);
      if (socket.readyState === WebSocket.OPEN) socket.close(1000);
      // A vendor that does not answer the close is not waited for.
      setTimeout(() => socket.terminate(), 1000).unref();
    },
  };
}
