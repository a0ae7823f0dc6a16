// `node bench/partitions.ts`: what it costs the statements of an action that action_runs has partitions, in CPU time of Postgres.
// Lists of one action are committed, claimed, loaded, asked for as facts and recorded by the statements of the product, on a
// database with partitions and on one whose table is whole, in turns. Prints one JSON line.
import { parseArgs } from 'node:util';
import type { Sql } from 'postgres';
import { connect, type Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { createTenant } from '../db/operator.ts';
import { type Claimed, claim } from '../db/statements/claim.ts';
import { commitTransitions } from '../db/statements/commit-transitions.ts';
import type { JobChange } from '../db/statements/job-change.ts';
import { type FactRow, loadFacts } from '../db/statements/load-facts.ts';
import { loadRuns, type RunRow } from '../db/statements/load-runs.ts';
import { type OutcomeRecord, recordOutcomes } from '../db/statements/record-outcomes.ts';
import type { Tenant } from '../db/tenants.ts';
import { median } from './measure.ts';
import { type BenchDatabase, startPostgres } from './postgres.ts';
import { serverCpuMs } from './server-cpu.ts';

const HELP = `node bench/partitions.ts [options]

  --lists N    of one action each, in every round (default 10000)
  --batch N    lists in one statement (default 16)
  --months N   months that are past and have a partition (default 13; with this month and three ahead)
  --rounds N   with and without (default 5)
`;

const { values } = parseArgs({
  options: {
    lists: { type: 'string', default: '10000' },
    batch: { type: 'string', default: '16' },
    months: { type: 'string', default: '13' },
    rounds: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const [lists, batch, months] = [Number(values.lists), Number(values.batch), Number(values.months)];
const DAYS_AHEAD = 90;
/** So that no statement is planned for empty tables. */
const WARM_UP_LISTS = 1_000;
const STEPS = ['commit', 'claim', 'load', 'facts', 'record'] as const;
type Cost = Record<(typeof STEPS)[number], number>;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const postgres = await startPostgres(null, say);
const rounds: { whole: Cost; partitioned: Cost }[] = [];
try {
  for (let nth = 0; nth < Number(values.rounds); nth++) {
    // Whoever comes first meets another machine than whoever comes second: they change places.
    const first = await round(nth % 2 === 0);
    const second = await round(nth % 2 !== 0);
    const [partitioned, whole] = nth % 2 === 0 ? [first, second] : [second, first];
    rounds.push({ whole, partitioned });
    say(JSON.stringify({ whole, partitioned }));
  }
} finally {
  await postgres.stop();
}
const sum = (cost: Cost) => STEPS.reduce((total, step) => total + cost[step], 0);
const medians = (of: 'whole' | 'partitioned') =>
  Object.fromEntries(STEPS.map((step) => [step, median(rounds.map((pair) => pair[of][step]))]));
process.stdout.write(
  `${JSON.stringify({
    batch,
    us_a_list: { whole: medians('whole'), partitioned: medians('partitioned') },
    cost: median(rounds.map(({ whole, partitioned }) => sum(partitioned) / sum(whole) - 1)),
  })}\n`,
);

/** @returns microseconds of Postgres for each list */
async function round(isPartitioned: boolean): Promise<Cost> {
  const database = await postgres.createDatabase();
  const { url, sql } = database;
  await (isPartitioned ? makePartitions(sql) : makeWhole(sql));
  const operator = connect({ url, role: 'pawl_operator', poolMax: 1, applicationName: 'pawl bench seed' });
  const db = connect({ url, role: 'pawl_worker', poolMax: 1, applicationName: 'pawl bench' });
  try {
    const tenant = await createTenant(operator, { name: 'Bench', slug: 'bench' });
    await walkLists(db, database, tenant, WARM_UP_LISTS);
    await database.settle();
    return await walkLists(db, database, tenant, lists);
  } finally {
    await Promise.all([db.close(), operator.close()]);
    await database.drop();
  }
}

async function makePartitions(sql: Sql): Promise<void> {
  await sql`select pawl_make_id_partitions('action_runs', ${DAYS_AHEAD})`;
  for (let ago = 1; ago <= months; ago++) {
    const [month] = await sql`
      select to_char(m, '"action_runs_"YYYY_MM_DD') as name, pawl_first_id(m at time zone 'utc')::text as first,
        pawl_first_id((m + interval '1 month') at time zone 'utc')::text as next
      from date_trunc('month', now() at time zone 'utc' - make_interval(months => ${ago}::integer)) m`;
    await sql.unsafe(`
      create table ${month?.name} partition of action_runs (primary key (shard, tenant_id, id))
        for values from ('${month?.first}') to ('${month?.next}') with (fillfactor = 70)`);
  }
}

/** As the table was before it had partitions. */
async function makeWhole(sql: Sql): Promise<void> {
  await sql.unsafe(`
    alter table action_runs rename to with_partitions;
    alter index action_runs_in_order rename to with_partitions_in_order;
    alter index action_runs_by_name rename to with_partitions_by_name;
    create table action_runs (like with_partitions including defaults, primary key (shard, tenant_id, id)) with (fillfactor = 70);
    create unique index action_runs_in_order on action_runs (shard, tenant_id, job_id, transition_id, ordinal);
    create index action_runs_by_name on action_runs (shard, tenant_id, job_id, name, transition_id, ordinal)
      where name is not null;
    select pawl_isolate('action_runs');
    grant select, insert, update, delete on action_runs to pawl_worker;
    drop table with_partitions`);
}

/** One batch after the other through each step, so that every step can be told from the others. */
async function walkLists(db: Database, { sql }: BenchDatabase, tenant: Tenant, count: number): Promise<Cost> {
  const { id: tenantId, shard } = tenant;
  const workerId = newId();
  await sql`insert into workers (id, name, version) values (${workerId}, 'bench', '0')`;
  const connectionId = newId();
  const changes = Array.from({ length: Math.ceil(count / batch) }, () =>
    Array.from({ length: batch }, () => startedJob(tenantId, connectionId)),
  );
  const commit = await cpuOf(sql, changes, (of) =>
    db.once<{ id: string }[]>([tenantId], (tx) => commitTransitions(tx, shard, of)),
  );
  const all = { workerId, shard, limit: batch, laneMax: batch, tenantMax: batch, lanes: [], tenants: [] };
  const claimed = await cpuOf(sql, changes, () => claim(db, [all]));
  const load = await cpuOf(sql, claimed.answers, (of) =>
    db.once<RunRow[]>([tenantId], (tx) => loadRuns(tx, shard, of)),
  );
  const facts = await cpuOf(sql, claimed.answers, (of) =>
    db.once<FactRow[]>([tenantId], (tx) =>
      loadFacts(
        tx,
        shard,
        of.map((one) => ({ ...one, name: 'notify' })),
      ),
    ),
  );
  const records = load.answers.map((runs, nth) => {
    const fences = new Map(claimed.answers[nth]?.map((one: Claimed) => [one.transitionId, one.fence]));
    return runs.map((run) => succeeded(shard, tenantId, run, fences.get(run.transitionId) ?? 0));
  });
  const record = await cpuOf(sql, records, (of) =>
    db.once<{ id: string }[]>([tenantId], (tx) => recordOutcomes(tx, shard, of)),
  );
  const recorded = record.answers.reduce((total, answer) => total + answer.length, 0);
  if (recorded !== changes.length * batch) throw new Error(`${recorded} lists were recorded`);
  const us = ({ cpuMs }: { cpuMs: number }) => Math.round((cpuMs * 10_000) / recorded) / 10;
  return { commit: us(commit), claim: us(claimed), load: us(load), facts: us(facts), record: us(record) };
}

async function cpuOf<T, A>(sql: Sql, batches: readonly T[], run: (of: T) => Promise<A>) {
  const before = await serverCpuMs(sql);
  const answers: A[] = [];
  for (const one of batches) answers.push(await run(one));
  return { answers, cpuMs: (await serverCpuMs(sql)) - before };
}

function startedJob(tenantId: string, connectionId: string): JobChange {
  const [jobId, transitionId, versionId] = [newId(), newId(), newId()];
  const event = { type: 'START', payload: {} };
  return {
    tenantId,
    jobId,
    started: { workflowId: versionId, workflowVersionId: versionId, key: null, parentJobId: null },
    fromRevision: 0,
    revision: 1,
    status: 'ACTIVE',
    currentState: 'a',
    snapshot: { value: 'a', context: {} },
    movedToVersion: null,
    at: new Date().toISOString(),
    keyFreed: null,
    timerId: null,
    log: [{ id: transitionId, kind: 'transition', seq: 1, actor: 'bench', data: { event, to: 'a' } }],
    runs: [
      {
        id: newId(),
        transitionId,
        ordinal: 0,
        workflowVersionId: versionId,
        pointer: '/states/a/entry/0',
        actionType: 'WEBHOOK',
        name: 'notify',
        connectionId,
        invokeId: null,
        scope: { event },
      },
    ],
    queued: [{ transitionId, workflowVersionId: versionId, connectionId }],
    rulesVersion: 0,
    deliveries: [],
    timersSet: [],
    timersCancelled: [],
    answer: null,
    inbound: null,
  };
}

function succeeded(shard: number, tenantId: string, run: RunRow, fence: number): OutcomeRecord {
  const attemptId = newId();
  const { id, jobId, transitionId, connectionId } = run;
  const request = { method: 'POST', url: 'https://receiver.example/turn', body: '{}' };
  return {
    shard,
    tenantId,
    jobId,
    transitionId,
    fence,
    queue: { kind: 'finish' },
    runs: [{ id, status: 'SUCCEEDED', attempts: 1, attemptId, error: null, finished: true }],
    attempt: {
      id: attemptId,
      runId: id,
      number: 1,
      outcome: 'succeeded',
      provider: 'generic_rest',
      connectionId,
      workflowId: newId(),
      statusCode: 200,
      requestBytes: 200,
      responseBytes: 100,
      durationMs: 1,
      log: { attempt_id: attemptId, action_run_id: id, request, response: { status: 200, body: '{}' } },
    },
    log: [],
    outcomeEvents: [],
  };
}
