// Organisations of better-auth as tenants, and what somebody is given who accepts an invitation to one. The library's own
// roles are not used (everybody is `member`): role_assignments say who may do what, and decide-access.ts decides. Making
// one is create-organisation.ts.
import { organization } from 'better-auth/plugins/organization';
import type { Database } from '../../db/client.ts';
import type { Ids } from '../../db/new-id.ts';
import type { Tenants } from '../../db/tenants.ts';
import { giveRoles } from './create-organisation.ts';
import { ORGANISATION_ROLES } from './principal.ts';

export interface OrganisationsOptions {
  db: Database;
  tenants: Tenants;
  ids: Ids;
  /** Told when the roles in a tenant have changed. */
  onRolesChanged(tenantId: string): Promise<void>;
}

/** Beyond any organisation that one Pawl serves; the library wants a number. */
const MEMBERS_MAX = 100_000;

export function organisations({ db, tenants, ids, onRolesChanged }: OrganisationsOptions) {
  return organization({
    allowUserToCreateOrganization: false,
    membershipLimit: MEMBERS_MAX,
    // Whoever has an invitation's token was given it: an address that is not verified proves no less.
    requireEmailVerificationOnInvitation: false,
    schema: {
      organization: {
        additionalFields: { shard: { type: 'number', required: true, input: false, returned: false } },
      },
      invitation: {
        additionalFields: { roles: { type: 'string', required: true, input: false } },
      },
    },
    organizationHooks: {
      // Afterwards: whoever did not become a member must not be left with roles.
      async afterAcceptInvitation({ invitation, user }) {
        const tenant = await tenants.get(invitation.organizationId);
        if (!tenant) return;
        const listed = String((invitation as { roles?: unknown }).roles ?? '').split(',');
        const roles = listed.filter((role) => (ORGANISATION_ROLES as readonly string[]).includes(role));
        const data = { email: user.email, roles };
        const why = { kind: 'member.joined', subjectId: user.id, data };
        await db.forTenants([tenant.id], (sql) => giveRoles(sql, ids, tenant, user.id, roles, why));
        await onRolesChanged(tenant.id);
      },
    },
  });
}
