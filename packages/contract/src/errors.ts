/** The table of errors: code → HTTP status → retryable → meaning, and the one error that domain code throws. */

interface ErrorKind {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 503;
  readonly type: 'validation_error' | 'client_error' | 'server_error';
  readonly retryable: boolean;
  readonly meaning: string;
}

export const ERROR_TABLE = {
  does_not_exist: {
    status: 400,
    type: 'client_error',
    retryable: false,
    meaning: 'A referenced resource does not exist; attr names the input field.',
  },
  not_in_organization: {
    status: 400,
    type: 'client_error',
    retryable: false,
    meaning: "The resource exists but is not assigned to the caller's organization.",
  },
  invalid: {
    status: 400,
    type: 'validation_error',
    retryable: false,
    meaning: 'A field has a wrong value, or the session lacks the feature.',
  },
  invalid_choice: {
    status: 400,
    type: 'validation_error',
    retryable: false,
    meaning: 'A field has a value outside its list.',
  },
  invalid_platform_type: {
    status: 400,
    type: 'validation_error',
    retryable: false,
    meaning: 'The model style cannot be used on this platform.',
  },
  required: {
    status: 400,
    type: 'validation_error',
    retryable: false,
    meaning: 'A required field is missing.',
  },
  blank: { status: 400, type: 'validation_error', retryable: false, meaning: 'A field may not be blank.' },
  null: { status: 400, type: 'validation_error', retryable: false, meaning: 'A field may not be null.' },
  max_length: {
    status: 400,
    type: 'validation_error',
    retryable: false,
    meaning: 'A text or list is too long.',
  },
  max_value: { status: 400, type: 'validation_error', retryable: false, meaning: 'A number is too large.' },
  min_value: { status: 400, type: 'validation_error', retryable: false, meaning: 'A number is too small.' },
  parse_error: {
    status: 400,
    type: 'client_error',
    retryable: false,
    meaning: 'The body is not valid JSON or not a valid form.',
  },
  session_terminated: {
    status: 400,
    type: 'client_error',
    retryable: false,
    meaning: 'The session has ended.',
  },
  invalid_session_state: {
    status: 400,
    type: 'client_error',
    retryable: false,
    meaning: 'The call does not fit the phase of the session.',
  },
  not_authenticated: {
    status: 401,
    type: 'client_error',
    retryable: false,
    meaning: 'The API key is missing.',
  },
  authentication_failed: {
    status: 401,
    type: 'client_error',
    retryable: false,
    meaning: 'The API key is wrong or revoked.',
  },
  permission_denied: {
    status: 403,
    type: 'client_error',
    retryable: false,
    meaning: 'The key, or the signed link, does not allow this.',
  },
  not_found: {
    status: 404,
    type: 'client_error',
    retryable: false,
    meaning: 'Unknown session, resource or path.',
  },
  method_not_allowed: {
    status: 405,
    type: 'client_error',
    retryable: false,
    meaning: 'The path exists but not with this method.',
  },
  in_use: {
    status: 409,
    type: 'client_error',
    retryable: false,
    meaning: 'The resource is used by others; the detail names them.',
  },
  payload_too_large: {
    status: 413,
    type: 'client_error',
    retryable: false,
    meaning: 'The body or the file is too large.',
  },
  unsupported_media_type: {
    status: 415,
    type: 'client_error',
    retryable: false,
    meaning: 'The content type of the body is not accepted here.',
  },
  throttled: {
    status: 429,
    type: 'client_error',
    retryable: true,
    meaning: 'A rate limit or quota is used up.',
  },
  error: {
    status: 500,
    type: 'server_error',
    retryable: true,
    meaning: 'The server failed; the detail holds an id to look up in its log.',
  },
  unavailable: {
    status: 503,
    type: 'server_error',
    retryable: true,
    meaning: 'A component that is needed is not available now; the detail says which and what to do.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** One problem as the Perso contract prints it. */
export interface ErrorItem {
  readonly code: ErrorCode;
  /** For people: what was expected, what came, what to do. */
  readonly detail: string;
  /** The offending input field, or null. */
  readonly attr: string | null;
}

/** The error of the domain: carries one or more problems; the first decides the HTTP status. */
export class PlatformError extends Error {
  readonly items: readonly [ErrorItem, ...ErrorItem[]];
  /** When to try again, for `throttled` and `unavailable`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    detail: string,
    options: {
      readonly attr?: string;
      readonly more?: readonly ErrorItem[];
      readonly cause?: unknown;
      readonly retryAfterSeconds?: number;
    } = {},
  ) {
    super(detail, { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.name = 'PlatformError';
    this.items = [{ code, detail, attr: options.attr ?? null }, ...(options.more ?? [])];
  }

  get code(): ErrorCode {
    return this.items[0].code;
  }

  get status(): (typeof ERROR_TABLE)[ErrorCode]['status'] {
    return ERROR_TABLE[this.code].status;
  }
}
