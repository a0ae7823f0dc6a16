// What becomes of a state that was dragged, and which state is next in a direction. Pure.
import type { Graph } from '../../machine/graph.ts';
import type { Box, Point } from '../../machine/layout.ts';
import type { Places } from '../document/places.ts';
import { type Arrangement, INSIDE_PX, topOf } from './arrange.ts';
import { type Bounds, beyond, NO_BOUNDS, nearestFree } from './room.ts';

/** The innermost state with states in it that a dragged one hangs over; '' over none. */
export function hostOf(graph: Graph, at: Arrangement, path: string): string {
  const box = at.absolute.get(path);
  if (!box) return '';
  const middle = centre(box);
  const hosts = graph.states.filter(({ path: other, kind, parent }) => {
    const there = at.absolute.get(other);
    const mayHost = kind === 'compound' || kind === 'parallel';
    const inIt = other === path || other.startsWith(`${path}.`);
    return parent !== null && mayHost && !inIt && there !== undefined && holds(there, middle);
  });
  return hosts.at(-1)?.path ?? '';
}

const centre = ({ x, y, width, height }: Box): Point => ({ x: x + width / 2, y: y + height / 2 });

const holds = (box: Box, { x, y }: Point): boolean =>
  x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;

/** Relative to the host, below its name. */
export function placeIn(graph: Graph, at: Arrangement, path: string, host: string): Point {
  const box = at.absolute.get(path) ?? { x: 0, y: 0 };
  const around = at.absolute.get(host);
  const state = graph.states.find((one) => one.path === host);
  if (!around || !state) return { x: Math.round(box.x), y: Math.round(box.y) };
  return {
    x: Math.round(Math.max(INSIDE_PX, box.x - around.x)),
    y: Math.round(Math.max(topOf(state), box.y - around.y)),
  };
}

/** The nearest place to `wanted`, relative to the host, where the state lies on none of those in it. */
export function freePlace(
  graph: Graph,
  at: Arrangement,
  { path, host, wanted }: { path: string; host: string; wanted: Point },
): Point {
  const own = at.states.get(path) ?? { width: NEW_STATE_PX.width, height: NEW_STATE_PX.height };
  return nearestFree(own, wanted, othersIn(graph, at, { path, host }), boundsIn(graph, host));
}

function othersIn(graph: Graph, at: Arrangement, { path, host }: { path: string; host: string }): Box[] {
  return graph.states.flatMap((state) => {
    const box = state.parent === host && state.path !== path ? at.states.get(state.path) : undefined;
    return box ? [box] : [];
  });
}

function boundsIn(graph: Graph, host: string): Bounds {
  const around = graph.states.find((state) => state.path === host);
  return around && around.parent !== null ? { left: INSIDE_PX, top: topOf(around) } : NO_BOUNDS;
}

/** A state that is not drawn yet. */
const NEW_STATE_PX = { width: 96, height: 36 };

/** Everything where it is now: whoever has changed something wants the rest to stay. */
export const frozen = ({ states }: Arrangement): Places =>
  Object.fromEntries([...states].map(([path, { x, y }]) => [path, { x, y }]));

/** The places of what was moved from one path to another, with all that is inside. */
export function carried(places: Places, from: string, to: string): Places {
  return Object.fromEntries(
    Object.entries(places).flatMap(([path, place]) =>
      path.startsWith(`${from}.`) ? [[to + path.slice(from.length), place]] : [],
    ),
  );
}

export type Arrow = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight';

const WAYS: Readonly<Record<Arrow, Point>> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};

/** The state to go to from another by an arrow key; null where there is none that way. */
export function nextState(at: Arrangement, from: string, arrow: Arrow): string | null {
  const box = at.absolute.get(from);
  if (!box) return at.absolute.keys().next().value ?? null;
  const [here, way] = [centre(box), WAYS[arrow]];
  let best: { path: string; cost: number } | null = null;
  for (const [path, other] of at.absolute) {
    if (path === from) continue;
    const there = centre(other);
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    const ahead = dx * way.x + dy * way.y;
    const aside = Math.abs(dx * way.y) + Math.abs(dy * way.x);
    // What lies more to the side than ahead is reached by another key.
    if (ahead <= 4 || aside > ahead * 2) continue;
    const cost = ahead + aside * 2;
    if (best === null || cost < best.cost) best = { path, cost };
  }
  return best?.path ?? null;
}

/**
 * Where a step that way leads: what is in the way is stepped over, so that nothing has to make room.
 * @returns null where the state around it ends
 */
export function stepped(
  graph: Graph,
  at: Arrangement,
  { path, arrow, byPx }: { path: string; arrow: Arrow; byPx: number },
): Point | null {
  const box = at.states.get(path);
  const host = graph.states.find((state) => state.path === path)?.parent;
  if (!box || host == null) return null;
  const way = WAYS[arrow];
  const step = { ...box, x: box.x + way.x * byPx, y: box.y + way.y * byPx };
  const place = beyond(step, othersIn(graph, at, { path, host }), way);
  const { left, top } = boundsIn(graph, host);
  return place.x >= left && place.y >= top ? place : null;
}
