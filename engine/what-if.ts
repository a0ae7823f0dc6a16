// What another definition would have made of a job: everything the job met, in order, met by a job of that definition.
// Timers go off by the job's own times. Pure: nothing is read but what is given.
import { canonicalJson } from './canonical-json.ts';
import type { CompiledWorkflow } from './compile.ts';
import type { Decision, Facts, JobEvent, JobFacts, Taken } from './decision.ts';
import { PawlError } from './errors.ts';
import type { Json } from './json.ts';
import { migrate } from './migrate.ts';
import type { PastMigration, PastMove, PastTransition } from './past.ts';
import { type Simulated, type SimulatedAction, simulate } from './simulate.ts';

export interface Past {
  job: Pick<JobFacts, 'id' | 'key' | 'parent_id' | 'created_at'>;
  /** From the start, without gaps. */
  moves: readonly PastMove[];
  /** How the job's named actions had ended by a moment (ISO). */
  known(at: string): Facts;
  /** ISO. Timers of the other definition that are due after the last move go off until then. */
  until: string;
  tenant: { id: string; name: string };
  workflowName: string;
}

export interface WhatIfStep {
  /** ISO. */
  at: string;
  event: JobEvent;
  /** A timer, or the outcome of an action that a state waited for. */
  internal: boolean;
  /** The job's revision after it; null for a timer that only the other definition has. */
  revision: number | null;
  was: Simulated | null;
  /** Null for a timer that only the job's own version has, and for what ended the job by hand. */
  would: Simulated | null;
  /** Same state, same context, same requests. */
  same: boolean;
  requests: ComparedRequest[];
}

export interface ComparedRequest {
  change: 'same' | 'changed' | 'added' | 'removed';
  was: SimulatedAction | null;
  would: SimulatedAction | null;
}

/** A machine may set itself timers for ever; a comparison ends. */
const OWN_TIMERS_MAX = 200;
const TIMER_PREFIX = 'xstate.after.';

/**
 * One step for each event of the job, and for each timer that `other` would have had beside.
 * @throws PawlError Corrupt `log_not_replayable`
 */
export function whatIf(other: CompiledWorkflow, past: Past): WhatIfStep[] {
  const steps: WhatIfStep[] = [];
  const was = createWalk(past);
  const would = createWalk(past);
  let ownTimers = 0;

  /** Timers of `other` that would have gone off before `at`; `paired` did go off, and is met in its place. */
  function goOffBefore(at: string, version: number, paired: string | null): void {
    for (let timer = would.due(at, paired); timer !== null; timer = would.due(at, paired)) {
      ownTimers += 1;
      if (ownTimers > OWN_TIMERS_MAX) return;
      const meets = { at: timer.dueAt, event: { type: timer.eventType, payload: {} }, internal: true };
      const simulated = would.meet(other, { ...meets, facts: {}, version });
      if (simulated.decision.kind === 'taken')
        steps.push(compared({ ...meets, revision: null }, null, simulated));
    }
  }

  let version = 1;
  for (const move of past.moves) {
    const paired = move.kind === 'transition' && isTimer(move) ? move.event.type : null;
    goOffBefore(move.at, version, paired);
    switch (move.kind) {
      case 'transition': {
        version = move.version;
        const met = was.meet(move.by, move);
        const isOnlyThere = paired !== null && !would.waitsFor(paired);
        steps.push(compared(move, met, isOnlyThere ? null : would.meet(other, move)));
        break;
      }
      case 'migrated':
        was.migrate(move);
        break;
      case 'cancelled':
        return steps;
      default:
        return move satisfies never;
    }
  }
  goOffBefore(past.until, version, null);
  return steps;
}

const isTimer = ({ internal, event }: PastTransition) => internal && event.type.startsWith(TIMER_PREFIX);

interface Meeting {
  at: string;
  event: JobEvent;
  internal: boolean;
  facts: Facts;
  version: number;
}

interface DueTimer {
  eventType: string;
  /** ISO. */
  dueAt: string;
}

/** A job that stands somewhere and goes on from there. */
function createWalk(past: Past) {
  let snapshot: Json = null;
  let currentState = '';
  let revision = 0;
  let couldNotBegin = false;
  const timers = new Map<string, DueTimer>();

  function settle(decision: Taken, at: string): void {
    ({ snapshot, currentState } = decision);
    revision += 1;
    for (const id of decision.timers.cancelled) timers.delete(id);
    for (const { id, delayMs, eventType } of decision.timers.set) {
      timers.set(id, { eventType, dueAt: new Date(Date.parse(at) + delayMs).toISOString() });
    }
    if (decision.status !== 'ACTIVE') timers.clear();
  }

  return {
    meet(by: CompiledWorkflow, { at, event, internal, facts, version }: Meeting): Simulated {
      if (couldNotBegin) return NEVER_BEGAN;
      if (internal) for (const [id, { eventType }] of timers) if (eventType === event.type) timers.delete(id);
      const simulated = simulate(by, {
        place:
          revision === 0
            ? { at: 'start', input: event.payload }
            : { at: 'snapshot', snapshot, event, internal },
        facts: { ...past.known(at), ...facts },
        scope: {
          job: { ...past.job, current_state: currentState, revision },
          tenant: past.tenant,
          workflow: { name: past.workflowName, version },
          at,
        },
      });
      if (simulated.decision.kind === 'taken') settle(simulated.decision, at);
      else if (revision === 0) couldNotBegin = true;
      return simulated;
    },
    migrate({ from, to, stateMap, revision: after }: PastMigration): void {
      const moved = migrate(from, to, { snapshot, stateMap });
      if (!moved.ok) {
        throw new PawlError(
          'Corrupt',
          'log_not_replayable',
          `Revision ${after} of the job, replayed, is refused: ${moved.problems[0]?.message}`,
        );
      }
      ({ snapshot, currentState } = moved.migrated);
      revision = after;
    },
    waitsFor: (type: string): boolean => [...timers.values()].some(({ eventType }) => eventType === type),
    /**
     * The timer that goes off next, if it does before `at`, and before the one of type `paired`, which does at `at`: of one moment,
     * those that were set first go first.
     */
    due(at: string, paired: string | null): DueTimer | null {
      const inOrder = [...timers.values()].toSorted((a, b) => Date.parse(a.dueAt) - Date.parse(b.dueAt));
      const [next] = inOrder;
      if (!next || next.eventType === paired) return null;
      const isBeforePaired = inOrder.some(({ eventType, dueAt }) => eventType === paired && dueAt <= at);
      return isBeforePaired || next.dueAt < at ? next : null;
    },
  };
}

const NEVER_BEGAN: Simulated = {
  decision: {
    kind: 'refused',
    code: 'job_not_active',
    message: 'The job would not have started.',
    verdicts: [],
  },
  actions: [],
};

type Met = Pick<WhatIfStep, 'at' | 'event' | 'internal' | 'revision'>;

function compared(
  { at, event, internal, revision }: Met,
  was: Simulated | null,
  would: Simulated | null,
): WhatIfStep {
  const requests = compareRequests(was?.actions ?? [], would?.actions ?? []);
  const same =
    was !== null &&
    would !== null &&
    isSameDecision(was.decision, would.decision) &&
    requests.every(({ change }) => change === 'same');
  return { at, event, internal, revision, was, would, same, requests };
}

function isSameDecision(was: Decision, would: Decision): boolean {
  if (was.kind !== 'taken' || would.kind !== 'taken') return was.kind === would.kind;
  return (
    was.currentState === would.currentState &&
    was.status === would.status &&
    isSameJson(was.context, would.context)
  );
}

/** Paired by name; those without one by their connection, in order. */
function compareRequests(
  was: readonly SimulatedAction[],
  would: readonly SimulatedAction[],
): ComparedRequest[] {
  const left = [...would];
  const pairs = was.map((one): ComparedRequest => {
    const at = left.findIndex((two) => isPair(one, two));
    if (at < 0) return { change: 'removed', was: one, would: null };
    const [two] = left.splice(at, 1) as [SimulatedAction];
    return { change: asksTheSame(one, two) ? 'same' : 'changed', was: one, would: two };
  });
  return [...pairs, ...left.map((one): ComparedRequest => ({ change: 'added', was: null, would: one }))];
}

const isPair = (one: SimulatedAction, two: SimulatedAction) =>
  one.name === two.name && (one.name !== null || one.connectionId === two.connectionId);

const asksTheSame = (one: SimulatedAction, two: SimulatedAction) =>
  one.connectionId === two.connectionId &&
  one.when === two.when &&
  isSameJson(one.request as Json, two.request as Json);

/** Whatever order the keys stand in. */
const isSameJson = (one: Json, two: Json): boolean => canonicalJson(one) === canonicalJson(two);
