/** Adds up what calls may have cost at most, and stops before a limit is passed. */
import type { ListedModel } from './gateway-calls.ts';

export interface Spending {
  /**
   * Before a call; the result corrects the amount by what was used.
   * @throws {BudgetError} when the limit would be passed
   */
  reserve(model: ListedModel, quantity: Quantity): (used: Quantity) => void;
  readonly usd: number;
}

export interface Quantity {
  readonly minutes?: number;
  readonly characters?: number;
  readonly tokens?: number;
}

export class BudgetError extends Error {
  constructor(limitUsd: number) {
    super(`The next call could pass the budget of ${limitUsd} USD.`);
    this.name = 'BudgetError';
  }
}

/** For vendors' models without a known price: dearer than those that are known. In the unit of the stage. */
const ASSUMED_USD = { stt: 0.05, tts: 150, llm: 30 } as const;
/** A blended price of tokens is lower than that of the answer's tokens: three parts in, one and a half out. */
const OUTPUT_FACTOR = 3;
const MILLION = 1_000_000;

export function createSpending(limitUsd: number | undefined): Spending {
  let usd = 0;
  return {
    get usd() {
      return usd;
    },
    reserve(model, quantity) {
      const amount = costOf(model, quantity);
      if (limitUsd !== undefined && usd + amount > limitUsd) throw new BudgetError(limitUsd);
      usd += amount;
      return (used) => {
        usd += costOf(model, used) - amount;
      };
    },
  };
}

function costOf({ api, kind, costPerMinUsd }: ListedModel, quantity: Quantity): number {
  if (kind === 'built-in' || kind === 'endpoint') return 0;
  const price = costPerMinUsd ?? ASSUMED_USD[api];
  switch (api) {
    case 'stt':
      return price * (quantity.minutes ?? 0);
    case 'tts':
      return (price * (quantity.characters ?? 0)) / MILLION;
    case 'llm':
      return (price * OUTPUT_FACTOR * (quantity.tokens ?? 0)) / MILLION;
  }
}
