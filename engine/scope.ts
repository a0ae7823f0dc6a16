// What expressions and templates see: the merged view of an event, and the smallest scope that holds named paths.
import { isJsonObject, type Json, type JsonObject } from './json.ts';

/**
 * The one view of an event that CEL and templates share: the payload's keys at the top, plus `type` and `payload`,
 * which win over payload keys of the same name. Shares the payload's values; changes nothing.
 */
export function eventView(event: { type: string; payload: JsonObject }): JsonObject {
  return { ...event.payload, type: event.type, payload: event.payload };
}

/**
 * The smallest object that holds the own-property paths named in `variables` (dotted, e.g. `context.amount`).
 * A path that is a prefix of another wins, an array on the way is kept whole, and what is missing is left out.
 * Kept values are shared with `scope`, never copied; neither is changed.
 */
export function projectScope(variables: readonly string[], scope: JsonObject): JsonObject {
  let tree = trees.get(variables);
  if (tree === undefined) {
    tree = pathTree(variables);
    trees.set(variables, tree);
  }
  return projectObject(tree, scope);
}

/** `null` keeps everything below; a map keeps only the names in it. */
type PathTree = Map<string, PathTree | null>;

// The variables of an action are one frozen array for the life of its compiled workflow, so the tree is built once.
const trees = new WeakMap<readonly string[], PathTree>();

function pathTree(variables: readonly string[]): PathTree {
  const root: PathTree = new Map();
  for (const variable of variables) {
    const names = variable.split('.');
    const last = names.pop() as string;
    let tree: PathTree | null = root;
    for (const name of names) {
      let below: PathTree | null | undefined = tree.get(name);
      if (below === undefined) {
        below = new Map();
        tree.set(name, below);
      }
      tree = below;
      if (tree === null) break;
    }
    tree?.set(last, null);
  }
  return root;
}

function projectObject(tree: PathTree, source: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const [name, below] of tree) {
    // Assigning `__proto__` would replace the prototype of `kept` instead of adding a key.
    if (name === '__proto__' || !Object.hasOwn(source, name)) continue;
    const value = source[name] as Json;
    if (below === null || Array.isArray(value)) kept[name] = value;
    else if (isJsonObject(value)) kept[name] = projectObject(below, value);
  }
  return kept;
}
