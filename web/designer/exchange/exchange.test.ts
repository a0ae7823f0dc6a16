import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { workOrder } from '../../../cli/work-order.ts';
import { randomDefinition } from '../../../engine/arbitraries.testkit.ts';
import type { Definition } from '../../../engine/definition.ts';
import { parseDelay } from '../../../engine/delay.ts';
import { delayMs } from '../../machine/delay.ts';
import { graphOf } from '../../machine/graph.ts';
import { importText } from './import.ts';
import { fromMermaid, toMermaid } from './mermaid.ts';
import { toScxml } from './scxml.ts';
import { fromXState, toXState } from './xstate.ts';

const CONNECTION = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';
const order = workOrder(CONNECTION);

const withMs = (definition: Definition): Definition =>
  JSON.parse(JSON.stringify(definition), (key, value) =>
    key === 'after' && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value).map(([delay, one]) => [String(parseDelay(delay) ?? delay), one]),
        )
      : value,
  );

describe('XState', () => {
  test('nothing is lost on the way there and back', () => {
    fc.assert(
      fc.property(randomDefinition(), (definition) => {
        expect(fromXState(toXState(definition))).toEqual({
          definition: { id: 'workflow', ...withMs(definition) },
          notes: [],
        });
      }),
      { numRuns: 50 },
    );
  });

  test('what is exported is a machine to XState itself', () => {
    fc.assert(
      fc.property(randomDefinition(), (definition) => {
        expect(() => createMachine(toXState(definition) as never)).not.toThrow();
      }),
      { numRuns: 30 },
    );
  });

  test('what is code there is left out here, and said', () => {
    const text = JSON.stringify({
      initial: 'a',
      states: {
        a: {
          entry: 'greet',
          on: { GO: { target: 'a', guard: 'isReady', actions: [{ type: 'log' }] } },
          delimiter: '/',
        },
      },
    });
    const read = importText(text);
    expect(read).toMatchObject({ ok: true, from: 'XState' });
    expect(read.ok && read.imported).toEqual({
      definition: { initial: 'a', states: { a: { on: { GO: { target: 'a', guard: 'isReady' } } } } },
      notes: [
        '"delimiter" of a state means nothing to Pawl and was left out.',
        'The action "greet" was left out.',
        'The action "log" was left out.',
        'The guard "isReady" names code: write it in CEL.',
      ],
    });
  });
});

describe('Mermaid', () => {
  test('shows states, what leads where, and what is first and last', () => {
    expect(toMermaid(order).split('\n')).toEqual(
      expect.arrayContaining([
        'stateDiagram-v2',
        '  [*] --> draft',
        '  done --> [*]',
        '  draft --> review: SUBMIT [event.amount > 0]',
        expect.stringMatching(/^ {2}review --> escalated: after \S+$/),
      ]),
    );
  });

  test('the shape of a machine comes back as it went', () => {
    const machine: Definition = {
      initial: 'open',
      states: {
        open: {
          initial: 'waiting',
          on: { REJECT: { target: 'closed', guard: "event.by != 'ada; #1'" } },
          states: { waiting: { after: { PT24H: { target: 'late' } } }, late: {} },
          onDone: { target: 'closed' },
        },
        both: {
          type: 'parallel',
          states: {
            x: {
              initial: 'one',
              states: { one: { on: { NEXT: { target: 'two' } } }, two: { type: 'final' } },
            },
            y: {},
          },
        },
        closed: { type: 'final' },
      },
    };
    const { definition, notes } = fromMermaid(toMermaid(machine));
    expect(notes).toEqual([]);
    expect(definition).toEqual(machine);
  });

  test('diagrams of others are read, and what is no part of a machine is left out', () => {
    const read = importText(`stateDiagram-v2
      direction LR
      [*] --> Still
      Still --> [*]
      Still --> Moving : push   %% a comment
      Moving --> Still
      note right of Moving : fast
      state "On fire" as Crash
      Moving --> Crash: hit
      Crash --> [*]
      what is this?`);
    expect(read.ok && read.imported.notes).toEqual(['"what is this?" was not understood.']);
    expect(read.ok && read.imported.definition).toEqual({
      initial: 'Still',
      states: {
        Still: { on: { push: { target: 'Moving' } } },
        Moving: { always: { target: 'Still' }, on: { hit: { target: 'Crash' } } },
        Crash: { type: 'final', description: 'On fire' },
      },
    });
  });

  test('every machine can be written, and what is written read', () => {
    fc.assert(
      fc.property(randomDefinition(), (definition) => {
        const read = fromMermaid(toMermaid(definition));
        expect(read.notes).toEqual([]);
        const count = (one: Definition) => graphOf(one).states.length;
        expect(count(read.definition)).toBeGreaterThanOrEqual(count(definition) - 1);
      }),
      { numRuns: 50 },
    );
  });
});

test('SCXML has the states, their transitions and their timers, and our actions in a namespace of their own', () => {
  const text = toScxml({ ...order, context: { note: '<&"' } });
  expect(text).toContain('<state id="draft">');
  expect(text).toContain('<data id="note" expr="&quot;&lt;&amp;\\&quot;&quot;"/>');
  expect(text).toMatch(
    /<transition event="SUBMIT" cond="event.amount &gt; 0" target="review">\n\s+<assign location="amount" expr="event.amount"\/>\n\s+<pawl:action>/,
  );
  expect(text).toMatch(/<send event="(after\.\S+\.review)" id="\1" delay="86400000ms"\/>/);
  expect(text).toContain('<final id="done"/>');
});

test('a text is known by what it is', () => {
  expect(importText(JSON.stringify(order))).toMatchObject({
    ok: true,
    from: 'JSON',
    imported: { definition: order },
  });
  expect(importText(JSON.stringify({ version: 3, definition: order }))).toMatchObject({
    from: 'JSON',
    imported: { definition: order },
  });
  expect(importText('[]').ok).toBe(false);
  expect(importText('hello').ok).toBe(false);
});

test.each(['60000', 'PT24H', 'P2W', 'P1DT1.5S', 'PT', 'P', 'soon', 'PT1M'])(
  'a delay of %s is as long as for the engine',
  (delay) => {
    expect(delayMs(delay)).toBe(parseDelay(delay));
  },
);
