// A plan and the problems of files, in words and lines for a terminal. Pure.
import { isJsonObject, type Json } from '../engine/json.ts';
import type { Difference } from './differences.ts';
import type { FileProblem } from './documents.ts';
import type { Change, Plan } from './plan.ts';

const MARKS: Readonly<Record<Change['action'], string>> = {
  create: '+',
  change: '~',
  replace: '±',
  delete: '-',
};

/** Values longer than this are cut: whoever wants all of it has the file. */
const VALUE_CHARS_MAX = 120;

/** `+ Scope shop`, and below it what it will say. */
export function linesOfChange(change: Change): string[] {
  const note = change.held ? '  (stays: deleting takes --prune)' : '';
  const replaced =
    change.action === 'replace' ? '  (made anew: what it was due and has not gone out is skipped)' : '';
  const head = `${MARKS[change.action]} ${change.kind} ${change.title}${note}${replaced}`;
  return [head, ...change.differences.map(lineOfDifference)].map(printable);
}

/** `2 to create, 1 to change, nothing to delete.` */
export function summary({ changes, unchanged }: Plan): string {
  const count = (...actions: Change['action'][]) =>
    changes.filter(({ action, held }) => actions.includes(action) && !held).length;
  const [creations, others, deletions] = [count('create'), count('change', 'replace'), count('delete')];
  if (creations + others + deletions === 0)
    return `Nothing to do: ${plural(unchanged, 'object')} as declared.`;
  return `${creations} to create, ${others} to change, ${deletions} to delete; ${unchanged} as declared.`;
}

export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `workflows.yaml:12:3: /spec/definition/initial: …` */
export function lineOfProblem({ file, line, column, pointer, message, severity }: FileProblem): string {
  const place = pointer === '' ? '' : `${pointer}: `;
  const warning = severity === 'warning' ? 'warning: ' : '';
  return printable(`${file}:${line}:${column}: ${warning}${place}${message}`);
}

function lineOfDifference({ pointer, was, becomes, reordered }: Difference): string {
  const member = pointer.slice(1);
  if (reordered) return `    ${member}: in another order`;
  if (was === undefined) return `    ${member}: ${written(becomes, pointer)}`;
  if (becomes === undefined) return `    ${member}: no more ${written(was, pointer)}`;
  return `    ${member}: ${written(was, pointer)} → ${written(becomes, pointer)}`;
}

function written(value: Json | undefined, pointer: string): string {
  if (pointer === '/definition' && isJsonObject(value)) {
    const states = isJsonObject(value.states) ? Object.keys(value.states) : [];
    return `${plural(states.length, 'state')} (${cut(states.join(', '))})`;
  }
  return cut(JSON.stringify(value ?? null));
}

const cut = (text: string): string =>
  text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;

/** Names may hold anything; a terminal obeys control characters. */
export const printable = (line: string): string => line.replace(/[\p{Cc}\u2028\u2029]/gu, '\ufffd');
