// Where things stand in an organisation: stack → namespace → module. Pure.

/** Null is the organisation itself. */
export type ScopeId = string | null;

export const SCOPE_KINDS = ['stack', 'namespace', 'module'] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** What a scope of each kind stands in; null: in the organisation. */
export const KIND_OF_PARENT: Readonly<Record<ScopeKind, ScopeKind | null>> = {
  stack: null,
  namespace: 'stack',
  module: 'namespace',
};

/** Of every scope, the one it stands in. */
export type ScopeTree = ReadonlyMap<string, ScopeId>;

/** The scope, what it stands in, and so on up to the organisation. A scope that is gone stands nowhere. */
export function wayUp(tree: ScopeTree, scope: ScopeId): ScopeId[] {
  const way: ScopeId[] = [];
  for (let at: ScopeId | undefined = scope; at !== undefined; at = tree.get(at)) {
    if (at !== null && !tree.has(at)) return [];
    way.push(at);
    if (at === null) break;
  }
  return way;
}

/** Whether `inner` is `outer` or stands somewhere below it. */
export function covers(tree: ScopeTree, outer: ScopeId, inner: ScopeId): boolean {
  return wayUp(tree, inner).includes(outer);
}
