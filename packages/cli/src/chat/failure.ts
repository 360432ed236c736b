/** What went wrong in a call of the platform, in one line that a person can act on. */
import { ApiError } from 'perso-interactive-sdk-web/server';
import { CommandError } from '../client.ts';

/** The server refused, broke off or could not be reached. */
export class ChatFailure extends CommandError {
  /** HTTP status, when the server answered. */
  readonly status: number | undefined;
  /** The server's code of the error, or ours: `unreachable`, `timeout`, `cut_off`, `not_understood`. */
  readonly code: string;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.name = 'ChatFailure';
    this.code = code;
    this.status = status;
  }
}

/**
 * The error as a failure that can be shown. What is no failure of the call, an abort for one, comes back as it is.
 * @param doing what was tried, e.g. `The answer`; for a stream that broke off
 */
export function toFailure(error: unknown, { server, doing }: FailureContext): unknown {
  if (error instanceof CommandError) return error;
  if (error instanceof ApiError) {
    const about = error.attr === undefined || error.attr === null ? '' : `${error.attr}: `;
    return new ChatFailure(
      error.code,
      oneLine(`Error ${error.errorCode}: ${about}${error.detail}`),
      error.errorCode,
    );
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new ChatFailure(
      'timeout',
      `The server at ${server} took too long: ${doing} did not come in time.`,
    );
  }
  if (error instanceof SyntaxError) {
    return new ChatFailure(
      'not_understood',
      `What ${server} answered is not JSON. Is it a Visavox server, or another with the Perso Interactive API?`,
    );
  }
  // Fetch reports a connection that could not be made, and one that broke, as a TypeError.
  if (error instanceof TypeError) {
    return isBroken(error)
      ? new ChatFailure('cut_off', `${doing} was cut off: the server at ${server} closed the connection.`)
      : new ChatFailure(
          'unreachable',
          `No server answers at ${server}. Is it running? Name another one with --api-server.`,
        );
  }
  return error;
}

export interface FailureContext {
  readonly server: string;
  readonly doing: string;
}

export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}

/** Whether a connection ended that had been made. */
function isBroken(error: TypeError): boolean {
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return error.message === 'terminated' || ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(code);
}
