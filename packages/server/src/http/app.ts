/** The HTTP face of the server: health, documentation, the console's files, pictures, and the Perso API. */
import { readFile, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { createOpenApiDocument, type OpenApiDocument, PlatformError, persoRoutes } from '@visavox/contract';
import { manageRoutes } from '@visavox/contract/manage';
import { openAiRoutes, spekoRoutes } from '@visavox/contract/speko';
import { type Context, Hono } from 'hono';
import { bindRoutes } from './bind.ts';
import { renderDocsPage } from './docs.ts';
import { CORS_HEADERS, errorResponse, toPlatformError } from './errors.ts';
import { bindGateway, type GatewayAppOptions } from './gateway-app.ts';
import { createKeyring } from './keyring.ts';
import { createManageHandlers, type ManageContext } from './manage/routes.ts';
import { serveMediaFiles } from './media-files.ts';
import { createPersoHandlers, type PersoContext } from './perso/routes.ts';
import { createRateLimits, type RateLimitOptions } from './rate-limits.ts';
import { serveSdkFiles } from './sdk-files.ts';

export interface HttpOptions
  extends PersoContext,
    Omit<ManageContext, 'keyring'>,
    Omit<GatewayAppOptions, 'log' | 'decodeAudio' | 'now' | 'knowledge'> {
  readonly publicUrl: string | undefined;
  readonly rateLimits: RateLimitOptions;
  /** Folder of the built console; absent when it is not built. */
  readonly consoleDirectory: string | undefined;
  /** Folder of the built browser SDK; absent when it is not built. */
  readonly sdkDirectory: string | undefined;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

const COMMON_HEADERS = [...Object.entries(CORS_HEADERS), ['X-Content-Type-Options', 'nosniff']] as const;

export function createHttpApp(options: HttpOptions): {
  fetch(request: Request, env?: object): Response | Promise<Response>;
} {
  const { log, store } = options;
  const limits = createRateLimits(options.rateLimits);
  const keyring = createKeyring({
    store,
    limits,
    now: () => performance.now(),
    onError: (error) => log.warn({ err: error }, 'the last use of a key could not be kept'),
  });
  const app = new Hono({
    getPath: (request: Request) => normalizePath(pathOf(request.url)),
  });

  const baseUrlOf = (request: Request): string => options.publicUrl ?? new URL(request.url).origin;

  app.use(async (context, next) => {
    if (context.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: CORS_HEADERS });
    // No name holds a NUL character, and no database can be asked for one.
    if (context.req.path.includes('%00')) throw new PlatformError('not_found', 'Nothing is here.');
    // Set on the socket's own answer where there is one: changing those of a response costs far more.
    const { outgoing } = (context.env ?? {}) as { outgoing?: Pick<ServerResponse, 'setHeader'> };
    if (outgoing !== undefined) for (const [name, value] of COMMON_HEADERS) outgoing.setHeader(name, value);
    await next();
    if (outgoing === undefined)
      for (const [name, value] of COMMON_HEADERS) context.res.headers.set(name, value);
    return undefined;
  });

  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    try {
      await store.ping();
      return context.json({ status: 'ready', database: store.kind, sessions: options.sessions.liveCount });
    } catch (error) {
      log.error({ err: error }, 'the database does not answer');
      return context.json({ status: 'not ready', detail: 'The database does not answer.' }, 503);
    }
  });

  const documents = {
    perso: {
      path: '/openapi/perso.json',
      title: 'Visavox: Perso Interactive API',
      description: 'Sessions with AI humans: catalogue, WebRTC exchange, language, speech.',
      routes: persoRoutes,
    },
    manage: {
      path: '/openapi/manage.json',
      title: 'Visavox: management API',
      description: 'Organizations, keys, prompts, documents, pictures, tool servers, rule sets, templates.',
      routes: manageRoutes,
    },
    speko: {
      path: '/openapi/speko.json',
      title: 'Visavox: voice gateway',
      description: 'One API over every recogniser, language model and voice, routed and with failover.',
      routes: [...spekoRoutes, ...openAiRoutes],
    },
  } as const;
  /** Each document is written once per origin. */
  const written = new Map<string, OpenApiDocument>();
  const documentFor = (name: keyof typeof documents, request: Request): OpenApiDocument => {
    const serverUrl = baseUrlOf(request);
    const key = `${name} ${serverUrl}`;
    const known = written.get(key);
    if (known !== undefined) return known;
    if (written.size > 20) written.clear();
    const { title, description, routes } = documents[name];
    const document = createOpenApiDocument({
      title,
      description,
      version: options.version,
      serverUrl,
      routes,
    });
    written.set(key, document);
    return document;
  };
  for (const name of ['perso', 'manage', 'speko'] as const) {
    const { path: documentPath } = documents[name];
    const page = (context: Context) =>
      context.html(renderDocsPage(documentFor(name, context.req.raw), documentPath));
    app.get(documentPath, (context) => context.json(documentFor(name, context.req.raw)));
    app.get(`/docs/${name}`, page);
    if (name === 'perso') app.get('/docs', page);
  }

  serveMediaFiles(app, options);
  serveSdkFiles(app, options.sdkDirectory);

  const binding = { keyring, limits, baseUrlOf };
  bindRoutes(app, persoRoutes, createPersoHandlers(options), binding);
  bindRoutes(app, manageRoutes, createManageHandlers({ ...options, keyring }), binding);

  bindGateway(app, options, binding);

  app.get('*', async (context) => {
    const file = await findConsoleFile(options.consoleDirectory, context.req.path);
    if (file === undefined)
      throw new PlatformError(
        'not_found',
        'Nothing is here. The API begins at /api/v1/, its documentation at /docs.',
      );
    const hashed = context.req.path.startsWith('/assets/');
    return new Response(new Uint8Array(await readFile(file)), {
      headers: {
        'Content-Type': CONTENT_TYPES[path.extname(file)] ?? 'application/octet-stream',
        'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
    });
  });
  app.notFound(() => errorResponse(new PlatformError('not_found', 'Nothing is here.')));
  app.onError((error, context) =>
    // Nobody reads the answer of a request that was given up, and an abort is no failure of the server.
    context.req.raw.signal.aborted
      ? errorResponse(new PlatformError('unavailable', 'The request was given up.', { cause: error }))
      : errorResponse(toPlatformError(error, log)),
  );
  return app;
}

/** The path of an absolute URL, as it came: requests are too many for a parser that they do not need. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  if (start < 0) return '/';
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

/** Collapses duplicate slashes (clients join base and path verbatim) and drops the trailing one. */
function normalizePath(pathname: string): string {
  const collapsed = pathname.replace(/\/{2,}/g, '/');
  return collapsed.length > 1 ? collapsed.replace(/\/$/, '') : collapsed;
}

async function findConsoleFile(
  directory: string | undefined,
  requestPath: string,
): Promise<string | undefined> {
  if (directory === undefined) return undefined;
  let decoded: string;
  try {
    decoded = decodeURIComponent(requestPath);
  } catch {
    return undefined;
  }
  const file = path.join(directory, decoded === '/' ? 'index.html' : decoded);
  if (!file.startsWith(directory + path.sep) || file.includes('\0')) return undefined;
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? file : undefined;
}
