// The values a CEL expression works with, the two ways an evaluation fails, and the way back to JSON.
import type { Json, JsonObject } from './json.ts';
import { storableText } from './storable.ts';

/** JSON plus what CEL adds: 64-bit integers, timestamps, durations and types. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Timestamp
  | Duration
  | TypeName
  | Value[]
  | { [key: string]: Value };

/** A moment, in whole milliseconds since 1970-01-01T00:00:00Z. */
export class Timestamp {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A span of time, in milliseconds; may be negative. */
export class Duration {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** What `type(x)` gives. */
export class TypeName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Why an expression has no value. Not an Error on purpose: a guard that reads a missing key is ordinary, and collecting
 * a stack for it costs more than the evaluation. `fatal` is never absorbed by `||`, `&&`, `all` or `exists`.
 */
export class EvaluationFailure {
  readonly message: string;
  readonly fatal: boolean;
  constructor(message: string, fatal = false) {
    this.message = message;
    this.fatal = fatal;
  }
}

export function fail(message: string): never {
  throw new EvaluationFailure(message);
}

/** What one evaluation carries: the scope it reads, the variables its macros bind, and what it may still spend. */
export interface Frame {
  readonly scope: JsonObject;
  readonly locals: Value[];
  stepsLeft: number;
  /** What compiling patterns took that were first asked for here. */
  patternSteps: number;
}

// About 10 ms of work: far more than a guard needs, far less than anybody else would notice.
export const MAX_STEPS = 1_000_000;

/** What several evaluations may spend together. */
export interface Allowance {
  stepsLeft: number;
}

export const TOO_MANY_STEPS = 'the expression takes too many steps for the data it was given';

/** Takes `steps` from what the evaluation may spend, and ends it when nothing is left. */
export function spend(frame: Frame, steps: number): void {
  frame.stepsLeft -= steps;
  if (frame.stepsLeft < 0) throw new EvaluationFailure(TOO_MANY_STEPS, true);
}

// Listing the keys of a large object costs many times what a node does.
const STEPS_PER_KEY = 16;
export const keySteps = (keys: readonly string[]): number => keys.length * STEPS_PER_KEY;

// Text is compared, searched and copied many characters at a time.
const CHARS_PER_STEP = 32;
export const textSteps = (chars: number): number => 1 + Math.floor(chars / CHARS_PER_STEP);

export const isMap = (value: Value): value is { [key: string]: Value } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Timestamp) &&
  !(value instanceof Duration) &&
  !(value instanceof TypeName);

/** The CEL name of a value's type; JSON numbers are doubles, as the CEL specification maps them. */
export function typeName(value: Value): string {
  if (value === null) return 'null_type';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return 'double';
    case 'bigint':
      return 'int';
    case 'string':
      return 'string';
    default:
      if (Array.isArray(value)) return 'list';
      if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
      if (value instanceof Duration) return 'google.protobuf.Duration';
      return value instanceof TypeName ? 'type' : 'map';
  }
}

const NOUN_BY_TYPE: Readonly<Record<string, string>> = {
  null_type: 'null',
  bool: 'true or false',
  double: 'a number',
  int: 'a number',
  string: 'text',
  list: 'a list',
  map: 'an object',
  type: 'a type',
  'google.protobuf.Timestamp': 'a timestamp',
  'google.protobuf.Duration': 'a duration',
};

/** What a value is, in words for a message: `text`, `a number`, `null`. Never the value itself: it may be private. */
export const describe = (value: Value): string => NOUN_BY_TYPE[typeName(value)] as string;

/** RFC 3339 in UTC. */
export const timestampText = (value: Timestamp): string => new Date(value.ms).toISOString();

/** Seconds with the unit, e.g. `90s`, the JSON form of a protobuf duration. */
export const durationText = (value: Duration): string =>
  `${(value.ms / 1000).toFixed(NANOSECOND_DIGITS).replace(/\.?0+$/, '')}s`;
const NANOSECOND_DIGITS = 9;

// Four times the largest event the API takes: lists that share one long text are small in memory and huge as JSON.
const MAX_RESULT_CHARS = 4 * 1024 * 1024;

/** The value as fresh JSON (nothing shared with the scope). Fails on what JSON cannot say exactly. */
export function toJson(value: Value): Json {
  return jsonWithin(value, { left: MAX_RESULT_CHARS });
}

function jsonWithin(value: Value, room: { left: number }): Json {
  room.left -= typeof value === 'string' ? value.length : 1;
  if (room.left < 0) fail('the result is too large');
  if (value === null || typeof value === 'boolean') return value;
  // Now and not when it is written: what is decided on next in memory is what others read.
  if (typeof value === 'string') return storableText(value);
  // `+ 0` turns the negative zero, which JSON does not know, into zero.
  if (typeof value === 'number')
    return Number.isFinite(value) ? value + 0 : fail('the result is not a finite number');
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number)
      ? number
      : fail('the result is an integer too large to be exact in JSON');
  }
  if (Array.isArray(value)) return value.map((item) => jsonWithin(item, room));
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeName) return value.name;
  const object: JsonObject = {};
  for (const key of Object.keys(value)) {
    // Assigning `__proto__` would replace the prototype instead of adding a key.
    if (key === '__proto__') continue;
    room.left -= key.length;
    object[storableText(key)] = jsonWithin(value[key] as Value, room);
  }
  return object;
}
