/** What an organization used, what it has left, and which voices it can choose. */

import type { Transport } from '../transport.ts';
import type {
  CreditLedgerPage,
  CreditLedgerQueryParams,
  OrganizationBalance,
  UsageQueryParams,
  UsageSummary,
  VoicesListParams,
  VoicesListResult,
} from '../types/catalogue.ts';

export interface Usage {
  /** Sums up a period. Default: the current one. */
  get(params?: UsageQueryParams, signal?: AbortSignal): Promise<UsageSummary>;
}

export interface Credits {
  getBalance(signal?: AbortSignal): Promise<OrganizationBalance>;
  /** Reads one page of changes. */
  getLedger(params?: CreditLedgerQueryParams, signal?: AbortSignal): Promise<CreditLedgerPage>;
}

export interface Voices {
  /** Lists the voices that `synthesize` can be asked for. */
  list(params?: VoicesListParams, signal?: AbortSignal): Promise<VoicesListResult>;
}

export function createUsage(transport: Transport): Usage {
  return {
    get: ({ from, to } = {}, signal) =>
      transport.fetchJson('GET', '/v1/usage', { query: { from, to }, signal }),
  };
}

export function createCredits(transport: Transport): Credits {
  return {
    getBalance: (signal) => transport.fetchJson('GET', '/v1/credits/balance', { signal }),
    getLedger: ({ limit, cursor } = {}, signal) =>
      transport.fetchJson('GET', '/v1/credits/ledger', { query: { limit, cursor }, signal }),
  };
}

export function createVoices(transport: Transport): Voices {
  return {
    list: ({ provider } = {}, signal) =>
      transport.fetchJson('GET', '/v1/voices', { query: { provider }, signal }),
  };
}
