/** Calls of the management API. Errors say what the server said, in one line. */

export interface Client {
  /** JSON in and out; undefined for an answer without a body. */
  call(method: string, path: string, body?: object | FormData): Promise<unknown>;
  /** The bytes of a file the server has linked to. */
  download(url: string): Promise<string>;
}

/** What the user reads; the exit code becomes 1. */
export class CommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CommandError';
  }
}

const TIMEOUT_MS = 60_000;

export function createClient(options: {
  /** Without a trailing slash. */
  readonly server: string;
  readonly key: string;
  /** Acts for another organization (operators). */
  readonly organization?: string | undefined;
  readonly fetch?: typeof fetch;
}): Client {
  const request = async (url: string, init: RequestInit): Promise<Response> => {
    const doFetch = options.fetch ?? fetch;
    try {
      return await doFetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      throw new CommandError(
        late
          ? `The server at ${options.server} did not answer within ${TIMEOUT_MS / 1000} s.`
          : `No server answers at ${options.server}. Is it running? Name another one with --server.`,
      );
    }
  };
  return {
    async call(method, path, body) {
      const url = new URL(`${options.server}/manage/v1/${path}`);
      if (options.organization !== undefined) url.searchParams.set('organization_id', options.organization);
      const isForm = body instanceof FormData;
      const response = await request(url.href, {
        method,
        headers: {
          'PersoLive-APIKey': options.key,
          ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new CommandError(explain(response.status, text));
      return text === '' ? undefined : JSON.parse(text);
    },
    async download(url) {
      const response = await request(url, {});
      if (!response.ok) throw new CommandError(`The file could not be loaded (status ${response.status}).`);
      return response.text();
    },
  };
}

function explain(status: number, body: string): string {
  try {
    const { errors } = JSON.parse(body) as {
      readonly errors: readonly { readonly detail: string; readonly attr: string | null }[];
    };
    return errors.map(({ detail, attr }) => (attr === null ? detail : `${attr}: ${detail}`)).join('\n');
  } catch {
    return `The server answered with status ${status}. Is it a Visavox server?`;
  }
}
