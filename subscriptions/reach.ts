// How far the supply of a connection goes in the scope that a subscription is on. Pure.
import type { Supply } from './decide.ts';
import { covers, type ScopeId, type ScopeTree, wayUp } from './scope-tree.ts';

/** `part`: a subscription is told of workflows in some scopes below its own, and of no others. */
export type Reach = 'all' | 'part' | 'none';

/**
 * What `decide` comes to over all workflows that there may be in a scope.
 * @param supply null for an endpoint, which needs none
 */
export function reachOf(tree: ScopeTree, scope: ScopeId, supply: Supply | null): Reach {
  if (supply === null || supply.toAll) return 'all';
  const isSupplied = (at: ScopeId) => at !== null && supply.scopes.has(at);
  if (wayUp(tree, scope).some(isSupplied)) return 'all';
  return [...supply.scopes].some((at) => covers(tree, scope, at)) ? 'part' : 'none';
}
