// What a process counts and times, for Prometheus. Every metric is made here; the parts are given the few functions that
// they call. Labels are of few values: routes, providers, outcomes. Never tenants, jobs or addresses.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Connections of a pool as db/lines.ts counts them. */
interface PoolCounts {
  open: number;
  idle: number;
  waiting: number;
}

/** As db/statements/queue-depths.ts reads it. */
export interface StoredWork {
  /** Lists of actions by what they wait for. */
  queue: { due: number; scheduled: number; parked: number; claimed: number; oldestDueS: number };
  timers: { due: number; scheduled: number; oldestDueS: number };
  inbound: { waiting: number; oldestS: number };
  workers: { living: number; lastSignS: number | null };
  /** Null where this login may not look at other sessions. */
  postgres: { xminAge: number; oldestTransactionS: number } | null;
}

export interface Metrics {
  /** The page that Prometheus reads. Asks first whatever is only asked then. */
  page(): Promise<{ contentType: string; text: string }>;
  /** For documentation and its tests: every metric there is in this kind of process. */
  registry: Registry;
  /** For jobs/committer.ts: a statement that committed, or failed. */
  committed(commit: { units: number; moved: number; transitions: number; seconds: number }): void;
  commitFailed(): void;
  /** For api/: a request that was answered. */
  answered(request: { method: string; route: string; status: number; seconds: number }): void;
  /** For api/: events of a source that were stored. */
  received(kind: string): void;
  /** For worker/: an attempt that was made; `sinceCommitS` for the first of its list. */
  attempted(attempt: {
    provider: string;
    outcome: 'succeeded' | 'failed' | 'unknown';
    seconds: number;
    sinceCommitS: number | null;
  }): void;
  timersFired(count: number): void;
  errorMet(): void;
  /** A standing export could not be delivered. */
  exportFailed(): void;
  /** For audit/: sealing, checkpoints, verification or dropping old months failed. */
  auditFailed(task: AuditTask): void;
  /** The log of a tenant is not what was sealed. */
  auditFound(): void;
  /** Read at each scrape. */
  watchPool(counts: () => PoolCounts, max: number): void;
  /** How far the database's clock is ahead of this machine's, in milliseconds, read at each scrape. */
  watchClock(aheadMs: () => number): void;
  /** How old what the replica shows may be, in milliseconds, read at each scrape; null: not known. */
  watchReports(lagMs: () => number | null): void;
  watchWorker(
    counts: () => { lists: number; unrecorded: number; circuits: { open: number; half_open: number } },
  ): void;
  /** Read at each scrape; rejecting means that the database does not answer. */
  watchStored(read: () => Promise<StoredWork>): void;
}

export const AUDIT_TASKS = ['seal', 'checkpoint', 'verify', 'retention'] as const;
export type AuditTask = (typeof AUDIT_TASKS)[number];

// Seconds. From what one commit takes to the longest deadline of a request.
const SHORT_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const REQUEST_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
// A list may wait for a rate, a circuit or a worker: up to an hour.
const DELAY_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 1800, 3600];
/** Powers of two up to what one statement takes (jobs/committer.ts). */
const UNITS = [1, 2, 4, 8, 16, 32, 64, 128];

const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export function createMetrics({ process, version }: { process: 'api' | 'worker'; version: string }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ process });
  // CPU, memory, event-loop delay and garbage collection of this process, under the names that dashboards for Node know.
  collectDefaultMetrics({ register: registry });

  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[], labelNames: string[] = []) =>
    new Histogram({ name, help, buckets, labelNames, registers });

  gauge('pawl_build_info', 'Always 1; the version is in its label.', ['version']).set({ version }, 1);

  const transitions = counter('pawl_transitions_total', 'Transitions committed.');
  const conflicts = counter(
    'pawl_commit_conflicts_total',
    'Units of work that lost their race: the job had moved meanwhile, and they were decided again.',
  );
  const commitFailures = counter(
    'pawl_commit_failures_total',
    'Commits that failed; what they held was tried again singly or refused.',
  );
  const commitUnits = histogram(
    'pawl_commit_units',
    'Units of work that shared one commit (group commit).',
    UNITS,
  );
  const commitSeconds = histogram('pawl_commit_seconds', 'How long a commit of transitions took.', SHORT_S);

  const poolConnections = gauge('pawl_pool_connections', 'Connections to Postgres of this process.', [
    'state',
  ]);
  const poolWaiting = gauge('pawl_pool_waiting', 'Statements that wait for a connection.');
  const clockAhead = gauge(
    'pawl_clock_database_ahead_seconds',
    'How far the clock of the database is ahead of the machine’s own; below 0: behind it.',
  );
  const poolMax = gauge('pawl_pool_max', 'Connections this process may have.');

  const api = process === 'api' ? apiMetrics() : null;
  const worker = process === 'worker' ? workerMetrics() : null;
  const stored = process === 'worker' ? storedMetrics(gauge) : null;

  function apiMetrics() {
    const seconds = histogram(
      'pawl_http_request_seconds',
      'From the arrival of a request to its answer (of a stream: to its first byte), by pattern of the route.',
      REQUEST_S,
      ['method', 'route', 'status'],
    );
    const events = counter(
      'pawl_inbound_requests_total',
      'Inbound webhooks that were stored, by kind of source.',
      ['kind'],
    );
    const reportsLag = gauge(
      'pawl_reports_lag_seconds',
      'How old what reports read from the replica may be; +Inf while it is away or too far behind, nothing where there is none.',
      ['server'],
    );
    return { seconds, events, reportsLag };
  }

  function workerMetrics() {
    return {
      attempts: counter('pawl_attempts_total', 'Requests that were sent, by what came of them.', [
        'provider',
        'outcome',
      ]),
      seconds: histogram('pawl_attempt_seconds', 'How long a receiver took to answer.', REQUEST_S, [
        'provider',
      ]),
      delay: histogram(
        'pawl_first_attempt_delay_seconds',
        'From the decision of a transition to the first request of its list.',
        DELAY_S,
      ),
      timers: counter('pawl_timers_fired_total', 'Timers and awaited outcomes that were sent to their jobs.'),
      errors: counter(
        'pawl_worker_errors_total',
        'Errors that a worker met and went on from; the log says which.',
      ),
      exportFailures: counter(
        'pawl_export_failures_total',
        'Deliveries of standing exports that failed; each export says why.',
      ),
      auditErrors: counter(
        'pawl_audit_errors_total',
        'Errors of what keeps the log provable, by task: seal, checkpoint, verify, retention. The log says which.',
        ['task'],
      ),
      auditFindings: counter(
        'pawl_audit_findings_total',
        'Verifications that found the log of a tenant changed, cut or rewritten. `pawl audit verify` says where.',
      ),
      lists: gauge('pawl_worker_lists', 'Lists of actions that this worker walks now.'),
      unrecorded: gauge('pawl_worker_unrecorded', 'Outcomes that wait to be recorded.'),
      circuits: gauge(
        'pawl_worker_circuits',
        'Connections whose circuit this worker knows not to be closed.',
        ['circuit'],
      ),
    };
  }

  // From nothing on: what has not been counted yet cannot be seen to grow.
  for (const task of AUDIT_TASKS) worker?.auditErrors.inc({ task }, 0);

  const asked: (() => void | Promise<void>)[] = [];
  const requestSeconds = new Map<string, { observe(seconds: number): void }>();
  const attempts = new Map<string, { inc(): void }>();
  const attemptSeconds = new Map<string, { observe(seconds: number): void }>();

  function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
    const there = known.get(key);
    if (there) return there;
    const made = make();
    known.set(key, made);
    return made;
  }

  return {
    registry,
    async page() {
      await Promise.all(asked.map((ask) => ask()));
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    committed({ units, moved, transitions: count, seconds }) {
      transitions.inc(count);
      if (moved < units) conflicts.inc(units - moved);
      commitUnits.observe(units);
      commitSeconds.observe(seconds);
    },
    commitFailed: () => commitFailures.inc(),
    answered({ method, route, status, seconds }) {
      if (!api) return;
      const of = STATUS_CLASSES[Math.floor(status / 100) - 1] ?? '5xx';
      remembered(requestSeconds, `${method} ${of} ${route}`, () =>
        api.seconds.labels(method, route, of),
      ).observe(seconds);
    },
    received: (kind) => api?.events.inc({ kind }),
    attempted({ provider, outcome, seconds, sinceCommitS }) {
      if (!worker) return;
      remembered(attempts, `${provider} ${outcome}`, () => worker.attempts.labels(provider, outcome)).inc();
      remembered(attemptSeconds, provider, () => worker.seconds.labels(provider)).observe(seconds);
      if (sinceCommitS !== null) worker.delay.observe(Math.max(0, sinceCommitS));
    },
    timersFired: (count) => worker?.timers.inc(count),
    errorMet: () => worker?.errors.inc(),
    exportFailed: () => worker?.exportFailures.inc(),
    auditFailed: (task) => worker?.auditErrors.inc({ task }),
    auditFound: () => worker?.auditFindings.inc(),
    watchClock: (aheadMs) => void asked.push(() => clockAhead.set(aheadMs() / 1_000)),
    watchReports(lagMs) {
      if (!api) return;
      asked.push(() => {
        const now = lagMs();
        api.reportsLag.set({ server: 'replica' }, now === null ? Number.POSITIVE_INFINITY : now / 1_000);
      });
    },
    watchPool(counts, max) {
      poolMax.set(max);
      asked.push(() => {
        const { open, idle, waiting } = counts();
        poolConnections.set({ state: 'busy' }, open - idle);
        poolConnections.set({ state: 'idle' }, idle);
        poolWaiting.set(waiting);
      });
    },
    watchWorker(counts) {
      if (!worker) return;
      asked.push(() => {
        const { lists, unrecorded, circuits } = counts();
        worker.lists.set(lists);
        worker.unrecorded.set(unrecorded);
        worker.circuits.set({ circuit: 'open' }, circuits.open);
        worker.circuits.set({ circuit: 'half_open' }, circuits.half_open);
      });
    },
    watchStored(read) {
      if (stored) asked.push(async () => stored.set(await read().catch(() => null)));
    },
  };
}

/** What every worker reads of the whole installation: the same from each, so look at the maximum. */
function storedMetrics(gauge: (name: string, help: string, labelNames?: string[]) => Gauge) {
  const up = gauge('pawl_database_up', 'Whether Postgres answered when this was asked: 1 or 0.');
  const queue = gauge(
    'pawl_queue_transitions',
    'Lists of actions in the queue by what they wait for: due, scheduled (for later), parked (for a person), claimed (by a worker). Counts end at 50 000.',
    ['state'],
  );
  const queueAge = gauge(
    'pawl_queue_oldest_due_seconds',
    'How long the oldest list that is due has been due.',
  );
  const timers = gauge('pawl_timers', 'Timers by state: due or scheduled. Counts end at 50 000.', ['state']);
  const timersAge = gauge(
    'pawl_timers_oldest_due_seconds',
    'How long the oldest timer that is due has been due.',
  );
  const inbound = gauge('pawl_inbound_queue_events', 'Inbound events to be processed. Counts end at 50 000.');
  const inboundAge = gauge(
    'pawl_inbound_queue_oldest_seconds',
    'How long ago the oldest of them was received.',
  );
  const living = gauge('pawl_workers_living', 'Workers whose heartbeat is in time.');
  const lastSign = gauge('pawl_workers_last_sign_seconds', 'How long ago any worker gave a sign of life.');
  const xminAge = gauge(
    'pawl_postgres_oldest_xmin_transactions',
    'Transactions since the oldest snapshot that somebody holds: what vacuum cannot remove yet. Absent where the login may not see other sessions.',
  );
  const transactionAge = gauge(
    'pawl_postgres_oldest_transaction_seconds',
    'How long the oldest transaction has been open. Absent where the login may not see other sessions.',
  );
  // What is not known is absent: the last figure would be taken for today's.
  const known = (metric: Gauge, value: number | null | undefined, labels: Record<string, string> = {}) => {
    if (value === null || value === undefined) metric.remove(labels);
    else metric.set(labels, value);
  };
  return {
    set(stored: StoredWork | null) {
      up.set(stored === null ? 0 : 1);
      for (const state of ['due', 'scheduled', 'parked', 'claimed'] as const)
        known(queue, stored?.queue[state], { state });
      known(queueAge, stored?.queue.oldestDueS);
      for (const state of ['due', 'scheduled'] as const) known(timers, stored?.timers[state], { state });
      known(timersAge, stored?.timers.oldestDueS);
      known(inbound, stored?.inbound.waiting);
      known(inboundAge, stored?.inbound.oldestS);
      known(living, stored?.workers.living);
      known(lastSign, stored?.workers.lastSignS);
      known(xminAge, stored?.postgres?.xminAge);
      known(transactionAge, stored?.postgres?.oldestTransactionS);
    },
  };
}
