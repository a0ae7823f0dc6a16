// How the CEL of one machine reaches the job and the facts while XState runs: a cell that holds them for one synchronous call.
// XState hands guards only context and event; the machine is compiled once and shared, so what differs per call is put into
// the cell before the call and taken out after it. Nothing in between awaits, so two calls can never see each other's values.
import type { Facts, FailedCode, JobEvent, JobFacts } from './decision.ts';
import type { Expression } from './expression.ts';
import { type Allowance, MAX_STEPS } from './expression-values.ts';
import type { Json, JsonObject } from './json.ts';
import { eventView } from './scope.ts';

/** The event object XState carries: ours inside, so that wildcard events can share one type (see canonicalType). */
export interface EngineEvent {
  type: string;
  pawl?: JobEvent;
  output?: Json;
  error?: Json;
  input?: JsonObject;
}

/** Thrown through XState by an expression that must have a value and has none; becomes a `failed` decision. */
export class DecisionFailure extends Error {
  readonly code: FailedCode;
  readonly pointer: string | undefined;
  constructor(code: FailedCode, message: string, pointer?: string) {
    super(message);
    this.code = code;
    this.pointer = pointer;
  }
}

export interface GuardOutcome {
  verdict: 'true' | 'false' | 'error';
  message: string;
}

export interface EvaluationCell {
  /** Runs `work` with these facts in the cell. Its expressions share MAX_DECISION_STEPS. */
  within<T>(job: JobFacts, facts: Facts, work: () => T): T;
  /** Throws DecisionFailure when they did not suffice: then guards refused that were not asked to the end. */
  requireEnoughSteps(): void;
  /** A guard's verdict. What is not exactly true does not pass; a type error is false and says so. */
  guard(expression: Expression, context: JsonObject, event: EngineEvent): GuardOutcome;
  /** A value that is needed; throws DecisionFailure naming the pointer. */
  value(expression: Expression, pointer: string, context: JsonObject, event: EngineEvent): Json;
}

/**
 * One value an expression may produce, and the whole context, in approximate bytes of JSON. A job's snapshot is read and
 * written at every transition, and expressions that double a list would otherwise fill the process.
 */
export const MAX_VALUE_SIZE = 262_144;
/** Deeper values break JSON writers that recurse. */
export const MAX_VALUE_DEPTH = 100;

/**
 * What all expressions of one decision may spend together, and all filters of those who may be told of it: ten times what one
 * may, about a tenth of a second, in which the process does nothing else. Without it, a thousand expressions in a circle of
 * eventless transitions would each stay within bounds.
 */
export const MAX_DECISION_STEPS = 10 * MAX_STEPS;

export function createEvaluationCell(): EvaluationCell {
  let job: JobFacts | null = null;
  let facts: Facts | null = null;
  let scope: JsonObject | null = null;
  let scopeContext: JsonObject | null = null;
  let scopeEvent: EngineEvent | null = null;
  let allowance: Allowance = { stepsLeft: 0 };
  // XState asks a guard once when it looks for transitions and once when it takes them; the answer is the same.
  const asked = new Map<Expression, { context: JsonObject; event: EngineEvent; outcome: GuardOutcome }>();

  const scopeOf = (context: JsonObject, event: EngineEvent): JsonObject => {
    if (job === null || facts === null) throw new Error('an expression was evaluated outside of a decision');
    if (scope === null || scopeContext !== context || scopeEvent !== event) {
      scope = { context, event: eventView(seenEvent(event)), job, actions: facts };
      scopeContext = context;
      scopeEvent = event;
    }
    return scope;
  };

  function requireEnoughSteps(): void {
    if (allowance.stepsLeft > 0) return;
    throw new DecisionFailure(
      'evaluation_failed',
      'The expressions of this transition take too many steps together for the data they were given.',
    );
  }

  return {
    within(theJob, theFacts, work) {
      job = theJob;
      facts = theFacts;
      allowance = { stepsLeft: MAX_DECISION_STEPS };
      try {
        return work();
      } finally {
        job = facts = scope = scopeContext = scopeEvent = null;
        asked.clear();
      }
    },

    requireEnoughSteps,

    guard(expression, context, event) {
      const before = asked.get(expression);
      if (before !== undefined && before.context === context && before.event === event) return before.outcome;
      const outcome = judge(expression.evaluate(scopeOf(context, event), allowance));
      asked.set(expression, { context, event, outcome });
      return outcome;
    },

    value(expression, pointer, context, event) {
      const result = expression.evaluate(scopeOf(context, event), allowance);
      if (!result.ok) {
        requireEnoughSteps();
        throw new DecisionFailure('evaluation_failed', `${expression.source}: ${result.message}`, pointer);
      }
      refuseLarge(result.value, `the value of ${expression.source}`, pointer);
      return result.value;
    },
  };
}

/** What an event in XState's hands is to expressions and actions: the one sent or raised, or XState's own. */
export function seenEvent(event: EngineEvent): JobEvent {
  if (event.pawl !== undefined) return event.pawl;
  if (event.input !== undefined) return { type: event.type, payload: event.input };
  return { type: event.type, payload: event.output === undefined ? {} : { output: event.output } };
}

/** Throws DecisionFailure `too_large` when a value exceeds MAX_VALUE_SIZE or MAX_VALUE_DEPTH. */
export function refuseLarge(value: Json, what: string, pointer?: string): void {
  if (sizeLeft(value, MAX_VALUE_SIZE, 0) < 0) {
    throw new DecisionFailure(
      'too_large',
      `${what} is larger than ${MAX_VALUE_SIZE} bytes or too deep`,
      pointer,
    );
  }
}

// What is left of a budget after a value; negative as soon as it is exceeded. Scalars count 8, so that lists of them do too.
function sizeLeft(value: Json, budget: number, depth: number): number {
  if (typeof value === 'string') return budget - value.length - 2;
  if (typeof value !== 'object' || value === null) return budget - 8;
  if (depth >= MAX_VALUE_DEPTH) return -1;
  let left = budget - 2;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index++) {
      left = sizeLeft(value[index] as Json, left, depth + 1);
    }
    return left;
  }
  for (const key of Object.keys(value)) {
    if (left < 0) return left;
    left = sizeLeft(value[key] as Json, left - key.length - 3, depth + 1);
  }
  return left;
}

function judge(result: { ok: true; value: Json } | { ok: false; message: string }): GuardOutcome {
  if (!result.ok) return { verdict: 'error', message: result.message };
  if (result.value === true) return { verdict: 'true', message: 'the guard is true' };
  if (result.value === false) return { verdict: 'false', message: 'the guard is false' };
  return { verdict: 'error', message: `the guard gave ${typeName(result.value)}, not true or false` };
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
