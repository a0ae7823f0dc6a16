import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { connect, type Database } from './client.ts';
import { allTenants, createTenant } from './operator.ts';
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

test('spreads tenants over the shards', async () => {
  const slugs = Array.from({ length: 20 }, (_, i) => `spread-${i}`);
  const made = await Promise.all(slugs.map((slug) => createTenant(operator, { name: slug, slug })));
  expect(new Set(made.map(({ shard }) => shard)).size).toBeGreaterThan(3);
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
