import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sealEverything } from '../audit/audit.testkit.ts';
import { verifyShard } from '../audit/verify.ts';
import { connect, type Database } from '../db/client.ts';
import { type Archive, createArchive } from '../retention/archive.ts';
import { dropOldPartitions } from '../retention/drop-partitions.ts';
import { createHousekeeping } from './housekeeping.ts';
import { type Kit, setup } from './worker.testkit.ts';

let kit: Kit;
let db: Database;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pawl-archive-'));
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 2, applicationName: 'test worker' });
});
afterAll(async () => {
  await db?.close();
  await rm(directory, { recursive: true });
  await kit?.close();
});

async function keepHouse(archive: Archive | null = null): Promise<void> {
  const errors: unknown[] = [];
  const loop = createHousekeeping({
    db,
    shards: [kit.tenant.shard],
    partitionDaysAhead: 90,
    inboundRetentionDays: 30,
    runRetentionDays: 400,
    answerRetentionDays: 7,
    archive,
    now: () => new Date(),
    onError: (e: unknown) => errors.push(e),
  });
  loop.start();
  await loop.stop();
  expect(errors).toEqual([]);
}

async function parquet(name: string): Promise<Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(join(directory, `${name}.parquet`));
  return parquetReadObjects({ file });
}

const partitions = async () => {
  const rows = await kit.admin`
    select c.relname, c.relrowsecurity and c.relforcerowsecurity as isolated from pg_inherits i
    join pg_class c on c.oid = i.inhrelid where i.inhparent = 'event_log'::regclass order by 1`;
  return rows.map(({ relname, isolated }) => ({ name: String(relname), isolated: Boolean(isolated) }));
};

it('partitions of the log are made ahead, isolated like the log itself', async () => {
  await keepHouse();
  const made = await partitions();
  // This month, the three to four that ninety days reach into, and the one for whatever has none.
  expect(made.length).toBeGreaterThanOrEqual(5);
  expect(made.every(({ isolated }) => isolated)).toBe(true);
  await keepHouse();
  expect(await partitions()).toEqual(made);
});

it('months of the log that are past their time are archived and dropped once they are sealed, and the chain goes on', async () => {
  const sealer = connect({ url: kit.url, role: 'pawl_sealer', poolMax: 2, applicationName: 'test sealer' });
  const { shard, id: tenantId } = kit.tenant;
  await kit.admin.unsafe(`
    create table event_log_2020_01 partition of event_log for values from ('2020-01-01') to ('2020-02-01')`);
  await kit.admin`
    insert into event_log (shard, tenant_id, subject_id, id, at, kind, actor, data)
    select ${shard}, ${tenantId}, gen_random_uuid(), gen_random_uuid(), '2020-01-05T12:00:00.123456Z', 'old', 'user:ada',
      jsonb_build_object('n', n, 'exact', 1.10) from generate_series(1, 3) n`;
  const options = { db: sealer, keepDays: 400, archive: createArchive(directory) };
  expect(await dropOldPartitions(options)).toEqual([]);
  await sealEverything(sealer);
  // Somebody reads the log: whoever writes to it is not to wait behind us until they are done.
  const reader = await kit.admin.reserve();
  await reader`begin`;
  await reader`select count(*) from event_log`;
  expect(await dropOldPartitions(options)).toEqual([]);
  await reader`commit`;
  reader.release();
  expect(await dropOldPartitions(options)).toEqual(['event_log_2020_01']);
  expect(await dropOldPartitions(options)).toEqual([]);

  const rows = await parquet('event_log/2020-01/000001');
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatchObject({ tenant_id: tenantId, kind: 'old', at_us: 1578225600123456n });
  expect(String(rows[0]?.data)).toContain('"exact": 1.10');
  const verify = {
    db: sealer,
    shard,
    tenantId: null,
    from: null,
    tenantIds: [],
    trustedKeys: [],
    keptSince: new Date(),
  };
  const [verified] = await verifyShard({ ...verify, checkpointsOf: async () => [] });
  expect(verified).toMatchObject({ tenantId, dropped: 3n, finding: null });
  await sealer.close();
});

it('runs of jobs that are over are archived and forgotten after their time, with deliveries, and those of live jobs stay', async () => {
  const { shard, id: tenantId } = kit.tenant;
  const run = (status: string, nth: number, age = '401 days', message: string | null = null) => kit.admin`
    with j as (
      insert into jobs (shard, tenant_id, id, workflow_id, workflow_version_id, status, current_state, snapshot, revision)
      values (${shard}, ${tenantId}, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), ${status}, 's', '{}', 1)
      returning id)
    insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer, action_type,
      connection_id, message_id, status, scope, created_at, finished_at)
    select ${shard}, ${tenantId}, ${`01700000-0000-7000-8000-00000000000${nth}`}, id, gen_random_uuid(), 0,
      gen_random_uuid(), ${status}, 'WEBHOOK', gen_random_uuid(), ${message}::uuid, 'SUCCEEDED', '{"n": 1}',
      now() - ${age}::interval, now() - ${age}::interval from j returning id`;
  await run('DONE', 1);
  await run('ACTIVE', 2);
  await run('DONE', 3, '399 days');
  const [delivered] = await run('ACTIVE', 4, '401 days', tenantId);
  await kit.admin`
    insert into deliveries (shard, tenant_id, id, subscription_id, occurrence_id, kind, job_id, workflow_id, endpoint_id)
    select ${shard}, ${tenantId}, ${delivered?.id}, gen_random_uuid(), gen_random_uuid(), 'job_started', gen_random_uuid(),
      gen_random_uuid(), gen_random_uuid()`;
  await keepHouse(createArchive(directory));
  const kept = await kit.admin`select id from action_runs order by id`;
  expect(kept.map(({ id }) => String(id).slice(-1))).toEqual(['2', '3']);
  expect(await kit.admin`select from deliveries`).toHaveLength(0);
  const [month] = await readdir(join(directory, 'action_runs'));
  const [file = ''] = await readdir(join(directory, 'action_runs', String(month)));
  const rows = await parquet(`action_runs/${month}/${file.replace('.parquet', '')}`);
  expect(rows.map(({ id }) => String(id).slice(-1))).toEqual(['1', '4']);
  expect(rows[0]).toMatchObject({ status: 'SUCCEEDED', scope: '{"n": 1}', request: null });
});

it('first answers to repeated requests are forgotten after a week, however many there are', async () => {
  const { shard, id } = kit.tenant;
  const insert = (age: string, count: number) => kit.admin`
    insert into idempotency_keys (shard, tenant_id, subject_id, key, request_hash, status, answer, created_at)
    select ${shard}, ${id}, ${id}, ${age} || nth, '\\x00', 200, '{}', now() - ${age}::interval
    from generate_series(1, ${count}::integer) nth`;
  await insert('8 days', 2500);
  await insert('6 days', 10);
  await keepHouse();
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
  await keepHouse(createArchive(directory));
  const rows = await kit.admin`select status from inbound_events order by status`;
  expect(rows.map(({ status }) => status)).toEqual(['FAILED', 'FAILED', 'RECEIVED']);
});
