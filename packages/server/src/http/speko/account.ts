/** The organization of a key: its keys, vendors' keys, usage and credit (section 11). */
import { randomBytes } from 'node:crypto';
import { SpekoError } from '@visavox/contract/speko';
import { z } from 'zod';
import { findVendor, modalitiesOf, VENDORS } from '../../providers/vendors/all.ts';
import type { Meter } from '../../routing/meter.ts';
import type { VendorKeys } from '../../routing/vendor-keys.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { ApiKeyRow, Store, UsageSum } from '../../store/store.ts';
import type { Call } from '../bind.ts';
import { readJson } from '../body.ts';
import type { Keyring } from '../keyring.ts';
import { callerOf, invalidQuery, readLimit, readMoment } from './call-values.ts';

export interface AccountContext {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly vendorKeys: Pick<VendorKeys, 'reload'>;
  readonly meter: Meter;
  readonly keyring: Pick<Keyring, 'forget'>;
  readonly now: () => Date;
}

const MAX_JSON_BYTES = 64 * 1024;
const MICRO = 1_000_000;

const createKey = z.object({ name: z.string().min(1).max(100) });
const putVendorKey = z.object({
  provider: z.string().min(1).max(64),
  apiKey: z
    .string()
    .min(8)
    .max(16 * 1024),
});
const METRICS = { stt: 'stt_seconds', tts: 'tts_characters', llm: 'llm_tokens', s2s: 's2s_seconds' } as const;
const LEDGER_KINDS = ['grant', 'debit', 'topup', 'refund', 'adjustment'] as const;

export function createAccountHandlers({ store, secrets, vendorKeys, meter, keyring, now }: AccountContext) {
  const balanceOf = async (organizationId: string) => {
    const [{ microUsd, updatedAt }, usage] = await Promise.all([
      store.gateway.creditBalance(organizationId),
      store.gateway.sumUsage(organizationId, {}),
    ]);
    const spent = usage.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0);
    return { balanceUsd: usd(microUsd - spent), updatedAt };
  };

  return {
    async getOrganization(call: Call): Promise<object> {
      const { organization } = callerOf(call);
      const { id, name, createdAt } = organization;
      return { id, name, slug: id.toLowerCase(), createdAt: createdAt.toISOString(), metadata: {} };
    },

    async listKeys(call: Call): Promise<object> {
      return (await store.keys.list(callerOf(call).organization.id)).map(showKey);
    },
    async createKey(call: Call): Promise<object> {
      const { name } = (await readJson(call.request, createKey, MAX_JSON_BYTES)).value;
      const key = `sk_live_${randomBytes(24).toString('hex')}`;
      const row = await store.keys.put({
        organizationId: callerOf(call).organization.id,
        key,
        label: name,
        role: 'client',
      });
      return { ...showKey(row), key };
    },
    async revokeKey(call: Call): Promise<object> {
      const id = call.parameters['id'] ?? '';
      const row = await store.keys.find(id);
      const caller = callerOf(call);
      if (row?.organizationId !== caller.organization.id) throw new SpekoError('NOT_FOUND');
      if (id === caller.keyId)
        throw new SpekoError('CONFLICT', 'A key cannot revoke itself; use another one.');
      await store.keys.revoke(id, now());
      keyring.forget();
      return { id, revoked: true };
    },

    async listVendorKeys(call: Call): Promise<object> {
      const rows = await store.gateway.listVendorKeys(callerOf(call).organization.id);
      return VENDORS.map((vendor) => {
        const { id, displayName } = vendor;
        const row = rows.find(({ vendorId }) => vendorId === id);
        return {
          key: id,
          name: displayName,
          type: modalitiesOf(vendor).join(','),
          configured: row !== undefined,
          source: row === undefined ? null : 'BYOK',
          updatedAt: row?.updatedAt.toISOString() ?? null,
        };
      });
    },
    async putVendorKey(call: Call): Promise<object> {
      const { provider, apiKey } = (await readJson(call.request, putVendorKey, MAX_JSON_BYTES)).value;
      const vendorId = requireVendor(provider);
      await store.gateway.putVendorKey({
        organizationId: callerOf(call).organization.id,
        vendorId,
        sealedKey: secrets.seal(apiKey.trim()),
      });
      await vendorKeys.reload();
      return { provider: vendorId, configured: true };
    },
    async deleteVendorKey(call: Call): Promise<object> {
      const vendorId = requireVendor(call.parameters['provider'] ?? '');
      await store.gateway.removeVendorKey(callerOf(call).organization.id, vendorId);
      await vendorKeys.reload();
      return { provider: vendorId, configured: false };
    },

    async getUsage(call: Call): Promise<object> {
      const organizationId = callerOf(call).organization.id;
      const period = { from: readMoment(call, 'from'), to: readMoment(call, 'to') };
      await meter.flush();
      const [sums, totalSessions, { balanceUsd }] = await Promise.all([
        store.gateway.sumUsage(organizationId, period),
        store.gateway.countSessions(organizationId, period),
        balanceOf(organizationId),
      ]);
      return {
        totalSessions,
        totalMinutes: minutesOf(sums),
        totalCost: usd(sums.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0)),
        breakdown: sums.map(({ providerId, modality, keySource, quantity, costMicroUsd }) => ({
          provider: providerId,
          type: modality,
          metric: METRICS[modality],
          keySource,
          quantity,
          cost: usd(costMicroUsd),
        })),
        balanceUsd,
        currency: 'USD',
      };
    },

    async getBalance(call: Call): Promise<object> {
      await meter.flush();
      const { balanceUsd, updatedAt } = await balanceOf(callerOf(call).organization.id);
      return { balanceUsd, currency: 'USD', updatedAt: (updatedAt ?? now()).toISOString() };
    },
    async getLedger(call: Call): Promise<object> {
      const { query } = call;
      const limit = readLimit(call, 50);
      const kind = query.get('kind');
      const known = LEDGER_KINDS.find((one) => one === kind);
      if (kind !== null && known === undefined) {
        throw invalidQuery('kind', `Expected one of ${LEDGER_KINDS.join(', ')}.`);
      }
      const entries = await store.gateway.listCredit(callerOf(call).organization.id, {
        limit: limit + 1,
        before: readMoment(call, 'cursor'),
        kind: known,
      });
      const page = entries.slice(0, limit);
      return {
        entries: page.map((entry) => ({
          id: entry.id,
          kind: entry.kind,
          amountMicroUsd: String(entry.amountMicroUsd),
          metric: entry.metric,
          provider: entry.provider,
          sessionId: entry.sessionId,
          createdAt: entry.createdAt.toISOString(),
        })),
        nextCursor: entries.length > limit ? (page.at(-1)?.createdAt.toISOString() ?? null) : null,
      };
    },
  };
}

function requireVendor(name: string): string {
  const vendor = findVendor(name.trim().toLowerCase());
  if (vendor !== undefined) return vendor.id;
  throw new SpekoError('VALIDATION_ERROR', undefined, {
    issues: [{ path: 'provider', message: `Expected one of ${VENDORS.map(({ id }) => id).join(', ')}.` }],
  });
}

function showKey(row: ApiKeyRow): object {
  return {
    id: row.id,
    name: row.label,
    keyPrefix: row.hint,
    scopes: row.role === 'client' ? ['use'] : ['use', 'manage'],
    revoked: row.revokedAt !== null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

function usd(microUsd: number): number {
  return Math.round(microUsd) / MICRO;
}

function minutesOf(sums: readonly UsageSum[]): number {
  const seconds = sums.reduce(
    (sum, { modality, quantity }) => sum + (modality === 'stt' || modality === 's2s' ? quantity : 0),
    0,
  );
  return Math.round((seconds / 60) * 1000) / 1000;
}
