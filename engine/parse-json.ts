// JSON.parse that reads every key as it is written. V8 resolves a key with an escape in it by what an earlier object of the
// same shape had there, and then answers the earlier key: once `\\` was read as a key, `\"` in the same place comes back as
// a backslash (https://github.com/nodejs/node/issues/63785, in all of V8 12.8 to 14.6). Strings that are values are right.
import type { Json } from './json.ts';

const BACKSLASH = 92;
const QUOTE = 34;

/** A key with an escape in it: where its quotes stand. */
interface EscapedKey {
  open: number;
  close: number;
}

/** @throws SyntaxError as JSON.parse does */
export function parseJson(text: string): Json {
  if (!text.includes('\\')) return JSON.parse(text);
  const keys = escapedKeys(text);
  return keys.length === 0 ? JSON.parse(text) : parseAround(keys, text);
}

/** Of text that may not be JSON: then whatever is found, JSON.parse refuses the text. */
function escapedKeys(text: string): EscapedKey[] {
  const found: EscapedKey[] = [];
  for (let at = text.indexOf('\\'); at !== -1; ) {
    // Where JSON has a backslash, it is inside a string.
    const close = endOfString(text, at);
    const next = afterSpace(text, close + 1);
    if (text[next] === ':') found.push({ open: text.lastIndexOf('"', at), close });
    at = text.indexOf('\\', next);
  }
  return found;
}

function endOfString(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (' \t\n\r'.includes(text.charAt(at)) && at < text.length) at++;
  return at;
}

/** Puts a stand-in without escapes for each of `keys`, and the keys back into what was parsed. */
function parseAround(keys: readonly EscapedKey[], text: string): Json {
  // Refuses what is not JSON, with the place where the text, and not what is parsed below, goes wrong.
  JSON.parse(text);
  const mark = unusedIn(text);
  const pieces: string[] = [];
  let from = 0;
  for (const [n, { open, close }] of keys.entries()) {
    pieces.push(text.slice(from, open + 1), `${mark}${n}`);
    from = close;
  }
  pieces.push(text.slice(from));
  const written = keys.map(({ open, close }) => JSON.parse(text.slice(open, close + 1)) as string);
  return JSON.parse(pieces.join(''), function restore(this: unknown, _key, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const names = Object.keys(value);
    if (!names.some((name) => name.startsWith(mark))) return value;
    // fromEntries makes every key the object's own, `__proto__` too, and like JSON.parse lets the last of equal keys win.
    return Object.fromEntries(
      names.map((name) => [
        name.startsWith(mark) ? written[Number(name.slice(mark.length))] : name,
        (value as Record<string, unknown>)[name],
      ]),
    );
  });
}

function unusedIn(text: string): string {
  let mark = 'k';
  for (let n = 0; text.includes(mark); n++) mark = `k${n}_`;
  return mark;
}
