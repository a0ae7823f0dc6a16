// A job is sent an event: decided on what is remembered of it, or on a fresh row, and committed if nobody was faster.
import { currentCaller } from '../db/caller.ts';
import type { JobRow } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JobEvent } from '../engine/decision.ts';
import { PawlError } from '../engine/errors.ts';
import type { Span } from '../telemetry/span.ts';
import { answerOf, type Outcome } from './answer.ts';
import { applyTransition } from './apply-transition.ts';
import { answerToStore, findEarlierAnswer, type Idempotency } from './earlier-answers.ts';
import type { JobParts } from './parts.ts';
import { traced } from './traced.ts';
import type { WorkInProgress } from './work-in-progress.ts';
import { decideOn, workOn } from './working-job.ts';

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

/** @throws PawlError `job_not_found`, `stale_revision`, `idempotency_key_reused`, `job_contended`, `quota_exceeded` */
export type SendEvent = (tenant: Tenant, request: SendRequest) => Promise<Outcome>;

export function createSending(parts: JobParts): SendEvent {
  const { db, loader, versions, notificationRules, cascade, clock, ids, inTurn, racesMax } = parts;
  const { existing, factsFor, noteFailure, commit, contended, tracing } = parts;

  function send(tenant: Tenant, request: SendRequest): Promise<Outcome> {
    const { jobId, event } = request;
    const of = { name: `send ${event.type}`, tenant, jobId, parent: request.span?.traceparent };
    return traced(tracing, of, (span) => sendInTurn(tenant, { ...request, span }));
  }

  function sendInTurn(tenant: Tenant, request: SendRequest): Promise<Outcome> {
    return inTurn(request.jobId, async () => {
      const { idempotency } = request;
      for (let race = 0; race < racesMax; race++) {
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
    const job = workOn({ tenant, rules, at }, row, version);
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
    const answer = answerOf(job, transition);
    if (idempotency) job.change.answer = answerToStore(job.id, idempotency, answer);
    return (await commit(work)) ? { kind: 'committed', answer, replayed: false } : null;
  }

  return send;
}
