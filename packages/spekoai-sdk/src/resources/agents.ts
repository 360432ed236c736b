/** Stored agents. */

import { path, type Transport } from '../transport.ts';
import type {
  AgentCallListPage,
  AgentCallListParams,
  AgentCreateParams,
  AgentRow,
  AgentUpdateParams,
} from '../types/agents.ts';
import type { PhoneNumberRow } from '../types/phone-numbers.ts';
import { type AgentTools, createAgentTools } from './agent-tools.ts';

export interface Agents {
  readonly tools: AgentTools;
  list(signal?: AbortSignal): Promise<AgentRow[]>;
  create(params: AgentCreateParams, signal?: AbortSignal): Promise<AgentRow>;
  get(id: string, signal?: AbortSignal): Promise<AgentRow>;
  /** Changes what `params` has; `null` clears. */
  update(id: string, params: AgentUpdateParams, signal?: AbortSignal): Promise<AgentRow>;
  /** Deletes the agent with its tools and knowledge bases. An organization keeps its last one. */
  delete(id: string, signal?: AbortSignal): Promise<{ deleted: boolean }>;
  /** Lets the agent answer this number. */
  attachPhoneNumber(agentId: string, phoneNumberId: string, signal?: AbortSignal): Promise<PhoneNumberRow>;
  /** Takes the number from its agent. */
  detachPhoneNumber(phoneNumberId: string, signal?: AbortSignal): Promise<PhoneNumberRow>;
  /** Reads one page of the agent's conversations. */
  listCalls(agentId: string, params?: AgentCallListParams, signal?: AbortSignal): Promise<AgentCallListPage>;
}

export function createAgents(transport: Transport): Agents {
  return {
    tools: createAgentTools(transport),
    list: (signal) => transport.fetchJson('GET', '/v1/agents', { signal }),
    create: (body, signal) => transport.fetchJson('POST', '/v1/agents', { body, signal }),
    get: (id, signal) => transport.fetchJson('GET', path`/v1/agents/${id}`, { signal }),
    update: (id, body, signal) => transport.fetchJson('PATCH', path`/v1/agents/${id}`, { body, signal }),
    delete: (id, signal) => transport.fetchJson('DELETE', path`/v1/agents/${id}`, { signal }),
    attachPhoneNumber: (agentId, phoneNumberId, signal) =>
      transport.fetchJson('PATCH', path`/v1/phone-numbers/${phoneNumberId}`, { body: { agentId }, signal }),
    detachPhoneNumber: (phoneNumberId, signal) =>
      transport.fetchJson('PATCH', path`/v1/phone-numbers/${phoneNumberId}`, {
        body: { agentId: null },
        signal,
      }),
    listCalls: (agentId, { limit, cursor, since } = {}, signal) =>
      transport.fetchJson('GET', path`/v1/agents/${agentId}/calls`, {
        query: { limit, cursor, since },
        signal,
      }),
  };
}
