/** The agents of an organization. It always has one: the first is made when somebody looks for agents. */
import { createHash } from 'node:crypto';
import type { AgentStore } from '../store/agents.ts';
import type { AgentRow } from '../store/store.ts';

export interface VoiceAgents {
  /** Oldest first, never empty. */
  list(organizationId: string): Promise<readonly AgentRow[]>;
  /** `_default` names the oldest. */
  find(organizationId: string, id: string): Promise<AgentRow | undefined>;
  insert(agent: Parameters<AgentStore['insert']>[0]): Promise<AgentRow>;
}

const DEFAULT_ALIAS = '_default';
const DEFAULT_PROMPT =
  'You are a friendly voice assistant. Answer in short spoken sentences, in the language of the caller.';

export function createVoiceAgents(options: {
  readonly agents: AgentStore;
  readonly now: () => Date;
  /** As many hexadecimal digits. */
  readonly randomHex: (digits: number) => string;
}): VoiceAgents {
  const { agents, now, randomHex } = options;

  const insertWithBase = (agent: Parameters<AgentStore['insert']>[0], knowledgeBaseId: string) => {
    const { organizationId, id: agentId, createdAt, updatedAt } = agent;
    return agents.insert(agent, {
      id: knowledgeBaseId,
      organizationId,
      agentId,
      name: 'Default',
      createdAt,
      updatedAt,
    });
  };
  /** Its id follows from the organization, so that two first calls at once make one agent. */
  const insertDefault = async (organizationId: string): Promise<void> => {
    const digits = createHash('sha256').update(`default agent of ${organizationId}`).digest('hex');
    const at = now();
    await insertWithBase(
      {
        id: `agent_${digits.slice(0, 16)}`,
        organizationId,
        name: 'Default',
        systemPrompt: DEFAULT_PROMPT,
        intent: { language: 'en' },
        createdAt: at,
        updatedAt: at,
      },
      `kb_${digits.slice(16, 32)}`,
    );
  };

  return {
    async list(organizationId) {
      const rows = await agents.list(organizationId);
      if (rows.length > 0) return rows;
      await insertDefault(organizationId);
      return agents.list(organizationId);
    },
    async find(organizationId, id) {
      if (id !== DEFAULT_ALIAS) return agents.find(organizationId, id);
      const first = await agents.findFirst(organizationId);
      if (first !== undefined) return first;
      await insertDefault(organizationId);
      return agents.findFirst(organizationId);
    },
    async insert(agent) {
      if ((await agents.findFirst(agent.organizationId)) === undefined) {
        await insertDefault(agent.organizationId);
      }
      const row = await insertWithBase(agent, `kb_${randomHex(16)}`);
      if (row === undefined) throw new Error('An agent of this id exists.');
      return row;
    },
  };
}
