// A worker: everything it consists of, wired, with one start and one stop. Any number of them share one queue.
import type { Logger } from 'pino';
import { v7 } from 'uuid';
import type { Database } from '../db/client.ts';
import type { Clock } from '../db/clock.ts';
import { flagConnection } from '../db/statements/worker-connections.ts';
import type { Tenants } from '../db/tenants.ts';
import type { Sender } from '../egress/sender.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { attempt } from './attempt.ts';
import { createClaimer } from './claimer.ts';
import { createConnectionTests } from './connection-tests.ts';
import { createDeliveries } from './deliveries.ts';
import { createFailureNotices } from './failure-notices.ts';
import { createHeartbeat, createReaper } from './heartbeat.ts';
import { createHousekeeping } from './housekeeping.ts';
import { createLimits } from './limits.ts';
import { createRecorder } from './recorder.ts';
import { createRunner } from './runner.ts';
import { createSealedConnections } from './sealed-connections.ts';
import { createSealedEndpoints } from './sealed-endpoints.ts';
import { createTimers } from './timers.ts';
import { untilAnswered } from './until-answered.ts';

export interface Worker {
  start(): Promise<void>;
  /** Claims nothing more, finishes or gives back what it holds, then leaves. */
  stop(): Promise<void>;
  /** Gives up everything at once; the reaper of another worker finds what was held. */
  abort(): void;
  /** Something was queued in these shards (all, when none is named). */
  wake(shards?: Iterable<number>): void;
  /** A connection test was asked for. */
  wakeTests(): void;
  /** A connection changed. */
  forgetConnection(id: string): void;
  /** Lists being walked. */
  readonly active: number;
}

export interface WorkerOptions {
  /** Role pawl_worker. */
  db: Database;
  tenants: Tenants;
  jobs: Jobs;
  clock: Clock;
  decrypt: Decrypt;
  sender: Sender;
  log: Logger;
  name: string;
  version: string;
  userAgent: string;
  maxResponseBytes: number;
  concurrency: number;
  tenantConcurrency: number;
  connectionConcurrency: number;
  pollIntervalMs: number;
  heartbeatIntervalMs: number;
  leaseMs: number;
  shards: readonly number[];
  eventLog: { retentionDays: number; partitionDaysAhead: number };
}

/** Timers are exact to about this much. */
const TIMER_INTERVAL_MS = 250;
const TEST_INTERVAL_MS = 1_000;

export function createWorker(options: WorkerOptions): Worker {
  const { db, tenants, jobs, clock, decrypt, sender, log, shards, userAgent, maxResponseBytes } = options;
  const aborted = new AbortController();
  let stopping = false;
  const onError = (error: unknown) => {
    if (!aborted.signal.aborted) log.error({ err: error }, 'the worker met an error and goes on');
  };
  const now = () => clock.now();

  const heartbeat = createHeartbeat({
    sql: db.sql,
    name: options.name,
    version: options.version,
    intervalMs: options.heartbeatIntervalMs,
    onError,
    onDeclaredDead: () => log.warn('this worker had been declared dead; it goes on with nothing held'),
  });
  const limits = createLimits({
    tenantMax: options.tenantConcurrency,
    laneMax: options.connectionConcurrency,
    now: () => performance.now(),
  });
  const recorder = createRecorder({ db, workerId: heartbeat.workerId, signal: aborted.signal, onError });
  const connections = createSealedConnections(db);
  const endpoints = createSealedEndpoints(db, now);
  const deliveries = createDeliveries({ db, rules: jobs.notificationRules });
  const failureNotices = createFailureNotices({ db, jobs, ids: { next: v7 } });
  const timers = createTimers({ sql: db.sql, jobs, shards, intervalMs: TIMER_INTERVAL_MS, onError });

  const runner = createRunner({
    attempt: (request, { claimed }) =>
      attempt(request, {
        decrypt,
        sender,
        start: (attemptId) => recorder.start({ ...claimed, attemptId }),
        userAgent,
        maxResponseBytes,
        signal: aborted.signal,
        now,
      }),
    record: recorder.record,
    connection: (tenant, { toEndpoint, connectionId, connectionVersion }) =>
      (toEndpoint ? endpoints : connections).get(tenant, connectionId, connectionVersion),
    delivery: ({ tenant, version }, run) => deliveries.prepare(tenant, run, version.workflowId),
    endpointAttempted: ({ tenant }, endpoint, outcome) =>
      deliveries.attempted(tenant, endpoint, outcome).catch(onError),
    // What was sent must be recorded, and who is told belongs to that record.
    failureNotices: (failure) =>
      untilAnswered(() => failureNotices(failure), { signal: aborted.signal, onError }),
    facts: async ({ tenant }, run) =>
      (await jobs.loader.factsBefore(tenant, run.jobId, run)) as unknown as JsonObject,
    async flag({ tenant }, { id, version }, flag) {
      const which = { tenantId: tenant.id, id, version, flag };
      await db.once([tenant.id], (sql) => flagConnection(sql, tenant.shard, which)).catch(onError);
    },
    limits,
    onDeliveries: (shard) => claimer.wake([shard]),
    onOutcomeEvents: timers.wake,
    random: Math.random,
    stopping: () => stopping,
  });
  const claimer = createClaimer({
    db,
    workerId: heartbeat.workerId,
    tenants,
    versions: jobs.versions,
    runner,
    limits,
    concurrency: options.concurrency,
    pollIntervalMs: options.pollIntervalMs,
    shards,
    unrecorded: () => recorder.unrecorded,
    signal: aborted.signal,
    onError,
  });
  const reaper = createReaper({
    sql: db.sql,
    intervalMs: options.heartbeatIntervalMs,
    leaseMs: options.leaseMs,
    now: () => performance.now(),
    onFreed: (freed) => claimer.wake(freed),
    onError,
  });
  const tests = createConnectionTests({
    db,
    tenants,
    connections,
    decrypt,
    sender,
    userAgent,
    intervalMs: TEST_INTERVAL_MS,
    now,
    onError,
  });
  const housekeeping = createHousekeeping({ db, shards, ...options.eventLog, onError });
  const background = [timers, reaper, tests, housekeeping];

  return {
    async start() {
      await heartbeat.start();
      for (const loop of background) loop.start();
      claimer.start();
    },
    async stop() {
      stopping = true;
      await claimer.stop();
      await Promise.all(background.map((loop) => loop.stop()));
      await heartbeat.stop();
    },
    abort: () => aborted.abort(),
    wake: claimer.wake,
    wakeTests: tests.wake,
    forgetConnection: connections.forget,
    get active() {
      return claimer.active;
    },
  };
}
