/** Calls of the management API and of the voice gateway. Errors say what the server said, in one line. */

export interface Client {
  /** JSON in and out; undefined for an answer without a body. */
  call(method: string, path: string, body?: object | FormData): Promise<unknown>;
  /** JSON in and out of the voice gateway (`/v1`), which acts for the key's own organization. */
  callGateway(method: string, path: string, body?: object): Promise<unknown>;
  /** The answer of the voice gateway as it comes, whatever its status. */
  openGateway(method: string, path: string, options?: GatewayRequest): Promise<Response>;
  /** The bytes of a file the server has linked to. */
  download(url: string): Promise<string>;
}

export interface GatewayRequest {
  /** An object is sent as JSON. */
  readonly body?: object | FormData | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In place of the usual time limit. */
  readonly signal?: AbortSignal | undefined;
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
      return await doFetch(url, { ...init, signal: init.signal ?? AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      const late = error instanceof DOMException && error.name === 'TimeoutError';
      throw new CommandError(
        late
          ? `The server at ${options.server} did not answer within ${TIMEOUT_MS / 1000} s.`
          : `No server answers at ${options.server}. Is it running? Name another one with --server.`,
      );
    }
  };
  const openGateway: Client['openGateway'] = (method, path, { body, headers = {}, signal } = {}) =>
    request(`${options.server}/v1/${path}`, {
      method,
      ...encode(body, { Authorization: `Bearer ${options.key}`, ...headers }),
      ...(signal === undefined ? {} : { signal }),
    });
  return {
    async call(method, path, body) {
      const url = new URL(`${options.server}/manage/v1/${path}`);
      if (options.organization !== undefined) url.searchParams.set('organization_id', options.organization);
      return read(
        await request(url.href, { method, ...encode(body, { 'PersoLive-APIKey': options.key }) }),
        explain,
      );
    },
    async callGateway(method, path, body) {
      if (options.organization !== undefined) {
        throw new CommandError(
          "This command acts for the key's own organization; use a key of the other one instead of --organization.",
        );
      }
      return read(await openGateway(method, path, { body }), explainGateway);
    },
    openGateway,
    async download(url) {
      const response = await request(url, {});
      if (!response.ok) throw new CommandError(`The file could not be loaded (status ${response.status}).`);
      return response.text();
    },
  };
}

function encode(body: object | FormData | undefined, headers: Readonly<Record<string, string>>): RequestInit {
  if (body === undefined) return { headers };
  if (body instanceof FormData) return { headers, body };
  return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function read(
  response: Response,
  explainFailure: (status: number, body: string) => string,
): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new CommandError(explainFailure(response.status, text));
  return text === '' ? undefined : JSON.parse(text);
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

/** What went wrong, in either dialect of the gateway: `{error: text}` or `{error: {message}}`. */
export function explainGateway(status: number, body: string): string {
  try {
    const { error, issues = [] } = JSON.parse(body) as {
      readonly error: string | { readonly message: string };
      readonly issues?: readonly { readonly path: string; readonly message: string }[];
    };
    const text = typeof error === 'string' ? error : error.message;
    if (typeof text !== 'string') throw new TypeError('no message');
    return [text, ...issues.map(({ path, message }) => `${path}: ${message}`)].join('\n');
  } catch {
    return `The server answered with status ${status}. Is it a Visavox server?`;
  }
}
