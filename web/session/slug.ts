// A short name out of a long one.

const CHARS_MAX = 63;

/** What the API takes as a slug: lower-case letters, digits, and dashes inside; nothing where nothing of it is left. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, CHARS_MAX)
    .replace(/^-+|-+$/g, '');
}
