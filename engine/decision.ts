// What the engine is told and what it answers: the facts of a job going in, the decision coming out. Types only.
import type { Json, JsonObject } from './json.ts';

/** `type` starts with `xstate.` only for the engine's own events. */
export type JobEvent = { type: string; payload: JsonObject };

/** What guards, expressions and templates know of the job as `job`. `current_state` is the one before the transition. */
export type JobFacts = {
  id: string;
  current_state: string;
  revision: number;
  parent_id: string | null;
  key: string | null;
  created_at: string;
};

/** What is known of the latest run of a named action: `actions.<name>` in guards and templates. */
export type ActionFact = {
  status: string;
  /** `truncated`: the body was too long, and is the beginning of its text. */
  response?: { status: number; body: Json; truncated?: true };
  error?: string;
  attempts?: number;
};

/** By action name. Holds at least the names that `factsFor` gave; an absent name reads as an unknown fact. */
export type Facts = Record<string, ActionFact>;

/** An action to be written with the transition and fired by the worker after the commit. */
export type Queued = {
  /** Key for `workflow.actionAt(pointer)`. */
  pointer: string;
  name: string | null;
  actionType: 'WEBHOOK' | 'INTEGRATION';
  connectionId: string;
  /** Set when a state waits for this action; its outcome is sent as `xstate.done.actor.<id>` or `xstate.error.actor.<id>`. */
  invokeId: string | null;
  /** The event this action saw: the one sent, or one raised on the way. */
  event: JobEvent;
  /** Dotted paths its templates and `when` read. */
  variables: readonly string[];
};

export type TimerSet = { id: string; delayMs: number; eventType: string };
export type SentEvent = { jobId: string; event: JobEvent };
export type StartedJob = { workflow: string; input: JsonObject; key: string | null };

/** Why one candidate transition was or was not taken. `unknown` only from explain: it depends on what the event will carry. */
export type GuardVerdict = {
  /** JSON pointer of the transition. */
  pointer: string;
  /** Path of the state that has the transition, "" for the root. */
  state: string;
  /** The key it stands under: an event type, a wildcard, or one of the engine's own event types. */
  event: string;
  /** The target as written, null when the transition stays where it is. */
  target: string | null;
  /** CEL source, null when there is no guard. */
  guard: string | null;
  verdict: 'true' | 'false' | 'error' | 'unknown';
  /** One sentence saying why. */
  message: string;
};

/**
 * A transition to commit. What to do with the lists, in this order: `timers.cancelled`, `invocationsStopped` (both about
 * what earlier transitions left behind), then `timers.set` and `queued`. What this same transition both set and cancelled
 * again is in neither list.
 */
export type Taken = {
  kind: 'taken';
  /** To be stored as it is and given back to `decide`. Plain JSON. */
  snapshot: Json;
  /** XState's state value: "review", {"a": "b"}. */
  value: Json;
  /** "review", nested "a.b", parallel leaves in document order "p.x.1,p.y.2". */
  currentState: string;
  /** The current state before; null when the job starts. */
  from: string | null;
  status: 'ACTIVE' | 'DONE' | 'ERROR';
  context: JsonObject;
  output?: Json;
  /** In order exit, transition, entry, always. */
  queued: Queued[];
  timers: { set: TimerSet[]; cancelled: string[] };
  /** Ids of invocations whose outcome no longer matters. */
  invocationsStopped: string[];
  sent: SentEvent[];
  started: StartedJob[];
  /** False when state, context and history are exactly what they were (the transition may still carry actions). */
  changed: boolean;
};

export type RefusedCode = 'no_transition' | 'guard_refused' | 'job_not_active' | 'reserved_event';

/** Nothing is written. `verdicts` has every transition that the active states have for the event. */
export type Refused = { kind: 'refused'; code: RefusedCode; message: string; verdicts: GuardVerdict[] };

export type FailedCode = 'loop_limit' | 'evaluation_failed' | 'snapshot_unusable' | 'too_large';

/** The definition or its input cannot be carried out: nothing is written, the caller gets 422. */
export type Failed = {
  kind: 'failed';
  code: FailedCode;
  message: string;
  /** JSON pointer of the expression that failed, when one did. */
  pointer?: string;
};

export type Decision = Taken | Refused | Failed;
