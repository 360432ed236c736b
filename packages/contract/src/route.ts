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
