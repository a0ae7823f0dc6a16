// What a transition carries besides its state: actions to queue, timers, events and jobs. XState reports actions as data;
// here they are collected and translated, and one we do not know is an error, or timers would vanish silently.
import type { Queued, SentEvent, StartedJob, TimerSet } from './decision.ts';
import { PawlError } from './errors.ts';
import { DecisionFailure, type EngineEvent, seenEvent } from './evaluation.ts';
import type { JsonObject } from './json.ts';
import type { QueuedAction } from './queued-action.ts';

/** Steps (eventless transitions and raised events) one event may cause. Real machines take a handful. */
export const MAX_MICROSTEPS = 250;
/** Actions, timers, events and jobs one transition may carry: they are written in one statement. */
export const MAX_EFFECTS = 1000;

interface EffectParams {
  queue: { action: QueuedAction; invokeId: string | null; event: EngineEvent };
  stop: { invokeId: string };
  send: SentEvent;
  start: StartedJob;
}

export interface Effects {
  queued: Queued[];
  timers: { set: TimerSet[]; cancelled: string[] };
  invocationsStopped: string[];
  sent: SentEvent[];
  started: StartedJob[];
}

/** An action for XState's config. It has no implementation: its params are computed in its place and handed back as data. */
export function effectAction<K extends keyof EffectParams>(
  kind: K,
  params: (seen: { context: JsonObject; event: EngineEvent }) => EffectParams[K],
): unknown {
  return { type: `pawl.${kind}`, params };
}

/** The part of an action XState hands to its executor that is data. */
export interface ReportedAction {
  type: string;
  params?: unknown;
}

/** Collects the actions of one call to XState. `take` is given each as it is reported. */
export function createEffectCollector(): { take(action: ReportedAction): void; effects: Effects } {
  const effects: Effects = {
    queued: [],
    timers: { set: [], cancelled: [] },
    invocationsStopped: [],
    sent: [],
    started: [],
  };
  const { queued, timers, invocationsStopped, sent, started } = effects;

  return {
    effects,
    take(reported) {
      if (queued.length + timers.set.length + sent.length + started.length > MAX_EFFECTS) {
        throw new DecisionFailure('loop_limit', `one transition may carry at most ${MAX_EFFECTS} actions`);
      }
      switch (reported.type) {
        case 'pawl.queue':
          queued.push(toQueued(reported.params as EffectParams['queue']));
          return;
        case 'pawl.stop':
          forget(queued, invocationsStopped, (reported.params as EffectParams['stop']).invokeId, invokeIdOf);
          return;
        case 'pawl.send':
          sent.push(reported.params as SentEvent);
          return;
        case 'pawl.start':
          started.push(reported.params as StartedJob);
          return;
        case 'xstate.raise': {
          const timer = reported.params as { event: { type: string }; id?: string; delay?: number };
          // Without a delay it is a RAISE, which XState has already put on its own queue.
          if (timer.delay === undefined) return;
          const id = timer.id ?? timer.event.type;
          timers.set.push({ id, delayMs: timer.delay, eventType: timer.event.type });
          return;
        }
        case 'xstate.cancel':
          forget(
            timers.set,
            timers.cancelled,
            (reported.params as { sendId: string }).sendId,
            (timer) => timer.id,
          );
          return;
        default:
          throw new PawlError(
            'Corrupt',
            'action_not_translated',
            `XState asked for ${reported.type}, which the engine cannot carry out.`,
          );
      }
    },
  };
}

function toQueued({ action, invokeId, event }: EffectParams['queue']): Queued {
  return {
    pointer: action.pointer,
    name: action.name,
    actionType: action.actionType,
    connectionId: action.connectionId,
    invokeId,
    event: seenEvent(event),
    variables: action.variables,
  };
}

const invokeIdOf = (queued: Queued): string | null => queued.invokeId;

// What this same transition began is simply not begun; otherwise something from an earlier transition ends.
function forget<T>(begun: T[], ended: string[], id: string, idOf: (item: T) => string | null): void {
  const index = begun.findIndex((item) => idOf(item) === id);
  if (index >= 0) begun.splice(index, 1);
  else if (!ended.includes(id)) ended.push(id);
}
