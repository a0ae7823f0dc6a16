// The machine as a list of lines, one inside another: what the outline shows. Pure.
import type { DrawnState, DrawnTransition, Graph } from '../../machine/graph.ts';

export interface Row {
  pointer: string;
  /** Around it; null for the machine itself. */
  parent: string | null;
  /** From 1. */
  level: number;
  kind: 'machine' | 'state' | 'transition';
  label: string;
  /** What is said in a smaller voice: where it leads, what kind it is. */
  detail: string;
  /** Null where there is nothing inside. */
  open: boolean | null;
  /** From 1, among those with the same parent. */
  position: number;
  siblings: number;
}

export function rowsOf(graph: Graph, isOpen: (pointer: string) => boolean): Row[] {
  const inside = Map.groupBy(graph.states, ({ parent }) => parent);
  const ways = Map.groupBy(
    [...graph.states.flatMap(({ inner }) => inner), ...graph.edges.flatMap(({ transitions }) => transitions)],
    ({ source }) => source,
  );
  const rows: Row[] = [];
  const add = (
    state: DrawnState,
    level: number,
    parent: string | null,
    position: number,
    siblings: number,
  ) => {
    const transitions = ways.get(state.path) ?? [];
    const states = inside.get(state.path) ?? [];
    const within = transitions.length + states.length;
    const open = within === 0 ? null : isOpen(state.pointer);
    rows.push({
      pointer: state.pointer,
      parent,
      level,
      kind: parent === null ? 'machine' : 'state',
      label: state.key,
      detail: detailOf(state),
      open,
      position,
      siblings,
    });
    if (!open) return;
    for (const [i, transition] of transitions.entries()) {
      rows.push({
        pointer: transition.pointer,
        parent: state.pointer,
        level: level + 1,
        kind: 'transition',
        label: transition.label,
        detail: leadsTo(transition),
        open: null,
        position: i + 1,
        siblings: within,
      });
    }
    for (const [i, child] of states.entries()) {
      add(child, level + 1, state.pointer, transitions.length + i + 1, within);
    }
  };
  const [root] = graph.states;
  if (root) add(root, 1, null, 1, 1);
  return rows;
}

function detailOf({ kind, initial, parent, deep }: DrawnState): string {
  const words = [];
  if (initial) words.push('first');
  if (kind === 'history') words.push(deep ? 'deep history' : 'history');
  else if (kind !== 'atomic' && (parent !== null || kind === 'parallel')) words.push(kind);
  return words.join(', ');
}

function leadsTo({ target, source, guard, actions }: DrawnTransition): string {
  const words = [target === null || target === source ? 'stays' : `to ${target}`];
  if (guard !== null) words.push('guarded');
  if (actions.length > 0) words.push(actions.length === 1 ? '1 action' : `${actions.length} actions`);
  return words.join(', ');
}
