// Fills a database for the benchmarks of scale: one job of each tenant is done by the product, and its rows are copied.
import type { Child } from './child.ts';
import { cloneJob } from './clone-jobs.ts';
import type { BenchDatabase } from './postgres.ts';
import type { JobRef, JobsProcess } from './processes/jobs.ts';

/** Copies in one transaction: some seconds of work. */
const AT_ONCE = 20_000;
/** The copies lie in the hours before now, so that nothing is past its time. */
const SPREAD_MS = 6 * 3_600_000;

export interface Fill {
  database: BenchDatabase;
  /** A job of each tenant. The first tenant gets half of all copies, the others share the rest. */
  originals: readonly JobRef[];
  /** Copies made before, whose numbers are taken. */
  from?: number;
  count: number;
  say(line: string): void;
}

export async function fill({ database, originals, from = 0, count, say }: Fill): Promise<void> {
  const between = { fromMs: Date.now() - SPREAD_MS, toMs: Date.now() - 1_000, of: from + count };
  const shares = originals.map((_, i) => shareOf(i, originals.length));
  for (let done = 0; done < count; done += AT_ONCE) {
    const chunk = Math.min(AT_ONCE, count - done);
    let begin = from + done;
    const end = begin + chunk;
    for (const [i, { jobId }] of originals.entries()) {
      const own = i === originals.length - 1 ? end - begin : Math.round(chunk * (shares[i] ?? 0));
      const to = Math.min(end, begin + own) - 1;
      if (to >= begin) await cloneJob(database.sql, { jobId, from: begin, to, between });
      begin = Math.max(begin, to + 1);
    }
    if (count >= 10 * AT_ONCE && (done / AT_ONCE) % 10 === 9) say(`${done + chunk} of ${count} filled`);
  }
}

const shareOf = (i: number, tenants: number): number =>
  tenants === 1 ? 1 : i === 0 ? 0.5 : 0.5 / (tenants - 1);

/** What was filled counts as sealed and as metered: an installation is not a day behind with either. */
export async function asIfKeptUp({ sql }: BenchDatabase): Promise<void> {
  await sql`
    update event_log_sealers set sealed_to = pawl_log_position(pg_snapshot_xmin(pg_current_snapshot())) - 1`;
  await sql`
    update metering_progress set settled = pg_snapshot_xmin(pg_current_snapshot())::text::bigint + tx_offset`;
}

/** A job of `workflow` for each tenant, with `events` events sent to it. */
export async function originalsOf(
  sender: Child<JobsProcess>,
  tenantIds: readonly string[],
  workflow: string,
  events: number,
): Promise<JobRef[]> {
  const originals: JobRef[] = [];
  for (const tenantId of tenantIds) {
    originals.push(...(await sender.ask('start', { tenantId, workflow, count: 1, senders: 1 })));
  }
  for (let i = 0; i < events; i++) {
    const total = originals.length;
    await sender.ask('send', { targets: originals, senders: total, warmUpMs: 0, forMs: null, total });
  }
  return originals;
}

/** They ended with their last event. */
export async function finish({ sql }: BenchDatabase, jobs: readonly JobRef[]): Promise<void> {
  await sql`update jobs set status = 'DONE', finished_at = now() where id = any (${jobs.map((j) => j.jobId)})`;
}
