// What is due to a job later: a timer that goes off, or the outcome that an `invoke` waits for, sent to it as an event.
import type { JobRow } from '../db/statements/load-jobs.ts';
import {
  type DueTimer,
  deleteTimer,
  findEarlierTimer,
  findTimer,
  isLatestInvocation,
} from '../db/statements/timers.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JobEvent } from '../engine/decision.ts';
import type { JsonObject } from '../engine/json.ts';
import {
  DONE_EVENT_PREFIX,
  ERROR_EVENT_PREFIX,
  errorEventOf,
  UNHANDLED_ERROR_EVENT,
} from '../engine/state-tree.ts';
import type { Span } from '../telemetry/span.ts';
import { applyTransition } from './apply-transition.ts';
import type { JobParts } from './parts.ts';
import { isQuotaExceeded } from './quotas.ts';
import type { UnitFailure, WorkInProgress } from './work-in-progress.ts';
import { decideOn, workOn } from './working-job.ts';

/** What it makes sends a due event, or removes it when the job has moved past it. */
export function createFiring(parts: JobParts): (timer: DueTimer) => Promise<void> {
  const { db, tenants, loader, versions, notificationRules, cascade, clock, ids, inTurn, racesMax } = parts;
  const { factsFor, noteFailure, commit, tracing } = parts;

  async function fire(timer: DueTimer): Promise<void> {
    const tenant = await tenants.get(timer.tenantId);
    if (!tenant) return;
    await inTurn(timer.jobId, async () => {
      for (let race = 0; race < racesMax; race++) {
        if (await fireOnce(tenant, timer)) return;
      }
      // It is tried again when its lease ends.
    }).catch((error) => {
      // So is one that a quota holds up: it goes when there is room again.
      if (!isQuotaExceeded(error)) throw error;
    });
  }

  /** @returns false when the job moved meanwhile */
  async function fireOnce(tenant: Tenant, timer: DueTimer): Promise<boolean> {
    const { type, traceparent, set_in: setIn } = timer.event;
    // An outcome continues the trace of its action. A timer may go off after months: it begins a trace of its own, with a link
    // to the one in which it was set.
    const span = tracing?.begin(`fire ${type}`, {
      kind: 'internal',
      parent: typeof traceparent === 'string' ? traceparent : undefined,
      link: typeof setIn === 'string' ? setIn : undefined,
      attributes: { 'pawl.tenant_id': tenant.id, 'pawl.job_id': timer.jobId },
    });
    try {
      const over = await fireIn(tenant, timer, span);
      span?.end(over ? undefined : 'the job moved meanwhile');
      return over;
    } catch (error) {
      span?.end(String(error));
      throw error;
    }
  }

  async function fireIn(tenant: Tenant, timer: DueTimer, span: Span | undefined): Promise<boolean> {
    const row = await loader.fresh(tenant, timer.jobId);
    const { run_id: runId, ...sent } = timer.event as JsonObject & JobEvent;
    const event: JobEvent = { type: sent.type, payload: sent.payload };
    if (!row || (typeof runId === 'string' && !(await outcomeIsAwaited(tenant, timer.jobId, runId)))) {
      await discard(tenant, timer);
      return true;
    }
    // Another process has taken the one before, and may be slower: this one is tried again when its lease ends.
    if (timer.sendId !== null && (await isOvertaking(tenant, timer))) return true;
    const version = await versions.get(tenant, row.workflowVersionId);
    const rules = await notificationRules.of(tenant);
    const at = clock.now().toISOString();
    const actor = typeof runId === 'string' ? `action:${runId}` : 'timer';

    async function take(taken: JobEvent, row: JobRow): Promise<Taking> {
      const job = workOn({ tenant, rules, at }, row, version, timer.id);
      const facts = await factsFor(job, taken.type);
      const decision = decideOn(job, taken, facts, true);
      if (decision.kind !== 'taken') {
        // That no state waits for it is normal and not noted; that a guard refused it is what somebody may look for.
        if (decision.kind === 'failed' || decision.code === 'guard_refused') {
          await noteFailure(job, taken, actor, decision);
        }
        return decision.kind === 'failed' ? decision : 'ignored';
      }
      const traceparent = span?.traceparent;
      const work: WorkInProgress = { tenant, rules, at, jobs: new Map([[job.id, job]]), traceparent };
      applyTransition(job, decision, { event: taken, actor, internal: true, facts, at, traceparent }, ids);
      const failure = await cascade.follow(work, job, decision);
      if (failure) await noteFailure(job, taken, actor, failure);
      return failure ?? ((await commit(work)) ? 'committed' : 'raced');
    }

    let last = event;
    let came = await take(event, row);
    while (typeof came === 'object') {
      const instead = errorInstead(last, came);
      if (!instead) break;
      last = instead;
      came = await take(instead, row);
    }
    if (came === 'committed') return true;
    if (came !== 'raced') {
      await discard(tenant, timer);
      return true;
    }
    // Either the race was lost, or another has cancelled or fired the timer: the fresh row tells which.
    const [still] = await db.once([tenant.id], (sql) => findTimer(sql, { ...timer, shard: tenant.shard }));
    return still === undefined;
  }

  async function outcomeIsAwaited(tenant: Tenant, jobId: string, runId: string): Promise<boolean> {
    const of = { tenantId: tenant.id, jobId, runId };
    const [row] = await db.once<{ latest: boolean }[]>([tenant.id], (sql) =>
      isLatestInvocation(sql, tenant.shard, of),
    );
    return row?.latest ?? false;
  }

  async function isOvertaking(tenant: Tenant, timer: DueTimer): Promise<boolean> {
    const [earlier] = await db.once([tenant.id], (sql) =>
      findEarlierTimer(sql, { ...timer, shard: tenant.shard }),
    );
    return earlier !== undefined;
  }

  const discard = (tenant: Tenant, timer: DueTimer) =>
    db.once([tenant.id], (sql) => deleteTimer(sql, { ...timer, shard: tenant.shard }));

  return fire;
}

type Taking = 'committed' | 'raced' | 'ignored' | UnitFailure;

/**
 * A job waits for this event: if it cannot take it, it would wait for ever. So an outcome that cannot be computed with becomes
 * a failure of the action (`onError`), and a failure that cannot be computed with ends the job in ERROR.
 */
function errorInstead({ type }: JobEvent, { code, message }: UnitFailure): JobEvent | null {
  const payload = { error: { code, message } };
  if (type.startsWith(DONE_EVENT_PREFIX))
    return { type: errorEventOf(type.slice(DONE_EVENT_PREFIX.length)), payload };
  return type.startsWith(ERROR_EVENT_PREFIX) ? { type: UNHANDLED_ERROR_EVENT, payload } : null;
}
