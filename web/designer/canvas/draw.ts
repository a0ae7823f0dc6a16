// A graph and its arrangement as the canvas library wants them. Pure.
import type { Edge, Node } from '@xyflow/react';
import type { Graph } from '../../machine/graph.ts';
import type { Marks } from '../problems/marks.ts';
import type { Arrangement } from './arrange.ts';
import type { LineData, StateData } from './canvas-parts.tsx';

export interface Shown {
  selected: string | null;
  renaming: string | null;
  marks: Marks;
  counts: ReadonlyMap<string, number>;
  lit: ReadonlySet<string>;
  /** Path of the state that something is dragged into. */
  host: string | null;
  readOnly: boolean;
}

export function draw(
  graph: Graph,
  at: Arrangement,
  shown: Shown,
): { nodes: Node[]; edges: Edge<LineData>[] } {
  const nodes: Node[] = [];
  for (const state of graph.states) {
    const box = at.states.get(state.path);
    if (state.parent !== null && box) {
      const data: StateData = {
        state,
        lit: shown.lit.has(state.path),
        count: shown.counts.get(state.path) ?? 0,
        selected: isOf(state, shown.selected) ? shown.selected : null,
        mark: markOf(shown.marks, [state, ...state.inner]),
        host: shown.host === state.path,
        renaming: isOf(state, shown.renaming) ? shown.renaming : null,
      };
      nodes.push({
        id: state.path,
        type: 'state',
        position: { x: box.x, y: box.y },
        width: box.width,
        height: box.height,
        draggable: !shown.readOnly,
        ...(state.parent !== '' && { parentId: state.parent }),
        data,
      });
    }
    const dot = at.starts.get(state.path);
    if (dot) {
      nodes.push({
        id: `start:${state.path}`,
        type: 'start',
        position: { x: dot.x, y: dot.y },
        width: dot.width,
        height: dot.height,
        draggable: false,
        ...(state.path !== '' && { parentId: state.path }),
        data: {},
      });
    }
  }
  return { nodes, edges: edgesOf(graph, at, shown) };
}

const isOf = ({ pointer, invokes, inner }: StateData['state'], selected: string | null): boolean =>
  selected === pointer || [...invokes, ...inner].some(({ pointer: one }) => one === selected);

function markOf(marks: Marks, of: readonly { pointer: string }[]) {
  const found = of.flatMap(({ pointer }) => marks.get(pointer) ?? []);
  return found.find(({ severity }) => severity === 'error') ?? found[0] ?? null;
}

function edgesOf(graph: Graph, at: Arrangement, shown: Shown): Edge<LineData>[] {
  const edges = graph.edges.flatMap((edge): Edge<LineData>[] => {
    const line = at.lines.get(edge.id);
    if (!line) return [];
    const has = (pointer: string | null) =>
      edge.transitions.some((one) => one.pointer === pointer) ? pointer : null;
    const data: LineData = {
      ...line,
      transitions: edge.transitions,
      selected: has(shown.selected),
      renaming: has(shown.renaming),
      mark: markOf(shown.marks, edge.transitions),
    };
    return [{ id: edge.id, type: 'line', source: edge.source, target: edge.target, zIndex: 1, data }];
  });
  const starts = [...at.starts.keys()].flatMap((path): Edge<LineData>[] => {
    const line = at.lines.get(`start:${path}`);
    const first = graph.states.find(({ parent, initial }) => parent === path && initial);
    if (!line || !first) return [];
    const data: LineData = { ...line, transitions: [], selected: null, renaming: null, mark: null };
    const id = `start:${path}`;
    return [{ id, type: 'line', source: id, target: first.path, zIndex: 1, selectable: false, data }];
  });
  return [...edges, ...starts];
}
