/**
 * The errors of the SDK. Every class carries a registered symbol, so `instanceof` also recognizes instances made by
 * another copy of the package in the same process.
 */

/**
 * Reports that the gateway refused a call, or that its answer broke off.
 *
 * `message` is the gateway's own text when it sent one.
 *
 * @example
 * ```ts source="./readme.examples.ts#errors"
 * try {
 *   await speko.complete({ messages, intent: { language: 'en' } });
 * } catch (error) {
 *   if (error instanceof SpekoRateLimitError) console.error('wait', error.retryAfter ?? 1, 'seconds');
 *   else if (error instanceof SpekoAuthError) console.error('check the API key');
 *   else if (error instanceof SpekoApiError) console.error(error.status, error.code, error.message);
 *   else throw error; // The network, or an abort: error.name is 'AbortError'.
 * }
 * ```
 */
export class SpekoApiError extends Error {
  /** HTTP status of the answer; `200` when a stream reported the failure, `0` when there was no answer. */
  readonly status: number;
  /** Machine-readable code, for example `VALIDATION_ERROR`; `UNKNOWN` when the gateway named none. */
  readonly code: string;

  constructor(message: string, status: number, code: string) {
    super(message);
    this.name = 'SpekoApiError';
    this.status = status;
    this.code = code;
  }
}

/** Reports that the gateway does not know the API key. `status` is `401`, `code` is `AUTH_ERROR`. */
export class SpekoAuthError extends SpekoApiError {
  constructor(message = 'Invalid or missing API key') {
    super(message, 401, 'AUTH_ERROR');
    this.name = 'SpekoAuthError';
  }
}

/** Reports that there were too many calls. `status` is `429`, `code` is `RATE_LIMITED`. */
export class SpekoRateLimitError extends SpekoApiError {
  /** Seconds to wait before the next call; `null` when the gateway does not say. */
  readonly retryAfter: number | null;

  constructor(message = 'Rate limit exceeded', retryAfter: number | null = null) {
    super(message, 429, 'RATE_LIMITED');
    this.name = 'SpekoRateLimitError';
    this.retryAfter = retryAfter;
  }
}

function brand(target: { readonly prototype: Error }, name: string): void {
  const key = Symbol.for(`@spekoai/sdk.${name}`);
  Object.defineProperty(target.prototype, key, { value: true });
  Object.defineProperty(target, Symbol.hasInstance, {
    value(this: unknown, candidate: unknown): boolean {
      // A subclass that carries no brand of its own inherits this method and is compared the ordinary way.
      if (this !== target) return Function.prototype[Symbol.hasInstance].call(this, candidate);
      return typeof candidate === 'object' && candidate !== null && key in candidate;
    },
  });
}

brand(SpekoApiError, 'SpekoApiError');
brand(SpekoAuthError, 'SpekoAuthError');
brand(SpekoRateLimitError, 'SpekoRateLimitError');
