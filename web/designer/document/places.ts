// Where somebody has put states, by path, relative to the state around them. Kept in a version's layout, never in its
// definition: a definition says what a machine does.
import type { Definition, StateNode } from '../../../engine/definition.ts';
import type { Point } from '../../machine/layout.ts';

export type Places = Readonly<Record<string, Point>>;

/** Reads a version's layout, which anybody may have written: what makes no sense is left out. */
export function placesOf(layout: unknown): Places {
  const places = (layout as { places?: unknown } | null | undefined)?.places;
  if (typeof places !== 'object' || places === null) return {};
  return Object.fromEntries(
    Object.entries(places).flatMap(([path, place]) => {
      const { x, y } = (place ?? {}) as Partial<Point>;
      return Number.isFinite(x) && Number.isFinite(y) ? [[path, { x: x as number, y: y as number }]] : [];
    }),
  );
}

/** Null when nobody has put anything anywhere. */
export const layoutOf = (places: Places): { places: Places } | null =>
  Object.keys(places).length === 0 ? null : { places };

/** After an edit: a state that was renamed stays where it was, and what is gone has no place. */
export function placesAfter(places: Places, before: Definition, after: Definition): Places {
  if (Object.keys(places).length === 0 || before.states === after.states) return places;
  const kept: Record<string, Point> = {};
  const walk = (
    [was, is]: [Definition | StateNode, Definition | StateNode],
    [wasAt, isAt]: [string, string],
  ): void => {
    const [then, now] = [Object.keys(was.states ?? {}), Object.keys(is.states ?? {})];
    for (const [i, key] of now.entries()) {
      const renamed = then.length === now.length && !then.includes(key) && !now.includes(then[i] ?? '');
      const earlier = renamed ? (then[i] as string) : key;
      if (!then.includes(earlier)) continue;
      const [from, to] = [wasAt + earlier, isAt + key];
      const place = places[from];
      if (place) kept[to] = place;
      walk([was.states?.[earlier] as StateNode, is.states?.[key] as StateNode], [`${from}.`, `${to}.`]);
    }
  };
  walk([before, after], ['', '']);
  return kept;
}
