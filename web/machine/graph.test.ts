import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { workOrder } from '../../cli/work-order.ts';
import { randomDefinition } from '../../engine/arbitraries.testkit.ts';
import { createStateTree } from '../../engine/state-tree.ts';
import { graphOf, litPaths, spokenDelay } from './graph.ts';

const CONNECTION = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';

describe('the graph of a definition', () => {
  test('has every state and a line for every way from one to another', () => {
    const { states, edges } = graphOf(workOrder(CONNECTION));
    expect(states.map(({ path, kind, initial }) => [path, kind, initial])).toEqual([
      ['', 'compound', false],
      ['draft', 'atomic', true],
      ['review', 'atomic', false],
      ['escalated', 'final', false],
      ['done', 'final', false],
    ]);
    expect(
      edges.map(({ source, target, transitions }) => [source, target, transitions.map((t) => t.label)]),
    ).toEqual([
      ['draft', 'review', ['SUBMIT']],
      ['review', 'done', ['APPROVE']],
      ['review', 'escalated', ['after 1 day']],
    ]);
    expect(edges[0]?.transitions[0]?.actions).toEqual([
      { pointer: '/states/draft/on/SUBMIT/actions/0', kind: 'ASSIGN', name: null },
      { pointer: '/states/draft/on/SUBMIT/actions/1', kind: 'WEBHOOK', name: 'notify' },
    ]);
  });

  test('draws what leads nowhere else inside its state', () => {
    const { states, edges } = graphOf({
      initial: 'a',
      states: { a: { on: { PING: { actions: [] }, AGAIN: 'a', LOST: 'nowhere' } } },
    });
    expect(edges).toEqual([]);
    expect(states[1]?.inner.map(({ label }) => label)).toEqual(['PING', 'AGAIN', 'LOST']);
  });

  test('puts transitions that lead the same way on one line', () => {
    const { edges } = graphOf({
      initial: 'a',
      states: { a: { on: { X: 'b', Y: [{ target: 'b', guard: 'true' }] } }, b: {} },
    });
    expect(edges).toHaveLength(1);
    expect(edges[0]?.transitions.map(({ pointer }) => pointer)).toEqual([
      '/states/a/on/X',
      '/states/a/on/Y/0',
    ]);
  });

  test('reads any definition as the engine does', () => {
    fc.assert(
      fc.property(randomDefinition(), (definition) => {
        const tree = createStateTree(definition);
        const { states, edges } = graphOf(definition);
        expect(states.map(({ path, kind }) => [path, kind])).toEqual(
          tree.states.map(({ path, kind }) => [path, kind]),
        );
        const drawn = [
          ...states.flatMap(({ inner }) => inner),
          ...edges.flatMap(({ transitions }) => transitions),
        ];
        const read = tree.states.flatMap(({ transitions }) =>
          transitions.map(({ pointer, source, target }) => [pointer, source.path, target?.path ?? null]),
        );
        const ofHistory = tree.states.filter(({ historyTarget }) => historyTarget !== null).length;
        expect(drawn).toHaveLength(read.length + ofHistory);
        expect(drawn.map(({ pointer, source, target }) => [pointer, source, target])).toEqual(
          expect.arrayContaining(read),
        );
      }),
    );
  });
});

test('a job lights the states it is in and all around them', () => {
  expect([...litPaths('p.x.1,p.y')]).toEqual(['p', 'p.x', 'p.x.1', 'p.y']);
});

test.each([
  ['86400000', '1 day'],
  ['172800000', '2 days'],
  ['90000', '90 seconds'],
  ['1500', '1500 ms'],
  ['PT24H', 'PT24H'],
])('a delay of %s reads %s', (delay, spoken) => {
  expect(spokenDelay(delay)).toBe(spoken);
});
