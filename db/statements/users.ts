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

/** Whether nobody is a member of anything yet. */
export function findWhetherNew(sql: Sql): PendingQuery<(Row & { isNew: boolean })[]> {
  return sql`select not exists (select from auth_members) as is_new`;
}

export interface OpenInvitation {
  tenantId: string;
  tenantName: string;
  email: string;
  roles: string;
  expiresAt: Date;
  /** Somebody has an account under that address. */
  hasAccount: boolean;
}

/** @returns nothing for one that was accepted, taken back or is too old */
export function findOpenInvitation(sql: Sql, token: string): PendingQuery<(Row & OpenInvitation)[]> {
  return sql`
    select t.id as tenant_id, t.name as tenant_name, i.email, i.roles, i.expires_at,
      exists (select from auth_users u where u.email = i.email) as has_account
    from auth_invitations i join tenants t on t.id = i.organization_id
    where i.id = ${token} and i.status = 'pending' and i.expires_at > now()`;
}

/** Replaces a password and ends the sessions that it, or whoever knew it, began. @param email in lower case */
export function replacePassword(
  sql: Sql,
  { email, hash }: { email: string; hash: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with changed as (
      update auth_accounts a set password = ${hash}, updated_at = now()
      from auth_users u
      where u.email = ${email} and a.user_id = u.id and a.provider_id = 'credential'
      returning a.user_id
    ), ended as (
      delete from auth_sessions s using changed c where s.user_id = c.user_id
    )
    select user_id as id from changed`;
}
