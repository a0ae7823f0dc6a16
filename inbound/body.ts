// Bodies as JSON that can be stored, and fields of it without trusting its shape. Only what was verified comes here.
import { isUtf8 } from 'node:buffer';
import { isJsonObject, type Json, type JsonObject, ownProperty } from '../engine/json.ts';
import { Unreadable } from './refused.ts';

/** Deeper than any event, shallower than what recursion over it survives. */
const NESTING_MAX = 100;

/** @throws Unreadable `body_not_utf8`, `body_not_json`, `body_not_an_object`, `body_too_deep` */
export function jsonObject(body: Uint8Array): JsonObject {
  return asObject(jsonOf(textOf(body)));
}

/** JSON of any kind: an object as it is, anything else under `body`, since expressions name fields. */
export function jsonPayload(body: Uint8Array): JsonObject {
  const value = jsonOf(textOf(body));
  return isJsonObject(value) ? value : { body: value };
}

/** @throws Unreadable `body_not_an_object` */
export function asObject(value: Json): JsonObject {
  if (!isJsonObject(value)) throw new Unreadable('body_not_an_object');
  return value;
}

/** @throws Unreadable `body_not_utf8` */
export function textOf(body: Uint8Array): string {
  // Decoding alone would put U+FFFD where the sender had something else.
  if (!isUtf8(body)) throw new Unreadable('body_not_utf8');
  return UTF8.decode(body);
}

// Keeps a byte order mark: before a form it is part of the first field's name.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws Unreadable `body_not_json`, `body_too_deep` */
export function jsonOf(text: string): Json {
  let value: Json;
  try {
    // JSON must not begin with a byte order mark; some senders' does, and is signed with it.
    value = JSON.parse(text.replace(/^\ufeff/, '')) as Json;
  } catch {
    throw new Unreadable('body_not_json');
  }
  if (isDeeper(value, NESTING_MAX)) throw new Unreadable('body_too_deep');
  return MAY_HOLD_UNSTORABLE.test(text) ? storable(value) : value;
}

/** The fields of a form, in order, duplicates and all. @throws Unreadable `body_not_utf8` */
export function formPairs(body: Uint8Array): [name: string, value: string][] {
  // The ampersand keeps a question mark at the beginning from being taken for a URL's.
  return [...new URLSearchParams(`&${textOf(body)}`)];
}

/** A form as an object; a name that occurs several times has a list. */
export function formObject(pairs: readonly (readonly [string, string])[]): JsonObject {
  const fields = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const before = fields.get(name);
    if (before === undefined) fields.set(name, [value]);
    else before.push(value);
  }
  const single = ([name, values]: [string, string[]]): [string, Json] => [
    name,
    values.length === 1 ? (values[0] ?? '') : values,
  ];
  return storable(Object.fromEntries([...fields].map(single))) as JsonObject;
}

/** A value inside JSON by keys, own properties only; undefined when any step is not there. */
export function at(value: Json, ...path: readonly string[]): Json | undefined {
  let found: unknown = value;
  for (const key of path) found = ownProperty(found, key);
  return found as Json | undefined;
}

/** The same, but only if it is a non-empty string; whole numbers count as text, as some senders have numbers for ids. */
export function textAt(value: Json, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  if (typeof found === 'number' && Number.isSafeInteger(found)) return String(found);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const member of Object.values(value)) if (isDeeper(member, levels - 1)) return true;
  return false;
}

// UTF-8 holds no half surrogates and JSON no raw U+0000, so only an escape can bring one in.
const MAY_HOLD_UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

/** U+FFFD for what Postgres cannot store: a commit message with a U+0000 in it must not stop its push. */
function storable(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(storable);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [storable(key) as string, storable(member)]),
  );
}
