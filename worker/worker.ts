// A worker: everything it consists of, wired, with one start and one stop. Any number of them share one queue.
import type { Logger } from 'pino';
import type { Database } from '../db/client.ts';
import type { Clock } from '../db/clock.ts';
import { createIds } from '../db/new-id.ts';
import { flagConnection } from '../db/statements/worker-connections.ts';
import type { Tenants } from '../db/tenants.ts';
import type { Sender } from '../egress/sender.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Tracing } from '../telemetry/span.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { attempt } from './attempt.ts';
import { createClaimer } from './claimer.ts';
import { createConnectionTests } from './connection-tests.ts';
import { createDeliveries } from './deliveries.ts';
import { createFailureNotices } from './failure-notices.ts';
import { createGapFiller } from './gap-filler.ts';
import { createHeartbeat, createReaper } from './heartbeat.ts';
import { createHousekeeping, type Retention } from './housekeeping.ts';
import { createInbound } from './inbound.ts';
import { createLimits } from './limits.ts';
import type { OnError } from './log-ids.ts';
import { createMeteringExports, type ExportStores } from './metering-exports.ts';
import { observed, type WorkerMeters } from './observed.ts';
import { createReceiverHealth } from './receiver-health.ts';
import { createRecorder } from './recorder.ts';
import { createRunner } from './runner.ts';
import { isEndpoint } from './sealed.ts';
import { createSealedConnections } from './sealed-connections.ts';
import { createSealedEndpoints } from './sealed-endpoints.ts';
import { createSendSlots } from './send-slots.ts';
import { createShares } from './shares.ts';
import { createThroughConnection } from './through-connection.ts';
import { createTimers } from './timers.ts';
import { untilAnswered } from './until-answered.ts';
import { createUsage } from './usage.ts';

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
  /** An inbound event was stored. */
  wakeInbound(): void;
  /** A connection changed, or what workers share about its receiver. */
  forgetConnection(id: string): void;
  /** What workers share about an endpoint changed. */
  forgetEndpoint(id: string): void;
  /** Such changes of either may have been missed. */
  forgetReceivers(): void;
  /** Other workers came or went. */
  wakeHeartbeat(): void;
  /** Lists being walked. */
  readonly active: number;
  /** What it is doing at this moment, for whoever watches it. */
  counts(): { lists: number; unrecorded: number; circuits: { open: number; half_open: number } };
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
  eventLog: { partitionDaysAhead: number };
  announce: Announcements;
  meters?: WorkerMeters | undefined;
  /** Absent: no traces. */
  tracing?: Tracing | undefined;
  /** Default: exports go to connections only. */
  exportStores?: ExportStores;
  retention: Retention;
}

/** What other workers are told. A message that is lost costs time and nothing else. */
export interface Announcements {
  /** Something may be claimed in these shards. */
  queued(shards: Iterable<number>): void;
  /** What workers share about the receiver of a connection changed. */
  connection(tenantId: string, id: string): Promise<void>;
  /** What workers share about an endpoint changed. */
  endpoint(tenantId: string, id: string): Promise<void>;
  /** This worker came or goes. */
  worker(): Promise<void>;
}

/** Timers are exact to about this much. */
const TIMER_INTERVAL_MS = 250;
const TEST_INTERVAL_MS = 1_000;

export function createWorker(options: WorkerOptions): Worker {
  const { db, tenants, jobs, clock, decrypt, sender, log, shards, userAgent, maxResponseBytes } = options;
  const { announce, meters, tracing } = options;
  const aborted = new AbortController();
  let stopping = false;
  const onError: OnError = (error, about) => {
    if (aborted.signal.aborted) return;
    meters?.errorMet();
    log.error({ err: error, ...about }, 'the worker met an error and goes on');
  };
  const now = () => clock.now();
  const ids = createIds(clock);

  const shares = createShares();
  const heartbeat = createHeartbeat({
    sql: db.sql,
    name: options.name,
    version: options.version,
    shards,
    intervalMs: options.heartbeatIntervalMs,
    onError,
    onLiving(living, ownId) {
      if (shares.learn(living, ownId)) claimer.wake();
    },
    announce: announce.worker,
    onDeclaredDead: () => log.warn('this worker had been declared dead; it goes on with nothing held'),
  });
  const health = createReceiverHealth({
    db,
    workerId: heartbeat.workerId,
    onWritten: (lane, written) => limits.adopt(lane, written),
    announce: ({ tenantId, connectionId, toEndpoint }) =>
      (toEndpoint ? announce.endpoint : announce.connection)(tenantId, connectionId),
    onError,
  });
  const limits = createLimits({
    tenantMax: options.tenantConcurrency,
    laneMax: options.connectionConcurrency,
    share: shares.of,
    slots: createSendSlots(db),
    health,
    onOpened: () => claimer.wake(),
    now: () => performance.now(),
  });
  const recorder = createRecorder({ db, workerId: heartbeat.workerId, signal: aborted.signal, onError });
  const connections = createSealedConnections(db, limits.adopt);
  const endpoints = createSealedEndpoints({ db, onHealth: limits.adopt, now });
  const deliveries = createDeliveries({ db, rules: jobs.notificationRules });
  const failureNotices = createFailureNotices({ db, jobs, ids });
  const timers = createTimers({
    db,
    jobs,
    shards,
    intervalMs: TIMER_INTERVAL_MS,
    onFired: meters?.timersFired,
    onError,
  });

  const runner = createRunner({
    attempt: (request, { claimed }) =>
      observed(request, claimed, { meters, tracing, log, now }, ({ traceparent, onStart }) =>
        attempt(request, {
          decrypt,
          reread: (tenant, sealed) =>
            (isEndpoint(sealed) ? endpoints : connections).reread(tenant, sealed.id),
          sender,
          ids,
          start(attemptId) {
            onStart();
            return recorder.start({ ...claimed, attemptId });
          },
          userAgent,
          maxResponseBytes,
          signal: aborted.signal,
          now,
          traceparent,
        }),
      ),
    record: recorder.record,
    connection: (tenant, { toEndpoint, connectionId, connectionVersion }) =>
      (toEndpoint ? endpoints : connections).get(tenant, connectionId, connectionVersion),
    delivery: ({ tenant, version }, run) => deliveries.prepare(tenant, run, version.workflowId),
    endpointAttempted: ({ tenant }, endpoint, outcome) =>
      deliveries
        .attempted(tenant, endpoint, outcome)
        .catch((error) => onError(error, { tenant_id: tenant.id })),
    // What was sent must be recorded, and who is told belongs to that record.
    failureNotices: (failure) =>
      untilAnswered(() => failureNotices(failure), { signal: aborted.signal, onError }),
    facts: async ({ tenant, version }, run) => {
      const names = version.compiled.actionNames;
      return (await jobs.loader.factsBefore(tenant, run.jobId, names, run)) as unknown as JsonObject;
    },
    async flag({ tenant }, { id, version }, flag) {
      const which = { tenantId: tenant.id, id, version, flag };
      await db
        .once([tenant.id], (sql) => flagConnection(sql, tenant.shard, which))
        .catch((error) => onError(error, { tenant_id: tenant.id }));
    },
    limits,
    ids,
    onDeliveries: (shard) => claimer.wake([shard]),
    onLeftToOthers: (shard) => announce.queued([shard]),
    onOutcomeEvents: timers.wake,
    random: Math.random,
    stopping: () => stopping,
  });
  const claimer = createClaimer({
    db,
    workerId: heartbeat.workerId,
    workers: shares.workers,
    tenants,
    versions: jobs.versions,
    runner,
    limits,
    concurrency: options.concurrency,
    pollIntervalMs: options.pollIntervalMs,
    shards,
    unrecorded: () => recorder.unrecorded,
    signal: aborted.signal,
    now,
    onError,
  });
  const reaper = createReaper({
    sql: db.sql,
    intervalMs: options.heartbeatIntervalMs,
    leaseMs: options.leaseMs,
    now: () => performance.now(),
    onFreed: (freed) => claimer.freed(freed),
    onExportsFreed: () => exports.wake(),
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
  const inbound = createInbound({
    db,
    tenants,
    jobs,
    shards,
    intervalMs: options.pollIntervalMs,
    leaseMs: options.leaseMs,
    traced: tracing !== undefined,
    onError,
  });
  const housekeeping = createHousekeeping({
    db,
    partitionDaysAhead: options.eventLog.partitionDaysAhead,
    retention: options.retention,
    onError,
  });
  const usage = createUsage({ db, onError });
  const ask = createThroughConnection({ connections, limits, decrypt, sender, userAgent, now });
  const gaps = createGapFiller({ db, tenants, shards, ask, ids, now, onError });
  const exports = createMeteringExports({
    db,
    tenants,
    shards,
    stores: options.exportStores ?? {},
    ask,
    workerId: heartbeat.workerId,
    now,
    stopping: () => stopping,
    onFailed: meters?.exportFailed,
    onError,
  });
  const background = [timers, reaper, tests, inbound, housekeeping, usage, exports, gaps];

  return {
    async start() {
      await heartbeat.start();
      for (const loop of background) loop.start();
      claimer.start();
    },
    async stop() {
      stopping = true;
      const claimerStopped = claimer.stop();
      await heartbeat.leave().catch(onError);
      await claimerStopped;
      await health.settled();
      await Promise.all(background.map((loop) => loop.stop()));
      await heartbeat.stop(claimer.mayHold());
    },
    abort: () => aborted.abort(),
    wake: claimer.wake,
    wakeTests: tests.wake,
    forgetConnection: (id) => void connections.renew(id).catch(onError),
    forgetEndpoint: (id) => void endpoints.renew(id).catch(onError),
    forgetReceivers() {
      connections.forgetAll();
      endpoints.forgetAll();
    },
    wakeHeartbeat: heartbeat.wake,
    wakeInbound: inbound.wake,
    get active() {
      return claimer.active;
    },
    counts: () => ({
      lists: claimer.active,
      unrecorded: recorder.unrecorded,
      circuits: limits.circuits(),
    }),
  };
}
