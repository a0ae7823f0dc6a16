// What a PATCH makes of settings: a JSON merge patch (RFC 7396). What it leaves out stays, what it has as null goes.
import { isJsonObject, type JsonObject } from '../engine/json.ts';

export function mergePatch(before: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(patch)) {
    const was = merged.get(name);
    if (value === null) merged.delete(name);
    else merged.set(name, isJsonObject(value) ? mergePatch(isJsonObject(was) ? was : {}, value) : value);
  }
  return Object.fromEntries(merged);
}
