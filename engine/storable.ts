// What Postgres can keep of a text.

/** Neither U+0000 nor half of a surrogate pair. */
export const isStorableText = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
