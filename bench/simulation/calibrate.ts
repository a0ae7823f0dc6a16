// From runs to costs: what of a run's CPU time belongs to rows, what to statements, and what to commits.
import type { Costs, Run } from './costs.ts';
import { reached } from './limits.ts';

/** @param runs as measure.ts makes them; `check` predicts those that are not used here */
export function costsFrom(
  runs: Readonly<Record<string, Run>>,
  { sealUs, disk }: { sealUs: number; disk: Costs['disk'] },
): Costs {
  const run = (name: string): Run => {
    const found = runs[name];
    if (!found) throw new Error(`the run ${name} is missing`);
    return found;
  };
  const [one, four, sixteen] = [run('transitions_1'), run('transitions_4'), run('transitions_16')];
  const [queued, delivered] = [run('queued_4'), run('deliveries_4')];
  const [http, e2e] = [run('http_4'), run('e2e_4')];
  const ofPostgres = line(statementsOf, 'postgres', one, sixteen);
  const ofNode = line(statementsOf, 'sender', one, sixteen);
  const queueing = (name: string) => Math.max(0, cpu(queued, name) - cpu(four, name));
  // Of an event end to end, what is not its transition is its action, in smaller batches than from a full queue.
  const sparse: Run = {
    ...e2e,
    commits: e2e.commits - http.commits,
    cpuUs: {
      ...e2e.cpuUs,
      postgres: cpu(e2e, 'postgres') - cpu(http, 'postgres') - queueing('postgres'),
    },
  };
  const ofActions = line(({ commits }) => commits, 'postgres', delivered, sparse);
  const ofWorker = line(({ commits }) => commits, 'worker', delivered, sparse);
  return {
    api: {
      transitionUs: cpu(http, 'api') - statementsOf(http) * ofNode.slope,
      actionUs: queueing('sender'),
      statementUs: ofNode.slope,
    },
    worker: { actionUs: ofWorker.base, commitUs: ofWorker.slope },
    postgres: {
      transitionUs: ofPostgres.base,
      statementUs: ofPostgres.slope,
      actionUs: ofActions.base + queueing('postgres'),
      commitUs: ofActions.slope,
      sealUs,
    },
    batch: 1 / http.commits,
    actionCommits: sparse.commits,
    wal: {
      transitionBytes: four.walBytes,
      actionBytes: delivered.walBytes + Math.max(0, queued.walBytes - four.walBytes),
    },
    disk,
  };
}

/** Microseconds of that process for a unit. */
export const cpu = (run: Run, name: string): number => run.cpuUs[name] ?? 0;

/** Statements of a transition: the more tenants, on a shard each, the fewer rows of a batch share one. */
export function statementsOf({ tenants, commits }: Pick<Run, 'tenants' | 'commits'>): number {
  const batch = 1 / commits;
  return reached(new Array<number>(tenants).fill(1 / tenants), batch) / batch;
}

/** Two runs that differ in how many of something a unit takes tell what one of it costs. */
function line(
  of: (run: Run) => number,
  process: string,
  few: Run,
  many: Run,
): { base: number; slope: number } {
  const slope = Math.max(0, (cpu(many, process) - cpu(few, process)) / (of(many) - of(few)));
  return { slope, base: Math.max(0, cpu(few, process) - of(few) * slope) };
}
