// The engine meets the database: starting a job, sending it an event, firing its timers, cancelling it. Each is decided
// in memory and committed in one statement guarded by the job's revision; who loses the race decides again.

import { currentCaller } from '../db/caller.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../db/clock.ts';
import { appendLog } from '../db/statements/append-log.ts';
import { findKeyHolder } from '../db/statements/job-keys.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { DueTimer } from '../db/statements/timers.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import { tableThatHasItAlready } from '../db/violated-constraint.ts';
import type { Facts, JobEvent, Refused } from '../engine/decision.ts';
import { PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { initialDecision } from '../engine/transition.ts';
import type { Span, Tracing } from '../telemetry/span.ts';
import { answerOf, type TransitionAnswer } from './answer.ts';
import { type CancelJob, createCancellation } from './cancellation.ts';
import { createCascade, stateValue, type UnitFailure, type WorkInProgress } from './cascade.ts';
import { type CommitMeters, createCommitter } from './committer.ts';
import { answerToStore, findEarlierAnswer, type Idempotency } from './earlier-answers.ts';
import { createFiring } from './firing.ts';
import { rowOf } from './job-row.ts';
import { createJobLoader, type JobLoader } from './loader.ts';
import { createMigration, type MigrateJob } from './migration.ts';
import { createNotificationRules, type NotificationRules } from './notification-rules.ts';
import { createQuotas } from './quotas.ts';
import { createReactions, type Reactions } from './reactions.ts';
import { createTurns } from './turns.ts';
import { createVersions, type Versions } from './versions.ts';
import {
  applyTransition,
  decideOn,
  type Ids,
  jobFacts,
  type WorkingJob,
  workOn,
  workOnNew,
} from './working-job.ts';

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
  readonly cancel: CancelJob;
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

  const races = { inTurn, racesMax: RACES_MAX };
  const fire = createFiring({
    db,
    tenants,
    loader,
    versions,
    notificationRules,
    cascade,
    clock,
    ids,
    ...races,
    factsFor,
    noteFailure,
    commit,
    tracing,
  });
  const moving = { versions, notificationRules, clock, ids, ...races, existing, commit, contended };
  const cancel = createCancellation(moving);
  const migrate = createMigration({ ...moving, db });

  async function holderOfKey(tenant: Tenant, workflowId: string, key: string): Promise<string | null> {
    const of = { tenantId: tenant.id, workflowId, key };
    const [row] = await db.once<{ jobId: string }[]>([tenant.id], (sql) =>
      findKeyHolder(sql, tenant.shard, of),
    );
    return row?.jobId ?? null;
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
        const earlier = await findEarlierAnswer(db, tenant, version.workflowId, idempotency);
        if (earlier) return { kind: 'committed', answer: earlier, replayed: true };
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
      if (idempotency) job.change.answer = answerToStore(version.workflowId, idempotency, answer);
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
          const earlier = await findEarlierAnswer(db, tenant, request.jobId, idempotency);
          if (earlier) return { kind: 'committed', answer: earlier, replayed: true };
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
    if (idempotency) job.change.answer = answerToStore(job.id, idempotency, answer);
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

  return { start, send, cancel, migrate, fire, reactions, loader, versions, notificationRules };
}

function contended(): PawlError {
  return new PawlError(
    'Conflict',
    'job_contended',
    'Too many others were moving this job at once. Try again.',
  );
}
