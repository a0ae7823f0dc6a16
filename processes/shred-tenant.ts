// Crypto-shredding: deletes a tenant's data keys, and with them the meaning of everything that is encrypted under them.
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { createNotifier } from '../db/notifications.ts';
import { appendLog } from '../db/statements/append-log.ts';
import { countDirect, countSecrets } from '../db/statements/stored-secrets.ts';
import { deleteTenantKeys, lockTenantKeys } from '../db/statements/tenant-keys.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import { tenantKeysChanged } from '../vault/data-keys.ts';
import { STORED_SECRETS } from './stored-secrets.ts';

export interface Shredded {
  /** Data keys that were deleted. */
  keys: number;
  /** Secrets of each kind (`connection`) that nobody can read any more. */
  secrets: Record<string, number>;
}

/**
 * @param db as role `pawl_operator`
 * @throws PawlError Conflict `tenant_not_rotated` while something of the tenant is directly under a master key, which is
 *   not deleted here
 */
export async function shredTenant(db: Database, { id: tenantId, shard }: Tenant): Promise<Shredded> {
  const of = { shard, tenantId };
  const shredded = await db.forTenants([tenantId], async (sql) => {
    // Whoever stores a secret of the tenant now either has done so, or does it under a key that is made after this.
    await lockTenantKeys(sql, tenantId, 'exclude');
    const secrets: Record<string, number> = {};
    for (const secret of STORED_SECRETS) {
      if ((await countDirect(sql, secret, of)).length > 0) throw notRotated();
      const [count] = await countSecrets(sql, secret, of);
      secrets[secret.kind] = (count?.secrets ?? 0) - (count?.unreadable ?? 0);
    }
    const keys = (await deleteTenantKeys(sql, of)).length;
    const data = { keys, secrets };
    const entry = {
      tenantId,
      subjectId: tenantId,
      id: newId(),
      kind: 'tenant.keys_shredded',
      actor: 'operator',
      data,
    };
    await appendLog(sql, shard, entry);
    return data;
  });
  await createNotifier(db.sql, () => {}).changed(tenantKeysChanged(tenantId));
  return shredded;
}

function notRotated(): PawlError {
  const message =
    'Some secrets of the tenant are still directly under a master key, which deleting its data keys leaves readable. ' +
    'Run `pawl keys rotate` first.';
  return new PawlError('Conflict', 'tenant_not_rotated', message);
}
