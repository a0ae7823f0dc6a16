// What becomes of a state that was dragged, and which state is next in a direction. Pure.
import type { Graph } from '../../machine/graph.ts';
import type { Box, Point } from '../../machine/layout.ts';
import type { Places } from '../document/places.ts';
import { type Arrangement, topOf } from './arrange.ts';

const SIDE_PX = 12;

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
    x: Math.round(Math.max(SIDE_PX, box.x - around.x)),
    y: Math.round(Math.max(topOf(state), box.y - around.y)),
  };
}

const APART_PX = 24;

const apart = (a: Box, b: Box): boolean =>
  a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;

/** The nearest place to `wanted`, relative to the host, where the state lies on none of those in it. */
export function freePlace(
  graph: Graph,
  at: Arrangement,
  { path, host, wanted }: { path: string; host: string; wanted: Point },
): Point {
  const own = at.states.get(path) ?? { width: NEW_STATE_PX.width, height: NEW_STATE_PX.height };
  const others = graph.states.flatMap((state) => {
    const box = state.parent === host && state.path !== path ? at.states.get(state.path) : undefined;
    return box ? [box] : [];
  });
  const around = graph.states.find((state) => state.path === host);
  const top = around && around.parent !== null ? topOf(around) : -Infinity;
  const left = around && around.parent !== null ? SIDE_PX : -Infinity;
  const isFree = (point: Point) =>
    point.x >= left && point.y >= top && others.every((other) => apart({ ...own, ...point }, other));
  if (isFree(wanted)) return wanted;
  const xs = [
    wanted.x,
    ...others.flatMap((one) => [one.x + one.width + APART_PX, one.x - own.width - APART_PX]),
  ];
  const ys = [
    wanted.y,
    ...others.flatMap((one) => [one.y + one.height + APART_PX, one.y - own.height - APART_PX]),
  ];
  const far = ({ x, y }: Point) => Math.hypot(x - wanted.x, y - wanted.y);
  const free = xs.flatMap((x) => ys.map((y) => ({ x, y }))).filter(isFree);
  // Below the lowest of all there is always room.
  return free.reduce((best, one) => (far(one) < far(best) ? one : best), free[0] ?? wanted);
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

export const nudged = ({ x, y }: Point, arrow: Arrow, byPx: number): Point => ({
  x: x + WAYS[arrow].x * byPx,
  y: y + WAYS[arrow].y * byPx,
});
