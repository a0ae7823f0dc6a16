// What only the operator does: making tenants. Runs as role `pawl_operator`.
import { PawlError } from '../engine/errors.ts';
import { SHARD_COUNT } from '../engine/shard-count.ts';
import type { Database } from './client.ts';
import { newId } from './new-id.ts';
import { appendLog } from './statements/append-log.ts';
import { insertTenant, listTenants } from './statements/tenants.ts';
import type { Tenant } from './tenants.ts';

export interface TenantRequest {
  name: string;
  /** Unique among all tenants; lower-case letters, digits and dashes. */
  slug: string;
  /** Where its rows live; default: see `shardFor`. */
  shard?: number;
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws PawlError InvalidInput `tenant_invalid`, Conflict `tenant_slug_taken` */
export async function createTenant(db: Database, { name, slug, shard }: TenantRequest): Promise<Tenant> {
  const id = newId();
  const tenant = { id, name: name.trim(), slug, shard: shard ?? (await shardFor(db, id)) };
  if (tenant.name === '' || !isSlug(slug) || !isShard(tenant.shard)) {
    throw new PawlError(
      'InvalidInput',
      'tenant_invalid',
      'A tenant has a name, a slug of at most 63 lower-case letters, digits and dashes, and a shard from 0 to 63.',
    );
  }
  await db.forTenants([id], async (sql) => {
    const [made] = await insertTenant(sql, tenant);
    if (!made) throw new PawlError('Conflict', 'tenant_slug_taken', `There is a tenant "${slug}" already.`);
    const data = { name: tenant.name, slug };
    const entry = {
      tenantId: id,
      subjectId: id,
      id: newId(),
      kind: 'tenant.created',
      actor: 'operator',
      data,
    };
    await appendLog(sql, tenant.shard, entry);
  });
  return tenant;
}

/** Every tenant, by slug. */
export async function allTenants(db: Database): Promise<Tenant[]> {
  return [...(await listTenants(db.sql))];
}

/** By id or slug. Throws NotFound `tenant_not_found`. */
export async function findTenant(db: Database, wanted: string): Promise<Tenant> {
  const tenant = (await listTenants(db.sql)).find(({ id, slug }) => id === wanted || slug === wanted);
  if (!tenant) throw noSuchTenant(wanted);
  return tenant;
}

export const noSuchTenant = (wanted: string): PawlError =>
  new PawlError('NotFound', 'tenant_not_found', `There is no tenant "${wanted}".`);

const isShard = (shard: number): boolean => Number.isInteger(shard) && shard >= 0 && shard < SHARD_COUNT;

export const isSlug = (text: string): boolean => SLUG.test(text);

/** As far apart as four can be, so that workers that serve a half or a quarter of the shards have as much to do. */
export const SHARDS_OF_ONE_SERVER = [0, 16, 32, 48] as const;

/**
 * Where a new tenant goes, if nobody says so: any shard on Citus, one of four where all shards lie on one server. What is
 * committed together shares a statement with what is on its shard only.
 */
export async function shardFor(db: Pick<Database, 'isDistributed'>, id: string): Promise<number> {
  // Of a UUIDv7 the last byte is random.
  const any = Number.parseInt(id.slice(-2), 16);
  if (await db.isDistributed()) return any % SHARD_COUNT;
  return SHARDS_OF_ONE_SERVER[any % SHARDS_OF_ONE_SERVER.length] as number;
}
