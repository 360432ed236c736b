/**
 * The tools of agents that the server runs: webhooks, and those that are built in. A failure is a result that the model
 * reads; secrets are in no result, log line or error.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { SpekoChatTool, SpekoToolSource } from '@visavox/contract/speko';
import { ForbiddenAddressError } from '../outbound/guarded-fetch.ts';
import type { AgentStore } from '../store/agents.ts';
import { callWebhook, WebhookError, type WebhookParts, type WebhookRequest } from './webhook.ts';
import { parseToolSecretReference, type SecretsByReference } from './webhook-secrets.ts';

export const WEBHOOK_BODIES = ['envelope', 'args', 'merged'] as const;
export type WebhookBody = (typeof WEBHOOK_BODIES)[number];

export const BUILTIN_TOOLS = ['search_knowledge_base', 'end_call', 'transfer_call'] as const;

export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
}

/** For whom a tool runs. */
export interface ToolCaller {
  readonly organizationId: string;
  /** Of the conversation; without one, of the request. */
  readonly sessionId: string;
}

export interface AgentTools {
  /** Never rejects but for an abort. */
  run(
    tool: SpekoChatTool,
    call: { readonly id: string; readonly args: string },
    options: ToolCaller & { readonly signal: AbortSignal },
  ): Promise<ToolResult>;
  /** Gives up what is still being delivered. Idempotent. */
  close(): Promise<void>;
}

export interface AgentToolsOptions extends WebhookParts {
  readonly agents: Pick<AgentStore, 'findToolByName'>;
  /** Undefined for what was sealed with another secret. */
  readonly unseal: (sealed: string) => string | undefined;
  readonly webhookBody: WebhookBody;
  /** Values for headers of tools that belong to a conversation. */
  readonly toolSecretsOf: (caller: ToolCaller) => Promise<SecretsByReference>;
  /** Undefined when the organization has no such knowledge base. */
  readonly searchKnowledgeBase: (
    search: {
      readonly organizationId: string;
      readonly knowledgeBaseId: string;
      readonly query: string;
      readonly limit: number;
    },
    options: { readonly signal: AbortSignal },
  ) => Promise<readonly { readonly heading: string; readonly content: string }[] | undefined>;
  readonly log: { warn(fields: object, message: string): void };
  /** Waits before a delivery in the background is tried again. */
  readonly retryDelaysMs?: readonly number[];
}

type WebhookSource = Extract<SpekoToolSource, { kind: 'webhook' }>;

const DEFAULT_TIMEOUT_MS = 4000;
const DEFAULT_RETRY_DELAYS_MS = [1000, 10_000];
const MAX_DELIVERIES = 200;
const DEFAULT_ACKNOWLEDGEMENT = 'The request was accepted and is being worked on.';
const MAX_ERROR_CHARACTERS = 2000;
const MAX_PASSAGES_CHARACTERS = 16_000;
const DEFAULT_PASSAGES = 5;
/** Shorter ones are ordinary words. */
const MIN_HIDDEN_CHARACTERS = 6;
const NO_LIVE_CALL = 'This works only in a live call, and there is none.';

export function createAgentTools(options: AgentToolsOptions): AgentTools {
  const { log, retryDelaysMs = DEFAULT_RETRY_DELAYS_MS } = options;
  const closing = new AbortController();
  const deliveries = new Set<Promise<void>>();

  const runWebhook = async (
    tool: SpekoChatTool,
    source: WebhookSource,
    call: { readonly id: string; readonly args: string },
    { signal, ...caller }: ToolCaller & { readonly signal: AbortSignal },
  ): Promise<ToolResult> => {
    const prepared = await prepareWebhook(tool.name, source, call, caller);
    if ('isError' in prepared) return prepared;
    const { request, hide } = prepared;
    const timeoutMs = source.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (source.responseMode === 'async') {
      if (deliveries.size >= MAX_DELIVERIES) return failure('Too many requests of this kind are under way.');
      const delivery = deliver(tool.name, request, timeoutMs).finally(() => deliveries.delete(delivery));
      deliveries.add(delivery);
      return { text: source.asyncAck ?? DEFAULT_ACKNOWLEDGEMENT, isError: false };
    }
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await callWebhook(request, options, { signal: AbortSignal.any([signal, timeout]) });
      const text = hide(answer.text);
      if (answer.status >= 200 && answer.status < 300) return { text, isError: false };
      log.warn({ tool: tool.name, status: answer.status }, 'a webhook refused a tool call');
      return failure(
        `The webhook answered with status ${answer.status}: ${text.slice(0, MAX_ERROR_CHARACTERS)}`,
      );
    } catch (error) {
      signal.throwIfAborted();
      const reason = timeout.aborted ? `The webhook did not answer within ${timeoutMs} ms.` : reasonOf(error);
      log.warn({ tool: tool.name, reason }, 'a webhook could not be called');
      return failure(reason);
    }
  };

  /** What is to be sent, or why it cannot be. */
  const prepareWebhook = async (
    name: string,
    source: WebhookSource,
    call: { readonly id: string; readonly args: string },
    caller: ToolCaller,
  ): Promise<{ readonly request: WebhookRequest; readonly hide: (text: string) => string } | ToolResult> => {
    const args = parseArguments(call.args);
    if (args === undefined) return failure('The arguments must be a JSON object.');
    const stored = await findSecrets(caller.organizationId, source.secretRef);
    const secret = stored?.secrets[source.secretRef];
    if (stored === undefined || secret === undefined) {
      return failure(`The tool ${name} has no secret here; register it again.`);
    }
    // Values that are never shown must not be sent to an address that a caller made up.
    const isKnownOrigin = originOf(source.url) !== undefined && originOf(source.url) === originOf(stored.url);
    const headers: Record<string, string> = {};
    const hidden = [secret];
    for (const header of source.authHeaders ?? []) {
      const value = isKnownOrigin ? stored.secrets[header.secretRef] : undefined;
      if (value === undefined)
        return failure(`The header ${header.name} of the tool ${name} has no value here.`);
      headers[header.name] = value;
      hidden.push(value);
    }
    const fillIn = await templateValues(source, caller, isKnownOrigin);
    for (const [header, template] of Object.entries(source.headers ?? {})) {
      const { text, missing, used } = fillTemplate(template, fillIn);
      if (missing !== undefined)
        return failure(`The header ${header} needs the secret ${missing}, which this call does not have.`);
      headers[header] = text;
      hidden.push(...used);
    }
    if (!areHeaders(headers)) return failure(`The headers of the tool ${name} cannot be sent.`);
    const sessionId = headerSafe(caller.sessionId);
    const toolCallId = headerSafe(call.id);
    const id = `${sessionId}:${toolCallId}`;
    const envelope = { session_id: sessionId, tool_call_id: toolCallId, idempotency_key: id, tool: name };
    const bodies = { envelope: { ...envelope, args }, args, merged: { ...args, ...envelope, args } };
    return {
      request: { url: source.url, id, secret, headers, body: JSON.stringify(bodies[options.webhookBody]) },
      hide: (text) => hideAll(text, hidden),
    };
  };

  const findSecrets = async (
    organizationId: string,
    reference: string,
  ): Promise<{ readonly secrets: SecretsByReference; readonly url: string } | undefined> => {
    const named = parseToolSecretReference(reference);
    const row = named && (await options.agents.findToolByName(organizationId, named.agentId, named.toolName));
    const json = row?.sealedSecrets == null ? undefined : options.unseal(row.sealedSecrets);
    if (row === undefined || json === undefined) return undefined;
    // Written by this server: an object of texts.
    return { secrets: JSON.parse(json) as SecretsByReference, url: String(row.source['url'] ?? '') };
  };

  const templateValues = async (
    { headers = {} }: WebhookSource,
    caller: ToolCaller,
    isKnownOrigin: boolean,
  ): Promise<SecretsByReference> =>
    isKnownOrigin && Object.values(headers).some((value) => value.includes('{{'))
      ? options.toolSecretsOf(caller)
      : {};

  const deliver = async (name: string, request: WebhookRequest, timeoutMs: number): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
      let reason: string;
      try {
        const { status } = await callWebhook(request, options, { signal });
        if (status >= 200 && status < 300) return;
        reason = `status ${status}`;
        // Asked again, it would say the same.
        if (status < 500 && status !== 429 && status !== 408) attempt = retryDelaysMs.length;
      } catch (error) {
        reason = reasonOf(error);
      }
      const delayMs = retryDelaysMs[attempt];
      if (closing.signal.aborted) return;
      if (delayMs === undefined) {
        log.warn({ tool: name, reason }, 'a webhook did not take a tool call in the background');
        return;
      }
      await pause(delayMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  };

  const searchKnowledge = async (
    config: Readonly<Record<string, unknown>>,
    args: string,
    { organizationId, signal }: ToolCaller & { readonly signal: AbortSignal },
  ): Promise<ToolResult> => {
    const { knowledgeBaseId, limit } = config;
    if (typeof knowledgeBaseId !== 'string') {
      return failure(
        'The tool does not say which knowledge base to search: config.knowledgeBaseId is missing.',
      );
    }
    const query = queryOf(parseArguments(args) ?? {});
    if (query === '') return failure('The arguments hold nothing to search for: query is missing.');
    const passages = await options.searchKnowledgeBase(
      {
        organizationId,
        knowledgeBaseId,
        query,
        limit: typeof limit === 'number' && limit >= 1 ? Math.min(20, Math.trunc(limit)) : DEFAULT_PASSAGES,
      },
      { signal },
    );
    if (passages === undefined) return failure('There is no such knowledge base.');
    if (passages.length === 0) {
      return { text: 'Nothing in the knowledge base fits this question.', isError: false };
    }
    const text = passages
      .map(
        ({ heading, content }, index) => `[${index + 1}]${heading === '' ? '' : ` ${heading}`}\n${content}`,
      )
      .join('\n\n');
    return { text: text.slice(0, MAX_PASSAGES_CHARACTERS), isError: false };
  };

  const runTool: AgentTools['run'] = async (tool, call, caller) => {
    const { source } = tool;
    switch (source?.kind) {
      case 'webhook':
        return runWebhook(tool, source, call, caller);
      case 'builtin':
        if (source.name === 'search_knowledge_base')
          return searchKnowledge(source.config ?? {}, call.args, caller);
        if (BUILTIN_TOOLS.some((name) => name === source.name)) return failure(NO_LIVE_CALL);
        return failure(`There is no builtin tool ${source.name}.`);
      case 'integration':
        return failure(`This server has no connection to the app ${source.appKey}.`);
      default:
        return failure(`The tool ${tool.name} does not say how the server runs it.`);
    }
  };

  return {
    async run(tool, call, caller) {
      caller.signal.throwIfAborted();
      try {
        return await runTool(tool, call, caller);
      } catch (error) {
        caller.signal.throwIfAborted();
        log.warn({ tool: tool.name, err: error }, 'a tool failed');
        return failure('The tool failed.');
      }
    },
    async close() {
      closing.abort(new Error('The server stops.'));
      await Promise.all(deliveries);
    },
  };
}

function failure(text: string): ToolResult {
  return { text, isError: true };
}

function parseArguments(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = json.trim() === '' ? {} : JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Tools describe their parameters as they like: `query`, or whatever text there is. */
function queryOf(args: Readonly<Record<string, unknown>>): string {
  const texts = [args['query'], ...Object.values(args)].filter((value) => typeof value === 'string');
  return (texts[0] ?? '').trim();
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

const PLACEHOLDER = /\{\{\s*([\w.-]+)\s*\}\}/g;

function fillTemplate(
  template: string,
  values: SecretsByReference,
): { readonly text: string; readonly missing: string | undefined; readonly used: readonly string[] } {
  let missing: string | undefined;
  const used: string[] = [];
  const text = template.replace(PLACEHOLDER, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) missing ??= name;
    else used.push(value);
    return value ?? '';
  });
  return { text, missing, used };
}

function areHeaders(headers: Readonly<Record<string, string>>): boolean {
  try {
    new Headers(headers);
    return true;
  } catch {
    return false;
  }
}

/** What a header can carry: ids come from vendors and callers. */
function headerSafe(id: string): string {
  return id.replace(/[^\x21-\x7e]/g, '_').slice(0, 200);
}

/** Webhooks that echo what they got give nothing away. */
function hideAll(text: string, hidden: readonly string[]): string {
  return hidden
    .filter((value) => value.length >= MIN_HIDDEN_CHARACTERS)
    .reduce((shown, value) => shown.replaceAll(value, '[hidden]'), text);
}

/** Without what a server sent, and without the address. */
function reasonOf(error: unknown): string {
  if (error instanceof WebhookError || error instanceof ForbiddenAddressError) return error.message;
  return 'The webhook could not be reached.';
}
