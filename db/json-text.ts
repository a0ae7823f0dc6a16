// JSON as Postgres can store it. jsonb refuses U+0000 and lone surrogates, which a receiver may well send:
// a record that cannot be written would be tried for ever, so they become U+FFFD here.

// JSON.stringify writes both as \u escapes, and whole surrogate pairs as they are; an even number of backslashes
// before one means that it is an escape and not text that looks like it.
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;
const SUSPICION = /\\u(?:0000|d[89a-f])/;

export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return SUSPICION.test(text) ? text.replace(UNSTORABLE, '$1\\ufffd') : text;
}
