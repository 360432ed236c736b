/** The HTTP face of the server: health, documentation, the console's files, pictures, and the Perso API. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createOpenApiDocument, type IceServer, PlatformError, persoRoutes } from '@visavox/contract';
import { Hono } from 'hono';
import { renderDocsPage } from './docs.ts';
import { CORS_HEADERS, errorResponse, toPlatformError } from './errors.ts';
import { createPersoHandlers, type PersoContext } from './perso/routes.ts';
import { createView } from './perso/view.ts';

export interface HttpOptions extends PersoContext {
  readonly iceServers: readonly IceServer[];
  readonly version: string;
  readonly publicUrl: string | undefined;
  /** Folder of the built console; absent when it is not built. */
  readonly consoleDirectory: string | undefined;
  readonly now: () => Date;
}

const OPENAPI_PATH = '/openapi/perso.json';
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

export function createHttpApp(options: HttpOptions): {
  fetch(request: Request, env?: object): Response | Promise<Response>;
} {
  const { log, store } = options;
  const handlers = createPersoHandlers(options);
  const app = new Hono({
    getPath: (request: Request) => normalizePath(new URL(request.url).pathname),
  });

  const baseUrlOf = (request: Request): string => options.publicUrl ?? new URL(request.url).origin;

  app.use(async (context, next) => {
    if (context.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: CORS_HEADERS });
    // No name holds a NUL character, and no database can be asked for one.
    if (context.req.path.includes('%00')) throw new PlatformError('not_found', 'Nothing is here.');
    await next();
    for (const [name, value] of Object.entries(CORS_HEADERS)) context.res.headers.set(name, value);
    context.res.headers.set('X-Content-Type-Options', 'nosniff');
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

  const documentFor = (request: Request) =>
    createOpenApiDocument({
      title: 'Visavox: Perso Interactive API',
      description: 'Sessions with AI humans: catalogue, WebRTC exchange, language, speech.',
      version: options.version,
      serverUrl: baseUrlOf(request),
      routes: persoRoutes,
    });
  app.get(OPENAPI_PATH, (context) => context.json(documentFor(context.req.raw)));
  app.get('/docs', (context) => context.html(renderDocsPage(documentFor(context.req.raw), OPENAPI_PATH)));

  app.get('/media/background-images/:id', async (context) => {
    const image = await store.findBackgroundImage(context.req.param('id'));
    if (image === undefined) throw new PlatformError('not_found', 'No such background image.');
    return picture(image.image, image.mediaType);
  });
  app.get('/media/model-styles/:name/preview', async (context) => {
    const style = options.modelStyles.find(({ name }) => name === context.req.param('name'));
    if (style === undefined) throw new PlatformError('not_found', 'No such model style.');
    return picture(
      await readFile(style.previewFile),
      CONTENT_TYPES[path.extname(style.previewFile)] ?? 'application/octet-stream',
    );
  });

  for (const route of persoRoutes) {
    const honoPath = route.path.replace(/\/$/, '').replace(/\{(\w+)\}/g, ':$1');
    app.on(route.method.toUpperCase(), honoPath, async (context) => {
      const request = context.req.raw;
      const organizationId = await authenticate(request, options, route.auth === 'key');
      const result = await handlers[route.operationId]({
        request,
        organizationId,
        parameters: context.req.param(),
        query: new URL(request.url).searchParams,
        view: createView({ ...options, baseUrl: baseUrlOf(request) }),
      });
      return result instanceof Response ? result : Response.json(result);
    });
    app.all(honoPath, (context) => {
      throw new PlatformError('method_not_allowed', `Method ${context.req.method} is not allowed here.`);
    });
  }

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

/** Collapses duplicate slashes (clients join base and path verbatim) and drops the trailing one. */
function normalizePath(pathname: string): string {
  const collapsed = pathname.replace(/\/{2,}/g, '/');
  return collapsed.length > 1 ? collapsed.replace(/\/$/, '') : collapsed;
}

/** Where no key is needed a wrong one is ignored, as the contract says. */
async function authenticate(
  request: Request,
  options: HttpOptions,
  required: boolean,
): Promise<string | undefined> {
  const key =
    request.headers.get('PersoLive-APIKey') ??
    request.headers.get('PersoPlatform-APIKey') ??
    /^Bearer\s+(\S+)$/i.exec(request.headers.get('Authorization') ?? '')?.[1];
  if (key === undefined || key === '') {
    if (!required) return undefined;
    throw new PlatformError('not_authenticated', 'An API key is needed in the header PersoLive-APIKey.');
  }
  const organization = await options.store.findOrganizationByKey(key);
  if (organization === undefined && required) {
    throw new PlatformError('authentication_failed', 'The API key is not valid.');
  }
  return organization?.id;
}

function picture(bytes: Uint8Array, mediaType: string): Response {
  return new Response(new Uint8Array(bytes), {
    headers: { 'Content-Type': mediaType, 'Cache-Control': 'public, max-age=3600' },
  });
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
