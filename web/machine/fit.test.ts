import { expect, test } from 'vitest';
import { bestFit, placeOf } from './fit.ts';
import { graphOf } from './graph.ts';
import type { Layout } from './layout.ts';

const layout = (width: number, height: number, states: Layout['states'] = new Map()): Layout => ({
  width,
  height,
  states,
  starts: new Map(),
  lines: new Map(),
});

test('a wide drawing runs from left to right in a wide place, and downwards in a narrow one', () => {
  const layouts = { RIGHT: layout(900, 200), DOWN: layout(250, 700) };
  expect(bestFit(layouts, { width: 1000, maxHeight: 440 }, () => null)?.direction).toBe('RIGHT');
  expect(bestFit(layouts, { width: 360, maxHeight: 440 }, () => null)?.direction).toBe('DOWN');
});

test('the canvas is as tall as the drawing, within bounds', () => {
  const place = { width: 1000, maxHeight: 440 };
  expect(bestFit({ RIGHT: layout(700, 300) }, place, () => null)?.height).toBe(417);
  expect(bestFit({ RIGHT: layout(700, 20) }, place, () => null)?.height).toBe(220);
  expect(bestFit({ RIGHT: layout(700, 4_000) }, place, () => null)?.height).toBe(440);
});

test('the buttons that zoom lie on no state', () => {
  const buttonsPx = 45;
  for (const drawn of [20, 300, 500]) {
    const fit = bestFit({ RIGHT: layout(700, drawn) }, { width: 1000, maxHeight: 440 }, () => null);
    const { y, zoom } = fit?.viewport ?? { y: 0, zoom: 1 };
    expect(y + drawn * zoom).toBeLessThan((fit?.height ?? 0) - buttonsPx);
  }
});

test('where not all can be read at once, the state that is lit is seen', () => {
  const lit = { x: 3_000, y: 100, width: 100, height: 40 };
  const fit = bestFit({ RIGHT: layout(4_000, 200) }, { width: 400, maxHeight: 440 }, () => lit);
  const { x = 0, zoom = 1 } = fit?.viewport ?? {};
  expect(zoom).toBeGreaterThan(0.6);
  expect(lit.x * zoom + x).toBeGreaterThan(0);
  expect((lit.x + lit.width) * zoom + x).toBeLessThan(400);
});

test('the place of an inner state counts those around it', () => {
  const { states } = graphOf({ initial: 'a', states: { a: { initial: 'b', states: { b: {} } } } });
  const box = { x: 10, y: 20, width: 5, height: 5 };
  const places = new Map([
    ['a', box],
    ['a.b', box],
  ]);
  expect(placeOf(states, layout(1, 1, places), 'a.b')).toEqual({ x: 20, y: 40, width: 5, height: 5 });
});
