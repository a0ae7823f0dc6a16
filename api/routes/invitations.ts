// /api/v1/invitations: how people become members. Accepting is for whoever was invited: /api/auth/organization.
import { randomUUID } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import { lockAccess } from '../../db/statements/groups.ts';
import {
  cancelInvitation,
  cancelInvitationsOf,
  findMemberByEmail,
  type InvitationRow,
  insertInvitation,
  listInvitations,
} from '../../db/statements/members.ts';
import { PawlError } from '../../engine/errors.ts';
import { mayGrant } from '../auth/decide-access.ts';
import type { ApiDeps } from '../deps.ts';
import {
  createdInvitationSchema,
  invitationSchema,
  newInvitationSchema,
  presentInvitation,
} from '../resources/members.ts';
import {
  answer,
  body,
  createRouter,
  forbidden,
  guarded,
  idOf,
  notFound,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
} from '../routing.ts';

/** A weekend in between, and not much more: until then whoever finds the token can use it. */
const LIFETIME_HOURS = 7 * 24;

const tags = ['Access'];

const create = createRoute({
  method: 'post',
  path: '/invitations',
  tags,
  summary: 'Invite somebody',
  description:
    'Answers a token, shown this once, for you to pass on: Pawl sends no mail. A new invitation replaces an earlier ' +
    'one of the same address.',
  ...guarded('member.write'),
  request: { body: body(newInvitationSchema) },
  responses: { 201: answer(createdInvitationSchema, 'The invitation.') },
});

const list = createRoute({
  method: 'get',
  path: '/invitations',
  tags,
  summary: 'List invitations, newest first',
  ...guarded('member.read'),
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(invitationSchema), 'A page, those of the past among them.') },
});

const cancel = createRoute({
  method: 'delete',
  path: '/invitations/{id}',
  tags,
  summary: 'Take an invitation back',
  ...guarded('member.write'),
  request: { params: z.object({ id: idOf('invitation') }) },
  responses: { 204: { description: 'It can no longer be accepted.' } },
});

export function invitationsRoutes(deps: ApiDeps) {
  const { db, ids, clock, signIn } = deps;
  return createRouter()
    .openapi(create, async (c) => {
      const { email, roles } = c.req.valid('json');
      const { tenant, principal } = c.var;
      if (signIn === null) throw signInOff();
      if (roles.some((role) => !mayGrant(principal, role, null))) throw forbidden('role.write');
      const { actor } = principal;
      const of = { tenantId: tenant.id, email };
      const token = randomUUID();
      const invitation = {
        ...of,
        token,
        id: ids.next(),
        roles: [...new Set(roles)].sort().join(','),
        invitedBy: actor,
        lifetimeHours: LIFETIME_HOURS,
      };
      const row = await db.forTenants([tenant.id], async (sql) => {
        // Of two at once, each would see none to replace.
        await lockAccess(sql, tenant.id);
        const [member] = await findMemberByEmail(sql, of);
        if (member) throw new PawlError('Conflict', 'member_already', 'This person is a member already.');
        await cancelInvitationsOf(sql, of);
        const [made] = await insertInvitation(sql, invitation);
        const entry = { tenantId: tenant.id, subjectId: invitation.id, id: ids.next(), actor };
        await appendLog(sql, tenant.shard, { ...entry, kind: 'invitation.created', data: { email, roles } });
        return made as InvitationRow;
      });
      return c.json({ ...presentInvitation(row, clock.now()), token }, 201);
    })

    .openapi(list, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const { tenant } = c.var;
      const filter = { tenantId: tenant.id, before: readIdCursor(cursor), limit };
      const rows = await db.once<InvitationRow[]>([tenant.id], (sql) => listInvitations(sql, filter));
      const now = clock.now();
      return c.json(
        pageOf(
          rows,
          limit,
          (row) => presentInvitation(row, now),
          (row) => [row.id],
        ),
        200,
      );
    })

    .openapi(cancel, async (c) => {
      const { tenant, principal } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      await db.forTenants([tenant.id], async (sql) => {
        const [gone] = await cancelInvitation(sql, of);
        if (!gone) throw notFound('invitation');
        const entry = { tenantId: tenant.id, subjectId: of.id, id: ids.next(), actor: principal.actor };
        const data = { email: gone.email };
        await appendLog(sql, tenant.shard, { ...entry, kind: 'invitation.canceled', data });
      });
      return c.body(null, 204);
    });
}

const signInOff = (): PawlError =>
  new PawlError(
    'Conflict',
    'sign_in_off',
    'Nobody can sign in here: AUTH_SECRET and PUBLIC_URL are not set.',
  );
