// Groups and who is in them, as the API takes and shows them.
import { z } from '@hono/zod-openapi';
import type { GroupMemberRow, GroupRow } from '../../db/statements/groups.ts';
import { name, principalId } from '../inputs/names.ts';

export const newGroupSchema = z.strictObject({ name: name.meta({ example: 'on-call' }) }).openapi('NewGroup');

export const groupSchema = z
  .object({
    id: z.string().openapi({ description: 'What role assignments name the group by.' }),
    name: z.string(),
    created_by: z.string(),
    created_at: z.string(),
  })
  .openapi('Group');

export function presentGroup(row: GroupRow): z.infer<typeof groupSchema> {
  return {
    id: row.id,
    name: row.name,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
  };
}

const MEMBER_TYPES = ['user', 'group'] as const;

export const newGroupMemberSchema = z
  .strictObject({
    member_type: z.enum(MEMBER_TYPES),
    member_id: principalId.meta({
      description: "The id of a user or a group, or the `sub` of a user's token.",
    }),
  })
  .openapi('NewGroupMember');

export const groupMemberSchema = z
  .object({
    id: z.string(),
    group_id: z.string(),
    member_type: z.enum(MEMBER_TYPES),
    member_id: z.string(),
    created_by: z.string(),
    created_at: z.string(),
  })
  .openapi('GroupMember');

export function presentGroupMember(row: GroupMemberRow): z.infer<typeof groupMemberSchema> {
  return {
    id: row.id,
    group_id: row.groupId,
    member_type: row.memberType,
    member_id: row.memberId,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
  };
}
