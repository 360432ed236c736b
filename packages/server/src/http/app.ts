/** The HTTP face of the server: health, documentation, the console's files, pictures, and the Perso API. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createOpenApiDocument, type OpenApiDocument, PlatformError, persoRoutes } from '@visavox/contract';
import { manageRoutes } from '@visavox/contract/manage';
import { openAiRoutes, spekoRoutes } from '@visavox/contract/speko';
import type { Context } from 'hono';
import { type AppFetch, createBaseApp, createFetch } from './base-app.ts';
import { type BindOptions, bindRoutes } from './bind.ts';
import { renderDocsPage } from './docs.ts';
import { bindCalls, bindGateway, CALL_PATHS, type GatewayAppOptions } from './gateway-app.ts';
import type { Keyring } from './keyring.ts';
import { createManageHandlers, type ManageContext } from './manage/routes.ts';
import { serveMediaFiles } from './media-files.ts';
import { createPersoHandlers, type PersoContext } from './perso/routes.ts';
import type { RateLimits } from './rate-limits.ts';
import { serveSdkFiles } from './sdk-files.ts';

export interface HttpOptions
  extends PersoContext,
    ManageContext,
    Omit<GatewayAppOptions, 'log' | 'decodeAudio' | 'now' | 'knowledge'> {
  readonly publicUrl: string | undefined;
  readonly limits: RateLimits;
  readonly keyring: Keyring;
  /** See {@link BindOptions}. */
  readonly clientAddressHeader?: BindOptions['clientAddressHeader'];
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

export function createHttpApp(options: HttpOptions): { readonly fetch: AppFetch } {
  const { log, store } = options;
  const { limits, keyring } = options;
  const app = createBaseApp(log);

  const baseUrlOf = (request: Request): string => options.publicUrl ?? new URL(request.url).origin;

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

  const { clientAddressHeader } = options;
  const binding = { keyring, limits, baseUrlOf, clientAddressHeader };
  bindRoutes(app, persoRoutes, createPersoHandlers(options), binding);
  bindRoutes(app, manageRoutes, createManageHandlers(options), binding);

  bindGateway(app, options, binding);
  const calls = createBaseApp(log);
  bindCalls(calls, options, binding);

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
  return { fetch: createFetch(app, { app: calls, paths: CALL_PATHS }) };
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
