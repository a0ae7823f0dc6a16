import ELK from 'elkjs/lib/elk.bundled.js';
import { expect, test } from 'vitest';
import { demoMachine } from '../../cli/demo/machine.ts';
import type { Definition } from '../../engine/definition.ts';
import { graphOf } from './graph.ts';
import { type Box, layoutOf, roundedPath } from './layout.ts';

const elk = new ELK();
const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test.each(['RIGHT', 'DOWN'] as const)(
  'no two states of a machine drawn %s lie on one another',
  async (direction) => {
    const graph = graphOf(demoMachine('019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f'));
    const { states, lines } = await layoutOf(graph, elk, direction);
    expect(states.size).toBe(graph.states.length - 1);
    const boxes = [...states];
    for (const [path, box] of boxes) {
      const others = boxes.filter(([other]) => other !== path);
      expect(
        others.filter(([, other]) => overlap(box, other)).map(([other]) => `${path} on ${other}`),
      ).toEqual([]);
    }
    for (const { id } of graph.edges) expect(lines.get(id)?.points.length).toBeGreaterThan(1);
  },
);

test('what is inside a state is drawn inside it, and transitions of the root are drawn by no line', async () => {
  const definition: Definition = {
    initial: 'p',
    on: { STOP: '.over' },
    states: {
      p: {
        type: 'parallel',
        onDone: 'over',
        states: {
          x: { initial: '1', states: { '1': { on: { NEXT: '2' } }, '2': { type: 'final' } } },
          y: { initial: '1', states: { '1': { on: { NEXT: '2' } }, '2': { type: 'final' } } },
        },
      },
      over: { type: 'final' },
    },
  };
  const { states, starts, lines } = await layoutOf(graphOf(definition), elk, 'RIGHT');
  const [p, x] = [states.get('p') as Box, states.get('p.x') as Box];
  expect(x.x).toBeGreaterThan(0);
  expect(x.x + x.width).toBeLessThanOrEqual(p.width);
  expect([...starts.keys()].sort()).toEqual(['', 'p.x', 'p.y']);
  expect(lines.has(' → over')).toBe(false);
});

test('a line turns its corners in curves', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 20, y: 0 },
    { x: 20, y: 20 },
  ];
  expect(roundedPath(points, 5)).toBe('M0,0L15,0Q20,0 20,5L20,20');
});
