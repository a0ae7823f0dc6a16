// Where two JSON values differ, as a reader wants to be told. Pure.
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { childPointer } from '../engine/pointer.ts';
import { isSame } from './names.ts';

export interface Difference {
  /** RFC 6901, into the spec. */
  pointer: string;
  /** Left out: it is not there yet. */
  was?: Json;
  /** Left out: it will be there no more. */
  becomes?: Json;
  /** The same members in another order, where order means something. */
  reordered?: true;
}

/** The members of `becomes` that are other than in `was`. Members that only `was` has do not count: nobody asked. */
export function specDifferences(was: JsonObject, becomes: JsonObject): Difference[] {
  return Object.keys(becomes).flatMap((key) => {
    const pointer = childPointer('', key);
    const found = differences(was[key], becomes[key], pointer);
    // States and transitions act in the order in which they are written.
    const isReordered =
      key === 'definition' && found.length === 0 && JSON.stringify(was[key]) !== JSON.stringify(becomes[key]);
    return isReordered ? [{ pointer, reordered: true as const }] : found;
  });
}

function differences(was: Json | undefined, becomes: Json | undefined, pointer: string): Difference[] {
  if (was === undefined && becomes === undefined) return [];
  if (was === undefined) return [{ pointer, becomes: becomes as Json }];
  if (becomes === undefined) return [{ pointer, was }];
  if (isJsonObject(was) && isJsonObject(becomes)) {
    const keys = new Set([...Object.keys(was), ...Object.keys(becomes)]);
    return [...keys].flatMap((key) => differences(was[key], becomes[key], childPointer(pointer, key)));
  }
  if (Array.isArray(was) && Array.isArray(becomes)) return listDifferences(was, becomes, pointer);
  return isSame(was, becomes) ? [] : [{ pointer, was, becomes }];
}

/** What both lists begin and end with is passed over, so that one item more is one difference. */
function listDifferences(was: readonly Json[], becomes: readonly Json[], pointer: string): Difference[] {
  const shorter = Math.min(was.length, becomes.length);
  let start = 0;
  while (start < shorter && isSame(was[start], becomes[start])) start++;
  let end = 0;
  while (end < shorter - start && isSame(was.at(-1 - end), becomes.at(-1 - end))) end++;
  const [old, fresh] = [was.slice(start, was.length - end), becomes.slice(start, becomes.length - end)];
  return Array.from({ length: Math.max(old.length, fresh.length) }, (_, at) =>
    differences(old[at], fresh[at], childPointer(pointer, start + at)),
  ).flat();
}
