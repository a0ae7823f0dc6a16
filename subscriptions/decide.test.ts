import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Supply } from './decide.ts';
import { covers, type ScopeId, type ScopeTree, wayUp } from './scope-tree.ts';

/** Any forest whose scopes stand in earlier ones or in the organisation. */
const trees: fc.Arbitrary<Map<string, ScopeId>> = fc
  .array(fc.nat(), { maxLength: 12 })
  .map((parents) => new Map(parents.map((n, i) => [`s${i}`, n % (i + 1) === i ? null : `s${n % (i + 1)}`])));

const cases = trees.chain((tree) => {
  const scope = fc.constantFrom<ScopeId>(null, ...tree.keys());
  const supply: fc.Arbitrary<Supply | null> = fc.option(
    fc.record({ toAll: fc.boolean(), scopes: fc.subarray([...tree.keys()]).map((ids) => new Set(ids)) }),
  );
  return fc.record({ tree: fc.constant(tree), demand: scope, supply, workflow: scope });
});

/** Said once more, and differently: everything at or below a scope, found from above. */
function within(tree: ScopeTree, outer: ScopeId): Set<ScopeId> {
  const found = new Set<ScopeId>([outer]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [id, parent] of tree) if (found.has(parent)) found.add(id);
  }
  return found;
}

describe('supply ∩ demand', () => {
  it('notifies exactly where the demand reaches and a supply does', () => {
    fc.assert(
      fc.property(cases, ({ tree, demand, supply, workflow }) => {
        const covered = within(tree, demand).has(workflow);
        const served =
          supply === null ||
          supply.toAll ||
          [...supply.scopes].some((scope) => within(tree, scope).has(workflow));
        const expected = !covered ? 'not_covered' : served ? 'notify' : 'not_supplied';
        expect(decide(tree, { scope: demand, supply }, workflow)).toBe(expected);
      }),
    );
  });

  it('supplies nothing of the organisation itself but by the flag', () => {
    const tree = new Map([['stack', null]]);
    const scoped = { toAll: false, scopes: new Set(['stack']) };
    expect(decide(tree, { scope: null, supply: scoped }, null)).toBe('not_supplied');
    expect(decide(tree, { scope: null, supply: { toAll: true, scopes: new Set() } }, null)).toBe('notify');
  });

  it('knows nothing of a scope that is gone', () => {
    const tree = new Map<string, ScopeId>([['left', 'gone']]);
    expect(wayUp(tree, 'gone')).toEqual([]);
    expect(wayUp(tree, 'left')).toEqual([]);
    expect(covers(tree, null, 'left')).toBe(false);
  });
});
