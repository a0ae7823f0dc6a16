// A simulated job: where it stands after each step, what it waits for, what is known of its actions. Pure: the server
// decides, this keeps what a job would keep.
import type { Definition, StateNode } from '../../../engine/definition.ts';
import { litPaths } from '../../machine/graph.ts';
import { pointerOfPath } from '../document/pointers.ts';
import type { Simulation } from '../panel/designer-requests.ts';
import { valueAt } from '../panel/place.ts';
import { invocationId } from '../panel/preview-place.ts';

export type SimulatedAction = Simulation['actions'][number];
/** How an action ended, as guards and templates read it. */
export interface Fact {
  status: string;
  response?: { status: number; body: unknown };
  error?: string;
}
export type Facts = Readonly<Record<string, Fact>>;
type JsonObject = Record<string, unknown>;

/** What the API says of a decision that is taken. */
export interface Taken {
  kind: 'taken';
  from: string | null;
  current_state: string;
  status: 'ACTIVE' | 'DONE' | 'ERROR';
  context: JsonObject;
  output: unknown;
  timers: { set: Timer[]; cancelled: string[] };
  invocations_stopped: string[];
  events_sent: { job_id: string; event: { type: string } }[];
  jobs_started: { workflow: string; input: JsonObject; key: string | null }[];
  snapshot: JsonObject;
}

export interface Timer {
  id: string;
  delay_ms: number;
  event_type: string;
}

/** An action that a state waits for. */
export interface Waiting {
  id: string;
  name: string;
}

export interface Step {
  /** What was sent, as people say it. */
  label: string;
  decision: Taken;
  actions: readonly SimulatedAction[];
  timers: readonly Timer[];
  waiting: readonly Waiting[];
  /** What is known of named actions after it. */
  facts: Facts;
}

/** What follows a step, by what the server decided. */
export function nextStep(
  definition: Definition,
  before: Step | null,
  label: string,
  { decision, actions }: Simulation,
): Step {
  const taken = decision as unknown as Taken;
  const over = taken.status !== 'ACTIVE';
  const begun = actions.flatMap(({ pointer, name }): Waiting[] =>
    /\/invoke(?:\/\d+)?$/.test(pointer)
      ? [{ id: invocationId(definition, pointer), name: name ?? 'the action' }]
      : [],
  );
  const timers = (before?.timers ?? []).filter(({ id }) => !taken.timers.cancelled.includes(id));
  const waiting = (before?.waiting ?? []).filter(({ id }) => !taken.invocations_stopped.includes(id));
  const again = new Set(actions.map(({ name }) => name));
  const facts = Object.entries(before?.facts ?? {}).filter(([name]) => !again.has(name));
  return {
    label,
    decision: taken,
    actions,
    timers: over ? [] : [...timers.filter(isNotIn(taken.timers.set)), ...taken.timers.set],
    waiting: over ? [] : [...waiting.filter(isNotIn(begun)), ...begun],
    facts: Object.fromEntries(facts),
  };
}

const isNotIn =
  (list: readonly { id: string }[]) =>
  ({ id }: { id: string }): boolean =>
    !list.some((one) => one.id === id);

/** The timer or invocation that an event of the engine's own ended. */
export function withoutFired(step: Step, type: string): Step {
  const outcome = /^xstate\.(?:done|error)\.actor\.(.*)$/s.exec(type)?.[1];
  return {
    ...step,
    timers: step.timers.filter(({ event_type: fired }) => fired !== type),
    waiting: step.waiting.filter(({ id }) => id !== outcome),
  };
}

/** Named actions that have been queued so far, the latest run of each, and how it is said to have ended. */
export function runsOf(
  steps: readonly Step[],
): { name: string; action: SimulatedAction; fact: Fact | null }[] {
  const latest = new Map<string, SimulatedAction>();
  for (const { actions } of steps) {
    for (const action of actions) if (action.name !== null) latest.set(action.name, action);
  }
  const facts = steps.at(-1)?.facts ?? {};
  return [...latest].map(([name, action]) => ({ name, action, fact: facts[name] ?? null }));
}

export interface OfferedEvent {
  type: string;
  /** Some transition for it asks first. */
  guarded: boolean;
}

/** Events that the states of a job hear, innermost first, each once. */
export function eventsIn(definition: Definition, currentState: string): OfferedEvent[] {
  const offered = new Map<string, OfferedEvent>();
  for (const path of ['', ...litPaths(currentState)].reverse()) {
    const state = valueAt(definition, pointerOfPath(path)) as StateNode | undefined;
    for (const [type, written] of Object.entries(state?.on ?? {})) {
      const all = Array.isArray(written) ? written : [written];
      const guarded = all.some((one) => typeof one !== 'string' && one.guard !== undefined);
      if (!offered.has(type)) offered.set(type, { type, guarded });
    }
  }
  return [...offered.values()];
}

export interface ContextChange {
  key: string;
  before: unknown;
  after: unknown;
}

/** Keys whose values differ; undefined where there is none. */
export function contextChanges(before: JsonObject, after: JsonObject): ContextChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((key) => ({ key, before: before[key], after: after[key] }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}
