// A person steps in where the worker stopped or waits: retry a failed action, resend one whose outcome nobody knows,
// skip one. Each is one transaction that finds the list as it is, says why it may not be touched, or moves it.
import type { ReservedSql } from '../db/client.ts';
import { appendLog } from '../db/statements/append-log.ts';
import {
  endList,
  findListOf,
  type ListedRun,
  type ListRef,
  lockList,
  lockQueueRow,
  lockRuns,
  type QueueRow,
  queueListAt,
  requeueRuns,
  skipRun,
  takeListBack,
  tellJob,
} from '../db/statements/move-action-list.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { errorEventOf } from '../engine/state-tree.ts';
import type { ApiDeps } from './deps.ts';
import { notFound } from './routing.ts';

export interface Intervention {
  runId: string;
  actor: string;
  reason: string | null;
}

export interface ActionInterventions {
  /**
   * A FAILED run is fired again, its attempts counted on; runs skipped because of it follow.
   * @throws PawlError `action_run_not_found`, Conflict `action_not_failed`, `action_list_busy`
   */
  retry(tenant: Tenant, intervention: Intervention): Promise<void>;
  /**
   * An UNKNOWN run is fired again under the same Idempotency-Key, its list goes on.
   * @throws PawlError `action_run_not_found`, Conflict `action_not_unknown`, `action_running`
   */
  resend(tenant: Tenant, intervention: Intervention): Promise<void>;
  /**
   * A run that is not over, or FAILED, becomes SKIPPED; its list goes on without it.
   * @throws PawlError `action_run_not_found`, Conflict `action_not_skippable`, `action_running`, `action_list_busy`
   */
  skip(tenant: Tenant, intervention: Intervention): Promise<void>;
}

/** A list as the transaction holds it: nobody else moves it until the commit. */
interface HeldList extends ListRef {
  run: ListedRun;
  runs: readonly ListedRun[];
  /** null when the list is over. */
  queue: QueueRow | null;
}

/** What the worker may still fire. */
const PENDING = new Set<ListedRun['status']>(['QUEUED', 'RETRYING', 'UNKNOWN']);
const BECAUSE_OF_AN_EARLIER_ONE = 'earlier_action_failed';
const BY_A_PERSON = 'skipped_by_person';

type Deps = Pick<ApiDeps, 'db' | 'ids' | 'wake' | 'watch'>;

export function createActionInterventions({ db, ids, wake, watch }: Deps): ActionInterventions {
  async function intervene(
    tenant: Tenant,
    kind: string,
    { runId, actor, reason }: Intervention,
    move: (sql: ReservedSql, shard: number, list: HeldList) => Promise<JsonObject>,
  ): Promise<void> {
    const { id: tenantId } = tenant;
    const jobId = await db.forTenants([tenantId], async (sql) => {
      const { shard } = tenant;
      const list = await hold(sql, shard, tenantId, runId);
      const moved = await move(sql, shard, list);
      const { ordinal, name } = list.run;
      const data = {
        action_run_id: runId,
        transition_id: list.transitionId,
        ordinal,
        name,
        reason,
        ...moved,
      };
      await appendLog(sql, shard, { tenantId, subjectId: list.jobId, id: ids.next(), kind, actor, data });
      return list.jobId;
    });
    wake(new Set([tenant.shard]));
    watch.moved({ tenantId, jobId });
  }

  const retry: ActionInterventions['retry'] = (tenant, intervention) =>
    intervene(tenant, 'action.retried', intervention, async (sql, shard, list) => {
      const { run, queue } = list;
      if (run.status !== 'FAILED') throw notFailed(list);
      // It failed and its list went on without it: two places of one list cannot be fired at once.
      if (queue)
        throw listBusy('Later actions of its list are still to be fired. Retry it when they are over.');
      const resumed = skippedBecauseOf(list);
      await requeueRuns(sql, shard, { tenantId: list.tenantId, ids: [run.id, ...resumed] });
      await queueListAt(sql, shard, list, run);
      return { resumed };
    });

  const resend: ActionInterventions['resend'] = (tenant, intervention) =>
    intervene(tenant, 'action.resent', intervention, async (sql, shard, list) => {
      const { run } = list;
      if (isRunning(list)) throw running();
      if (run.status !== 'UNKNOWN') {
        throw conflict(
          'action_not_unknown',
          `The action is ${run.status}: only one whose outcome is UNKNOWN is resent.`,
          run,
        );
      }
      await queueListAt(sql, shard, list, run);
      return {};
    });

  const skip: ActionInterventions['skip'] = (tenant, intervention) =>
    intervene(tenant, 'action.skipped', intervention, async (sql, shard, list) => {
      const { run } = list;
      const { reason } = intervention;
      if (isRunning(list)) throw running();
      if (run.status !== 'FAILED' && !PENDING.has(run.status)) {
        throw conflict(
          'action_not_skippable',
          `The action is ${run.status} already: there is nothing to skip.`,
          run,
        );
      }
      // Its worker has the whole list in memory, and must not lose the record of what it is sending.
      if (run.status !== 'FAILED' && list.queue?.attemptStarted) {
        throw listBusy(
          'An earlier action of its list is being sent. Try again when its outcome is recorded.',
        );
      }
      const message = reason
        ? `Skipped by ${intervention.actor}: ${reason}`
        : `Skipped by ${intervention.actor}.`;
      const error = { code: BY_A_PERSON, message };
      await skipRun(sql, shard, { tenantId: list.tenantId, id: run.id, error });
      const resumed =
        run.status === 'FAILED'
          ? await goOnAfterFailure(sql, shard, list)
          : await goOnWithout(sql, shard, list);
      // That a failed one failed, the state that waited for it has been told already.
      if (run.invokeId !== null && run.status !== 'FAILED') {
        const event = { type: errorEventOf(run.invokeId), payload: { error }, run_id: run.id };
        await tellJob(sql, shard, { tenantId: list.tenantId, jobId: list.jobId, id: ids.next(), event });
      }
      return { was: run.status, resumed };
    });

  return { retry, resend, skip };
}

/** Locks as the worker does, the queue row before the runs; nobody but an intervention brings back a list that is over. */
async function hold(sql: ReservedSql, shard: number, tenantId: string, runId: string): Promise<HeldList> {
  const [found] = await findListOf(sql, shard, { tenantId, runId });
  if (!found) throw notFound('action_run');
  const ref = { tenantId, jobId: found.jobId, transitionId: found.transitionId };
  await lockList(sql, ref);
  const [queue] = await lockQueueRow(sql, shard, ref);
  const runs = await lockRuns(sql, shard, ref);
  const run = runs.find(({ id }) => id === runId);
  if (!run) throw notFound('action_run');
  return { ...ref, run, runs, queue: queue ?? null };
}

const isRunning = ({ run, queue }: HeldList) =>
  queue?.attemptStarted === true && queue.nextOrdinal === run.ordinal;

/** The runs that were skipped because this one failed: those up to the next one that failed itself. */
function skippedBecauseOf({ run, runs }: HeldList): string[] {
  const resumed: string[] = [];
  for (const later of runs.filter(({ ordinal }) => ordinal > run.ordinal)) {
    if (later.status === 'FAILED') break;
    if (later.status === 'SKIPPED' && later.errorCode === BECAUSE_OF_AN_EARLIER_ONE) resumed.push(later.id);
  }
  return resumed;
}

/** The failure is accepted: what it had stopped goes on. */
async function goOnAfterFailure(sql: ReservedSql, shard: number, list: HeldList): Promise<string[]> {
  const resumed = skippedBecauseOf(list);
  const next = list.runs.find(({ id }) => id === resumed[0]);
  if (next && !list.queue) {
    await requeueRuns(sql, shard, { tenantId: list.tenantId, ids: resumed });
    await queueListAt(sql, shard, list, next);
    return resumed;
  }
  return [];
}

/** The run is passed over: the list stands at the next one that is left, or is over. */
async function goOnWithout(sql: ReservedSql, shard: number, list: HeldList): Promise<string[]> {
  const { run, runs, queue } = list;
  if (!queue) return [];
  if (queue.nextOrdinal !== run.ordinal) {
    await takeListBack(sql, shard, list);
    return [];
  }
  const next = runs.find(({ ordinal, status }) => ordinal > run.ordinal && PENDING.has(status));
  if (next) await queueListAt(sql, shard, list, next);
  else await endList(sql, shard, list);
  return [];
}

function notFailed(list: HeldList): PawlError {
  const { run } = list;
  if (isRunning(list)) return running();
  const why =
    run.status === 'QUEUED' || run.status === 'RETRYING'
      ? 'it will be fired without your doing anything'
      : run.status === 'UNKNOWN'
        ? 'resend or skip it'
        : 'only one that FAILED can be retried';
  return conflict('action_not_failed', `The action is ${run.status}: ${why}.`, run);
}

function running(): PawlError {
  return new PawlError(
    'Conflict',
    'action_running',
    'The action is being sent at this moment. Wait for its outcome.',
    {
      details: { status: 'RUNNING' },
    },
  );
}

const listBusy = (message: string) => new PawlError('Conflict', 'action_list_busy', message);

function conflict(code: string, message: string, { status }: ListedRun): PawlError {
  return new PawlError('Conflict', code, message, { details: { status } });
}
