/** Budgets of keys: what calls with one key may cost in all. */
import { SpekoError } from '@visavox/contract/speko';
import type { KeyOwner } from '../store/store.ts';

/** @throws {SpekoError} `INSUFFICIENT_CREDITS` when the calls of a key have cost what they may. */
export function admitWithinBudget({ budgetMicroUsd }: KeyOwner, spentMicroUsd: number): void {
  if (budgetMicroUsd === null || spentMicroUsd < budgetMicroUsd) return;
  throw new SpekoError(
    'INSUFFICIENT_CREDITS',
    `The budget of this key (${budgetMicroUsd / 1_000_000} USD) is used up. An administrator can raise it.`,
  );
}
