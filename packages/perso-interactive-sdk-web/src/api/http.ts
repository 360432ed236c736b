/** Requests to the API server: addresses, headers, and turning error answers into `ApiError`. */

import { abortable, throwIfAborted } from '../abort.ts';
import { DEFAULT_API_SERVER } from '../constants.ts';
import { ApiError } from '../errors.ts';
import { textOr } from '../text-or.ts';

export type FetchFunction = (input: string, init?: RequestInit) => Promise<Response>;

/** What each request function takes last. */
export interface RequestOptions {
  /** Default: the `fetch` of the page or process at the time of the call. */
  readonly fetch?: FetchFunction | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The base URL to use: without surrounding white space and trailing slashes; the default server when empty. */
export function resolveApiServer(apiServer: string | null | undefined): string {
  return (apiServer ?? '').trim().replace(/\/+$/, '') || DEFAULT_API_SERVER;
}

/**
 * Reads an answer as JSON.
 *
 * @throws {ApiError} when the status tells an error.
 * @throws {SyntaxError} when the body is not JSON.
 */
export async function parseJson(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  if (response.ok) return body;
  const { code, detail, attr } = firstError(body);
  throw new ApiError(
    response.status,
    textOr(code, 'UNKNOWN_ERROR'),
    textOr(detail, `Server returned status ${response.status} with no error details`),
    textOr(attr, null),
  );
}

/** What a request carries. */
export interface RequestContent {
  readonly apiKey?: string | undefined;
  /** Sent as JSON, unless it is a form. Without a body the request is a GET. */
  readonly body?: object | undefined;
}

export async function send(
  url: string,
  { apiKey, body }: RequestContent,
  { fetch: fetchFunction = fetch, signal }: RequestOptions,
): Promise<Response> {
  throwIfAborted(signal);
  const isForm = body instanceof FormData;
  const init: RequestInit = {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(apiKey === undefined ? {} : { 'PersoLive-APIKey': apiKey }),
      ...(body === undefined || isForm ? {} : { 'Content-Type': 'application/json' }),
    },
    body: isForm ? body : (JSON.stringify(body) ?? null),
    signal: signal ?? null,
  };
  return abortable(fetchFunction(url, init), signal);
}

/** Sends a request and reads the answer as {@link parseJson} does. */
export async function sendForJson(
  url: string,
  content: RequestContent,
  options: RequestOptions = {},
): Promise<unknown> {
  return abortable(parseJson(await send(url, content, options)), options.signal);
}

function firstError(body: unknown): { code?: unknown; detail?: unknown; attr?: unknown } {
  const errors = (body as { errors?: unknown } | null)?.errors;
  return (Array.isArray(errors) ? errors[0] : undefined) ?? {};
}
