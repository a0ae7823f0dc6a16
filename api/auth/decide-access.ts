// Who may do what: the one place that decides. Pure.
import type { ConnectionRole, OrganisationRole, Principal } from './principal.ts';

export const PERMISSIONS = [
  'self.read',
  'provider.read',
  'workflow.read',
  'workflow.write',
  'job.read',
  'job.start',
  'job.send',
  'job.cancel',
  'job.migrate',
  'action.read',
  'action.write',
  'connection.read',
  'connection.create',
  'connection.update',
  'connection.delete',
  'connection.test',
  'source.read',
  'source.create',
  'source.update',
  'source.delete',
  'inbound_event.read',
  'inbound_event.replay',
  'trigger.read',
  'trigger.write',
  'scope.read',
  'scope.write',
  'supply.read',
  'supply.write',
  'endpoint.read',
  'endpoint.write',
  'subscription.read',
  'subscription.write',
  'delivery.read',
  'delivery.write',
  'metering.read',
  'metering.export',
  'metering.quota',
  'audit.read',
  'role.read',
  'role.write',
  'api_key.read',
  'api_key.write',
  'member.read',
  'member.write',
  'group.read',
  'group.write',
  'tenant.write',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** May be had for one connection alone, through a role on it. */
export type ConnectionPermission = Extract<
  Permission,
  | `connection.${string}`
  | `role.${string}`
  | `supply.${string}`
  | `subscription.${string}`
  | `delivery.${string}`
>;

/** Whoever is known to the tenant at all. */
const EVERYBODY: readonly Permission[] = ['self.read', 'provider.read'];

const READING: readonly Permission[] = [
  'workflow.read',
  'job.read',
  'action.read',
  'connection.read',
  'source.read',
  'inbound_event.read',
  'trigger.read',
  'scope.read',
  'supply.read',
  'endpoint.read',
  'subscription.read',
  'delivery.read',
  'metering.read',
  'audit.read',
  'role.read',
  'api_key.read',
  'member.read',
  'group.read',
];

const WORKING: readonly Permission[] = [
  'workflow.write',
  'job.start',
  'job.send',
  'job.cancel',
  'job.migrate',
  'action.write',
  'connection.create',
  'connection.update',
  'connection.delete',
  'connection.test',
  'source.create',
  'source.update',
  'source.delete',
  'inbound_event.replay',
  'trigger.write',
  'scope.write',
  'supply.write',
  'endpoint.write',
  'subscription.write',
  'delivery.write',
  'metering.export',
];

/** What connections are for beside the actions of workflows. */
const READING_NOTIFICATIONS: readonly Permission[] = [
  'scope.read',
  'supply.read',
  'endpoint.read',
  'subscription.read',
  'delivery.read',
];
const WORKING_ON_NOTIFICATIONS: readonly Permission[] = [
  'supply.write',
  'endpoint.write',
  'subscription.write',
  'delivery.write',
];
const READING_ON_CONNECTION: readonly ConnectionPermission[] = [
  'supply.read',
  'subscription.read',
  'delivery.read',
];
const WORKING_ON_CONNECTION: readonly ConnectionPermission[] = [
  ...READING_ON_CONNECTION,
  'supply.write',
  'subscription.write',
  'delivery.write',
];

const BY_ORGANISATION_ROLE: Readonly<Record<OrganisationRole, ReadonlySet<Permission>>> = {
  Owner: new Set(PERMISSIONS),
  Contributor: new Set([...READING, ...WORKING]),
  Reader: new Set(READING),
  // Creates, and becomes the Owner of the connections it created, which it may then supply; sees no other connection,
  // and no source.
  IntegrationCreator: new Set<Permission>(['connection.create', 'source.create', 'scope.read']),
  // Triggers start jobs, and so does a replay: whoever only looks after the integrations sees what they do.
  IntegrationContributor: new Set<Permission>([
    'connection.read',
    'connection.create',
    'connection.update',
    'connection.delete',
    'connection.test',
    'source.read',
    'source.create',
    'source.update',
    'source.delete',
    'inbound_event.read',
    'trigger.read',
    ...READING_NOTIFICATIONS,
    ...WORKING_ON_NOTIFICATIONS,
  ]),
  IntegrationReader: new Set<Permission>([
    'connection.read',
    'source.read',
    'inbound_event.read',
    'trigger.read',
    ...READING_NOTIFICATIONS,
  ]),
};

const BY_CONNECTION_ROLE: Readonly<Record<ConnectionRole, ReadonlySet<Permission>>> = {
  Owner: new Set<ConnectionPermission>([
    'connection.read',
    'connection.update',
    'connection.delete',
    'connection.test',
    'role.read',
    'role.write',
    ...WORKING_ON_CONNECTION,
  ]),
  Contributor: new Set<ConnectionPermission>([
    'connection.read',
    'connection.update',
    'connection.test',
    ...WORKING_ON_CONNECTION,
  ]),
  Reader: new Set<ConnectionPermission>(['connection.read', ...READING_ON_CONNECTION]),
  IdentityAccessManager: new Set<ConnectionPermission>(['connection.read', 'role.read', 'role.write']),
};

/** Whether `principal` may do it: everywhere in its tenant, or to the connection `connectionId`. */
export function mayDo(principal: Principal, permission: Permission, connectionId?: string): boolean {
  if (EVERYBODY.includes(permission)) return true;
  if (principal.roles.some((role) => BY_ORGANISATION_ROLE[role].has(permission))) return true;
  if (connectionId === undefined) return false;
  const roles = principal.connectionRoles.get(connectionId) ?? [];
  return roles.some((role) => BY_CONNECTION_ROLE[role].has(permission));
}

/** Everything `principal` may do everywhere in its tenant. */
export function permissionsOf(principal: Principal): Permission[] {
  return PERMISSIONS.filter((permission) => mayDo(principal, permission));
}

/** The table itself, for those who want to know what a role brings. */
export function permissionsOfRole() {
  const listed = <Role extends string>(table: Readonly<Record<Role, ReadonlySet<Permission>>>) =>
    (Object.keys(table) as Role[]).map((role) => ({
      role,
      permissions: PERMISSIONS.filter((permission) => table[role].has(permission)),
    }));
  return {
    organisation: listed(BY_ORGANISATION_ROLE),
    connection: listed(BY_CONNECTION_ROLE),
    everybody: [...EVERYBODY],
  };
}

/** The connections on which a role of their own allows it. */
export function connectionsOpenTo(principal: Principal, permission: ConnectionPermission): string[] {
  return [...principal.connectionRoles.keys()].filter((id) => mayDo(principal, permission, id));
}

/** Whether `principal` may give (or take away) `role`: nobody hands out more than they hold. */
export function mayGrant(principal: Principal, role: string, connectionId: string | null): boolean {
  const owns = principal.roles.includes('Owner');
  if (connectionId === null || owns) return owns;
  if (!mayDo(principal, 'role.write', connectionId)) return false;
  return role !== 'Owner' || (principal.connectionRoles.get(connectionId) ?? []).includes('Owner');
}
