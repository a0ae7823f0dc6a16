import { expect, test } from 'vitest';
import { CASES } from './cases.ts';
import { chosen } from './chosen.ts';
import { GUARDS } from './compare.ts';

const names = (only: string[] | null, compare: string | null = null, write = false) =>
  chosen(CASES, { only, compare, write }).map(({ name }) => name);

test('a case brings what it needs', () => {
  expect(names(['half_load'])).toEqual(['e2e', 'half_load']);
  expect(names(['idle'])).toEqual(['idle']);
});

test('a comparison brings the floors, also of what is needed', () => {
  expect(names(['transitions'], 'kept.json')).toEqual(['transitions', 'pgbench']);
  expect(names(['half_load'], 'kept.json')).toEqual(['undici', 'e2e', 'half_load', 'pgbench']);
});

test('a comparison of everything leaves the peers out, unless it is published', () => {
  expect(names(null)).toEqual(CASES.map(({ name }) => name));
  expect(names(null, 'kept.json')).not.toContain('dbos');
  expect(names(null, 'kept.json', true)).toContain('dbos');
});

test('whatever is guarded by a floor of another case brings that case', () => {
  const caseOf = (figure: string) => CASES.find(({ name }) => figure.startsWith(`${name}_`));
  for (const { of, to } of GUARDS) {
    const [own, floor] = [caseOf(of), to === null ? undefined : caseOf(to)];
    if (floor !== undefined && floor !== own) expect([of, own?.floor]).toEqual([of, floor.name]);
  }
});
