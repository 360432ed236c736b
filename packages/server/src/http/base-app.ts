/** What every face of the server does with a request before and after its handler. */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { PlatformError } from '@visavox/contract';
import { type Context, Hono } from 'hono';
import type { Log } from '../telemetry/log.ts';
import { COMMON_HEADERS, CORS_HEADERS } from './common-headers.ts';
import { errorResponse, toPlatformError } from './errors.ts';

const COMMON = Object.entries(COMMON_HEADERS);

export type AppFetch = (request: Request, env?: object) => Response | Promise<Response>;

/** Routes, and what is answered where none fits or one fails. `answerFirst`: may answer an error in its own way. */
export function createBaseApp(
  log: Log,
  answerFirst: (error: Error, context: Context) => Response | undefined = () => undefined,
): Hono {
  const app = new Hono({ getPath });
  app.notFound(nothingHere);
  app.onError((error, context) => {
    const answer = answerFirst(error, context);
    if (answer !== undefined) return answer;
    // Nobody reads the answer of a request that was given up, and an abort is no failure of the server.
    return context.req.raw.signal.aborted
      ? errorResponse(new PlatformError('unavailable', 'The request was given up.', { cause: error }))
      : errorResponse(toPlatformError(error, log));
  });
  return app;
}

/**
 * The face of an app: preflights, and the headers that every answer has. POST requests to the paths of `calls` go to an app
 * with one handler for each: the way through a stack of handlers is a noticeable part of what a call takes.
 */
export function createFetch(
  app: Hono,
  calls?: { readonly app: Hono; readonly paths: ReadonlySet<string> },
): AppFetch {
  const answer = async (request: Request, env: object | undefined): Promise<Response> => {
    const path = getPath(request);
    // No name holds a NUL character, and no database can be asked for one.
    if (path.includes('%00')) return nothingHere();
    const isCall = request.method === 'POST' && calls?.paths.has(path) === true;
    return (isCall ? calls.app : app).fetch(request, env);
  };
  return (request, env) =>
    request.method === 'OPTIONS'
      ? new Response(null, { status: 204, headers: CORS_HEADERS })
      : answer(request, env).then((response) => withCommonHeaders(response, env));
}

const nothingHere = (): Response => errorResponse(new PlatformError('not_found', 'Nothing is here.'));

function withCommonHeaders(response: Response, env: object | undefined): Response {
  // What is on its way already has them.
  if (response === RESPONSE_ALREADY_SENT) return response;
  const { outgoing } = (env ?? {}) as { outgoing?: ServerResponse };
  for (const [name, value] of COMMON) {
    // On the socket's own answer where there is one: changing those of a response costs far more.
    if (outgoing === undefined) response.headers.set(name, value);
    else outgoing.setHeader(name, value);
  }
  return response;
}

function getPath(request: Request): string {
  return normalizePath(pathOf(request.url));
}

/** The path of an absolute URL, as it came: requests are too many for a parser that they do not need. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  if (start < 0) return '/';
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

/** Collapses duplicate slashes (clients join base and path verbatim) and drops the trailing one. */
export function normalizePath(pathname: string): string {
  const collapsed = pathname.replace(/\/{2,}/g, '/');
  return collapsed.length > 1 ? collapsed.replace(/\/$/, '') : collapsed;
}
