// A right-angled line from one box to another, where no layout has drawn one. Pure.
import type { Box, Point } from '../../machine/layout.ts';

/** Boxes that are nearer than this are left above or below, not at the side. */
const NARROW_PX = 28;
/** Lines that begin or end at the same side of a state lie this far apart. */
const LANE_PX = 14;

/** Which of the lines at its beginning and at its end it is: 0 is in the middle. */
export interface Lanes {
  from: number;
  to: number;
}

const contains = (outer: Box, inner: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

const point = (x: number, y: number): Point => ({ x, y });

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** @returns the points, and where its label's middle is */
export function routed(from: Box, to: Box, lanes: Lanes): { points: Point[]; middle: Point } {
  if (contains(from, to)) return intoOrOut(from, to, false);
  if (contains(to, from)) return intoOrOut(to, from, true);
  const right = to.x - (from.x + from.width);
  const left = from.x - (to.x + to.width);
  const beside = Math.max(right, left);
  const above = Math.max(to.y - (from.y + from.height), from.y - (to.y + to.height));
  if (beside >= NARROW_PX || beside >= above) return sideways(from, to, right >= left, lanes);
  return upright(from, to, to.y > from.y, lanes);
}

/** On a side that begins at `start`, away from its corners; a large state is met near its name. */
function laneAt(start: number, length: number, lane: number): number {
  const middle = start + Math.min(length / 2, 60);
  return clamp(middle + lane * LANE_PX, start + 8, start + length - 8);
}

/** Where a line turns on its way, never behind where it begins or ends. */
function between(start: number, end: number, lane: number): number {
  const room = Math.max(0, Math.abs(end - start) / 2 - 6);
  return (start + end) / 2 + clamp(lane * LANE_PX, -room, room);
}

function sideways(from: Box, to: Box, rightwards: boolean, lanes: Lanes) {
  const fromY = laneAt(from.y, from.height, lanes.from);
  const toY = laneAt(to.y, to.height, lanes.to);
  const [startX, endX] = rightwards ? [from.x + from.width, to.x] : [from.x, to.x + to.width];
  const turn = between(startX, endX, lanes.from);
  // Nearly straight looks like a mistake; straight does not.
  const straight = Math.abs(fromY - toY) < 6;
  if (straight) return line([point(startX, toY), point(endX, toY)], lanes.from);
  return line(
    [
      { x: startX, y: fromY },
      { x: turn, y: fromY },
      { x: turn, y: toY },
      { x: endX, y: toY },
    ],
    lanes.from,
  );
}

function upright(from: Box, to: Box, downwards: boolean, lanes: Lanes) {
  const fromX = laneAt(from.x, from.width, lanes.from);
  const within = clamp(fromX, to.x + 12, to.x + to.width - 12);
  const toX = Math.abs(within - fromX) < 1 ? fromX : laneAt(to.x, to.width, lanes.to);
  const [startY, endY] = downwards ? [from.y + from.height, to.y] : [from.y, to.y + to.height];
  const turn = between(startY, endY, lanes.from);
  if (toX === fromX) return line([point(toX, startY), point(toX, endY)], lanes.from);
  return line(
    [
      { x: fromX, y: startY },
      { x: fromX, y: turn },
      { x: toX, y: turn },
      { x: toX, y: endY },
    ],
    lanes.from,
  );
}

/** Between a state and one inside it: along the side that is nearer. */
function intoOrOut(outer: Box, inner: Box, out: boolean) {
  const y = inner.y + Math.min(inner.height / 2, 40) + (out ? 9 : -9);
  const [border, side] = out ? [outer.x + outer.width, inner.x + inner.width] : [outer.x, inner.x];
  const points = [
    { x: border, y },
    { x: side, y },
  ];
  return line(out ? points.reverse() : points);
}

/** The label stands on the longest part, beside those of the lines next to it. */
function line(points: Point[], lane = 0): { points: Point[]; middle: Point } {
  let middle = points[0] as Point;
  let longest = -1;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1] as Point, points[i] as Point];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length <= longest) continue;
    longest = length;
    const along = clamp(0.5 + lane * 0.4, 0.25, 0.75);
    middle = { x: a.x + (b.x - a.x) * along, y: a.y + (b.y - a.y) * along };
  }
  return { points, middle };
}
