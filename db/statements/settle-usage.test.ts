// Whatever the order in which transactions begin, write and end, the rollups are the rows, and what is closed stays.
import fc from 'fast-check';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../test/postgres.testkit.ts';
import { connect, type Database } from '../client.ts';
import { takeLease } from './leases.ts';
import { oldestTransaction } from './oldest-transaction.ts';
import { type Settled, settleUsage } from './settle-usage.ts';
import { sumUsage, type UsageDimension } from './usage.ts';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 31, 20);
const HOURS = 8;
const WRITERS = 4;
const SHARD = 7;
const ENDLESS = 1e15;

let database: TestDatabase;
let owner: Sql;
let worker: Database;
let api: Database;
let lease: { holder: string; fence: number };

beforeAll(async () => {
  database = await createDatabase();
  owner = postgres(database.url, { max: WRITERS + 2, onnotice: () => {} });
  worker = connect({ url: database.url, role: 'pawl_worker', poolMax: 2, applicationName: 'test' });
  api = connect({ url: database.url, role: 'pawl_api', poolMax: 2, applicationName: 'test' });
  const holder = v7();
  const [held] = await takeLease(worker.sql, 'metering', holder, 60_000);
  lease = { holder, fence: Number(held?.fence) };
});
afterAll(async () => {
  await Promise.all([worker.close(), api.close(), owner.end()]);
  await database.drop();
});

async function reset(): Promise<void> {
  await owner`truncate utility_ledger, usage_rollups, closed_periods, late_facts`;
  await owner`update metering_progress set closed_until = '-infinity', closing_until = null, closing_tx = null`;
  await owner`update metering_settled set closed_until = '-infinity'`;
}

interface Writer {
  sql: TransactionSql;
  end(how: 'commit' | 'rollback'): Promise<void>;
}

async function begin(): Promise<Writer> {
  const ended = Promise.withResolvers<'commit' | 'rollback'>();
  const begun = Promise.withResolvers<TransactionSql>();
  const over = owner.begin(async (sql) => {
    begun.resolve(sql);
    if ((await ended.promise) === 'rollback') throw ended;
  });
  const settled = over.catch((error) => {
    if (error !== ended) throw error;
  });
  return {
    sql: await begun.promise,
    async end(how) {
      ended.resolve(how);
      await settled;
    },
  };
}

async function settle(closeUntil: Date, span = ENDLESS): Promise<Settled | null> {
  const known = await oldestTransaction(worker);
  return worker.forTenants([], (sql) => settleUsage(sql, lease, { span, closeUntil, known }));
}

async function settledSoFar(): Promise<number> {
  const [progress] = await owner<{ settled: number }[]>`
    select settled::float8 as settled from metering_progress`;
  return Number(progress?.settled);
}

function insertRow(sql: Sql | TransactionSql, tenantId: string, of: { minute: number; pick: number }) {
  const at = new Date(START + of.minute * 60_000);
  const inbound = of.pick % 3 === 0;
  const idOf = (n: number) => `01900000-0000-7000-8000-00000000000${n % 2}`;
  return sql`
    insert into utility_ledger (shard, tenant_id, attempt_id, at, kind, quantity, outcome, provider, connection_id,
      workflow_id, request_bytes, response_bytes)
    values (${SHARD}, ${tenantId}, ${v7()}, ${at}, ${inbound ? 'WebhookIngress' : 'WebhookEgress'}, 1,
      ${['succeeded', 'failed', 'unknown'][of.pick % 3] as string}, 'generic_rest', ${inbound ? null : idOf(of.pick)},
      ${inbound ? null : idOf(of.pick >> 1)}, ${of.pick}, ${of.minute})`;
}

const COUNTED = `kind, coalesce(connection_id, '00000000-0000-0000-0000-000000000000') as connection_id,
  coalesce(workflow_id, '00000000-0000-0000-0000-000000000000') as workflow_id, outcome`;

/** What the rollups of the tenant should be, from the rows that are settled. */
const recomputed = async (tenantId: string) => owner`
  select g.granularity, date_trunc(g.granularity, coalesce(f.counted_at, l.at), 'UTC') as starts_at,
    ${owner.unsafe(COUNTED)}, count(*)::integer as attempts, sum(quantity)::integer as quantity,
    sum(request_bytes)::integer as request_bytes, sum(response_bytes)::integer as response_bytes
  from utility_ledger l left join late_facts f using (shard, tenant_id, attempt_id),
    unnest(array['hour', 'day', 'month']) as g(granularity)
  where l.tx < ${await settledSoFar()} and l.tenant_id = ${tenantId}
  group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6`;

const rollups = (tenantId: string) => owner`
  select granularity, starts_at, kind, connection_id, workflow_id, outcome, attempts::integer, quantity::integer,
    request_bytes::integer, response_bytes::integer
  from usage_rollups where tenant_id = ${tenantId} order by 1, 2, 3, 4, 5, 6`;

const closed = (tenantId: string) => owner`
  select c.granularity, c.starts_at, c.checksum, c.attempts::integer as attempts,
    (select sum(r.attempts)::integer from usage_rollups r
      where r.shard = c.shard and (r.tenant_id, r.granularity, r.starts_at) = (c.tenant_id, c.granularity, c.starts_at)
      ) as rolled_up
  from closed_periods c where c.tenant_id = ${tenantId} order by 1, 2`;

async function answered(tenantId: string, from: Date, to: Date, by: UsageDimension[]): Promise<number> {
  const distributed = await api.isDistributed();
  const rows = await api.forTenants([tenantId], (sql) =>
    sumUsage(sql, SHARD, { tenantId, from, to, by, limit: 10_000 }, { now: to, distributed }),
  );
  return rows.reduce((sum, row) => sum + row.attempts, 0);
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('insert' as const), ...anyRow() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('commit' as const, 'commit' as const, 'rollback' as const),
      writer: fc.nat(WRITERS - 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      hour: fc.nat(HOURS),
      span: fc.constantFrom(1, 3, ENDLESS),
    }),
  },
);

function anyRow() {
  return { writer: fc.nat(WRITERS - 1), minute: fc.nat(HOURS * 60 - 1), pick: fc.nat(11) };
}

test('the rollups are the rows, in whatever order transactions begin, write and end, and closed periods stay', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      await reset();
      const tenantId = v7();
      const writers: (Writer | null)[] = Array.from({ length: WRITERS }, () => null);
      let closedBefore: postgres.Row[] = [];
      const end = async (i: number, how: 'commit' | 'rollback') => {
        await writers[i]?.end(how);
        writers[i] = null;
      };
      const check = async () => {
        expect([...(await rollups(tenantId))]).toEqual([...(await recomputed(tenantId))]);
        const closedNow = await closed(tenantId);
        expect(closedNow.slice()).toEqual(expect.arrayContaining(closedBefore));
        for (const period of closedNow) expect(period.rolled_up).toBe(period.attempts);
        closedBefore = [...closedNow];
        const [visible] = await owner`
          select count(*)::integer as rows from utility_ledger where tenant_id = ${tenantId}`;
        const [from, to] = [new Date(START), new Date(START + 2 * HOURS * HOUR_MS)];
        for (const by of [[], ['hour'], ['day', 'outcome'], ['month']] as UsageDimension[][])
          expect(await answered(tenantId, from, to, by)).toBe(visible?.rows);
      };
      try {
        for (const one of steps) {
          if (one.do === 'insert') {
            writers[one.writer] ??= await begin();
            await insertRow((writers[one.writer] as Writer).sql, tenantId, one);
          } else if (one.do === 'settle') {
            await settle(new Date(START + one.hour * HOUR_MS), one.span);
            await check();
          } else await end(one.writer, one.do);
        }
      } finally {
        for (const i of writers.keys()) await end(i, 'commit');
      }
      // Transactions of other tests on this server hold the horizon for a moment.
      const done = async () => {
        const [row] = await owner`
          select count(*)::integer as rows from utility_ledger where tx >= ${await settledSoFar()}`;
        return row?.rows === 0;
      };
      while (!(await done())) await settle(new Date(START + HOURS * HOUR_MS));
      await check();
    }),
    // Each run settles many times, which on several servers is a commit in two phases.
    { numRuns: (await api.isDistributed()) ? 4 : 25 },
  );
}, 60_000);

test('a row that comes after its hour was closed is counted in the first open one, and told of', async () => {
  await reset();
  const tenantId = v7();
  const slow = await begin();
  await slow.sql`select now()`;
  const untilClosed = new Date(START + HOUR_MS);
  await insertRow(owner, tenantId, { minute: 1, pick: 1 });
  while (!(await settle(untilClosed))?.closed);
  const [before] = await closed(tenantId);
  await insertRow(slow.sql, tenantId, { minute: 2, pick: 1 });
  await slow.end('commit');
  expect(await answered(tenantId, new Date(START), untilClosed, [])).toBe(1);
  let late: postgres.Row[] = [];
  while (late.length === 0) {
    await settle(untilClosed);
    late = await owner`select at, counted_at from late_facts where tenant_id = ${tenantId}`;
  }
  expect(late).toMatchObject([{ at: new Date(START + 120_000), counted_at: untilClosed }]);
  expect((await closed(tenantId))[0]).toEqual(before);
  expect(await answered(tenantId, untilClosed, new Date(START + 2 * HOUR_MS), ['hour'])).toBe(1);
});

test('whoever lost the lease settles nothing', async () => {
  const stale = { ...lease, fence: lease.fence + 1 };
  const result = await worker.forTenants([], (sql) =>
    settleUsage(sql, stale, { span: ENDLESS, closeUntil: new Date(START), known: null }),
  );
  expect(result).toBeNull();
  expect(await takeLease(worker.sql, 'metering', v7(), 1_000)).toHaveLength(0);
});

test('in a database that was restored from a dump nothing is settled before the migration, and everything after it', async () => {
  await reset();
  const tenantId = v7();
  // What the dump brought: progress and a row of a server that had counted further.
  await owner`update metering_progress set settled = settled + 1000000`;
  await insertRow(owner, tenantId, { minute: 1, pick: 1 });
  await owner`update utility_ledger set tx = tx + 1000005`;
  await expect(settle(new Date(START))).rejects.toThrow('run `pawl migrate`');
  await owner`select pawl_resume_ledger()`;
  await insertRow(owner, tenantId, { minute: 2, pick: 1 });
  const counted = async () => {
    await settle(new Date(START));
    const [row] = await owner`
      select coalesce(sum(attempts), 0)::integer as attempts from usage_rollups
      where tenant_id = ${tenantId} and granularity = 'month'`;
    return row?.attempts;
  };
  while ((await counted()) !== 2);
  expect([...(await rollups(tenantId))]).toEqual([...(await recomputed(tenantId))]);
});
