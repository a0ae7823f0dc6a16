// What an inbound event sets off: the jobs its triggers start and the events they send, decided together and committed
// with the event's own status. All of it happens or none.
import { type InboundMark, stillClaimed } from '../db/statements/inbound-marks.ts';
import { findKeyHolders } from '../db/statements/job-keys.ts';
import { findPublished, type PublishedRow } from '../db/statements/workflow-versions.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JobEvent, Taken } from '../engine/decision.ts';
import { isPawlError, PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Span } from '../telemetry/span.ts';
import { applyTransition, type Cause } from './apply-transition.ts';
import { beginJob } from './beginning.ts';
import type { JobParts } from './parts.ts';
import { isQuotaExceeded } from './quotas.ts';
import { endsIn, liveIn, type UnitFailure, type WorkInProgress } from './work-in-progress.ts';
import { decideOn, type WorkingJob } from './working-job.ts';

/** What one trigger wants. */
export type Intent = StartIntent | SendIntent;

type StartIntent = { kind: 'start_job'; workflow: string; input: JsonObject; key: string | null };
/** To the live job that holds the key: of this workflow, or of any when it is null. */
type SendIntent = { kind: 'send_event'; workflow: string | null; key: string; event: JobEvent };

/**
 * What became of it, as it is stored and shown. `no_effect`: nothing is wrong with the trigger, there was nothing for it to
 * do.
 */
export type Effect =
  | { effect: 'job_started'; job_id: string; workflow_id: string; state: string }
  | { effect: 'event_sent'; job_id: string; event: string; from: string; to: string }
  | { effect: 'no_effect'; code: string; message: string; job_id: string | null };

export type Decided =
  | { kind: 'decided'; effects: Effect[] }
  /** The intent at this place cannot be carried out, so none was. */
  | { kind: 'failed'; at: number; code: string; message: string; pointer?: string };

export type Reaction =
  | Decided
  | { kind: 'committed' }
  /** Another worker has claimed the event meanwhile. Nothing was done here. */
  | { kind: 'overtaken' };

export interface ReactRequest {
  actor: string;
  event: { id: string; attempt: number };
  intents: readonly Intent[];
  /** Of the sender, where it sent one. */
  traceparent?: string | undefined;
  /** What is written to the event in the same commit. */
  mark(effects: readonly Effect[]): InboundMark;
}

export interface Reactions {
  /** Commits what the intents come to, and the mark with it. Where no job changes nothing is written. @throws PawlError `job_contended` */
  react(tenant: Tenant, request: ReactRequest): Promise<Reaction>;
  /** The same decisions without a commit. */
  preview(tenant: Tenant, intents: readonly Intent[]): Promise<Decided>;
}

type By = Pick<Cause, 'actor' | 'inboundEventId'>;
/** Where the event of an intent goes; null for an intent that starts a job. */
type Address = { workflowId: string | null; jobIds: readonly string[] } | null;

export function createReactions(parts: JobParts): Reactions {
  const {
    db,
    versions,
    notificationRules,
    cascade,
    clock,
    ids,
    inTurn,
    racesMax,
    factsFor,
    holderOfKey,
    commit,
    tracing,
  } = parts;

  /** One span for all that the event sets off, from the first decision to the commit. */
  async function react(tenant: Tenant, request: ReactRequest): Promise<Reaction> {
    const attributes = { 'pawl.tenant_id': tenant.id, 'pawl.inbound_event_id': request.event.id };
    const span = tracing?.begin('react', { kind: 'internal', parent: request.traceparent, attributes });
    try {
      const reaction = await reactOnce(tenant, request, span);
      span?.end(reaction.kind === 'failed' ? reaction.code : undefined);
      return reaction;
    } catch (error) {
      span?.end(String(error));
      throw error;
    }
  }

  async function reactOnce(
    tenant: Tenant,
    { actor, event, intents, mark }: ReactRequest,
    span: Span | undefined,
  ): Promise<Reaction> {
    const traceparent = span?.traceparent;
    for (let race = 0; race < racesMax; race++) {
      const addresses = await Promise.all(intents.map((intent) => addressOf(tenant, intent)));
      // Sorted, so that two events for the same jobs do not wait for each other.
      const jobIds = [...new Set(addresses.flatMap((address) => address?.jobIds ?? []))].sort();
      const outcome = await inTurns(jobIds, async (): Promise<Reaction | null> => {
        const work = { ...(await begin(tenant)), traceparent };
        const by = { actor, inboundEventId: event.id };
        const decided = await decide(work, intents, addresses, by);
        const [first] = work.jobs.values();
        if (decided.kind === 'failed' || !first) return decided;
        first.change.inbound = mark(decided.effects);
        try {
          return (await commit(work)) ? { kind: 'committed' } : null;
        } catch (error) {
          // The event is kept as FAILED, to be replayed when there is room again.
          if (isQuotaExceeded(error))
            return { kind: 'failed', at: 0, code: error.code, message: error.message };
          throw error;
        }
      });
      if (outcome !== null) return outcome;
      const claim = { tenantId: tenant.id, ...event };
      const [held] = await db.once([tenant.id], (sql) => stillClaimed(sql, tenant.shard, claim));
      if (!held) return { kind: 'overtaken' };
    }
    throw new PawlError('Conflict', 'job_contended', 'Too many others were moving its jobs at once.');
  }

  async function preview(tenant: Tenant, intents: readonly Intent[]): Promise<Decided> {
    const work = await begin(tenant);
    const addresses = await Promise.all(intents.map((intent) => addressOf(tenant, intent)));
    return decide(work, intents, addresses, { actor: 'preview' });
  }

  /** The rules are read first, so that they are no older than anything decided by them. */
  async function begin(tenant: Tenant): Promise<WorkInProgress> {
    const rules = await notificationRules.of(tenant);
    return { tenant, rules, at: clock.now().toISOString(), jobs: new Map() };
  }

  async function addressOf(tenant: Tenant, intent: Intent): Promise<Address> {
    if (intent.kind === 'start_job') return null;
    const { key, workflow } = intent;
    if (workflow === null) {
      const of = { tenantId: tenant.id, key };
      const rows = await db.once<{ jobId: string }[]>([tenant.id], (sql) =>
        findKeyHolders(sql, tenant.shard, of),
      );
      return { workflowId: null, jobIds: rows.map(({ jobId }) => jobId) };
    }
    const [row] = await db.once<PublishedRow[]>([tenant.id], (sql) =>
      findPublished(sql, tenant.shard, tenant.id, workflow),
    );
    const jobId = row ? await holderOfKey(tenant, row.workflowId, key) : null;
    return { workflowId: row?.workflowId ?? null, jobIds: jobId === null ? [] : [jobId] };
  }

  function inTurns<T>([first, ...rest]: readonly string[], run: () => Promise<T>): Promise<T> {
    return first === undefined ? run() : inTurn(first, () => inTurns(rest, run));
  }

  async function decide(
    work: WorkInProgress,
    intents: readonly Intent[],
    addresses: readonly Address[],
    by: By,
  ): Promise<Decided> {
    const effects: Effect[] = [];
    for (const [at, intent] of intents.entries()) {
      const carryOut = () =>
        intent.kind === 'start_job' ? start(work, intent, by) : send(work, intent, addresses[at] ?? null, by);
      try {
        effects.push(await carryOut());
      } catch (error) {
        if (!(error instanceof Impossible)) throw error;
        const { code, message, pointer } = error;
        return { kind: 'failed', at, code, message, ...(pointer !== undefined && { pointer }) };
      }
    }
    return { kind: 'decided', effects };
  }

  async function start(work: WorkInProgress, { workflow, input, key }: StartIntent, by: By): Promise<Effect> {
    const version = await versions.published(work.tenant, workflow).catch((error) => {
      throw isPawlError(error) ? new Impossible(error.code, error.message) : error;
    });
    const { workflowId } = version;
    const holder = key === null ? null : await cascade.holderIn(work, workflowId, key);
    if (holder !== null) {
      return nothing('job_key_taken', `Job ${holder} is live and holds the key "${key}".`, holder);
    }
    const begun = beginJob(work, { version, input, key, parentJobId: null }, by, ids);
    if (begun.kind === 'failed') throw impossible(begun);
    const { job, decision } = begun;
    await follow(work, job, decision);
    return { effect: 'job_started', job_id: job.id, workflow_id: workflowId, state: job.currentState };
  }

  async function send(
    work: WorkInProgress,
    { workflow, key, event }: SendIntent,
    address: Address,
    by: By,
  ): Promise<Effect> {
    const { workflowId = null } = address ?? {};
    if (workflow !== null && workflowId === null) {
      throw new Impossible('workflow_not_found', `There is no workflow "${workflow}".`);
    }
    // An earlier trigger of the same event may have started it, or ended the one that held the key.
    const here = liveIn(work, key, workflowId);
    const jobIds = (address?.jobIds ?? []).filter((id) => !endsIn(work, id));
    if (jobIds.length + (here && !jobIds.includes(here.id) ? 1 : 0) > 1) {
      const message = `Several live jobs hold the key "${key}": say in the trigger which workflow is meant.`;
      throw new Impossible('job_key_ambiguous', message);
    }
    const job = here ?? (jobIds[0] === undefined ? null : await cascade.jobIn(work, jobIds[0]));
    if (job === null) return nothing('job_not_found', `No live job holds the key "${key}".`, null);
    const { at, traceparent } = work;
    const facts = await factsFor(job, event.type);
    const from = job.currentState;
    const decision = decideOn(job, event, facts);
    if (decision.kind === 'refused') return nothing(decision.code, decision.message, job.id);
    if (decision.kind === 'failed') throw impossible(decision);
    work.jobs.set(job.id, job);
    applyTransition(job, decision, { ...by, event, internal: false, facts, at, traceparent }, ids);
    await follow(work, job, decision);
    return { effect: 'event_sent', job_id: job.id, event: event.type, from, to: job.currentState };
  }

  async function follow(work: WorkInProgress, job: WorkingJob, taken: Taken): Promise<void> {
    const failure = await cascade.follow(work, job, taken);
    if (failure) throw impossible(failure);
  }

  return { react, preview };
}

/** Carries a failure of `Decided` from wherever it is found. */
class Impossible extends Error {
  readonly code: string;
  readonly pointer: string | undefined;
  constructor(code: string, message: string, pointer?: string) {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}

const impossible = ({ code, message, pointer }: UnitFailure) => new Impossible(code, message, pointer);

const nothing = (code: string, message: string, jobId: string | null): Effect => ({
  effect: 'no_effect',
  code,
  message,
  job_id: jobId,
});
