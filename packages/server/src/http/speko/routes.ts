/** Every operation of the voice gateway. */
import type { SpekoOperationId } from '@visavox/contract/speko';
import type { Handler } from '../bind.ts';
import { type CallsContext, createCallHandlers } from './calls.ts';

export interface SpekoContext extends CallsContext {}

export function createSpekoHandlers(context: SpekoContext): Readonly<Record<SpekoOperationId, Handler>> {
  return { ...createCallHandlers(context) };
}
