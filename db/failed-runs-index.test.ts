import postgres, { type Sql } from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDatabase, ON_CITUS, type TestDatabase } from '../test/postgres.testkit.ts';
import { until } from '../worker/worker.testkit.ts';
import { migrate } from './migrate.ts';
import { newId } from './new-id.ts';
import { listActionRuns } from './statements/action-runs.ts';
import { writeDown } from './written-down.ts';

const SHARD = 1;
const MIGRATION_LOCK = 7_295_145;
const tenantId = newId();

let database: TestDatabase;
let sql: Sql;

beforeEach(async () => {
  database = await createDatabase();
  sql = postgres(database.url, { max: 4, onnotice: () => {} });
  await sql`insert into tenants (id, shard, name, slug) values (${tenantId}, ${SHARD}, 'A', 'a')`;
  await run();
});
afterEach(async () => {
  await sql?.end({ timeout: 1 });
  await database?.drop();
});

const run = () => {
  const id = newId();
  return sql`
    insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer, action_type,
      connection_id, scope)
    values (${SHARD}, ${tenantId}, ${id}, ${id}, ${id}, 0, ${id}, '', 'WEBHOOK', ${id}, '{}')`;
};

/** As in a database that was in use before there was this index. */
const asBefore = () => sql`drop index action_runs_failed`;

/** Partitions, and those of them that have a part of the index which is valid. */
async function partitions(): Promise<{ all: string[]; indexed: string[]; isWhole: boolean }> {
  const all = await sql`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'action_runs'::regclass order by 1`;
  const indexed = await sql`
    select i.indrelid::regclass::text as name from pg_inherits p join pg_index i on i.indexrelid = p.inhrelid
    where p.inhparent = to_regclass('action_runs_failed') and i.indisvalid order by 1`;
  const [whole] =
    await sql`select from pg_index where indexrelid = to_regclass('action_runs_failed') and indisvalid`;
  const names = (rows: readonly { name?: string }[]) => rows.map(({ name }) => String(name));
  return { all: names(all), indexed: names(indexed), isWhole: whole !== undefined };
}

async function expectIndexed(): Promise<void> {
  const { all, indexed, isWhole } = await partitions();
  expect([indexed, isWhole]).toEqual([all, true]);
}

/** Somebody has written, and takes his time to commit: who makes an index concurrently waits for that. */
async function whileSomebodyWrites(work: () => Promise<void>): Promise<void> {
  const slow = await sql.reserve();
  await slow`begin`;
  await slow`update action_runs set attempts = attempts + 1`;
  await work().finally(async () => {
    await slow`commit`;
    slow.release();
  });
}

const waitsFor = (what: string) =>
  until('the migration waits for whoever writes', async () => {
    const [row] = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity
      where datname = current_database() and application_name = 'pawl migrate' and wait_event_type = 'Lock'
        and query like ${`${what}%`}`;
    return row?.pid;
  });

const built = /^action_runs_(?:rest|\d{4}_\d\d_\d\d)$/;

test('a new database has it, and so has each partition that is made ahead', async () => {
  await expectIndexed();
  await sql`select pawl_make_id_partitions('action_runs', 200)`;
  const { all } = await partitions();
  expect(all.length).toBeGreaterThan(6);
  expect(all.every((name) => built.test(name))).toBe(true);
  await expectIndexed();
});

test.skipIf(ON_CITUS)(
  'a database in use gets it from several processes at once, and nobody who writes waits',
  async () => {
    await asBefore();
    const migrated: Promise<void>[] = [];
    await whileSomebodyWrites(async () => {
      migrated.push(...[1, 2, 3].map(() => migrate(database.url)));
      await waitsFor('call pawl_at_once');
      await run();
    });
    await Promise.all(migrated);
    await expectIndexed();
    await sql`select pawl_make_id_partitions('action_runs', 200)`;
    await expectIndexed();
  },
);

test.skipIf(ON_CITUS)('what a process leaves that dies is dropped, and made again', async () => {
  await asBefore();
  await sql`create index action_runs_failed on only action_runs (shard, tenant_id, id)
    where error is not null and message_id is null`;
  let died: Promise<unknown> = Promise.resolve();
  await whileSomebodyWrites(async () => {
    died = migrate(database.url).catch((error) => error);
    const pid = await waitsFor('create index concurrently');
    await sql`select pg_terminate_backend(${pid})`;
    await died;
  });
  expect(await died).toBeInstanceOf(Error);
  const [left] = await sql`
    select from pg_index where indexrelid::regclass::text ~ '^action_runs_.*_failed$' and not indisvalid`;
  expect(left).toBeDefined();
  await migrate(database.url);
  await expectIndexed();
  const leftOver =
    await sql`select from pg_index where indrelid::regclass::text ~ '^action_runs' and not indisvalid`;
  expect(leftOver).toHaveLength(0);
});

test.skipIf(ON_CITUS)(
  'a process of the version before, which waits for its turn in a statement, has it first',
  async () => {
    await asBefore();
    await sql`create index action_runs_failed on only action_runs (shard, tenant_id, id)
    where error is not null and message_id is null`;
    const before = await sql.reserve();
    let turn: Promise<unknown> = Promise.resolve();
    let migrated: Promise<void> = Promise.resolve();
    await whileSomebodyWrites(async () => {
      migrated = migrate(database.url);
      await waitsFor('create index concurrently');
      // Otherwise it is this one that may be ended.
      await before`set deadlock_timeout = '1h'`;
      turn = before`select pg_advisory_lock(${MIGRATION_LOCK})`.execute();
      await until('it waits for its turn', async () => {
        const [row] = await sql`select from pg_locks where locktype = 'advisory' and not granted`;
        return row;
      });
    });
    await turn;
    await before`select pg_advisory_unlock(${MIGRATION_LOCK})`;
    before.release();
    await migrated;
    await expectIndexed();
  },
);

// On Citus the parts and what is counted of them are on the servers.
test.skipIf(ON_CITUS)(
  'an action that succeeds is written in place, without an entry in any index',
  async () => {
    const hot = await sql.begin(async (tx) => {
      await tx`update action_runs set status = 'SUCCEEDED', attempts = 1, request = '{}', response = '{}', finished_at = now()`;
      const [row] = await tx`
      select sum(pg_stat_get_xact_tuples_hot_updated(inhrelid))::integer as hot from pg_inherits
      where inhparent = 'action_runs'::regclass`;
      return row?.hot;
    });
    expect(hot).toBe(1);
  },
);

test.skipIf(ON_CITUS)('failed actions are listed by it', async () => {
  const filter = { jobId: null, workflowId: null, connectionId: null, name: null, before: null };
  const of = {
    tenantId,
    status: 'FAILED',
    createdAfter: null,
    createdBefore: null,
    limit: 51,
    look: 20_000,
  } as const;
  const { text, values } = writeDown((tag) => listActionRuns(tag, SHARD, { ...filter, ...of }));
  const plan = await sql.begin(async (tx) => {
    await tx.unsafe('set local enable_seqscan = off; set local enable_bitmapscan = off');
    return tx.unsafe(`explain ${text}`, values as never[]);
  });
  const scans = plan
    .map((line) => /Index Scan(?: Backward)? using (\S+) on (\S+)/.exec(Object.values(line).join()))
    .flatMap((found) => (found?.[2]?.startsWith('action_runs') ? [found[1]] : []));
  const { all } = await partitions();
  expect(scans).toHaveLength(all.length);
  const names = await sql`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'action_runs_failed'::regclass`;
  expect(new Set(scans)).toEqual(new Set(names.map(({ name }) => name)));
});

test.skipIf(ON_CITUS)(
  'is made for as long as it takes, whatever time a login gives its statements',
  async () => {
    await asBefore();
    await sql`create index action_runs_failed on only action_runs (shard, tenant_id, id)
    where error is not null and message_id is null`;
    const [row] = await sql`select current_database() as name`;
    for (const limit of ['statement_timeout', 'lock_timeout'])
      await sql.unsafe(`alter database "${row?.name}" set ${limit} = '200ms'`);
    let migrated: Promise<unknown> = Promise.resolve();
    await whileSomebodyWrites(async () => {
      migrated = migrate(database.url).catch((error) => error);
      const pid = await waitsFor('create index concurrently');
      await until('it has waited for longer than that, or was ended', async () => {
        const [waits] = await sql`
        select from pg_stat_activity where pid = ${pid} and query_start > now() - interval '400 milliseconds'`;
        return waits === undefined;
      });
    });
    expect(await migrated).toBeUndefined();
    await expectIndexed();
  },
);

test.skipIf(ON_CITUS)(
  'a partition whose time is over while its part is made anew is done without',
  async () => {
    // The first that is looked at.
    const [partition] = (await partitions()).all;
    await asBefore();
    await sql`create index action_runs_failed on only action_runs (shard, tenant_id, id)
    where error is not null and message_id is null`;
    await sql.unsafe(`create index "${partition}_failed" on "${partition}" (shard, tenant_id, id)`);
    await sql`update pg_index set indisvalid = false where indexrelid = ${`${partition}_failed`}::regclass`;
    const retention = await sql.reserve();
    await retention`begin`;
    await retention.unsafe(`drop table "${partition}"`);
    const migrated = migrate(database.url);
    migrated.catch(() => {});
    await waitsFor('drop index concurrently');
    await retention`commit`;
    retention.release();
    await migrated;
    await expectIndexed();
  },
);
