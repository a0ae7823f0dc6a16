import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { LAYOUT, type TableName, tablesPlaced } from './layout.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

test('every table says where its rows lie once Postgres is distributed', async () => {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`;
  expect(tables.map(({ name }) => name)).toEqual(Object.keys(LAYOUT).sort());
});

test('a table that is distributed has the shard in its keys, and a table with a tenant is distributed', async () => {
  const columns = await sql<{ name: string; shard: boolean; tenant: boolean }[]>`
    select c.relname as name,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'shard') as shard,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as tenant
    from pg_class c where relnamespace = 'public'::regnamespace and relname = any (${Object.keys(LAYOUT)})`;
  for (const { name, shard, tenant } of columns) {
    const placement = LAYOUT[name as TableName];
    if (placement === 'distributed') expect(shard, name).toBe(true);
    if (tenant) expect(placement, name).toBe('distributed');
  }
  const keysWithout = await sql<{ key: string }[]>`
    select indexrelid::regclass::text as key from pg_index i
    where indisunique and indrelid::regclass::text = any (${tablesPlaced('distributed')})
      and not exists (
        select from pg_attribute a
        where a.attrelid = i.indrelid and a.attname = 'shard' and a.attnum = any (i.indkey))`;
  expect(keysWithout).toEqual([]);
});

test('a table is listed after those that its foreign keys lead to', async () => {
  const order = Object.keys(LAYOUT);
  const keys = await sql<{ from: string; to: string }[]>`
    select conrelid::regclass::text as from, confrelid::regclass::text as to from pg_constraint
    where contype = 'f' and connamespace = 'public'::regnamespace and conrelid <> confrelid and conparentid = 0`;
  for (const { from, to } of keys) {
    if (LAYOUT[from as TableName] !== 'distributed') continue;
    expect(order.indexOf(to), `${from} after ${to}`).toBeLessThan(order.indexOf(from));
  }
});

test('no table that is distributed has a trigger', async () => {
  const triggers = await sql`
    select tgname from pg_trigger
    where not tgisinternal and tgrelid::regclass::text = any (${tablesPlaced('distributed')})`;
  expect(triggers).toEqual([]);
});
