import { describe, expect, test } from 'vitest';
import {
  connectionsOpenTo,
  mayDo,
  mayGrant,
  PERMISSIONS,
  type Permission,
  permissionsOf,
} from './decide-access.ts';
import {
  CONNECTION_ROLES,
  type ConnectionRole,
  ORGANISATION_ROLES,
  type OrganisationRole,
  type Principal,
} from './principal.ts';

const MINE = '019a5c3e-0000-7000-8000-000000000001';
const OTHER = '019a5c3e-0000-7000-8000-000000000002';

function principal(roles: readonly OrganisationRole[], onMine: readonly ConnectionRole[] = []): Principal {
  return {
    kind: 'user',
    id: 'ada',
    tenantId: 't',
    actor: 'user:ada',
    roles,
    connectionRoles: new Map(onMine.length === 0 ? [] : [[MINE, onMine]]),
  };
}

const granted: Record<OrganisationRole, Permission[]> = {
  Owner: [...PERMISSIONS],
  Contributor: PERMISSIONS.filter(
    (permission) =>
      ![
        'role.write',
        'api_key.write',
        'member.write',
        'group.write',
        'tenant.write',
        'metering.quota',
      ].includes(permission),
  ),
  Reader: PERMISSIONS.filter((permission) => permission.endsWith('.read')),
  IntegrationCreator: ['self.read', 'provider.read', 'connection.create', 'source.create', 'scope.read'],
  IntegrationContributor: [
    'self.read',
    'provider.read',
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
    'scope.read',
    'supply.read',
    'supply.write',
    'endpoint.read',
    'endpoint.write',
    'subscription.read',
    'subscription.write',
    'delivery.read',
    'delivery.write',
  ],
  IntegrationReader: [
    'self.read',
    'provider.read',
    'connection.read',
    'source.read',
    'inbound_event.read',
    'trigger.read',
    'scope.read',
    'supply.read',
    'endpoint.read',
    'subscription.read',
    'delivery.read',
  ],
};

test.each(ORGANISATION_ROLES)('%s may do exactly what is written down', (role) => {
  expect(permissionsOf(principal([role]))).toEqual(granted[role]);
});

test('whoever has no role may find out just that', () => {
  expect(permissionsOf(principal([]))).toEqual(['self.read', 'provider.read']);
});

describe('a role on a connection', () => {
  const onConnection: Record<ConnectionRole, Permission[]> = {
    Owner: [
      'connection.read',
      'connection.update',
      'connection.delete',
      'connection.test',
      'supply.read',
      'supply.write',
      'subscription.read',
      'subscription.write',
      'delivery.read',
      'delivery.write',
      'role.read',
      'role.write',
    ],
    Contributor: [
      'connection.read',
      'connection.update',
      'connection.test',
      'supply.read',
      'supply.write',
      'subscription.read',
      'subscription.write',
      'delivery.read',
      'delivery.write',
    ],
    Reader: ['connection.read', 'supply.read', 'subscription.read', 'delivery.read'],
    IdentityAccessManager: ['connection.read', 'role.read', 'role.write'],
  };

  test.each(CONNECTION_ROLES)('%s allows exactly what is written down, on it alone', (role) => {
    const who = principal([], [role]);
    const everybody: Permission[] = ['self.read', 'provider.read'];
    expect(PERMISSIONS.filter((permission) => mayDo(who, permission, MINE))).toEqual([
      ...everybody,
      ...onConnection[role],
    ]);
    expect(PERMISSIONS.filter((permission) => mayDo(who, permission, OTHER))).toEqual(everybody);
    expect(permissionsOf(who)).toEqual(everybody);
    expect(connectionsOpenTo(who, 'connection.read')).toEqual([MINE]);
  });
});

describe('giving roles', () => {
  test('in the organisation takes an Owner', () => {
    for (const role of ORGANISATION_ROLES) {
      for (const given of ORGANISATION_ROLES) {
        expect(mayGrant(principal([role]), given, null), `${role} gives ${given}`).toBe(role === 'Owner');
      }
    }
  });

  test('on a connection takes one of its managers, and an Owner to make an Owner', () => {
    const may = (role: ConnectionRole, given: ConnectionRole, on = MINE) =>
      mayGrant(principal([], [role]), given, on);
    for (const given of CONNECTION_ROLES) {
      expect(may('Owner', given)).toBe(true);
      expect(may('IdentityAccessManager', given)).toBe(given !== 'Owner');
      expect(may('Contributor', given)).toBe(false);
      expect(may('Reader', given)).toBe(false);
      expect(may('Owner', given, OTHER)).toBe(false);
      expect(mayGrant(principal(['Owner']), given, OTHER)).toBe(true);
    }
  });

  test('in the organisation cannot be done by the Owner of a connection', () => {
    expect(mayGrant(principal([], ['Owner']), 'Reader', null)).toBe(false);
  });
});
