import ELK from 'elkjs/lib/elk.bundled.js';
import { expect, test } from 'vitest';
import type { Definition } from '../../engine/definition.ts';
import { type DrawnState, graphOf } from './graph.ts';
import { type Box, layoutOf } from './layout.ts';
import { labelSizeOf, sizeOf } from './sizes.ts';

const stateNamed = (name: string): DrawnState => graphOf({ states: { [name]: {} } }).states[1] as DrawnState;
const edgeCalled = (event: string) => {
  const [edge] = graphOf({ states: { a: { on: { [event]: 'b' } }, b: {} } }).edges;
  if (!edge) throw new Error('no line');
  return edge;
};

test('what fits into a line has one, and what does not goes on in as many as it needs', () => {
  const one = sizeOf(stateNamed('review'));
  expect(sizeOf(stateNamed('waits for finance')).height).toBe(one.height);
  const long = sizeOf(stateNamed('waits for the finance department to say what it thinks of it'));
  expect(long).toMatchObject({ width: 300, height: one.height + 18 });
  const longest = sizeOf(stateNamed('W'.repeat(100)));
  expect(longest).toMatchObject({ width: 300, height: one.height + 4 * 18 });
  expect(sizeOf(stateNamed('w'.repeat(80))).height).toBe(one.height + 3 * 18);
  expect(labelSizeOf(edgeCalled('GO')).height).toBe(24);
  expect(labelSizeOf(edgeCalled('SUBMIT_THE_ORDER_FOR_REVIEW')).height).toBe(44);
});

test.each(['RIGHT', 'DOWN'] as const)(
  'a state with states inside is as wide as its name, drawn %s',
  async (to) => {
    const outer = 'waits_for_the_regional_director_to_countersign_the_order';
    const definition: Definition = {
      initial: outer,
      states: { [outer]: { initial: 'a', states: { a: { on: { GO: 'b' } }, b: {} } } },
    };
    const graph = graphOf(definition);
    const { states } = await layoutOf(graph, new ELK(), to);
    const { width } = sizeOf(graph.states[1] as DrawnState);
    expect((states.get(outer) as Box).width).toBeGreaterThanOrEqual(width);
    expect((states.get(outer) as Box).height).toBeLessThan(width);
  },
);
