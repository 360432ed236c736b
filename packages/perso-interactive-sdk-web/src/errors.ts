/**
 * The errors of the SDK. Every class carries a registered symbol, so `instanceof` also recognizes instances made by
 * another copy of the SDK: the client and the server entry, ESM and CommonJS, and the script-tag build can meet in
 * one page or process, each with its own classes.
 */

/**
 * Reports that the API server answered with an error status.
 *
 * `message` is `"<errorCode>:<attr>_<detail>"`, or `"<errorCode>:<detail>"` when no input field is to blame.
 *
 * @example
 * ```ts source="./errors.examples.ts#api-error"
 * try {
 *   await createSessionId({ apiServer: 'https://visavox.example.com', apiKey, params });
 * } catch (error) {
 *   // From narrow to broad: each of these is an ApiError.
 *   if (error instanceof DoesNotExistError) console.error('No such', error.attr);
 *   else if (error instanceof NotInOrganizationError) console.error('Not enabled:', error.attr);
 *   else if (error instanceof SessionCreationError) console.error('Refused:', error.detail);
 *   else if (error instanceof ApiError) console.error(error.errorCode, error.code);
 *   else throw error;
 * }
 * ```
 */
export class ApiError extends Error {
  /** HTTP status of the answer, for example `404`. */
  errorCode: number;
  /** Machine-readable code, for example `does_not_exist`; `UNKNOWN_ERROR` when the server named none. */
  code: string;
  /** Explanation for people. */
  detail: string;
  /** The input field that caused the error, if the server named one. */
  attr?: string | undefined;

  constructor(errorCode: number, code: string, detail: string, attr?: string | null) {
    super(attr === undefined || attr === null ? `${errorCode}:${detail}` : `${errorCode}:${attr}_${detail}`);
    this.errorCode = errorCode;
    this.code = code;
    this.detail = detail;
    // The documented type has no null, while servers send one; callers compare with == null either way.
    this.attr = attr as string | undefined;
  }
}

/**
 * Reports that `createSessionId` failed because the API server refused one of its requests. Carries the fields of the
 * original {@link ApiError} unchanged.
 */
export class SessionCreationError extends ApiError {
  constructor(source: ApiError) {
    super(source.errorCode, source.code, source.detail, source.attr);
    this.name = 'SessionCreationError';
  }
}

/**
 * Reports that `createSessionId` named something that does not exist (server code `does_not_exist`), for example an
 * unknown prompt. `attr` tells the input field when the server names it.
 */
export class DoesNotExistError extends SessionCreationError {
  constructor(source: ApiError) {
    super(source);
    this.name = 'DoesNotExistError';
  }
}

/**
 * Reports that `createSessionId` named something that exists, but that the caller's organization may not use (server
 * code `not_in_organization`). `attr` tells the input field when the server names it.
 */
export class NotInOrganizationError extends SessionCreationError {
  constructor(source: ApiError) {
    super(source);
    this.name = 'NotInOrganizationError';
  }
}

/** Reports that a streamed LLM answer broke off, could not be read, or ended with a failure line. */
export class LLMStreamingResponseError extends Error {
  /** What went wrong; the server's own reason when it sent one. */
  description: string;

  constructor(description: string, options?: { cause?: unknown }) {
    super('', options);
    this.description = description;
  }
}

/**
 * Reports that an LLM turn failed. `processChat` hands it to the error handlers, `processLLM` yields it in a chunk of
 * type `error`. `message` is empty: look at {@link LLMError.underlyingError}.
 */
export class LLMError extends Error {
  /** {@link ApiError} when the request was refused, {@link LLMStreamingResponseError} when the answer broke off. */
  underlyingError: ApiError | LLMStreamingResponseError;

  constructor(underlyingError: ApiError | LLMStreamingResponseError) {
    super();
    this.underlyingError = underlyingError;
  }
}

/** Reports that the API server refused a transcription. `message` is `STT Error: <detail>`. */
export class STTError extends Error {
  /** The refusal, with HTTP status and code. */
  underlyingError: ApiError;

  constructor(underlyingError: ApiError) {
    super(`STT Error: ${underlyingError.detail}`);
    this.underlyingError = underlyingError;
  }
}

/** Reports that the audio of a synthesis answer could not be decoded. */
export class TTSDecodeError extends Error {
  /** What was wrong with the audio data. */
  description: string;

  constructor(description: string) {
    super(`TTS decode error: ${description}`);
    this.description = description;
  }
}

/** Reports that speech synthesis failed; handed to the error handlers by `processTTS`. */
export class TTSError extends Error {
  /** {@link ApiError} when the request was refused, {@link TTSDecodeError} when the audio was unusable. */
  underlyingError: ApiError | TTSDecodeError;

  constructor(underlyingError: ApiError | TTSDecodeError) {
    super(underlyingError.message);
    this.underlyingError = underlyingError;
  }
}

/** Reports that the media connection was not usable in time. Not exported from the package. */
export class ConnectionTimeoutError extends Error {
  constructor() {
    super('WebRTC connection timeout');
  }
}

/** The error `createSessionId` throws in place of `error`. */
export function toSessionCreationError(error: ApiError): SessionCreationError {
  if (error.code === 'does_not_exist') return new DoesNotExistError(error);
  if (error.code === 'not_in_organization') return new NotInOrganizationError(error);
  return new SessionCreationError(error);
}

/** `value` when it is an Error, otherwise an Error that tells what was thrown. */
export function toError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}

function brand(target: { readonly prototype: Error }, name: string): void {
  const key = Symbol.for(`perso-interactive-sdk-web.${name}`);
  Object.assign(target.prototype, { [key]: true });
  Object.defineProperty(target, Symbol.hasInstance, {
    value(this: unknown, candidate: unknown): boolean {
      // A subclass that carries no brand of its own inherits this method and is compared the ordinary way.
      if (this !== target) return Function.prototype[Symbol.hasInstance].call(this, candidate);
      return typeof candidate === 'object' && candidate !== null && key in candidate;
    },
  });
}

brand(ApiError, 'ApiError');
brand(SessionCreationError, 'SessionCreationError');
brand(DoesNotExistError, 'DoesNotExistError');
brand(NotInOrganizationError, 'NotInOrganizationError');
brand(LLMStreamingResponseError, 'LLMStreamingResponseError');
brand(LLMError, 'LLMError');
brand(STTError, 'STTError');
brand(TTSDecodeError, 'TTSDecodeError');
brand(TTSError, 'TTSError');
