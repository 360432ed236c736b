/** Errors of the voice gateway as its contract prints them. */
import type { PlatformError } from '@visavox/contract';
import { SPEKO_ERRORS, SpekoError, type SpekoErrorBody, type SpekoErrorCode } from '@visavox/contract/speko';
import { ProviderError } from '../../providers/provider.ts';
import { AllProvidersFailedError } from '../../routing/failover.ts';
import { NoCandidateError } from '../../routing/gateway.ts';
import type { Log } from '../../telemetry/log.ts';
import { toPlatformError } from '../errors.ts';

const MODALITY_CODES = {
  stt: 'TRANSCRIBE_FAILED',
  tts: 'SYNTHESIZE_FAILED',
  llm: 'COMPLETE_FAILED',
} as const;

/** What an error may tell a client. Anything unexpected shows nothing but an id, which the log explains. */
export function toSpekoError(error: unknown, log: Log): SpekoError {
  if (error instanceof SpekoError) return error;
  if (error instanceof AllProvidersFailedError) {
    log.warn({ attempts: error.attempts }, 'every provider failed');
    return new SpekoError('ALL_PROVIDERS_FAILED', error.message, { attempts: error.attempts, cause: error });
  }
  if (error instanceof NoCandidateError) {
    return new SpekoError(MODALITY_CODES[error.modality], error.message, { attempts: [], cause: error });
  }
  if (error instanceof ProviderError) {
    log.warn({ err: error, kind: error.kind }, 'a provider failed');
    const code = error.kind === 'bad-audio' ? 'INVALID_AUDIO' : 'ALL_PROVIDERS_FAILED';
    return new SpekoError(code, error.message, { cause: error });
  }
  return fromPlatformError(toPlatformError(error, log));
}

const CODE_OF_STATUS: Readonly<Record<number, SpekoErrorCode>> = {
  400: 'VALIDATION_ERROR',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'VALIDATION_ERROR',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
};

function fromPlatformError(error: PlatformError): SpekoError {
  const code = CODE_OF_STATUS[error.status] ?? 'INTERNAL_ERROR';
  const options = { cause: error, retryAfterSeconds: error.retryAfterSeconds };
  switch (code) {
    case 'VALIDATION_ERROR':
      return new SpekoError(code, SPEKO_ERRORS[code].text, {
        ...options,
        issues: error.items.map(({ attr, detail }) => ({ path: attr ?? '', message: detail })),
      });
    case 'UNAUTHORIZED':
    case 'NOT_FOUND':
    case 'RATE_LIMITED':
      return new SpekoError(code, SPEKO_ERRORS[code].text, options);
    default:
      return new SpekoError(code, error.message, options);
  }
}

export function spekoErrorBody(error: SpekoError): SpekoErrorBody {
  return { error: error.message, code: error.code, ...error.extra };
}

export function spekoErrorResponse(error: SpekoError): Response {
  return Response.json(spekoErrorBody(error), {
    status: error.status,
    headers: error.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(error.retryAfterSeconds) },
  });
}
