/** Failures of the AI SDK's models as {@link ProviderError}s. What a vendor wrote is never quoted: it may hold a key. */
import {
  AISDKError,
  APICallError,
  EmptyResponseBodyError,
  JSONParseError,
  TypeValidationError,
} from '@ai-sdk/provider';
import { errorFromFetch, errorFromStatus } from './http.ts';
import { ProviderError } from './provider.ts';

/** An abort stays the signal's reason. */
export function errorFromLanguageModel(error: unknown, what: string, signal: AbortSignal): unknown {
  if (signal.aborted) return errorFromFetch(error, what, signal);
  const own = causesOf(error).find((cause) => cause instanceof ProviderError);
  if (own !== undefined) return own;
  if (APICallError.isInstance(error)) return errorFromCall(error, what);
  if (EmptyResponseBodyError.isInstance(error)) return new ProviderError('empty', `${what} was empty`);
  // Vendors send errors inside the stream too, as objects of their own, which not every package knows.
  const status = statusInside(TypeValidationError.isInstance(error) ? error.value : error);
  if (status !== undefined) return errorFromStatus(status, null, what);
  if (isUnreadable(error)) return new ProviderError('protocol', `${what} could not be read`);
  return new ProviderError('unavailable', `${what} broke off`, { cause: quietCause(error) });
}

function errorFromCall(error: APICallError, what: string): ProviderError {
  const { statusCode } = error;
  if (statusCode === undefined) {
    return new ProviderError('unavailable', `${what} could not be reached`, { cause: quietCause(error) });
  }
  if (statusCode >= 300) {
    const plain = errorFromStatus(statusCode, error.responseHeaders?.['retry-after'] ?? null, what);
    return statusCode < 500 && isAboutMoney(error)
      ? new ProviderError('payment', plain.message, { status: statusCode })
      : plain;
  }
  // An answer of 2xx that is an error all the same could not be read, or not to its end.
  const causes = causesOf(error);
  return causes.length === 1 || causes.some(isUnreadable)
    ? new ProviderError('protocol', `${what} could not be read`)
    : new ProviderError('unavailable', `${what} broke off`, { cause: quietCause(error) });
}

function isUnreadable(error: unknown): boolean {
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) return true;
  // Some packages look into an answer without checking it; errors of the network have a cause.
  return error instanceof TypeError && error.cause === undefined;
}

/** The error itself, its cause, the cause of that. */
function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let cause = error; cause !== undefined && causes.length < 5; ) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

/** The AI SDK's errors hold the prompt and the vendor's answer; those of the network below them do not. */
function quietCause(error: unknown): unknown {
  return causesOf(error).find(
    (cause) => cause instanceof Error && !AISDKError.isInstance(cause) && 'code' in cause,
  );
}

const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  rate_limited: 429,
  insufficient_quota: 402,
  billing_error: 402,
  billing_not_active: 402,
  insufficient_balance: 402,
  authentication_error: 401,
  invalid_api_key: 401,
  permission_error: 403,
  invalid_request_error: 400,
  request_too_large: 413,
  not_found_error: 404,
  model_not_found: 404,
  timeout_error: 504,
  overloaded_error: 503,
  service_unavailable: 503,
  api_error: 500,
  server_error: 500,
  internal_server_error: 500,
};

function statusInside(error: unknown): number | undefined {
  let value: unknown = error;
  for (let depth = 0; depth < 4 && typeof value === 'object' && value !== null; depth++) {
    for (const key of ['code', 'type', 'status', 'statusCode'] as const) {
      const found = (value as Readonly<Record<string, unknown>>)[key]; // any own member of an object may be looked at
      if (typeof found === 'number' && found >= 400 && found < 600) return found;
      if (typeof found === 'string' && Object.hasOwn(STATUS_OF_TYPE, found)) return STATUS_OF_TYPE[found];
    }
    value = 'error' in value ? value.error : undefined;
  }
  return undefined;
}

/** Some vendors refuse an empty account with 400, 403 or 429, and tell only in words. */
function isAboutMoney({ data, responseBody }: APICallError): boolean {
  if (statusInside(data) === 402) return true;
  return /insufficient_quota|insufficient[ _](balance|credits)|credit balance is too low|used all available credits|billing_not_active/i.test(
    responseBody?.slice(0, 4000) ?? '',
  );
}
