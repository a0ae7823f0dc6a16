// Where everything stands on the canvas: as ELK has laid it out, but for what somebody has put elsewhere. Lines between
// states that stand as ELK knows them are ELK's; the others are drawn here. What grew has room made for it. Pure.
import type { DrawnEdge, DrawnState, Graph } from '../../machine/graph.ts';
import type { Box, Layout, Point } from '../../machine/layout.ts';
import { HEADER_PX, labelSizeOf, sizeOf } from '../../machine/sizes.ts';
import type { Places } from '../document/places.ts';
import { below, madeRoom, NO_BOUNDS } from './room.ts';
import { type Lanes, routed } from './route.ts';

export interface Line {
  points: readonly Point[];
  label: Box | null;
}

export interface Arrangement {
  /** By path, relative to the state around it. */
  states: ReadonlyMap<string, Box>;
  /** By path, from the drawing's origin. */
  absolute: ReadonlyMap<string, Box>;
  /** The dot of an initial state by path of what begins with it, relative to that. */
  starts: ReadonlyMap<string, Box>;
  /** By edge id, and `start:<path>`. */
  lines: ReadonlyMap<string, Line>;
}

const SIDE_PX = 18;
/** From the border of the state around it, at the least. */
export const INSIDE_PX = 12;
const GAP_PX = 36;
const START_PX = 12;

/** What a state keeps free above those inside it. */
export const topOf = (state: DrawnState): number => sizeOf(state).height + 10;

/** @param held a state that is being dragged: it stands there already, and nothing has made room for it yet */
export function arrange(
  graph: Graph,
  laid: Layout | null,
  places: Places,
  held: (Point & { path: string }) | null = null,
): Arrangement {
  const inside = Map.groupBy(
    graph.states.filter(({ parent }) => parent !== null),
    ({ parent }) => parent as string,
  );
  const states = new Map<string, Box>();
  const starts = new Map<string, Box>();

  /** Puts what is inside, and says how large that makes the state. */
  const put = (around: DrawnState): { width: number; height: number } => {
    const own = sizeOf(around);
    const children = inside.get(around.path) ?? [];
    if (children.length === 0) return own;
    const top = around.parent === null ? SIDE_PX : topOf(around);
    const sizes = children.map((child) => [child, put(child)] as const);
    const placed: Box[] = [];
    const known = sizes.filter(([{ path }]) => places[path] || laid?.states.has(path));
    for (const [child, size] of known) {
      const at = places[child.path] ?? (laid?.states.get(child.path) as Box);
      const box = { ...size, x: at.x, y: at.y };
      // Only what nobody put there gives way.
      const free = places[child.path] === undefined && isMoved(child.path, places) ? aside(box, placed) : box;
      placed.push(free);
      states.set(child.path, free);
    }
    for (const [child, size] of sizes) {
      if (states.has(child.path)) continue;
      const edge = around.parent === null ? laid?.width : laid?.states.get(around.path)?.width;
      const box = besideAll(size, placed, { top, edge: edge ?? 0 });
      placed.push(box);
      states.set(child.path, box);
    }
    const within = around.parent === null ? NO_BOUNDS : { left: INSIDE_PX, top };
    const boxes = new Map(sizes.map(([{ path }]) => [path, states.get(path) as Box]));
    const room = madeRoom(below(boxes, within.top), within);
    for (const [path, box] of room) states.set(path, box);
    const fits = laid !== null && !children.some(({ path }) => isMovedFrom(path, states, laid));
    const right = Math.max(...[...room.values()].map(({ x, width }) => x + width));
    const bottom = Math.max(...[...room.values()].map(({ y, height }) => y + height));
    const first = children.find(({ initial }) => initial);
    const firstBox = first && states.get(first.path);
    if (firstBox) {
      const stands = samePoint(firstBox, laid?.states.get(first.path));
      starts.set(around.path, startOf(around.path, firstBox, laid, stands));
    }
    const asLaid = fits ? laid.states.get(around.path) : undefined;
    if (asLaid) return { width: asLaid.width, height: asLaid.height };
    return {
      width: Math.max(own.width, right + SIDE_PX),
      height: Math.max(own.height + 40, bottom + SIDE_PX),
    };
  };
  const root = graph.states[0];
  if (root) put(root);
  const heldBox = held && states.get(held.path);
  if (heldBox) states.set(held.path, { ...heldBox, x: held.x, y: held.y });

  const absolute = absoluteOf(graph, states);
  const laidAbsolute = laid && absoluteOf(graph, laid.states);
  return {
    states,
    absolute,
    starts,
    lines: linesOf(graph, laid, { absolute, laidAbsolute, starts, states }),
  };
}

/** Somebody has put something in the same state. */
function isMoved(path: string, places: Places): boolean {
  const around = path.slice(0, path.lastIndexOf('.') + 1);
  return Object.keys(places).some(
    (one) => one.startsWith(around) && !one.slice(around.length).includes('.') && one !== path,
  );
}

function isMovedFrom(path: string, states: ReadonlyMap<string, Box>, laid: Layout): boolean {
  const [is, was] = [states.get(path), laid.states.get(path)];
  return !is || !was || !sameBox(is, was);
}

const samePoint = (a: Point, b: Point | undefined): boolean => a.x === b?.x && a.y === b.y;

const sameBox = (a: Box, b: Box): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;

const overlaps = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width + 8 && b.x < a.x + a.width + 8 && a.y < b.y + b.height + 8 && b.y < a.y + a.height + 8;

function aside(box: Box, placed: readonly Box[]): Box {
  const inTheWay = placed.filter((one) => overlaps(one, box));
  if (inTheWay.length === 0) return box;
  const y = Math.max(...placed.map((one) => one.y + one.height)) + GAP_PX;
  return { ...box, y };
}

/** Where there is nothing to go by: to the right of all others and of their lines, at their height. */
function besideAll(
  size: { width: number; height: number },
  placed: readonly Box[],
  { top, edge }: { top: number; edge: number },
): Box {
  if (placed.length === 0) return { ...size, x: SIDE_PX + 34, y: top };
  const last = placed.at(-1) as Box;
  const right = Math.max(...placed.map(({ x, width }) => x + width));
  return { ...size, x: Math.max(right + GAP_PX * 2, edge), y: last.y };
}

function startOf(path: string, first: Box, laid: Layout | null, stands: boolean): Box {
  const asLaid = laid?.starts.get(path);
  if (asLaid && stands) return asLaid;
  const y = first.y + Math.min(first.height / 2, HEADER_PX / 2) - START_PX / 2;
  return { x: first.x - 32, y, width: START_PX, height: START_PX };
}

function absoluteOf(graph: Graph, states: ReadonlyMap<string, Box>): Map<string, Box> {
  const absolute = new Map<string, Box>();
  // Parents stand before their children.
  for (const { path, parent } of graph.states) {
    const box = states.get(path);
    if (!box) continue;
    const around = absolute.get(parent ?? '');
    absolute.set(path, around ? { ...box, x: box.x + around.x, y: box.y + around.y } : box);
  }
  return absolute;
}

function linesOf(
  graph: Graph,
  laid: Layout | null,
  at: {
    absolute: ReadonlyMap<string, Box>;
    laidAbsolute: ReadonlyMap<string, Box> | null;
    starts: ReadonlyMap<string, Box>;
    states: ReadonlyMap<string, Box>;
  },
): Map<string, Line> {
  const lines = new Map<string, Line>();
  const laneOf = lanesOf(graph.edges);
  // On what stands as ELK knows it, it has put no label.
  const changed = graph.states.flatMap(({ path, parent }) => {
    const [was, is] = [at.laidAbsolute?.get(path), at.absolute.get(path)];
    return parent !== null && was && is && !sameBox(was, is) ? [is] : [];
  });
  const isCovering = ({ label }: Line, ends: readonly string[]): boolean =>
    label !== null &&
    changed.some((box) => meets(label, box) && !ends.some((end) => at.absolute.get(end) === box));
  const asLaid = (id: string, ...ends: string[]): Line | null => {
    const line = laid?.lines.get(id);
    if (!line || line.points.length < 2 || !at.laidAbsolute) return null;
    const shifts = ends.map((path) => shiftOf(at.laidAbsolute?.get(path), at.absolute.get(path)));
    const [first] = shifts;
    if (!first || shifts.some((shift) => shift?.x !== first.x || shift.y !== first.y)) return null;
    const there = first.x === 0 && first.y === 0 ? line : shifted(line, first);
    // One that got another size may have let go of it.
    const tips = [there.points[0], there.points.at(-1)];
    const holds = ends.every((path) => tips.some((tip) => isAt(tip, at.absolute.get(path))));
    return holds && !isCovering(there, ends) ? there : null;
  };
  for (const edge of graph.edges) {
    const line = asLaid(edge.id, edge.source, edge.target);
    if (line) lines.set(edge.id, withOwnLabel(edge, line));
  }
  for (const edge of graph.edges) {
    const [from, to] = [at.absolute.get(edge.source), at.absolute.get(edge.target)];
    if (!from || !to || lines.has(edge.id)) continue;
    const labels = [...lines.values()].flatMap(({ label }) => label ?? []);
    lines.set(edge.id, drawn(edge, from, to, { lanes: laneOf(edge), labels }));
  }
  for (const [path, dot] of at.starts) {
    const first = graph.states.find(({ parent, initial }) => parent === path && initial);
    const box = first && at.states.get(first.path);
    if (!box || !first) continue;
    const around = at.absolute.get(path) ?? { x: 0, y: 0 };
    const middle = { x: around.x + dot.x + START_PX, y: around.y + dot.y + START_PX / 2 };
    const kept = laid?.starts.get(path) === dot ? asLaid(`start:${path}`, first.path) : null;
    lines.set(
      `start:${path}`,
      kept ?? { points: [middle, { x: around.x + box.x, y: middle.y }], label: null },
    );
  }
  return lines;
}

function shiftOf(was: Box | undefined, is: Box | undefined): Point | null {
  return was && is ? { x: is.x - was.x, y: is.y - was.y } : null;
}

const meets = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** On its border. */
function isAt(point: Point | undefined, box: Box | undefined): boolean {
  if (!point || !box) return false;
  const [x, y] = [point.x - box.x, point.y - box.y];
  const isNear = (a: number, b: number) => Math.abs(a - b) <= 1;
  const within = x >= -1 && x <= box.width + 1 && y >= -1 && y <= box.height + 1;
  return within && (isNear(x, 0) || isNear(x, box.width) || isNear(y, 0) || isNear(y, box.height));
}

function shifted({ points, label }: Line, by: Point): Line {
  const move = <T extends Point>(point: T): T => ({ ...point, x: point.x + by.x, y: point.y + by.y });
  return { points: points.map(move), label: label && move(label) };
}

/** The lines at a state lie side by side, those that leave it before those that arrive. */
function lanesOf(edges: readonly DrawnEdge[]): (edge: DrawnEdge) => Lanes {
  const leaving = Map.groupBy(edges, ({ source }) => source);
  const arriving = Map.groupBy(edges, ({ target }) => target);
  const at = (path: string, edge: DrawnEdge) => {
    const all = [...(leaving.get(path) ?? []), ...(arriving.get(path) ?? [])];
    return all.indexOf(edge) - (all.length - 1) / 2;
  };
  return (edge) => ({ from: at(edge.source, edge), to: at(edge.target, edge) });
}

/** @param labels those of other lines, which are to be read too */
function drawn(
  edge: DrawnEdge,
  from: Box,
  to: Box,
  { lanes, labels }: { lanes: Lanes; labels: readonly Box[] },
): Line {
  const { points, middle } = routed(from, to, lanes);
  const { width, height } = labelSizeOf(edge);
  const around = ({ x, y }: Point): Box => ({ x: x - width / 2, y: y - height / 2, width, height });
  const along = [0.5, 0.25, 0.75].flatMap((part) =>
    points.slice(1).map((end, i) => between(points[i] as Point, end, part)),
  );
  // Where there is little room between two states, another part of the line may have more.
  const free = [middle, ...along].map(around).filter((box) => !overlaps(box, from) && !overlaps(box, to));
  const apart = free.find((box) => !labels.some((label) => meets(label, box)));
  return { points, label: apart ?? free[0] ?? around(middle) };
}

const between = (a: Point, b: Point, part: number): Point => ({
  x: a.x + (b.x - a.x) * part,
  y: a.y + (b.y - a.y) * part,
});

/** ELK may not know yet what is said on the line. */
function withOwnLabel(edge: DrawnEdge, line: Line): Line {
  const { label } = line;
  if (!label) return line;
  const { width, height } = labelSizeOf(edge);
  if (width === label.width && height === label.height) return line;
  const [x, y] = [label.x + label.width / 2 - width / 2, label.y + label.height / 2 - height / 2];
  return { ...line, label: { x, y, width, height } };
}
