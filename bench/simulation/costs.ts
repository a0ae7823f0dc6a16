// What work costs on each side, as bench/simulation/measure.ts measures it: CPU time, rows and bytes, which do not depend on
// how many machines there are.
import { readFileSync } from 'node:fs';

/** Times are microseconds of one core. */
export interface Costs {
  api: {
    /** Of a transition asked for over HTTP, and more for each action that it queues. */
    transitionUs: number;
    actionUs: number;
    /** Of each statement that a batch of transitions is written by: one for each shard that it holds rows of. */
    statementUs: number;
  };
  worker: { actionUs: number; commitUs: number };
  postgres: {
    transitionUs: number;
    statementUs: number;
    /** Of an action: queueing it with its transition, claiming it, its start and its record. */
    actionUs: number;
    /** Of each commit of a worker. */
    commitUs: number;
    /** Of sealing one entry of the log. */
    sealUs: number;
  };
  /** Transitions that are committed together under load over HTTP. */
  batch: number;
  /** Commits of a worker for one action, while events come in as well. */
  actionCommits: number;
  wal: { transitionBytes: number; actionBytes: number };
  /** What stays on disk, indexes included. */
  disk: { transitionBytes: number; actionBytes: number };
}

/**
 * What measure.ts does not measure, each with where it comes from. Those of Citus are from a run of `npm run bench` with `CITUS_URL` (Citus
 * 13.2, Postgres 15, a coordinator and two servers on the machine of the others, 2026-11-22): CPU time of each server's
 * processes by calls, with 1, 32 and 128 transitions to a call.
 */
export interface Assumptions {
  /** A commit on a disk of its own that waits for nothing else, with the round trip. */
  commitMs: number;
  /** Of the coordinator's CPU, for a call (db/server-calls.ts) with its transaction, and for each row that it carries. */
  coordinatorCallUs: number;
  coordinatorRowUs: number;
  /** Of a server's CPU, for a call and its transaction, beyond what the statement costs on one Postgres. */
  serverCallUs: number;
  /** Most rows of a batch: jobs/committer.ts, worker/recorder.ts. */
  batchMax: number;
  /** Batches that a worker records at once: worker/recorder.ts. */
  recordConcurrency: number;
}

export const ASSUMED: Assumptions = {
  commitMs: 5,
  coordinatorCallUs: 700,
  coordinatorRowUs: 28,
  serverCallUs: 800,
  batchMax: 128,
  recordConcurrency: 2,
};

/** What measure.ts wrote: costs, and what was measured to check them by. */
export interface Measured {
  measuredAt: string;
  machine: string;
  cores: number;
  costs: Costs;
  runs: Readonly<Record<string, Run>>;
}

/** One run: so many units of work in so many seconds, and what each took. */
export interface Run {
  tenants: number;
  workers: number;
  units: number;
  perSecond: number;
  /** Microseconds of CPU for a unit, by process: `api`, `sender`, `worker`, `postgres`, `load`, `receiver`. */
  cpuUs: Readonly<Record<string, number>>;
  walBytes: number;
  /** Transactions that wrote, for a unit. */
  commits: number;
}

export const MEASURED_FILE = new URL('./measured.json', import.meta.url);

export const readMeasured = (from: URL | string = MEASURED_FILE): Measured =>
  JSON.parse(readFileSync(from, 'utf8')) as Measured;
