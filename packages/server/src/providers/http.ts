/** Failures of HTTP vendors as `ProviderError`s. Bodies of vendors are read to the end but never quoted. */
import { ProviderError, type ProviderErrorKind } from './provider.ts';

/** The error for an answer that is not 2xx. */
export async function errorFromResponse(response: Response, what: string): Promise<ProviderError> {
  await response.body?.cancel().catch(() => {});
  return errorFromStatus(response.status, response.headers.get('retry-after'), what);
}

/** The error for an HTTP status. */
export function errorFromStatus(status: number, retryAfter: string | null, what: string): ProviderError {
  const retryAfterMs = readRetryAfter(retryAfter);
  return new ProviderError(kindOfStatus(status), `${what} failed with HTTP status ${status}`, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The error for a request that got no answer: an abort stays the signal's reason. */
export function errorFromFetch(error: unknown, what: string, signal: AbortSignal): unknown {
  if (error instanceof ProviderError) return error;
  if (signal.aborted) {
    const { reason } = signal;
    const isTimeout = reason instanceof DOMException && reason.name === 'TimeoutError';
    return isTimeout ? new ProviderError('timeout', `${what} did not answer in time`) : reason;
  }
  // A TypeError without a cause is about the request, and quotes a header that cannot be sent: the key.
  const isQuiet = !(error instanceof TypeError) || error.cause !== undefined;
  return new ProviderError('unavailable', `${what} could not be reached`, isQuiet ? { cause: error } : {});
}

function kindOfStatus(status: number): ProviderErrorKind {
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'payment';
  if (status === 429) return 'rate-limited';
  if (status === 408 || status === 504) return 'timeout';
  if (status >= 400 && status < 500) return 'bad-request';
  return status >= 500 ? 'unavailable' : 'protocol';
}

function readRetryAfter(header: string | null): number | undefined {
  if (header === null || !/^\d+(\.\d+)?$/.test(header.trim())) return undefined;
  return Number(header) * 1000;
}
