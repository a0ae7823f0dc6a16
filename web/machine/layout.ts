// Where everything of a graph stands: sizes from the text, places from ELK (https://eclipse.dev/elk). ELK is passed in:
// a worker in the browser, the plain library in tests.
import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { DrawnEdge, DrawnState, DrawnTransition, Graph } from './graph.ts';

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

// Measured from the fonts of app.css at the sizes of machine-view.module.css; too wide by a little is right.
const KEY_FONT_PX = 13;
const ROW_FONT_PX = 11.5;
export const ROW_PX = 20;
export const HEADER_PX = 34;
const STATE_WIDTH_MIN_PX = 96;
const STATE_WIDTH_MAX_PX = 300;
const STATE_PADDING_PX = 28;
const LABEL_WIDTH_MAX_PX = 220;
const LABEL_PADDING_PX = 16;
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
    children: insideOf(graph.states[0]?.path ?? '', children),
    edges: [...graph.edges.filter(isDrawn).map(elkEdge), ...startEdges(children)],
  });
  return read(laid);
}

/** Nothing can be drawn from or to the root: its transitions are listed beside the drawing. */
const isDrawn = ({ source, target }: DrawnEdge): boolean => source !== '' && target !== '';

type Children = ReadonlyMap<string, DrawnState[]>;

function insideOf(path: string, children: Children): ElkNode[] {
  const inside = children.get(path) ?? [];
  const nodes: ElkNode[] = inside.map((state) => elkNode(state, children));
  if (inside.some(({ initial }) => initial)) {
    nodes.unshift({ id: startId(path), width: START_PX, height: START_PX });
  }
  return nodes;
}

function elkNode(state: DrawnState, children: Children): ElkNode {
  const { width, height } = sizeOf(state);
  const inside = insideOf(state.path, children);
  if (inside.length === 0) return { id: nodeId(state.path), width, height };
  const padding = `[top=${height + 10},left=18,bottom=18,right=18]`;
  return {
    id: nodeId(state.path),
    children: inside,
    layoutOptions: {
      'elk.padding': padding,
      'elk.nodeSize.constraints': 'MINIMUM_SIZE',
      'elk.nodeSize.minimum': `(${width},${height + 40})`,
    },
  };
}

/** Without what is inside. */
export function sizeOf(state: DrawnState): { width: number; height: number } {
  if (state.kind === 'history') return { width: 36, height: 36 };
  const rows = rowsOf(state);
  const widest = Math.max(
    textWidth(state.key, KEY_FONT_PX),
    ...rows.map(({ text }) => textWidth(text, ROW_FONT_PX) + 4),
  );
  const width = Math.min(
    STATE_WIDTH_MAX_PX,
    Math.max(STATE_WIDTH_MIN_PX, Math.ceil(widest) + STATE_PADDING_PX),
  );
  const height = HEADER_PX + (rows.length === 0 ? 0 : rows.length * ROW_PX + 10);
  return { width, height };
}

export interface Row {
  kind: 'entry' | 'exit' | 'invoke' | 'inner';
  text: string;
}

/** What a state says of itself beside its name. */
export function rowsOf(state: DrawnState): Row[] {
  const say = (kind: Row['kind'], verb: string) => (action: { kind: string; name: string | null }) => ({
    kind,
    text: `${verb} ${action.name ?? action.kind}`,
  });
  return [
    ...state.invokes.map(say('invoke', 'waits for')),
    ...state.entry.map(say('entry', 'entry')),
    ...state.exit.map(say('exit', 'exit')),
    ...state.inner.map((transition) => ({ kind: 'inner' as const, text: labelLine(transition) })),
  ];
}

/** About as wide as the text gets; capitals are half as wide again as small letters. In pixels. */
export function textWidth(text: string, fontPx: number): number {
  let ems = 0;
  for (const char of text) {
    if (/[A-ZÄÖÜmw@%_]/.test(char)) ems += 0.74;
    else if (/[ijlftr.,:;'|! [\]()/]/.test(char)) ems += 0.4;
    else ems += 0.6;
  }
  return ems * fontPx;
}

/** One transition in one line: what triggers it, that it is guarded, how many actions it carries. */
export function labelLine({ label, guard, actions }: DrawnTransition): string {
  const count =
    actions.length === 0
      ? ''
      : ` / ${actions.length === 1 ? (actions[0]?.name ?? actions[0]?.kind) : `${actions.length} actions`}`;
  return `${label}${guard === null ? '' : ' [guard]'}${count}`;
}

/** Of what stands on a line. */
export function labelSizeOf({ transitions }: DrawnEdge): { width: number; height: number } {
  const widest = Math.max(...transitions.map((one) => textWidth(labelLine(one), ROW_FONT_PX)));
  const width = Math.min(LABEL_WIDTH_MAX_PX, Math.ceil(widest + LABEL_PADDING_PX));
  return { width, height: transitions.length * ROW_PX + 4 };
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
