// A claimed list, and what is written down after each of its runs: where it goes on, what became of the run and of those that
// are left, and what an `invoke` that waits for it is told.
import type { Ids } from '../db/new-id.ts';
import type { Claimed } from '../db/statements/claim.ts';
import type { RunRow } from '../db/statements/load-runs.ts';
import type { AttemptRecord, OutcomeRecord, QueueMove, RunChange } from '../db/statements/record-outcomes.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Version } from '../jobs/versions.ts';
import { invokeEvent, type Outcome, type Step } from './outcome.ts';

export interface List {
  tenant: Tenant;
  version: Version;
  claimed: Claimed;
  /** Those that are left, in order. */
  runs: readonly RunRow[];
}

/** Nothing but where the list goes on. */
export function moveOnly({ claimed }: List, queue: QueueMove): OutcomeRecord {
  const { shard, tenantId, jobId, transitionId, fence } = claimed;
  return {
    shard,
    tenantId,
    jobId,
    transitionId,
    fence,
    queue,
    runs: [],
    attempt: null,
    log: [],
    outcomeEvents: [],
  };
}

/** What came of a run. */
interface Over {
  outcome: Outcome;
  attempt: AttemptRecord | null;
  attempts: number;
}

/** What is written down after `run`, the one at `index` of those that were left. */
export function recordOf(
  list: List,
  index: number,
  run: RunRow,
  over: Over,
  { step, ids }: { step: Step; ids: Ids },
): OutcomeRecord {
  const rest = list.runs.slice(index + 1);
  const record = moveOnly(list, moveAfter(step, run, rest[0]));
  record.attempt = over.attempt;
  record.runs.push(runChange(run, over, step));
  if (over.attempt === null) record.log.push({ id: ids.next(), ...silentEntry(run, over.outcome, step) });
  if (step.kind === 'next' || step.kind === 'stop')
    tellInvoke(record, run, over.outcome, { status: step.status, id: ids.next() });
  if (step.kind === 'stop') {
    const name = run.name ? `"${run.name}"` : `number ${run.ordinal + 1}`;
    const error = { code: 'earlier_action_failed', message: `Action ${name} of this list failed.` };
    for (const later of rest) {
      const { id, attempts } = later;
      record.runs.push({
        id,
        status: 'SKIPPED',
        attempts,
        attemptId: null,
        error,
        finished: true,
      });
      tellInvoke(record, later, { kind: 'skipped', ...error }, { status: 'SKIPPED', id: ids.next() });
    }
  }
  return record;
}

function moveAfter(step: Step, run: RunRow, next: RunRow | undefined): QueueMove {
  const here = { nextOrdinal: run.ordinal, connectionId: run.connectionId };
  switch (step.kind) {
    case 'next':
      return next
        ? { kind: 'keep', nextOrdinal: next.ordinal, connectionId: next.connectionId }
        : { kind: 'finish' };
    case 'stop':
      return { kind: 'finish' };
    case 'again':
      return { kind: 'release', ...here, delayMs: step.delayMs };
    case 'park':
      return { kind: 'release', ...here, delayMs: null };
    default:
      return step satisfies never;
  }
}

function runChange(run: RunRow, { outcome, attempt, attempts }: Over, step: Step): RunChange {
  const error = outcome.kind === 'succeeded' ? null : { code: outcome.code, message: outcome.message };
  const finished = step.kind === 'next' || step.kind === 'stop';
  const read = 'response' in outcome ? outcome.response : null;
  const response = read === attempt?.log.response ? null : read;
  const { id } = run;
  return { id, status: step.status, attempts, attemptId: attempt?.id ?? null, error, response, finished };
}

/** What happened without anything being sent is in the audit too. */
function silentEntry(
  run: RunRow,
  outcome: Outcome,
  { status }: Step,
): Omit<OutcomeRecord['log'][number], 'id'> {
  const data: JsonObject = { action_run_id: run.id, name: run.name, status };
  if ('code' in outcome) Object.assign(data, { code: outcome.code, message: outcome.message });
  return { kind: status === 'SKIPPED' ? 'action_skipped' : 'action_failed', data };
}

function tellInvoke(
  record: OutcomeRecord,
  run: RunRow,
  outcome: Outcome,
  { status, id }: { status: 'SUCCEEDED' | 'FAILED' | 'SKIPPED'; id: string },
): void {
  if (run.invokeId === null) return;
  const told =
    outcome.kind === 'succeeded'
      ? {
          status: 'SUCCEEDED' as const,
          response: {
            status: outcome.response.status ?? null,
            body: outcome.response.body ?? null,
            ...(outcome.response.truncated === true && { truncated: true }),
          },
        }
      : {
          status: status === 'SKIPPED' ? ('SKIPPED' as const) : ('FAILED' as const),
          code: outcome.code,
          message: outcome.message,
        };
  const { traceparent } = run.scope;
  const event = { ...invokeEvent(run.invokeId, run.id, told), ...(traceparent && { traceparent }) };
  record.outcomeEvents.push({ id, event });
}
