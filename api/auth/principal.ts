// Who asks, and the roles they hold. Types only.
import type { Tenant } from '../../db/tenants.ts';

export const ORGANISATION_ROLES = [
  'Owner',
  'Contributor',
  'Reader',
  'IntegrationCreator',
  'IntegrationContributor',
  'IntegrationReader',
] as const;

export const CONNECTION_ROLES = ['Owner', 'Contributor', 'Reader', 'IdentityAccessManager'] as const;

export type OrganisationRole = (typeof ORGANISATION_ROLES)[number];
export type ConnectionRole = (typeof CONNECTION_ROLES)[number];

export interface Principal {
  /** `service` for an API key, `user` for a session and for a token of the tenant's own identity provider. */
  kind: 'service' | 'user';
  /** Id of the API key or of the user, or the token's `sub`. */
  id: string;
  /** Of a user who signed in here. */
  profile?: { name: string; email: string };
  tenantId: string;
  /** What event_log calls it: `key:<id>`, `user:<id>` or `user:<sub>`. */
  actor: string;
  roles: readonly OrganisationRole[];
  /** Roles on single connections, by connection id. */
  connectionRoles: ReadonlyMap<string, readonly ConnectionRole[]>;
}

/**
 * @param header the value of `Authorization`
 * @throws PawlError Unauthorized `credentials_missing`, `invalid_credentials`, `api_key_revoked`, `api_key_expired`,
 *   `token_expired`; Unavailable `jwks_unavailable`
 */
export type Authenticate = (header: string | undefined) => Promise<Principal>;

export type AuthenticateMember = (
  tenant: Tenant,
  user: { id: string; name: string; email: string },
) => Promise<Principal | null>;
