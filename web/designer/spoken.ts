// What is said to whoever does not see the canvas: what has just been done, and what is selected now. Pure.
import type { Graph } from '../machine/graph.ts';
import { rowsOf } from './outline/rows.ts';

/** Something that was done; `nth` tells it from the same thing done again. */
export interface Deed {
  text: string;
  nth: number;
}

/** The selected state or transition in the words of the outline, with how many transitions there are to step through. */
export function spokenSelection(graph: Graph, pointer: string | null): string {
  const rows = rowsOf(graph, () => true);
  const row = pointer === null ? undefined : rows.find((one) => one.pointer === pointer);
  if (!row || row.kind === 'machine') return 'Nothing is selected';
  const words = [`${row.kind === 'state' ? 'State' : 'Transition'} ${row.label}`];
  if (row.detail !== '') words.push(row.detail);
  if (row.kind === 'state') {
    const ways = rows.filter(({ kind, parent }) => kind === 'transition' && parent === pointer).length;
    words.push(ways === 1 ? '1 transition' : `${ways} transitions`);
  } else {
    words.push(`from ${rows.find((one) => one.pointer === row.parent)?.label ?? ''}`);
  }
  return words.join(', ');
}

/** One text for both. A deed that is done twice has to be another text, or nobody hears of the second. */
export function spoken(deed: Deed | null, selection: string | null): string {
  const done = deed && deed.text + (deed.nth % 2 === 0 ? '.' : '.\u00a0');
  return [done, selection].filter(Boolean).join(' ');
}
