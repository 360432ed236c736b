/** What handlers of the voice gateway read out of a call, and how they refuse what does not fit. */
import { SpekoError } from '@visavox/contract/speko';
import type { KeyOwner } from '../../store/store.ts';
import type { Call } from '../bind.ts';

/** The binding has checked the key. */
export function callerOf({ caller }: Call): KeyOwner {
  if (caller === undefined) throw new SpekoError('UNAUTHORIZED');
  return caller;
}

export function organizationOf(call: Call): string {
  return callerOf(call).organization.id;
}

export function readMoment({ query }: Call, name: string): Date | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) throw invalidQuery(name, 'Expected a date and time as ISO 8601.');
  return moment;
}

export function readLimit({ query }: Call, fallback: number): number {
  const text = query.get('limit');
  if (text === null) return fallback;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw invalidQuery('limit', 'Expected 1 to 100.');
  return limit;
}

export function invalidQuery(path: string, message: string): SpekoError {
  return new SpekoError('VALIDATION_ERROR', 'Invalid query', { issues: [{ path, message }] });
}

export function invalidBody(path: string, message: string): SpekoError {
  return new SpekoError('VALIDATION_ERROR', undefined, { issues: [{ path, message }] });
}
