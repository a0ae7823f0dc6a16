// A database, a tenant, a receiver, and as many workers as a test wants: the product without its HTTP surface.
import { pino } from 'pino';
import postgres from 'postgres';
import { v7 } from 'uuid';
import { connect, type Database } from '../db/client.ts';
import { createDatabaseClock } from '../db/clock.ts';
import { createIds, type Ids } from '../db/new-id.ts';
import { createTenant } from '../db/operator.ts';
import { createTenantKeyStore } from '../db/tenant-keys.ts';
import { createTenants, type Tenant } from '../db/tenants.ts';
import { LOOPBACK_POLICY } from '../egress/receiver.testkit.ts';
import { createSender } from '../egress/sender.ts';
import type { Action, Definition, WebhookAction, WebhookParams } from '../engine/definition.ts';
import type { JsonObject } from '../engine/json.ts';
import { validateDefinition } from '../engine/validate.ts';
import type { TransitionAnswer } from '../jobs/answer.ts';
import { createJobs, type Jobs } from '../jobs/jobs.ts';
import type { SendRequest } from '../jobs/sending.ts';
import type { StartRequest } from '../jobs/starting.ts';
import { createDatabase } from '../test/postgres.testkit.ts';
import { keyIdOf } from '../vault/blob.ts';
import { createDataKeys, type DataKeys } from '../vault/data-keys.ts';
import { createDecrypter } from '../vault/decrypt.ts';
import { createEncrypter } from '../vault/encrypt.ts';
import { type KeyRing, parseKeyRing } from '../vault/key-ring.ts';
import { createMasterKeys, type MasterKeys } from '../vault/master-keys.ts';
import { startWebhookReceiver, type WebhookReceiver } from './receiver.testkit.ts';
import { createWorker, type Worker, type WorkerOptions } from './worker.ts';

export const SECRET = 'Bearer s3cret-of-the-test';
/** Retries that cost a test milliseconds. */
export const AT_ONCE = { max_attempts: 3, backoff: { initial_ms: 1, factor: 1, max_ms: 1 } };
export const TEST_ENCRYPTION_KEY = 'c0ffee'.repeat(11).slice(0, 64);

export interface RunView {
  id: string;
  transitionId: string;
  name: string | null;
  status: string;
  attempts: number;
  request: JsonObject | null;
  response: JsonObject | null;
  error: { code: string; message: string } | null;
  finishedAt: Date | null;
}

export interface LogView {
  id: string;
  kind: string;
  seq: number | null;
  actor: string;
  data: JsonObject;
}

export interface LedgerView {
  attemptId: string;
  actionRunId: string;
  attempt: number;
  outcome: string;
  statusCode: number | null;
}

export interface QueueView {
  id: string;
  nextOrdinal: number;
  fence: number;
  workerId: string | null;
  attemptId: string | null;
  waitsForPerson: boolean;
  dueInMs: number | null;
}

export interface JobView {
  status: string;
  currentState: string;
  revision: number;
  context: JsonObject;
}

export interface StartedWorker {
  worker: Worker;
  /** As its process hears of changes to them, a test tells it. */
  keys: DataKeys;
  /** As this worker's own process has it. */
  jobs: Jobs;
  /** Its registrations that nobody declared dead. */
  id(): Promise<string>;
  stop(): Promise<void>;
}

export interface Kit {
  /** Superuser login of the database. */
  url: string;
  /** As superuser; columns in snake_case. */
  admin: postgres.Sql;
  api: Database;
  /** Sees every tenant's rows. */
  operator: Database;
  /** Wraps the data keys of every tenant here. */
  keyRing: KeyRing;
  tenant: Tenant;
  receiver: WebhookReceiver;
  /** A `generic_rest` connection of the tenant to the receiver, whose secret is SECRET. */
  connection: string;
  /** As an API process has it. */
  jobs: Jobs;
  addTenant(shard?: number): Promise<Tenant>;
  addConnection(options?: ConnectionOptions): Promise<string>;
  /** Seals other credentials and counts the version up, as the API does. */
  rotateConnection(id: string, credentials: JsonObject, origin?: string): Promise<void>;
  /** Seals other credentials in its place, and counts nothing up. */
  resealConnection(tenant: Tenant, id: string, credentials: JsonObject): Promise<void>;
  /** A WEBHOOK to the receiver with a fast retry. */
  webhook(
    path: string,
    options?: Partial<Omit<WebhookAction, 'params'>> & { params?: Partial<WebhookParams> },
  ): Action;
  /** Another API process on the same database. @param ids as its machine makes them */
  anotherJobs(ids?: Ids): Promise<Jobs>;
  publish(name: string, definition: Definition, tenant?: Tenant): Promise<string>;
  start(workflow: string, request?: Partial<StartRequest>, tenant?: Tenant): Promise<TransitionAnswer>;
  send(
    jobId: string,
    type: string,
    payload?: JsonObject,
    request?: Partial<SendRequest>,
  ): Promise<TransitionAnswer>;
  /** A job whose one transition carried these actions; `GO` brings it there. @returns its id */
  jobWith(
    actions: Action[],
    options?: { payload?: JsonObject; tenant?: Tenant; context?: JsonObject },
  ): Promise<string>;
  startWorker(options?: TestWorkerOptions): Promise<StartedWorker>;
  jobOf(jobId: string): Promise<JobView>;
  runsOf(jobId: string): Promise<RunView[]>;
  runNamed(jobId: string, name: string): Promise<RunView>;
  ledgerOf(jobId: string): Promise<LedgerView[]>;
  logOf(jobId: string): Promise<LogView[]>;
  queueOf(jobId: string): Promise<QueueView[]>;
  /** Resolves with the job's runs when every list is over or waits for a person. */
  settled(jobId: string): Promise<RunView[]>;
  close(): Promise<void>;
}

export interface TestWorkerOptions extends Partial<WorkerOptions> {
  /** Default: the ring of the test. */
  master?: MasterKeys;
}

export interface ConnectionOptions {
  provider?: string;
  tenant?: Tenant;
  origin?: string;
  credentials?: JsonObject;
  settings?: JsonObject;
}

/** Call it in `beforeAll`, and `close` in `afterAll`. */
export async function setup(options: { believedForMs?: number } = {}): Promise<Kit> {
  const database = await createDatabase();
  return setupOn(database.url, database.drop, options);
}

/** As `setup`, on a migrated database that is there already. */
export async function setupOn(
  url: string,
  drop: () => Promise<void> = async () => {},
  believing: { believedForMs?: number } = {},
): Promise<Kit> {
  const admin = postgres(url, { max: 3, onnotice: () => {} });
  const read = postgres(url, {
    max: 2,
    onnotice: () => {},
    transform: { column: { from: postgres.toCamel } },
  });
  const api = connect({ url, role: 'pawl_api', poolMax: 4, applicationName: 'test api', ...believing });
  const operator = connect({ url, role: 'pawl_operator', poolMax: 1, applicationName: 'test operator' });
  const receiver = await startWebhookReceiver();
  const keyRing = parseKeyRing({ encryptionKey: TEST_ENCRYPTION_KEY });
  const master = createMasterKeys(keyRing, null);
  const keysOn = (db: Database, by: MasterKeys = master): DataKeys =>
    createDataKeys({ master: by, ring: keyRing, store: createTenantKeyStore(db, createTenants(db)) });
  const encrypt = createEncrypter(keysOn(api));
  const workers = new Set<Worker>();
  const closers: (() => Promise<unknown>)[] = [];
  const wake = (shards: Iterable<number>) => {
    for (const worker of workers) worker.wake(shards);
  };
  let counter = 0;

  async function jobsOn(db: Database, ids?: Ids): Promise<Jobs> {
    const clock = await createDatabaseClock(db.sql);
    closers.push(async () => clock.stop());
    return createJobs({
      db,
      tenants: createTenants(db),
      clock,
      ids: ids ?? createIds(clock),
      onQueued: wake,
      onMoved: () => {},
      concurrency: 2,
    });
  }

  const addTenant = (shard?: number) => {
    const slug = `tenant-${++counter}`;
    return createTenant(operator, {
      name: `Tenant ${counter}`,
      slug,
      ...(shard === undefined ? {} : { shard }),
    });
  };
  const jobs = await jobsOn(api);
  const tenant = await addTenant();
  const tenantOf = new Map<string, Tenant>();

  async function addConnection(options: ConnectionOptions = {}): Promise<string> {
    const { tenant: owner = tenant, origin = receiver.origin, settings = {} } = options;
    const { provider = 'generic_rest' } = options;
    const credentials = options.credentials ?? { base_url: origin, auth_header: SECRET };
    const id = v7();
    const sealed = await encrypt(credentials, {
      tenantId: owner.id,
      connectionId: id,
      provider,
      allowedOrigin: origin,
    });
    await admin`
      insert into connections (shard, tenant_id, id, provider, connection_name, credentials, key_id, allowed_origin,
        fields, settings)
      values (${owner.shard}, ${owner.id}, ${id}, ${provider}, ${id}, ${sealed}, ${keyIdOf(sealed)}, ${origin},
        '{}', ${admin.json(settings)})`;
    return id;
  }

  const connection = await addConnection();

  async function publish(name: string, definition: Definition, owner = tenant): Promise<string> {
    const checked = validateDefinition(definition);
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 2));
    const [workflowId, versionId] = [v7(), v7()];
    await api.forTenants([owner.id], async (sql) => {
      await sql`
        insert into workflows (shard, tenant_id, id, name)
        values (${owner.shard}, ${owner.id}, ${workflowId}, ${name})`;
      await sql`
        insert into workflow_versions (shard, tenant_id, id, workflow_id, version, definition, checksum, created_by)
        values (${owner.shard}, ${owner.id}, ${versionId}, ${workflowId}, 1,
          ${JSON.stringify(definition)}::text::jsonb, '', 'test')`;
      await sql`
        update workflows set published_version_id = ${versionId}
        where shard = ${owner.shard} and tenant_id = ${owner.id} and id = ${workflowId}`;
    });
    return workflowId;
  }

  async function start(workflow: string, request: Partial<StartRequest> = {}, owner = tenant) {
    const outcome = await jobs.start(owner, {
      workflow,
      input: {},
      key: null,
      actor: 'test',
      idempotency: null,
      ...request,
    });
    if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome));
    tenantOf.set(outcome.answer.job.id, owner);
    return outcome.answer;
  }

  async function send(
    jobId: string,
    type: string,
    payload: JsonObject = {},
    request: Partial<SendRequest> = {},
  ) {
    const outcome = await jobs.send(tenantOf.get(jobId) ?? tenant, {
      jobId,
      event: { type, payload },
      actor: 'test',
      idempotency: null,
      expectedRevision: null,
      ...request,
    });
    if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome));
    return outcome.answer;
  }

  async function startWorker(options: TestWorkerOptions = {}): Promise<StartedWorker> {
    const name = `worker ${++counter}`;
    const db = connect({ url, role: 'pawl_worker', poolMax: 4, applicationName: name, ...believing });
    const sender = createSender({ policy: LOOPBACK_POLICY, userAgent: 'Pawl/test' });
    const clock = await createDatabaseClock(db.sql);
    const own = await jobsOn(db);
    const keys = keysOn(db, options.master);
    const worker = createWorker({
      db,
      tenants: createTenants(db),
      jobs: own,
      clock,
      decrypt: createDecrypter(keys),
      sender,
      log: pino({ level: 'silent' }),
      name,
      version: '0.0.0-test',
      userAgent: 'Pawl/test',
      maxResponseBytes: 1_048_576,
      concurrency: 32,
      tenantConcurrency: 32,
      connectionConcurrency: 32,
      pollIntervalMs: 50,
      heartbeatIntervalMs: 100,
      // Nobody is declared dead by accident on a busy machine.
      leaseMs: 60_000,
      shards: Array.from({ length: 64 }, (_, shard) => shard),
      eventLog: { partitionDaysAhead: 90 },
      retention: { inboundEventDays: 30, actionRunDays: 400, idempotencyKeyDays: 7, archive: null },
      announce: {
        queued: wake,
        async connection(_, id) {
          for (const other of workers) other.forgetConnection(id);
        },
        async endpoint(_, id) {
          for (const other of workers) other.forgetEndpoint(id);
        },
        async worker() {
          for (const other of workers) other.wakeHeartbeat();
        },
      },
      ...options,
    });
    await worker.start();
    workers.add(worker);
    let stopping: Promise<void> | null = null;
    const stop = () => {
      stopping ??= (async () => {
        workers.delete(worker);
        await worker.stop();
        clock.stop();
        await sender.close();
        await db.close();
      })();
      return stopping;
    };
    closers.unshift(stop);
    return {
      worker,
      keys,
      jobs: own,
      id: async () => {
        const [row] = await admin`select id from workers where name = ${name} and dead_at is null`;
        return String(row?.id);
      },
      stop,
    };
  }

  const runsOf = (jobId: string): Promise<RunView[]> =>
    read<RunView[]>`
      select id, transition_id, name, status, attempts, request, response, error, finished_at from action_runs
      where job_id = ${jobId} order by transition_id, ordinal`.then((rows) => [...rows]);

  return {
    url,
    admin,
    api,
    operator,
    keyRing,
    tenant,
    receiver,
    connection,
    jobs,
    addTenant,
    addConnection,
    async rotateConnection(id, credentials, origin = receiver.origin) {
      const sealed = await encrypt(credentials, {
        tenantId: tenant.id,
        connectionId: id,
        provider: 'generic_rest',
        allowedOrigin: origin,
      });
      await admin`
        update connections set credentials = ${sealed}, key_id = ${keyIdOf(sealed)}, allowed_origin = ${origin}, version = version + 1,
          flag = null, flagged_at = null
        where id = ${id}`;
    },
    async resealConnection(owner, id, credentials) {
      const { origin } = receiver;
      const binding = {
        tenantId: owner.id,
        connectionId: id,
        provider: 'generic_rest',
        allowedOrigin: origin,
      };
      // By keys of its own: those of the kit remember the tenant.
      const sealed = await createEncrypter(keysOn(api))(credentials, binding);
      await admin`update connections set credentials = ${sealed}, key_id = ${keyIdOf(sealed)} where id = ${id}`;
    },
    webhook: (path, { params, ...options } = {}) => ({
      action_type: 'WEBHOOK',
      retry: AT_ONCE,
      ...options,
      params: { connection_id: connection, path, ...params },
    }),
    async anotherJobs(ids) {
      const db = connect({ url, role: 'pawl_api', poolMax: 4, applicationName: 'another api', ...believing });
      closers.push(db.close);
      return jobsOn(db, ids);
    },
    publish,
    start,
    send,
    async jobWith(actions, { payload = {}, tenant: owner = tenant, context = {} } = {}) {
      const name = `w${++counter}`;
      const states = { ready: { on: { GO: { target: 'gone', actions } } }, gone: { on: { BACK: 'ready' } } };
      await publish(name, { context, initial: 'ready', states }, owner);
      const { job } = await start(name, {}, owner);
      await send(job.id, 'GO', payload);
      return job.id;
    },
    startWorker,
    async jobOf(jobId) {
      const [row] = await read<JobView[]>`
        select status, current_state, revision, snapshot -> 'context' as context from jobs where id = ${jobId}`;
      return row as JobView;
    },
    runsOf,
    async runNamed(jobId, name) {
      const found = (await runsOf(jobId)).findLast((run) => run.name === name);
      if (!found) throw new Error(`the job has no run named ${name}`);
      return found;
    },
    ledgerOf: async (jobId) => [
      ...(await read<LedgerView[]>`
        select attempt_id, action_run_id, attempt, outcome, status_code from utility_ledger
        where job_id = ${jobId} order by attempt_id`),
    ],
    logOf: async (jobId) => [
      ...(await read<LogView[]>`
        select id, kind, seq, actor, data from event_log where subject_id = ${jobId} order by id`),
    ],
    queueOf: async (jobId) => [
      ...(await read<QueueView[]>`
        select id, next_ordinal, fence::integer, worker_id, attempt_id, not isfinite(run_at) as waits_for_person,
          case when isfinite(run_at) then extract(epoch from run_at - now())::float8 * 1000 end as due_in_ms
        from dispatch_queue where job_id = ${jobId} order by id`),
    ],
    async settled(jobId) {
      await until('every list of the job is over', async () => {
        const [row] = await read`
          select count(*)::integer as open from dispatch_queue where job_id = ${jobId} and isfinite(run_at)`;
        return row?.open === 0;
      });
      return runsOf(jobId);
    },
    async close() {
      for (const closer of closers) await closer();
      await Promise.all([api.close(), operator.close(), read.end(), admin.end(), receiver.close()]);
      await drop();
    },
  };
}

const LOOK_AGAIN_MS = 5;
/** Longer than anything a test waits for on a slow machine; shorter than the runner's own patience. */
const PATIENCE_MS = 40_000;

/** Looks again and again until `condition` gives something, and gives that. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (performance.now() < giveUpAt) {
    const found = await condition();
    if (found) return found as Exclude<T, false | null | undefined | 0 | ''>;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  throw new Error(`waited ${PATIENCE_MS / 1000} s in vain until ${what}`);
}

export const statuses = (runs: readonly RunView[]) => runs.map(({ status }) => status);
