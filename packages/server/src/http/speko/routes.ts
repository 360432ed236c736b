/** Every operation of the voice gateway. */
import type { SpekoOperationId } from '@visavox/contract/speko';
import type { Handler } from '../bind.ts';
import { type AccountContext, createAccountHandlers } from './account.ts';
import { type AgentsContext, createAgentHandlers } from './agents.ts';
import { type CallsContext, createCallHandlers } from './calls.ts';
import { createInspectionHandlers, type InspectionContext } from './inspection.ts';
import { createKnowledgeBaseHandlers, type KnowledgeBasesContext } from './knowledge-bases.ts';
import { createSessionHandlers, type SessionsContext } from './sessions.ts';

export interface SpekoContext
  extends CallsContext,
    InspectionContext,
    AccountContext,
    AgentsContext,
    KnowledgeBasesContext,
    SessionsContext {}

export function createSpekoHandlers(context: SpekoContext): Readonly<Record<SpekoOperationId, Handler>> {
  return {
    ...createCallHandlers(context),
    ...createInspectionHandlers(context),
    ...createAccountHandlers(context),
    ...createAgentHandlers(context),
    ...createKnowledgeBaseHandlers(context),
    ...createSessionHandlers(context),
  };
}
