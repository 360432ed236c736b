/** Voices, usage and credits. */

import type { KeySource } from './routing.ts';

/** A voice that can be named in `synthesize`. */
export interface VoiceCatalogEntry {
  /** As in `allowedProviders.tts`. */
  vendor: string;
  id: string;
  name: string;
}

/** A vendor of voices. */
export interface VoicesProviderEntry {
  key: string;
  name: string;
  models: readonly string[];
  /** Whether its voices depend on the account, and are not in the list. */
  voicesFetchedLive: boolean;
}

/** Parameters of `voices.list`. */
export interface VoicesListParams {
  /** Only voices of this vendor. */
  provider?: string | undefined;
}

/** Voices, and the vendors they come from. */
export interface VoicesListResult {
  voices: readonly VoiceCatalogEntry[];
  providers: readonly VoicesProviderEntry[];
}

/** Parameters of `usage.get`. */
export interface UsageQueryParams {
  /** ISO 8601. */
  from?: string | undefined;
  /** ISO 8601. */
  to?: string | undefined;
}

/** What one vendor did. */
export interface UsageByProvider {
  provider: string;
  type: 'stt' | 'llm' | 'tts';
  /** What `quantity` counts, for example `stt_seconds`, `tts_characters` or `llm_tokens`. */
  metric: string;
  keySource: KeySource;
  quantity: number;
  /** In US dollars. */
  cost: number;
}

/** What an organization did in a period. */
export interface UsageSummary {
  totalSessions: number;
  totalMinutes: number;
  /** In US dollars. */
  totalCost: number;
  breakdown: UsageByProvider[];
  balanceUsd: number;
  currency: 'USD';
}

/** What an organization has left. */
export interface OrganizationBalance {
  balanceUsd: number;
  currency: 'USD';
  /** ISO 8601. */
  updatedAt: string;
}

/** Why a balance changed. */
export type CreditLedgerKind = 'grant' | 'debit' | 'topup' | 'refund' | 'adjustment';

/** One change of a balance. */
export interface CreditLedgerEntry {
  id: string;
  kind: CreditLedgerKind;
  /** Millionths of a US dollar, with sign, as text. */
  amountMicroUsd: string;
  metric: string | null;
  provider: string | null;
  sessionId: string | null;
  /** ISO 8601. */
  createdAt: string;
}

/** Parameters of `credits.getLedger`. */
export interface CreditLedgerQueryParams {
  limit?: number | undefined;
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
}

/** A page of changes, the newest first. */
export interface CreditLedgerPage {
  entries: CreditLedgerEntry[];
  /** `null` on the last page. */
  nextCursor: string | null;
}
