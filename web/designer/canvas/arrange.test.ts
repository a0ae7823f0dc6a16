import ELK from 'elkjs/lib/elk.bundled.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Definition } from '../../../engine/definition.ts';
import { type DrawnState, type Graph, graphOf } from '../../machine/graph.ts';
import { type Box, layoutOf, type Point } from '../../machine/layout.ts';
import { sizeOf } from '../../machine/sizes.ts';
import { arrange } from './arrange.ts';
import { carried, freePlace, hostOf, nextState, placeIn, stepped } from './moves.ts';
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

/** Pairs that lie on one another, of those in the same state. */
const onOneAnother = (graph: Graph, states: ReadonlyMap<string, Box>): string[] =>
  graph.states.flatMap((one, i) =>
    graph.states.slice(i + 1).flatMap((other) => {
      const [a, b] = [states.get(one.path), states.get(other.path)];
      return one.parent === other.parent && a && b && overlap(a, b) ? [`${one.path} ${other.path}`] : [];
    }),
  );

test('a state that grows has its neighbour give way, and no other state moves', () => {
  const places = {
    a: { x: 20, y: 20 },
    near: { x: 130, y: 20 },
    below: { x: 20, y: 70 },
    far: { x: 600, y: 20 },
  };
  const states = (longer: object) => ({ a: longer, near: {}, below: {}, far: {} });
  const before = arrange(graphOf({ initial: 'a', states: states({}) }), null, places);
  for (const [path, place] of Object.entries(places)) expect(before.states.get(path)).toMatchObject(place);

  const on = { [`${'a_long_event_'.repeat(3)}`]: {} };
  const later = graphOf({ initial: 'a', states: states({ on }) });
  const after = arrange(later, null, places);
  expect(onOneAnother(later, after.states)).toEqual([]);
  expect(after.states.get('a')).toMatchObject(places.a);
  expect(after.states.get('far')).toMatchObject(places.far);
  expect(after.states.get('near')).not.toMatchObject(places.near);
  expect(after.states.get('below')).not.toMatchObject(places.below);
});

test('a state that grows around what is inside has room made for it, and its own words lie on nothing in it', () => {
  const places = {
    outer: { x: 20, y: 20 },
    'outer.x': { x: 20, y: 50 },
    'outer.y': { x: 400, y: 50 },
    beside: { x: 300, y: 40 },
  };
  const entry = { action_type: 'ASSIGN', params: { n: '1' } } as const;
  const later = graphOf({
    initial: 'outer',
    states: { outer: { initial: 'x', entry: [entry, entry], states: { x: {}, y: {} } }, beside: {} },
  });
  const { states } = arrange(later, null, places);
  expect(onOneAnother(later, states)).toEqual([]);
  expect(states.get('outer')).toMatchObject(places.outer);
  const [x, y] = [states.get('outer.x') as Box, states.get('outer.y') as Box];
  expect(y.x - x.x).toBe(380);
  expect(x.y).toBeGreaterThan(sizeOf(later.states[1] as DrawnState).height);
  expect(x.y).toBe(y.y);
});

test('nothing lies on anything, wherever it was put and however large it is', () => {
  const name = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 });
  const state = fc.record({ name, at: fc.record({ x: fc.nat(400), y: fc.nat(200) }), inside: fc.boolean() });
  fc.assert(
    fc.property(fc.uniqueArray(state, { selector: ({ name }) => name, maxLength: 12 }), (all) => {
      const keyed = all.map(({ name, ...rest }, i) => ({ key: `${i}${name.replaceAll('.', '')}`, ...rest }));
      const later = graphOf({
        states: Object.fromEntries(
          keyed.map(({ key, inside }) => [key, inside ? { initial: 'x', states: { x: {}, y: {} } } : {}]),
        ),
      });
      const places = Object.fromEntries(keyed.map(({ key, at }) => [key, at]));
      expect(onOneAnother(later, arrange(later, null, places).states)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('a state that comes to lie under a label has its line led elsewhere, and what is said on it with it', async () => {
  const before = graphOf({
    initial: 'a',
    states: {
      a: { on: { GO: 'b', SKIP: 'c', LATE: 'd' } },
      b: { on: { BACK: 'a' } },
      c: { on: { AGAIN: 'a' } },
      d: {},
    },
  });
  const made = await layoutOf(before, new ELK(), 'DOWN');
  const places = Object.fromEntries([...made.states].map(([path, { x, y }]) => [path, { x, y }]));
  const label = made.lines.get('c → a')?.label as Box;
  const { lines, absolute } = arrange(before, made, { ...places, d: { x: label.x - 10, y: label.y - 5 } });
  expect(overlap(lines.get('c → a')?.label as Box, absolute.get('d') as Box)).toBe(false);
  expect(lines.get('a → b')).toEqual(made.lines.get('a → b'));
});

test('a step by an arrow key goes over what is in the way, and not out of the state around it', () => {
  const at = arrange(graph, laid, {});
  const [x, y] = [at.states.get('b.x') as Box, at.states.get('b.y') as Box];
  const nextTo = { ...at, states: new Map([...at.states, ['b.x', { ...y, x: y.x - y.width - 4 }]]) };
  const over = stepped(graph, nextTo, { path: 'b.x', arrow: 'ArrowRight', byPx: 10 }) as Point;
  expect(over.x).toBeGreaterThanOrEqual(y.x + y.width);
  expect(over.y).toBe(y.y);
  const atTheEdge = { ...at, states: new Map([...at.states, ['b.x', { ...x, x: 14 }]]) };
  expect(stepped(graph, atTheEdge, { path: 'b.x', arrow: 'ArrowLeft', byPx: 10 })).toBeNull();
  expect(stepped(graph, at, { path: 'a', arrow: 'ArrowDown', byPx: 10 })).toEqual({
    x: at.states.get('a')?.x,
    y: (at.states.get('a')?.y ?? 0) + 10,
  });
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
