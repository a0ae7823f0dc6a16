// What the triggers of a source make of one event, and how what came of it is told.
import { setImmediate as turn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { InboundMark } from '../db/statements/inbound-marks.ts';
import type { ClaimedInbound } from '../db/statements/inbound-queue.ts';
import type { TriggerRow } from '../db/statements/triggers.ts';
import type { JsonObject } from '../engine/json.ts';
import { compileTrigger, type TriggerAction, type TriggerCompilation } from '../inbound/trigger.ts';
import type { Decided, Effect, Intent } from '../jobs/reactions.ts';

export interface EventPlan {
  intents: Intent[];
  /** Whose intent each is. */
  by: TriggerRow[];
  /** Triggers whose condition could not be told. */
  unclear: { trigger: TriggerRow; code: string; message: string }[];
  /** Keys of jobs it is about: events that share one must not overtake each other. */
  keys: string[];
  /** Why nothing is to be done at all. */
  failure: JsonObject | null;
}

const COMPILED_MAX = 10_000;

export function createTriggerPlans() {
  /** By id and version, so nothing that is remembered can be out of date. */
  const compiled = new LRUCache<string, TriggerCompilation>({ max: COMPILED_MAX });

  function compiledOf(row: TriggerRow): TriggerCompilation {
    const name = `${row.id}:${row.version}`;
    const known = compiled.get(name);
    if (known) return known;
    const { eventTypes, filter } = row;
    // Checked by this same function when it was saved.
    const made = compileTrigger({ eventTypes, filter, action: row.action as unknown as TriggerAction });
    compiled.set(name, made);
    return made;
  }

  /** @param triggers enabled, in the order they act */
  async function planFor(
    event: ClaimedInbound & { id: string },
    triggers: readonly TriggerRow[],
  ): Promise<EventPlan> {
    const plan: EventPlan = { intents: [], by: [], unclear: [], keys: [], failure: null };
    const scope = {
      event: { type: event.eventType, payload: event.payload },
      source: { id: event.sourceId, name: event.sourceName, kind: event.sourceKind },
      inboundEvent: {
        id: event.id,
        delivery_id: event.deliveryId,
        received_at: event.receivedAt.toISOString(),
      },
    };
    for (const trigger of triggers) {
      // An expression may take milliseconds, and heartbeats must not wait for a hundred of them.
      await turn();
      const compilation = compiledOf(trigger);
      if (!compilation.ok) {
        const [problem] = compilation.problems;
        const what = {
          code: 'trigger_unusable',
          message: problem?.message ?? '',
          pointer: problem?.pointer ?? '',
        };
        return { ...plan, failure: { ...what, ...nameOf(trigger) } };
      }
      const outcome = compilation.trigger.evaluate(scope);
      if (outcome.kind === 'failed') {
        const { code, message, pointer } = outcome;
        return { ...plan, failure: { code, message, pointer, ...nameOf(trigger) } };
      }
      if (outcome.kind === 'unmatched') {
        const { code, message } = outcome;
        if (code === 'filter_failed') plan.unclear.push({ trigger, code, message });
        continue;
      }
      plan.intents.push(outcome.wanted);
      plan.by.push(trigger);
      if (outcome.wanted.key !== null) plan.keys.push(outcome.wanted.key);
    }
    return plan;
  }

  return { planFor };
}

/** What is stored of the effects, in the order of the triggers. */
export function effectsOf({ by, unclear }: EventPlan, effects: readonly Effect[]): JsonObject[] {
  const told = effects.map((effect, i) => ({ trigger: by[i] as TriggerRow, what: effect }));
  const untold = unclear.map(({ trigger, code, message }) => ({
    trigger,
    what: { effect: 'no_effect', code, message, job_id: null } satisfies Effect,
  }));
  return [...told, ...untold]
    .sort((left, right) => left.trigger.position - right.trigger.position)
    .map(({ trigger, what }) => ({ ...nameOf(trigger), ...what }));
}

/** For an event that changed no job. */
export function markOf(plan: EventPlan, decided: Decided): Pick<InboundMark, 'status' | 'effects' | 'error'> {
  if (decided.kind === 'decided') {
    return { status: 'PROCESSED', effects: effectsOf(plan, decided.effects), error: null };
  }
  const { at, code, message, pointer } = decided;
  const error = {
    code,
    message,
    ...(pointer !== undefined && { definition_pointer: pointer }),
    ...nameOf(plan.by[at] as TriggerRow),
  };
  return { status: 'FAILED', effects: [], error };
}

const nameOf = ({ id, name }: TriggerRow) => ({ trigger_id: id, trigger_name: name });
