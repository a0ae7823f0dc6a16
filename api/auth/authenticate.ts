// Finds out who asks: an API key, a token of a tenant user, or a member who signed in, and the roles they hold. Remembered
// for half a minute, forgotten at once when a key, a role, a group or a member of the tenant changes.
import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { createBatch } from '../../db/batch.ts';
import type { Database, ReservedSql } from '../../db/client.ts';
import type { Clock } from '../../db/clock.ts';
import {
  findServicePrincipal,
  markApiKeyUsed,
  type ServicePrincipalRow,
} from '../../db/statements/api-keys.ts';
import { findMembership } from '../../db/statements/members.ts';
import { findRolesHeld, type HeldRole } from '../../db/statements/role-assignments.ts';
import type { Tenant, Tenants } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { readApiKey } from './api-key.ts';
import type { VerifyToken } from './jwt.ts';
import {
  type Authenticate,
  type AuthenticateMember,
  CONNECTION_ROLES,
  type ConnectionRole,
  ORGANISATION_ROLES,
  type OrganisationRole,
  type Principal,
} from './principal.ts';

export interface Authenticator {
  authenticate: Authenticate;
  authenticateMember: AuthenticateMember;
  /** Forgets what `payload` says has changed: `api_key:<tenant id>`, or `everything`. */
  changed(payload: string): void;
}

export interface AuthenticatorOptions {
  db: Database;
  tenants: Tenants;
  clock: Clock;
  /** Null: only API keys are accepted. */
  verifyToken: VerifyToken | null;
}

const REMEMBERED_FOR_MS = 30_000;
const REMEMBERED_MAX = 20_000;
const USES_AT_ONCE = { maxItems: 64, concurrency: 1 };
/** Twice what identity providers with many claims make. */
const CREDENTIAL_CHARS_MAX = 16_384;
const BEARER = /^Bearer +(\S+)$/i;

type KnownKey = { row: ServicePrincipalRow; principal: Principal } | null;

export function createAuthenticator({
  db,
  tenants,
  clock,
  verifyToken,
}: AuthenticatorOptions): Authenticator {
  const keys = new LRUCache<string, Promise<KnownKey>>({ max: REMEMBERED_MAX, ttl: REMEMBERED_FOR_MS });
  const rolesOfUsers = new LRUCache<string, Promise<HeldRole[]>>({
    max: REMEMBERED_MAX,
    ttl: REMEMBERED_FOR_MS,
  });
  const rolesOfMembers = new LRUCache<string, Promise<HeldRole[] | null>>({
    max: REMEMBERED_MAX,
    ttl: REMEMBERED_FOR_MS,
  });

  async function byApiKey(text: string): Promise<Principal> {
    const given = readApiKey(text);
    const tenant = given && (await tenants.get(given.tenantId));
    if (!tenant) throw invalid();
    // The tenant leads, so that its entries can be found again.
    const name = `${tenant.id}:${given.hash.toString('hex')}`;
    const known = await remembered(keys, name, () => loadKey(tenant, given.hash));
    if (known === null) {
      keys.delete(name);
      throw invalid();
    }
    const { revokedAt, expiresAt } = known.row;
    if (revokedAt) throw new PawlError('Unauthorized', 'api_key_revoked', 'This API key was revoked.');
    if (expiresAt && expiresAt <= clock.now()) {
      throw new PawlError('Unauthorized', 'api_key_expired', 'This API key has expired.');
    }
    return known.principal;
  }

  async function loadKey(tenant: Tenant, hash: Buffer): Promise<KnownKey> {
    const of = { tenantId: tenant.id, hash };
    const [row] = await db.read<ServicePrincipalRow[]>(tenant.id, (sql) =>
      findServicePrincipal(sql, tenant.shard, of),
    );
    if (!row || !timingSafeEqual(row.hash, hash)) return null;
    const { id } = row;
    const [held] = await Promise.all([
      rolesHeld(tenant, { type: 'service', id, groups: [] }),
      uses.add({ tenant, hash }),
    ]);
    const who = { kind: 'service', id, tenantId: tenant.id, actor: `key:${id}` } as const;
    return { row, principal: { ...who, ...sortRoles(held, []) } };
  }

  const rolesHeld = (
    tenant: Tenant,
    who: { type: 'user' | 'service'; id: string; groups: readonly string[] },
  ): Promise<HeldRole[]> =>
    db.read<HeldRole[]>(tenant.id, (sql) =>
      findRolesHeld(sql, tenant.shard, { tenantId: tenant.id, ...who }),
    );

  /** Keys that came in the same moment are marked with one commit, in one order for everybody who does so. */
  const uses = createBatch<{ tenant: Tenant; hash: Buffer }, null>({
    ...USES_AT_ONCE,
    async run(used) {
      const inOrder = used.toSorted((a, b) => Buffer.compare(a.hash, b.hash));
      const marks = inOrder.map(
        ({ tenant: { id: tenantId, shard }, hash }) =>
          (sql: ReservedSql) =>
            markApiKeyUsed(sql, shard, { tenantId, hash }),
      );
      await db.together([...new Set(used.map(({ tenant }) => tenant.id))], marks);
      return used.map(() => null);
    },
  });

  async function byToken(verify: VerifyToken, token: string): Promise<Principal> {
    const bearer = await verify(token);
    const tenant = await tenants.get(bearer.tenantId);
    if (!tenant) throw invalid();
    const name = `${tenant.id}:${JSON.stringify([bearer.id, ...bearer.groups])}`;
    const held = await remembered(rolesOfUsers, name, () =>
      rolesHeld(tenant, { type: 'user', id: bearer.id, groups: bearer.groups }),
    );
    const who = {
      kind: 'user',
      id: bearer.id,
      tenantId: tenant.id,
      actor: `user:${bearer.id}`,
    } as const;
    return { ...who, ...sortRoles(held, bearer.roles) };
  }

  /** Null: the user is no member (any more). */
  async function loadMember(tenant: Tenant, userId: string): Promise<HeldRole[] | null> {
    const of = { tenantId: tenant.id, type: 'user', id: userId, groups: [] } as const;
    const [[member], held] = await Promise.all([
      db.read<{ id: string }[]>(tenant.id, (sql) => findMembership(sql, { tenantId: tenant.id, userId })),
      db.read<HeldRole[]>(tenant.id, (sql) => findRolesHeld(sql, tenant.shard, of)),
    ]);
    return member ? [...held] : null;
  }

  return {
    async authenticateMember(tenant, { id, name, email }) {
      const held = await remembered(rolesOfMembers, `${tenant.id}:${id}`, () => loadMember(tenant, id));
      if (held === null) return null;
      const who = { kind: 'user', id, tenantId: tenant.id, actor: `user:${id}` } as const;
      return { ...who, profile: { name, email }, ...sortRoles(held, []) };
    },
    authenticate(header) {
      if (header === undefined) {
        return Promise.reject(
          new PawlError(
            'Unauthorized',
            'credentials_missing',
            'Send an API key or a token: `Authorization: Bearer …`.',
          ),
        );
      }
      const credential = header.length > CREDENTIAL_CHARS_MAX ? undefined : BEARER.exec(header.trim())?.[1];
      if (credential === undefined) return Promise.reject(invalid());
      if (verifyToken === null || credential.startsWith('pawl_')) return byApiKey(credential);
      return byToken(verifyToken, credential);
    },
    changed(payload) {
      if (payload === 'everything') {
        keys.clear();
        rolesOfUsers.clear();
        rolesOfMembers.clear();
      } else if (payload.startsWith('api_key:')) {
        const tenantId = payload.slice('api_key:'.length);
        forget(keys, tenantId);
        forget(rolesOfUsers, tenantId);
        forget(rolesOfMembers, tenantId);
      }
    },
  };
}

/** One load for all who ask at once; a failed one is not kept. */
function remembered<T>(
  cache: LRUCache<string, Promise<T>>,
  name: string,
  load: () => Promise<T>,
): Promise<T> {
  const known = cache.get(name);
  if (known) return known;
  const loading = load();
  cache.set(name, loading);
  loading.catch(() => cache.delete(name));
  return loading;
}

/** Keys and roles change seldom: looking through all entries then is cheaper than an index kept at every request. */
function forget<T>(cache: LRUCache<string, Promise<T>>, tenantId: string): void {
  for (const name of [...cache.keys()]) if (name.startsWith(tenantId)) cache.delete(name);
}

function sortRoles(
  held: readonly HeldRole[],
  claimed: readonly OrganisationRole[],
): Pick<Principal, 'roles' | 'connectionRoles'> {
  const roles = new Set(claimed);
  const connectionRoles = new Map<string, ConnectionRole[]>();
  for (const { role, connectionId } of held) {
    if (connectionId === null) {
      if (isOneOf(ORGANISATION_ROLES, role)) roles.add(role);
    } else if (isOneOf(CONNECTION_ROLES, role)) {
      connectionRoles.set(connectionId, [...(connectionRoles.get(connectionId) ?? []), role]);
    }
  }
  return { roles: [...roles], connectionRoles };
}

const isOneOf = <T extends string>(names: readonly T[], name: string): name is T =>
  (names as readonly string[]).includes(name);

function invalid(): PawlError {
  return new PawlError('Unauthorized', 'invalid_credentials', 'These credentials are not valid.');
}
