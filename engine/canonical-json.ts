// JSON with one spelling: keys sorted, no spaces. What is equal is spelled alike.
import type { Json } from './json.ts';

/** Keys in order of their UTF-16 code units, as RFC 8785 has it. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${members.join(',')}}`;
}
