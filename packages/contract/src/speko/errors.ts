/** Errors of the voice gateway (section 3.2): code → HTTP status → usual text. */

export const SPEKO_ERRORS = {
  VALIDATION_ERROR: { status: 400, text: 'Invalid request body' },
  INVALID_AUDIO: { status: 400, text: 'The audio cannot be used.' },
  INVALID_INTENT: { status: 400, text: 'The intent cannot be used.' },
  MISSING_TEMPLATE_VARIABLES: { status: 400, text: 'Variables of the prompt are missing.' },
  UNAUTHORIZED: { status: 401, text: 'Unauthorized' },
  INSUFFICIENT_CREDITS: { status: 402, text: 'The budget is used up.' },
  FORBIDDEN: { status: 403, text: 'The key does not allow this.' },
  NOT_FOUND: { status: 404, text: 'not found' },
  AGENT_NOT_FOUND: { status: 404, text: 'Agent not found' },
  SESSION_NOT_FOUND: { status: 404, text: 'session not found' },
  RECORDING_NOT_AVAILABLE: { status: 404, text: 'recording not available' },
  METHOD_NOT_ALLOWED: { status: 405, text: 'The method is not allowed here.' },
  LAST_AGENT: { status: 409, text: 'The last agent cannot be deleted.' },
  AGENT_HAS_PHONE_NUMBERS: { status: 409, text: 'The agent still has phone numbers.' },
  CALL_NOT_LIVE: { status: 409, text: 'The call has ended.' },
  CONFLICT: { status: 409, text: 'This conflicts with what exists.' },
  PAYLOAD_TOO_LARGE: { status: 413, text: 'The body is too large.' },
  RATE_LIMITED: { status: 429, text: 'Rate limit exceeded' },
  TRANSCRIBE_FAILED: { status: 500, text: 'Nobody could transcribe this.' },
  SYNTHESIZE_FAILED: { status: 500, text: 'Nobody could speak this.' },
  COMPLETE_FAILED: { status: 500, text: 'Nobody could answer this.' },
  SESSION_CREATE_FAILED: { status: 500, text: 'Failed to dispatch voice agent' },
  ALL_PROVIDERS_FAILED: { status: 500, text: 'Every provider failed.' },
  PROVIDER_SELECTION_FAILED: { status: 500, text: 'No provider can serve this intent.' },
  TOOL_HOP_LIMIT: { status: 500, text: 'The model asked for tools too many times.' },
  INTERNAL_ERROR: { status: 500, text: 'The server failed.' },
  NOT_IMPLEMENTED: { status: 501, text: 'This server does not offer this.' },
  UNAVAILABLE: { status: 503, text: 'A component is not available now.' },
} as const satisfies Record<string, { readonly status: number; readonly text: string }>;

export type SpekoErrorCode = keyof typeof SPEKO_ERRORS;

export interface SpekoErrorBody {
  readonly error: string;
  readonly code: SpekoErrorCode;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  readonly attempts?: readonly object[];
}

/** What the voice gateway throws; the HTTP face prints it. */
export class SpekoError extends Error {
  readonly code: SpekoErrorCode;
  readonly extra: Pick<SpekoErrorBody, 'issues' | 'attempts'>;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: SpekoErrorCode,
    text: string = SPEKO_ERRORS[code].text,
    options: Pick<SpekoErrorBody, 'issues' | 'attempts'> & {
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    const { cause, retryAfterSeconds, ...extra } = options;
    super(text, { cause });
    this.name = 'SpekoError';
    this.code = code;
    this.extra = extra;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get status(): (typeof SPEKO_ERRORS)[SpekoErrorCode]['status'] {
    return SPEKO_ERRORS[this.code].status;
  }
}
