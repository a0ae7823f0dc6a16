// Organisations of better-auth as tenants: what is given a person who makes one, or who accepts an invitation to one. The
// library's own roles are not used (everybody is `member`): role_assignments say who may do what, and decide-access.ts decides.
import { organization } from 'better-auth/plugins/organization';
import type { Database } from '../../db/client.ts';
import { newId } from '../../db/new-id.ts';
import { isSlug, shardFor } from '../../db/operator.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import { insertRoleAssignment } from '../../db/statements/role-assignments.ts';
import type { Tenant, Tenants } from '../../db/tenants.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Ids } from '../../jobs/working-job.ts';
import { ORGANISATION_ROLES } from './principal.ts';
import { refuseSignIn } from './refuse-sign-in.ts';

export interface OrganisationsOptions {
  db: Database;
  tenants: Tenants;
  ids: Ids;
  /** Whether whoever is signed in may make an organisation. */
  anybodyMayCreate: boolean;
  /** Told when the roles in a tenant have changed. */
  onRolesChanged(tenantId: string): Promise<void>;
}

/** Beyond any organisation that one Pawl serves; the library wants a number. */
const MEMBERS_MAX = 100_000;
const ORGANISATIONS_OF_A_USER_MAX = 100;
const NAME_CHARS_MAX = 200;

export function organisations({ db, tenants, ids, anybodyMayCreate, onRolesChanged }: OrganisationsOptions) {
  type Home = Pick<Tenant, 'id' | 'shard'>;
  interface Entry {
    kind: string;
    subjectId: string;
    data: JsonObject;
  }

  /** Gives roles to a user and says in the log why, in one transaction. */
  async function give({ id: tenantId, shard }: Home, userId: string, roles: readonly string[], why: Entry) {
    const actor = `user:${userId}`;
    await db.forTenants([tenantId], async (sql) => {
      await appendLog(sql, shard, { tenantId, id: ids.next(), actor, ...why });
      for (const role of roles) {
        const given = { tenantId, id: ids.next(), principalType: 'user', principalId: userId, role } as const;
        const [made] = await insertRoleAssignment(sql, shard, {
          ...given,
          connectionId: null,
          createdBy: actor,
        });
        if (!made) continue;
        const data = { principal_type: 'user', principal_id: userId, role, connection_id: null };
        const entry = {
          tenantId,
          subjectId: made.id,
          id: ids.next(),
          kind: 'role_assignment.created',
          actor,
        };
        await appendLog(sql, shard, { ...entry, data });
      }
    });
    await onRolesChanged(tenantId);
  }

  return organization({
    allowUserToCreateOrganization: anybodyMayCreate,
    organizationLimit: ORGANISATIONS_OF_A_USER_MAX,
    membershipLimit: MEMBERS_MAX,
    creatorRole: 'member',
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
      // Before the tenant is there: a tenant without an Owner would be nobody's, an Owner without a tenant owns nothing.
      async beforeCreateOrganization({ organization: asked, user }) {
        const { name = '', slug = '' } = asked;
        if (!isSlug(slug)) {
          throw refuseSignIn('INVALID_SLUG', 'A slug has at most 63 lower-case letters, digits and dashes.');
        }
        if (name.trim() === '' || name.length > NAME_CHARS_MAX) {
          throw refuseSignIn('INVALID_NAME', `A name has 1 to ${NAME_CHARS_MAX} characters.`);
        }
        // UUIDv7 as every tenant's.
        const id = newId();
        const home = { id, shard: shardFor(id) };
        const why = { kind: 'tenant.created', subjectId: id, data: { name: name.trim(), slug } };
        await give(home, user.id, ['Owner'], why);
        return { data: { ...home, name: name.trim(), slug, logo: undefined, metadata: undefined } };
      },
      // Afterwards: whoever did not become a member must not be left with roles.
      async afterAcceptInvitation({ invitation, user }) {
        const tenant = await tenants.get(invitation.organizationId);
        if (!tenant) return;
        const listed = String((invitation as { roles?: unknown }).roles ?? '').split(',');
        const roles = listed.filter((role) => (ORGANISATION_ROLES as readonly string[]).includes(role));
        const data = { email: user.email, roles };
        await give(tenant, user.id, roles, { kind: 'member.joined', subjectId: user.id, data });
      },
    },
  });
}
