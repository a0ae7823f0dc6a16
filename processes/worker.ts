// The worker process: everything it consists of, wired, with a graceful stop and an abrupt one.
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../db/client.ts';
import { createDatabaseClock } from '../db/clock.ts';
import { createIds } from '../db/new-id.ts';
import { createNotifier, listen } from '../db/notifications.ts';
import { createReadiness } from '../db/readiness.ts';
import { createTenants, type Tenants } from '../db/tenants.ts';
import { createSender } from '../egress/sender.ts';
import { createJobs } from '../jobs/jobs.ts';
import type { DataKeys } from '../vault/data-keys.ts';
import { createDecrypter } from '../vault/decrypt.ts';
import { createWorker, type Worker } from '../worker/worker.ts';
import { archiveOf, startAudit } from './audit.ts';
import { closeAll } from './close-all.ts';
import { commitConcurrency } from './commit-concurrency.ts';
import { openExportStores } from './export-stores.ts';
import type { Logger } from './log.ts';
import { dataKeysOf, openMasterKeys } from './master-keys.ts';
import type { ProcessOptions } from './process-options.ts';
import { createStoredWork } from './stored-work.ts';
import { openTelemetry } from './telemetry.ts';
import { USER_AGENT, VERSION } from './version.ts';

export interface RunningWorker {
  /** Where its metrics are; null: nowhere. */
  metricsUrl: string | null;
  /**
   * Claims nothing more and finishes what it sends, for `config.worker.stopTimeoutMs` at most; then gives the rest
   * up, as UNKNOWN where something had been sent. Never rejects.
   */
  stop(): Promise<void>;
  /** Gives up at once what it is sending. `stop` is still to be called, and then takes no time. */
  abort(): void;
}

export async function startWorker({ config, databaseUrl, log }: ProcessOptions): Promise<RunningWorker> {
  const { poolMax } = config.database;
  const db = connect({ url: databaseUrl, role: 'pawl_worker', poolMax, applicationName: 'pawl worker' });
  const opened: (() => unknown)[] = [() => db.close()];
  try {
    const telemetry = await openTelemetry('worker', config, { db, log });
    opened.push(telemetry.stop);
    const { metrics, tracing } = telemetry;
    const masterKeys = await openMasterKeys(config);
    opened.push(masterKeys.close);
    const clock = await createDatabaseClock(db.sql);
    opened.push(clock.stop);
    metrics?.watchClock(clock.aheadMs);
    const tenants = createTenants(db);
    const keys = dataKeysOf(db, tenants, masterKeys);
    const notifier = createNotifier(db.sql, (error) =>
      log.warn({ err: error }, 'workers could not be woken'),
    );
    const sender = createSender({
      policy: config.egress,
      userAgent: USER_AGENT,
      // Many tenants have one host: no connection of theirs may wait because others have all sockets to it.
      connectionsPerOrigin: config.worker.concurrency,
    });
    opened.push(sender.close);
    const exports = await openExportStores(config);
    opened.push(exports.close);
    const jobs = createJobs({
      db,
      tenants,
      clock,
      ids: createIds(clock),
      onQueued(shards) {
        worker.wake(shards);
        notifier.queued(shards);
      },
      // Streams belong to the API, which looks at what it shows.
      onMoved: () => {},
      concurrency: commitConcurrency(poolMax),
      meters: metrics,
      tracing,
    });
    const { concurrency, tenantConcurrency, connectionConcurrency, shards } = config.worker;
    const { pollIntervalMs, heartbeatIntervalMs, leaseMs, stopTimeoutMs } = config.worker;
    const worker = createWorker({
      db,
      tenants,
      jobs,
      clock,
      decrypt: createDecrypter(keys),
      sender,
      log,
      name: `${hostname()}:${process.pid}`,
      version: VERSION,
      userAgent: USER_AGENT,
      maxResponseBytes: config.egress.maxResponseBytes,
      concurrency,
      tenantConcurrency,
      connectionConcurrency,
      pollIntervalMs,
      heartbeatIntervalMs,
      leaseMs,
      shards,
      eventLog: config.eventLog,
      announce: {
        queued: notifier.queued,
        connection: (tenantId, id) => notifier.changed(`connection:${tenantId}:${id}`),
        endpoint: (tenantId, id) => notifier.changed(`endpoint:${tenantId}:${id}`),
        worker: notifier.workers,
      },
      meters: metrics,
      tracing,
      exportStores: exports.stores,
      retention: { ...config.retention, archive: archiveOf(config) },
    });
    metrics?.watchWorker(worker.counts);
    metrics?.watchStored(createStoredWork(db, { shards, leaseMs }));
    await worker.start();
    opened.push(() => stopWithin(worker, stopTimeoutMs, log));
    opened.push((await listenFor(databaseUrl, worker, { keys, tenants })).stop);
    opened.push((await startAudit({ config, databaseUrl, log, metrics })).stop);
    log.info({ shards: shards.length, concurrency }, 'the worker works');
    const readiness = createReadiness({ sql: db.sql, keys: masterKeys.master.currentKeyId, leaseMs });
    const metricsUrl = await telemetry.listen(readiness);
    return { metricsUrl, stop: () => closeAll(opened, log), abort: worker.abort };
  } catch (error) {
    await closeAll(opened, log);
    throw error;
  }
}

function listenFor(
  databaseUrl: string,
  worker: Worker,
  { keys, tenants }: { keys: DataKeys; tenants: Tenants },
) {
  return listen(
    databaseUrl,
    {
      pawl_queued: (payload) => worker.wake(shardsIn(payload)),
      pawl_tests: () => worker.wakeTests(),
      pawl_workers: () => worker.wakeHeartbeat(),
      pawl_inbound: () => worker.wakeInbound(),
      pawl_changed: (payload) => {
        const [, what, id] = RECEIVER_CHANGED.exec(payload) ?? [];
        if (id !== undefined) worker[what === 'endpoint' ? 'forgetEndpoint' : 'forgetConnection'](id);
        keys.changed(payload);
        tenants.changed(payload);
      },
    },
    // What was said while nobody listened is made good by a look.
    () => {
      keys.changed('everything');
      tenants.changed('everything');
      worker.forgetReceivers();
      worker.wakeHeartbeat();
      worker.wake();
      worker.wakeTests();
      worker.wakeInbound();
    },
  );
}

/** Shards that a notification names, such as `3,17`. */
const shardsIn = (payload: string): number[] =>
  payload
    .split(',')
    .filter((part) => /^\d+$/.test(part))
    .map(Number);

/** Such as `connection:<tenant id>:<connection id>`. */
const RECEIVER_CHANGED = /^(connection|endpoint):[^:]+:([^:]+)$/;

/** After this, what was given up has been written down or is left to the reaper of another worker. */
const GIVING_UP_MS = 5_000;

async function stopWithin(worker: Worker, timeoutMs: number, log: Logger): Promise<void> {
  const stopped = worker.stop();
  const waiting = new AbortController();
  const inTime = await Promise.race([
    stopped.then(() => true),
    pause(timeoutMs, false, { signal: waiting.signal }).catch(() => true),
  ]);
  if (!inTime) {
    log.warn({ lists: worker.active }, 'what is being sent did not end in time and is given up');
    worker.abort();
    await Promise.race([stopped, pause(GIVING_UP_MS, undefined, { signal: waiting.signal }).catch(() => {})]);
  }
  waiting.abort();
}
