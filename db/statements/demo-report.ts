// What the demo shows of its tenant: each action run with the transition it belongs to and what the ledger has of it.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface ReportedRun {
  jobId: string;
  from: string | null;
  to: string;
  event: string;
  action: string | null;
  ordinal: number;
  status: string;
  attempts: number;
  errorCode: string | null;
  ledgerRows: number;
  /** From the commit to the last attempt's end; null where nothing was sent. */
  latencyMs: number | null;
}

export function reportRuns(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
): PendingQuery<(Row & ReportedRun)[]> {
  return sql`
    select r.job_id, e.data ->> 'from' as from, e.data ->> 'to' as to, e.data -> 'event' ->> 'type' as event,
      r.name as action, r.ordinal, r.status, r.attempts, r.error ->> 'code' as error_code,
      l.rows::integer as ledger_rows, extract(epoch from l.last_at - e.at)::float8 * 1000 as latency_ms
    from action_runs r
    join event_log e on e.shard = ${shard} and e.tenant_id = ${tenantId} and e.subject_id = r.job_id
      and e.id = r.transition_id
    cross join lateral (
      select count(*) as rows, max(at) as last_at from utility_ledger l
      where l.shard = ${shard} and l.tenant_id = ${tenantId} and l.action_run_id = r.id) l
    where r.shard = ${shard} and r.tenant_id = ${tenantId}
    order by r.job_id, r.transition_id, r.ordinal`;
}

export interface DemoCounts {
  transitions: number;
  attempts: number;
  ledgerRows: number;
  eventLogRows: number;
}

export function countForDemo(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
): PendingQuery<(Row & DemoCounts)[]> {
  return sql`
    select
      (select count(*) from event_log
       where shard = ${shard} and tenant_id = ${tenantId} and kind = 'transition')::integer as transitions,
      (select coalesce(sum(attempts), 0) from action_runs
       where shard = ${shard} and tenant_id = ${tenantId})::integer as attempts,
      (select count(*) from utility_ledger
       where shard = ${shard} and tenant_id = ${tenantId})::integer as ledger_rows,
      (select count(*) from event_log
       where shard = ${shard} and tenant_id = ${tenantId})::integer as event_log_rows`;
}

/** Lists that are not over and wait for no person, and events that are due to jobs already or within `withinMs`. */
export function countUnsettled(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
  withinMs: number,
): PendingQuery<(Row & { unsettled: number })[]> {
  return sql`
    select (
      (select count(*) from dispatch_queue
       where shard = ${shard} and tenant_id = ${tenantId} and (run_at < 'infinity' or worker_id is not null))
      + (select count(*) from timers
         where shard = ${shard} and tenant_id = ${tenantId} and due_at < now() + ${withinMs} * interval '1 millisecond')
      )::integer as unsettled`;
}
