/** Binds described operations to their handlers: paths, authentication, and what a handler gets to see. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PlatformError, type RouteDescription } from '@visavox/contract';
import type { Context, Hono } from 'hono';
import type { KeyOwner } from '../store/store.ts';
import { JsonAnswer } from './json-answer.ts';
import type { Keyring } from './keyring.ts';
import { PartAnswer } from './part-answer.ts';
import type { RateLimits } from './rate-limits.ts';

export interface Call {
  readonly request: Request;
  /** Parameters of the path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Where clients reach this server, without a trailing slash. */
  readonly baseUrl: string;
  /** Whose key came along; undefined only where none is needed. */
  readonly caller: KeyOwner | undefined;
}

/** An object that is no answer of its own becomes the JSON of one. */
export type Handler = (call: Call) => Promise<Response | PartAnswer | JsonAnswer | object | undefined>;

export interface BindOptions {
  readonly keyring: Keyring;
  readonly limits: RateLimits;
  readonly baseUrlOf: (request: Request) => string;
  /** Who the client is, where only a process of this server can send it; otherwise the socket tells. */
  readonly clientAddressHeader?: string | undefined;
  /** Prints errors in the dialect of these routes. Default: that of the app. */
  readonly onError?: (error: unknown) => Response;
  /** What is checked besides the key, before the handler. */
  readonly admit?: (caller: KeyOwner) => void;
  /** Other methods of these paths come to another app. */
  readonly withoutOtherMethods?: boolean;
}

/** Of the whole path set the methods of one path come together, so that 405 is told from 404. */
export function bindRoutes<Id extends string>(
  app: Hono,
  routes: readonly (RouteDescription & { readonly operationId: Id })[],
  handlers: Readonly<Record<Id, Handler>>,
  options: BindOptions,
): void {
  const { onError } = options;
  const guard = (run: (context: Context) => Promise<Response>) =>
    onError === undefined ? run : (context: Context) => run(context).catch(onError);
  const paths = new Map<string, (RouteDescription & { readonly operationId: Id })[]>();
  for (const route of routes) {
    const path = route.path.replace(/\/$/, '').replace(/\{(\w+)\}/g, ':$1');
    paths.set(path, [...(paths.get(path) ?? []), route]);
  }
  for (const [path, methods] of paths) {
    for (const route of methods) {
      const handle = guard(async (context) => {
        const request = context.req.raw;
        const parameters = context.req.param() as Record<string, string>; // every name of the path is there
        const caller = await authenticate(route, context, parameters, options);
        if (caller !== undefined) options.admit?.(caller);
        const result = await handlers[route.operationId]({
          request,
          caller,
          parameters,
          // Few operations ask for these.
          get query() {
            return new URL(request.url).searchParams;
          },
          get baseUrl() {
            return options.baseUrlOf(request);
          },
        });
        if (result instanceof Response) return result;
        if (result instanceof PartAnswer || result instanceof JsonAnswer) {
          const { outgoing } = socketOf(context);
          return outgoing === undefined ? result.toResponse() : result.writeTo(outgoing);
        }
        if (result === undefined) return new Response(null, { status: 204 });
        return Response.json(result, { status: route.success.status });
      });
      app.on(route.method.toUpperCase(), path, handle);
    }
    if (options.withoutOtherMethods === true) continue;
    app.all(
      path,
      guard(async (context) => {
        throw new PlatformError('method_not_allowed', `Method ${context.req.method} is not allowed here.`);
      }),
    );
  }
}

/** Some of the routes, by their operations. */
export function pickRoutes<Id extends string>(
  routes: readonly (RouteDescription & { readonly operationId: string })[],
  ids: readonly Id[],
): readonly (RouteDescription & { readonly operationId: Id })[] {
  return routes.flatMap((route) => {
    const operationId = ids.find((id) => id === route.operationId);
    return operationId === undefined ? [] : [{ ...route, operationId }];
  });
}

/** Where no key is needed a wrong one is ignored, as the contract says. */
async function authenticate(
  route: RouteDescription,
  context: Context,
  parameters: Readonly<Record<string, string>>,
  { keyring, limits, clientAddressHeader }: BindOptions,
): Promise<KeyOwner | undefined> {
  const request = context.req.raw;
  const address = clientAddress(context, clientAddressHeader);
  if (route.auth === 'session') {
    await limits.consume('session', parameters['session_id'] ?? '');
    return keyring.identify(request, address).catch(() => undefined);
  }
  const caller = await keyring.require(request, address);
  if (route.auth === 'operator' && caller.role !== 'operator') {
    throw new PlatformError('permission_denied', "This needs an operator's key.");
  }
  if (route.auth === 'admin' && caller.role === 'client') {
    throw new PlatformError('permission_denied', "This needs an admin's or operator's key.");
  }
  return caller;
}

function clientAddress(context: Context, header: string | undefined): string {
  const told = header === undefined ? undefined : context.req.header(header);
  if (told !== undefined) return told;
  return socketOf(context).incoming?.socket.remoteAddress ?? 'unknown';
}

/** Set by the server's adapter; absent when the app is called without a socket. */
function socketOf(context: Context): {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
} {
  return context.env ?? {};
}
