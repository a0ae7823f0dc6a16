import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import { createHousekeeping } from './housekeeping.ts';
import { type Kit, setup } from './worker.testkit.ts';

let kit: Kit;
let db: Database;

beforeAll(async () => {
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 2, applicationName: 'test worker' });
});
afterAll(async () => {
  await db?.close();
  await kit?.close();
});

async function keepHouse(retentionDays: number): Promise<void> {
  const errors: unknown[] = [];
  const options = {
    db,
    shards: [kit.tenant.shard],
    partitionDaysAhead: 90,
    inboundRetentionDays: 30,
    now: () => new Date(),
    onError: (e: unknown) => errors.push(e),
  };
  const loop = createHousekeeping({ ...options, retentionDays });
  loop.start();
  await loop.stop();
  expect(errors).toEqual([]);
}

const partitions = async () => {
  const rows = await kit.admin`
    select c.relname, c.relrowsecurity and c.relforcerowsecurity as isolated from pg_inherits i
    join pg_class c on c.oid = i.inhrelid where i.inhparent = 'event_log'::regclass order by 1`;
  return rows.map(({ relname, isolated }) => ({ name: String(relname), isolated: Boolean(isolated) }));
};

it('partitions of the log are made ahead, isolated like the log itself, and dropped when they are too old', async () => {
  await kit.admin.unsafe(`
    create table event_log_2020_01 partition of event_log for values from ('2020-01-01') to ('2020-02-01')`);
  await keepHouse(400);
  const names = (await partitions()).map(({ name }) => name);
  expect(names).not.toContain('event_log_2020_01');
  // This month, the three to four that ninety days reach into, and the one for whatever has none.
  expect(names.length).toBeGreaterThanOrEqual(5);
  expect((await partitions()).every(({ isolated }) => isolated)).toBe(true);
  await keepHouse(400);
  expect((await partitions()).map(({ name }) => name)).toEqual(names);
});

it('first answers to repeated requests are forgotten after a week, however many there are', async () => {
  const { shard, id } = kit.tenant;
  const insert = (age: string, count: number) => kit.admin`
    insert into idempotency_keys (shard, tenant_id, subject_id, key, request_hash, status, answer, created_at)
    select ${shard}, ${id}, ${id}, ${age} || nth, '\\x00', 200, '{}', now() - ${age}::interval
    from generate_series(1, ${count}::integer) nth`;
  await insert('8 days', 2500);
  await insert('6 days', 10);
  await keepHouse(400);
  const [row] = await kit.admin`select count(*)::integer as rows from idempotency_keys`;
  expect(row?.rows).toBe(10);
});

it('inbound events that are over are forgotten after their time, and those still waiting are not', async () => {
  const { shard, id } = kit.tenant;
  const insert = (age: string, status: string, count: number) => kit.admin`
    insert into inbound_events (shard, tenant_id, id, source_id, status, headers, body_bytes, received_at)
    select ${shard}, ${id}, ('01900000-0000-7000-8000-' || lpad(to_hex(nth * 16 + length(${age + status})), 12, '0'))::uuid,
      ${id}, ${status}, '[]', 0, now() - ${age}::interval
    from generate_series(1, ${count}::integer) nth`;
  await insert('31 days', 'PROCESSED', 1500);
  await insert('31 days', 'RECEIVED', 1);
  await insert('9 days', 'FAILED', 2);
  await keepHouse(400);
  const rows = await kit.admin`select status from inbound_events order by status`;
  expect(rows.map(({ status }) => status)).toEqual(['FAILED', 'FAILED', 'RECEIVED']);
});
