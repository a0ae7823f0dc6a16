// The tree of scopes as a list, in the order in which it is read, each with its way down from the organisation.
import type { Resource } from '../../api/client.ts';

export interface FlatScope {
  id: string;
  kind: 'stack' | 'namespace' | 'module';
  name: string;
  parentId: string | null;
  /** 0 for a stack. */
  depth: number;
  /** `shop / checkout / cart` */
  path: string;
  /** Ids of what it stands in, from the stack down. */
  above: readonly string[];
}

type Tree = Resource<'ScopeTree'>;

export function flatScopes(tree: readonly Tree[], parent: FlatScope | null = null): FlatScope[] {
  return tree.flatMap((node) => {
    const scope: FlatScope = {
      id: node.id,
      kind: node.kind,
      name: node.name,
      parentId: node.parent_id,
      depth: parent === null ? 0 : parent.depth + 1,
      path: parent === null ? node.name : `${parent.path} / ${node.name}`,
      above: parent === null ? [] : [...parent.above, parent.id],
    };
    return [scope, ...flatScopes(node.children, scope)];
  });
}

/** For a field that picks one; '' is the organisation. */
export const scopeChoices = (scopes: readonly FlatScope[]) => [
  { value: '', label: 'The whole organisation' },
  ...scopes.map(({ id, path, kind }) => ({ value: id, label: `${path} (${kind})` })),
];

/** What stands in a scope of each kind; null is the organisation. */
export const CHILD_KIND = {
  organisation: 'stack',
  stack: 'namespace',
  namespace: 'module',
  module: null,
} as const;
