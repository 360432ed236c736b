/** Tools that are stored with an agent. */

import { path, type Transport } from '../transport.ts';
import type { AgentToolCreateParams, AgentToolRow, AgentToolUpdateParams } from '../types/agent-tools.ts';
import type { ChatTool } from '../types/chat.ts';

interface ToolListOptions {
  /** Leaves out tools whose app is no longer connected. */
  readonly available?: boolean | undefined;
}

export interface AgentTools {
  list(agentId: string, signal?: AbortSignal, options?: ToolListOptions): Promise<AgentToolRow[]>;
  create(agentId: string, params: AgentToolCreateParams, signal?: AbortSignal): Promise<AgentToolRow>;
  get(agentId: string, toolId: string, signal?: AbortSignal): Promise<AgentToolRow>;
  update(
    agentId: string,
    toolId: string,
    params: AgentToolUpdateParams,
    signal?: AbortSignal,
  ): Promise<AgentToolRow>;
  delete(agentId: string, toolId: string, signal?: AbortSignal): Promise<{ deleted: boolean }>;
  /** Lists the tools as `complete` takes them. */
  listChatTools(agentId: string, signal?: AbortSignal, options?: ToolListOptions): Promise<ChatTool[]>;
}

export function createAgentTools(transport: Transport): AgentTools {
  const list: AgentTools['list'] = (agentId, signal, { available } = {}) =>
    transport.fetchJson('GET', path`/v1/agents/${agentId}/tools`, {
      query: { available: available ? 1 : undefined },
      signal,
    });

  return {
    list,
    create: (agentId, body, signal) =>
      transport.fetchJson('POST', path`/v1/agents/${agentId}/tools`, { body, signal }),
    get: (agentId, toolId, signal) =>
      transport.fetchJson('GET', path`/v1/agents/${agentId}/tools/${toolId}`, { signal }),
    update: (agentId, toolId, body, signal) =>
      transport.fetchJson('PATCH', path`/v1/agents/${agentId}/tools/${toolId}`, { body, signal }),
    delete: (agentId, toolId, signal) =>
      transport.fetchJson('DELETE', path`/v1/agents/${agentId}/tools/${toolId}`, { signal }),
    listChatTools: async (agentId, signal, options) => (await list(agentId, signal, options)).map(toChatTool),
  };
}

function toChatTool({ name, description, parameters, source, preToolSpeech }: AgentToolRow): ChatTool {
  const tool: ChatTool = { name, description, parameters, executionMode: source.kind, source };
  return preToolSpeech ? { ...tool, preToolSpeech } : tool;
}
