// Statements on hot paths say where their rows lie in time, so that a year of partitions costs them nothing.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Kit, setup } from '../../worker/worker.testkit.ts';
import { connect, type Database, type PendingQuery, type ReservedSql, type Row } from '../client.ts';
import { newId } from '../new-id.ts';
import { markInbound } from './inbound-marks.ts';
import { loadRuns } from './load-runs.ts';
import { recordOutcomes } from './record-outcomes.ts';

let kit: Kit;
let db: Database;

beforeAll(async () => {
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 1, applicationName: 'test worker' });
});
afterAll(async () => {
  await db?.close();
  await kit?.close();
});

/** Partitions that a statement may look into. */
async function partitionsOf<R extends Row>(
  statement: (sql: ReservedSql) => PendingQuery<R[]>,
): Promise<string[]> {
  const plan = await db.once<Row[]>([kit.tenant.id], (sql) => sql`explain ${statement(sql)}`);
  const text = plan.map((row) => Object.values(row)[0]).join('\n');
  // On Citus a number stands behind the name.
  const looked = text.matchAll(/ on ((?:action_runs|inbound_events)_(?:\d{4}_\d\d_\d\d|[a-z]\w*))/g);
  return [...new Set([...looked].map(([, name = '']) => name))];
}

async function current(table: string): Promise<string> {
  const [row] = await kit.admin`
    select name from pawl_id_partitions(${table}) where now() >= starts_at and now() < ends_at`;
  return String(row?.name);
}

it('a worker looks for a list, and records it, in the partition of its transition alone', async () => {
  const transitionId = newId();
  const of = { shard: kit.tenant.shard, tenantId: kit.tenant.id, jobId: newId(), transitionId, fence: 1 };
  const claimed = {
    ...of,
    workflowVersionId: newId(),
    connectionId: kit.connection,
    nextOrdinal: 0,
    runAt: new Date(),
    attemptId: null,
  };
  const here = await current('action_runs');
  expect(await partitionsOf((sql) => loadRuns(sql, of.shard, [claimed, claimed]))).toEqual([here]);
  const run = {
    id: newId(),
    status: 'FAILED',
    attempts: 0,
    attemptId: null,
    error: null,
    finished: true,
  } as const;
  const record = {
    ...of,
    queue: { kind: 'finish' },
    runs: [run],
    attempt: null,
    log: [],
    outcomeEvents: [],
  } as const;
  const records = [{ ...record, runs: [...record.runs], log: [], outcomeEvents: [] }];
  expect(await partitionsOf((sql) => recordOutcomes(sql, of.shard, records))).toEqual([here]);
});

it('an inbound event is marked in the partition of its time alone', async () => {
  const mark = {
    tenantId: kit.tenant.id,
    id: newId(),
    attempt: 1,
    status: 'PROCESSED',
    effects: [],
    error: null,
  } as const;
  const marks = [{ ...mark, effects: [] }];
  expect(await partitionsOf((sql) => markInbound(sql, kit.tenant.shard, marks))).toEqual([
    await current('inbound_events'),
  ]);
});
