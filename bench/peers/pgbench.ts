// The floor under transitions: clients that each commit one prepared statement after another, as pgbench does, with the
// rows that a transition of ours has and nothing else. Nothing is decided, nobody is asked whose rows they are, and no two
// commits share a statement; Postgres writes commits of several connections to its log together, as it does for anybody.
import { v7 } from 'uuid';
import { openClient } from '../../db/driver.ts';
import { serve } from '../child.ts';
import { createPace, nowMs, type Pace, usage } from '../measure.ts';

interface Job {
  shard: number;
  tenant_id: string;
  id: string;
  revision: number;
  snapshot: { value: string; context: { count: number } };
  workflow_version_id: string;
}

export type PgbenchProcess = typeof handlers;

const handlers = {
  /**
   * Moves the jobs of the ping-pong machine to and fro. Each belongs to one client, so that nobody waits for a lock.
   * @param connections that the clients share: statements of several wait on one, and do not wait for its answers
   */
  async run(asked: {
    databaseUrl: string;
    clients: number;
    connections: number;
    warmUpMs: number;
    forMs: number;
  }): Promise<Pace> {
    const { databaseUrl, clients, connections, warmUpMs, forMs } = asked;
    const sql = openClient(databaseUrl, { max: connections, onnotice: () => {} });
    const jobs = await sql<Job[]>`
      select shard, tenant_id, id, revision, snapshot, workflow_version_id from jobs order by id`;
    // Opened before the clock runs: a hundred take Postgres a second.
    await Promise.all(Array.from({ length: connections }, () => sql`select`));
    const pace = createPace(warmUpMs);
    const until = nowMs() + forMs;
    const client = async (nth: number) => {
      const mine = jobs.filter((_, i) => i % clients === nth);
      for (let turn = 0; nowMs() < until; turn++) {
        const job = mine[turn % mine.length] as Job;
        const startedAt = nowMs();
        const { count } = await sql.unsafe(COMMIT, move(job, turn), { prepare: true });
        if (count !== 1) throw new Error(`job ${job.id} did not move`);
        pace.count(startedAt);
      }
    };
    await Promise.all(Array.from({ length: Math.min(clients, jobs.length) }, (_, nth) => client(nth)));
    await sql.end();
    return pace.result();
  },
  usage,
};

const COMMIT = `
  with moved as (
    update jobs set revision = $5, status = 'ACTIVE', current_state = $6, snapshot = $7::text::jsonb, updated_at = now()
    where shard = $1 and tenant_id = $2 and id = $3 and revision = $4 and status = 'ACTIVE'
    returning shard, tenant_id, id)
  insert into event_log (shard, tenant_id, subject_id, id, at, kind, seq, actor, data)
  select shard, tenant_id, id, $8, now(), 'transition', $5, 'bench', $9::text::jsonb from moved`;

/** Takes the job to its next state. @returns the parameters of `COMMIT`, with what our committer would write */
function move(job: Job, n: number): (string | number)[] {
  const from = job.snapshot.value;
  const to = from === 'ping' ? 'pong' : 'ping';
  const before = job.revision;
  job.revision++;
  job.snapshot.value = to;
  job.snapshot.context.count++;
  const entry = {
    to,
    from,
    event: { type: 'HIT', payload: { n } },
    status: 'ACTIVE',
    workflow_version_id: job.workflow_version_id,
  };
  const { shard, tenant_id, id, revision, snapshot } = job;
  return [shard, tenant_id, id, before, revision, to, JSON.stringify(snapshot), v7(), JSON.stringify(entry)];
}

serve(handlers);
