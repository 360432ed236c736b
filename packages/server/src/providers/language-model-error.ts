/** Failures of the AI SDK's models as {@link ProviderError}s. What a vendor wrote is never quoted: it may hold a key. */
import { APICallError, EmptyResponseBodyError, JSONParseError, TypeValidationError } from '@ai-sdk/provider';
import { errorFromFetch, errorFromStatus } from './http.ts';
import { ProviderError } from './provider.ts';

/** An abort stays the signal's reason. */
export function errorFromLanguageModel(error: unknown, what: string, signal: AbortSignal): unknown {
  if (signal.aborted || error instanceof ProviderError) return errorFromFetch(error, what, signal);
  if (APICallError.isInstance(error)) {
    const { statusCode } = error;
    if (statusCode === undefined)
      return new ProviderError('unavailable', `${what} could not be reached`, { cause: error });
    // An answer of 2xx that is an error all the same could not be read.
    if (statusCode < 300) return new ProviderError('protocol', `${what} could not be read`, { cause: error });
    return errorFromStatus(statusCode, error.responseHeaders?.['retry-after'] ?? null, what);
  }
  if (EmptyResponseBodyError.isInstance(error))
    return new ProviderError('empty', `${what} was empty`, { cause: error });
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) {
    return new ProviderError('protocol', `${what} could not be read`, { cause: error });
  }
  // Vendors send errors inside the stream too, as objects of their own.
  const status = statusInside(error);
  if (status !== undefined) return errorFromStatus(status, null, what);
  return new ProviderError('unavailable', `${what} broke off`, { cause: error });
}

const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 402,
  billing_error: 402,
  authentication_error: 401,
  invalid_api_key: 401,
  permission_error: 403,
  invalid_request_error: 400,
  overloaded_error: 503,
  api_error: 500,
  server_error: 500,
};

function statusInside(error: unknown): number | undefined {
  let value: unknown = error;
  for (let depth = 0; depth < 4 && typeof value === 'object' && value !== null; depth++) {
    for (const key of ['code', 'type', 'status'] as const) {
      const found = (value as Readonly<Record<string, unknown>>)[key]; // any own member of an object may be looked at
      if (typeof found === 'number' && found >= 400 && found < 600) return found;
      if (typeof found === 'string' && Object.hasOwn(STATUS_OF_TYPE, found)) return STATUS_OF_TYPE[found];
    }
    value = 'error' in value ? value.error : undefined;
  }
  return undefined;
}
