// A right-angled line from one box to another, where no layout has drawn one. Pure.
import type { Box, Point } from '../../machine/layout.ts';

/** Boxes that are nearer than this are left above or below, not at the side. */
const NARROW_PX = 28;
/** Lines that lead to and fro lie this far apart. */
const LANE_PX = 9;

const contains = (outer: Box, inner: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/**
 * @param lane which side of the shortest way it takes, where another line comes back
 * @returns the points, and where its label's middle is
 */
export function routed(from: Box, to: Box, lane: -1 | 0 | 1): { points: Point[]; middle: Point } {
  if (contains(from, to)) return intoOrOut(from, to, false);
  if (contains(to, from)) return intoOrOut(to, from, true);
  const right = to.x - (from.x + from.width);
  const left = from.x - (to.x + to.width);
  const beside = Math.max(right, left);
  const above = Math.max(to.y - (from.y + from.height), from.y - (to.y + to.height));
  if (beside >= NARROW_PX || beside >= above) return sideways(from, to, right >= left, lane);
  return upright(from, to, to.y > from.y, lane);
}

function sideways(from: Box, to: Box, rightwards: boolean, lane: number) {
  const fromY = from.y + Math.min(from.height / 2, 60) + lane * LANE_PX;
  const toY = to.y + Math.min(to.height / 2, 60) + lane * LANE_PX;
  const [startX, endX] = rightwards ? [from.x + from.width, to.x] : [from.x, to.x + to.width];
  const turn = (startX + endX) / 2 + lane * LANE_PX;
  // Nearly straight looks like a mistake; straight does not.
  const straight = Math.abs(fromY - toY) < 6;
  if (straight)
    return line([
      { x: startX, y: toY },
      { x: endX, y: toY },
    ]);
  return line([
    { x: startX, y: fromY },
    { x: turn, y: fromY },
    { x: turn, y: toY },
    { x: endX, y: toY },
  ]);
}

function upright(from: Box, to: Box, downwards: boolean, lane: number) {
  const fromX = from.x + from.width / 2 + lane * LANE_PX;
  const within = clamp(fromX, to.x + 12, to.x + to.width - 12);
  const toX = Math.abs(within - fromX) < 1 ? fromX : to.x + to.width / 2 + lane * LANE_PX;
  const [startY, endY] = downwards ? [from.y + from.height, to.y] : [from.y, to.y + to.height];
  const turn = (startY + endY) / 2 + lane * LANE_PX;
  if (toX === fromX)
    return line([
      { x: toX, y: startY },
      { x: toX, y: endY },
    ]);
  return line([
    { x: fromX, y: startY },
    { x: fromX, y: turn },
    { x: toX, y: turn },
    { x: toX, y: endY },
  ]);
}

/** Between a state and one inside it: along the side that is nearer. */
function intoOrOut(outer: Box, inner: Box, out: boolean) {
  const y = inner.y + Math.min(inner.height / 2, 40) + (out ? LANE_PX : -LANE_PX);
  const [border, side] = out ? [outer.x + outer.width, inner.x + inner.width] : [outer.x, inner.x];
  const points = [
    { x: border, y },
    { x: side, y },
  ];
  return line(out ? points.reverse() : points);
}

/** The label stands on the longest part. */
function line(points: Point[]): { points: Point[]; middle: Point } {
  let middle = points[0] as Point;
  let longest = -1;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1] as Point, points[i] as Point];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length <= longest) continue;
    longest = length;
    middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  }
  return { points, middle };
}
