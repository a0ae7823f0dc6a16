// Multiplies what one job left behind, inside Postgres: millions of rows that look like the product's own, because they are
// copies of such, under ids of their own.
import type { Sql } from 'postgres';

export interface Clones {
  /** The job whose rows are copied: itself, its log, its action runs, its attempts in the ledger, and what it has queued. */
  jobId: string;
  /** Numbers of the copies, the last one included; a number makes the same ids again. */
  from: number;
  to: number;
  /** When the copies with the lowest and the highest number were made, in milliseconds since the epoch. */
  between: { fromMs: number; toMs: number; of: number };
}

/** As superuser, in one transaction. @returns nothing; what was queued is due at once */
export async function cloneJob(sql: Sql, { jobId, from, to, between }: Clones): Promise<void> {
  const { fromMs, toMs, of } = between;
  const at = sql`to_timestamp((${fromMs}::float8 + (${toMs - fromMs}::float8 * i) / ${of}) / 1000)`;
  // As version 7 has it: 48 bits of milliseconds, then what tells apart the copy and what it is a copy of.
  const copyOf = (id: ReturnType<Sql>) => sql`overlay(overlay(md5(${id}::text || i) placing
    lpad(to_hex((extract(epoch from ${at}) * 1000)::bigint), 12, '0') from 1) placing '7' from 13)::uuid`;
  const numbers = sql`generate_series(${from}::bigint, ${to}::bigint) as i`;
  await sql.begin((tx) => [
    tx`
      insert into jobs (shard, tenant_id, id, workflow_id, workflow_version_id, key, parent_job_id, status, current_state,
        snapshot, revision, created_at, updated_at, finished_at)
      select shard, tenant_id, ${copyOf(sql`id`)}, workflow_id, workflow_version_id, key, parent_job_id, status,
        current_state, snapshot, revision, ${at}, ${at}, case when finished_at is not null then ${at} end
      from jobs, ${numbers} where id = ${jobId}`,
    tx`
      insert into event_log (shard, tenant_id, subject_id, id, at, kind, seq, actor, data)
      select shard, tenant_id, ${copyOf(sql`subject_id`)}, ${copyOf(sql`id`)}, ${at}, kind, seq, actor, data
      from event_log, ${numbers} where subject_id = ${jobId}`,
    tx`
      insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer,
        action_type, name, connection_id, invoke_id, status, attempts, scope, request, response, error, created_at,
        finished_at)
      select shard, tenant_id, ${copyOf(sql`id`)}, ${copyOf(sql`job_id`)}, ${copyOf(sql`transition_id`)}, ordinal,
        workflow_version_id, pointer, action_type, name, connection_id, invoke_id, status, attempts, scope, request,
        response, error, ${at}, case when finished_at is not null then ${at} end
      from action_runs, ${numbers} where job_id = ${jobId}`,
    tx`
      insert into utility_ledger (shard, tenant_id, attempt_id, at, kind, quantity, outcome, provider, connection_id,
        workflow_id, job_id, action_run_id, attempt, status_code, request_bytes, response_bytes, duration_ms)
      select shard, tenant_id, ${copyOf(sql`attempt_id`)}, ${at}, kind, quantity, outcome, provider, connection_id,
        workflow_id, ${copyOf(sql`job_id`)}, ${copyOf(sql`action_run_id`)}, attempt, status_code, request_bytes,
        response_bytes, duration_ms
      from utility_ledger, ${numbers} where job_id = ${jobId}`,
    tx`
      insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id, run_at, next_ordinal)
      select shard, tenant_id, ${copyOf(sql`id`)}, ${copyOf(sql`job_id`)}, workflow_version_id, connection_id, ${at},
        next_ordinal
      from dispatch_queue, ${numbers} where job_id = ${jobId}`,
  ]);
}
