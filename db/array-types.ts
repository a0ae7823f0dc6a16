// Postgres arrays as text, in both directions, for the types our statements use.
import type { PostgresType } from 'postgres';
import { parseJson } from '../engine/parse-json.ts';
import { bytesText, readBytes } from './bytes.ts';

type ReadElement = (text: string) => unknown;
const asText: ReadElement = (text) => text;
const asNumber: ReadElement = (text) => Number(text);

/** By the number of the array type in pg_type, the same in every Postgres; elements read as the driver reads them alone. */
const ARRAY_TYPES: readonly [name: string, oid: number, read: ReadElement][] = [
  ['boolean', 1000, (text) => text === 't'],
  ['bytea', 1001, readBytes],
  ['name', 1003, asText],
  ['smallint', 1005, asNumber],
  ['integer', 1007, asNumber],
  ['text', 1009, asText],
  ['varchar', 1015, asText],
  ['bigint', 1016, asText],
  ['real', 1021, asNumber],
  ['double', 1022, asNumber],
  ['timestamptz', 1185, (text) => new Date(text)],
  ['numeric', 1231, asText],
  ['uuid', 2951, asText],
  ['jsonb', 3807, parseJson],
];

/** The driver's option `types`; goes with `fetch_types: false`. */
export const arrayTypes: Record<string, PostgresType> = Object.fromEntries(
  ARRAY_TYPES.map(([name, oid, read]) => [
    `${name}Array`,
    { to: oid, from: [oid], serialize: arrayText, parse: (text: string) => readArray(text, read) },
  ]),
);

/** `{"a",1,NULL}`; every text is quoted, so that none is taken for something else. */
export function arrayText(elements: readonly unknown[]): string {
  let text = '{';
  for (const [i, element] of elements.entries()) text += (i === 0 ? '' : ',') + elementText(element);
  return `${text}}`;
}

/** Looked for first: ids, most of what is passed, never hold one. */
const ESCAPED = /[\\"]/;
const EACH_ESCAPED = /[\\"]/g;

function elementText(element: unknown): string {
  if (typeof element === 'number') return String(element);
  if (element === null || element === undefined) return 'NULL';
  if (Array.isArray(element)) return arrayText(element);
  const text = plainText(element);
  return `"${ESCAPED.test(text) ? text.replace(EACH_ESCAPED, '\\$&') : text}"`;
}

function plainText(element: unknown): string {
  if (typeof element === 'string') return element;
  if (element instanceof Date) return element.toISOString();
  if (element instanceof Uint8Array) return bytesText(element);
  return typeof element === 'object' ? JSON.stringify(element) : String(element);
}

/** An opening or closing brace, a quoted element, or a bare one. */
const TOKEN = /[{}]|"((?:[^"\\]|\\.)*)"|[^{},"]+/gs;

export function readArray(text: string, read: ReadElement): unknown[] {
  const open: unknown[][] = [[]];
  for (const [token, quoted] of text.matchAll(TOKEN)) {
    if (token === '{') open.push([]);
    else if (token === '}') {
      const closed = open.pop();
      open.at(-1)?.push(closed);
    } else if (quoted !== undefined) open.at(-1)?.push(read(quoted.replace(/\\(.)/gs, '$1')));
    else open.at(-1)?.push(token === 'NULL' ? null : read(token));
  }
  return open[0]?.[0] as unknown[];
}
