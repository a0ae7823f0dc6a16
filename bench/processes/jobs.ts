// Engine and database without HTTP: starts jobs and sends them events, in a process of its own.
import { v7 } from 'uuid';
import { connect, type Database } from '../../db/client.ts';
import { createDatabaseClock } from '../../db/clock.ts';
import { createNotifier } from '../../db/notifications.ts';
import { createTenants, type Tenant, type Tenants } from '../../db/tenants.ts';
import { createJobs, type Jobs } from '../../jobs/jobs.ts';
import { commitConcurrency } from '../../processes/commit-concurrency.ts';
import { serve } from '../child.ts';
import { createPace, nowMs, type Pace, usage } from '../measure.ts';

export interface JobRef {
  tenantId: string;
  jobId: string;
}

let db: Database;
let tenants: Tenants;
let jobs: Jobs;

export type JobsProcess = typeof handlers;

const handlers = {
  /** Connects as the API does. */
  async open({ databaseUrl, poolMax }: { databaseUrl: string; poolMax: number }): Promise<void> {
    db = connect({ url: databaseUrl, role: 'pawl_api', poolMax, applicationName: 'pawl bench jobs' });
    tenants = createTenants(db);
    const notifier = createNotifier(db.sql, (error) => console.error(error));
    jobs = createJobs({
      db,
      tenants,
      clock: await createDatabaseClock(db.sql),
      ids: { next: v7 },
      onQueued: (shards) => notifier.queued(shards),
      onMoved: () => {},
      concurrency: commitConcurrency(poolMax),
    });
  },

  /** Starts `count` jobs, `senders` at a time. */
  async start(asked: {
    tenantId: string;
    workflow: string;
    count: number;
    senders: number;
  }): Promise<JobRef[]> {
    const { tenantId, workflow, count, senders } = asked;
    const tenant = await tenantOf(tenantId);
    const started: JobRef[] = [];
    let left = count;
    await together(senders, async () => {
      while (left-- > 0) {
        const outcome = await jobs.start(tenant, {
          workflow,
          input: {},
          key: null,
          actor: 'bench',
          idempotency: null,
        });
        if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome));
        started.push({ tenantId, jobId: outcome.answer.job.id });
      }
    });
    return started;
  },

  /**
   * Sends HIT, `senders` at a time, until `forMs` are over or `total` are committed. Each job belongs to one sender.
   */
  async send(asked: {
    targets: readonly JobRef[];
    senders: number;
    warmUpMs: number;
    forMs: number | null;
    total: number | null;
  }): Promise<Pace> {
    const { targets, senders, warmUpMs, forMs, total } = asked;
    const tenantById = new Map<string, Tenant>();
    for (const { tenantId } of targets) tenantById.set(tenantId, await tenantOf(tenantId));
    const pace = createPace(warmUpMs);
    const until = nowMs() + (forMs ?? Number.POSITIVE_INFINITY);
    let left = total ?? Number.POSITIVE_INFINITY;
    await together(Math.min(senders, targets.length), async (sender) => {
      const mine = targets.filter((_, i) => i % senders === sender);
      for (let turn = 0; nowMs() < until && left-- > 0; turn++) {
        const { tenantId, jobId } = mine[turn % mine.length] as JobRef;
        const startedAt = nowMs();
        const outcome = await jobs.send(tenantById.get(tenantId) as Tenant, {
          jobId,
          event: { type: 'HIT', payload: { n: turn } },
          actor: 'bench',
          idempotency: null,
          expectedRevision: null,
        });
        if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome));
        pace.count(startedAt);
      }
    });
    return pace.result();
  },

  usage,
};

async function tenantOf(tenantId: string): Promise<Tenant> {
  const tenant = await tenants.get(tenantId);
  if (!tenant) throw new Error(`there is no tenant ${tenantId}`);
  return tenant;
}

const together = (count: number, run: (index: number) => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, index) => run(index)));

serve(handlers);
