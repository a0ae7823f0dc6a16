import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sealEverything } from '../audit/audit.testkit.ts';
import { verifyShard } from '../audit/verify.ts';
import { connect, type Database } from '../db/client.ts';
import { type Archive, createArchive, fileNameOf } from '../retention/archive.ts';
import { type AgingTable, dropOldIdPartitions } from '../retention/drop-id-partitions.ts';
import { dropOldPartitions } from '../retention/drop-partitions.ts';
import { ACTION_RUNS } from '../retention/forget-runs.ts';
import type { Turn } from '../retention/turn.ts';
import { ON_CITUS } from '../test/postgres.testkit.ts';
import { createHousekeeping } from './housekeeping.ts';
import type { Loop } from './loop.ts';
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

function worker(archive: Archive | null = null): { loop: Loop; errors: unknown[] } {
  const errors: unknown[] = [];
  const loop = createHousekeeping({
    db,
    partitionDaysAhead: 90,
    retention: { inboundEventDays: 30, actionRunDays: 400, idempotencyKeyDays: 7, archive },
    onError: (e: unknown) => errors.push(e),
  });
  return { loop, errors };
}

/** Nobody else takes turns. */
const OURS: Turn = { goOn: async () => {}, goOnWithin: async () => {} };

const makeDue = () => kit.admin`update housekeeping set done_at = null where work = 'retention'`;
const state = async () =>
  (await kit.admin`select holder, done_at is not null as done from housekeeping where work = 'retention'`)[0];

const doneJustNow = async () =>
  (
    await kit.admin`
    select from housekeeping where work = 'retention' and done_at > now() - interval '59 minutes'`
  ).length > 0;

async function keepHouse(archive: Archive | null = null, { loop, errors } = worker(archive)): Promise<void> {
  await makeDue();
  loop.start();
  await vi.waitUntil(async () => errors.length > 0 || (await state())?.done, { timeout: 60_000 });
  await loop.stop();
  expect(errors).toEqual([]);
}

async function parquet(name: string): Promise<Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(join(directory, `${name}.parquet`));
  return parquetReadObjects({ file });
}

const partitions = async (table = 'event_log') => {
  const rows = await kit.admin`
    select c.relname, c.relrowsecurity and c.relforcerowsecurity as isolated from pg_inherits i
    join pg_class c on c.oid = i.inhrelid where i.inhparent = ${table}::regclass order by 1`;
  return rows.map(({ relname, isolated }) => ({ name: String(relname), isolated: Boolean(isolated) }));
};

it('partitions of the log, of action runs and of inbound events are made ahead, isolated like the tables themselves', async () => {
  await keepHouse();
  const tables = ['event_log', 'action_runs', 'inbound_events'];
  const all = () => Promise.all(tables.map(partitions));
  const made = await all();
  for (const of of made) {
    // This month, the three to four that ninety days reach into (or as many weeks), and the one for whatever has none.
    expect(of.length).toBeGreaterThanOrEqual(5);
    expect(of.every(({ isolated }) => isolated)).toBe(true);
  }
  await keepHouse();
  expect(await all()).toEqual(made);
});

/** A partition for a time long ago, and ids of that time. */
async function oldPartition(table: string, day: string, width: string): Promise<(nth: number) => string> {
  const first = `pawl_first_id('${day}Z'::timestamptz)`;
  const name = `${table}_${day.replaceAll('-', '_')}`;
  await kit.admin.unsafe(`
    create table ${name} partition of ${table} ${table === 'action_runs' ? '(primary key (shard, tenant_id, id))' : ''}
      for values from (${first}) to (pawl_first_id('${day}Z'::timestamptz + interval '${width}'))`);
  const [row] = await kit.admin.unsafe(`select ${first} as first`);
  return (nth) => `${String(row?.first).slice(0, -4)}${String(nth).padStart(4, '0')}`;
}

/** A run with the id of its transition, which is over since 2020. */
async function oldRun(
  transitionId: string,
  job: 'DONE' | 'ACTIVE',
  messageId: string | null = null,
): Promise<void> {
  const { shard, id: tenantId } = kit.tenant;
  await kit.admin`
    with j as (
      insert into jobs (shard, tenant_id, id, workflow_id, workflow_version_id, status, current_state, snapshot, revision)
      values (${shard}, ${tenantId}, ${transitionId}, gen_random_uuid(), gen_random_uuid(), ${job}, 's', '{}', 1)
      returning id)
    insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer, action_type,
      connection_id, message_id, status, scope, created_at, finished_at)
    select ${shard}, ${tenantId}, id, id, id, 0, gen_random_uuid(), '', 'WEBHOOK', gen_random_uuid(),
      ${messageId}::uuid, 'SUCCEEDED', '{}', '2020-02-20Z', '2020-02-20Z' from j`;
}
const queue = (transitionId: string) => kit.admin`
  insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id, run_at)
  values (${kit.tenant.shard}, ${kit.tenant.id}, ${transitionId}, ${transitionId}, gen_random_uuid(), gen_random_uuid(), 'infinity')`;
const names = async (table: string) =>
  (await partitions(table)).map(({ name }) => name).filter((name) => name.includes('_2020_'));

// Citus attaches a partition when nobody writes: for a moment whoever comes later waits behind it.
it.skipIf(ON_CITUS)(
  'months of the log are made while others write, and not while somebody reads what has no month',
  async () => {
    const make = async (monthsAhead: number) =>
      (await kit.admin`select pawl_make_event_log_partitions(${monthsAhead})`).length;
    await make(4);
    const writes = (sql: Sql) => sql`
    insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
    values (${kit.tenant.shard}, ${kit.tenant.id}, gen_random_uuid(), gen_random_uuid(), 'test', 'test', '{}')`;
    const other = await kit.admin.reserve();
    try {
      await other`begin`;
      await writes(other);
      expect(await make(5)).toBe(1);
      await other`select count(*) from event_log`;
      expect(await make(6)).toBe(0);
      await writes(kit.admin);
    } finally {
      await other`commit`;
      other.release();
    }
    expect(await make(6)).toBe(1);
    expect((await partitions()).every(({ isolated }) => isolated)).toBe(true);
  },
);

it('months of action runs that are past their time are archived and dropped whole, with what deliveries are left', async () => {
  const id = await oldPartition('action_runs', '2020-02-01', '1 month');
  await oldRun(id(1), 'DONE');
  await oldRun(id(2), 'ACTIVE', kit.tenant.id);
  await kit.admin`
    insert into deliveries (shard, tenant_id, id, subscription_id, occurrence_id, kind, job_id, workflow_id, endpoint_id)
    select ${kit.tenant.shard}, ${kit.tenant.id}, ${id(2)}, gen_random_uuid(), gen_random_uuid(), 'job_started',
      gen_random_uuid(), gen_random_uuid(), gen_random_uuid()`;
  // Somebody reads them: whoever writes is not to wait behind us until they are done, and nothing is deleted meanwhile.
  const reader = await kit.admin.reserve();
  await reader`begin`;
  await reader`select count(*) from action_runs`;
  try {
    await keepHouse(createArchive(directory));
    expect(await names('action_runs')).toEqual(['action_runs_2020_02_01']);
    expect(await reader`select from action_runs where transition_id <= ${id(2)}`).toHaveLength(2);
  } finally {
    await reader`commit`;
    reader.release();
  }
  await keepHouse(createArchive(directory));
  expect(await names('action_runs')).toEqual([]);
  expect(await kit.admin`select from deliveries where id = ${id(2)}`).toHaveLength(0);
  const rows = await parquet(`action_runs/2020-02/${kit.tenant.id}-${fileNameOf([id(1), id(2)])}`);
  expect(rows.map((row) => row.id)).toEqual([id(1), id(2)]);
});

it('a month with a run of a live job, or one that a person sent again, is kept, and the rest of it is forgotten', async () => {
  const march = await oldPartition('action_runs', '2020-03-01', '1 month');
  const april = await oldPartition('action_runs', '2020-04-01', '1 month');
  await oldRun(march(1), 'DONE');
  await oldRun(march(2), 'ACTIVE');
  await oldRun(april(1), 'DONE');
  await oldRun(april(2), 'DONE');
  await queue(april(2));
  await keepHouse();
  expect(await names('action_runs')).toEqual(['action_runs_2020_03_01', 'action_runs_2020_04_01']);
  const kept = () => kit.admin`select id from action_runs where transition_id < ${april(9)} order by id`;
  expect((await kept()).map((row) => row.id)).toEqual([march(2), april(2)]);
  await kit.admin`update jobs set status = 'DONE' where id = ${march(2)}`;
  await kit.admin`delete from dispatch_queue where id = ${april(2)}`;
  await keepHouse();
  expect(await names('action_runs')).toEqual([]);
});

it('what is sent again while its month is about to be dropped keeps it from being dropped', async () => {
  const id = await oldPartition('action_runs', '2020-05-01', '1 month');
  await oldRun(id(1), 'DONE');
  // Looked at before it was sent again.
  const looked: AgingTable = {
    ...ACTION_RUNS,
    async holdsWanted(...args) {
      const wanted = await ACTION_RUNS.holdsWanted(...args);
      await queue(id(1));
      return wanted;
    },
  };
  const options = { db, archive: null, before: new Date(), turn: OURS };
  const [name] = await names('action_runs');
  expect(await dropOldIdPartitions(options, looked, 400)).toMatchObject({ dropped: [], waiting: {} });
  expect(await kit.admin`select from action_runs where id = ${id(1)}`).toHaveLength(1);
  await kit.admin`delete from dispatch_queue where id = ${id(1)}`;
  expect(await dropOldIdPartitions(options, ACTION_RUNS, 400)).toEqual({ dropped: [name], waiting: null });
});

it('weeks of inbound events that are past their time are archived and dropped whole, unless something waits in them', async () => {
  const id = await oldPartition('inbound_events', '2020-02-03', '1 week');
  const { shard, id: tenantId } = kit.tenant;
  const insert = (nth: number, status: string) => kit.admin`
    insert into inbound_events (shard, tenant_id, id, source_id, status, headers, body_bytes, received_at)
    values (${shard}, ${tenantId}, ${id(nth)}, ${tenantId}, ${status}, '[]', 0, '2020-02-04Z')`;
  await insert(1, 'PROCESSED');
  await insert(2, 'RECEIVED');
  await keepHouse(createArchive(directory));
  expect((await kit.admin`select id from inbound_events`).map((row) => row.id)).toEqual([id(2)]);
  await kit.admin`update inbound_events set status = 'FAILED' where id = ${id(2)}`;
  await keepHouse(createArchive(directory));
  expect(await names('inbound_events')).toEqual([]);
  for (const nth of [1, 2]) {
    expect(await parquet(`inbound_events/2020-02/${tenantId}-${fileNameOf([id(nth)])}`)).toMatchObject([
      { id: id(nth) },
    ]);
  }
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
  const options = { db: sealer, keepDays: 400, archive: createArchive(directory), turn: OURS };
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

it('runs without a partition of their own are archived and forgotten after their time, with deliveries, and those of live jobs stay', async () => {
  const { shard, id: tenantId } = kit.tenant;
  const run = (status: string, nth: number, age = '401 days', message: string | null = null) => kit.admin`
    with j as (
      insert into jobs (shard, tenant_id, id, workflow_id, workflow_version_id, status, current_state, snapshot, revision)
      values (${shard}, ${tenantId}, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), ${status}, 's', '{}', 1)
      returning id)
    insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer, action_type,
      connection_id, message_id, status, scope, created_at, finished_at)
    select ${shard}, ${tenantId}, ${`01700000-0000-7000-8000-00000000000${nth}`}, id,
      ${`01700000-0000-7000-8000-00000000000${nth}`}, 0,
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
  const months = await readdir(join(directory, 'action_runs'));
  const month = String(months.find((name) => name !== '2020-02'));
  const [file = ''] = await readdir(join(directory, 'action_runs', month));
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

it('inbound events without a partition of their own are forgotten after their time, and those still waiting are not', async () => {
  const { shard, id } = kit.tenant;
  const insert = (age: string, status: string, count: number) => kit.admin`
    insert into inbound_events (shard, tenant_id, id, source_id, status, headers, body_bytes, received_at)
    select ${shard}, ${id}, overlay(pawl_first_id(now() - ${age}::interval)::text
        placing lpad(to_hex(nth * 16 + length(${status})), 12, '0') from 25)::uuid,
      ${id}, ${status}, '[]', 0, now() - ${age}::interval
    from generate_series(1, ${count}::integer) nth`;
  await insert('40 days', 'PROCESSED', 1500);
  await insert('40 days', 'RECEIVED', 1);
  await insert('9 days', 'FAILED', 2);
  await keepHouse(createArchive(directory));
  const rows = await kit.admin`select status from inbound_events order by status`;
  expect(rows.map(({ status }) => status)).toEqual(['FAILED', 'FAILED', 'RECEIVED']);
});

it('delivery ids are remembered as long as inbound events are kept, and as long as one waits', async () => {
  const { shard, id } = kit.tenant;
  const insert = (age: string, name: string, waits: boolean) => kit.admin`
    with known as (
      insert into inbound_deliveries (shard, tenant_id, source_id, delivery_id, id)
      values (${shard}, ${id}, ${id}, ${name}, pawl_first_id(now() - ${age}::interval)) returning *)
    insert into inbound_queue (shard, tenant_id, source_id, id)
    select shard, tenant_id, source_id, id from known where ${waits}`;
  await insert('31 days', 'over', false);
  await insert('32 days', 'waits', true);
  await insert('29 days', 'young', false);
  await keepHouse();
  const rows = await kit.admin`select delivery_id from inbound_deliveries order by 1`;
  expect(rows.map((row) => row.delivery_id)).toEqual(['waits', 'young']);
});

it('nothing is forgotten before its time because the clock of the machine has jumped ahead', async () => {
  const { shard, id } = kit.tenant;
  await kit.admin`
    insert into inbound_deliveries (shard, tenant_id, source_id, delivery_id, id)
    values (${shard}, ${id}, ${id}, 'of this moment', pawl_first_id(now()))`;
  // Made before: ids that a process has made keep its later ones from being earlier.
  const ours = worker();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 86_400_000 });
  try {
    await keepHouse(null, ours);
  } finally {
    vi.useRealTimers();
  }
  const rows = await kit.admin`select from inbound_deliveries where delivery_id = 'of this moment'`;
  expect(rows).toHaveLength(1);
});

describe('the lease', () => {
  const oldAnswer = () => kit.admin`
    insert into idempotency_keys (shard, tenant_id, subject_id, key, request_hash, status, answer, created_at)
    values (${kit.tenant.shard}, ${kit.tenant.id}, ${kit.tenant.id}, 'old', '\\x00', 200, '{}', now() - interval '8 days')`;
  const oldAnswers = async () => (await kit.admin`select from idempotency_keys where key = 'old'`).length;

  it('lets one worker do it, and nobody again within the hour', async () => {
    await keepHouse();
    await oldAnswer();
    const others = [worker(), worker()];
    for (const { loop } of others) loop.start();
    for (const { loop } of others) await loop.stop();
    expect(await oldAnswers()).toBe(1);
    await kit.admin`update housekeeping set done_at = now() - interval '61 minutes'`;
    for (const { loop } of others) loop.start();
    await vi.waitUntil(async () => (await oldAnswers()) === 0, { timeout: 60_000 });
    await vi.waitUntil(doneJustNow, { timeout: 60_000 });
    await Promise.all(others.map(({ loop }) => loop.stop()));
    expect(others.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('is found free by the others when its holder died', async () => {
    await oldAnswer();
    await makeDue();
    const hold = (interval: string) => kit.admin`
      update housekeeping set holder = gen_random_uuid(), fence = fence + 1, leased_until = now() + ${interval}::interval`;
    await hold('1 hour');
    const { loop, errors } = worker();
    loop.start();
    await loop.stop();
    expect(await oldAnswers()).toBe(1);
    await hold('-1 second');
    await keepHouse();
    expect(await oldAnswers()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('once lost, nothing more is taken away by who had it', async () => {
    const id = await oldPartition('action_runs', '2020-06-01', '1 month');
    await oldRun(id(1), 'DONE');
    await makeDue();
    let lost = false;
    const { loop, errors } = worker({
      directory,
      async write() {
        await kit.admin`
          update housekeeping set holder = gen_random_uuid(), fence = fence + 1, leased_until = now() + interval '1 hour'`;
        lost = true;
      },
    });
    loop.start();
    await vi.waitUntil(() => lost, { timeout: 60_000 });
    await loop.stop();
    expect(errors).toEqual([]);
    expect(await names('action_runs')).toEqual(['action_runs_2020_06_01']);
    expect(await state()).toMatchObject({ holder: expect.any(String), done: false });

    const options = {
      db,
      archive: null,
      before: new Date(),
      turn: { ...OURS, goOnWithin: () => Promise.reject(new Error('lost')) },
    };
    await expect(dropOldIdPartitions(options, ACTION_RUNS, 400)).rejects.toThrow('lost');
    expect(await names('action_runs')).toEqual(['action_runs_2020_06_01']);
    await kit.admin`update housekeeping set leased_until = null`;
  });

  it('is given up by a worker that is told to stop, at the next step', async () => {
    await makeDue();
    let stopped: Promise<void> | null = null;
    const { loop, errors } = worker({
      directory,
      async write() {
        stopped = loop.stop();
      },
    });
    loop.start();
    await vi.waitUntil(() => stopped !== null, { timeout: 60_000 });
    await stopped;
    expect(errors).toEqual([]);
    expect(await names('action_runs')).toEqual(['action_runs_2020_06_01']);
    expect(await state()).toEqual({ holder: null, done: false });
    await keepHouse();
    expect(await names('action_runs')).toEqual([]);
  });
});
