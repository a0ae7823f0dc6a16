// What must hold after workers were killed: the invariants that hold of any tenant, and what only whoever sent the
// events and received the webhooks can know.
import type { Sql } from 'postgres';
import { connect } from '../db/client.ts';
import type { Tenant } from '../db/tenants.ts';
import { checkInvariants } from '../invariants/check-invariants.ts';
import { compare } from '../invariants/receiver-log.ts';
import type { Arrival } from './receiver.ts';

export interface AfterKills {
  databaseUrl: string;
  /** As superuser. */
  sql: Sql;
  tenants: readonly Tenant[];
  /** In the order they came. */
  arrivals: readonly Arrival[];
  /** Events whose commit was answered. */
  accepted: number;
  listLength: number;
}

export interface Checked {
  counts: Record<string, number>;
  violations: string[];
}

interface Run {
  id: string;
  jobId: string;
  transitionId: string;
  ordinal: number;
  status: string;
  /** `context.count` as the transition committed it. */
  count: number;
  /** Rows of the ledger. */
  started: number;
}

export async function checkAfterKills(of: AfterKills): Promise<Checked> {
  const { sql, arrivals, accepted, listLength } = of;
  const runs = await listRuns(sql);
  const violations = [...(await storedViolations(of)), ...wireViolations(runs, arrivals)];
  const expect = (what: string, found: number, wanted: number) => {
    if (found !== wanted) violations.push(`${what}: ${found}, expected ${wanted}`);
  };
  const [stored] = await sql<Record<'transitions' | 'ledger' | 'attempts' | 'parked', number>[]>`
    select
      (select count(*) from event_log where kind = 'transition' and seq > 1)::integer as transitions,
      (select count(*) from utility_ledger)::integer as ledger,
      (select coalesce(sum(attempts), 0) from action_runs)::integer as attempts,
      (select count(*) from dispatch_queue)::integer as parked`;
  const { transitions = 0, ledger = 0, attempts = 0, parked = 0 } = stored ?? {};
  const statuses = Map.groupBy(runs, ({ status }) => status);
  const unknown = statuses.get('UNKNOWN')?.length ?? 0;
  expect('transitions committed', transitions, accepted);
  expect('actions queued by them', runs.length, accepted * listLength);
  expect('attempts that the runs count', attempts, ledger);
  expect('lists that wait for a person', parked, unknown);
  // The receiver refuses nothing.
  for (const status of ['FAILED', 'SKIPPED', 'RETRYING'])
    expect(`runs ${status}`, statuses.get(status)?.length ?? 0, 0);

  const keys = new Set(arrivals.map(({ idempotencyKey }) => idempotencyKey));
  const counts: Record<string, number> = { transitions, action_runs: runs.length };
  for (const [status, members] of statuses) counts[status.toLowerCase()] = members.length;
  Object.assign(counts, {
    ledger_rows: ledger,
    received: arrivals.length,
    received_again: arrivals.length - keys.size,
  });
  return { counts, violations };
}

async function storedViolations({ databaseUrl, tenants }: AfterKills): Promise<string[]> {
  const db = connect({
    url: databaseUrl,
    role: 'pawl_operator',
    poolMax: 1,
    applicationName: 'pawl bench checks',
  });
  try {
    return (await checkInvariants({ db, tenants })).map(
      ({ invariant, id, what }) => `${invariant}: ${id} ${what}`,
    );
  } finally {
    await db.close();
  }
}

/** What the receiver got, against what the runs say. */
function wireViolations(runs: readonly Run[], arrivals: readonly Arrival[]): string[] {
  const violations = compare(
    runs,
    arrivals.map(({ idempotencyKey }) => ({ key: idempotencyKey ?? '' })),
  ).map(({ invariant, id, what }) => `${invariant}: ${id} ${what}`);
  const known = new Map(runs.map((run) => [run.id, run]));
  const times = new Map<string, number>();
  for (const { idempotencyKey, path, body } of arrivals) {
    const run = known.get(idempotencyKey ?? '');
    if (!run) continue;
    times.set(run.id, (times.get(run.id) ?? 0) + 1);
    const sent = JSON.parse(body) as { job_id: string; count: number };
    if (sent.job_id !== run.jobId || sent.count !== run.count || path !== `/hooks/${run.ordinal}`) {
      violations.push(`wrong request: ${run.id} sent ${path} ${body}`);
    }
  }
  for (const { id, ordinal, status } of runs) {
    const received = times.get(id) ?? 0;
    // The first of each list is never sent again, whatever becomes of it.
    if (ordinal === 0 && received > 1)
      violations.push(`parked actions are not repeated: ${id} came ${received} times`);
    if (status === 'QUEUED' && received > 0) violations.push(`sent and not recorded: ${id}`);
  }
  return violations;
}

const listRuns = (sql: Sql): PromiseLike<Run[]> => sql<Run[]>`
  select r.id, r.job_id as "jobId", r.transition_id as "transitionId", r.ordinal, r.status,
    (r.scope -> 'context' ->> 'count')::integer as count, coalesce(l.started, 0) as started
  from action_runs r
  left join (select action_run_id, count(*)::integer as started from utility_ledger group by action_run_id) l
    on l.action_run_id = r.id`;
