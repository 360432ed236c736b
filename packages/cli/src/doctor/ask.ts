/** One HTTP request whose outcome is a value: an answer, or why none came in words for people. */
import { codeOf } from './finding.ts';
import { canResolve } from './names.ts';

export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly type: string; readonly text: string }
  | { readonly kind: 'unreachable'; readonly reason: string; readonly code: string | undefined };

export interface AskOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly nameServers?: readonly string[] | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** What is kept of an answer: enough for every JSON that is looked into. */
const MAX_CHARACTERS = 256 * 1024;

/** Follows no redirect: they could carry the key elsewhere. */
export async function ask(url: string, options: AskOptions): Promise<Answer> {
  const { timeoutMs, method = 'GET', headers = {}, body, nameServers } = options;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  const signal = AbortSignal.any([options.signal, limit.signal]);
  try {
    if (!(await canResolve(new URL(url).hostname, { signal, nameServers }))) return SILENT_NAME_SERVERS;
    const response = await (options.fetch ?? fetch)(url, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    });
    return {
      kind: 'answer',
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      text: await readStart(response),
    };
  } catch (error) {
    options.signal.throwIfAborted();
    if (limit.signal.aborted) {
      return {
        kind: 'unreachable',
        reason: `did not answer within ${timeoutMs / 1000} s`,
        code: 'ETIMEDOUT',
      };
    }
    const code = codeOf(error);
    return { kind: 'unreachable', reason: explainCode(code), code };
  } finally {
    clearTimeout(timer);
  }
}

export const SILENT_NAME_SERVERS = {
  kind: 'unreachable',
  reason: 'cannot be found: no name server (DNS) answers',
  code: 'ETIMEOUT',
} as const;

/** A sentence's end for the code of a connection that failed. */
export function explainCode(code: string | undefined): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refuses connections';
    case 'ENOTFOUND':
    case 'EAI_NODATA':
      return 'has a name that does not exist';
    case 'EAI_AGAIN':
      return SILENT_NAME_SERVERS.reason;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'closed the connection';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'is not reachable from this network';
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'did not answer in time';
    case 'CERT_HAS_EXPIRED':
      return 'has a certificate that has expired';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'has a certificate that nobody known has signed';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'has a certificate for another name';
    default:
      return code === undefined ? 'could not be asked' : `could not be asked (${code})`;
  }
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > MAX_CHARACTERS) break;
  }
  return text;
}
