// Groups of users and of other groups, and the one question asked of them at each sign-in: which is somebody in?
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface GroupRow {
  id: string;
  name: string;
  createdBy: string;
  createdAt: Date;
}

/** @returns nothing when the name is taken */
export function insertGroup(
  sql: ReservedSql,
  shard: number,
  group: { tenantId: string; id: string; name: string; createdBy: string },
): PendingQuery<(Row & GroupRow)[]> {
  return sql`
    insert into groups (shard, tenant_id, id, name, created_by)
    values (${shard}, ${group.tenantId}, ${group.id}, ${group.name}, ${group.createdBy})
    on conflict on constraint groups_name_once do nothing
    returning id, name, created_by, created_at`;
}

/** Newest first; one more than `limit`. */
export function listGroups(
  sql: ReservedSql,
  shard: number,
  { tenantId, before, limit }: { tenantId: string; before: string | null; limit: number },
): PendingQuery<(Row & GroupRow)[]> {
  return sql`
    select id, name, created_by, created_at from groups
    where shard = ${shard} and tenant_id = ${tenantId} ${before === null ? sql`` : sql`and id < ${before}`}
    order by id desc limit ${limit + 1}`;
}

export function findGroup(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & GroupRow)[]> {
  return sql`
    select id, name, created_by, created_at from groups
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

export function findGroupByName(
  sql: ReservedSql,
  shard: number,
  { tenantId, name }: { tenantId: string; name: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select id from groups where shard = ${shard} and tenant_id = ${tenantId} and name = ${name}`;
}

export function renameGroup(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, name }: { tenantId: string; id: string; name: string },
): PendingQuery<(Row & GroupRow)[]> {
  return sql`
    update groups set name = ${name}
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    returning id, name, created_by, created_at`;
}

/** Its own members go with it (foreign key); where it is a member itself is for `deleteMembershipsOf`. */
export function deleteGroup(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { name: string })[]> {
  return sql`
    delete from groups where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning name`;
}

export interface GroupMemberRow {
  id: string;
  groupId: string;
  memberType: 'user' | 'group';
  memberId: string;
  createdBy: string;
  createdAt: Date;
}

export type GroupMember = Pick<GroupMemberRow, 'groupId' | 'memberType' | 'memberId'>;

/** @returns nothing when it is a member already */
export function insertGroupMember(
  sql: ReservedSql,
  shard: number,
  member: { tenantId: string; id: string; createdBy: string } & GroupMember,
): PendingQuery<(Row & GroupMemberRow)[]> {
  return sql`
    insert into group_members (shard, tenant_id, id, group_id, member_type, member_id, created_by)
    values (${shard}, ${member.tenantId}, ${member.id}, ${member.groupId}, ${member.memberType}, ${member.memberId},
      ${member.createdBy})
    on conflict on constraint group_members_once do nothing
    returning id, group_id, member_type, member_id, created_by, created_at`;
}

export function findSameGroupMember(
  sql: ReservedSql,
  shard: number,
  { tenantId, groupId, memberType, memberId }: { tenantId: string } & GroupMember,
): PendingQuery<(Row & GroupMemberRow)[]> {
  return sql`
    select id, group_id, member_type, member_id, created_by, created_at from group_members
    where shard = ${shard} and tenant_id = ${tenantId} and group_id = ${groupId}
      and member_type = ${memberType} and member_id = ${memberId}`;
}

/** Newest first; one more than `limit`. */
export function listGroupMembers(
  sql: ReservedSql,
  shard: number,
  {
    tenantId,
    groupId,
    before,
    limit,
  }: { tenantId: string; groupId: string; before: string | null; limit: number },
): PendingQuery<(Row & GroupMemberRow)[]> {
  return sql`
    select id, group_id, member_type, member_id, created_by, created_at from group_members
    where shard = ${shard} and tenant_id = ${tenantId} and group_id = ${groupId}
      ${before === null ? sql`` : sql`and id < ${before}`}
    order by id desc limit ${limit + 1}`;
}

export function deleteGroupMember(
  sql: ReservedSql,
  shard: number,
  { tenantId, groupId, id }: { tenantId: string; groupId: string; id: string },
): PendingQuery<(Row & GroupMemberRow)[]> {
  return sql`
    delete from group_members
    where shard = ${shard} and tenant_id = ${tenantId} and group_id = ${groupId} and id = ${id}
    returning id, group_id, member_type, member_id, created_by, created_at`;
}

/** Of a user or a group that is going away. */
export function deleteMembershipsOf(
  sql: ReservedSql,
  shard: number,
  { tenantId, type, id }: { tenantId: string; type: 'user' | 'group'; id: string },
): PendingQuery<Row[]> {
  return sql`
    delete from group_members
    where shard = ${shard} and tenant_id = ${tenantId} and member_type = ${type} and member_id = ${id}`;
}

/** Every group that `id` is in, by itself or through other groups. */
export function findGroupsAround(
  sql: ReservedSql,
  shard: number,
  of: { tenantId: string; type: 'user' | 'group'; id: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`${withGroupsAround(sql, shard, of)} select id from around`;
}

/**
 * The beginning of a statement that asks `around` for the ids of these groups. By the unique key, which the members lead;
 * `union` keeps each group once, so that it ends even where groups were in each other.
 */
export function withGroupsAround(
  sql: ReservedSql,
  shard: number,
  { tenantId, type, id }: { tenantId: string; type: 'user' | 'group' | 'service'; id: string },
): PendingQuery<Row[]> {
  return sql`
    with recursive around (id) as (
      select group_id from group_members
      where shard = ${shard} and tenant_id = ${tenantId} and member_type = ${type} and member_id = ${id}
      union
      select m.group_id from around a join group_members m
        on m.shard = ${shard} and m.tenant_id = ${tenantId} and m.member_type = 'group' and m.member_id = a.id::text
    )`;
}

/** Who may do what changes one at a time in a tenant, where two changes that are right alone may be wrong together. */
export function lockAccess(sql: ReservedSql, tenantId: string): PendingQuery<Row[]> {
  return sql`select pg_advisory_xact_lock(hashtextextended('pawl access ' || ${tenantId}, 0))`;
}
