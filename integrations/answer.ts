// Reading what came back: a body as JSON or text, and fields of it without trusting its shape.
import { MAX_VALUE_DEPTH } from '../engine/evaluation.ts';
import type { Json } from '../engine/json.ts';
import { nesting } from '../engine/nesting.ts';
import { parseJson } from '../engine/parse-json.ts';
import type { Answer } from './provider.ts';

/** The body as JSON when it parses and no value in it would be too deep, else as text; null when it is empty. */
export function readBody(answer: Pick<Answer, 'body'>): Json {
  if (answer.body.length === 0) return null;
  const text = answer.body.toString('utf8');
  if (text.length > MAX_VALUE_DEPTH && nesting(text) > MAX_VALUE_DEPTH) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** Text as it is, anything else as JSON. `String` throws on an object whose `toString` the receiver has made a value. */
export const inWords = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A value inside JSON by keys and indexes, own properties only; undefined when any step is not there. */
export function at(value: Json, ...steps: (string | number)[]): Json | undefined {
  let found: Json | undefined = value;
  for (const step of steps) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as { [key: string]: Json })[step];
  }
  return found;
}

/** The same, but only if it is a non-empty string. */
export function textAt(value: Json, ...steps: (string | number)[]): string | undefined {
  const found = at(value, ...steps);
  return typeof found === 'string' && found !== '' ? found : undefined;
}
