import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Database } from './client.ts';
import { createTenant } from './operator.ts';
import { createTenantKeyStore } from './tenant-keys.ts';
import { createTenants, type Tenant } from './tenants.ts';

let database: TestDatabase;
let api: Database;
let worker: Database;
let tenant: Tenant;
let other: Tenant;
beforeAll(async () => {
  database = await createDatabase();
  const options = { url: database.url, poolMax: 4, applicationName: 'test' };
  api = connect({ ...options, role: 'pawl_api' });
  worker = connect({ ...options, role: 'pawl_worker' });
  const operator = connect({ ...options, role: 'pawl_operator' });
  tenant = await createTenant(operator, { name: 'Alder', slug: 'alder', shard: 3 });
  other = await createTenant(operator, { name: 'Birch', slug: 'birch', shard: 3 });
  await operator.close();
});
afterAll(async () => {
  await Promise.all([api.close(), worker.close()]);
  await database.drop();
});

const key = (generation: number) => ({
  id: v7(),
  generation,
  wrapped: Buffer.from(`wrapped ${generation}`),
  wrappingKeyId: 'a',
});
const storeOf = (db: Database) => createTenantKeyStore(db, createTenants(db));

test('of those who make the same generation at once, one makes it and all read the same', async () => {
  const stores = Array.from({ length: 6 }, () => storeOf(api));
  const made = await Promise.all(stores.map((store) => store.insert(tenant.id, key(1))));
  expect(made.filter(Boolean)).toHaveLength(1);
  const read = await Promise.all(stores.map((store) => store.list(tenant.id)));
  expect(new Set(read.map(([first]) => first?.id)).size).toBe(1);
});

test('keys are read newest first, of their tenant alone, by the API and by workers', async () => {
  const next = key(2);
  await storeOf(api).insert(tenant.id, next);
  for (const db of [api, worker]) {
    expect(await storeOf(db).list(tenant.id)).toMatchObject([next, { generation: 1 }]);
    expect(await storeOf(db).list(other.id)).toEqual([]);
    expect(await storeOf(db).list(v7())).toEqual([]);
  }
});

test('only the operator may change or delete a key, and a worker makes none', async () => {
  const refused = { code: '42501' };
  for (const db of [api, worker]) {
    await expect(db.once([tenant.id], (sql) => sql`delete from tenant_keys`)).rejects.toMatchObject(refused);
    const change = db.once([tenant.id], (sql) => sql`update tenant_keys set wrapped = ''`);
    await expect(change).rejects.toMatchObject(refused);
  }
  await expect(storeOf(worker).insert(tenant.id, key(3))).rejects.toMatchObject(refused);
});
