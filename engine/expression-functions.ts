// CEL's functions and methods: the standard ones that are pure. No clock, no randomness, no locale.
import { isCalendarDay } from './calendar-day.ts';
import { checkedDuration, checkedInt, checkedTimestamp } from './expression-operators.ts';
import {
  Duration,
  describe,
  durationText,
  type Frame,
  fail,
  isMap,
  keySteps,
  spend,
  Timestamp,
  TypeName,
  textSteps,
  timestampText,
  typeName,
  type Value,
} from './expression-values.ts';
import { compilationSteps, compilePattern, type Pattern } from './pattern.ts';

const MS_PER_HOUR = 3_600_000;

export interface CelFunction {
  /** Numbers of arguments it takes; a method's receiver is its first argument and is counted. */
  readonly arities: readonly number[];
  call(args: Value[], frame: Frame): Value;
}

const define = (arities: number[], call: (args: Value[], frame: Frame) => Value): CelFunction => ({
  arities,
  call,
});

const textMethod = (call: (text: string, frame: Frame) => Value): CelFunction =>
  define([1], ([receiver], frame) => {
    const subject = text(receiver);
    spend(frame, textSteps(subject.length));
    return call(subject, frame);
  });

/** Each run of letters is replaced by itself, so that each character may cost a step. */
function letterMethod(letters: RegExp, change: (letters: string) => string): CelFunction {
  return define([1], ([receiver], frame) => {
    const subject = text(receiver);
    spend(frame, subject.length);
    return subject.replace(letters, change);
  });
}

const size = define([1], ([value = null], frame) => {
  if (typeof value === 'string') {
    spend(frame, textSteps(value.length));
    return BigInt(characters(value, frame).length);
  }
  if (Array.isArray(value)) return BigInt(value.length);
  if (isMap(value)) {
    const keys = Object.keys(value);
    spend(frame, keySteps(keys));
    return BigInt(keys.length);
  }
  return fail(`size() needs text, a list or an object, not ${describe(value)}`);
});

/** `name(…)` */
export const FUNCTIONS: ReadonlyMap<string, CelFunction> = new Map<string, CelFunction>([
  ['size', size],
  ['dyn', define([1], ([value = null]) => value)],
  ['type', define([1], ([value = null]) => new TypeName(typeName(value)))],
  ['int', define([1], ([value = null]) => toInt(value))],
  ['double', define([1], ([value = null], frame) => toDouble(value, frame))],
  ['string', define([1], ([value = null]) => toText(value))],
  ['bool', define([1], ([value = null]) => toBool(value))],
  ['timestamp', define([1], ([value = null]) => toTimestamp(value))],
  ['duration', define([1], ([value = null]) => toDuration(value))],
]);

/** `receiver.name(…)` */
export const METHODS: ReadonlyMap<string, CelFunction> = new Map<string, CelFunction>([
  ['size', size],
  ['contains', define([2], ([a, b], frame) => search(text(a), text(b), frame) >= 0)],
  ['startsWith', define([2], ([a, b], frame) => affix(text(a), text(b), frame, 'startsWith'))],
  ['endsWith', define([2], ([a, b], frame) => affix(text(a), text(b), frame, 'endsWith'))],
  ['matches', define([2], ([a, b], frame) => matches(text(a), patternOf(text(b), frame), frame))],
  ['lowerAscii', letterMethod(/[A-Z]+/g, (letters) => letters.toLowerCase())],
  ['upperAscii', letterMethod(/[a-z]+/g, (letters) => letters.toUpperCase())],
  ['trim', textMethod((value) => value.trim())],
  ['indexOf', define([2, 3], indexOf)],
  ['lastIndexOf', define([2], lastIndexOf)],
  ['substring', define([2, 3], substring)],
  ['split', define([2, 3], split)],
  ['join', define([1, 2], join)],
  ['getFullYear', dateMethod((date) => date.getUTCFullYear())],
  ['getMonth', dateMethod((date) => date.getUTCMonth())],
  ['getDate', dateMethod((date) => date.getUTCDate())],
  ['getDayOfMonth', dateMethod((date) => date.getUTCDate() - 1)],
  ['getDayOfWeek', dateMethod((date) => date.getUTCDay())],
  ['getDayOfYear', dateMethod(dayOfYear)],
  ['getHours', timeMethod(MS_PER_HOUR, (date) => date.getUTCHours())],
  ['getMinutes', timeMethod(60_000, (date) => date.getUTCMinutes())],
  ['getSeconds', timeMethod(1000, (date) => date.getUTCSeconds())],
  ['getMilliseconds', timeMethod(1, (date) => date.getUTCMilliseconds())],
]);

/** `text.matches(pattern)`, with the pattern compiled beforehand. */
export function matches(subject: string, pattern: Pattern, frame: Frame): boolean {
  spend(frame, textSteps(subject.length) + pattern.steps(subject.length));
  return pattern.test(subject);
}

function patternOf(source: string, frame: Frame): Pattern {
  spend(frame, compilationSteps(source));
  const compiled = compilePattern(source);
  if (!compiled.ok) return fail(`matches(): ${compiled.message}`);
  spend(frame, compiled.pattern.stepsToCompile);
  return compiled.pattern;
}

function dateMethod(read: (date: Date) => number): CelFunction {
  return define([1], ([value = null]) => {
    if (!(value instanceof Timestamp)) return fail(`a timestamp is needed here, not ${describe(value)}`);
    return BigInt(read(new Date(value.ms)));
  });
}

function timeMethod(unitMs: number, read: (date: Date) => number): CelFunction {
  const ofDate = dateMethod(read);
  return define([1], (args, frame) => {
    const [value] = args;
    return value instanceof Duration ? BigInt(Math.trunc(value.ms / unitMs)) : ofDate.call(args, frame);
  });
}

function dayOfYear(date: Date): number {
  const newYear = Date.UTC(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - newYear) / (24 * MS_PER_HOUR));
}

function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : fail(`text is needed here, not ${describe(value ?? null)}`);
}

/** An index given as an integer or as a JSON number that is whole. */
export function wholeNumber(value: Value | undefined): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  return fail(`a whole number is needed here, not ${describe(value ?? null)}`);
}

/** CEL counts code points; text without surrogates (almost all text) can be indexed as it is, and taking apart the rest costs. */
function characters(value: string, frame: Frame): string | string[] {
  if (!/[\ud800-\udfff]/.test(value)) return value;
  spend(frame, value.length);
  return Array.from(value);
}

function search(subject: string, part: string, frame: Frame, from = 0): number {
  // The worst case of a substring search is the product of both lengths.
  spend(frame, textSteps(subject.length) * textSteps(part.length));
  return subject.indexOf(part, from);
}

function affix(subject: string, part: string, frame: Frame, method: 'startsWith' | 'endsWith'): boolean {
  spend(frame, textSteps(part.length));
  return subject[method](part);
}

function indexOf([a, b, from]: Value[], frame: Frame): Value {
  const subject = text(a);
  const units = characters(subject, frame);
  const start = from === undefined ? 0 : within(wholeNumber(from), units.length);
  const offset = typeof units === 'string' ? start : units.slice(0, start).join('').length;
  return characterIndex(subject, search(subject, text(b), frame, offset), frame);
}

function lastIndexOf([a, b]: Value[], frame: Frame): Value {
  const [subject, part] = [text(a), text(b)];
  spend(frame, textSteps(subject.length) * textSteps(part.length));
  return characterIndex(subject, subject.lastIndexOf(part), frame);
}

const characterIndex = (subject: string, index: number, frame: Frame): bigint =>
  BigInt(index < 0 ? -1 : characters(subject.slice(0, index), frame).length);

function substring([a, from, to]: Value[], frame: Frame): Value {
  const subject = text(a);
  spend(frame, textSteps(subject.length));
  const units = characters(subject, frame);
  const start = within(wholeNumber(from), units.length);
  const end = to === undefined ? units.length : within(wholeNumber(to), units.length);
  if (end < start) return fail('substring(): the end comes before the start');
  const part = units.slice(start, end);
  return typeof part === 'string' ? part : part.join('');
}

const within = (index: number, length: number): number =>
  index >= 0 && index <= length ? index : fail(`index ${index} is outside the text of ${length} characters`);

function split([a, b, most]: Value[], frame: Frame): Value {
  const [subject, separator] = [text(a), text(b)];
  spend(frame, textSteps(subject.length) * textSteps(separator.length));
  const limit = most === undefined ? -1 : wholeNumber(most);
  if (limit === 0) return [];
  const parts = separator === '' ? Array.from(subject) : subject.split(separator);
  spend(frame, parts.length);
  if (limit < 0 || parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function join([list = null, between = '']: Value[], frame: Frame): Value {
  if (!Array.isArray(list)) return fail(`join() needs a list, not ${describe(list)}`);
  const separator = text(between);
  let chars = separator.length * list.length;
  for (const item of list) chars += text(item).length;
  spend(frame, list.length + textSteps(chars));
  return list.join(separator);
}

function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return checkedInt(BigInt(Math.trunc(value)));
  // 20 characters hold any 64-bit integer with its sign.
  if (typeof value === 'string' && value.length <= 20 && /^[+-]?\d+$/.test(value)) {
    return checkedInt(BigInt(value.replace('+', '')));
  }
  if (value instanceof Timestamp) return BigInt(Math.floor(value.ms / 1000));
  return fail(`int() cannot convert ${describe(value)}`);
}

function toDouble(value: Value, frame: Frame): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') spend(frame, textSteps(value.length));
  if (typeof value === 'string' && /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(value)) {
    const number = Number(value);
    return Number.isFinite(number) ? number : fail('double(): number too large');
  }
  return fail(`double() cannot convert ${describe(value)}`);
}

function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `${value}`;
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  return fail(`string() cannot convert ${describe(value)}`);
}

const TRUE_WORDS = ['1', 't', 'true', 'TRUE', 'True'];
const FALSE_WORDS = ['0', 'f', 'false', 'FALSE', 'False'];

function toBool(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && TRUE_WORDS.includes(value)) return true;
  if (typeof value === 'string' && FALSE_WORDS.includes(value)) return false;
  return fail(`bool() cannot convert ${describe(value)}`);
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

function toTimestamp(value: Value): Timestamp {
  if (value instanceof Timestamp) return value;
  if (typeof value === 'bigint' || typeof value === 'number') return checkedTimestamp(Number(value) * 1000);
  const date = typeof value === 'string' && RFC_3339.exec(value)?.[1];
  if (typeof date === 'string' && isCalendarDay(date)) return checkedTimestamp(Date.parse(value as string));
  return fail('timestamp() needs a time such as "2026-01-31T12:00:00Z" or seconds since 1970');
}

const MS_BY_UNIT: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const DURATION = /^([+-]?)((?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;
// Long enough for every unit with a fraction, and short enough that the pattern cannot be made slow.
const MAX_DURATION_CHARS = 100;

function toDuration(value: Value): Duration {
  if (value instanceof Duration) return value;
  const match = typeof value === 'string' && value.length <= MAX_DURATION_CHARS && DURATION.exec(value);
  if (!match) return fail('duration() needs a span such as "90s" or "1h30m"');
  let ms = 0;
  for (const [, amount, unit] of (match[2] as string).matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(amount) * (MS_BY_UNIT[unit as string] as number);
  }
  return checkedDuration(match[1] === '-' ? -ms : ms);
}
