/** Writes the OpenAPI 3.1 document of a list of route descriptions. */
import { z } from 'zod';
import { errorBody } from './perso/entities.ts';
import type { RouteDescription } from './route.ts';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, unknown>>;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly description?: string;
    readonly schema: { readonly type: string };
  }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: unknown }>>;
}

const ERROR_DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The input, or the phase of the session, does not fit',
  401: 'The API key is missing or wrong',
  403: 'The API key may not do this',
  404: 'Unknown id or path',
  409: 'Used by others',
  413: 'Too large',
  415: 'Content type not accepted',
  429: 'Rate limit or quota used up',
  503: 'A needed component is not available',
};

export function createOpenApiDocument(options: {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly serverUrl: string;
  readonly routes: readonly RouteDescription[];
}): OpenApiDocument {
  const schemas: Record<string, unknown> = {};
  const reference = (schema: z.ZodType, io: 'input' | 'output'): unknown => {
    const { $schema: _, $defs, ...body } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
    for (const [id, definition] of Object.entries($defs ?? {})) schemas[id] = moveReferences(definition);
    const id = typeof schema.meta()?.id === 'string' ? String(schema.meta()?.id) : undefined;
    if (id === undefined) return moveReferences(body);
    schemas[id] = moveReferences(body);
    return { $ref: `#/components/schemas/${id}` };
  };
  const errorContent = { 'application/json': { schema: reference(errorBody, 'output') } };

  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of options.routes) {
    const successContent = describeSuccess(route, reference);
    const operation: OpenApiOperation = {
      operationId: route.operationId,
      tags: [route.tag],
      summary: route.summary,
      ...(route.description === undefined ? {} : { description: route.description }),
      security: route.auth !== 'session' ? [{ apiKey: [] }, { bearer: [] }] : [],
      parameters: [
        ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
          name: name ?? '',
          in: 'path',
          required: true,
          schema: { type: 'string' },
        })),
        ...Object.entries(route.query ?? {}).map(([name, description]) => ({
          name,
          in: 'query',
          required: false,
          description,
          schema: { type: 'string' },
        })),
      ],
      ...(route.body === undefined
        ? {}
        : {
            requestBody: {
              required: true,
              content: {
                [route.body.type === 'json' ? 'application/json' : 'multipart/form-data']: {
                  schema: reference(route.body.schema, 'input'),
                },
              },
            },
          }),
      responses: {
        [route.success.status]: { description: route.success.description, ...successContent },
        ...Object.fromEntries(
          [...route.errors, 500].map((status) => [
            status,
            { description: ERROR_DESCRIPTIONS[status] ?? 'The server failed', content: errorContent },
          ]),
        ),
      },
    };
    paths[route.path] = { ...paths[route.path], [route.method]: operation };
  }
  return {
    openapi: '3.1.0',
    info: { title: options.title, version: options.version, description: options.description },
    servers: [{ url: options.serverUrl }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'PersoLive-APIKey' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function describeSuccess(
  route: RouteDescription,
  reference: (schema: z.ZodType, io: 'output') => unknown,
): { readonly content?: unknown } {
  const { success } = route;
  if (success.status === 204) return {};
  return {
    content:
      success.schema === undefined
        ? { [success.contentType ?? 'text/plain']: { schema: { type: 'string' } } }
        : { 'application/json': { schema: reference(success.schema, 'output') } },
  };
}

/** zod refers to `#/$defs/X`; OpenAPI keeps them in `#/components/schemas/X`. */
function moveReferences(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(moveReferences);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => key !== '$schema' && key !== 'id')
      .map(([key, value]) =>
        key === '$ref' && typeof value === 'string'
          ? [key, value.replace('#/$defs/', '#/components/schemas/')]
          : [key, moveReferences(value)],
      ),
  );
}
