// What a statement reads must not grow with what is stored. Counted in blocks of tables and indexes: once with little, and again
// with twenty times as much, first while the planner still has the statistics of the little.
import postgres from 'postgres';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloneJob } from '../bench/clone-jobs.ts';
import { connect, type Database, type PendingQuery, type ReservedSql, type Role } from '../db/client.ts';
import type { MovedTable } from '../db/moved-tables.ts';
import {
  endOfLookAtActionRuns,
  findActionRun,
  listActionRuns,
  listAttempts,
  listLatestRuns,
} from '../db/statements/action-runs.ts';
import { listAudit } from '../db/statements/audit.ts';
import { type Claimed, claim, shardsWithWork } from '../db/statements/claim.ts';
import { commitTransitions } from '../db/statements/commit-transitions.ts';
import { findConnectionUsers } from '../db/statements/connections.ts';
import { ALL_DELIVERIES, endOfLookAtDeliveries, listDeliveries } from '../db/statements/deliveries.ts';
import { inOrder } from '../db/statements/in-order.ts';
import { endOfLookAtInboundEvents, listInboundEvents } from '../db/statements/inbound-events.ts';
import { type InboundMark, markInbound } from '../db/statements/inbound-marks.ts';
import { type ClaimedInbound, claimSources, waitingSources } from '../db/statements/inbound-queue.ts';
import { findKeyHolders } from '../db/statements/job-keys.ts';
import { listJobs, listJobsOfVersion, listLog, listTimers } from '../db/statements/job-lists.ts';
import { loadFacts, loadFactsBefore } from '../db/statements/load-facts.ts';
import { loadJobs } from '../db/statements/load-jobs.ts';
import { loadRuns, type RunRow } from '../db/statements/load-runs.ts';
import { deleteCopied, deleteSome } from '../db/statements/move-rows.ts';
import { recordOutcomes } from '../db/statements/record-outcomes.ts';
import { readOldRuns } from '../db/statements/retention.ts';
import { shardsToSeal } from '../db/statements/seals.ts';
import { startAttempts } from '../db/statements/start-attempts.ts';
import { storeRedeliveries } from '../db/statements/store-inbound.ts';
import { leaseDueTimers, shardsWithDueTimers } from '../db/statements/timers.ts';
import { sightJobs } from '../db/statements/watch-jobs.ts';
import { registerWorker } from '../db/statements/workers.ts';
import { countJobsPerState } from '../db/statements/workflows.ts';
import { idAfter } from '../db/uuid-time.ts';
import { type Kit, setup } from '../worker/worker.testkit.ts';
import { ON_CITUS } from './postgres.testkit.ts';
import { change, outcome, redelivery } from './records.testkit.ts';

const LITTLE = 500;
const MUCH = 10_000;
/** What may not wait for the first statistics of a new partition either. */
const OF_EACH_EVENT = [
  ...['loadJobs', 'loadFacts', 'commitTransitions', 'commitTransitions, of an inbound event'],
  ...['leaseDueTimers', 'shardsWithDueTimers', 'waitingSources', 'claimSources', 'markInbound'],
  ...['shardsWithWork', 'claim', 'loadRuns', 'startAttempts', 'recordOutcomes', 'loadFactsBefore'],
  ...['deleteCopied', 'deleteSome'],
];
/** An index gets a level more, and rows lie further apart. */
const allowed = (blocks: number): number => 2 * blocks + 40;

/** Of a tenant that has none but the rows of `storeCopies`. */
const MOVE = {
  way: { tenantId: v7(), from: 61, to: 62 },
  table: { name: 'utility_ledger', columns: [], key: [{ column: 'attempt_id', type: 'uuid' }] },
} as const;

const DAY_MS = 86_400_000;
const BEGINNING = '00000000-0000-0000-0000-000000000000';

let kit: Kit;
/** As superuser, on one connection. */
let admin: postgres.Sql;
/** A job that is done, and one whose actions wait: of each there are copies. And one that has done the same again and again. */
let done: string;
let waiting: string;
let busy: string;
/** Of inbound events: one that nobody works on, and one that is worked on. */
const idleSource = v7();
const busySource = v7();

beforeAll(async () => {
  kit = await setup();
  admin = postgres(kit.url, { max: 1, onnotice: () => {} });
  // It would look at the tables too, and at the new rows.
  await admin.unsafe(`do $$ declare t regclass; begin
    for t in select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace loop
      execute format('alter table %s set (autovacuum_enabled = off)', t);
    end loop; end $$`);
  const worker = await kit.startWorker();
  [done, busy] = await Promise.all([aJobDone(), aJobDone()]);
  await worker.stop();
  waiting = await kit.jobWith([kit.webhook('/first', { name: 'call' }), kit.webhook('/second')]);
});
async function aJobDone(): Promise<string> {
  const id = await kit.jobWith([kit.webhook('/done', { name: 'call' })]);
  await kit.settled(id);
  await admin`update jobs set status = 'DONE', finished_at = now() where id = ${id}`;
  return id;
}
afterAll(async () => {
  await admin?.end();
  await kit?.close();
});

// On Citus the blocks are those of the servers, which count for themselves.
test.skipIf(ON_CITUS)('no statement reads more because more is stored', async () => {
  await store(1, LITTLE);
  await admin`vacuum analyze`;
  const little = await blocksOfEach();
  // In short transactions: nothing is sealed or exported, of other tests neither, while an older one runs.
  for (let stored = LITTLE; stored < MUCH; stored += LITTLE) await store(stored + 1, stored + LITTLE);
  const much = await blocksOfEach();
  await admin`vacuum analyze`;
  const analyzed = await blocksOfEach();
  // Of the first minute of a month, and after a restore.
  await haveStatistics({ tables: { rows: -1, pages: 0 }, indexes: { rows: 0, pages: 1 } });
  const unknown = await blocksOfEach();
  // As a queue was vacuumed that is filled again, which is what most are.
  await haveStatistics({ tables: { rows: 0, pages: 10 }, indexes: { rows: 0, pages: 10 } });
  const emptied = await blocksOfEach();
  const ofEachEvent = (found: ReadonlyMap<string, number>) =>
    new Map([...found].filter(([name]) => OF_EACH_EVENT.includes(name)));
  // Older ones read more then: docs/operating.md says how much.
  const [server] = await admin`select current_setting('server_version_num')::integer as version`;
  const withoutStatistics = server?.version >= 180_000;
  const grown = Object.entries({
    'with the statistics of the little': much,
    'with its own statistics': analyzed,
    ...(withoutStatistics && {
      'without statistics': ofEachEvent(unknown),
      'with those of an empty table': ofEachEvent(emptied),
    }),
  }).flatMap(([how, found]) =>
    [...found]
      .filter(([name, blocks]) => blocks > allowed(little.get(name) ?? 0))
      .map(([name, blocks]) => `${name}, ${how}: ${little.get(name)} blocks became ${blocks}`),
  );
  expect(grown).toEqual([]);
});

type Size = Record<'rows' | 'pages', number>;

async function haveStatistics({ tables, indexes }: Record<'tables' | 'indexes', Size>): Promise<void> {
  await admin`delete from pg_statistic where starelid >= 16384`;
  await admin`
    update pg_class set reltuples = ${tables.rows}, relpages = ${tables.pages}, relallvisible = 0
    where oid >= 16384 and relkind in ('r', 'p')`;
  await admin`
    update pg_class set reltuples = ${indexes.rows}, relpages = ${indexes.pages} where oid >= 16384 and relkind = 'i'`;
}

async function store(from: number, to: number): Promise<void> {
  const between = { fromMs: Date.now() - 3_600_000, toMs: Date.now() - 60_000, of: MUCH };
  for (const jobId of [done, waiting]) await cloneJob(admin, { jobId, from, to, between });
  // A long history of one job: as many transitions, each with an action of that name.
  const id = idAt(admin`extract(epoch from clock_timestamp()) * 1000`);
  await admin`
    insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer, action_type,
      name, connection_id, status, scope)
    select shard, tenant_id, ${id}, job_id, ${id}, 0, workflow_version_id, pointer, action_type,
      name, connection_id, status, scope
    from action_runs, generate_series(${from}::integer, ${to}::integer) where job_id = ${busy} and pointer = (
      select pointer from action_runs where job_id = ${busy} limit 1) and ordinal = 0 and finished_at is not null`;
  // Older lists, each of a connection of its own, which wait for a person.
  await admin`
    insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id, run_at, next_ordinal)
    select shard, tenant_id, parked.id, dispatch_queue.id, dispatch_queue.id, parked.id, 'infinity', 0
    from dispatch_queue, (select ${numbered(0)} as id from generate_series(${from}::integer, ${to}::integer) i) parked
    where job_id = ${waiting}`;
  await storeWaiting(from, to);
  await storeEvents(from, to);
  await storeCopies(from, to);
}

/** What a tenant that moves has metered, on both shards. */
async function storeCopies(from: number, to: number): Promise<void> {
  const id = idAt(admin`extract(epoch from clock_timestamp()) * 1000`);
  const { way } = MOVE;
  await admin`
    with attempt as materialized (select ${id} as id from generate_series(${from}::integer, ${to}::integer))
    insert into utility_ledger
    select (jsonb_populate_record(l, jsonb_build_object(
      'shard', s.shard, 'tenant_id', ${way.tenantId}::uuid, 'attempt_id', attempt.id, 'job_id', attempt.id))).*
    from utility_ledger l, attempt, unnest(${[way.from, way.to]}::smallint[]) as s(shard)
    where l.tenant_id = ${kit.tenant.id} and l.job_id = ${done}`;
}

/** Keys of jobs; inbound events that wait, those of a source that nobody works on before those of the other; and timers, the oldest not due. */
async function storeWaiting(from: number, to: number): Promise<void> {
  const { id: tenantId, shard } = kit.tenant;
  const numbers = admin`generate_series(${from}::integer, ${to}::integer) i`;
  await admin`
    insert into job_keys (shard, tenant_id, workflow_id, key, job_id)
    select j.shard, j.tenant_id, j.workflow_id, i::text, j.id from jobs j, ${numbers} where j.id = ${waiting}`;
  for (const [nth, source] of [idleSource, busySource].entries()) {
    await admin`
      insert into sources (shard, tenant_id, id, name, kind, config, secret, key_id)
      values (${shard}, ${tenantId}, ${source}, ${source}, 'generic', '{}', '', '') on conflict do nothing`;
    await admin`
      with event as (
        insert into inbound_events (shard, tenant_id, id, source_id, status, event_type, headers, body_bytes, payload)
        select ${shard}, ${tenantId}, ${numbered(Date.now() - 60_000 + nth * MUCH)}, ${source}, 'RECEIVED', 'thing', '[]', 2, '{}'
        from ${numbers} returning id)
      insert into inbound_queue (shard, tenant_id, source_id, id)
      select ${shard}, ${tenantId}, ${source}, id from event`;
  }
  for (const [fromMs, dueAt] of [
    [Date.now() - 3_600_000, '3000-01-01'],
    [Date.now() - 60_000, '2000-01-01'],
  ] as const) {
    await admin`
      insert into timers (shard, tenant_id, job_id, id, entry, event, due_at)
      select ${shard}, ${tenantId}, ${numbered(fromMs)}, gen_random_uuid(), 0, '{}', ${dueAt} from ${numbers}`;
  }
}

/** An id of version 7 for each number `i`: so many milliseconds after `fromMs`. */
const numbered = (fromMs: number) => idAt(admin`${fromMs}::bigint + i`);

/** An id of version 7, of so many milliseconds since 1970. */
const idAt = (ms: postgres.PendingQuery<postgres.Row[]>) => admin`
  overlay(overlay(md5(random()::text) placing lpad(to_hex((${ms})::bigint), 12, '0') from 1) placing '7' from 13)::uuid`;

/** Inbound events and deliveries that are over; and entries of the log, each of a transaction of its own. */
async function storeEvents(from: number, to: number): Promise<void> {
  const id = idAt(admin`extract(epoch from clock_timestamp()) * 1000`);
  const { id: tenantId, shard } = kit.tenant;
  const numbers = admin`generate_series(${from}::integer, ${to}::integer) i`;
  await admin`
    insert into inbound_events (shard, tenant_id, id, source_id, status, event_type, headers, body_bytes, processed_at)
    select ${shard}, ${tenantId}, ${id}, ${tenantId}, 'PROCESSED', 'thing', '[]', 0, now() from ${numbers}`;
  await admin`
    with failed as (
      insert into inbound_events (shard, tenant_id, id, source_id, status, event_type, headers, body_bytes, processed_at)
      select ${shard}, ${tenantId}, ${id}, ${tenantId}, 'FAILED', 'thing', '[]', 0, now() from ${numbers}
      returning id)
    insert into inbound_deliveries (shard, tenant_id, source_id, delivery_id, id)
    select ${shard}, ${tenantId}, ${tenantId}, id, id from failed`;
  await admin`
    with due as (select ${id} as id from ${numbers}), runs as (
      insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer,
        action_type, connection_id, message_id, status, scope)
      select ${shard}, ${tenantId}, id, ${busy}, id, 0, id, '', 'WEBHOOK', id, id, 'SUCCEEDED', '{}' from due)
    insert into deliveries (shard, tenant_id, id, subscription_id, occurrence_id, kind, job_id, workflow_id, endpoint_id)
    select ${shard}, ${tenantId}, id, id, id, 'job_done', id, id, id from due`;
  await admin`
    insert into event_log (shard, tenant_id, subject_id, id, at, kind, actor, data, position)
    select ${shard}, ${tenantId}, gen_random_uuid(), ${id}, now() - interval '1 minute', 'transition', 'test', '{}',
      pawl_log_position(pg_current_xact_id()) + 1000000 + i from ${numbers}`;
}

/** What each statement touches, by its name, on connections that have planned nothing yet. */
async function blocksOfEach(): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const open = new Map<Role, Database>();
  const as = (role: Role): Database => {
    const db = open.get(role) ?? connect({ url: kit.url, role, poolMax: 1, applicationName: 'test of cost' });
    open.set(role, db);
    return db;
  };
  const measure: Measure = async (name, role, run) => {
    const db = as(role);
    // What was asked of it to prepare this, too: it would be counted at some later moment.
    for (const session of [admin, db.sql]) await flushed(session);
    const before = await blocksTouched();
    const answer = await run(db);
    await flushed(db.sql);
    found.set(name, (await blocksTouched()) - before);
    return answer;
  };
  await quiet();
  const inbound = await workerStatements(measure);
  await apiStatements(measure, inbound);
  await moverStatements(measure);
  await Promise.all([...open.values()].map((db) => db.close()));
  return found;
}

type Measure = <T>(name: string, role: Role, run: (db: Database) => PromiseLike<T>) => Promise<T>;

// biome-ignore lint/suspicious/noExplicitAny: each statement has rows of its own.
type Statement = (sql: ReservedSql, shard: number) => PendingQuery<any>;

/** @returns an inbound event that was claimed */
async function workerStatements(measure: Measure): Promise<InboundMark> {
  const { id: tenantId, shard } = kit.tenant;
  const once = <T>(name: string, statement: Statement): Promise<T> =>
    measure(
      name,
      'pawl_worker',
      async (db) => (await db.once([tenantId], (sql) => statement(sql, shard))) as T,
    );
  const workerId = v7();
  await measure('registerWorker', 'pawl_worker', (db) =>
    registerWorker(db.sql, { id: workerId, name: 'test', version: '0', shards: [] }),
  );
  const limits = { limit: 8, laneMax: 64, tenantMax: 64, lanes: [], tenants: [] };
  const claims: readonly Claimed[] = await measure('claim', 'pawl_worker', (db) =>
    claim(db, [{ workerId, shard, ...limits }]),
  );
  expect(claims).toHaveLength(limits.limit);
  await measure('shardsWithWork', 'pawl_worker', (db) => shardsWithWork(db, [shard]));
  const starts = claims.map((of) => ({ ...of, attemptId: v7() }));
  await once('startAttempts', (sql) => startAttempts(sql, shard, workerId, starts));
  const runs = await measure('loadRuns', 'pawl_worker', async (db) => {
    const load = (sql: ReservedSql) => loadRuns(sql, shard, claims);
    const [, rows] = await db.together<RunRow[]>([tenantId], [inOrder, load]);
    return rows as RunRow[];
  });
  const outcomes = claims.map((of) =>
    outcome(of, runs.find((run) => run.transitionId === of.transitionId) as RunRow),
  );
  await once('recordOutcomes', (sql) => recordOutcomes(sql, shard, outcomes));
  const again = outcomes.map((of) => ({ ...of, again: true }));
  await once('recordOutcomes, again', (sql) => recordOutcomes(sql, shard, again));
  const place = { transitionId: 'ffffffff-ffff-7fff-bfff-ffffffffffff', ordinal: 0 };
  const before = { tenantId, jobId: busy, names: ['call', 'never'], ...place };
  await once('loadFactsBefore', (sql) => loadFactsBefore(sql, shard, before));
  const due = await measure('leaseDueTimers', 'pawl_worker', (db) =>
    leaseDueTimers(db.sql, shard, { limit: 8, leaseMs: 1 }),
  );
  expect(due).toHaveLength(8);
  await measure('shardsWithDueTimers', 'pawl_worker', (db) => shardsWithDueTimers(db.sql, [shard]));
  await measure('waitingSources', 'pawl_worker', (db) => waitingSources(db, [shard], 10));
  const lane = { shard, tenantId, sourceId: busySource };
  const events = await once<ClaimedInbound[]>('claimSources', (sql) =>
    claimSources(sql, shard, [lane], { perSource: 8, leaseMs: 1, traced: false }),
  );
  expect(events).toHaveLength(8);
  const [first, ...others] = events.map(({ id, attempt }) => ({
    ...{ tenantId, id: id as string, attempt, status: 'PROCESSED' as const },
    ...{ effects: [], error: null },
  }));
  expect(await once('markInbound', (sql) => markInbound(sql, shard, others))).toHaveLength(7);
  const aDayAgo = new Date(Date.now() - DAY_MS);
  const span = { first: BEGINNING, next: idAfter(aDayAgo) };
  const old = { tenantId, span, before: aDayAgo, after: BEGINNING, limit: 100 };
  await once('readOldRuns', (sql) => readOldRuns(sql, shard, old));
  await measure('shardsToSeal', 'pawl_sealer', (db) => shardsToSeal(db.sql, null));
  return first as InboundMark;
}

async function apiStatements(measure: Measure, inbound: InboundMark): Promise<void> {
  const { id: tenantId } = kit.tenant;
  const once = (name: string, statement: Statement): Promise<unknown> =>
    measure(name, 'pawl_api', async (db) => db.once([tenantId], (sql) => statement(sql, kit.tenant.shard)));
  const [job] =
    await admin`select workflow_id, workflow_version_id, revision from jobs where id = ${waiting}`;
  const of = { tenantId, jobId: waiting };
  const since = new Date(Date.now() - DAY_MS);
  const [run] = await admin`select id from action_runs where job_id = ${waiting}`;
  const runId = run?.id as string;

  await once('commitTransitions', (sql, shard) =>
    commitTransitions(sql, shard, [
      change(
        { ...of, fromRevision: job?.revision },
        { keyFreed: { workflowId: job?.workflow_id, key: 'none' } },
      ),
    ]),
  );
  await once('commitTransitions, of an inbound event', (sql, shard) =>
    commitTransitions(sql, shard, [change({ ...of, fromRevision: job?.revision }, { inbound })]),
  );
  await once('loadJobs', (sql, shard) => loadJobs(sql, shard, [of]));
  await once('loadFacts', (sql, shard) =>
    loadFacts(sql, shard, [
      { tenantId, jobId: busy, name: 'call' },
      { tenantId, jobId: busy, name: 'never' },
    ]),
  );
  await once('sightJobs', (sql, shard) => sightJobs(sql, shard, [of]));

  const page = { tenantId, createdAfter: null, createdBefore: null, before: null, limit: 51, look: 60 };
  const named = { workflowId: null, parentJobId: null, status: null, state: null, key: null };
  const workflowId = job?.workflow_id as string;
  const jobFilters = {
    all: {},
    workflow: { workflowId },
    'done of a workflow': { workflowId, status: 'DONE' },
    'active of a workflow': { workflowId, status: 'ACTIVE' },
    failed: { status: 'ERROR' },
    state: { state: 'nowhere' },
    parent: { parentJobId: v7() },
    key: { key: 'none' },
    recent: { createdAfter: new Date(Date.now() - 1_000) },
  } as const;
  for (const [name, filter] of Object.entries(jobFilters)) {
    await once(`listJobs, ${name}`, (sql, shard) => listJobs(sql, shard, { ...page, ...named, ...filter }));
  }
  const version = { tenantId, workflowId, versionId: job?.workflow_version_id, after: null, limit: 50 };
  await once('countJobsPerState', (sql, shard) =>
    countJobsPerState(sql, shard, { tenantId, workflowId, look: page.look }),
  );
  await once('listJobsOfVersion', (sql, shard) => listJobsOfVersion(sql, shard, version));
  await once('listTimers', (sql, shard) => listTimers(sql, shard, of));
  await once('listLog', (sql, shard) =>
    listLog(sql, shard, { tenantId, subjectId: waiting, since, after: null, limit: 50 }),
  );

  const anyRun = { jobId: null, workflowId: null, status: null, connectionId: null, name: null };
  const runFilters = {
    all: {},
    job: { jobId: waiting },
    workflow: { workflowId },
    failed: { status: 'FAILED' },
    running: { status: 'RUNNING' },
    connection: { connectionId: v7() },
  } as const;
  for (const [name, filter] of Object.entries(runFilters)) {
    await once(`listActionRuns, ${name}`, (sql, shard) =>
      listActionRuns(sql, shard, { ...page, ...anyRun, ...filter }),
    );
  }
  // However far back: few failed among the many that it would look through.
  const allFailed = { ...page, ...anyRun, status: 'FAILED', look: 100 * MUCH } as const;
  await once('listActionRuns, all that failed', (sql, shard) => listActionRuns(sql, shard, allFailed));
  await once('endOfLookAtActionRuns, all that failed', (sql, shard) =>
    endOfLookAtActionRuns(sql, shard, allFailed),
  );
  const anyEvent = { sourceId: null, eventType: null, receivedAfter: null, receivedBefore: null };
  for (const status of [null, 'FAILED']) {
    await once(`listInboundEvents, ${status ?? 'all'}`, (sql, shard) =>
      listInboundEvents(sql, shard, { ...page, ...anyEvent, status }),
    );
  }
  const failed = await admin`
    select e.id as delivery_id from inbound_events e join inbound_deliveries d using (id) where e.status = 'FAILED' limit 8`;
  const again = failed.map((row) =>
    redelivery({ tenantId, sourceId: tenantId, deliveryId: row.delivery_id }),
  );
  expect(await once('storeRedeliveries', (sql, shard) => storeRedeliveries(sql, shard, again))).toHaveLength(
    8,
  );
  await once('endOfLookAtInboundEvents', (sql, shard) =>
    endOfLookAtInboundEvents(sql, shard, { ...page, ...anyEvent, status: null, look: 20 }),
  );
  for (const statuses of [null, ['FAILED']] as const) {
    await once(`listDeliveries, ${statuses ?? 'all'}`, (sql, shard) =>
      listDeliveries(sql, shard, { ...ALL_DELIVERIES, ...page, statuses }),
    );
  }
  await once('endOfLookAtDeliveries', (sql, shard) =>
    endOfLookAtDeliveries(sql, shard, { ...ALL_DELIVERIES, ...page, look: 20 }),
  );
  const everything = { tenantId, subjectId: null, kind: null, actor: null, from: since, to: new Date() };
  const auditFilters = {
    all: {},
    subject: { subjectId: waiting },
    kind: { kind: 'attempt' },
    'kinds of settings': { kind: 'thing.' },
    actor: { actor: 'nobody' },
  } as const;
  for (const [name, filter] of Object.entries(auditFilters)) {
    await once(`listAudit, ${name}`, (sql, shard) =>
      listAudit(sql, shard, { ...page, ...everything, ...filter, before: null }),
    );
  }

  await once('listLatestRuns', (sql, shard) => listLatestRuns(sql, shard, { ...of, limit: 50 }));
  await once('findActionRun', (sql, shard) => findActionRun(sql, shard, { tenantId, id: runId }));
  await once('listAttempts', (sql, shard) => listAttempts(sql, shard, { ...of, runId, since }));
  await once('findConnectionUsers', (sql, shard) => findConnectionUsers(sql, shard, { tenantId, id: v7() }));
  await once('findKeyHolders', (sql, shard) => findKeyHolders(sql, shard, { tenantId, key: 'none' }));
}

async function moverStatements(measure: Measure): Promise<void> {
  const page = { after: null, changes: false, limit: 8 };
  const table: MovedTable = { ...MOVE.table, columns: [], key: [...MOVE.table.key] };
  const { missing } = await measure('deleteCopied', 'pawl_mover', (db) =>
    db.forTenants([], async (sql) => {
      await inOrder(sql);
      return deleteCopied(sql, table, MOVE.way, page);
    }),
  );
  expect(missing).toBe(0);
  const copies = { tenantId: MOVE.way.tenantId, shard: MOVE.way.from };
  const deleted = await measure('deleteSome', 'pawl_mover', (db) =>
    db.forTenants([], (sql) => deleteSome(sql, table, copies, 8)),
  );
  expect(deleted).toBe(8);
}

/** Ends every other session: each would add what it did before to the counts, at a moment of its own choosing. */
async function quiet(): Promise<void> {
  for (let others = 1; others > 0; ) {
    const rows = await admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
    others = rows.length;
  }
  await flushed(admin);
}

async function flushed(sql: Database['sql'] | postgres.Sql): Promise<void> {
  await sql`select pg_stat_force_next_flush()`;
}

async function blocksTouched(): Promise<number> {
  const [row] = await admin<{ blocks: number }[]>`
    select sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0) + coalesce(idx_blks_read, 0)
      + coalesce(idx_blks_hit, 0) + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0)
      + coalesce(tidx_blks_read, 0) + coalesce(tidx_blks_hit, 0))::float8 as blocks
    from pg_statio_user_tables`;
  return row?.blocks ?? 0;
}
