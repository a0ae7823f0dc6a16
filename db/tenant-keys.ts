// Where the wrapped data keys of tenants are kept, for the vault; and how whoever stores a secret keeps its key there.
import type { Database, ReservedSql } from './client.ts';
import {
  findTenantKey,
  insertTenantKey,
  listTenantKeys,
  lockTenantKeys,
  type TenantKeyRow,
  type TenantRef,
} from './statements/tenant-keys.ts';
import type { Tenants } from './tenants.ts';

export interface TenantKeyStore {
  /** Newest first; none for a tenant that is not there. */
  list(tenantId: string): Promise<readonly TenantKeyRow[]>;
  /** @returns false when somebody else made this generation first */
  insert(tenantId: string, key: TenantKeyRow): Promise<boolean>;
}

export function createTenantKeyStore(db: Database, tenants: Tenants): TenantKeyStore {
  async function refOf(tenantId: string): Promise<TenantRef | null> {
    const tenant = await tenants.get(tenantId);
    return tenant && { shard: tenant.shard, tenantId };
  }
  return {
    async list(tenantId) {
      const ref = await refOf(tenantId);
      return ref ? db.read<TenantKeyRow[]>(tenantId, (sql) => listTenantKeys(sql, ref)) : [];
    },
    async insert(tenantId, key) {
      const ref = await refOf(tenantId);
      if (!ref) throw new TypeError('a key for a tenant that does not exist');
      const made = await db.once<{ id: string }[]>([tenantId], (sql) => insertTenantKey(sql, ref, key));
      return made.length > 0;
    },
  };
}

/**
 * Keeps a data key from being deleted until the running transaction ends; to be called in the transaction that stores a
 * secret under it.
 * @returns false when it was deleted before: the secret would be unreadable
 */
export async function holdTenantKey(sql: ReservedSql, of: TenantRef, keyId: string): Promise<boolean> {
  await lockTenantKeys(sql, of.tenantId, 'share');
  return (await findTenantKey(sql, of, keyId)).length > 0;
}
