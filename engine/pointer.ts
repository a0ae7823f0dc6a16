// RFC 6901 JSON pointers, by which everything in a definition is named: problems, guards, queued actions.

/** The pointer of a member or element of what `pointer` names. */
export function childPointer(pointer: string, ...keys: (string | number)[]): string {
  return keys.reduce<string>((path, key) => `${path}/${escapeKey(String(key))}`, pointer);
}

function escapeKey(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

/** A value that may be one or a list, as `[value, its pointer]` pairs; one value keeps the pointer of the whole. */
export function listOf<T>(value: T | T[] | undefined, pointer: string): [T, string][] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [[value, pointer]];
  return value.map((item, index) => [item, childPointer(pointer, index)]);
}
