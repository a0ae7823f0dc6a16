// Keeps the rollups equal to the ledger, as role `pawl_worker`: one holder of the lease at a time, one window of
// transactions after the other, each in one commit with the progress it makes.
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import type { Lease } from './leases.ts';
import { oldest } from './oldest-transaction.ts';

/** Stands for "none" in the key of a rollup. */
export const NIL_ID = '00000000-0000-0000-0000-000000000000';

export interface Settled {
  /** Rows of the ledger that were added to the rollups. */
  rows: number;
  /** How far in transactions is left until everything that can be settled is. */
  left: number;
  /** True when hours were closed. */
  closed: boolean;
  /** The database's time when it was done. */
  at: Date;
}

/** Hours are over this long after their end: ten times what a transaction of ours may take (see db/client.ts). */
const CLOSING_DELAY_MS = 300_000;

interface Progress {
  settled: number;
  horizon: number;
  nextTx: number;
  closedUntil: Date | null;
  closingUntil: Date | null;
  closingTx: number | null;
  /** Hours before it are over. */
  overUntil: Date;
  at: Date;
}

/** Rows of these transactions, and where they are. */
interface Window {
  settled: number;
  /** Not included. */
  upto: number;
  /** Hours before it are closed; null: none is. */
  closedUntil: Date | null;
  /** Null: all of them, on one Postgres. */
  shard: number | null;
}

/**
 * Adds the rows of the next `span` transactions to the rollups, and closes what is to be closed. A row belongs to the hour
 * of its `at`; where that is closed already, to the first that is open.
 *
 * Settled is what no running transaction can add to: rows are taken up to the oldest transaction that has not ended
 * (`pg_snapshot_xmin`), so that none becomes visible behind it. An hour closes once every transaction is settled that had
 * begun to write by the time the hour was said to be over.
 *
 * What is closed stays closed, so it is the database that says which hours are over: the clock of a machine may jump.
 *
 * @param closeUntil start of an hour: those before it are over. Default: those that ended five minutes ago
 * @param known see `oldestTransaction`; null: the shards are in one Postgres
 * @returns null when the lease was lost
 */
export async function settleUsage(
  sql: ReservedSql,
  { holder, fence }: Lease,
  { span, closeUntil, known }: { span: number; closeUntil?: Date; known: string | null },
): Promise<Settled | null> {
  // The window is found by a BRIN index, which is read by bitmap; see usage.ts.
  await sql`set local enable_bitmapscan = on`;
  await sql`set local plan_cache_mode = 'force_custom_plan'`;
  const [progress] = await sql<Progress[]>`
    select settled::float8 as settled, nullif(closed_until, '-infinity') as closed_until, closing_until,
      closing_tx::float8 as closing_tx,
      (${oldest(sql, known)}::text::bigint + tx_offset)::float8 as horizon,
      (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + tx_offset)::float8 as next_tx,
      date_trunc('hour', now() - ${CLOSING_DELAY_MS}::integer * interval '1 millisecond', 'UTC') as over_until, now() as at
    from metering_progress where holder = ${holder} and fence = ${fence} for update`;
  if (!progress) return null;
  const closing = nextToClose(progress, closeUntil ?? progress.overUntil);
  const { settled, horizon, closedUntil } = progress;
  if (horizon < settled) throw new Error('The ledger counts its transactions anew: run `pawl migrate`.');
  const upto = settled === 0 ? await firstEnd(sql, horizon, span) : Math.min(horizon, settled + span);
  const window = { settled, upto, closedUntil };
  const rows =
    upto > settled
      ? await (known === null ? addToRollups : addOnServers)(sql, { ...window, shard: null })
      : 0;
  const isDue = closing !== null && closing.tx <= upto;
  if (isDue)
    await (known === null ? closePeriods : closeOnServers)(sql, {
      closedUntil,
      until: closing.until,
      shard: null,
    });
  // Nothing in it: not worth a write, and the transaction of the write would be the next thing to settle.
  const moves = rows > 0 || isDue || upto - settled >= IDLE_SPAN || closing?.tx !== progress.closingTx;
  if (moves) {
    await sql`
      update metering_progress set settled = ${upto},
        closed_until = case when ${isDue} then ${closing?.until ?? null}::timestamptz else closed_until end,
        closing_until = ${isDue ? null : (closing?.until ?? null)}::timestamptz,
        closing_tx = ${isDue ? null : (closing?.tx ?? null)}::bigint
      where holder = ${holder} and fence = ${fence}`;
  }
  return { rows, left: horizon - upto, closed: isDue, at: progress.at };
}

/** Empty windows up to this long are read again rather than written down. */
const IDLE_SPAN = 1_000;

function nextToClose(
  { closedUntil, closingUntil, closingTx, nextTx }: Progress,
  closeUntil: Date,
): { until: Date; tx: number } | null {
  if (closingUntil !== null && closingTx !== null) return { until: closingUntil, tx: closingTx };
  return closedUntil !== null && closedUntil >= closeUntil ? null : { until: closeUntil, tx: nextTx };
}

/** Rows that were there before this was counted have the transaction of the migration. */
async function firstEnd(sql: ReservedSql, horizon: number, span: number): Promise<number> {
  const [row] = await sql<{ first: number | null }[]>`
    /* every shard: settling usage */
    select min(tx)::float8 as first from utility_ledger`;
  return Math.min(horizon, (row?.first ?? horizon) + span);
}

/** A shard after the other, as a statement that writes is for one of them; with how far each is, in the same commit. */
async function addOnServers(sql: ReservedSql, window: Window): Promise<number> {
  const shards = await sql<{ shard: number }[]>`
    /* every shard: settling usage */
    select distinct shard from utility_ledger where tx >= ${window.settled} and tx < ${window.upto}`;
  let rows = 0;
  for (const { shard } of shards) rows += await addToRollups(sql, { ...window, shard });
  // All of them, so that a tenant may go from one to another.
  if (rows > 0)
    await sql`/* every shard: settling usage */ update metering_settled set settled = ${window.upto}`;
  return rows;
}

async function addToRollups(
  sql: ReservedSql,
  { settled, upto, closedUntil, shard }: Window,
): Promise<number> {
  const [added] = await sql<{ rows: number }[]>`
    ${whole(sql, shard)} with fact as materialized (
      select l.*, greatest(l.at, coalesce(${closedUntil}::timestamptz, '-infinity')) as counted_at
      from utility_ledger l
      where l.tx >= ${settled} and l.tx < ${upto} ${ofShard(sql, 'l', shard)}
    ), late as (
      insert into late_facts (shard, tenant_id, attempt_id, at, counted_at)
      select here.shard, tenant_id, attempt_id, at, counted_at from fact join shards here using (shard)
      where counted_at > at ${ofShard(sql, 'here', shard)}
    ), hour as materialized (
      select shard, tenant_id, date_trunc('hour', counted_at, 'UTC') as starts_at, kind,
        coalesce(connection_id, ${NIL_ID}) as connection_id, coalesce(workflow_id, ${NIL_ID}) as workflow_id, outcome,
        count(*) as attempts, sum(quantity) as quantity, sum(request_bytes) as request_bytes,
        sum(response_bytes) as response_bytes
      from fact group by 1, 2, 3, 4, 5, 6, 7
    ), added as (
      insert into usage_rollups as r (shard, tenant_id, granularity, starts_at, kind, connection_id, workflow_id, outcome,
        attempts, quantity, request_bytes, response_bytes)
      select here.shard, tenant_id, g.granularity, date_trunc(g.granularity, starts_at, 'UTC'), kind, connection_id,
        workflow_id, outcome, sum(attempts), sum(quantity), sum(request_bytes), sum(response_bytes)
      from hour join shards here using (shard), unnest(array['hour', 'day', 'month']) as g(granularity)
      where true ${ofShard(sql, 'here', shard)}
      group by 1, 2, 3, 4, 5, 6, 7, 8
      on conflict (shard, tenant_id, granularity, starts_at, kind, connection_id, workflow_id, outcome) do update set
        attempts = r.attempts + excluded.attempts, quantity = r.quantity + excluded.quantity,
        request_bytes = r.request_bytes + excluded.request_bytes,
        response_bytes = r.response_bytes + excluded.response_bytes)
    select count(*)::float8 as rows from fact`;
  return added?.rows ?? 0;
}

const whole = (sql: ReservedSql, shard: number | null): PendingQuery<Row[]> =>
  shard === null ? sql`/* every shard: settling usage */` : sql``;

const ofShard = (sql: ReservedSql, table: string, shard: number | null): PendingQuery<Row[]> =>
  shard === null ? sql`` : sql`and ${sql(table)}.shard = ${shard}`;

interface Closing {
  closedUntil: Date | null;
  until: Date;
}

async function closeOnServers(sql: ReservedSql, closing: Closing): Promise<void> {
  const shards = await sql<
    { shard: number }[]
  >`/* every shard: settling usage */ select shard from shards order by shard`;
  for (const { shard } of shards) await closePeriods(sql, { ...closing, shard });
  await sql`/* every shard: settling usage */ update metering_settled set closed_until = ${closing.until}`;
}

/** Writes down what every tenant used in the hours, days and months that end by `until` and are not closed yet. */
async function closePeriods(
  sql: ReservedSql,
  { closedUntil, until, shard }: Closing & { shard: number | null },
): Promise<void> {
  await sql`
    ${whole(sql, shard)} insert into closed_periods (shard, tenant_id, granularity, starts_at, attempts, quantity, request_bytes,
      response_bytes, checksum)
    select r.shard, r.tenant_id, r.granularity, r.starts_at, sum(r.attempts), sum(r.quantity), sum(r.request_bytes),
      sum(r.response_bytes), ${checksum(sql)}
    from usage_rollups r, unnest(array['hour', 'day', 'month']) as g(granularity)
    where r.granularity = g.granularity
      and r.starts_at >= date_trunc(g.granularity, coalesce(${closedUntil}::timestamptz, '-infinity'), 'UTC')
      and r.starts_at < date_trunc(g.granularity, ${until}::timestamptz, 'UTC') ${ofShard(sql, 'r', shard)}
    group by r.shard, r.tenant_id, r.granularity, r.starts_at`;
}

/** Of the rollups of one period: the same lines, and so the same sum, for whoever reads them. */
export function checksum(sql: ReservedSql): PendingQuery<Row[]> {
  return sql`encode(sha256(convert_to(string_agg(
    concat_ws(',', r.kind, r.connection_id, r.workflow_id, r.outcome, r.attempts, r.quantity, r.request_bytes,
      r.response_bytes), e'\n' order by r.kind collate "C", r.connection_id, r.workflow_id, r.outcome collate "C"), 'UTF8')),
    'hex')`;
}
