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

/**
 * From the bottom: a line lies on the states that it is in, and behind those that have come to lie on it, whose names are to
 * be read. Of the one that is selected the ends are to be taken hold of.
 */
const LAYERS = { around: 0, line: 1, state: 2, selectedLine: 3 } as const;

export function draw(
  graph: Graph,
  at: Arrangement,
  shown: Shown,
): { nodes: Node[]; edges: Edge<LineData>[] } {
  const nodes: Node[] = [];
  const isAround = new Set(graph.states.map(({ parent }) => parent));
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
        zIndex: isAround.has(state.path) ? LAYERS.around : LAYERS.state,
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
        zIndex: LAYERS.state,
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
    const zIndex = data.selected === null ? LAYERS.line : LAYERS.selectedLine;
    return [{ id: edge.id, type: 'line', source: edge.source, target: edge.target, zIndex, data }];
  });
  const starts = [...at.starts.keys()].flatMap((path): Edge<LineData>[] => {
    const line = at.lines.get(`start:${path}`);
    const first = graph.states.find(({ parent, initial }) => parent === path && initial);
    if (!line || !first) return [];
    const data: LineData = { ...line, transitions: [], selected: null, renaming: null, mark: null };
    const id = `start:${path}`;
    const zIndex = LAYERS.line;
    return [{ id, type: 'line', source: id, target: first.path, zIndex, selectable: false, data }];
  });
  return [...edges, ...starts];
}
