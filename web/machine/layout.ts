// Where everything of a graph stands: sizes from the text (sizes.ts), places from ELK (https://eclipse.dev/elk). ELK is passed in:
// a worker in the browser, the plain library in tests.
import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { DrawnEdge, DrawnState, Graph } from './graph.ts';
import { labelLine, labelSizeOf, sizeOf } from './sizes.ts';

export interface Point {
  x: number;
  y: number;
}

export interface Box extends Point {
  width: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  /** By path, relative to the state around it. The root is not drawn and not in it. */
  states: ReadonlyMap<string, Box>;
  /** By path of the state that begins with it: the dot of an initial state, relative to that state. */
  starts: ReadonlyMap<string, Box>;
  /** By edge id (`start:<path>` for initial states), from the drawing's origin. */
  lines: ReadonlyMap<string, { points: readonly Point[]; label: Box | null }>;
}

export type Direction = 'RIGHT' | 'DOWN';

const START_PX = 12;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.layered.spacing.nodeNodeBetweenLayers': '44',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.spacing.nodeNode': '32',
  'elk.spacing.edgeNode': '22',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '6',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.feedbackEdges': 'true',
};

export async function layoutOf(
  graph: Graph,
  elk: Pick<ELK, 'layout'>,
  direction: Direction,
): Promise<Layout> {
  const children = Map.groupBy(
    graph.states.filter(({ parent }) => parent !== null),
    ({ parent }) => parent as string,
  );
  const laid = await elk.layout({
    id: 'drawing',
    layoutOptions: {
      ...OPTIONS,
      'elk.direction': direction,
      'elk.padding': '[top=12,left=12,bottom=12,right=12]',
    },
    children: insideOf(graph.states[0]?.path ?? '', children, direction),
    edges: [...graph.edges.filter(isDrawn).map(elkEdge), ...startEdges(children)],
  });
  return read(laid);
}

/** Nothing can be drawn from or to the root: its transitions are listed beside the drawing. */
const isDrawn = ({ source, target }: DrawnEdge): boolean => source !== '' && target !== '';

type Children = ReadonlyMap<string, DrawnState[]>;

function insideOf(path: string, children: Children, direction: Direction): ElkNode[] {
  const inside = children.get(path) ?? [];
  const nodes: ElkNode[] = inside.map((state) => elkNode(state, children, direction));
  if (inside.some(({ initial }) => initial)) {
    nodes.unshift({ id: startId(path), width: START_PX, height: START_PX });
  }
  return nodes;
}

function elkNode(state: DrawnState, children: Children, direction: Direction): ElkNode {
  const { width, height } = sizeOf(state);
  const inside = insideOf(state.path, children, direction);
  if (inside.length === 0) return { id: nodeId(state.path), width, height };
  const least = [width, height + 40];
  const padding = `[top=${height + 10},left=18,bottom=18,right=18]`;
  return {
    id: nodeId(state.path),
    children: inside,
    layoutOptions: {
      'elk.padding': padding,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      // ELK turns a drawing that runs down on its side and back, but not this size.
      'elk.nodeSize.minimum': `(${direction === 'DOWN' ? least.toReversed() : least})`,
    },
  };
}

function elkEdge(edge: DrawnEdge): ElkExtendedEdge {
  return {
    id: edge.id,
    sources: [nodeId(edge.source)],
    targets: [nodeId(edge.target)],
    labels: [
      {
        id: `${edge.id} label`,
        text: edge.transitions.map(labelLine).join('\n'),
        ...labelSizeOf(edge),
        // On its line, so that nobody has to guess whose it is.
        layoutOptions: { 'elk.edgeLabels.inline': 'true' },
      },
    ],
  };
}

function startEdges(children: Children): ElkExtendedEdge[] {
  return [...children].flatMap(([path, inside]) =>
    inside
      .filter(({ initial }) => initial)
      .map((state) => ({ id: `start:${path}`, sources: [startId(path)], targets: [nodeId(state.path)] })),
  );
}

const nodeId = (path: string): string => `state:${path}`;
const startId = (path: string): string => `dot:${path}`;

function read(laid: ElkNode): Layout {
  const states = new Map<string, Box>();
  const starts = new Map<string, Box>();
  const walk = (node: ElkNode): void => {
    for (const child of node.children ?? []) {
      const box = { x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 0, height: child.height ?? 0 };
      const [kind, path] = [
        child.id.slice(0, child.id.indexOf(':')),
        child.id.slice(child.id.indexOf(':') + 1),
      ];
      (kind === 'dot' ? starts : states).set(path, box);
      walk(child);
    }
  };
  walk(laid);
  const lines = new Map<string, { points: Point[]; label: Box | null }>();
  for (const edge of laid.edges ?? []) {
    const points = (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
      startPoint,
      ...bendPoints,
      endPoint,
    ]);
    const [label] = edge.labels ?? [];
    const box = label && {
      x: label.x ?? 0,
      y: label.y ?? 0,
      width: label.width ?? 0,
      height: label.height ?? 0,
    };
    lines.set(edge.id, { points, label: box ?? null });
  }
  return { width: laid.width ?? 0, height: laid.height ?? 0, states, starts, lines };
}

/** An SVG path along right-angled points, its corners rounded. */
export function roundedPath(points: readonly Point[], radius = 8): string {
  const [first] = points;
  if (!first) return '';
  let path = `M${first.x},${first.y}`;
  for (let i = 1; i < points.length; i++) {
    const [before, at, after] = [points[i - 1] as Point, points[i] as Point, points[i + 1]];
    if (!after) {
      path += `L${at.x},${at.y}`;
      break;
    }
    const r = Math.min(radius, distance(before, at) / 2, distance(at, after) / 2);
    const [begin, end] = [towards(at, before, r), towards(at, after, r)];
    path += `L${begin.x},${begin.y}Q${at.x},${at.y} ${end.x},${end.y}`;
  }
  return path;
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function towards(from: Point, to: Point, by: number): Point {
  const whole = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * by) / whole, y: from.y + ((to.y - from.y) * by) / whole };
}
