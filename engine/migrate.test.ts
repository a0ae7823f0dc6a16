import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT_TYPES, randomDefinition } from './arbitraries.testkit.ts';
import { compileWorkflow } from './compile.ts';
import type { JobFacts } from './decision.ts';
import type { Definition } from './definition.ts';
import type { Json } from './json.ts';
import { migrate } from './migrate.ts';
import { decide, initialDecision } from './transition.ts';

const JOB: JobFacts = {
  id: 'job',
  current_state: '',
  revision: 0,
  parent_id: null,
  key: null,
  created_at: '2025-01-01T00:00:00.000Z',
};

/** Where a job of the definition stands after these events; null when it has ended. */
function snapshotAfter(definition: Definition, types: readonly string[]): Json | null {
  const workflow = compileWorkflow(definition);
  let decision = initialDecision(workflow, { input: {}, job: JOB, facts: {} });
  for (const type of types) {
    if (decision.kind !== 'taken' || decision.status !== 'ACTIVE') return null;
    const event = { type, payload: { v: 1 } };
    const next = decide(workflow, { snapshot: decision.snapshot, event, job: JOB, facts: {} });
    if (next.kind === 'taken') decision = next;
  }
  return decision.kind === 'taken' && decision.status === 'ACTIVE' ? decision.snapshot : null;
}

const inner: Definition = {
  initial: 'packing',
  states: {
    packing: { initial: 'open', states: { open: { on: { CLOSE: 'closed' } }, closed: { type: 'final' } } },
    aside: {},
  },
};

test.each([
  ['packing.closed', 'gone', ['CLOSE']],
  ['packing.open', 'checked', []],
])('a job in %s is not moved to the end of %s, as it would stay there', (from, to, events) => {
  const other: Definition = {
    initial: 'packing',
    states: {
      packing: { initial: 'open', states: { open: {} } },
      gone: { type: 'final' },
      checked: { initial: 'well', states: { well: { type: 'final' } }, onDone: 'gone' },
    },
  };
  const snapshot = snapshotAfter(inner, events);
  const moved = migrate(compileWorkflow(inner), compileWorkflow(other), {
    snapshot,
    stateMap: { [from]: to },
  });
  expect(moved).toMatchObject({ ok: false, problems: [{ code: 'state_final' }] });
});

test('a job that is moved to a version that says the same stands, remembers and waits exactly as before', () => {
  fc.assert(
    fc.property(
      randomDefinition(),
      fc.array(fc.constantFrom(...EVENT_TYPES), { maxLength: 8 }),
      (definition, types) => {
        const snapshot = snapshotAfter(definition, types);
        fc.pre(snapshot !== null);
        const [from, to] = [compileWorkflow(definition), compileWorkflow(structuredClone(definition))];
        const moved = migrate(from, to, { snapshot, stateMap: {} });
        if (!moved.ok) throw new Error(moved.problems[0]?.message);
        const { timers } = moved.migrated;
        expect(moved.migrated.snapshot).toEqual(snapshot);
        expect([timers.set, timers.cancelled]).toEqual([[], []]);
        expect(timers.kept.every(({ id, as }) => id === as)).toBe(true);
      },
    ),
  );
});
