// An organisation without an Owner is one in which nobody can ever give a role again.
import type { ReservedSql } from '../../db/client.ts';
import { countOwners } from '../../db/statements/role-assignments.ts';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';

/**
 * After roles were taken away, in the same transaction, which `lockAccess` began.
 * @throws PawlError Conflict `last_owner`, which undoes it
 */
export async function requireOwner(sql: ReservedSql, tenant: Tenant): Promise<void> {
  const [count] = await countOwners(sql, tenant.shard, { tenantId: tenant.id });
  if (count?.owners) return;
  throw new PawlError(
    'Conflict',
    'last_owner',
    'Somebody has to own the organisation. Make another Owner first.',
  );
}
