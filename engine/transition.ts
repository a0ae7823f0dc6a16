// Where a job goes and what it carries: (compiled workflow, snapshot, event, facts) → decision. No clock, no I/O, no randomness.
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { CompiledWorkflow } from './compile.ts';
import type { Decision, Facts, Failed, JobEvent, JobFacts, Refused, RefusedCode, Taken } from './decision.ts';
import { createEffectCollector, type Effects, type ReportedAction } from './effects.ts';
import { isPawlError } from './errors.ts';
import { DecisionFailure, type EngineEvent, refuseLarge } from './evaluation.ts';
import { verdictsFor } from './explain.ts';
import type { Json, JsonObject } from './json.ts';
import { isJsonObject } from './json.ts';
import { activeStates, currentStateOf, restoreSnapshot, storeSnapshot } from './snapshot.ts';
import { ERROR_EVENT_PREFIX, isWildcard, type StateInfo, UNHANDLED_ERROR_EVENT } from './state-tree.ts';

export type * from './decision.ts';

/**
 * Starts a job: its first state and what entering it carries. `input` is laid over the definition's context, and is the
 * payload of the event (`xstate.init`) that the first actions see.
 */
export function initialDecision(
  workflow: CompiledWorkflow,
  given: { input: JsonObject; job: JobFacts; facts: Facts },
): Decision {
  const { machine, evaluation } = workflow;
  const { input, job, facts } = given;
  return failing(() => {
    if (Object.hasOwn(input, '__proto__'))
      throw new DecisionFailure('evaluation_failed', 'input has a key __proto__');
    refuseLarge(input, 'the input');
    const { effects, take } = createEffectCollector();
    const next = evaluation.within(job, facts, () => {
      const snapshot: AnyMachineSnapshot = machine.getInitialSnapshot(inertScope(take), input as never);
      // XState keeps what was thrown while starting instead of throwing it.
      if (snapshot.status === 'error') throw snapshot.error;
      evaluation.requireEnoughSteps();
      return snapshot;
    });
    return taken(workflow, null, next, effects);
  });
}

/**
 * What one event does to a job. `internal` marks the engine's own events (timers, outcomes of invoked actions), which
 * are refused from outside: the payload of an invoked action's outcome is `{ output }` or `{ error }`. An outcome or a
 * timer that no active state waits for is refused `no_transition`. Changes none of its arguments.
 */
export function decide(
  workflow: CompiledWorkflow,
  given: { snapshot: Json; event: JobEvent; job: JobFacts; facts: Facts; internal?: boolean },
): Decision {
  const { event, job, facts, internal = false } = given;
  if (!internal && (event.type.startsWith('xstate.') || isWildcard(event.type))) {
    return refused('reserved_event', `Events named ${event.type} are the engine’s own and cannot be sent.`);
  }
  const status = isJsonObject(given.snapshot) ? given.snapshot.status : undefined;
  if (status === 'done' || status === 'error') {
    return refused('job_not_active', `The job has ended (${status}) and takes no more events.`);
  }
  const restored = restoreSnapshot(workflow.machine, workflow.stateTree, given.snapshot);
  if (!restored.ok)
    return failed('snapshot_unusable', `The job’s snapshot cannot be used: ${restored.message}.`);
  const before = restored.snapshot;
  const active = activeStates(workflow.stateTree, before);

  return failing(() =>
    workflow.evaluation.within(job, facts, () => {
      const errs = endsInError(active, event.type);
      const engineEvent = toEngineEvent(errs ? event.type : workflow.canonicalType(event.type), event);
      const enabled =
        engineEvent !== null &&
        (errs || workflow.machine.getTransitionData(before, engineEvent as never).length > 0);
      workflow.evaluation.requireEnoughSteps();
      if (!enabled) return notEnabled(workflow, active, before.context as JsonObject, event);
      const { effects, take } = createEffectCollector();
      const next: AnyMachineSnapshot = workflow.machine.transition(
        before,
        engineEvent as never,
        inertScope(take),
      );
      workflow.evaluation.requireEnoughSteps();
      if (next.status === 'error') forgetEverything(active, effects);
      // The invocation whose outcome this is has ended by itself.
      const ended = INVOCATION_EVENT.exec(event.type)?.[1];
      effects.invocationsStopped = effects.invocationsStopped.filter((id) => id !== ended);
      return taken(workflow, before, next, effects);
    }),
  );
}

const INVOCATION_EVENT = /^xstate\.(?:done|error)\.actor\.(.*)$/s;

type ActorScope = Parameters<AnyStateMachine['transition']>[2];

/**
 * What XState's pure `transition()` would make for us, without the actor it builds for every call: making an actor runs
 * the machine's start, and with it the definition's expressions, each time. Nothing here does anything but report.
 */
function inertScope(take: (action: ReportedAction) => void): ActorScope {
  return {
    self: INERT,
    id: '',
    sessionId: '',
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    system: { _sendInspectionEvent: nothing },
    actionExecutor: take,
  } as unknown as ActorScope;
}
const nothing = (): void => {};
const INERT = Object.freeze({});

// Outcomes carry what XState expects of an actor's (`output`, `error`); everything carries the event as our users see it.
function toEngineEvent(type: string | null, event: JobEvent): EngineEvent | null {
  if (type === null) return null;
  if (!type.startsWith('xstate.')) return { type, pawl: event };
  const { output, error } = event.payload;
  return {
    type,
    pawl: event,
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
  };
}

// A failed invocation whose state has no way on from it ends the job, as an actor's unhandled error does in XState.
function endsInError(active: readonly StateInfo[], eventType: string): boolean {
  if (eventType === UNHANDLED_ERROR_EVENT) return active.some(({ invocations }) => invocations.length > 0);
  if (!eventType.startsWith(ERROR_EVENT_PREFIX)) return false;
  const id = eventType.slice(ERROR_EVENT_PREFIX.length);
  return active.some(({ invocations }) => invocations.some((invocation) => invocation.id === id));
}

// XState leaves an erring machine where it stands, without its exits; what was waiting for it must not fire later.
function forgetEverything(active: readonly StateInfo[], effects: Effects): void {
  for (const { transitions, invocations } of active) {
    for (const { trigger, event } of transitions) {
      if (trigger === 'after' && !effects.timers.cancelled.includes(event))
        effects.timers.cancelled.push(event);
    }
    for (const { id } of invocations) effects.invocationsStopped.push(id);
  }
}

function taken(
  workflow: CompiledWorkflow,
  before: AnyMachineSnapshot | null,
  next: AnyMachineSnapshot,
  effects: Effects,
): Taken {
  const { machine, stateTree } = workflow;
  const context = next.context as JsonObject;
  if (before?.context !== next.context) refuseLarge(context, 'the context');
  const snapshot = storeSnapshot(machine, stateTree, next);
  return {
    kind: 'taken',
    snapshot: snapshot as JsonObject,
    value: snapshot.value,
    currentState: currentStateOf(activeStates(stateTree, next)),
    from: before === null ? null : currentStateOf(activeStates(stateTree, before)),
    status: next.status === 'done' ? 'DONE' : next.status === 'error' ? 'ERROR' : 'ACTIVE',
    context,
    ...(snapshot.output === undefined ? {} : { output: snapshot.output }),
    ...effects,
    changed: before !== next,
  };
}

function notEnabled(
  workflow: CompiledWorkflow,
  active: readonly StateInfo[],
  context: JsonObject,
  event: JobEvent,
): Refused {
  const verdicts = verdictsFor(workflow, active, context, event);
  const where = currentStateOf(active);
  if (verdicts.length === 0) {
    return refused('no_transition', `State ${where} has no transition for ${event.type}.`);
  }
  const reasons = verdicts.map(({ guard, message }) => `${guard}: ${message}`).join('; ');
  return refused(
    'guard_refused',
    `No guard of state ${where} lets ${event.type} pass (${reasons}).`,
    verdicts,
  );
}

function refused(code: RefusedCode, message: string, verdicts: Refused['verdicts'] = []): Refused {
  return { kind: 'refused', code, message, verdicts };
}

function failed(code: Failed['code'], message: string, pointer?: string): Failed {
  return { kind: 'failed', code, message, ...(pointer === undefined ? {} : { pointer }) };
}

// What a tenant's definition makes XState throw is an outcome; what we got wrong ourselves (a PawlError) is not.
function failing(work: () => Decision): Decision {
  try {
    return work();
  } catch (error) {
    if (isPawlError(error)) throw error;
    if (error instanceof DecisionFailure) return failed(error.code, error.message, error.pointer);
    const message = error instanceof Error ? error.message : String(error);
    if (message.startsWith('Infinite loop detected')) {
      return failed(
        'loop_limit',
        'The transition does not come to rest: eventless transitions or raised events go in a circle.',
      );
    }
    return failed('evaluation_failed', message);
  }
}
