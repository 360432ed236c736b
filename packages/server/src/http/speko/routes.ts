/** Every operation of the voice gateway. */
import type { SpekoOperationId } from '@visavox/contract/speko';
import type { Handler } from '../bind.ts';
import { type AccountContext, createAccountHandlers } from './account.ts';
import { type CallsContext, createCallHandlers } from './calls.ts';
import { createInspectionHandlers, type InspectionContext } from './inspection.ts';

export interface SpekoContext extends CallsContext, InspectionContext, AccountContext {}

export function createSpekoHandlers(context: SpekoContext): Readonly<Record<SpekoOperationId, Handler>> {
  return {
    ...createCallHandlers(context),
    ...createInspectionHandlers(context),
    ...createAccountHandlers(context),
  };
}
