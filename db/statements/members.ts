// Members of a tenant and those invited to be, as the tenant sees them. Row level security keeps to the tenants named.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface MemberRow {
  /** The user's id. */
  id: string;
  name: string;
  email: string;
  joinedAt: Date;
  /** The roles in the organisation that the user holds by themself. */
  roles: string[];
}

/** In the order of their ids; one more than `limit`. */
export function listMembers(
  sql: ReservedSql,
  shard: number,
  { tenantId, after, limit }: { tenantId: string; after: string | null; limit: number },
): PendingQuery<(Row & MemberRow)[]> {
  return sql`
    ${selectMembers(sql, shard, tenantId)}
      ${after === null ? sql`` : sql`and m.user_id > ${after}`}
    order by m.user_id limit ${limit + 1}`;
}

export function findMember(
  sql: ReservedSql,
  shard: number,
  { tenantId, userId }: { tenantId: string; userId: string },
): PendingQuery<(Row & MemberRow)[]> {
  return sql`${selectMembers(sql, shard, tenantId)} and m.user_id = ${userId}`;
}

/** What people are is beside no shard; what they may do is gathered first. */
function selectMembers(sql: ReservedSql, shard: number, tenantId: string): PendingQuery<Row[]> {
  return sql`
    with given as materialized (
      select r.principal_id, array_to_json(array_agg(r.role order by r.role)) as roles from role_assignments r
      where r.shard = ${shard} and r.tenant_id = ${tenantId} and r.principal_type = 'user' and r.connection_id is null
      group by r.principal_id)
    select m.user_id as id, u.name, u.email, m.created_at as joined_at, coalesce(g.roles, '[]') as roles
    from auth_members m join auth_users u on u.id = m.user_id left join given g on g.principal_id = m.user_id::text
    where m.organization_id = ${tenantId}`;
}

export function insertMember(
  sql: ReservedSql,
  { tenantId, userId }: { tenantId: string; userId: string },
): PendingQuery<Row[]> {
  return sql`insert into auth_members (organization_id, user_id) values (${tenantId}, ${userId})`;
}

export function deleteMember(
  sql: ReservedSql,
  { tenantId, userId }: { tenantId: string; userId: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from auth_members where organization_id = ${tenantId} and user_id = ${userId} returning user_id as id`;
}

export interface InvitationRow {
  id: string;
  email: string;
  roles: string;
  status: 'pending' | 'accepted' | 'rejected' | 'canceled';
  invitedBy: string;
  createdAt: Date;
  expiresAt: Date;
}

/** @param invitation `token` is the secret that accepting takes: it can be written and never read again */
export function insertInvitation(
  sql: ReservedSql,
  invitation: {
    tenantId: string;
    token: string;
    id: string;
    email: string;
    roles: string;
    invitedBy: string;
    lifetimeHours: number;
  },
): PendingQuery<(Row & InvitationRow)[]> {
  const { tenantId, token, id, email, roles, invitedBy, lifetimeHours } = invitation;
  return sql`
    insert into auth_invitations (id, public_id, organization_id, email, roles, invited_by, expires_at)
    values (${token}, ${id}, ${tenantId}, ${email}, ${roles}, ${invitedBy}, now() + ${lifetimeHours} * interval '1 hour')
    returning public_id as id, email, roles, status, invited_by, created_at, expires_at`;
}

/** Newest first; one more than `limit`. */
export function listInvitations(
  sql: ReservedSql,
  { tenantId, before, limit }: { tenantId: string; before: string | null; limit: number },
): PendingQuery<(Row & InvitationRow)[]> {
  return sql`
    select public_id as id, email, roles, status, invited_by, created_at, expires_at
    from auth_invitations
    where organization_id = ${tenantId} ${before === null ? sql`` : sql`and public_id < ${before}`}
    order by public_id desc limit ${limit + 1}`;
}

/** @returns nothing when it is not there, or not pending any more */
export function cancelInvitation(
  sql: ReservedSql,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { email: string })[]> {
  return sql`
    update auth_invitations set status = 'canceled'
    where organization_id = ${tenantId} and public_id = ${id} and status = 'pending'
    returning email`;
}

/** Earlier invitations of the same person, when there is a new one. */
export function cancelInvitationsOf(
  sql: ReservedSql,
  { tenantId, email }: { tenantId: string; email: string },
): PendingQuery<Row[]> {
  return sql`
    update auth_invitations set status = 'canceled'
    where organization_id = ${tenantId} and email = ${email} and status = 'pending'`;
}

export function findMemberByEmail(
  sql: ReservedSql,
  { tenantId, email }: { tenantId: string; email: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select u.id from auth_users u join auth_members m on m.user_id = u.id
    where m.organization_id = ${tenantId} and u.email = ${email}`;
}

/** @returns a row when the user is a member */
export function findMembership(
  sql: ReservedSql,
  { tenantId, userId }: { tenantId: string; userId: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select user_id as id from auth_members where organization_id = ${tenantId} and user_id = ${userId}`;
}
