// The worker's story. One claimed list, in order: when → render → connection → attempt → record → next.
// Action k+1 is fired only after k's record has committed.
import type { Ids } from '../db/new-id.ts';
import type { NewDelivery } from '../db/statements/deliver.ts';
import type { RunRow } from '../db/statements/load-runs.ts';
import type { AttemptRecord, OutcomeRecord } from '../db/statements/record-outcomes.ts';
import type { Tenant } from '../db/tenants.ts';
import type { QueuedAction } from '../engine/compile.ts';
import type { JsonObject } from '../engine/json.ts';
import { isSafeToRepeat } from '../integrations/build-request.ts';
import { connectionRule } from '../integrations/connection-rule.ts';
import type { Attempted, AttemptRequest } from './attempt.ts';
import { renderCall } from './call.ts';
import type { PreparedDelivery } from './deliveries.ts';
import type { Failure } from './failure-notices.ts';
import type { Limits, Place } from './limits.ts';
import { type List, moveOnly, recordOf } from './list.ts';
import { misconfigured, type Outcome, type OutcomeRules, stepAfter } from './outcome.ts';
import { isEndpoint, providerOf, type Sealed, type SealedEndpoint } from './sealed.ts';

export interface RunnerOptions {
  attempt(request: AttemptRequest, list: List): Promise<Attempted>;
  record(record: OutcomeRecord): Promise<boolean>;
  connection(tenant: Tenant, run: RunRow): Promise<Sealed | null>;
  /** For a run that is a delivery. */
  delivery(list: List, run: RunRow): Promise<PreparedDelivery>;
  endpointAttempted(list: List, endpoint: SealedEndpoint, outcome: Outcome): Promise<void>;
  /** Deliveries that tell subscribers of a failure, to be recorded with it. */
  failureNotices(failure: Failure): Promise<NewDelivery[]>;
  /** What the templates of this run see as `actions`. */
  facts(list: List, run: RunRow): Promise<JsonObject>;
  flag(list: List, connection: Sealed, why: string): Promise<void>;
  limits: Limits;
  ids: Ids;
  /** Deliveries were recorded. */
  onDeliveries(shard: number): void;
  /** A list was given back that only other workers may go on with now. */
  onLeftToOthers(shard: number): void;
  /** Events for an `invoke` were recorded. */
  onOutcomeEvents(): void;
  random(): number;
  /** True once the worker is stopping: what has not started goes back. */
  stopping(): boolean;
}

export interface Runner {
  /** Resolves when the list is over, has been given back, or was lost. */
  walk(list: List): Promise<void>;
}

type Fired =
  | { kind: 'over'; outcome: Outcome; attempt: AttemptRecord | null; safeToRepeat: boolean }
  | { kind: 'wait'; waitMs: number; forOthers: boolean }
  | { kind: 'lost' };

export function createRunner(options: RunnerOptions): Runner {
  const { limits, ids, random } = options;

  async function walk(list: List): Promise<void> {
    for (const [index, run] of list.runs.entries()) {
      const mayGoOn = await take(list, index, run);
      if (!mayGoOn) return;
    }
  }

  /** @returns whether the list goes on with the next run */
  async function take(list: List, index: number, run: RunRow): Promise<boolean> {
    const { action, refusal } =
      run.messageId === null
        ? { action: list.version.compiled.actionAt(run.pointer), refusal: null }
        : await options.delivery(list, run);
    const neverEnded = index === 0 ? list.claimed.attemptId : null;
    const fired =
      neverEnded !== null
        ? await neverRecorded(list, run, action, neverEnded)
        : options.stopping()
          ? LEFT_TO_OTHERS
          : refusal !== null || action === null
            ? over(refusal ?? NOTHING_TO_SAY)
            : await fireInLane(list, run, action);
    if (fired.kind === 'lost') return false;
    if (fired.kind === 'wait') {
      await options.record(
        moveOnly(list, {
          kind: 'release',
          nextOrdinal: run.ordinal,
          connectionId: run.connectionId,
          delayMs: fired.waitMs,
        }),
      );
      if (fired.forOthers) options.onLeftToOthers(list.claimed.shard);
      return false;
    }
    const attempts = fired.attempt?.number ?? run.attempts;
    const step = stepAfter(fired.outcome, action ?? NEVER_AGAIN, {
      attempt: attempts,
      safeToRepeat: fired.safeToRepeat,
      random: random(),
    });
    const record = recordOf(list, index, run, { ...fired, attempts }, { step, ids });
    // The worker that started it may live on and have metered the attempt, though it lost the list.
    if (neverEnded !== null) record.again = true;
    if (step.status === 'FAILED') record.deliveries = await noticesOf(list, run, record, fired.outcome);
    // Handing a list back instead of walking on is how a stopping worker ends in time.
    if (record.queue.kind === 'keep' && options.stopping())
      record.queue = { ...record.queue, kind: 'release', delayMs: 0 };
    const held = await options.record(record);
    if (record.outcomeEvents.length > 0) options.onOutcomeEvents();
    if (record.deliveries && record.deliveries.length > 0) options.onDeliveries(record.shard);
    return held && record.queue.kind === 'keep';
  }

  /** A delivery that fails is not told to anybody: that would be a delivery too, without end. */
  async function noticesOf(
    { tenant, version }: List,
    run: RunRow,
    { attempt, log, runs }: OutcomeRecord,
    outcome: Outcome,
  ): Promise<NewDelivery[]> {
    const entryId = attempt?.id ?? log[0]?.id;
    if (run.messageId !== null || entryId === undefined || !('code' in outcome)) return [];
    const { code, message } = outcome;
    const attempts = runs[0]?.attempts ?? 0;
    return options.failureNotices({ tenant, version, run, entryId, attempts, code, message });
  }

  /** It leaves its lane as soon as it is answered: recording holds up no other request. */
  async function fireInLane(list: List, run: RunRow, action: QueuedAction): Promise<Fired> {
    const { shard, tenantId } = list.claimed;
    const { connectionId, toEndpoint } = run;
    const place = limits.enter({ shard, tenantId, connectionId, toEndpoint });
    try {
      return await fire(list, run, action, place);
    } finally {
      place.leave();
    }
  }

  async function fire(list: List, run: RunRow, action: QueuedAction, place: Place): Promise<Fired> {
    const scope = await scopeOf(list, run, action);
    if (action.when) {
      const wanted = action.when.evaluate(scope);
      if (!wanted.ok)
        return over(misconfigured('when_failed', `"when" cannot be evaluated: ${wanted.message}`));
      if (wanted.value !== true) {
        const message = `"when" is ${JSON.stringify(wanted.value)}: ${action.when.source}`;
        return over({ kind: 'skipped', code: 'when_false', message });
      }
    }
    const rendered = renderCall(action, scope);
    if (!rendered.ok) return over(misconfigured(rendered.code, rendered.message));
    const connection = await options.connection(list.tenant, run);
    const blocked = whyNotThrough(run, connection);
    if (blocked || !connection) return over(blocked ?? NOTHING_TO_SAY);
    const provider = providerOf(connection);
    if (!provider)
      return over(misconfigured('unknown_provider', `There is no provider "${connection.provider}".`));
    const admission = await place.admit(connectionRule(connection.settings, provider.limits));
    if (admission.kind === 'wait') return admission;
    const safeToRepeat = isSafeToRepeat(provider, rendered.call);
    const attempted = await options.attempt(
      {
        tenant: list.tenant,
        runId: run.id,
        jobId: run.jobId,
        name: run.name,
        workflowId: list.version.workflowId,
        ordinal: run.ordinal,
        number: run.attempts + 1,
        connection,
        provider,
        call: rendered.call,
        timeoutMs: action.timeoutMs,
        safeToRepeat,
        traceparent: typeof run.scope.traceparent === 'string' ? run.scope.traceparent : null,
      },
      list,
    );
    if (attempted.kind === 'lost') return attempted;
    if (attempted.kind === 'wait') return { kind: 'wait', waitMs: attempted.waitMs, forOthers: false };
    if (attempted.kind === 'not_started') return over(attempted.outcome);
    const { outcome, attempt, reached, restMs } = attempted;
    const error = 'code' in outcome ? { code: outcome.code, message: outcome.message } : {};
    place.met({ reached, restMs, error });
    if (isEndpoint(connection)) await options.endpointAttempted(list, connection, outcome);
    if (attempted.flag !== null) await options.flag(list, connection, attempted.flag);
    return { kind: 'over', outcome, attempt, safeToRepeat };
  }

  /** A worker died between starting this attempt and recording it: the request may have arrived. */
  async function neverRecorded(
    list: List,
    run: RunRow,
    action: QueuedAction | null,
    attemptId: string,
  ): Promise<Fired> {
    const connection = await options.connection(list.tenant, run);
    const provider = connection && providerOf(connection);
    const message = 'The worker died after this attempt was started and before its outcome was recorded.';
    const outcome: Outcome = { kind: 'unknown', code: 'worker_died', message };
    const number = run.attempts + 1;
    const log = {
      action_run_id: run.id,
      attempt_id: attemptId,
      name: run.name,
      attempt: number,
      outcome: 'unknown',
      code: outcome.code,
      message,
    };
    const attempt: AttemptRecord = {
      id: attemptId,
      runId: run.id,
      number,
      outcome: 'unknown',
      provider: connection?.provider ?? 'unknown',
      connectionId: run.connectionId,
      workflowId: list.version.workflowId,
      statusCode: null,
      requestBytes: 0,
      responseBytes: 0,
      durationMs: null,
      log,
    };
    const call = action && renderCall(action, await scopeOf(list, run, action));
    const safeToRepeat =
      provider && call?.ok ? isSafeToRepeat(provider, call.call) : (action?.idempotent ?? false);
    return { kind: 'over', outcome, attempt, safeToRepeat };
  }

  /** The variables committed with the run, and `actions` where a template reads it. */
  async function scopeOf(list: List, run: RunRow, action: QueuedAction): Promise<JsonObject> {
    return readsFacts(action) ? { ...run.scope, actions: await options.facts(list, run) } : run.scope;
  }

  return { walk };
}

/** Of a list that was claimed while the worker was told to stop. */
const LEFT_TO_OTHERS: Fired = { kind: 'wait', waitMs: 0, forOthers: true };

/** For a delivery whose message is gone: it is not sent again, whatever came of it. */
const NEVER_AGAIN: OutcomeRules = {
  retry: { maxAttempts: 0, initialMs: 0, factor: 1, maxMs: 0 },
  continueOnFailure: false,
  onUnknown: 'park',
};

const NOTHING_TO_SAY: Outcome = {
  kind: 'skipped',
  code: 'subscription_deleted',
  message: 'The subscription was deleted.',
};

/** An action that cannot be sent has failed; a notification that is not wanted there any more is skipped. */
function whyNotThrough(run: RunRow, connection: Sealed | null): Outcome | null {
  const what = run.toEndpoint ? 'endpoint' : 'connection';
  const refuse = (code: string, message: string): Outcome =>
    run.messageId === null ? misconfigured(code, message) : { kind: 'skipped', code, message };
  if (!connection) return refuse(`${what}_not_found`, `The ${what} does not exist any more.`);
  if (connection.enabled) return null;
  return refuse(`${what}_disabled`, `The ${what} "${connection.connectionName}" is disabled.`);
}

const over = (outcome: Outcome): Fired => ({
  kind: 'over',
  outcome,
  attempt: null,
  safeToRepeat: false,
});

const readsFacts = ({ variables }: QueuedAction) =>
  variables.some((variable) => variable === 'actions' || variable.startsWith('actions.'));
