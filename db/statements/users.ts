// Users as sign-in knows them, across tenants. Runs as role `pawl_auth`.
import type { PendingQuery, Row, Sql } from '../client.ts';
import type { Tenant } from '../tenants.ts';

/** By the index on the user. */
export function findMemberships(sql: Sql, userId: string): PendingQuery<(Row & Tenant)[]> {
  return sql`
    select t.id, t.shard, t.name, t.slug
    from auth_members m join tenants t on t.id = m.organization_id
    where m.user_id = ${userId} order by t.slug`;
}

/** @param email in lower case */
export function findUserId(sql: Sql, email: string): PendingQuery<(Row & { id: string })[]> {
  return sql`select id from auth_users where email = ${email}`;
}
