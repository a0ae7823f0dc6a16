// A layout goes on to be that of a machine in which a state was renamed: the state stands where it stood. Pure.
import { edgeId, type Graph } from '../../machine/graph.ts';
import type { Layout } from '../../machine/layout.ts';

/** @returns the same layout where no name alone has changed */
export function renamedLayout(laid: Layout, before: Graph, after: Graph): Layout {
  const names = renamed(before, after);
  if (names.size === 0) return laid;
  const nameOf = (path: string) => names.get(path) ?? path;
  const edges = new Map(before.edges.map((edge) => [edge.id, edge]));
  const lineOf = (id: string) => {
    const edge = edges.get(id);
    return edge
      ? edgeId(nameOf(edge.source), nameOf(edge.target))
      : `start:${nameOf(id.slice('start:'.length))}`;
  };
  const under = <T>(map: ReadonlyMap<string, T>, key: (old: string) => string) =>
    new Map([...map].map(([old, value]) => [key(old), value]));
  return {
    ...laid,
    states: under(laid.states, nameOf),
    starts: under(laid.starts, nameOf),
    lines: under(laid.lines, lineOf),
  };
}

/** Paths of now by those of before. A new name stands in the place of one that is gone. */
function renamed(before: Graph, after: Graph): ReadonlyMap<string, string> {
  const none: ReadonlyMap<string, string> = new Map();
  if (before === after || before.states.length !== after.states.length) return none;
  const [were, are] = [before, after].map(({ states }) => new Set(states.map(({ path }) => path)));
  const names = new Map<string, string>();
  for (const [i, { path: was, parent }] of before.states.entries()) {
    const is = after.states[i];
    if (!is || (names.get(parent ?? '') ?? parent) !== is.parent) return none;
    if (was === is.path) continue;
    if (are?.has(was) || were?.has(is.path)) return none;
    names.set(was, is.path);
  }
  return names;
}
