import { expect, test } from 'vitest';
import { graphOf } from '../machine/graph.ts';
import { spoken, spokenSelection } from './spoken.ts';

const graph = graphOf({
  initial: 'draft',
  states: {
    draft: { on: { SUBMIT: { target: 'done', guard: 'event.amount > 0' }, PING: {} } },
    done: { type: 'final' },
  },
});

test('what is selected on the canvas is said as the outline says it', () => {
  expect(spokenSelection(graph, '/states/draft')).toBe('State draft, first, 2 transitions');
  expect(spokenSelection(graph, '/states/done')).toBe('State done, final, 0 transitions');
  expect(spokenSelection(graph, '/states/draft/on/SUBMIT')).toBe(
    'Transition SUBMIT, to done, guarded, from draft',
  );
  expect(spokenSelection(graph, null)).toBe('Nothing is selected');
});

test('what is done a second time is said a second time', () => {
  const once = spoken({ text: 'Undone', nth: 1 }, 'State draft');
  expect(once).not.toBe(spoken({ text: 'Undone', nth: 2 }, 'State draft'));
  expect(once.replaceAll('\u00a0', '')).toBe('Undone. State draft');
  expect(spoken(null, null)).toBe('');
});
