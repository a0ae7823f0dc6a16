import { describe, expect, it } from 'vitest';
import { type Change, fires, milestonesOf, type Trigger } from './trigger.ts';

const change = (from: string | null, to: string, more: Partial<Change> = {}): Change => ({
  from,
  to,
  event: 'GO',
  isOver: false,
  milestones: [],
  ...more,
});

const starts = change(null, 'draft', { event: 'xstate.init' });
const moves = change('draft', 'review.legal');
const ends = change('review.legal', 'done', { isOver: true });
const cancelled = change('draft', 'draft', { event: null, isOver: true });
const parallel = change('p.x.1,p.y.1', 'p.x.1,p.y.2');

describe.each<[string, Trigger, Change[]]>([
  ['job_started', { kind: 'job_started' }, [starts]],
  ['transition_taken', { kind: 'transition_taken' }, [moves, ends, parallel]],
  ['transition_taken by its event', { kind: 'transition_taken', event: 'OTHER' }, []],
  ['transition_taken from a state', { kind: 'transition_taken', from: 'draft' }, [moves]],
  ['transition_taken from a state around it', { kind: 'transition_taken', from: 'review' }, [ends]],
  ['transition_taken to a state', { kind: 'transition_taken', to: 'review' }, [moves]],
  ['state_entered', { kind: 'state_entered', state: 'review' }, [moves]],
  ['state_entered by a start', { kind: 'state_entered', state: 'draft' }, [starts]],
  ['state_entered in a region', { kind: 'state_entered', state: 'p.y.2' }, [parallel]],
  ['state_entered of a region that was active', { kind: 'state_entered', state: 'p.y' }, []],
  ['job_done', { kind: 'job_done' }, [ends, cancelled]],
  ['action_failed', { kind: 'action_failed' }, []],
])('%s', (_, trigger, expected) => {
  it('fires for these and no others', () => {
    const all = [starts, moves, ends, cancelled, parallel];
    expect(all.filter((one) => fires(trigger, one))).toEqual(expected);
  });
});

describe('milestone_reached', () => {
  const reached = change('draft', 'review.legal', { milestones: ['review', 'done'] });

  it('fires when a state with the tag is entered', () => {
    expect(fires({ kind: 'milestone_reached' }, reached)).toBe(true);
    expect(fires({ kind: 'milestone_reached', state: 'review' }, reached)).toBe(true);
    expect(fires({ kind: 'milestone_reached', state: 'done' }, reached)).toBe(false);
    expect(fires({ kind: 'milestone_reached', state: 'review.legal' }, reached)).toBe(false);
    expect(fires({ kind: 'milestone_reached' }, { ...reached, from: 'review.tax' })).toBe(false);
  });

  it('knows milestones by the tag, alone or among others', () => {
    const state = (path: string, tags?: string | string[]) => ({ path, config: tags ? { tags } : {} });
    const states = [
      state('a'),
      state('b', 'milestone'),
      state('b.c', ['urgent', 'milestone']),
      state('d', 'x'),
    ];
    expect(milestonesOf(states)).toEqual(['b', 'b.c']);
  });
});

it('tells a state from one whose name begins alike', () => {
  expect(fires({ kind: 'state_entered', state: 'done' }, change('a', 'done2'))).toBe(false);
});
