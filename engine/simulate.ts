// What would happen: the decision on an event, and the requests its actions would send, without a database or a secret.
import type { CompiledWorkflow } from './compile.ts';
import type { Decision, Facts, JobEvent, JobFacts, Queued, Taken } from './decision.ts';
import type { Json, JsonObject } from './json.ts';
import type { QueuedAction } from './queued-action.ts';
import { eventView } from './scope.ts';
import { snapshotIn } from './standing.ts';
import type { CompiledTemplate, Rendering } from './template.ts';
import { decide, initialDecision } from './transition.ts';

/** Where the simulated job stands: at its start, in a stored snapshot, or in a state with a context of its own. */
export type SimulatedPlace =
  | { at: 'start'; input?: JsonObject }
  | { at: 'snapshot'; snapshot: Json; event: JobEvent; internal?: boolean }
  /** `state` as in `currentState` ("a.b", "p.x.1,p.y.2"); inner states left out are entered as by default. */
  | { at: 'state'; state: string; context?: JsonObject; event: JobEvent; internal?: boolean };

export interface Simulated {
  decision: Decision;
  /** One for each queued action of the decision, in order. */
  actions: SimulatedAction[];
}

export interface SimulatedAction {
  pointer: string;
  name: string | null;
  actionType: QueuedAction['actionType'];
  connectionId: string;
  /** `unknown`: it asks how another action ended, which nobody knows yet. */
  when: 'true' | 'false' | 'error' | 'unknown';
  /** Why it is not `true`. */
  whenMessage: string | null;
  request: { ok: true; rendered: RenderedRequest } | { ok: false; problems: RenderProblem[] };
}

/** What the worker would hand to the provider, before it adds the connection's address and credentials. */
export type RenderedRequest =
  | { kind: 'webhook'; method: string; path: Json; query: Json; headers: Json; body: Json }
  | { kind: 'operation'; operation: string; input: Json };

export interface RenderProblem {
  /** Which part of the request: path, query, headers, body or input. */
  part: string;
  /** A failure code of rendering, or `not_known_yet` for the outcome of an action that has not run. */
  code: string;
  variable?: string;
  message: string;
}

/** Values that only a real job has; whatever is not given reads as an example. */
export interface SimulatedScope {
  job?: Partial<JobFacts>;
  tenant?: { id: string; name: string };
  workflow?: { id?: string; name: string; version: number };
  /** ISO time of the transition. */
  at?: string;
}

/**
 * Runs one step of a job that need not exist. Facts hold what is known of actions that have run. Throws InvalidInput when
 * `state` is not a state of the workflow.
 */
export function simulate(
  workflow: CompiledWorkflow,
  given: { place: SimulatedPlace; facts?: Facts; scope?: SimulatedScope },
): Simulated {
  const { place, facts = {}, scope = {} } = given;
  const job = exampleJob(scope, place.at === 'state' ? place.state : '');
  const decision = decideAt(workflow, place, job, facts);
  if (decision.kind !== 'taken') return { decision, actions: [] };
  const actions = decision.queued.map((queued) =>
    simulateAction(workflow.actionAt(queued.pointer), scopeAfter(decision, queued, job, facts, scope), facts),
  );
  return { decision, actions };
}

function decideAt(workflow: CompiledWorkflow, place: SimulatedPlace, job: JobFacts, facts: Facts): Decision {
  if (place.at === 'start') return initialDecision(workflow, { input: place.input ?? {}, job, facts });
  const snapshot =
    place.at === 'snapshot' ? place.snapshot : snapshotIn(workflow, place.state, place.context);
  const { event, internal = false } = place;
  return decide(workflow, { snapshot, event, job, facts, internal });
}

const EXAMPLE_ID = '00000000-0000-7000-8000-000000000000';
const EXAMPLE_TIME = '2000-01-01T00:00:00.000Z';

function exampleJob(scope: SimulatedScope, currentState: string): JobFacts {
  return {
    id: EXAMPLE_ID,
    current_state: currentState,
    revision: 0,
    parent_id: null,
    key: 'example',
    created_at: EXAMPLE_TIME,
    ...scope.job,
  };
}

function scopeAfter(
  decision: Taken,
  queued: Queued,
  job: JobFacts,
  facts: Facts,
  { tenant, workflow, at }: SimulatedScope,
): JsonObject {
  const seq = job.revision + 1;
  return {
    job: { ...job, current_state: decision.currentState, revision: seq, status: decision.status },
    context: decision.context,
    event: eventView(queued.event),
    transition: {
      id: EXAMPLE_ID,
      from: decision.from,
      to: decision.currentState,
      seq,
      at: at ?? EXAMPLE_TIME,
    },
    tenant: tenant ?? { id: EXAMPLE_ID, name: 'Example' },
    workflow: { id: EXAMPLE_ID, name: 'example', version: 1, ...workflow },
    actions: facts,
  };
}

/** What a queued action comes to where `scope` holds. Facts hold what is known of actions that have run. */
export function simulateAction(action: QueuedAction, scope: JsonObject, facts: Facts = {}): SimulatedAction {
  return {
    pointer: action.pointer,
    name: action.name,
    actionType: action.actionType,
    connectionId: action.connectionId,
    ...whenOf(action, scope, facts),
    request: renderRequest(action, scope, facts),
  };
}

function whenOf(
  { when }: QueuedAction,
  scope: JsonObject,
  facts: Facts,
): Pick<SimulatedAction, 'when' | 'whenMessage'> {
  if (when === null) return { when: 'true', whenMessage: null };
  const open = when.variables.find((variable) => isOpen(variable, facts));
  const result = when.evaluate(scope);
  if (!result.ok && open !== undefined) {
    return { when: 'unknown', whenMessage: `${open} is known once that action has run` };
  }
  if (!result.ok) return { when: 'error', whenMessage: result.message };
  if (result.value === true) return { when: 'true', whenMessage: null };
  if (result.value === false) return { when: 'false', whenMessage: `${when.source} is false` };
  return { when: 'error', whenMessage: `${when.source} gave neither true nor false` };
}

function renderRequest(
  { request }: QueuedAction,
  scope: JsonObject,
  facts: Facts,
): SimulatedAction['request'] {
  const problems: RenderProblem[] = [];
  const render = (part: string, template: CompiledTemplate | null): Json => {
    const rendering = template?.render(scope) ?? { ok: true, value: null };
    if (rendering.ok) return rendering.value;
    problems.push(toProblem(part, rendering, facts));
    return null;
  };
  const rendered: RenderedRequest =
    request.kind === 'webhook'
      ? {
          kind: 'webhook',
          method: request.method,
          path: render('path', request.path),
          query: render('query', request.query),
          headers: render('headers', request.headers),
          body: render('body', request.body),
        }
      : { kind: 'operation', operation: request.operation, input: render('input', request.input) };
  return problems.length === 0 ? { ok: true, rendered } : { ok: false, problems };
}

function toProblem(part: string, failure: Extract<Rendering, { ok: false }>, facts: Facts): RenderProblem {
  const { code, variable, message } = failure;
  if (variable === undefined) return { part, code, message };
  if (code === 'missing_variable' && isOpen(variable, facts)) {
    return {
      part,
      code: 'not_known_yet',
      variable,
      message: `${variable} is known once that action has run`,
    };
  }
  return { part, code, variable, message };
}

function isOpen(variable: string, facts: Facts): boolean {
  const [root, name] = variable.split('.', 2);
  return root === 'actions' && (name === undefined || !Object.hasOwn(facts, name));
}
