// Room for every state beside the others in the same one: what lies on another moves to the nearest place that is free, and
// nothing else does. Pure.
import type { Box, Point } from '../../machine/layout.ts';

/** From where on a state may lie in the one around it. */
export interface Bounds {
  left: number;
  top: number;
}

/** Around the outermost there is nothing. */
export const NO_BOUNDS: Bounds = { left: -Infinity, top: -Infinity };

/** Between what has made room and what it was for. */
const APART_PX = 24;

const apart = (a: Box, b: Box): boolean =>
  a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height;

/** The nearest place to `wanted` where a state of that size lies on none of the others. */
export function nearestFree(
  size: { width: number; height: number },
  wanted: Point,
  others: readonly Box[],
  { left, top }: Bounds,
): Point {
  const isFree = ({ x, y }: Point) =>
    x >= left && y >= top && others.every((other) => apart({ ...size, x, y }, other));
  if (isFree(wanted)) return wanted;
  const xs = others.flatMap((one) => [one.x + one.width + APART_PX, one.x - size.width - APART_PX]);
  const ys = others.flatMap((one) => [one.y + one.height + APART_PX, one.y - size.height - APART_PX]);
  const byY = nearestFirst(wanted.y, ys);
  // Below the lowest of all there is always room.
  let best = { place: wanted, far: Infinity };
  for (const x of nearestFirst(wanted.x, xs)) {
    if (Math.abs(x - wanted.x) >= best.far) break;
    for (const y of byY) {
      const far = Math.hypot(x - wanted.x, y - wanted.y);
      if (far >= best.far) break;
      if (isFree({ x, y })) best = { place: { x, y }, far };
    }
  }
  return best.place;
}

/** Each once, and itself first of all. */
function nearestFirst(wanted: number, places: readonly number[]): number[] {
  return [...new Set([wanted, ...places])].sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
}

/** The next place from there on, that way, where a state lies on none of the others. */
export function beyond(from: Box, others: readonly Box[], way: Point): Point {
  let box = from;
  for (;;) {
    const over = others.filter((other) => !apart(box, other));
    if (over.length === 0) return { x: box.x, y: box.y };
    const ends = over.map((other) => ({
      x: way.x < 0 ? other.x - box.width - APART_PX : other.x + other.width + APART_PX,
      y: way.y < 0 ? other.y - box.height - APART_PX : other.y + other.height + APART_PX,
    }));
    const furthest = (axis: 'x' | 'y') =>
      (way[axis] < 0 ? Math.min : Math.max)(...ends.map((end) => end[axis]));
    box = way.x === 0 ? { ...box, y: furthest('y') } : { ...box, x: furthest('x') };
  }
}

/** All of them as far down as the highest has to go, so that what the state around them says of itself lies on none. */
export function below(states: ReadonlyMap<string, Box>, top: number): ReadonlyMap<string, Box> {
  const lack = top - Math.min(...[...states.values()].map(({ y }) => y));
  if (lack <= 0) return states;
  return new Map([...states].map(([path, box]) => [path, { ...box, y: box.y + lack }]));
}

/**
 * A state that grew has its neighbours under it: they give way, by as little as there is to be free of all. Each moves
 * once, to where nothing lies, so it pushes nothing on.
 * @returns the same map where nothing lies on anything
 */
export function madeRoom(states: ReadonlyMap<string, Box>, bounds: Bounds): ReadonlyMap<string, Box> {
  let room: ReadonlyMap<string, Box> = states;
  for (let pair = pairOf(room); pair !== null; pair = pairOf(room)) {
    const moves = whoGivesWay(pair);
    const box = room.get(moves) as Box;
    const others = [...room].flatMap(([path, other]) => (path === moves ? [] : [other]));
    const place = nearestFree(box, { x: box.x, y: box.y }, others, bounds);
    // Where no place is free of all, it lies where it lay.
    if (place.x === box.x && place.y === box.y) return room;
    room = new Map([...room, [moves, { ...box, ...place }]]);
  }
  return room;
}

type Placed = readonly [path: string, box: Box];

function pairOf(states: ReadonlyMap<string, Box>): readonly [Placed, Placed] | null {
  const all = [...states];
  for (const [i, one] of all.entries()) {
    const other = all.find((later, k) => k > i && !apart(one[1], later[1]));
    if (other) return [one, other];
  }
  return null;
}

/** States grow to the right and downwards: whichever begins further that way has been reached by the other. */
function whoGivesWay([[a, first], [b, second]]: readonly [Placed, Placed]): string {
  const shared = (from: number, length: number, other: number, otherLength: number) =>
    Math.min(from + length, other + otherLength) - Math.max(from, other);
  const across = shared(first.x, first.width, second.x, second.width);
  const along = shared(first.y, first.height, second.y, second.height);
  const isReached = across < along ? first.x > second.x : first.y > second.y;
  return isReached ? a : b;
}
