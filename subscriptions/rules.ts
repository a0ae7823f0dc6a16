// Everything that decides who is told of what in one tenant, ready to be asked at every transition. Pure.
import { MAX_DECISION_STEPS } from '../engine/evaluation.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import type { QueuedAction } from '../engine/queued-action.ts';
import { projectScope } from '../engine/scope.ts';
import { decide, type Ruling, type Supply } from './decide.ts';
import { compileMessage } from './message.ts';
import type { ScopeId } from './scope-tree.ts';
import type { Trigger } from './trigger.ts';

export interface SubscriptionRow {
  id: string;
  scopeId: ScopeId;
  trigger: Trigger;
  /** Exactly one of the two. */
  connectionId: string | null;
  endpointId: string | null;
  messageId: string;
  action: Json;
  enabled: boolean;
}

export interface RuleRows {
  version: number;
  subscriptions: readonly SubscriptionRow[];
  scopes: readonly { id: string; parentId: ScopeId }[];
  supplies: readonly { connectionId: string; scopeId: string }[];
  /** Connections with the organisation-wide flag. */
  suppliedToAll: readonly string[];
  /** Those that stand in a scope. */
  workflows: readonly { id: string; scopeId: string }[];
}

/** Something that happened to a job. */
export interface Occurrence {
  workflowId: string;
  fires(trigger: Trigger): boolean;
  /** All that filters and messages may read; called when somebody may be told. */
  scope(): JsonObject;
}

/** One subscription that is told of an occurrence. */
export interface Notice {
  subscription: SubscriptionRow;
  actionType: QueuedAction['actionType'];
  /** What its filter and its templates read, and no more. */
  scope: JsonObject;
}

export interface Rules {
  /** Of what the rules were made of; 0: the tenant never had any. */
  readonly version: number;
  notices(occurrence: Occurrence): Notice[];
  /** Whether `notices` may find anybody: without a scope, which may be dear. */
  isTold(workflowId: string, fires: Occurrence['fires']): boolean;
  /**
   * Whether a delivery that was due may still go out.
   * @param of `connectionId` is null for an endpoint
   */
  standing(
    subscriptionId: string,
    of: { workflowId: string; connectionId: string | null },
  ): Ruling | 'deleted' | 'disabled';
}

export const NO_RULES: Rules = {
  version: 0,
  notices: () => [],
  isTold: () => false,
  standing: () => 'deleted',
};

export function createRules(rows: RuleRows): Rules {
  const tree = new Map(rows.scopes.map(({ id, parentId }) => [id, parentId]));
  const scopeOf = new Map<string, string>(rows.workflows.map(({ id, scopeId }) => [id, scopeId]));
  const supplies = suppliesIn(rows);
  const byId = new Map(rows.subscriptions.map((subscription) => [subscription.id, subscription]));
  /** When somebody is told: a tenant may have thousands, and any change makes all of this anew. */
  const compiled = new Map<string, QueuedAction | null>();
  const toldOf = new Map<string, SubscriptionRow[]>();

  function ruling(
    scopeId: ScopeId,
    { workflowId, connectionId }: { workflowId: string; connectionId: string | null },
  ): Ruling {
    const supply = connectionId === null ? null : (supplies.get(connectionId) ?? NOTHING);
    return decide(tree, { scope: scopeId, supply }, scopeOf.get(workflowId) ?? null);
  }

  function compiledOf({ id, action }: SubscriptionRow): QueuedAction | null {
    let found = compiled.get(id);
    if (found === undefined) {
      found = compileOrNull(action);
      compiled.set(id, found);
    }
    return found;
  }

  function told(workflowId: string): SubscriptionRow[] {
    let subscriptions = toldOf.get(workflowId);
    if (!subscriptions) {
      subscriptions = rows.subscriptions.filter(
        ({ enabled, scopeId, connectionId }) =>
          enabled && ruling(scopeId, { workflowId, connectionId }) === 'notify',
      );
      toldOf.set(workflowId, subscriptions);
    }
    return subscriptions;
  }

  return {
    version: rows.version,
    notices({ workflowId, fires, scope }) {
      const meant = told(workflowId).filter(({ trigger }) => fires(trigger));
      if (meant.length === 0) return [];
      const everything = scope();
      const allowance = { stepsLeft: MAX_DECISION_STEPS };
      return meant.flatMap((subscription) => {
        const action = compiledOf(subscription);
        // A message that no longer compiles fails its own delivery, not the transition.
        if (action === null) return [{ subscription, actionType: 'WEBHOOK' as const, scope: {} }];
        const wanted = action.when?.evaluate(everything, allowance);
        // A filter that cannot be evaluated is told to nobody in silence: the delivery is made, and fails saying why.
        // One that was not asked, as those before it took so long, is asked then.
        if (wanted?.ok && wanted.value !== true) return [];
        const read = projectScope(action.variables, everything);
        return [{ subscription, actionType: action.actionType, scope: read }];
      });
    },
    isTold: (workflowId, fires) => told(workflowId).some(({ trigger }) => fires(trigger)),
    standing(subscriptionId, of) {
      const subscription = byId.get(subscriptionId);
      if (!subscription) return 'deleted';
      return subscription.enabled ? ruling(subscription.scopeId, of) : 'disabled';
    },
  };
}

const NOTHING: Supply = { toAll: false, scopes: new Set() };

function suppliesIn({ supplies, suppliedToAll }: RuleRows): Map<string, Supply> {
  const toAll = new Set(suppliedToAll);
  const scopes = Map.groupBy(supplies, ({ connectionId }) => connectionId);
  const known = new Set([...toAll, ...scopes.keys()]);
  return new Map(
    [...known].map((id) => [
      id,
      { toAll: toAll.has(id), scopes: new Set(scopes.get(id)?.map(({ scopeId }) => scopeId)) },
    ]),
  );
}

function compileOrNull(action: Json): QueuedAction | null {
  try {
    // Patterns are what is dear of a message, and of thousands that are told at once each may have its own.
    return compileMessage(action, 'when_asked');
  } catch {
    return null;
  }
}
