/** The management API: each operation of its contract bound to the store, after the input was checked. */
import { randomBytes, randomUUID } from 'node:crypto';
import { PlatformError } from '@visavox/contract';
import {
  addCredit,
  createApiKey,
  createMcpServer,
  createNormalization,
  createOrganization,
  createPrompt,
  createTemplate,
  importScores,
  type manageRoutes,
  tryNormalization,
  updateApiKey,
  updateBackground,
  updateDocument,
  updateMcpServer,
  updateNormalization,
  updateOrganization,
  updatePrompt,
  updateTemplate,
} from '@visavox/contract/manage';
import type { z } from 'zod';
import type { Knowledge } from '../../knowledge/index.ts';
import type { GuardedFetch } from '../../outbound/guarded-fetch.ts';
import type { Meter } from '../../routing/meter.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Quotas } from '../../sessions/quotas.ts';
import type {
  McpServerRow,
  OrganizationRow,
  ResourceName,
  ResourceTable,
  SessionTemplateRow,
} from '../../store/store.ts';
import { detectLanguage, parseTextRules, type TextRules, TextRulesError } from '../../text/index.ts';
import { checkMcpServer, type McpServerDescription } from '../../tools/mcp.ts';
import type { Call, Handler } from '../bind.ts';
import { readJson } from '../body.ts';
import type { Keyring } from '../keyring.ts';
import { findProblems, loadParts } from '../perso/parts.ts';
import { callerOf, idOf, type PersoContext, pageOfSessions } from '../perso/routes.ts';
import { createView } from '../perso/view.ts';
import { type Changes, withoutUndefined } from '../without-undefined.ts';
import { showScore, toStoredScore } from './scores.ts';
import { readTemplateSettings } from './templates.ts';
import { readBackground, readDocument } from './uploads.ts';
import {
  readLimits,
  showBackground,
  showDocument,
  showKey,
  showMcpServer,
  showNormalization,
  showOrganization,
  showPrompt,
  showTemplate,
  showTurn,
  showUsage,
} from './view.ts';

export interface ManageContext extends PersoContext {
  readonly keyring: Keyring;
  readonly quotas: Quotas;
  readonly secrets: Secrets;
  readonly knowledge: Knowledge;
  readonly outbound: GuardedFetch;
  readonly describeMcpServer: (row: McpServerRow) => McpServerDescription;
  readonly meter: Meter;
  /** The measurements have changed: routing takes them up. */
  readonly reloadScores: () => Promise<void>;
  readonly version: string;
}

export type ManageOperationId = (typeof manageRoutes)[number]['operationId'];

const MAX_JSON_BYTES = 4 * 1024 * 1024;
const MAX_PASSAGES = 50;

function microUsd(usd: number | null | undefined): number | null | undefined {
  return usd === null || usd === undefined ? usd : Math.round(usd * 1_000_000);
}

export function createManageHandlers(context: ManageContext): Readonly<Record<ManageOperationId, Handler>> {
  const { store, keyring, knowledge, links, secrets } = context;

  /** The organization that is managed: the caller's own, or for an operator the one that the query names. */
  const organizationOf = async (call: Call): Promise<string> => {
    const { organization, role } = callerOf(call);
    const wanted = call.query.get('organization_id');
    if (wanted === null || wanted === organization.id) return organization.id;
    if (role !== 'operator') {
      throw new PlatformError('permission_denied', "Other organizations need an operator's key.");
    }
    if ((await store.organizations.find(wanted)) === undefined) throw missing('Organization', wanted);
    return wanted;
  };

  const read = async <Schema extends z.ZodType>(call: Call, schema: Schema) =>
    (await readJson(call.request, schema, MAX_JSON_BYTES)).value;

  /** Of its own an organization may do everything; what it was lent it may only see. */
  const findOwned = async <Row extends { readonly organizationId: string }>(
    call: Call,
    table: ResourceTable<Row, never>,
    label: string,
  ): Promise<Row> => {
    const id = idOf(call, 'id');
    const organizationId = await organizationOf(call);
    const found = await table.findFor(organizationId, id);
    if (found?.usable !== true) throw missing(label, id);
    if (found.row.organizationId !== organizationId) {
      throw new PlatformError('permission_denied', `${label} ${id} belongs to another organization.`);
    }
    return found.row;
  };

  const findUsable = async <Row>(call: Call, table: ResourceTable<Row, never>, label: string) => {
    const found = await table.findFor(await organizationOf(call), idOf(call, 'id'));
    if (found?.usable !== true) throw missing(label, idOf(call, 'id'));
    return found.row;
  };

  /** List, read, change, remove and lend: the same for every kind. */
  const resource = <
    Kind extends string,
    Row extends { readonly id: string; readonly organizationId: string },
    Insert,
  >(
    kind: Kind,
    name: ResourceName,
    label: string,
    table: ResourceTable<Row, Insert>,
    options: {
      readonly show: (row: Row, call: Call) => object | Promise<object>;
      readonly change: (call: Call, row: Row) => Promise<Changes<Insert>>;
    },
  ) => {
    const owned = (call: Call) => findOwned(call, table, label);
    const handlers: Record<string, Handler> = {
      [`list${kind}s`]: async (call) => ({
        items: await Promise.all(
          (await table.list(await organizationOf(call))).map((row) => options.show(row, call)),
        ),
      }),
      [`get${kind}`]: async (call) => options.show(await findUsable(call, table, label), call),
      [`update${kind}`]: async (call) => {
        const row = await owned(call);
        const changes = withoutUndefined<Partial<Insert>>(await options.change(call, row));
        const updated = Object.keys(changes).length === 0 ? row : await table.update(row.id, changes);
        return options.show(updated ?? row, call);
      },
      [`delete${kind}`]: async (call) => {
        const row = await owned(call);
        const users = await store.findTemplatesUsing(name, row.id);
        if (users.length > 0) {
          throw new PlatformError(
            'in_use',
            `${label} ${row.id} is used by the session templates ${users.map((user) => user.id).join(', ')}. Change or remove them first.`,
          );
        }
        await table.remove(row.id);
        return undefined;
      },
      [`list${kind}Borrowers`]: async (call) => ({
        organizations: await table.borrowers((await owned(call)).id),
      }),
      [`lend${kind}`]: async (call) => {
        const row = await table.find(idOf(call, 'id'));
        if (row === undefined) throw missing(label, idOf(call, 'id'));
        const borrower = idOf(call, 'organization_id');
        if ((await store.organizations.find(borrower)) === undefined) throw missing('Organization', borrower);
        await table.lend(row.id, borrower);
        return undefined;
      },
      [`takeBack${kind}`]: async (call) => {
        await table.takeBack(idOf(call, 'id'), idOf(call, 'organization_id'));
        return undefined;
      },
    };
    // The keys are made of `kind` exactly as the route table makes them.
    return handlers as Record<
      | `list${Kind}s`
      | `get${Kind}`
      | `update${Kind}`
      | `delete${Kind}`
      | `list${Kind}Borrowers`
      | `lend${Kind}`
      | `takeBack${Kind}`,
      Handler
    >;
  };

  const sealHeaders = (headers: Readonly<Record<string, string>> | undefined): string | null | undefined =>
    headers === undefined
      ? undefined
      : Object.keys(headers).length === 0
        ? null
        : secrets.seal(JSON.stringify(headers));

  const showMcp = (row: McpServerRow) =>
    showMcpServer(row, Object.keys(context.describeMcpServer(row).headers));

  const showOneTemplate = async (row: SessionTemplateRow) => {
    const problems = findProblems(
      row,
      await loadParts(store, row),
      context.modelStyles.map(({ name }) => name),
    );
    return showTemplate(
      row,
      problems.map(({ detail }) => detail),
    );
  };

  const findSession = async (call: Call) => {
    const row = await context.sessions.read(idOf(call, 'id'));
    if (row.organizationId !== (await organizationOf(call))) throw missing('Session', row.id);
    return row;
  };

  const sessionInfo = async (call: Call, row: Awaited<ReturnType<typeof findSession>>) =>
    createView({ ...context, baseUrl: call.baseUrl }).sessionInfo(row, {
      ...(await loadParts(store, row)),
      withSystemPrompt: true,
    });

  return {
    whoAmI: async (call) => {
      const { organization, keyId, role } = callerOf(call);
      return {
        organization: showOrganization(organization),
        key: { id: keyId, role },
        version: context.version,
      };
    },
    getUsage: async (call) => {
      const organizationId = await organizationOf(call);
      return showUsage(organizationId, await context.quotas.usage(organizationId));
    },
    getCatalogue: async (call) => {
      const view = createView({ ...context, baseUrl: call.baseUrl });
      return {
        llm_types: context.catalogue.llmTypes,
        tts_types: context.catalogue.ttsTypes,
        stt_types: context.catalogue.sttTypes,
        model_styles: context.modelStyles.map(view.modelStyle),
        ice_servers: context.iceServers,
      };
    },

    listOrganizations: async () => ({ items: (await store.organizations.list()).map(showOrganization) }),
    createOrganization: async (call) => {
      const value = await read(call, createOrganization);
      const id = value.id ?? `org-${randomBytes(8).toString('hex')}`;
      if ((await store.organizations.find(id)) !== undefined) {
        throw new PlatformError('in_use', `Organization ${id} exists already.`, { attr: 'id' });
      }
      const row = await store.organizations.insert({
        id,
        name: value.name,
        limits: readLimits(value.limits ?? {}),
        features: readFeatures(value.features ?? {}),
      });
      return showOrganization(row);
    },
    updateOrganization: async (call) => {
      const value = await read(call, updateOrganization);
      const changes = withoutUndefined<Partial<Pick<OrganizationRow, 'name' | 'limits' | 'features'>>>({
        name: value.name,
        limits: value.limits === undefined ? undefined : readLimits(value.limits),
        features: value.features === undefined ? undefined : readFeatures(value.features),
      });
      const id = idOf(call, 'id');
      const row =
        Object.keys(changes).length === 0
          ? await store.organizations.find(id)
          : await store.organizations.update(id, changes);
      if (row === undefined) throw missing('Organization', id);
      keyring.forget();
      return showOrganization(row);
    },
    deleteOrganization: async (call) => {
      const id = idOf(call, 'id');
      if (id === callerOf(call).organization.id) {
        throw new PlatformError('in_use', 'The organization of the key that asks cannot be removed.');
      }
      if ((await context.quotas.usage(id)).activeSessions > 0) {
        throw new PlatformError('in_use', `Organization ${id} has active sessions. End them first.`);
      }
      if (!(await store.organizations.remove(id))) throw missing('Organization', id);
      keyring.forget();
      return undefined;
    },

    listApiKeys: async (call) => {
      const organizationId = await organizationOf(call);
      await context.meter.flush();
      const spent = await store.gateway.spentByKey(organizationId);
      return { items: (await store.keys.list(organizationId)).map((row) => showKey(row, spent.get(row.id))) };
    },
    updateApiKey: async (call) => {
      const value = await read(call, updateApiKey);
      const row = await store.keys.find(idOf(call, 'id'));
      if (row?.organizationId !== (await organizationOf(call))) throw missing('Key', idOf(call, 'id'));
      const updated = await store.keys.update(
        row.id,
        withoutUndefined({ label: value.name, budgetMicroUsd: microUsd(value.budget_usd) }),
      );
      if (updated === undefined) throw missing('Key', row.id);
      keyring.forget();
      return showKey(updated, context.meter.spentMicroUsd(row.id));
    },
    createApiKey: async (call) => {
      const { name, role, budget_usd } = await read(call, createApiKey);
      if (role === 'operator' && callerOf(call).role !== 'operator') {
        throw new PlatformError('permission_denied', 'Only an operator makes keys for operators.');
      }
      const key = `plak-${randomBytes(16).toString('hex')}`;
      const row = await store.keys.put({
        organizationId: await organizationOf(call),
        key,
        label: name,
        role,
        budgetMicroUsd: microUsd(budget_usd),
      });
      return { ...showKey(row), key };
    },
    revokeApiKey: async (call) => {
      const id = idOf(call, 'id');
      const row = await store.keys.find(id);
      if (row?.organizationId !== (await organizationOf(call)) || row.revokedAt !== null) {
        throw missing('Key', id);
      }
      if (id === callerOf(call).keyId) {
        throw new PlatformError('in_use', 'A key cannot revoke itself; use another one.');
      }
      await store.keys.revoke(id, context.now());
      keyring.forget();
      return undefined;
    },

    listScores: async () => ({ items: (await store.gateway.listScores()).map(showScore) }),
    importScores: async (call) => {
      const { rows } = await read(call, importScores);
      const stored = rows.map((row) => toStoredScore(row, context.now()));
      // Of rows for the same thing the last one counts; a statement may touch each only once.
      const distinct = new Map(
        stored.map((row) => [
          [row.modality, row.providerId, row.modelId, row.language, row.region, row.mode].join('\0'),
          row,
        ]),
      );
      await store.gateway.putScores([...distinct.values()]);
      await context.reloadScores();
      return { imported: distinct.size, run_id: rows.at(-1)?.run_id ?? '' };
    },
    removeScores: async (call) => {
      await store.gateway.removeScores(call.query.get('run_id') ?? undefined);
      await context.reloadScores();
      return undefined;
    },
    addCredit: async (call) => {
      const { kind, amount_usd } = await read(call, addCredit);
      const id = idOf(call, 'id');
      if ((await store.organizations.find(id)) === undefined) throw missing('Organization', id);
      const entry = {
        id: `cr_${randomUUID()}`,
        organizationId: id,
        kind,
        amountMicroUsd: Math.round(amount_usd * 1_000_000),
        metric: null,
        provider: null,
        sessionId: null,
        createdAt: context.now(),
      };
      await store.gateway.addCredit(entry);
      return { id: entry.id, kind, amount_usd, created_at: entry.createdAt.toISOString() };
    },

    ...resource('Prompt', 'prompts', 'Prompt', store.prompts, {
      show: showPrompt,
      change: async (call) => {
        const value = await read(call, updatePrompt);
        return {
          name: value.name,
          description: value.description,
          systemPrompt: value.system_prompt,
          introMessage: value.intro_message,
          requireDocument: value.require_document,
        };
      },
    }),
    createPrompt: async (call) => {
      const value = await read(call, createPrompt);
      return showPrompt(
        await store.prompts.insert({
          id: newId('plp'),
          organizationId: await organizationOf(call),
          name: value.name,
          description: value.description,
          systemPrompt: value.system_prompt,
          introMessage: value.intro_message,
          requireDocument: value.require_document,
        }),
      );
    },

    ...resource('Document', 'documents', 'Document', store.documents, {
      show: (row, call) => showDocument(row, call.baseUrl, links),
      change: async (call) => {
        const value = await read(call, updateDocument);
        return {
          title: value.title,
          description: value.description,
          searchCount: value.search_count,
          efSearch: value.ef_search,
          updatedAt: context.now(),
        };
      },
    }),
    createDocument: async (call) => {
      const organizationId = await organizationOf(call);
      const upload = await readDocument(call.request, context.outbound);
      const row = await store.documents.insert({ id: newId('pld'), organizationId, ...upload });
      knowledge.enqueue(row.id);
      return showDocument(row, call.baseUrl, links);
    },
    processDocument: async (call) => {
      const row = await findOwned(call, store.documents, 'Document');
      const waiting = await store.documents.update(row.id, { state: 'waiting', failure: null });
      knowledge.enqueue(row.id);
      return showDocument(waiting ?? row, call.baseUrl, links);
    },
    searchDocument: async (call) => {
      const row = await findUsable(call, store.documents, 'Document');
      const query = call.query.get('query')?.trim() ?? '';
      if (query === '') {
        throw new PlatformError('required', 'The question is required in ?query=.', { attr: 'query' });
      }
      const limit = Number(call.query.get('limit') ?? row.searchCount);
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PASSAGES) {
        throw new PlatformError('invalid', `limit must be a number from 1 to ${MAX_PASSAGES}.`, {
          attr: 'limit',
        });
      }
      const found = await knowledge.search(
        { documentId: row.id, query, limit, efSearch: row.efSearch },
        { signal: call.request.signal },
      );
      return {
        items: found.map((passage) => ({
          passage_id: passage.passageId,
          document_id: passage.documentId,
          position: passage.position,
          heading: passage.heading,
          content: passage.content,
          score: passage.score,
        })),
      };
    },

    ...resource('Background', 'backgroundImages', 'Background image', store.backgroundImages, {
      show: (row, call) => showBackground(row, call.baseUrl),
      change: async (call) => ({ title: (await read(call, updateBackground)).title }),
    }),
    createBackground: async (call) => {
      const organizationId = await organizationOf(call);
      const upload = await readBackground(call.request);
      const row = await store.backgroundImages.insert({ id: newId('pbi'), organizationId, ...upload });
      return showBackground(row, call.baseUrl);
    },

    ...resource('McpServer', 'mcpServers', 'MCP server', store.mcpServers, {
      show: showMcp,
      change: async (call) => {
        const value = await read(call, updateMcpServer);
        if (value.url !== undefined) requireHttpUrl(value.url);
        return {
          name: value.name,
          description: value.description,
          url: value.url,
          transport: value.transport_protocol,
          timeoutSeconds: value.server_timeout_sec,
          sealedHeaders: sealHeaders(readHeaders(value.headers)),
          extraData: value.extra_data,
        };
      },
    }),
    createMcpServer: async (call) => {
      const value = await read(call, createMcpServer);
      requireHttpUrl(value.url);
      const row = await store.mcpServers.insert({
        id: newId('mcp'),
        organizationId: await organizationOf(call),
        name: value.name,
        description: value.description,
        url: value.url,
        transport: value.transport_protocol,
        timeoutSeconds: value.server_timeout_sec,
        sealedHeaders: sealHeaders(readHeaders(value.headers)) ?? null,
        extraData: value.extra_data ?? null,
      });
      return showMcp(row);
    },
    checkMcpServer: async (call) => {
      const row = await findUsable(call, store.mcpServers, 'MCP server');
      const startedMs = performance.now();
      const { problem, tools } = await checkMcpServer(context.describeMcpServer(row), {
        fetch: context.outbound.fetch,
        now: () => performance.now(),
        log: context.log,
      });
      return {
        reachable: problem === null,
        duration_ms: Math.round(performance.now() - startedMs),
        problem,
        tools: tools.map(({ name, description }) => ({ name, description })),
      };
    },

    ...resource('Normalization', 'textNormalizationConfigs', 'Rule set', store.textNormalizationConfigs, {
      show: (row) => showNormalization(row, parseRules(row.rules).count),
      change: async (call) => {
        const value = await read(call, updateNormalization);
        if (value.rules !== undefined) parseRules(value.rules);
        return { name: value.name, rules: value.rules, updatedAt: context.now() };
      },
    }),
    createNormalization: async (call) => {
      const value = await read(call, createNormalization);
      const { count } = parseRules(value.rules);
      const row = await store.textNormalizationConfigs.insert({
        id: newId('ptn'),
        organizationId: await organizationOf(call),
        name: value.name,
        rules: value.rules,
      });
      return showNormalization(row, count);
    },
    tryNormalization: async (call) => {
      const row = await findUsable(call, store.textNormalizationConfigs, 'Rule set');
      const { text, locale } = await read(call, tryNormalization);
      const used = locale ?? detectLanguage(text);
      return { normalized_text: parseRules(row.rules).apply(text, used), locale: used };
    },

    ...resource('Template', 'sessionTemplates', 'Session template', store.sessionTemplates, {
      show: showOneTemplate,
      change: async (call, row) => {
        const value = await read(call, updateTemplate);
        return readTemplateSettings(context, row.organizationId, value);
      },
    }),
    createTemplate: async (call) => {
      const value = await read(call, createTemplate);
      const organizationId = await organizationOf(call);
      const settings = await readTemplateSettings(context, organizationId, value);
      const row = await store.sessionTemplates.insert({
        ...settings,
        id: newId('pst'),
        organizationId,
        name: value.name,
        capability: value.capability,
      });
      return showOneTemplate(row);
    },

    listManagedSessions: async (call) => {
      const { rows, next } = await pageOfSessions(store, await organizationOf(call), call.query);
      return { items: await Promise.all(rows.map((row) => sessionInfo(call, row))), next };
    },
    getManagedSession: async (call) => sessionInfo(call, await findSession(call)),
    listTurns: async (call) => {
      const { id } = await findSession(call);
      await context.sessions.stored(id);
      return { items: (await store.sessions.listTurns(id)).map(showTurn) };
    },
    listSessionEvents: async (call) => {
      const view = createView({ ...context, baseUrl: call.baseUrl });
      return {
        items: (await store.sessions.listEvents((await findSession(call)).id)).map(view.sessionEvent),
      };
    },
    endSession: async (call) => {
      await context.sessions.end((await findSession(call)).id, 'GRACEFUL_TERMINATION');
      return undefined;
    },
  };
}

function missing(label: string, id: string): PlatformError {
  return new PlatformError('not_found', `${label} ${id.slice(0, 64)} does not exist.`);
}

function newId(prefix: string): string {
  return `${prefix}-${randomBytes(16).toString('hex')}`;
}

function readFeatures(features: {
  readonly llm_types?: string[] | null | undefined;
  readonly tts_types?: string[] | null | undefined;
  readonly stt_types?: string[] | null | undefined;
  readonly model_styles?: string[] | null | undefined;
}) {
  return {
    llmTypes: features.llm_types ?? undefined,
    ttsTypes: features.tts_types ?? undefined,
    sttTypes: features.stt_types ?? undefined,
    modelStyles: features.model_styles ?? undefined,
  };
}

function requireHttpUrl(url: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new PlatformError('invalid', 'url must begin with http:// or https://.', { attr: 'url' });
  }
  const { username, password } = new URL(url);
  if (username !== '' || password !== '') {
    throw new PlatformError(
      'invalid',
      'url may not hold a user or password; use headers, which are kept sealed.',
      {
        attr: 'url',
      },
    );
  }
}

/** Checked here, so that a bad one is refused when it is registered and not at each call. */
function readHeaders(
  headers: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (headers === undefined) return undefined;
  try {
    return Object.fromEntries(new Headers(headers));
  } catch (cause) {
    throw new PlatformError('invalid', 'headers holds a name or value that HTTP does not allow.', {
      attr: 'headers',
      cause,
    });
  }
}

function parseRules(csv: string): TextRules {
  try {
    return parseTextRules(csv);
  } catch (error) {
    if (!(error instanceof TextRulesError)) throw error;
    throw new PlatformError('invalid', error.message, { attr: 'rules', cause: error });
  }
}
