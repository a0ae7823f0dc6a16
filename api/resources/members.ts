// Members of an organisation, and those invited, as the API takes and shows them.
import { z } from '@hono/zod-openapi';
import type { InvitationRow, MemberRow } from '../../db/statements/members.ts';
import { ORGANISATION_ROLES } from '../auth/principal.ts';

export const memberSchema = z
  .object({
    id: z.string().openapi({ description: 'What role assignments and groups name the user by.' }),
    name: z.string(),
    email: z.string(),
    roles: z
      .array(z.string())
      .openapi({ description: 'In the organisation; those of groups and on connections come on top.' }),
    joined_at: z.string(),
  })
  .openapi('Member');

export function presentMember(row: MemberRow): z.infer<typeof memberSchema> {
  const { id, name, email, roles } = row;
  return { id, name, email, roles, joined_at: row.joinedAt.toISOString() };
}

export const newInvitationSchema = z
  .strictObject({
    email: z
      .email()
      .max(255)
      .transform((email) => email.toLowerCase()),
    roles: z.array(z.enum(ORGANISATION_ROLES)).max(ORGANISATION_ROLES.length).default([]),
  })
  .openapi('NewInvitation');

const shown = {
  id: z.string(),
  email: z.string(),
  roles: z.array(z.string()),
  status: z.enum(['pending', 'accepted', 'rejected', 'canceled', 'expired']),
  invited_by: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
};

export const invitationSchema = z.object(shown).openapi('Invitation');

export const createdInvitationSchema = z
  .object({
    ...shown,
    token: z.string().openapi({
      description:
        'Shown this once: give it to the person you invite. It opens an account for that address and accepts the ' +
        'invitation.',
    }),
  })
  .openapi('CreatedInvitation');

export function presentInvitation(row: InvitationRow, now: Date): z.infer<typeof invitationSchema> {
  const { id, email, roles, invitedBy, createdAt, expiresAt } = row;
  return {
    id,
    email,
    roles: roles === '' ? [] : roles.split(','),
    status: row.status === 'pending' && expiresAt <= now ? 'expired' : row.status,
    invited_by: invitedBy,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  };
}
