// Makes an organisation for somebody: the tenant, its first member and the role that owns it, in one commit.
import type { Database, ReservedSql } from '../../db/client.ts';
import { type Ids, newId } from '../../db/new-id.ts';
import { isSlug, shardFor } from '../../db/operator.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import { insertMember } from '../../db/statements/members.ts';
import { insertRoleAssignment } from '../../db/statements/role-assignments.ts';
import { insertTenant } from '../../db/statements/tenants.ts';
import type { Tenant } from '../../db/tenants.ts';
import type { JsonObject } from '../../engine/json.ts';
import { refuseSignIn } from './refuse-sign-in.ts';

export const TENANT_NAME_CHARS_MAX = 200;

/**
 * better-auth would make these in commits of their own, and leave a slug that is taken where a process dies in between.
 * @param db as role `pawl_api`
 * @throws APIError `INVALID_SLUG`, `INVALID_NAME`, `ORGANIZATION_ALREADY_EXISTS`
 */
export async function createOrganisation(
  { db, ids }: { db: Database; ids: Ids },
  userId: string,
  asked: { name?: unknown; slug?: unknown },
): Promise<Tenant> {
  const name = typeof asked.name === 'string' ? asked.name.trim() : '';
  const slug = typeof asked.slug === 'string' ? asked.slug : '';
  if (!isSlug(slug)) {
    throw refuseSignIn('INVALID_SLUG', 'A slug has at most 63 lower-case letters, digits and dashes.');
  }
  if (name === '' || name.length > TENANT_NAME_CHARS_MAX) {
    throw refuseSignIn('INVALID_NAME', `A name has 1 to ${TENANT_NAME_CHARS_MAX} characters.`);
  }
  // UUIDv7 as every tenant's.
  const id = newId();
  const tenant = { id, shard: await shardFor(db, id), name, slug };
  await db.forTenants([id], async (sql) => {
    const [made] = await insertTenant(sql, tenant);
    if (!made)
      throw refuseSignIn('ORGANIZATION_ALREADY_EXISTS', `There is an organisation "${slug}" already.`);
    await insertMember(sql, { tenantId: id, userId });
    const why = { kind: 'tenant.created', subjectId: id, data: { name, slug } };
    await giveRoles(sql, ids, tenant, userId, ['Owner'], why);
  });
  return tenant;
}

/** Gives roles to a user, and says in the log why. */
export async function giveRoles(
  sql: ReservedSql,
  ids: Ids,
  { id: tenantId, shard }: Pick<Tenant, 'id' | 'shard'>,
  userId: string,
  roles: readonly string[],
  why: { kind: string; subjectId: string; data: JsonObject },
): Promise<void> {
  const actor = `user:${userId}`;
  await appendLog(sql, shard, { tenantId, id: ids.next(), actor, ...why });
  for (const role of roles) {
    const given = { tenantId, id: ids.next(), principalType: 'user', principalId: userId, role } as const;
    const [made] = await insertRoleAssignment(sql, shard, { ...given, connectionId: null, createdBy: actor });
    if (!made) continue;
    const data = { principal_type: 'user', principal_id: userId, role, connection_id: null };
    const entry = { tenantId, subjectId: made.id, id: ids.next(), kind: 'role_assignment.created', actor };
    await appendLog(sql, shard, { ...entry, data });
  }
}
