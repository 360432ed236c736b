/**
 * One HTTP exchange with the gateway: address, credentials, one timer over the whole exchange, and errors. Everything
 * above it deals in paths, bodies and results.
 */

import { SpekoApiError, SpekoAuthError, SpekoRateLimitError } from './errors.ts';
import { VERSION } from './version.ts';

export interface TransportOptions {
  readonly apiKey: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** For a whole exchange, the streamed body included. */
  readonly timeoutMs: number;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface JsonRequest {
  readonly query?: Query | undefined;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StreamRequest {
  readonly method: Method;
  readonly path: string;
  readonly query?: Query | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Usage is counted for this session. Blank counts as none. */
  readonly sessionId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In place of the transport's own. */
  readonly timeoutMs?: number | undefined;
}

export interface UploadRequest {
  readonly url: string;
  readonly method: Method;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose headers are here and whose body is still coming. */
export interface Exchange {
  readonly headers: Headers;
  /** The body. `return()` at any moment, even while a `next()` waits, gives the connection back. */
  readonly chunks: AsyncIterableIterator<Uint8Array>;
  /** @throws the abort error once the exchange has been aborted. */
  throwIfAborted(): void;
  /** Says that nothing of interest follows: what is left of the body may take `limitMs` and no longer. */
  expectEnd(limitMs: number): void;
}

export interface Transport {
  /** Sends a JSON request and reads the whole answer; `undefined` for an answer without content. */
  fetchJson<T>(method: Method, path: string, request?: JsonRequest): Promise<T>;
  /** Sends any request; resolves when the headers of a successful answer are here. */
  openStream(request: StreamRequest): Promise<Exchange>;
  /** Sends bytes to an address outside the API, with the given headers alone; resolves to the status. */
  upload(request: UploadRequest): Promise<number>;
}

/** `path\`/v1/agents/${id}\``: every id becomes one path segment, whatever it contains. */
export function path(texts: TemplateStringsArray, ...ids: string[]): string {
  return String.raw({ raw: texts }, ...ids.map(encodeURIComponent));
}

export function createTransport({ apiKey, baseUrl, timeoutMs }: TransportOptions): Transport {
  async function exchange<T>(
    request: Omit<StreamRequest, 'path'> & { readonly url: string },
    use: (response: Response, call: Call) => Promise<T> | T,
  ): Promise<T> {
    const call = startCall(request.timeoutMs ?? timeoutMs, request.signal);
    try {
      const { url, method, headers, body } = request;
      const response = await fetch(url, {
        method,
        headers,
        signal: call.signal,
        ...(body === undefined ? {} : { body }),
      });
      return await use(response, call);
    } catch (error) {
      call.end();
      throw error;
    }
  }

  function toPlatform({ path, query, headers, sessionId, ...rest }: StreamRequest) {
    const session = sessionId?.trim();
    return {
      ...rest,
      url: `${baseUrl}${path}${queryString(query)}`,
      headers: {
        ...platformHeaders(apiKey),
        ...headers,
        ...(session ? { 'x-session-id': session } : {}),
      },
    };
  }

  return {
    fetchJson<T>(method: Method, path: string, { body, ...rest }: JsonRequest = {}) {
      const request = toPlatform({
        method,
        path,
        headers: { 'Content-Type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        ...rest,
      });
      return exchange(request, async (response, call) => {
        if (!response.ok) throw await readError(response, call);
        const text = await response.text();
        call.end();
        return parseJson<T>(text, response.status);
      });
    },

    openStream: (request) =>
      exchange(toPlatform(request), async (response, call) => {
        if (!response.ok) throw await readError(response, call);
        if (response.body === null) {
          throw new SpekoApiError('Expected a streamed answer, got none.', response.status, 'EMPTY_BODY');
        }
        return {
          headers: response.headers,
          chunks: readChunks(response.body, call),
          throwIfAborted: () => call.signal.throwIfAborted(),
          expectEnd: call.limit,
        };
      }),

    upload: (request) =>
      exchange(request, async (response, call) => {
        await response.body?.cancel();
        call.end();
        return response.status;
      }),
  };
}

/** The signal and the timer of one exchange. */
interface Call {
  readonly signal: AbortSignal;
  /** Replaces the time that is left. */
  limit(timeoutMs: number): void;
  /** Lets go of the timer and of the caller's signal, which may live much longer. */
  end(): void;
}

/** The longest time that `setTimeout` can wait; it fires at once when asked for more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function startCall(timeoutMs: number, callerSignal: AbortSignal | undefined): Call {
  const controller = new AbortController();
  // Without the caller's reason: whatever it was, callers of this API expect the name `AbortError`.
  const abort = () => controller.abort();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = (limitMs: number): void => {
    clearTimeout(timer);
    if (limitMs <= LONGEST_TIMER_MS) timer = setTimeout(abort, limitMs);
  };

  if (callerSignal?.aborted) abort();
  callerSignal?.addEventListener('abort', abort);
  limit(timeoutMs);
  return {
    signal: controller.signal,
    limit,
    end() {
      clearTimeout(timer);
      callerSignal?.removeEventListener('abort', abort);
    },
  };
}

/** Not a generator: `return()` of a generator does nothing before the first `next()`, and waits for a pending one. */
function readChunks(body: ReadableStream<Uint8Array>, call: Call): AsyncIterableIterator<Uint8Array> {
  const reader = body.getReader();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await reader.read();
        if (!result.done) return result;
      } catch (error) {
        call.end();
        throw error;
      }
      call.end();
      return { done: true, value: undefined };
    },
    async return() {
      call.end();
      // Rejects when the stream has failed, which the caller has been told or does not care about.
      await reader.cancel().catch(() => undefined);
      return { done: true, value: undefined };
    },
  };
}

function platformHeaders(apiKey: string): Record<string, string> {
  const headers = { Authorization: `Bearer ${apiKey}` };
  // Browsers name themselves, and some would ask the server's leave for another name.
  const isBrowser = 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
  return isBrowser ? headers : { ...headers, 'User-Agent': `@spekoai/sdk/${VERSION}` };
}

function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = String(parameters);
  return text === '' ? '' : `?${text}`;
}

function parseJson<T>(text: string, status: number): T {
  try {
    // The contract says what the gateway answers; nothing is checked at run time.
    return (text === '' ? undefined : JSON.parse(text)) as T;
  } catch {
    throw new SpekoApiError('Expected JSON, got something else.', status, 'INVALID_RESPONSE');
  }
}

async function readError(response: Response, call: Call): Promise<SpekoApiError> {
  const text = await response.text().catch((error: unknown) => {
    if (call.signal.aborted) throw error;
    return '';
  });
  const { error, code } = parseErrorBody(text);
  const message = error || text || response.statusText || undefined;
  if (response.status === 401) return new SpekoAuthError(message);
  if (response.status === 429) return new SpekoRateLimitError(message, retryAfterSeconds(response));
  return new SpekoApiError(message ?? `HTTP status ${response.status}`, response.status, code ?? 'UNKNOWN');
}

function parseErrorBody(text: string): { error?: string; code?: string } {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return {};
    return {
      ...('error' in body && typeof body.error === 'string' ? { error: body.error } : {}),
      ...('code' in body && typeof body.code === 'string' ? { code: body.code } : {}),
    };
  } catch {
    return {};
  }
}

function retryAfterSeconds(response: Response): number | null {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return Number.isNaN(seconds) ? null : seconds;
}
