// A role somebody holds, as the API takes and shows it.
import { z } from '@hono/zod-openapi';
import type { RoleAssignmentRow } from '../../db/statements/role-assignments.ts';
import { CONNECTION_ROLES, ORGANISATION_ROLES } from '../auth/principal.ts';
import { principalId } from '../inputs/names.ts';

export const PRINCIPAL_TYPES = ['user', 'group', 'service'] as const;

export const newRoleAssignmentSchema = z
  .strictObject({
    principal_type: z.enum(PRINCIPAL_TYPES),
    principal_id: principalId.meta({
      description:
        "The id of a user or the `sub` of a user's token; the id of a group or a name in a token's `groups`; the id of an " +
        'API key.',
    }),
    role: z.enum([...new Set([...ORGANISATION_ROLES, ...CONNECTION_ROLES])]),
    connection_id: z.guid().toLowerCase().nullable().default(null).openapi({
      description: 'Left out: a role in the whole organisation.',
    }),
  })
  .superRefine(({ role, connection_id: connectionId }, context) => {
    const fitting: readonly string[] = connectionId === null ? ORGANISATION_ROLES : CONNECTION_ROLES;
    if (fitting.includes(role)) return;
    const where = connectionId === null ? 'in the organisation' : 'on a connection';
    const message = `must be a role ${where}: ${fitting.join(', ')}`;
    context.addIssue({ code: 'custom', path: ['role'], message });
  })
  .openapi('NewRoleAssignment');

export const roleAssignmentSchema = z
  .object({
    id: z.string(),
    principal_type: z.enum(PRINCIPAL_TYPES),
    principal_id: z.string(),
    role: z.string(),
    connection_id: z.string().nullable(),
    created_by: z.string(),
    created_at: z.string(),
  })
  .openapi('RoleAssignment');

export function presentRoleAssignment(row: RoleAssignmentRow): z.infer<typeof roleAssignmentSchema> {
  return {
    id: row.id,
    principal_type: row.principalType,
    principal_id: row.principalId,
    role: row.role,
    connection_id: row.connectionId,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
  };
}
