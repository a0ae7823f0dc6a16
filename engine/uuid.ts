// What an id looks like.

/** As we write ids: lower case, hyphenated. */
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
