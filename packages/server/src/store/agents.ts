/** Voice agents and their tools: settings, and the sealed secrets that webhooks are called with. */
import { and, asc, eq } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import * as schema from './schema.ts';

export type AgentRow = typeof schema.agents.$inferSelect;
export type AgentToolRow = typeof schema.agentTools.$inferSelect;
type NewAgent = typeof schema.agents.$inferInsert;
type NewAgentTool = typeof schema.agentTools.$inferInsert;
type NewKnowledgeBase = typeof schema.knowledgeBases.$inferInsert;

export interface AgentStore {
  /** Oldest first. */
  list(organizationId: string): Promise<AgentRow[]>;
  /** The oldest one. */
  findFirst(organizationId: string): Promise<AgentRow | undefined>;
  find(organizationId: string, id: string): Promise<AgentRow | undefined>;
  /** Both or none. Does nothing when the agent exists. */
  insert(agent: NewAgent, knowledgeBase: NewKnowledgeBase): Promise<AgentRow | undefined>;
  update(organizationId: string, id: string, changes: Partial<NewAgent>): Promise<AgentRow | undefined>;
  /** With all it owns, unless it is the organization's last. */
  remove(organizationId: string, id: string): Promise<'removed' | 'missing' | 'last'>;

  /** Oldest first. */
  listTools(agentId: string): Promise<AgentToolRow[]>;
  findTool(agentId: string, id: string): Promise<AgentToolRow | undefined>;
  findToolByName(organizationId: string, agentId: string, name: string): Promise<AgentToolRow | undefined>;
  /** Undefined when the agent has a tool of this name. */
  insertTool(tool: NewAgentTool): Promise<AgentToolRow | undefined>;
  updateTool(agentId: string, id: string, changes: Partial<NewAgentTool>): Promise<AgentToolRow | undefined>;
  removeTool(agentId: string, id: string): Promise<boolean>;
}

export function createAgentStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): AgentStore {
  const { agents, agentTools, knowledgeBases } = schema;
  const isAgent = (organizationId: string, id: string) =>
    and(eq(agents.id, id), eq(agents.organizationId, organizationId));
  const isTool = (agentId: string, id: string) => and(eq(agentTools.id, id), eq(agentTools.agentId, agentId));
  return {
    list: async (organizationId) =>
      database
        .select()
        .from(agents)
        .where(eq(agents.organizationId, organizationId))
        .orderBy(asc(agents.createdAt), asc(agents.id)),
    async findFirst(organizationId) {
      const [row] = await database
        .select()
        .from(agents)
        .where(eq(agents.organizationId, organizationId))
        .orderBy(asc(agents.createdAt), asc(agents.id))
        .limit(1);
      return row;
    },
    async find(organizationId, id) {
      const [row] = await database.select().from(agents).where(isAgent(organizationId, id));
      return row;
    },
    insert: (agent, knowledgeBase) =>
      database.transaction(async (transaction) => {
        const [row] = await transaction.insert(agents).values(agent).onConflictDoNothing().returning();
        if (row !== undefined) await transaction.insert(knowledgeBases).values(knowledgeBase);
        return row;
      }),
    async update(organizationId, id, changes) {
      const [row] = await database.update(agents).set(changes).where(isAgent(organizationId, id)).returning();
      return row;
    },
    remove: (organizationId, id) =>
      database.transaction(async (transaction) => {
        // Locked, so that two removals at once cannot leave none.
        const rows = await transaction
          .select({ id: agents.id })
          .from(agents)
          .where(eq(agents.organizationId, organizationId))
          .orderBy(asc(agents.id))
          .for('update');
        if (!rows.some((row) => row.id === id)) return 'missing';
        if (rows.length === 1) return 'last';
        await transaction.delete(agents).where(isAgent(organizationId, id));
        return 'removed';
      }),

    listTools: async (agentId) =>
      database
        .select()
        .from(agentTools)
        .where(eq(agentTools.agentId, agentId))
        .orderBy(asc(agentTools.createdAt), asc(agentTools.id)),
    async findTool(agentId, id) {
      const [row] = await database.select().from(agentTools).where(isTool(agentId, id));
      return row;
    },
    async findToolByName(organizationId, agentId, name) {
      const [row] = await database
        .select()
        .from(agentTools)
        .where(
          and(
            eq(agentTools.agentId, agentId),
            eq(agentTools.name, name),
            eq(agentTools.organizationId, organizationId),
          ),
        );
      return row;
    },
    async insertTool(tool) {
      const [row] = await database
        .insert(agentTools)
        .values(tool)
        .onConflictDoNothing({ target: [agentTools.agentId, agentTools.name] })
        .returning();
      return row;
    },
    async updateTool(agentId, id, changes) {
      const [row] = await database.update(agentTools).set(changes).where(isTool(agentId, id)).returning();
      return row;
    },
    async removeTool(agentId, id) {
      const removed = await database
        .delete(agentTools)
        .where(isTool(agentId, id))
        .returning({ id: agentTools.id });
      return removed.length > 0;
    },
  };
}
