// Lists of one action, committed, claimed, loaded, asked for as facts, started and recorded by the statements of the product:
// what each costs, in CPU time of Postgres. No worker runs and nothing is sent.
import type { Sql } from 'postgres';
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { type Claimed, claim } from '../db/statements/claim.ts';
import { commitTransitions } from '../db/statements/commit-transitions.ts';
import type { JobChange } from '../db/statements/job-change.ts';
import { type FactRow, loadFacts } from '../db/statements/load-facts.ts';
import { loadRuns, type RunRow } from '../db/statements/load-runs.ts';
import { type OutcomeRecord, recordOutcomes } from '../db/statements/record-outcomes.ts';
import { startAttempts } from '../db/statements/start-attempts.ts';
import type { Tenant } from '../db/tenants.ts';
import { createPassedLanes, type PassedLanes } from '../worker/passed-lanes.ts';
import { nowMs } from './measure.ts';
import { serverCpuMs } from './server-cpu.ts';

export const STEPS = ['commit', 'claim', 'load', 'facts', 'start', 'record'] as const;
/** Microseconds of Postgres for each list. */
export type Cost = Record<(typeof STEPS)[number], number>;

export interface Walk {
  db: Database;
  /** As superuser. */
  sql: Sql;
  tenant: Tenant;
  count: number;
  /** Lists in one statement. */
  batch: number;
  /** Claims enter lanes behind what was claimed of them, as workers do; default: yes. */
  passing?: boolean;
}

const TENTHS = 10;

/** One batch after the other through each step, so that every step can be told from the others. */
export async function walkLists({ db, sql, tenant, count, batch, passing = true }: Walk) {
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
  const passed = passing ? createPassedLanes(nowMs) : null;
  const claimed: Claimed[][] = [];
  const claimTenths: number[] = [];
  for (const part of inTenths(changes)) {
    const { answers, cpuMs } = await cpuOf(sql, part, () =>
      claimOnce(db, { workerId, shard, batch, passed }),
    );
    claimed.push(...answers);
    claimTenths.push(usOf(cpuMs, part.length * batch));
  }
  const load = await cpuOf(sql, claimed, (of) =>
    db.once<RunRow[]>([tenantId], (tx) => loadRuns(tx, shard, of)),
  );
  const facts = await cpuOf(sql, claimed, (of) =>
    db.once<FactRow[]>([tenantId], (tx) =>
      loadFacts(
        tx,
        shard,
        of.map((one) => ({ ...one, name: 'notify' })),
      ),
    ),
  );
  const starts = claimed.map((of) => of.map((one) => ({ ...one, attemptId: newId() })));
  const start = await cpuOf(sql, starts, (of) =>
    db.alone<{ attemptId: string }[]>([tenantId], (tx) => startAttempts(tx, shard, workerId, of)),
  );
  const records = load.answers.map((runs, nth) => {
    const started = new Map(starts[nth]?.map((one) => [one.transitionId, one]));
    return runs.map((run) => succeeded(run, started.get(run.transitionId) as Started));
  });
  const record = await cpuOf(sql, records, (of) =>
    db.once<{ id: string }[]>([tenantId], (tx) => recordOutcomes(tx, shard, of)),
  );
  const recorded = record.answers.reduce((total, answer) => total + answer.length, 0);
  if (recorded !== changes.length * batch) throw new Error(`${recorded} lists were recorded`);
  const us = ({ cpuMs }: { cpuMs: number }) => usOf(cpuMs, recorded);
  const claimUs = claimTenths.reduce((sum, tenth) => sum + tenth, 0) / claimTenths.length;
  const cost: Cost = {
    commit: us(commit),
    claim: Math.round(claimUs * 10) / 10,
    load: us(load),
    facts: us(facts),
    start: us(start),
    record: us(record),
  };
  return { us: cost, claimTenths };
}

type Started = Claimed & { attemptId: string };

interface OneClaim {
  workerId: string;
  shard: number;
  batch: number;
  passed: PassedLanes | null;
}

async function claimOnce(db: Database, { workerId, shard, batch, passed }: OneClaim): Promise<Claimed[]> {
  const askedAt = new Date();
  const all = { limit: batch, laneMax: batch, tenantMax: batch, lanes: [], tenants: [] };
  const claimed = await claim(db, [{ workerId, shard, ...all, passed: passed?.of(shard) ?? [] }]);
  passed?.claimed(shard, claimed, askedAt);
  return claimed;
}

function inTenths<T>(batches: readonly T[]): T[][] {
  const size = Math.ceil(batches.length / TENTHS);
  return Array.from({ length: Math.ceil(batches.length / size) }, (_, i) =>
    batches.slice(i * size, (i + 1) * size),
  );
}

/** With one digit behind the point. */
const usOf = (cpuMs: number, lists: number) => Math.round((cpuMs * 10_000) / lists) / 10;

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

function succeeded(run: RunRow, { shard, tenantId, fence, attemptId }: Started): OutcomeRecord {
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
