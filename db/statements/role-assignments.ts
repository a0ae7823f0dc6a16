// Roles given to users, groups and service principals, on the organisation or on one connection.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { withGroupsAround } from './groups.ts';

export type PrincipalType = 'user' | 'group' | 'service';

export interface RoleAssignmentRow {
  id: string;
  principalType: PrincipalType;
  principalId: string;
  role: string;
  connectionId: string | null;
  createdBy: string;
  createdAt: Date;
}

/** @returns nothing when the same role was given before */
export function insertRoleAssignment(
  sql: ReservedSql,
  shard: number,
  given: { tenantId: string } & Omit<RoleAssignmentRow, 'createdAt'>,
): PendingQuery<(Row & RoleAssignmentRow)[]> {
  return sql`
    insert into role_assignments (shard, tenant_id, id, principal_type, principal_id, role, connection_id, created_by)
    values (${shard}, ${given.tenantId}, ${given.id}, ${given.principalType}, ${given.principalId}, ${given.role},
      ${given.connectionId}, ${given.createdBy})
    on conflict on constraint role_assignments_once do nothing
    returning id, principal_type, principal_id, role, connection_id, created_by, created_at`;
}

export interface RoleAssignmentFilter {
  tenantId: string;
  principalType: PrincipalType | null;
  principalId: string | null;
  connectionId: string | null;
  /** When given, only assignments on these connections. */
  onConnections: readonly string[] | null;
  before: string | null;
  limit: number;
}

/** Newest first, one more than `limit`. */
export function listRoleAssignments(
  sql: ReservedSql,
  shard: number,
  filter: RoleAssignmentFilter,
): PendingQuery<(Row & RoleAssignmentRow)[]> {
  const { tenantId, principalType, principalId, connectionId, onConnections, before, limit } = filter;
  return sql`
    select id, principal_type, principal_id, role, connection_id, created_by, created_at
    from role_assignments
    where shard = ${shard} and tenant_id = ${tenantId}
      ${principalType === null ? sql`` : sql`and principal_type = ${principalType}`}
      ${principalId === null ? sql`` : sql`and principal_id = ${principalId}`}
      ${connectionId === null ? sql`` : sql`and connection_id = ${connectionId}`}
      ${onConnections === null ? sql`` : sql`and connection_id = any (${onConnections as string[]}::uuid[])`}
      ${before === null ? sql`` : sql`and id < ${before}`}
    order by id desc limit ${limit + 1}`;
}

export function findRoleAssignment(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & RoleAssignmentRow)[]> {
  return sql`
    select id, principal_type, principal_id, role, connection_id, created_by, created_at
    from role_assignments where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** The assignment that a second one like it would repeat. */
export function findSameRoleAssignment(
  sql: ReservedSql,
  shard: number,
  given: { tenantId: string } & Pick<
    RoleAssignmentRow,
    'principalType' | 'principalId' | 'role' | 'connectionId'
  >,
): PendingQuery<(Row & RoleAssignmentRow)[]> {
  return sql`
    select id, principal_type, principal_id, role, connection_id, created_by, created_at
    from role_assignments
    where shard = ${shard} and tenant_id = ${given.tenantId} and principal_type = ${given.principalType}
      and principal_id = ${given.principalId} and role = ${given.role}
      and connection_id is not distinct from ${given.connectionId}`;
}

export function deleteRoleAssignment(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from role_assignments where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning id`;
}

/** Those on a connection that is going away. */
export function deleteRoleAssignmentsOf(
  sql: ReservedSql,
  shard: number,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
): PendingQuery<Row[]> {
  return sql`
    delete from role_assignments
    where shard = ${shard} and tenant_id = ${tenantId} and connection_id = ${connectionId}`;
}

/** Those of a principal that is going away. */
export function deleteRoleAssignmentsOfPrincipal(
  sql: ReservedSql,
  shard: number,
  { tenantId, type, id }: { tenantId: string; type: PrincipalType; id: string },
): PendingQuery<(Row & RoleAssignmentRow)[]> {
  return sql`
    delete from role_assignments
    where shard = ${shard} and tenant_id = ${tenantId} and principal_type = ${type} and principal_id = ${id}
    returning id, principal_type, principal_id, role, connection_id, created_by, created_at`;
}

/**
 * How many members and living API keys own the organisation. Groups do not count: nobody may be in them. A user who is no
 * member does not either: roles may be given to ids that only a token names, and to ids that nobody has.
 */
export function countOwners(
  sql: ReservedSql,
  shard: number,
  { tenantId }: { tenantId: string },
): PendingQuery<(Row & { owners: number })[]> {
  // Who is a member is beside no shard; who was given the role is gathered first.
  return sql`
    with given as materialized (
      select r.principal_type, r.principal_id from role_assignments r
      where r.shard = ${shard} and r.tenant_id = ${tenantId} and r.role = 'Owner' and r.connection_id is null
        and (r.principal_type = 'user' or (r.principal_type = 'service' and exists (
          select from api_keys k
          where k.shard = ${shard} and k.tenant_id = ${tenantId} and k.id::text = r.principal_id
            and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())))))
    select count(*)::integer as owners from given g
    where g.principal_type = 'service'
      or g.principal_id in (select m.user_id::text from auth_members m where m.organization_id = ${tenantId})`;
}

export interface HeldRole {
  role: string;
  connectionId: string | null;
}

/** Every role that a principal holds by itself or through groups: those it is in, and those its token names. */
export function findRolesHeld(
  sql: ReservedSql,
  shard: number,
  {
    tenantId,
    type,
    id,
    groups,
  }: { tenantId: string; type: 'user' | 'service'; id: string; groups: readonly string[] },
): PendingQuery<(Row & HeldRole)[]> {
  return sql`
    ${withGroupsAround(sql, shard, { tenantId, type, id })}
    select distinct role, connection_id from role_assignments
    where shard = ${shard} and tenant_id = ${tenantId}
      and ((principal_type = ${type} and principal_id = ${id})
        or (principal_type = 'group' and principal_id = any (
          ${groups as string[]}::text[] || array(select id::text from around))))`;
}
