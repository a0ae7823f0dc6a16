// Which part of the canvas is seen: at first, and when something is selected that is not in it.
import { useReactFlow } from '@xyflow/react';
import { useEffect, useState } from 'react';
import { bestFit } from '../../machine/fit.ts';
import type { Layout } from '../../machine/layout.ts';
import { pathOf } from '../document/pointers.ts';
import type { Arrangement } from './arrange.ts';

/** All of it where that can be read, else its beginning. */
export function useFirstView(layout: Layout, at: Arrangement, place: { width: number; height: number }) {
  const [view] = useState(() => {
    const labels = [...at.lines.values()].flatMap(({ label }) => label ?? []);
    const boxes = [...at.absolute.values(), ...labels];
    const [left, top] = [Math.min(0, ...boxes.map(({ x }) => x)), Math.min(0, ...boxes.map(({ y }) => y))];
    const width = Math.max(200, ...boxes.map((box) => box.x + box.width)) - left + 12;
    const height = Math.max(100, ...boxes.map((box) => box.y + box.height)) - top + 12;
    const first = boxes[0];
    const drawing = { ...layout, width, height };
    const fit = bestFit(
      { RIGHT: drawing },
      { width: place.width, maxHeight: place.height },
      () => first ?? null,
    );
    const { x, y, zoom } = fit?.viewport ?? { x: 0, y: 0, zoom: 1 };
    const below = Math.max(0, (place.height - (fit?.height ?? 0)) / 2);
    return { x: x - left * zoom, y: y - top * zoom + below, zoom };
  });
  return view;
}

const MARGIN_PX = 24;

/** How far something has to go, and no further, to be seen; of what is larger than the place, its beginning. */
function intoView(start: number, length: number, room: number): number {
  const forward = Math.max(0, start + length - (room - MARGIN_PX));
  return start < MARGIN_PX ? MARGIN_PX - start : -Math.min(forward, start - MARGIN_PX);
}

/** What was selected elsewhere (a problem, the outline, a key) is brought where it is seen. */
export function useSelectedInView(
  selected: string | null,
  at: Arrangement,
  place: { width: number; height: number },
  dragging: boolean,
): void {
  const flow = useReactFlow();
  const path = selected === null ? null : pathOf(selected);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new selection moves the canvas, not a new layout
  useEffect(() => {
    const box = path === null ? undefined : at.absolute.get(path);
    if (!box || dragging) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [box.x * zoom + x, box.y * zoom + y];
    const outside =
      left + box.width * zoom < MARGIN_PX ||
      top + 34 * zoom < MARGIN_PX ||
      left > place.width - MARGIN_PX ||
      top > place.height - MARGIN_PX;
    if (outside) {
      const by = {
        x: intoView(left, box.width * zoom, place.width),
        y: intoView(top, box.height * zoom, place.height),
      };
      void flow.setViewport({ x: x + by.x, y: y + by.y, zoom });
    }
  }, [path]);
}
