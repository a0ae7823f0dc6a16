// The engine meets the database: starting a job, sending it an event, firing its timers, cancelling it. Each is decided
// in memory and committed in one statement guarded by the job's revision; who loses the race decides again.

import { currentCaller } from '../db/caller.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../db/clock.ts';
import { type AnswerRow, findAnswer } from '../db/statements/answers.ts';
import { appendLog } from '../db/statements/append-log.ts';
import { findKeyHolder } from '../db/statements/job-keys.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import { type DueTimer, deleteTimer, isLatestInvocation } from '../db/statements/timers.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import { tableThatHasItAlready } from '../db/violated-constraint.ts';
import type { Facts, JobEvent, Refused } from '../engine/decision.ts';
import { PawlError } from '../engine/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { initialDecision } from '../engine/transition.ts';
import type { Span, Tracing } from '../telemetry/span.ts';
import { answerOf, type TransitionAnswer } from './answer.ts';
import { createCascade, stateValue, type UnitFailure, type WorkInProgress } from './cascade.ts';
import { type CommitMeters, createCommitter } from './committer.ts';
import { createJobLoader, type JobLoader } from './loader.ts';
import { createMigration, type MigrateJob } from './migration.ts';
import { createNotificationRules, type NotificationRules } from './notification-rules.ts';
import { createQuotas, isQuotaExceeded } from './quotas.ts';
import { createReactions, type Reactions } from './reactions.ts';
import { createTurns } from './turns.ts';
import { createVersions, type Versions } from './versions.ts';
import {
  applyTransition,
  decideOn,
  type Ids,
  jobFacts,
  setStatus,
  tellSubscribers,
  type WorkingJob,
  workOn,
  workOnNew,
} from './working-job.ts';

export interface Idempotency {
  key: string;
  /** SHA-256 (hex) of what was asked; the same key with another one is refused. */
  requestHash: string;
}

export interface StartRequest {
  workflow: string;
  input: JsonObject;
  key: string | null;
  actor: string;
  idempotency: Idempotency | null;
  /** What the transition is a part of, where traces are made. */
  span?: Pick<Span, 'traceparent'> | undefined;
}

export interface SendRequest {
  jobId: string;
  event: JobEvent;
  actor: string;
  idempotency: Idempotency | null;
  /** When given, the job must still be at this revision. */
  expectedRevision: number | null;
  /** As for a start. */
  span?: Pick<Span, 'traceparent'> | undefined;
}

export type Outcome =
  | { kind: 'committed'; answer: TransitionAnswer; replayed: boolean }
  | { kind: 'refused'; refused: Refused; job: JobRow }
  | { kind: 'failed'; failure: UnitFailure };

export interface Jobs {
  /** @throws PawlError `workflow_not_found`, `workflow_not_published`, `job_key_taken`, `idempotency_key_reused`, `quota_exceeded` */
  start(tenant: Tenant, request: StartRequest): Promise<Outcome>;
  /** @throws PawlError `job_not_found`, `stale_revision`, `idempotency_key_reused`, `job_contended`, `quota_exceeded` */
  send(tenant: Tenant, request: SendRequest): Promise<Outcome>;
  /** Ends a job where it stands. Actions of transitions already committed still go out. @throws as `send`, and `job_not_active` */
  cancel(tenant: Tenant, request: { jobId: string; actor: string; reason: string }): Promise<JobRow>;
  /** Has a job go on in another version of its workflow, where it stands or where the map says. Sets nothing off. */
  readonly migrate: MigrateJob;
  /** Sends a due event, or removes it when the job has moved past it. */
  fire(timer: DueTimer): Promise<void>;
  /** Does what triggers want of jobs, together with the status of the inbound event that set them off. */
  readonly reactions: Reactions;
  readonly loader: JobLoader;
  readonly versions: Versions;
  readonly notificationRules: NotificationRules;
}

export interface JobsOptions {
  db: Database;
  tenants: Tenants;
  clock: Clock;
  ids: Ids;
  /** After each commit that queued actions. */
  onQueued(shards: ReadonlySet<number>): void;
  /** After each commit, for whoever watches the job. */
  onMoved(job: { tenantId: string; jobId: string }): void;
  /** Commits in flight at once; each takes a connection. */
  lanes: number;
  meters?: CommitMeters | undefined;
  /** Absent: no traces. */
  tracing?: Tracing | undefined;
}

/** Losing a race means somebody else won it; losing this many in a row means the job is busier than it can be. */
const RACES_MAX = 20;
/** Of an idempotency key or of a job's key: another was first. */
const TAKEN_MEANWHILE = new Set<string | undefined>(['idempotency_keys', 'job_keys']);

export function createJobs(options: JobsOptions): Jobs {
  const { db, tenants, clock, ids, onQueued, onMoved, lanes, meters, tracing } = options;
  const loader = createJobLoader(db, lanes);
  const versions = createVersions(db);
  const notificationRules = createNotificationRules(db);
  const quotas = createQuotas(db);
  const committer = createCommitter({ db, onQueued, lanes, meters });
  const inTurn = createTurns();
  const cascade = createCascade({ loader, versions, ids, holderOfKey });
  const reactions = createReactions({
    db,
    loader,
    versions,
    notificationRules,
    cascade,
    clock,
    ids,
    inTurn,
    factsFor,
    holderOfKey,
    commit,
    tracing,
  });

  const migrate = createMigration({
    db,
    versions,
    notificationRules,
    clock,
    ids,
    inTurn,
    racesMax: RACES_MAX,
    existing,
    commit,
    rowOf,
    contended,
  });

  async function holderOfKey(tenant: Tenant, workflowId: string, key: string): Promise<string | null> {
    const of = { tenantId: tenant.id, workflowId, key };
    const [row] = await db.once<{ jobId: string }[]>([tenant.id], (sql) =>
      findKeyHolder(sql, tenant.shard, of),
    );
    return row?.jobId ?? null;
  }

  async function earlierAnswer(
    tenant: Tenant,
    subjectId: string,
    { key, requestHash }: Idempotency,
  ): Promise<Outcome | null> {
    const of = { tenantId: tenant.id, subjectId, key };
    const [row] = await db.once<AnswerRow[]>([tenant.id], (sql) => findAnswer(sql, tenant.shard, of));
    if (!row) return null;
    if (row.requestHash !== requestHash) {
      throw new PawlError(
        'InvalidInput',
        'idempotency_key_reused',
        'This Idempotency-Key came with a different request before. Use a new key for a new request.',
      );
    }
    return { kind: 'committed', answer: row.answer as unknown as TransitionAnswer, replayed: true };
  }

  /** The span of a transition, from the request for it to its commit. */
  async function traced<T extends Outcome>(
    name: string,
    of: { tenant: Tenant; jobId?: string; parent?: string | undefined },
    run: (span: Span | undefined) => Promise<T>,
  ): Promise<T> {
    if (!tracing) return run(undefined);
    const attributes = { 'pawl.tenant_id': of.tenant.id, ...(of.jobId && { 'pawl.job_id': of.jobId }) };
    const span = tracing.begin(name, { kind: 'internal', parent: of.parent, attributes });
    try {
      const outcome = await run(span);
      if (outcome.kind === 'committed') {
        const { job, transition } = outcome.answer;
        span.set({ 'pawl.job_id': job.id, 'pawl.transition_id': transition.id, 'pawl.state': transition.to });
      }
      span.end(outcome.kind === 'committed' ? undefined : outcome.kind);
      return outcome;
    } catch (error) {
      span.end(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  function start(tenant: Tenant, request: StartRequest): Promise<Outcome> {
    const of = { tenant, parent: request.span?.traceparent };
    return traced(`start ${request.workflow}`, of, (span) => startOnce(tenant, request, span));
  }

  async function startOnce(tenant: Tenant, request: StartRequest, span: Span | undefined): Promise<Outcome> {
    const { input, key, actor, idempotency } = request;
    for (let race = 0; race < RACES_MAX; race++) {
      const version = await versions.published(tenant, request.workflow);
      if (idempotency) {
        const earlier = await earlierAnswer(tenant, version.workflowId, idempotency);
        if (earlier) return earlier;
      }
      const rules = await notificationRules.of(tenant);
      const at = clock.now().toISOString();
      const job = workOnNew(tenant, version, { id: ids.next(), key, parentJobId: null, at }, rules);
      const decision = initialDecision(version.compiled, { input, job: jobFacts(job), facts: {} });
      if (decision.kind === 'failed') return { kind: 'failed', failure: decision };
      if (decision.kind === 'refused') {
        const { message } = decision;
        return { kind: 'failed', failure: { kind: 'failed', code: 'job_not_startable', message } };
      }
      const work: WorkInProgress = {
        tenant,
        rules,
        at,
        jobs: new Map([[job.id, job]]),
        traceparent: span?.traceparent,
      };
      const event = { type: 'xstate.init', payload: input };
      const { address } = currentCaller() ?? {};
      const traceparent = span?.traceparent;
      const cause = { event, actor, internal: true, facts: {}, at, address, traceparent };
      const transition = applyTransition(job, decision, cause, ids);
      const failure = await cascade.follow(work, job, decision);
      if (failure) return { kind: 'failed', failure };
      const answer = answerOf(job, transition, decision);
      if (idempotency) job.change.answer = stored(version.workflowId, idempotency, answer);
      if (await commit(work)) return { kind: 'committed', answer, replayed: false };
      if (key !== null) await refuseTakenKey(tenant, version.workflowId, key);
    }
    throw contended();
  }

  async function refuseTakenKey(tenant: Tenant, workflowId: string, key: string): Promise<void> {
    const jobId = await holderOfKey(tenant, workflowId, key);
    if (jobId === null) return;
    throw new PawlError('Conflict', 'job_key_taken', `Job ${jobId} is live and holds the key "${key}".`, {
      details: { job_id: jobId },
    });
  }

  function send(tenant: Tenant, request: SendRequest): Promise<Outcome> {
    const of = { tenant, jobId: request.jobId, parent: request.span?.traceparent };
    return traced(`send ${request.event.type}`, of, (span) => sendInTurn(tenant, { ...request, span }));
  }

  function sendInTurn(tenant: Tenant, request: SendRequest): Promise<Outcome> {
    return inTurn(request.jobId, async () => {
      const { idempotency } = request;
      for (let race = 0; race < RACES_MAX; race++) {
        if (idempotency) {
          const earlier = await earlierAnswer(tenant, request.jobId, idempotency);
          if (earlier) return earlier;
        }
        // Memory may lag behind: good enough to decide on, as the commit checks, but not to refuse on.
        const remembered = race === 0 ? loader.remembered(tenant, request.jobId) : undefined;
        const outcome =
          (remembered && (await attempt(tenant, request, remembered, 'remembered'))) ??
          (await attempt(tenant, request, await existing(tenant, request.jobId), 'fresh'));
        if (outcome) return outcome;
      }
      throw contended();
    });
  }

  /** @returns null when it must be tried again on a fresh row */
  async function attempt(
    tenant: Tenant,
    { event, actor, idempotency, expectedRevision, span }: SendRequest,
    row: JobRow,
    kind: 'remembered' | 'fresh',
  ): Promise<Outcome | null> {
    if (expectedRevision !== null && expectedRevision !== row.revision) {
      if (kind === 'remembered') return null;
      throw new PawlError(
        'Conflict',
        'stale_revision',
        `The job is at revision ${row.revision}, not ${expectedRevision}. Read it again, then decide.`,
        { details: { revision: row.revision } },
      );
    }
    const version = await versions.get(tenant, row.workflowVersionId);
    const rules = await notificationRules.of(tenant);
    const at = clock.now().toISOString();
    const job = workOn(tenant, row, version, rules, at, null);
    const facts = await factsFor(job, event.type);
    const decision = decideOn(job, event, facts);
    if (decision.kind !== 'taken') {
      if (kind === 'remembered') return null;
      if (decision.kind === 'refused') return { kind: 'refused', refused: decision, job: row };
      await noteFailure(job, event, actor, decision);
      return { kind: 'failed', failure: decision };
    }
    const traceparent = span?.traceparent;
    const work: WorkInProgress = { tenant, rules, at, jobs: new Map([[job.id, job]]), traceparent };
    const { address } = currentCaller() ?? {};
    const cause = { event, actor, internal: false, facts, at, address, traceparent };
    const transition = applyTransition(job, decision, cause, ids);
    const failure = await cascade.follow(work, job, decision);
    if (failure) {
      if (kind === 'remembered') return null;
      await noteFailure(job, event, actor, failure);
      return { kind: 'failed', failure };
    }
    const answer = answerOf(job, transition, decision);
    if (idempotency) job.change.answer = stored(job.id, idempotency, answer);
    return (await commit(work)) ? { kind: 'committed', answer, replayed: false } : null;
  }

  async function existing(tenant: Tenant, jobId: string): Promise<JobRow> {
    const row = await loader.fresh(tenant, jobId);
    if (!row) throw new PawlError('NotFound', 'job_not_found', 'There is no such job.');
    return row;
  }

  async function factsFor(job: WorkingJob, eventType: string): Promise<Facts> {
    const wanted = job.version.compiled.factsFor(stateValue(job), eventType);
    return wanted.length === 0 ? {} : loader.facts(job.tenant, job.id, wanted);
  }

  /** An event that broke an expression changes nothing, but the audit says that it was tried. */
  async function noteFailure(
    job: WorkingJob,
    event: JobEvent,
    actor: string,
    failure: UnitFailure,
  ): Promise<void> {
    const data: JsonObject = { event, code: failure.code, message: failure.message };
    if (failure.pointer !== undefined) data.pointer = failure.pointer;
    const entry = {
      tenantId: job.tenant.id,
      subjectId: job.id,
      id: ids.next(),
      kind: 'event_failed',
      actor,
      data,
    };
    await db.once([job.tenant.id], (sql) => appendLog(sql, job.tenant.shard, entry));
  }

  async function commit({ tenant, jobs }: WorkInProgress): Promise<boolean> {
    const changed = [...jobs.values()];
    if (changed.some(({ change }) => change.queued.length > 0)) await quotas.requireRoom(tenant);
    let moved = false;
    try {
      moved = await committer.commit({ tenant, changes: changed.map((job) => job.change) });
    } catch (error) {
      // Another request with the same Idempotency-Key, or another job with the same key, was first: begin again and find it.
      if (!TAKEN_MEANWHILE.has(tableThatHasItAlready(error))) throw error;
    } finally {
      if (!moved) {
        for (const job of changed) loader.forget(tenant, job.id);
        notificationRules.doubt(tenant.id);
      }
    }
    for (const job of moved ? changed : []) {
      loader.remember(rowOf(job));
      onMoved({ tenantId: tenant.id, jobId: job.id });
    }
    return moved;
  }

  function cancel(
    tenant: Tenant,
    { jobId, actor, reason }: { jobId: string; actor: string; reason: string },
  ) {
    return inTurn(jobId, async () => {
      for (let race = 0; race < RACES_MAX; race++) {
        const row = await existing(tenant, jobId);
        if (row.status !== 'ACTIVE') {
          throw new PawlError(
            'Conflict',
            'job_not_active',
            `The job is ${row.status} already: there is nothing to cancel.`,
          );
        }
        const version = await versions.get(tenant, row.workflowVersionId);
        const rules = await notificationRules.of(tenant);
        const at = clock.now().toISOString();
        const job = workOn(tenant, row, version, rules, at, null);
        const { change } = job;
        setStatus(job, 'CANCELLED');
        job.revision = change.revision = row.revision + 1;
        change.timersCancelled = 'all';
        const { currentState } = row;
        const end = { id: ids.next(), seq: job.revision, from: currentState, to: currentState, at };
        change.log.push({
          id: end.id,
          kind: 'cancelled',
          seq: job.revision,
          actor,
          data: { ...currentCaller(), reason, state: currentState },
        });
        const event = { type: 'cancelled', payload: { reason } };
        tellSubscribers(job, end, { event, context: contextOf(row), cancelled: true }, ids);
        if (await commit({ tenant, rules, at, jobs: new Map([[job.id, job]]) })) return rowOf(job);
      }
      throw contended();
    });
  }

  async function fire(timer: DueTimer): Promise<void> {
    const tenant = await tenants.get(timer.tenantId);
    if (!tenant) return;
    await inTurn(timer.jobId, async () => {
      for (let race = 0; race < RACES_MAX; race++) {
        if (await fireOnce(tenant, timer)) return;
      }
      // Left to the next time its lease ends.
    }).catch((error) => {
      // So is what a quota holds up: it goes when there is room again.
      if (!isQuotaExceeded(error)) throw error;
    });
  }

  /** @returns false when the job moved meanwhile */
  async function fireOnce(tenant: Tenant, timer: DueTimer): Promise<boolean> {
    const { type, traceparent, set_in: setIn } = timer.event;
    // What an action came to goes on with the trace of the action. Time that passes begins a new one, as it may be months,
    // and names the one in which it was set.
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
    const version = await versions.get(tenant, row.workflowVersionId);
    const rules = await notificationRules.of(tenant);
    const at = clock.now().toISOString();
    const job = workOn(tenant, row, version, rules, at, timer.id);
    const facts = await factsFor(job, event.type);
    const decision = decideOn(job, event, facts, true);
    const actor = typeof runId === 'string' ? `action:${runId}` : 'timer';
    if (decision.kind !== 'taken') {
      if (decision.kind === 'failed') await noteFailure(job, event, actor, decision);
      await discard(tenant, timer);
      return true;
    }
    const traceparent = span?.traceparent;
    const work: WorkInProgress = { tenant, rules, at, jobs: new Map([[job.id, job]]), traceparent };
    applyTransition(job, decision, { event, actor, internal: true, facts, at, traceparent }, ids);
    const failure = await cascade.follow(work, job, decision);
    if (failure) {
      await noteFailure(job, event, actor, failure);
      await discard(tenant, timer);
      return true;
    }
    if (await commit(work)) return true;
    // Lost the race, or the timer was cancelled or fired by another: the fresh row tells which.
    return !(await stillSet(tenant, timer));
  }

  async function outcomeIsAwaited(tenant: Tenant, jobId: string, runId: string): Promise<boolean> {
    const of = { tenantId: tenant.id, jobId, runId };
    const [row] = await db.once<{ latest: boolean }[]>([tenant.id], (sql) =>
      isLatestInvocation(sql, tenant.shard, of),
    );
    return row?.latest ?? false;
  }

  async function stillSet(tenant: Tenant, { jobId, id }: DueTimer): Promise<boolean> {
    const rows = await db.once(
      [tenant.id],
      (sql) => sql`
        select from timers
        where shard = ${tenant.shard} and tenant_id = ${tenant.id} and job_id = ${jobId} and id = ${id}`,
    );
    return rows.length > 0;
  }

  const discard = (tenant: Tenant, timer: DueTimer) =>
    db.once([tenant.id], (sql) => deleteTimer(sql, { ...timer, shard: tenant.shard }));

  return { start, send, cancel, migrate, fire, reactions, loader, versions, notificationRules };
}

/** Its context, inside the persisted snapshot. */
function contextOf({ snapshot }: JobRow): JsonObject {
  const { context } = snapshot as JsonObject;
  return isJsonObject(context) ? context : {};
}

function stored(subjectId: string, { key, requestHash }: Idempotency, answer: TransitionAnswer) {
  return { subjectId, key, requestHash, status: 200, answer: answer as unknown as Json };
}

function rowOf(job: WorkingJob): JobRow {
  const at = new Date(job.change.at);
  return {
    tenantId: job.tenant.id,
    id: job.id,
    workflowId: job.version.workflowId,
    workflowVersionId: job.version.id,
    key: job.key,
    parentJobId: job.parentJobId,
    status: job.status,
    currentState: job.currentState,
    snapshot: job.snapshot,
    revision: job.revision,
    createdAt: new Date(job.createdAt),
    updatedAt: at,
    finishedAt: job.status === 'ACTIVE' ? null : at,
  };
}

function contended(): PawlError {
  return new PawlError(
    'Conflict',
    'job_contended',
    'Too many others were moving this job at once. Try again.',
  );
}
