// Changes and outcomes as the product writes them, without deciding or sending anything: for tests of their statements.
import { v7 } from 'uuid';
import type { Claimed } from '../db/statements/claim.ts';
import type { JobChange } from '../db/statements/job-change.ts';
import type { RunRow } from '../db/statements/load-runs.ts';
import type { OutcomeRecord } from '../db/statements/record-outcomes.ts';
import type { Redelivery } from '../db/statements/store-inbound.ts';

/** A transition that stays where it is: same revision, same state; one entry of the log. */
export function change(
  of: { tenantId: string; jobId: string; fromRevision: number },
  more: Partial<JobChange> = {},
): JobChange {
  return {
    ...of,
    started: null,
    revision: of.fromRevision,
    status: 'ACTIVE',
    currentState: 'gone',
    snapshot: { value: 'gone', context: {}, status: 'active' },
    movedToVersion: null,
    at: new Date().toISOString(),
    keyFreed: null,
    timerId: null,
    log: [{ id: v7(), kind: 'transition', seq: of.fromRevision, actor: 'test', data: {} }],
    runs: [],
    queued: [],
    rulesVersion: 0,
    deliveries: [],
    timersSet: [],
    timersCancelled: 'all',
    answer: null,
    inbound: null,
    ...more,
  };
}

/** The first action of a list succeeded; the list goes on. */
export function outcome(
  { shard, tenantId, jobId, transitionId, fence, connectionId }: Claimed,
  run: RunRow,
): OutcomeRecord {
  const id = v7();
  return {
    shard,
    tenantId,
    jobId,
    transitionId,
    fence,
    queue: { kind: 'keep', nextOrdinal: run.ordinal + 1, connectionId },
    runs: [{ id: run.id, status: 'SUCCEEDED', attempts: 1, attemptId: id, error: null, finished: true }],
    attempt: {
      id,
      runId: run.id,
      number: 1,
      outcome: 'succeeded',
      provider: 'generic_rest',
      connectionId,
      workflowId: v7(),
      statusCode: 200,
      requestBytes: 10,
      responseBytes: 2,
      durationMs: 1,
      log: { attempt_id: id, outcome: 'succeeded' },
    },
    log: [],
    outcomeEvents: [],
  };
}

/** A delivery that came again, of a source of kind `generic`. */
export const redelivery = (
  of: Pick<Redelivery, 'tenantId' | 'sourceId'> & { deliveryId: string },
): Redelivery => ({
  ...of,
  id: v7(),
  logId: v7(),
  kind: 'generic',
  status: 'RECEIVED',
  eventType: 'untyped',
  headers: [],
  body: Buffer.from('{}'),
  bodyBytes: 2,
  replyBytes: 0,
  replyStatus: 200,
  payload: {},
  error: null,
  effects: [],
});
