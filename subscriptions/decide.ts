// Supply ∩ demand: the one place that decides whether a subscription is told of a workflow. Pure.
import { covers, type ScopeId, type ScopeTree, wayUp } from './scope-tree.ts';

/** What a connection serves. */
export interface Supply {
  /** The organisation-wide flag. */
  toAll: boolean;
  scopes: ReadonlySet<string>;
}

export type Ruling = 'notify' | 'not_covered' | 'not_supplied';

/**
 * Demand: the subscription's scope covers the workflow's. Supply: the connection is supplied to the workflow's scope, to
 * one above it, or to the whole organisation. Both must hold.
 * @param supply null for an endpoint: a consumer's own URL needs no supply
 * @param workflowScope null: the workflow belongs to the organisation and to no module
 */
export function decide(
  tree: ScopeTree,
  { scope, supply }: { scope: ScopeId; supply: Supply | null },
  workflowScope: ScopeId,
): Ruling {
  if (!covers(tree, scope, workflowScope)) return 'not_covered';
  if (supply === null || supply.toAll) return 'notify';
  const served = wayUp(tree, workflowScope).some((at) => at !== null && supply.scopes.has(at));
  return served ? 'notify' : 'not_supplied';
}
