/** Agents and their tools (sections 9.1 and 9.2). */
import {
  createAgentRequest,
  createAgentToolRequest,
  SpekoError,
  updateAgentRequest,
  updateAgentToolRequest,
} from '@visavox/contract/speko';
import type { Secrets } from '../../secrets/secrets.ts';
import type { VoiceAgents } from '../../sessions/voice-agents.ts';
import type { AgentRow, AgentToolRow, Store, VoiceSessionRow } from '../../store/store.ts';
import { BUILTIN_TOOLS } from '../../tools/agent-tools.ts';
import { findParametersProblem } from '../../tools/tool-parameters.ts';
import { type SecretsByReference, splitSecrets, toolSecretReference } from '../../tools/webhook-secrets.ts';
import type { Call } from '../bind.ts';
import { readJson } from '../body.ts';
import { withoutUndefined } from '../without-undefined.ts';
import { createLifecycleWebhooks } from './agent-webhooks.ts';
import { invalidBody, organizationOf, readLimit, readMoment } from './call-values.ts';

export interface AgentsContext {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly voiceAgents: VoiceAgents;
  /** Says what is wrong with the address of a webhook; undefined when nothing is. */
  readonly findWebhookProblem: (url: string) => Promise<string | undefined>;
  readonly randomHex: (digits: number) => string;
  readonly now: () => Date;
}

const MAX_JSON_BYTES = 1024 * 1024;

type SentSource = NonNullable<ReturnType<typeof updateAgentToolRequest.parse>['source']>;

export function createAgentHandlers(context: AgentsContext) {
  const { store, secrets, voiceAgents, findWebhookProblem, randomHex, now } = context;
  const lifecycleWebhooks = createLifecycleWebhooks(context);

  const requireAgent = async (call: Call): Promise<AgentRow> => {
    const row = await voiceAgents.find(organizationOf(call), call.parameters['id'] ?? '');
    if (row === undefined) throw new SpekoError('NOT_FOUND');
    return row;
  };
  const requireTool = async (call: Call): Promise<AgentToolRow> => {
    const { id } = await requireAgent(call);
    const row = await store.agents.findTool(id, call.parameters['toolId'] ?? '');
    if (row === undefined) throw new SpekoError('NOT_FOUND');
    return row;
  };

  const checkParameters = (parameters: Readonly<Record<string, unknown>>): void => {
    const problem = findParametersProblem(parameters);
    if (problem !== undefined) throw invalidBody('parameters', problem);
  };
  /** What is stored of a source. Secrets that are not sent are those of `kept`. */
  const storeSource = async (
    source: SentSource,
    { agentId, name, organizationId }: Pick<AgentToolRow, 'agentId' | 'name' | 'organizationId'>,
    kept: SecretsByReference,
  ): Promise<Pick<AgentToolRow, 'source' | 'sealedSecrets'>> => {
    if (source.kind === 'builtin') await checkBuiltin(source, organizationId);
    if (source.kind !== 'webhook')
      return { source: withoutUndefined<Record<string, unknown>>({ ...source }), sealedSecrets: null };
    const problem = await findWebhookProblem(source.url);
    if (problem !== undefined) throw invalidBody('source.url', problem);
    const { secret, authHeaders, ...shown } = source;
    const split = splitSecrets(toolSecretReference(agentId, name), { secret, authHeaders }, kept);
    const [missing] = split.missing;
    if (missing !== undefined) throw invalidBody(`source.${missing}`, 'This field is required.');
    return {
      source: withoutUndefined<Record<string, unknown>>({ ...shown, ...split.shown }),
      sealedSecrets: secrets.seal(JSON.stringify(split.secrets)),
    };
  };
  const checkBuiltin = async (
    { name, config = {} }: Extract<SentSource, { kind: 'builtin' }>,
    organizationId: string,
  ): Promise<void> => {
    if (!BUILTIN_TOOLS.some((known) => known === name)) {
      throw invalidBody('source.name', `Expected one of ${BUILTIN_TOOLS.join(', ')}.`);
    }
    const { knowledgeBaseId } = config;
    if (name !== 'search_knowledge_base' || knowledgeBaseId === undefined) return;
    const found =
      typeof knowledgeBaseId === 'string' &&
      (await store.knowledgeBases.find(organizationId, knowledgeBaseId)) !== undefined;
    if (!found) throw invalidBody('source.config.knowledgeBaseId', 'There is no such knowledge base.');
  };
  const keptSecrets = ({ sealedSecrets }: AgentToolRow): SecretsByReference => {
    const json = sealedSecrets === null ? undefined : secrets.open(sealedSecrets);
    // Written by this server: an object of texts.
    return json === undefined ? {} : (JSON.parse(json) as SecretsByReference);
  };

  return {
    async listAgents(call: Call): Promise<object> {
      return (await voiceAgents.list(organizationOf(call))).map(showAgent);
    },
    async createAgent(call: Call): Promise<object> {
      const { webhooks, ...value } = (await readJson(call.request, createAgentRequest, MAX_JSON_BYTES)).value;
      const id = `agent_${randomHex(16)}`;
      const at = now();
      const row = await voiceAgents.insert({
        ...withoutUndefined(value),
        id,
        organizationId: organizationOf(call),
        webhooks: webhooks == null ? null : await lifecycleWebhooks.store(id, webhooks, null),
        createdAt: at,
        updatedAt: at,
      });
      return showAgent(row);
    },
    async getAgent(call: Call): Promise<object> {
      return showAgent(await requireAgent(call));
    },
    async updateAgent(call: Call): Promise<object> {
      const { value } = await readJson(call.request, updateAgentRequest, MAX_JSON_BYTES);
      const row = await requireAgent(call);
      const { webhooks, ...changes } = value;
      const changed = await store.agents.update(row.organizationId, row.id, {
        ...withoutUndefined(changes),
        ...(webhooks === undefined
          ? {}
          : { webhooks: webhooks && (await lifecycleWebhooks.store(row.id, webhooks, row.webhooks)) }),
        updatedAt: now(),
      });
      if (changed === undefined) throw new SpekoError('NOT_FOUND');
      return showAgent(changed);
    },
    async deleteAgent(call: Call): Promise<object> {
      const row = await requireAgent(call);
      const outcome = await store.agents.remove(row.organizationId, row.id);
      if (outcome === 'missing') throw new SpekoError('NOT_FOUND');
      if (outcome === 'last') throw new SpekoError('LAST_AGENT');
      return { deleted: true };
    },

    async listAgentCalls(call: Call): Promise<object> {
      const agent = await requireAgent(call);
      const limit = readLimit(call, 50);
      const before = readMoment(call, 'cursor');
      const rows = await store.voiceSessions.list(agent.organizationId, {
        agentId: agent.id,
        from: readMoment(call, 'since'),
        after: before && { createdAt: before },
        limit: limit + 1,
      });
      const page = rows.slice(0, limit);
      const entries = page.map((row) => showCall(row, agent.id));
      const next = rows.length > limit ? page.at(-1)?.createdAt.toISOString() : undefined;
      return { calls: entries, entries, next_cursor: next ?? null };
    },

    async listAgentTools(call: Call): Promise<object> {
      const rows = await store.agents.listTools((await requireAgent(call)).id);
      const available = /^(1|true)$/i.test(call.query.get('available') ?? '');
      // No app can be connected to this server.
      return rows.filter(({ source }) => !available || source['kind'] !== 'integration').map(showTool);
    },
    async createAgentTool(call: Call): Promise<object> {
      const { value } = await readJson(call.request, createAgentToolRequest, MAX_JSON_BYTES);
      const { id: agentId, organizationId } = await requireAgent(call);
      const { name, description, parameters, preToolSpeech = 'auto' } = value;
      checkParameters(parameters);
      const at = now();
      const row = await store.agents.insertTool({
        id: `tool_${randomHex(16)}`,
        organizationId,
        agentId,
        name,
        description,
        parameters,
        preToolSpeech,
        ...(await storeSource(value.source, { agentId, name, organizationId }, {})),
        createdAt: at,
        updatedAt: at,
      });
      if (row === undefined) throw new SpekoError('CONFLICT', `The agent has a tool named ${name}.`);
      return showTool(row);
    },
    async getAgentTool(call: Call): Promise<object> {
      return showTool(await requireTool(call));
    },
    async updateAgentTool(call: Call): Promise<object> {
      const { value } = await readJson(call.request, updateAgentToolRequest, MAX_JSON_BYTES);
      const row = await requireTool(call);
      const { source, ...changes } = value;
      if (changes.parameters !== undefined) checkParameters(changes.parameters);
      const changed = await store.agents.updateTool(row.agentId, row.id, {
        ...withoutUndefined(changes),
        ...(source === undefined ? {} : await storeSource(source, row, keptSecrets(row))),
        updatedAt: now(),
      });
      if (changed === undefined) throw new SpekoError('NOT_FOUND');
      return showTool(changed);
    },
    async deleteAgentTool(call: Call): Promise<object> {
      const row = await requireTool(call);
      await store.agents.removeTool(row.agentId, row.id);
      return { deleted: true };
    },
  };

  function showAgent(row: AgentRow): object {
    return {
      id: row.id,
      organizationId: row.organizationId,
      name: row.name,
      systemPrompt: row.systemPrompt,
      voice: row.voice,
      intent: row.intent,
      llmOptions: row.llmOptions,
      stackPreferences: row.stackPreferences,
      sttOptions: row.sttOptions,
      ttsOptions: row.ttsOptions,
      backgroundAudio: row.backgroundAudio,
      speechNormalization: row.speechNormalization,
      promptVariables: row.promptVariables ?? [],
      webhooks: lifecycleWebhooks.show(row.webhooks),
      idleRePrompts: row.idleRePrompts,
      runMode: row.runMode,
      firstMessage: row.firstMessage,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    };
  }
}

function showTool(row: AgentToolRow): object {
  return {
    id: row.id,
    agentId: row.agentId,
    name: row.name,
    description: row.description,
    parameters: row.parameters,
    source: row.source,
    preToolSpeech: row.preToolSpeech,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** Snake case, as all of the contract's calls are. */
function showCall(row: VoiceSessionRow, agentId: string): object {
  return {
    id: row.id,
    call_id: row.id,
    resource_uri: `speko://calls/${row.id}`,
    agent_id: agentId,
    status: row.status,
    kind: row.mode,
    room_name: row.roomName,
    language: row.language,
    created_at: row.createdAt.toISOString(),
    ended_at: row.endedAt?.toISOString() ?? null,
    duration_seconds:
      row.endedAt === null ? null : Math.round((row.endedAt.getTime() - row.createdAt.getTime()) / 1000),
    recording_status: null,
  };
}
