/** Every operation of the management API under `/manage/v1`: the one source for its OpenAPI file and for routing. */
import { z } from 'zod';
import { sessionEvent, sessionInfo } from '../perso/entities.ts';
import { createRoute } from '../route.ts';
import * as entity from './entities.ts';

const items = (schema: z.ZodType) => z.object({ items: z.array(schema) });

const route = createRoute({ root: '/manage/v1', auth: 'admin', errors: [401, 403], emptyStatus: 204 });

/** List, read, change, remove and lend: the same for every kind of resource. */
function resource<const Kind extends string>(
  kind: Kind,
  path: string,
  tag: string,
  schemas: { readonly entity: z.ZodType; readonly update: z.ZodType },
) {
  return [
    route(`list${kind}s`, 'get', path, tag, 'List', { result: items(schemas.entity) }),
    route(`get${kind}`, 'get', `${path}/{id}`, tag, 'Read', { result: schemas.entity, errors: [404] }),
    route(`update${kind}`, 'patch', `${path}/{id}`, tag, 'Change', {
      json: schemas.update,
      result: schemas.entity,
      errors: [400, 404],
    }),
    route(`delete${kind}`, 'delete', `${path}/{id}`, tag, 'Remove', {
      description: 'Refused with 409 while session templates use it.',
      errors: [404, 409],
    }),
    route(`list${kind}Borrowers`, 'get', `${path}/{id}/organizations`, tag, 'Organizations it is lent to', {
      result: entity.borrowers,
      errors: [404],
    }),
    route(`lend${kind}`, 'put', `${path}/{id}/organizations/{organization_id}`, tag, 'Lend', {
      auth: 'operator',
      errors: [404],
    }),
    route(`takeBack${kind}`, 'delete', `${path}/{id}/organizations/{organization_id}`, tag, 'Take back', {
      auth: 'operator',
      errors: [404],
    }),
  ] as const;
}

export const manageRoutes = [
  route('whoAmI', 'get', 'me', 'Organizations', 'The organization and role of the key', {
    result: entity.identity,
  }),
  route('getUsage', 'get', 'usage', 'Organizations', 'What is used of the limits', { result: entity.usage }),
  route('getCatalogue', 'get', 'catalogue', 'Organizations', 'Every name the server offers', {
    result: entity.catalogue,
  }),
  route('listOrganizations', 'get', 'organizations', 'Organizations', 'List', {
    auth: 'operator',
    result: items(entity.organization),
  }),
  route('createOrganization', 'post', 'organizations', 'Organizations', 'Create', {
    auth: 'operator',
    json: entity.createOrganization,
    status: 201,
    result: entity.organization,
    errors: [400, 409],
  }),
  route('updateOrganization', 'patch', 'organizations/{id}', 'Organizations', 'Change', {
    auth: 'operator',
    json: entity.updateOrganization,
    result: entity.organization,
    errors: [400, 404],
  }),
  route('deleteOrganization', 'delete', 'organizations/{id}', 'Organizations', 'Remove with all it owns', {
    auth: 'operator',
    errors: [404, 409],
  }),

  route('listApiKeys', 'get', 'keys', 'Keys', 'List', { result: items(entity.apiKey) }),
  route('createApiKey', 'post', 'keys', 'Keys', 'Create', {
    description: 'The key is in the answer and nowhere else afterwards.',
    json: entity.createApiKey,
    status: 201,
    result: entity.createdApiKey,
    errors: [400],
  }),
  route('updateApiKey', 'patch', 'keys/{id}', 'Keys', 'Change its name or budget', {
    json: entity.updateApiKey,
    result: entity.apiKey,
    errors: [400, 404],
  }),
  route('revokeApiKey', 'delete', 'keys/{id}', 'Keys', 'Revoke', { errors: [404] }),

  route('listScores', 'get', 'scores', 'Voice gateway', 'Measurements of the operator', {
    auth: 'operator',
    result: items(entity.scoreRow),
  }),
  route('importScores', 'post', 'scores', 'Voice gateway', 'Import measurements', {
    description:
      'A row replaces an earlier one of the same model, language, region and mode. In force at once.',
    auth: 'operator',
    json: entity.importScores,
    status: 201,
    result: entity.importedScores,
    errors: [400],
  }),
  route('removeScores', 'delete', 'scores', 'Voice gateway', 'Remove measurements', {
    auth: 'operator',
    query: { run_id: 'Only those of this run' },
  }),
  route('addCredit', 'post', 'organizations/{id}/credits', 'Voice gateway', 'Enter a credit or debit', {
    auth: 'operator',
    json: entity.addCredit,
    status: 201,
    result: entity.credit,
    errors: [400, 404],
  }),

  ...resource('Prompt', 'prompts', 'Prompts', {
    entity: entity.managedPrompt,
    update: entity.updatePrompt,
  }),
  route('createPrompt', 'post', 'prompts', 'Prompts', 'Create', {
    json: entity.createPrompt,
    status: 201,
    result: entity.managedPrompt,
    errors: [400],
  }),

  ...resource('Document', 'documents', 'Documents', {
    entity: entity.managedDocument,
    update: entity.updateDocument,
  }),
  route('createDocument', 'post', 'documents', 'Documents', 'Upload a file, or name the URL of one', {
    description: 'Processed in the background; read it again until `state` is `ready` or `failed`.',
    form: entity.createDocumentForm,
    status: 201,
    result: entity.managedDocument,
    errors: [400, 413, 415],
  }),
  route('processDocument', 'post', 'documents/{id}/process', 'Documents', 'Process again', {
    status: 202,
    result: entity.managedDocument,
    errors: [404],
  }),
  route('searchDocument', 'get', 'documents/{id}/passages', 'Documents', 'What a question would find', {
    query: { query: 'The question', limit: '1 to 50, default: search_count of the document' },
    result: items(entity.foundPassage),
    errors: [400, 404],
  }),

  ...resource('Background', 'backgrounds', 'Backgrounds', {
    entity: entity.managedBackground,
    update: entity.updateBackground,
  }),
  route('createBackground', 'post', 'backgrounds', 'Backgrounds', 'Upload a picture', {
    description: 'Checked, scaled down where it is larger than 3840 pixels, and kept as WebP.',
    form: entity.createBackgroundForm,
    status: 201,
    result: entity.managedBackground,
    errors: [400, 413, 415],
  }),

  ...resource('McpServer', 'mcp-servers', 'MCP servers', {
    entity: entity.managedMcpServer,
    update: entity.updateMcpServer,
  }),
  route('createMcpServer', 'post', 'mcp-servers', 'MCP servers', 'Register', {
    json: entity.createMcpServer,
    status: 201,
    result: entity.managedMcpServer,
    errors: [400],
  }),
  route('checkMcpServer', 'post', 'mcp-servers/{id}/check', 'MCP servers', 'Connect and list its tools', {
    result: entity.mcpCheck,
    errors: [404],
  }),

  ...resource('Normalization', 'normalizations', 'Text normalisation', {
    entity: entity.managedNormalization,
    update: entity.updateNormalization,
  }),
  route('createNormalization', 'post', 'normalizations', 'Text normalisation', 'Create', {
    json: entity.createNormalization,
    status: 201,
    result: entity.managedNormalization,
    errors: [400],
  }),
  route('tryNormalization', 'post', 'normalizations/{id}/try', 'Text normalisation', 'Apply to a text', {
    json: entity.tryNormalization,
    result: z.object({ normalized_text: z.string(), locale: z.string().nullable() }),
    errors: [400, 404],
  }),

  ...resource('Template', 'templates', 'Session templates', {
    entity: entity.managedTemplate,
    update: entity.updateTemplate,
  }),
  route('createTemplate', 'post', 'templates', 'Session templates', 'Create', {
    json: entity.createTemplate,
    status: 201,
    result: entity.managedTemplate,
    errors: [400],
  }),

  route('listManagedSessions', 'get', 'sessions', 'Sessions', 'Newest first', {
    query: { limit: '1 to 200, default 50', before: 'Session id: only older ones' },
    result: z.object({ items: z.array(sessionInfo), next: z.string().nullable() }),
    errors: [400],
  }),
  route('getManagedSession', 'get', 'sessions/{id}', 'Sessions', 'Read', {
    result: sessionInfo,
    errors: [404],
  }),
  route('listTurns', 'get', 'sessions/{id}/turns', 'Sessions', 'Questions, answers and their passages', {
    result: items(entity.turn),
    errors: [404],
  }),
  route('listSessionEvents', 'get', 'sessions/{id}/events', 'Sessions', 'What clients reported', {
    result: items(sessionEvent),
    errors: [404],
  }),
  route('endSession', 'delete', 'sessions/{id}', 'Sessions', 'End', { errors: [404] }),
] as const;
