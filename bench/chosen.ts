// Which cases a run measures.
import type { Case } from './case.ts';
import type { Options } from './settings.ts';

/**
 * In the order of `cases`: those that are named, with what they need, and for a comparison with their floors. Of all, those
 * that a comparison has no use for are left out of one, unless the run is published.
 */
export function chosen(
  cases: readonly Case[],
  { only, compare, write }: Pick<Options, 'only' | 'compare' | 'write'>,
): readonly Case[] {
  if (only === null) return cases.filter(({ isPeer = false }) => !isPeer || compare === null || write);
  const wanted = new Set<string>();
  const want = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    const { needs = [], floor } = cases.find((one) => one.name === name) ?? {};
    for (const one of needs) want(one);
    if (compare !== null && floor !== undefined) want(floor);
  };
  for (const name of only) want(name);
  return cases.filter(({ name }) => wanted.has(name));
}
