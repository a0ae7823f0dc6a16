// What one action asks of a peer, whoever the peer is: the same POST as our worker's, and the same two rows, one for
// metering and one for the audit, in tables like ours. Tenancy, credentials, order and retries by outcome are not asked.
import { Agent, request } from 'undici';
import { v7 } from 'uuid';
import { nowMs } from '../measure.ts';
import { RECEIVER_AUTHORIZATION } from '../seed.ts';

export interface Work {
  job_id: string;
  state: string;
  count: number;
  n: number;
}

/** What went over the wire and came back. */
export interface Delivered {
  url: string;
  body: string;
  status: number;
  text: string;
  durationMs: number;
}

/** The n-th of a queue. */
export const work = (n: number): Work => ({
  job_id: v7(),
  state: n % 2 === 0 ? 'pong' : 'ping',
  count: n,
  n,
});

/**
 * @param connections to the receiver, one request at a time on each
 * @returns throws what undici throws, and for an answer that is not a success
 */
export function createPost(receiverUrl: string, connections: number) {
  const dispatcher = new Agent({ connections, pipelining: 1 });
  const url = `${receiverUrl}/hooks/hit`;
  return async (key: string, { job_id, state, count, n }: Work): Promise<Delivered> => {
    const body = JSON.stringify({ job_id, state, count, n });
    const startedAt = nowMs();
    const answer = await request(url, {
      method: 'POST',
      headers: {
        authorization: RECEIVER_AUTHORIZATION,
        'content-type': 'application/json',
        'idempotency-key': key,
        'user-agent': 'Pawl/bench',
      },
      body,
      dispatcher,
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`answered ${answer.statusCode}`);
    return { url, body, status: answer.statusCode, text, durationMs: Math.round(nowMs() - startedAt) };
  };
}

/** As the superuser of an empty database. */
export const TABLES = `
  create table ledger (
    attempt_id uuid primary key, at timestamptz not null default now(), kind text not null, quantity integer not null,
    outcome text not null, run_id text not null, job_id uuid not null, status_code smallint,
    request_bytes bigint not null, response_bytes bigint not null, duration_ms integer);
  create table audit (
    subject_id uuid not null, id uuid not null, at timestamptz not null default now(), kind text not null,
    actor text not null, data jsonb not null, primary key (subject_id, id))`;

/** Both rows of one action; its parameters are `rowsOf`. */
export const RECORD = `
  with metered as (
    insert into ledger (attempt_id, kind, quantity, outcome, run_id, job_id, status_code, request_bytes,
      response_bytes, duration_ms)
    values ($1, 'WebhookEgress', 1, 'succeeded', $2, $3, $4, $5, $6, $7))
  insert into audit (subject_id, id, kind, actor, data) values ($3, $8, 'attempt', 'worker', $9::text::jsonb)`;

/** Both rows of many actions; its parameter is a JSON text, an array of `rowsOf`. */
export const RECORD_MANY = `
  with done as materialized (
    select (r->>0)::uuid as attempt_id, r->>1 as run_id, (r->>2)::uuid as job_id, (r->>3)::smallint as status_code,
      (r->>4)::bigint as request_bytes, (r->>5)::bigint as response_bytes, (r->>6)::integer as duration_ms,
      (r->>7)::uuid as id, (r->>8)::jsonb as data
    from json_array_elements($1::text::json) r
  ), metered as (
    insert into ledger (attempt_id, kind, quantity, outcome, run_id, job_id, status_code, request_bytes,
      response_bytes, duration_ms)
    select attempt_id, 'WebhookEgress', 1, 'succeeded', run_id, job_id, status_code, request_bytes, response_bytes,
      duration_ms
    from done)
  insert into audit (subject_id, id, kind, actor, data) select job_id, id, 'attempt', 'worker', data from done`;

export function rowsOf(
  { job_id }: Work,
  { url, body, status, text, durationMs }: Delivered,
  { runId, attempt }: { runId: string; attempt: number },
): (string | number)[] {
  const entry = {
    attempt,
    outcome: 'succeeded',
    request: { method: 'POST', url, body },
    response: { status, body: text },
    duration_ms: durationMs,
  };
  const bytes = [Buffer.byteLength(body), Buffer.byteLength(text)];
  return [v7(), runId, job_id, status, ...bytes, durationMs, v7(), JSON.stringify(entry)];
}
