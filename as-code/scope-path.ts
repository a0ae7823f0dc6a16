// Scopes as files name them: the names from the stack down, `shop/orders/billing`.
import { SCOPE_KINDS, type ScopeKind } from '../subscriptions/scope-tree.ts';

/** Names of the scopes from the stack down to the one that is meant: one to three. */
export type ScopePath = readonly string[];

export const SCOPE_DEPTH_MAX = SCOPE_KINDS.length;

/** A text is parted at its slashes; a list is there for names that have slashes of their own. */
export function readScopePath(written: string | readonly string[]): ScopePath {
  return (typeof written === 'string' ? written.split('/') : written).map((part) => part.trim());
}

/** As short as it can be written. */
export function writeScopePath(path: ScopePath): string | string[] {
  return path.some((name) => name.includes('/')) ? [...path] : path.join('/');
}

export const scopeKey = (path: ScopePath): string => JSON.stringify(path);

export function kindOfPath(path: ScopePath): ScopeKind {
  const kind = SCOPE_KINDS[path.length - 1];
  if (kind === undefined) throw new RangeError(`A path of ${path.length} names is none of a scope.`);
  return kind;
}
