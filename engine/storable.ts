// What Postgres can keep of a text.

const UNSTORABLE = '\ufffd';

/** Neither U+0000 nor half of a surrogate pair. */
export const isStorableText = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** As `db/json-text.ts` writes it: what cannot be kept becomes U+FFFD. */
export const storableText = (text: string): string =>
  isStorableText(text) ? text : text.toWellFormed().replaceAll('\0', UNSTORABLE);
