// A database that was in use before its tables had partitions: it is migrated while others write, and both versions then work on it.
import { readFileSync } from 'node:fs';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { until } from '../worker/worker.testkit.ts';
import { connect, type Database } from './client.ts';
import { migrate } from './migrate.ts';
import { newId } from './new-id.ts';
import { dropDatabase, makeDatabase } from './servers.ts';
import { type Arrival, storeArrivals } from './statements/store-inbound.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
const SHARD = 1;
const tenantId = newId();
const sourceId = newId();
const { servers, problem } = inject('testPostgres');
const name = `pawl_test_whole_${tenantId.slice(-12)}`;

let url: string;
let sql: Sql;
let db: Database;

beforeAll(async () => {
  if (problem) throw new Error(problem);
  url = await makeDatabase(servers, name, null);
  sql = postgres(url, { max: 4, onnotice: () => {} });
  await migrateToWholeTables();
  await sql`insert into tenants (id, shard, name, slug) values (${tenantId}, ${SHARD}, 'A', 'a')`;
  db = connect({ url, role: 'pawl_api', poolMax: 2, applicationName: 'newer' });
});
afterAll(async () => {
  await db?.close();
  await sql?.end();
  await dropDatabase(servers, name);
});

/** All migrations before that which can make partitions, written down as drizzle does. */
async function migrateToWholeTables(): Promise<void> {
  const { entries } = JSON.parse(readFileSync(new URL('meta/_journal.json', FOLDER), 'utf8')) as {
    entries: { tag: string; when: number }[];
  };
  const texts = entries.map(({ tag }) => readFileSync(new URL(`${tag}.sql`, FOLDER), 'utf8'));
  const count = texts.findIndex((text) => text.includes('create procedure pawl_partition_by_id'));
  for (const text of texts.slice(0, count)) {
    for (const statement of text.split('--> statement-breakpoint')) await sql.unsafe(statement);
  }
  await sql`create table pawl_migrations (id serial primary key, hash text not null, created_at bigint)`;
  await sql`insert into pawl_migrations (hash, created_at) values ('', ${entries[count - 1]?.when ?? 0})`;
}

/** As the version before stores an event. @returns whether it was new */
async function storeAsBefore(deliveryId: string | null, id = newId()): Promise<boolean> {
  return await sql.begin(async (tx) => {
    await tx.unsafe(`set local role pawl_api; set local pawl.tenant_ids = '{${tenantId}}'`);
    const rows = await tx`
      insert into inbound_events (shard, tenant_id, id, source_id, delivery_id, status, headers, body_bytes)
      values (${SHARD}, ${tenantId}, ${id}, ${sourceId}, ${deliveryId}, 'RECEIVED', '[]', 0)
      on conflict do nothing returning id`;
    return rows.length > 0;
  });
}

async function store(...deliveryIds: string[]): Promise<number> {
  const arrivals = deliveryIds.map((deliveryId): Arrival => {
    const read = {
      eventType: 'x',
      headers: [],
      body: null,
      bodyBytes: 0,
      payload: {},
      error: null,
      effects: [],
    };
    const reply = { replyBytes: 0, replyStatus: 200 };
    return {
      tenantId,
      id: newId(),
      sourceId,
      kind: 'generic',
      deliveryId,
      status: 'RECEIVED',
      ...read,
      ...reply,
    };
  });
  return (await db.once<{ id: string }[]>([tenantId], (tx) => storeArrivals(tx, SHARD, arrivals))).length;
}

const run = (id = newId()) => sql`
  insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer, action_type,
    connection_id, scope)
  values (${SHARD}, ${tenantId}, ${id}, ${id}, ${id}, 0, ${id}, '', 'WEBHOOK', ${id}, '{}')`;
const partitionsOf = async (table: string) =>
  (
    await sql`
      select inhrelid::regclass::text as name from pg_inherits where inhparent = ${table}::regclass order by 1`
  ).map((row) => row.name.replace(/\d{4}_\d{2}_\d{2}/, '…'));

test('its tables become first partitions while others write, who wait for nothing', async () => {
  expect(await storeAsBefore('early')).toBe(true);
  expect(await storeAsBefore(null)).toBe(true);
  await run();
  // Somebody has written, and takes his time to commit.
  const slow = await sql.reserve();
  await slow`begin`;
  await slow`update action_runs set attempts = 1`;
  const migrated = migrate(url);
  await until('the migration waits for whoever writes', async () => {
    const [waits] = await sql`
      select from pg_stat_activity
      where datname = current_database() and application_name = 'pawl migrate' and wait_event_type = 'Lock'`;
    return waits;
  });
  await run();
  expect(await storeAsBefore('meanwhile')).toBe(true);
  await slow`commit`;
  slow.release();
  await migrated;

  expect(await partitionsOf('action_runs')).toEqual(['action_runs_rest', 'action_runs_until_…']);
  expect(await partitionsOf('inbound_events')).toEqual(['inbound_events_rest', 'inbound_events_until_…']);
  expect(await sql`select from action_runs`).toHaveLength(2);
  expect(
    (await sql`select delivery_id from inbound_deliveries order by 1`).map((row) => row.delivery_id),
  ).toEqual(['early', 'meanwhile']);
  await migrate(url);
  expect(await sql`select from action_runs_rest`).toHaveLength(0);
});

test('a delivery is stored once by the two versions, whichever comes first', async () => {
  expect(await store('early', 'meanwhile')).toBe(0);
  expect(await storeAsBefore('early')).toBe(false);
  expect(await storeAsBefore('before')).toBe(true);
  expect(await store('before')).toBe(0);
  expect(await store('after', 'after')).toBe(1);
  expect(await storeAsBefore('after')).toBe(false);
  const ids = Array.from({ length: 20 }, (_, nth) => `both-${String(nth).padStart(2, '0')}`);
  const both = await Promise.all(
    ids.flatMap((id) => [storeAsBefore(id).then(Number), store(id), storeAsBefore(id).then(Number)]),
  );
  expect(both.reduce((sum, stored) => sum + stored, 0)).toBe(ids.length);
});

test('later a delivery is found by its id alone, in whichever week it comes again', async () => {
  const [{ later } = { later: '' }] = await sql<{ later: string }[]>`
    select pawl_first_id(now() + interval '60 days')::text as later`;
  await sql`select pawl_make_id_partitions('inbound_events', 70)`;
  const again = {
    tenantId,
    id: later,
    sourceId,
    kind: 'generic',
    deliveryId: 'before',
    status: 'RECEIVED' as const,
  };
  const read = {
    eventType: 'x',
    headers: [],
    body: null,
    bodyBytes: 0,
    payload: {},
    error: null,
    effects: [],
  };
  const arrival = { ...again, ...read, replyBytes: 0, replyStatus: 200 };
  expect(
    await db.once<{ id: string }[]>([tenantId], (tx) => storeArrivals(tx, SHARD, [arrival])),
  ).toHaveLength(0);
  const other = { ...arrival, deliveryId: 'of-that-week' };
  expect(await db.once<{ id: string }[]>([tenantId], (tx) => storeArrivals(tx, SHARD, [other]))).toHaveLength(
    1,
  );
  expect(await sql`select from inbound_events_rest`).toHaveLength(0);
});
