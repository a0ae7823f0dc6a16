// How a drawing is put into the place there is for it: which way it runs, how tall it gets, and what is seen first.
import type { DrawnState } from './graph.ts';
import type { Box, Direction, Layout } from './layout.ts';

export interface Place {
  width: number;
  maxHeight: number;
}

export interface Fit {
  direction: Direction;
  /** Of the canvas. */
  height: number;
  viewport: { x: number; y: number; zoom: number };
}

const MARGIN_PX = 18;
/** Below, where the buttons that zoom lie on the canvas. */
const BELOW_PX = 54;
const MIN_HEIGHT_PX = 220;
/** Larger than life looks clumsy. */
const MAX_ZOOM = 1.15;
/** Below this, nobody can read it: then a part is shown, and the rest is reached by moving. */
const READABLE_ZOOM = 0.62;

/** The way that lets the drawing be larger; from left to right when both do. */
export function bestFit(
  layouts: Readonly<Partial<Record<Direction, Layout>>>,
  place: Place,
  focus: (layout: Layout) => Box | null,
): Fit | null {
  const fits = (['RIGHT', 'DOWN'] as const).flatMap((direction) => {
    const layout = layouts[direction];
    return layout ? [{ direction, layout, zoom: zoomOf(layout, place) }] : [];
  });
  const [first, second] = fits;
  if (!first) return null;
  const best = second && second.zoom > first.zoom * 1.2 ? second : first;
  const { direction, layout } = best;
  const zoom = Math.min(MAX_ZOOM, Math.max(READABLE_ZOOM, best.zoom));
  const height = Math.round(
    Math.min(place.maxHeight, Math.max(MIN_HEIGHT_PX, layout.height * zoom + MARGIN_PX + BELOW_PX)),
  );
  const seen = focus(layout);
  return {
    direction,
    height,
    viewport: {
      x: offset(layout.width * zoom, place.width, seen && (seen.x + seen.width / 2) * zoom),
      y: offset(
        layout.height * zoom,
        height - BELOW_PX + MARGIN_PX,
        seen && (seen.y + seen.height / 2) * zoom,
      ),
      zoom,
    },
  };
}

const zoomOf = ({ width, height }: Layout, place: Place): number =>
  Math.min(
    (place.width - 2 * MARGIN_PX) / (width || 1),
    (place.maxHeight - MARGIN_PX - BELOW_PX) / (height || 1),
    MAX_ZOOM,
  );

/** In the middle where all of it fits; otherwise such that `seen` is, as far as the drawing goes. */
function offset(drawn: number, room: number, seen: number | null): number {
  if (drawn + 2 * MARGIN_PX <= room) return (room - drawn) / 2;
  const wanted = seen === null ? MARGIN_PX : room / 2 - seen;
  return Math.min(MARGIN_PX, Math.max(room - drawn - MARGIN_PX, wanted));
}

/** Where a state stands in the whole drawing. */
export function placeOf(states: readonly DrawnState[], layout: Layout, path: string): Box | null {
  const box = layout.states.get(path);
  if (!box) return null;
  const parent = states.find((state) => state.path === path)?.parent ?? null;
  const around = parent === null || parent === '' ? null : placeOf(states, layout, parent);
  return around ? { ...box, x: box.x + around.x, y: box.y + around.y } : box;
}
