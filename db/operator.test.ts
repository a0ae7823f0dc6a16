import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Database } from './client.ts';
import { newId } from './new-id.ts';
import { allTenants, createTenant, shardFor } from './operator.ts';
import { createTenants } from './tenants.ts';

let database: TestDatabase;
let operator: Database;

beforeAll(async () => {
  database = await createDatabase();
  operator = connect({
    url: database.url,
    role: 'pawl_operator',
    poolMax: 2,
    applicationName: 'test operator',
  });
});
afterAll(async () => {
  await operator.close();
  await database.drop();
});

test('makes a tenant that the API then finds, on the shard that was asked for', async () => {
  const made = await createTenant(operator, { name: ' Alder & Sons ', slug: 'alder', shard: 7 });
  expect(made).toMatchObject({ name: 'Alder & Sons', slug: 'alder', shard: 7 });
  const api = connect({ url: database.url, role: 'pawl_api', poolMax: 1, applicationName: 'test api' });
  expect(await createTenants(api).get(made.id)).toEqual(made);
  await api.close();
  expect(await allTenants(operator)).toContainEqual(made);
});

test('puts tenants on any shard where shards lie on several servers, and on one of four where they do not', async () => {
  const ids = Array.from({ length: 400 }, newId);
  const shardsOn = async (distributed: boolean) => {
    const db = { isDistributed: async () => distributed };
    return [...new Set(await Promise.all(ids.map((id) => shardFor(db, id))))].sort((a, b) => a - b);
  };
  expect(await shardsOn(false)).toEqual([0, 16, 32, 48]);
  expect((await shardsOn(true)).length).toBeGreaterThan(48);
});

test('logs that it was made', async () => {
  const { id } = await createTenant(operator, { name: 'Logged', slug: 'logged' });
  const rows = await operator.sql`select kind, actor, data from event_log where subject_id = ${id}`;
  expect(rows).toMatchObject([
    { kind: 'tenant.created', actor: 'operator', data: { name: 'Logged', slug: 'logged' } },
  ]);
});

describe('makes nothing', () => {
  test.each([
    { name: '', slug: 'x' },
    { name: 'x', slug: '' },
    { name: 'x', slug: 'Upper' },
    { name: 'x', slug: '-x' },
    { name: 'x', slug: 'x'.repeat(64) },
    { name: 'x', slug: 'x', shard: 64 },
    { name: 'x', slug: 'x', shard: -1 },
    { name: 'x', slug: 'x', shard: 1.5 },
  ])('of $name, $slug, $shard', async (request) => {
    await expect(createTenant(operator, request)).rejects.toMatchObject({ code: 'tenant_invalid' });
  });

  test('when the slug is taken', async () => {
    await createTenant(operator, { name: 'First', slug: 'taken' });
    const before = await operator.sql`select count(*)::integer as entries from event_log`;
    await expect(createTenant(operator, { name: 'Second', slug: 'taken' })).rejects.toMatchObject({
      kind: 'Conflict',
      code: 'tenant_slug_taken',
    });
    expect(await operator.sql`select count(*)::integer as entries from event_log`).toEqual(before);
  });
});
