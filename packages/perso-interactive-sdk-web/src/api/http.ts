/** Requests to the API server: addresses, headers, and turning error answers into `ApiError`. */

import { abortable, throwIfAborted } from '../abort.ts';
import { DEFAULT_API_SERVER } from '../constants.ts';
import { ApiError } from '../errors.ts';

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
  const first = firstError(body);
  throw new ApiError(
    response.status,
    typeof first?.code === 'string' ? first.code : 'UNKNOWN_ERROR',
    typeof first?.detail === 'string'
      ? first.detail
      : `Server returned status ${response.status} with no error details`,
    typeof first?.attr === 'string' ? first.attr : null,
  );
}

export async function getJson(
  url: string,
  apiKey: string | undefined,
  options: RequestOptions = {},
): Promise<unknown> {
  const init = apiKey === undefined ? {} : { headers: keyHeader(apiKey) };
  return readJson(await send(url, init, options), options);
}

export async function postJson(
  url: string,
  body: unknown,
  apiKey: string | undefined,
  options: RequestOptions = {},
): Promise<unknown> {
  return readJson(await post(url, body, apiKey, options), options);
}

/** Like {@link parseJson}, unless the signal of the request fires before the body has come. */
export function readJson(response: Response, { signal }: RequestOptions): Promise<unknown> {
  return abortable(parseJson(response), signal);
}

/** Like {@link postJson}, for callers that read the body themselves. */
export function post(
  url: string,
  body: unknown,
  apiKey: string | undefined,
  options: RequestOptions = {},
): Promise<Response> {
  const headers = {
    ...(apiKey === undefined ? {} : keyHeader(apiKey)),
    'Content-Type': 'application/json',
  };
  return send(url, { method: 'POST', headers, body: JSON.stringify(body) }, options);
}

export async function send(
  url: string,
  init: RequestInit,
  { fetch: fetchFunction, signal }: RequestOptions,
): Promise<Response> {
  throwIfAborted(signal);
  const request = signal === undefined ? init : { ...init, signal };
  return abortable(fetchFunction === undefined ? fetch(url, request) : fetchFunction(url, request), signal);
}

function keyHeader(apiKey: string): Record<string, string> {
  return { 'PersoLive-APIKey': apiKey };
}

function firstError(body: unknown): { code?: unknown; detail?: unknown; attr?: unknown } | undefined {
  const errors = (body as { errors?: unknown } | null)?.errors;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return typeof first === 'object' && first !== null ? first : undefined;
}
