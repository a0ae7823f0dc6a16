// Why a job can or cannot move: every transition its active states have, and what each guard says of it now.
import type { CompiledWorkflow } from './compile.ts';
import type { Facts, GuardVerdict, JobEvent, JobFacts } from './decision.ts';
import { PawlError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { activeStates, currentStateOf, restoreSnapshot } from './snapshot.ts';
import { hears, isLeaf, type StateInfo, type TransitionInfo, upwards } from './state-tree.ts';

export interface Explanation {
  currentState: string;
  /**
   * Per event type (or wildcard, or timer and outcome of the engine's own) that the active states know, in the order in
   * which XState asks.
   */
  events: { type: string; internal: boolean; verdicts: GuardVerdict[] }[];
  /** Eventless transitions; they are asked after every transition. */
  always: GuardVerdict[];
}

/**
 * For every event the active states know, the verdict of each transition. A guard that reads what the event will
 * carry is `unknown`. Throws Corrupt when the snapshot does not fit the workflow.
 */
export function explain(
  workflow: CompiledWorkflow,
  given: { snapshot: Json; job: JobFacts; facts: Facts },
): Explanation {
  const restored = restoreSnapshot(workflow.machine, workflow.stateTree, given.snapshot);
  if (!restored.ok) {
    throw new PawlError(
      'Corrupt',
      'snapshot_unusable',
      `The job’s snapshot cannot be used: ${restored.message}.`,
    );
  }
  const active = activeStates(workflow.stateTree, restored.snapshot);
  const context = restored.snapshot.context as JsonObject;
  const ended = restored.snapshot.status !== 'active';
  return workflow.evaluation.within(given.job, given.facts, () => {
    const events = new Map<string, { type: string; internal: boolean; verdicts: GuardVerdict[] }>();
    const always: GuardVerdict[] = [];
    for (const transition of ended ? [] : candidates(active)) {
      const { event, trigger } = transition;
      const verdict = verdictOf(workflow, transition, context, { type: event, payload: {} }, true);
      if (trigger === 'always') {
        always.push(verdict);
        continue;
      }
      const known = events.get(event) ?? { type: event, internal: trigger !== 'event', verdicts: [] };
      known.verdicts.push(verdict);
      events.set(event, known);
    }
    return { currentState: currentStateOf(active), events: [...events.values()], always };
  });
}

/** The verdicts of every transition that active states have for one event. Called while the facts are in the cell. */
export function verdictsFor(
  workflow: CompiledWorkflow,
  active: readonly StateInfo[],
  context: JsonObject,
  event: JobEvent,
): GuardVerdict[] {
  return candidates(active)
    .filter(({ trigger, event: descriptor }) => trigger !== 'always' && hears(descriptor, event.type))
    .map((transition) => verdictOf(workflow, transition, context, event, false));
}

// Innermost first, each state once, as XState looks for them.
function candidates(active: readonly StateInfo[]): TransitionInfo[] {
  const states = new Set<StateInfo>();
  for (const leaf of active.filter(isLeaf)) for (const state of upwards(leaf)) states.add(state);
  return [...states].flatMap((state) => state.transitions);
}

function verdictOf(
  workflow: CompiledWorkflow,
  transition: TransitionInfo,
  context: JsonObject,
  event: JobEvent,
  beforeSending: boolean,
): GuardVerdict {
  const guard = workflow.guardAt(transition.pointer);
  const base = {
    pointer: transition.pointer,
    state: transition.source.path,
    event: transition.event,
    target: transition.config.target ?? null,
    guard: guard?.source ?? null,
  };
  if (guard === null) return { ...base, verdict: 'true', message: 'there is no guard' };
  const readsEvent = guard.variables.filter((path) => path === 'event' || path.startsWith('event.'));
  if (beforeSending && readsEvent.length > 0) {
    return {
      ...base,
      verdict: 'unknown',
      message: `it depends on ${readsEvent.join(', ')}, which the event brings`,
    };
  }
  const outcome = workflow.evaluation.guard(guard, context, { type: event.type, pawl: event });
  return { ...base, verdict: outcome.verdict, message: outcome.message };
}
