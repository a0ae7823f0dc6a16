// The statements that are called as functions on Citus (db/server-calls.ts), each once for every text it has. The values do not
// matter here, only which parts a statement has for them.
import type { PendingQuery, ReservedSql, Row } from 'postgres';
import { writeDown } from '../written-down.ts';
import { type ClaimRequest, claimRows, lookForWork } from './claim.ts';
import { commitTransitions } from './commit-transitions.ts';
import type { NewDelivery } from './deliver.ts';
import { lookForSources } from './inbound-queue.ts';
import type { JobChange } from './job-change.ts';
import { loadJobs } from './load-jobs.ts';
import { loadRuns } from './load-runs.ts';
import { lookForExports } from './metering-exports.ts';
import { lookForPrepared } from './oldest-transaction.ts';
import { measureQuotas } from './quotas.ts';
import { type OutcomeRecord, recordOutcomes } from './record-outcomes.ts';
import { sealShard, shardsToSeal } from './seals.ts';
import { startAttempts } from './start-attempts.ts';
import { storeArrivals, storeRedeliveries } from './store-inbound.ts';
import { leaseDueTimers, shardsWithDueTimers } from './timers.ts';
import { lookForTests } from './worker-connections.ts';

const ID = '00000000-0000-0000-0000-000000000000';

const DELIVERY: NewDelivery = {
  tenantId: ID,
  id: ID,
  subscriptionId: ID,
  occurrenceId: ID,
  kind: '',
  jobId: ID,
  workflowId: ID,
  workflowVersionId: ID,
  connectionId: null,
  endpointId: ID,
  messageId: ID,
  actionType: 'WEBHOOK',
  scope: {},
};

const CHANGE: JobChange = {
  tenantId: ID,
  jobId: ID,
  started: null,
  fromRevision: 0,
  revision: 1,
  status: 'ACTIVE',
  currentState: '',
  snapshot: null,
  movedToVersion: null,
  at: '',
  keyFreed: null,
  timerId: null,
  log: [],
  runs: [],
  queued: [],
  rulesVersion: 0,
  deliveries: [],
  timersSet: [],
  timersCancelled: [],
  answer: null,
  inbound: null,
};

const RECORD: OutcomeRecord = {
  shard: 0,
  tenantId: ID,
  jobId: ID,
  transitionId: ID,
  fence: 0,
  queue: { kind: 'finish' },
  runs: [],
  attempt: null,
  log: [],
  outcomeEvents: [],
};

const CLAIM: ClaimRequest = {
  workerId: ID,
  shard: 0,
  limit: 0,
  laneMax: 0,
  tenantMax: 0,
  lanes: [],
  tenants: [],
};

export interface CalledOnServers {
  text: string;
  /** Of one shard, which is named by the caller, or of every shard. */
  on: 'shard' | 'every shard';
  /** When it changes rows: a change of none in the shard `$1`, which the role that calls it may make; else null. */
  changeOfNothing: string | null;
  /** Whether it is said after `inOrder`. */
  inOrder: boolean;
}

type Statement<T extends Row> = (sql: ReservedSql) => PendingQuery<T[]>;
type Called = Partial<Pick<CalledOnServers, 'changeOfNothing' | 'inOrder'>>;

const called =
  (on: CalledOnServers['on']) =>
  <T extends Row>(statement: Statement<T>, { changeOfNothing = null, inOrder = false }: Called = {}) => ({
    text: writeDown(statement).text,
    on,
    changeOfNothing,
    inOrder,
  });

const onShard = called('shard');
const onEveryShard = called('every shard');

const BY_ALL = `delete from timers where shard = $1 and tenant_id = '${ID}' and job_id = '${ID}'`;
const BY_SEALER = `update event_log_sealers set sealed_to = sealed_to where shard = $1 and sealed_to is null`;

export const CALLED_ON_SERVERS: readonly CalledOnServers[] = [
  onShard((sql) => loadJobs(sql, 0, [])),
  onShard((sql) => commitTransitions(sql, 0, [CHANGE], true), { changeOfNothing: BY_ALL }),
  onShard((sql) => commitTransitions(sql, 0, [{ ...CHANGE, deliveries: [DELIVERY] }], true), {
    changeOfNothing: BY_ALL,
  }),
  onShard((sql) => claimRows(sql, CLAIM), { changeOfNothing: BY_ALL, inOrder: true }),
  onShard((sql) => loadRuns(sql, 0, []), { inOrder: true }),
  onShard((sql) => startAttempts(sql, 0, ID, []), { changeOfNothing: BY_ALL }),
  onShard((sql) => recordOutcomes(sql, 0, [RECORD], true), { changeOfNothing: BY_ALL }),
  onShard((sql) => recordOutcomes(sql, 0, [{ ...RECORD, deliveries: [DELIVERY] }], true), {
    changeOfNothing: BY_ALL,
  }),
  onShard((sql) => storeArrivals(sql, 0, []), { changeOfNothing: BY_ALL }),
  onShard((sql) => storeRedeliveries(sql, 0, []), { changeOfNothing: BY_ALL }),
  onShard((sql) => leaseDueTimers(sql, 0, { limit: 0, leaseMs: 0 }), { changeOfNothing: BY_ALL }),
  onShard((sql) => sealShard(sql, 0, { sealedTo: '', limit: 0, known: '' }), { changeOfNothing: BY_SEALER }),
  onEveryShard((sql) => lookForWork(sql, []), { inOrder: true }),
  onEveryShard((sql) => shardsWithDueTimers(sql, [])),
  onEveryShard((sql) => lookForSources(sql, [], 0)),
  onEveryShard((sql) => lookForTests(sql, 0)),
  onEveryShard((sql) => lookForExports(sql, [])),
  onEveryShard((sql) => lookForPrepared(sql)),
  onEveryShard((sql) => shardsToSeal(sql, '')),
  onEveryShard((sql) => measureQuotas(sql, new Date(0))),
];
