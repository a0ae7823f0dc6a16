import { expect, test } from 'vitest';
import { graphOf } from '../../machine/graph.ts';
import { rowsOf } from './rows.ts';

const graph = graphOf({
  id: 'order',
  initial: 'a',
  states: {
    a: { on: { GO: { target: 'b', guard: 'true' } }, initial: 'x', states: { x: { on: { PING: {} } } } },
    b: { type: 'final' },
  },
});

test('the outline says everything that the canvas does, inside what it belongs to', () => {
  const rows = rowsOf(graph, () => true);
  expect(rows.map(({ level, label, detail }) => `${'  '.repeat(level - 1)}${label}: ${detail}`)).toEqual([
    'order: ',
    '  a: first, compound',
    '    GO: to b, guarded',
    '    x: first',
    '      PING: stays',
    '  b: final',
  ]);
  expect(rows.map(({ position, siblings }) => `${position}/${siblings}`)).toEqual([
    '1/1',
    '1/2',
    '1/2',
    '2/2',
    '1/1',
    '2/2',
  ]);
});

test('what is closed hides what is inside', () => {
  const rows = rowsOf(graph, (pointer) => pointer !== '/states/a');
  expect(rows.map(({ label, open }) => [label, open])).toEqual([
    ['order', true],
    ['a', false],
    ['b', null],
  ]);
});
