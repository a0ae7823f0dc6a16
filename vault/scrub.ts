// Takes a connection's secrets out of whatever came back: by value, in every spelling a receiver may echo them in.
import type { Json, JsonObject } from '../engine/json.ts';
import { MIN_SECRET_LENGTH, secretForms } from './secret-forms.ts';

export interface Scrubber {
  /** The text with every secret replaced by `***`; the same string when there is none. */
  text(text: string): string;
  /** Header values scrubbed; the same object when there is nothing to replace. */
  headers<H extends Readonly<Record<string, string | readonly string[]>>>(headers: H): H;
  /** Keys, strings and numbers of a JSON value scrubbed; the same value when there is nothing to replace. */
  json(value: Json): Json;
  /**
   * The first `maxBytes` of a body as scrubbed text, for the audit. A secret that the cut goes through is taken out
   * too; say `truncated` when the body was cut before it came here. Bytes that are not UTF-8 become U+FFFD.
   */
  excerpt(body: Uint8Array, maxBytes: number, truncated?: boolean): string;
}

const MASK = '***';

/**
 * A scrubber for one connection's decrypted credentials. `isSecret` says which top-level fields are secret (all, when
 * left out); the others still serve as user names of Basic pairs. Values shorter than 4 characters are left alone.
 */
export function createScrubber(
  credentials: JsonObject,
  isSecret: (field: string) => boolean = () => true,
): Scrubber {
  const secrets: string[] = [];
  const others: string[] = [];
  for (const [field, value] of Object.entries(credentials))
    collectValues(value, isSecret(field) ? secrets : others);
  const long = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  if (long.length === 0) return passThrough;

  const forms = secretForms(long, others);
  // Read as a number, a secret of more digits than a double holds is rounded, and no text of it is left.
  const numbers = new Set(long.filter((secret) => /^\d+$/.test(secret)).map(Number));
  let frequent: string[] | null = null;
  let masked: ((text: string) => string) | null = null;

  const text = (value: string): string => {
    if (value.length < MIN_SECRET_LENGTH || !forms.mayOccurIn(value)) return value;
    // Every request carries its credential in one of these; that must not cost the expression below.
    frequent ??= forms.frequent();
    const clean = frequent.reduce((left, form) => left.replaceAll(form, MASK), value);
    if (!forms.mayOccurIn(clean)) return clean;
    // Built on this suspicion only: almost no answer ever echoes a secret.
    masked ??= forms.masker(MASK);
    return masked(clean);
  };

  return {
    text,
    headers: (headers) => scrubHeaders(headers, text),
    json: (value) => scrubJson(value, text, numbers),
    excerpt(body, maxBytes, truncated = false) {
      const wasCut = truncated || body.length > maxBytes;
      const start = decodeUtf8(body.subarray(0, maxBytes), wasCut);
      return text(wasCut ? withoutPartialEnd(start, forms.literals()) : start);
    },
  };
}

const passThrough: Scrubber = {
  text: (text) => text,
  headers: (headers) => headers,
  json: (value) => value,
  excerpt: (body, maxBytes, truncated = false) =>
    decodeUtf8(body.subarray(0, maxBytes), truncated || body.length > maxBytes),
};

function collectValues(value: Json, into: string[]): void {
  if (typeof value === 'string') into.push(value);
  else if (typeof value === 'number') into.push(String(value));
  else if (Array.isArray(value)) for (const item of value) collectValues(item, into);
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) collectValues(item, into);
}

function scrubHeaders<H extends Readonly<Record<string, string | readonly string[]>>>(
  headers: H,
  text: (value: string) => string,
): H {
  let changed: Record<string, string | readonly string[]> | null = null;
  for (const [name, value] of Object.entries(headers)) {
    const clean = typeof value === 'string' ? text(value) : value.map(text);
    const same =
      typeof value === 'string' ? clean === value : value.every((item, index) => item === clean[index]);
    if (same) continue;
    changed ??= { ...headers };
    changed[name] = clean;
  }
  // Only values were replaced, string by string, so the shape is still H.
  return changed === null ? headers : (changed as H);
}

function scrubJson(value: Json, text: (value: string) => string, numbers: ReadonlySet<number>): Json {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') {
    const digits = String(value);
    return text(digits) === digits && !numbers.has(value) ? value : MASK;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => scrubJson(item, text, numbers));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const entries = Object.entries(value);
  const clean = entries.map(([key, item]): [string, Json] => [text(key), scrubJson(item, text, numbers)]);
  const same = clean.every(([key, item], index) => key === entries[index]?.[0] && item === entries[index][1]);
  return same ? value : Object.fromEntries(clean);
}

function decodeUtf8(bytes: Uint8Array, wasCut: boolean): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  // A cut through a character leaves up to one replacement mark that the body never held.
  return wasCut && text.endsWith('\uFFFD') ? text.slice(0, -1) : text;
}

/** Drops the longest end of `text` that is the beginning of a secret and too long to be chance. */
function withoutPartialEnd(text: string, literals: readonly string[]): string {
  let cut = text.length;
  for (const literal of literals) {
    for (let length = Math.min(literal.length - 1, text.length); length >= MIN_SECRET_LENGTH; length -= 1) {
      if (!text.endsWith(literal.slice(0, length))) continue;
      cut = Math.min(cut, text.length - length);
      break;
    }
  }
  return cut === text.length ? text : text.slice(0, cut) + MASK;
}
