// The statements that are called as functions on Citus (db/server-calls.ts), each once for every text it has. The values do not
// matter here, only which parts a statement has for them.
import type { PendingQuery, ReservedSql, Row } from 'postgres';
import { commitTransitions } from './commit-transitions.ts';
import type { NewDelivery } from './deliver.ts';
import type { JobChange } from './job-change.ts';
import { type OutcomeRecord, recordOutcomes } from './record-outcomes.ts';
import { storeArrivals } from './store-inbound.ts';

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

export interface CalledOnServers {
  /** Ends in a `select` without a condition. */
  statement(sql: ReservedSql): PendingQuery<(Row & { id: string })[]>;
  /** Its parts that no other part reads but those that write. */
  handedOn: readonly string[];
}

export const CALLED_ON_SERVERS: readonly CalledOnServers[] = [
  { statement: (sql) => commitTransitions(sql, 0, [CHANGE], true), handedOn: ['change'] },
  {
    statement: (sql) => commitTransitions(sql, 0, [{ ...CHANGE, deliveries: [DELIVERY] }], true),
    handedOn: ['change', 'notice', 'delivery'],
  },
  { statement: (sql) => recordOutcomes(sql, 0, [RECORD], true), handedOn: ['step', 'attempt', 'change'] },
  {
    statement: (sql) => recordOutcomes(sql, 0, [{ ...RECORD, deliveries: [DELIVERY] }], true),
    handedOn: ['step', 'attempt', 'change', 'notice', 'delivery'],
  },
  { statement: (sql) => storeArrivals(sql, 0, []), handedOn: ['given', 'remembered'] },
];
