/** Errors in the dialect of OpenAI clients. */
import type { SpekoErrorCode } from '@visavox/contract/speko';
import { AllProvidersFailedError } from '../../routing/failover.ts';
import { NoCandidateError } from '../../routing/gateway.ts';
import type { Log } from '../../telemetry/log.ts';
import { toSpekoError } from '../speko/errors.ts';

export type OpenAiErrorCode =
  | 'wrong_api_format'
  | 'invalid_audio'
  | 'model_not_found'
  | 'unsupported_language'
  | 'no_candidate'
  | 'all_upstreams_failed'
  | 'invalid_api_key'
  | 'insufficient_quota'
  | 'permission_denied'
  | 'not_found'
  | 'payload_too_large'
  | 'rate_limit_exceeded'
  | 'internal_error';

export class OpenAiError extends Error {
  readonly status: number;
  readonly code: OpenAiErrorCode;
  readonly details: object | undefined;
  readonly param: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    code: OpenAiErrorCode,
    message: string,
    options: {
      readonly details?: object | undefined;
      readonly param?: string | undefined;
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'OpenAiError';
    this.status = status;
    this.code = code;
    this.details = options.details;
    this.param = options.param;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

const CODES: Readonly<Partial<Record<SpekoErrorCode, OpenAiErrorCode>>> = {
  VALIDATION_ERROR: 'wrong_api_format',
  INVALID_AUDIO: 'invalid_audio',
  UNAUTHORIZED: 'invalid_api_key',
  INSUFFICIENT_CREDITS: 'insufficient_quota',
  FORBIDDEN: 'permission_denied',
  NOT_FOUND: 'not_found',
  METHOD_NOT_ALLOWED: 'not_found',
  PAYLOAD_TOO_LARGE: 'payload_too_large',
  RATE_LIMITED: 'rate_limit_exceeded',
};

export function toOpenAiError(error: unknown, log: Log): OpenAiError {
  if (error instanceof OpenAiError) return error;
  if (error instanceof AllProvidersFailedError) {
    return new OpenAiError(502, 'all_upstreams_failed', error.message, {
      details: { attempts: error.attempts },
      cause: error,
    });
  }
  if (error instanceof NoCandidateError) {
    const { dropped } = error.ranking;
    return new OpenAiError(503, 'no_candidate', error.message, { details: { dropped }, cause: error });
  }
  const known = toSpekoError(error, log);
  const [issue] = known.extra.issues ?? [];
  return new OpenAiError(
    known.status,
    CODES[known.code] ?? 'internal_error',
    issue === undefined ? known.message : `${issue.path === '' ? '' : `${issue.path}: `}${issue.message}`,
    { param: issue?.path, retryAfterSeconds: known.retryAfterSeconds, cause: known },
  );
}

export function openAiErrorBody(error: OpenAiError): { readonly error: object } {
  const { status, code, message, details, param } = error;
  return {
    error: {
      message,
      type: status < 500 ? 'invalid_request_error' : 'server_error',
      param: param ?? null,
      code,
      ...(details === undefined ? {} : { details }),
    },
  };
}

export function openAiErrorResponse(error: OpenAiError): Response {
  return Response.json(openAiErrorBody(error), {
    status: error.status,
    headers: error.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(error.retryAfterSeconds) },
  });
}
