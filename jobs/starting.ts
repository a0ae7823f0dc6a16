// A job begins: in the initial state of what is published, with all that follows from entering it.
import { currentCaller } from '../db/caller.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Span } from '../telemetry/span.ts';
import { answerOf, type Outcome } from './answer.ts';
import { beginJob } from './beginning.ts';
import { answerToStore, findEarlierAnswer, type Idempotency } from './earlier-answers.ts';
import type { JobParts } from './parts.ts';
import { traced } from './traced.ts';
import type { WorkInProgress } from './work-in-progress.ts';

export interface StartRequest {
  workflow: string;
  input: JsonObject;
  key: string | null;
  actor: string;
  idempotency: Idempotency | null;
  /** What the transition is a part of, where traces are made. */
  span?: Pick<Span, 'traceparent'> | undefined;
}

/** @throws PawlError `workflow_not_found`, `workflow_not_published`, `job_key_taken`, `idempotency_key_reused`, `job_contended`, `quota_exceeded` */
export type StartJob = (tenant: Tenant, request: StartRequest) => Promise<Outcome>;

export function createStarting(parts: JobParts): StartJob {
  const { db, versions, notificationRules, cascade, clock, ids, racesMax } = parts;
  const { holderOfKey, commit, contended, tracing } = parts;

  function start(tenant: Tenant, request: StartRequest): Promise<Outcome> {
    const of = { name: `start ${request.workflow}`, tenant, parent: request.span?.traceparent };
    return traced(tracing, of, (span) => startOnce(tenant, request, span));
  }

  async function startOnce(tenant: Tenant, request: StartRequest, span: Span | undefined): Promise<Outcome> {
    const { input, key, actor, idempotency } = request;
    for (let race = 0; race < racesMax; race++) {
      const workflow = await versions.workflow(tenant, request.workflow);
      if (idempotency) {
        const earlier = await findEarlierAnswer(db, tenant, workflow.id, idempotency);
        if (earlier) return { kind: 'committed', answer: earlier, replayed: true };
      }
      const version = await workflow.published();
      const rules = await notificationRules.of(tenant);
      const at = clock.now().toISOString();
      const traceparent = span?.traceparent;
      const work: WorkInProgress = { tenant, rules, at, jobs: new Map(), traceparent };
      const { address } = currentCaller() ?? {};
      const begun = beginJob(work, { version, input, key, parentJobId: null }, { actor, address }, ids);
      if (begun.kind === 'failed') return { kind: 'failed', failure: begun };
      const { job, transition, decision } = begun;
      const failure = await cascade.follow(work, job, decision);
      if (failure) return { kind: 'failed', failure };
      const answer = answerOf(job, transition);
      if (idempotency) job.change.answer = answerToStore(version.workflowId, idempotency, answer);
      if (await commit(work)) return { kind: 'committed', answer, replayed: false };
      if (key !== null) await refuseTakenKey(tenant, version.workflowId, key, idempotency);
    }
    throw contended();
  }

  async function refuseTakenKey(
    tenant: Tenant,
    workflowId: string,
    key: string,
    idempotency: Idempotency | null,
  ): Promise<void> {
    const jobId = await holderOfKey(tenant, workflowId, key);
    if (jobId === null) return;
    // This same request, sent twice at once, may be what started the holder: then its answer is there to be found.
    if (idempotency && (await findEarlierAnswer(db, tenant, workflowId, idempotency))) return;
    throw new PawlError('Conflict', 'job_key_taken', `Job ${jobId} is live and holds the key "${key}".`, {
      details: { job_id: jobId },
    });
  }

  return start;
}
