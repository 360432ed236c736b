/** How an HTTP operation is described, whichever contract it belongs to. */
import type { z } from 'zod';

export interface RouteDescription {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'patch' | 'put' | 'delete';
  /** With `{name}` parameters and the trailing slash of the contract. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /**
   * `key`: an API key is needed. `session`: knowing the session id suffices. `admin`: a key that manages its
   * organization. `operator`: a key that manages all.
   */
  readonly auth: 'key' | 'session' | 'admin' | 'operator';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?:
    | { readonly type: 'json'; readonly schema: z.ZodType }
    | { readonly type: 'form'; readonly schema: z.ZodType };
  readonly success: {
    readonly status: 200 | 201 | 202 | 204;
    readonly description: string;
    readonly schema?: z.ZodType;
    readonly contentType?: string;
  };
  /** Statuses of the errors this operation answers with, besides 500. */
  readonly errors: readonly number[];
}

/** What differs between the operations of one API. */
export interface RouteDetails {
  readonly auth?: RouteDescription['auth'];
  readonly description?: string;
  readonly query?: RouteDescription['query'];
  readonly json?: z.ZodType;
  readonly form?: z.ZodType;
  readonly status?: RouteDescription['success']['status'];
  readonly result?: z.ZodType;
  readonly contentType?: string;
  readonly errors?: readonly number[];
}

/** Describes the operations of one API below its root, e.g. `/v1`, with what all of them share. */
export function createRoute(options: {
  readonly root: string;
  readonly auth: RouteDescription['auth'];
  readonly errors: readonly number[];
  /** Of an operation that says nothing about its success. */
  readonly emptyStatus: 200 | 204;
}) {
  return <const Id extends string>(
    operationId: Id,
    method: RouteDescription['method'],
    path: string,
    tag: string,
    summary: string,
    rest: RouteDetails,
  ): RouteDescription & { readonly operationId: Id } => ({
    operationId,
    method,
    path: `${options.root}/${path}`,
    tag,
    summary,
    auth: rest.auth ?? options.auth,
    ...(rest.description === undefined ? {} : { description: rest.description }),
    ...(rest.query === undefined ? {} : { query: rest.query }),
    ...(rest.json === undefined ? {} : { body: { type: 'json' as const, schema: rest.json } }),
    ...(rest.form === undefined ? {} : { body: { type: 'form' as const, schema: rest.form } }),
    success: {
      status:
        rest.status ??
        (rest.result === undefined && rest.contentType === undefined ? options.emptyStatus : 200),
      description: 'Done',
      ...(rest.result === undefined ? {} : { schema: rest.result }),
      ...(rest.contentType === undefined ? {} : { contentType: rest.contentType }),
    },
    errors: [...options.errors, ...(rest.errors ?? [])],
  });
}
