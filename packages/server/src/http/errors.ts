/** The one place that turns errors into JSON, in the shape of section 1.3. */
import { randomUUID } from 'node:crypto';
import { ERROR_TABLE, type ErrorBody, type ErrorItem, PlatformError } from '@visavox/contract';
import { HTTPException } from 'hono/http-exception';
import { ProviderError } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import { ToolRoundsError } from '../turns/answer.ts';
import { CORS_HEADERS } from './common-headers.ts';

export function errorBody(items: readonly [ErrorItem, ...ErrorItem[]]): ErrorBody {
  const [first] = items;
  return {
    type: ERROR_TABLE[first.code].type,
    errors: items.map(({ code, detail, attr }) => ({ code, detail, attr })),
    code: first.code,
    detail: first.detail,
  };
}

/** What an error may tell a client. Anything unexpected shows nothing but an id, which the log explains. */
export function toPlatformError(error: unknown, log: Log): PlatformError {
  if (error instanceof PlatformError) return error;
  if (error instanceof ToolRoundsError)
    return new PlatformError('unavailable', error.message, { cause: error });
  if (error instanceof ProviderError) {
    log.warn({ err: error, kind: error.kind }, 'a provider failed');
    return new PlatformError('unavailable', error.message, { cause: error });
  }
  if (error instanceof HTTPException && error.status === 413) {
    return new PlatformError('payload_too_large', 'The body is too large.');
  }
  const id = randomUUID();
  log.error({ err: error, errorId: id }, 'unexpected error');
  return new PlatformError('error', `The server failed. Its log explains error ${id}.`, { cause: error });
}

export function errorResponse(error: PlatformError): Response {
  return Response.json(errorBody(error.items), {
    status: error.status,
    headers: {
      ...CORS_HEADERS,
      ...(error.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(error.retryAfterSeconds) }),
    },
  });
}
