/** Organizations and their API keys. */
import { hash } from 'node:crypto';
import { and, asc, eq, isNull } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import * as schema from './schema.ts';

export type OrganizationRow = typeof schema.organizations.$inferSelect;
/** Everything about a key but the key. */
export type ApiKeyRow = Omit<typeof schema.apiKeys.$inferSelect, 'keyHash'>;

/** Who calls: a valid, unrevoked key, with its organization's limits. */
export interface KeyOwner {
  readonly keyId: string;
  readonly role: schema.KeyRole;
  /** What calls with this key may cost in all; null means unlimited. */
  readonly budgetMicroUsd: number | null;
  readonly organization: OrganizationRow;
}

export interface OrganizationStore {
  list(): Promise<OrganizationRow[]>;
  find(id: string): Promise<OrganizationRow | undefined>;
  insert(organization: typeof schema.organizations.$inferInsert): Promise<OrganizationRow>;
  insertIfAbsent(organization: typeof schema.organizations.$inferInsert): Promise<void>;
  update(
    id: string,
    changes: Partial<Pick<OrganizationRow, 'name' | 'limits' | 'features'>>,
  ): Promise<OrganizationRow | undefined>;
  /** Removes it with everything it owns. False when it did not exist. */
  remove(id: string): Promise<boolean>;
}

export interface KeyStore {
  /** Keeps a key, or brings a revoked one back. */
  put(key: {
    readonly organizationId: string;
    readonly key: string;
    readonly label: string;
    readonly role: schema.KeyRole;
    readonly budgetMicroUsd?: number | null | undefined;
  }): Promise<ApiKeyRow>;
  /** Undefined when it does not exist or is revoked. */
  update(
    id: string,
    changes: { readonly label?: string; readonly budgetMicroUsd?: number | null },
  ): Promise<ApiKeyRow | undefined>;
  touch(id: string, at: Date): Promise<void>;
  list(organizationId: string): Promise<ApiKeyRow[]>;
  find(id: string): Promise<ApiKeyRow | undefined>;
  /** Undefined when it does not exist or was revoked before. */
  revoke(id: string, at: Date): Promise<ApiKeyRow | undefined>;
  findOwner(key: string): Promise<KeyOwner | undefined>;
}

const HINT_CHARACTERS = 9;

/** SHA-256 as hexadecimal: keys have at least 128 bits of their own, so a fast hash is enough. */
export function hashApiKey(key: string): string {
  return hash('sha256', key);
}

export function createOrganizationStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): OrganizationStore {
  const { organizations } = schema;
  return {
    list: async () =>
      database.select().from(organizations).orderBy(asc(organizations.createdAt), asc(organizations.id)),
    async find(id) {
      const [row] = await database.select().from(organizations).where(eq(organizations.id, id));
      return row;
    },
    async insert(organization) {
      const [row] = await database.insert(organizations).values(organization).returning();
      if (row === undefined) throw new Error('The database returned no row for an insert.');
      return row;
    },
    async insertIfAbsent(organization) {
      await database.insert(organizations).values(organization).onConflictDoNothing();
    },
    async update(id, changes) {
      const [row] = await database
        .update(organizations)
        .set(changes)
        .where(eq(organizations.id, id))
        .returning();
      return row;
    },
    async remove(id) {
      const removed = await database
        .delete(organizations)
        .where(eq(organizations.id, id))
        .returning({ id: organizations.id });
      return removed.length > 0;
    },
  };
}

export function createKeyStore<Kind extends PgQueryResultHKT>(
  database: PgDatabase<Kind, typeof schema>,
): KeyStore {
  const { apiKeys, organizations } = schema;
  const columns = {
    id: apiKeys.id,
    organizationId: apiKeys.organizationId,
    label: apiKeys.label,
    role: apiKeys.role,
    hint: apiKeys.hint,
    createdAt: apiKeys.createdAt,
    revokedAt: apiKeys.revokedAt,
    lastUsedAt: apiKeys.lastUsedAt,
    budgetMicroUsd: apiKeys.budgetMicroUsd,
  };
  return {
    async put({ organizationId, key, label, role, budgetMicroUsd = null }) {
      const keyHash = hashApiKey(key);
      const [row] = await database
        .insert(apiKeys)
        .values({
          keyHash,
          id: `key-${keyHash.slice(0, 16)}`,
          organizationId,
          label,
          role,
          hint: key.slice(0, HINT_CHARACTERS),
          budgetMicroUsd,
        })
        .onConflictDoUpdate({
          target: apiKeys.keyHash,
          set: { organizationId, role, hint: key.slice(0, HINT_CHARACTERS), revokedAt: null },
        })
        .returning(columns);
      if (row === undefined) throw new Error('The database returned no row for an insert.');
      return row;
    },
    list: async (organizationId) =>
      database
        .select(columns)
        .from(apiKeys)
        .where(eq(apiKeys.organizationId, organizationId))
        .orderBy(asc(apiKeys.createdAt), asc(apiKeys.id)),
    async find(id) {
      const [row] = await database.select(columns).from(apiKeys).where(eq(apiKeys.id, id));
      return row;
    },
    async update(id, changes) {
      if (Object.keys(changes).length === 0) {
        const [row] = await database
          .select(columns)
          .from(apiKeys)
          .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)));
        return row;
      }
      const [row] = await database
        .update(apiKeys)
        .set(changes)
        .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
        .returning(columns);
      return row;
    },
    async touch(id, at) {
      await database.update(apiKeys).set({ lastUsedAt: at }).where(eq(apiKeys.id, id));
    },
    async revoke(id, at) {
      const [row] = await database
        .update(apiKeys)
        .set({ revokedAt: at })
        .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
        .returning(columns);
      return row;
    },
    async findOwner(key) {
      const [row] = await database
        .select({
          keyId: apiKeys.id,
          role: apiKeys.role,
          budgetMicroUsd: apiKeys.budgetMicroUsd,
          organization: organizations,
        })
        .from(apiKeys)
        .innerJoin(organizations, eq(organizations.id, apiKeys.organizationId))
        .where(and(eq(apiKeys.keyHash, hashApiKey(key)), isNull(apiKeys.revokedAt)));
      return row;
    },
  };
}
