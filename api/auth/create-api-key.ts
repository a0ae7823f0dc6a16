// Makes a service principal: its key, its roles and the log entry of both, in one transaction.
import type { Database } from '../../db/client.ts';
import { newId } from '../../db/new-id.ts';
import { insertApiKey } from '../../db/statements/api-keys.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import { insertRoleAssignment } from '../../db/statements/role-assignments.ts';
import type { Tenant } from '../../db/tenants.ts';
import { newApiKey } from './api-key.ts';
import type { OrganisationRole } from './principal.ts';

export interface ApiKeyRequest {
  name: string;
  roles: readonly OrganisationRole[];
  expiresAt?: Date | null;
  /** Who asks; default `operator`. */
  actor?: string;
}

/**
 * Works as role `pawl_operator` (from the command line) and as `pawl_api` alike.
 * @returns the key itself, for the only time
 */
export async function createApiKey(
  db: Database,
  tenant: Tenant,
  { name, roles, expiresAt = null, actor = 'operator' }: ApiKeyRequest,
): Promise<{ id: string; key: string; prefix: string; createdAt: Date }> {
  const id = newId();
  const { key, prefix, hash } = newApiKey(tenant.id);
  const of = { tenantId: tenant.id };
  return db.forTenants([tenant.id], async (sql) => {
    const row = { ...of, id, name, prefix, hash, createdBy: actor, expiresAt };
    const [made] = await insertApiKey(sql, tenant.shard, row);
    for (const role of new Set(roles)) {
      await insertRoleAssignment(sql, tenant.shard, {
        ...of,
        id: newId(),
        principalType: 'service',
        principalId: id,
        role,
        connectionId: null,
        createdBy: actor,
      });
    }
    const data = { name, prefix, roles: [...roles], expires_at: expiresAt?.toISOString() ?? null };
    await appendLog(sql, tenant.shard, {
      ...of,
      subjectId: id,
      id: newId(),
      kind: 'api_key.created',
      actor,
      data,
    });
    return { id, key, prefix, createdAt: made?.createdAt ?? new Date() };
  });
}
