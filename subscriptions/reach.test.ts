import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { reachOf } from './reach.ts';

const TREE = new Map<string, string | null>([
  ['shop', null],
  ['checkout', 'shop'],
  ['cart', 'checkout'],
  ['payment', 'checkout'],
  ['books', null],
]);
const SCOPES = [null, ...TREE.keys()];

test('the reach of a subscription is what is decided of each place a workflow may stand in', () => {
  const places = fc.record({
    scope: fc.constantFrom(...SCOPES),
    toAll: fc.boolean(),
    supplied: fc.subarray([...TREE.keys()]),
  });
  fc.assert(
    fc.property(places, ({ scope, toAll, supplied }) => {
      const supply = { toAll, scopes: new Set(supplied) };
      const rulings = SCOPES.map((at) => decide(TREE, { scope, supply }, at)).filter(
        (ruling) => ruling !== 'not_covered',
      );
      const told = rulings.filter((ruling) => ruling === 'notify').length;
      const expected = told === 0 ? 'none' : told === rulings.length ? 'all' : 'part';
      expect(reachOf(TREE, scope, supply)).toBe(expected);
    }),
  );
});

test('an endpoint needs no supply', () => {
  expect(reachOf(TREE, 'cart', null)).toBe('all');
});
