import ELK from 'elkjs/lib/elk.bundled.js';
import { expect, test } from 'vitest';
import type { Definition } from '../../../engine/definition.ts';
import { graphOf } from '../../machine/graph.ts';
import { type Box, layoutOf } from '../../machine/layout.ts';
import { arrange } from './arrange.ts';
import { carried, freePlace, hostOf, nextState, placeIn } from './moves.ts';
import { renamedLayout } from './renamed-layout.ts';
import { routed } from './route.ts';

const inner = (back: string) => ({
  initial: 'x',
  states: { x: { on: { NEXT: 'y', BACK: `#workflow.${back}` } }, y: {} },
});
const definition: Definition = {
  initial: 'a',
  states: {
    a: { on: { GO: 'b.x' } },
    b: inner('a'),
    c: {},
  },
};
const graph = graphOf(definition);
const laid = await layoutOf(graph, new ELK(), 'RIGHT');
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test('what nobody moved stands, and is joined, as it was laid out', () => {
  const { states, lines, starts } = arrange(graph, laid, {});
  expect(states).toEqual(laid.states);
  expect(starts).toEqual(laid.starts);
  for (const { id } of graph.edges) expect(lines.get(id)).toEqual(laid.lines.get(id));
});

test('a state that got another name stands where it stood, and so do the lines it has', () => {
  const later = graphOf({
    ...definition,
    initial: 'z',
    states: { z: { on: { GO: 'b.x' } }, b: inner('z'), c: {} },
  });
  const renamed = renamedLayout(laid, graph, later);
  const { states, lines, starts } = arrange(later, renamed, {});
  expect(states.get('z')).toEqual(laid.states.get('a'));
  expect(states.get('b.x')).toEqual(laid.states.get('b.x'));
  expect(starts).toEqual(laid.starts);
  expect(lines.get('z → b.x')).toEqual(laid.lines.get('a → b.x'));
  expect(lines.get('b.x → z')).toEqual(laid.lines.get('b.x → a'));
  expect(
    renamedLayout(laid, graph, graphOf({ ...definition, states: { c: {}, ...definition.states } })),
  ).toBe(laid);
});

test('a state that was moved stands where it was put, and its lines follow', () => {
  const moved = { x: 40, y: 500 };
  const { states, lines, absolute } = arrange(graph, laid, { a: moved });
  expect(states.get('a')).toMatchObject(moved);
  expect(states.get('b')).toEqual(laid.states.get('b'));
  const a = absolute.get('a') as Box;
  const [start] = lines.get('a → b.x')?.points ?? [];
  expect(
    start && overlap({ ...start, width: 1, height: 1 }, { ...a, width: a.width + 1, height: a.height + 1 }),
  ).toBe(true);
  expect(lines.get('b.x → b.y')).toEqual(laid.lines.get('b.x → b.y'));
});

test('a state grows around what is put at its edge', () => {
  const { states } = arrange(graph, laid, { 'b.y': { x: 900, y: 400 } });
  const [b, y] = [states.get('b') as Box, states.get('b.y') as Box];
  expect(b.width).toBeGreaterThan(y.x + y.width);
  expect(b.height).toBeGreaterThan(y.y + y.height);
});

test('a state of which no layout knows yet stands beside the others', () => {
  const later = graphOf({ ...definition, states: { ...definition.states, d: {} } });
  const { states } = arrange(later, laid, {});
  const d = states.get('d') as Box;
  for (const path of ['a', 'b', 'c']) expect(overlap(d, states.get(path) as Box)).toBe(false);
});

test.each([
  ['to the right', { x: 300, y: 0 }],
  ['to the left', { x: -300, y: 40 }],
  ['below', { x: 10, y: 300 }],
  ['above', { x: 30, y: -300 }],
])('a line that leads %s has only right angles, and goes from border to border', (_, at) => {
  const from = { x: 0, y: 0, width: 100, height: 40 };
  const { points } = routed(from, { ...at, width: 100, height: 40 }, { from: 0, to: 0 });
  for (const [i, point] of points.entries()) {
    const before = points[i - 1];
    if (before) expect(before.x === point.x || before.y === point.y).toBe(true);
  }
  const [first] = points;
  expect(first?.x === 0 || first?.x === 100 || first?.y === 0 || first?.y === 40).toBe(true);
});

test('a state is dropped into the innermost one it hangs over, below its name, and carries what is inside along', () => {
  const at = arrange(graph, laid, {});
  const b = at.absolute.get('b') as Box;
  const over = arrange(graph, laid, {}, { path: 'a', x: b.x + 5, y: b.y + 5 });
  const held = { ...at, absolute: new Map([...at.absolute, ['a', over.absolute.get('a') as Box]]) };
  expect(hostOf(graph, held, 'a')).toBe('b');
  expect(hostOf(graph, at, 'a')).toBe('');
  expect(hostOf(graph, at, 'b')).toBe('');
  const place = placeIn(graph, held, 'a', 'b');
  expect(place.x).toBeGreaterThan(0);
  expect(place.y).toBeGreaterThanOrEqual(34);
  expect(carried({ 'a.x': { x: 1, y: 2 }, ab: { x: 3, y: 4 } }, 'a', 'b.a')).toEqual({
    'b.a.x': { x: 1, y: 2 },
  });
});

test('arrow keys go to the nearest state that way', () => {
  const row = (path: string, x: number, y: number) => [path, { x, y, width: 100, height: 40 }] as const;
  const at = {
    ...arrange(graph, laid, {}),
    absolute: new Map([row('m', 0, 0), row('r', 300, 10), row('rr', 600, 0), row('d', 20, 200)]),
  };
  expect([
    nextState(at, 'm', 'ArrowRight'),
    nextState(at, 'r', 'ArrowRight'),
    nextState(at, 'm', 'ArrowDown'),
  ]).toEqual(['r', 'rr', 'd']);
  expect(nextState(at, 'm', 'ArrowLeft')).toBeNull();
});

test('a state that is dropped on another comes to lie beside it', () => {
  const at = arrange(graph, laid, {});
  for (const [path, host, on] of [
    ['a', '', 'b'],
    ['c', '', 'a'],
    ['b', '', 'c'],
    ['b.x', 'b', 'b.y'],
    ['a', 'b', 'b.x'],
  ] as const) {
    const other = at.states.get(on) as Box;
    const wanted = { x: other.x + 3, y: other.y + 3 };
    const box = { ...(at.states.get(path) as Box), ...freePlace(graph, at, { path, host, wanted }) };
    const beside = graph.states.filter((one) => one.parent === host && one.path !== path);
    expect(beside.filter((one) => overlap(box, at.states.get(one.path) as Box))).toEqual([]);
  }
  const free = { x: -400, y: -400 };
  expect(freePlace(graph, at, { path: 'a', host: '', wanted: free })).toEqual(free);
});
