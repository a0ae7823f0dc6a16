import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from './json.ts';
import { eventView, projectScope } from './scope.ts';

describe('the view of an event', () => {
  test('has the payload at the top, and type and payload win over keys of the same name', () => {
    expect(eventView({ type: 'PAY', payload: { amount: 1, type: 'x', payload: 2 } })).toEqual({
      amount: 1,
      type: 'PAY',
      payload: { amount: 1, type: 'x', payload: 2 },
    });
  });
});

describe('the projected scope', () => {
  const scope: JsonObject = {
    context: {
      amount: 1,
      secret: 's',
      items: [{ id: 1 }, { id: 2 }],
      deep: { a: { b: 1, c: 2 } },
      none: null,
    },
    event: { type: 'PAY' },
    job: { id: 'j-1' },
  };

  test.each<[string[], JsonObject]>([
    [['context.amount', 'job.id'], { context: { amount: 1 }, job: { id: 'j-1' } }],
    [['context.deep.a.b'], { context: { deep: { a: { b: 1 } } } }],
    [['context.deep', 'context.deep.a.b'], { context: { deep: { a: { b: 1, c: 2 } } } }],
    [['context.deep.a.b', 'context.deep'], { context: { deep: { a: { b: 1, c: 2 } } } }],
    [['context.items.length'], { context: { items: [{ id: 1 }, { id: 2 }] } }],
    [['context.none'], { context: { none: null } }],
    [['context.amount.x'], { context: {} }],
    [['context.missing', 'actions.notify.status'], { context: {} }],
    [['context.constructor', 'toString'], { context: {} }],
    [[], {}],
  ])('of %j holds only that', (variables, expected) => {
    expect(projectScope(variables, scope)).toEqual(expected);
  });

  test('never gains a prototype from the data', () => {
    const hostile: JsonObject = { event: JSON.parse('{"__proto__": {"admin": true}}') };
    const kept = projectScope(['event.__proto__.admin', '__proto__'], hostile);
    expect(kept).toEqual({ event: {} });
    expect((kept.event as { admin?: unknown }).admin).toBeUndefined();
  });

  test('leaves the scope as it was, and projecting twice changes nothing more', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const tree = fc.object({ key, maxDepth: 4, values: [fc.integer(), fc.constant(null)] });
    const paths = fc.array(fc.array(key, { minLength: 1, maxLength: 4 }).map((names) => names.join('.')));
    fc.assert(
      fc.property(tree, paths, (source, variables) => {
        const before = structuredClone(source);
        const once = projectScope(variables, source as JsonObject);
        expect(source).toEqual(before);
        expect(projectScope(variables, once)).toEqual(once);
      }),
    );
  });
});
