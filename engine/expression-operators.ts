// CEL's operators. Where the CEL specification gives an answer, so do these; beyond it, an integer literal and a JSON
// number (a double) may meet in arithmetic, because JSON has only one kind of number.
import {
  Duration,
  describe,
  type Frame,
  fail,
  isMap,
  keySteps,
  spend,
  Timestamp,
  TypeName,
  textSteps,
  type Value,
} from './expression-values.ts';

export type BinaryOperator = (left: Value, right: Value, frame: Frame) => Value;

export const BINARY_OPERATORS: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ['+', add],
  ['-', subtract],
  ['*', (left, right) => arithmetic('*', left, right)],
  ['/', (left, right) => arithmetic('/', left, right)],
  ['%', (left, right) => arithmetic('%', left, right)],
  ['==', (left, right, frame) => isEqual(left, right, frame)],
  ['!=', (left, right, frame) => !isEqual(left, right, frame)],
  ['<', (left, right, frame) => compare('<', left, right, frame) < 0],
  ['<=', (left, right, frame) => compare('<=', left, right, frame) <= 0],
  ['>', (left, right, frame) => compare('>', left, right, frame) > 0],
  ['>=', (left, right, frame) => compare('>=', left, right, frame) >= 0],
  ['in', isIn],
]);

export function negate(value: Value): Value {
  if (typeof value === 'number') return -value;
  if (typeof value === 'bigint') return checkedInt(-value);
  if (value instanceof Duration) return new Duration(-value.ms);
  return fail(`'-' needs a number, not ${describe(value)}`);
}

/** Equality of any two values: values of different types are unequal, numbers are compared as numbers. */
export function isEqual(left: Value, right: Value, frame: Frame): boolean {
  if (typeof left === 'string' && typeof right === 'string') {
    // Only texts of equal length have their characters compared, which costs something.
    if (left.length !== right.length) return false;
    spend(frame, textSteps(left.length));
    return left === right;
  }
  if (left === right) return true;
  if (typeof left === 'bigint' && typeof right === 'number') {
    return Number.isInteger(right) && BigInt(right) === left;
  }
  if (typeof left === 'number' && typeof right === 'bigint') return isEqual(right, left, frame);
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return false;
  if (Array.isArray(left)) return Array.isArray(right) && areListsEqual(left, right, frame);
  if (left instanceof Timestamp) return right instanceof Timestamp && left.ms === right.ms;
  if (left instanceof Duration) return right instanceof Duration && left.ms === right.ms;
  if (left instanceof TypeName) return right instanceof TypeName && left.name === right.name;
  return isMap(right) && areMapsEqual(left, right, frame);
}

function areListsEqual(left: Value[], right: Value[], frame: Frame): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    spend(frame, 1);
    if (!isEqual(left[index] as Value, right[index] as Value, frame)) return false;
  }
  return true;
}

function areMapsEqual(
  left: { [key: string]: Value },
  right: { [key: string]: Value },
  frame: Frame,
): boolean {
  const keys = Object.keys(left);
  spend(frame, keySteps(keys));
  if (keys.length !== Object.keys(right).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(right, key) || !isEqual(left[key] as Value, right[key] as Value, frame)) return false;
  }
  return true;
}

function add(left: Value, right: Value, frame: Frame): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    spend(frame, textSteps(left.length + right.length));
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    spend(frame, left.length + right.length);
    return left.concat(right);
  }
  if (left instanceof Timestamp && right instanceof Duration) return checkedTimestamp(left.ms + right.ms);
  if (left instanceof Duration && right instanceof Timestamp) return checkedTimestamp(left.ms + right.ms);
  if (left instanceof Duration && right instanceof Duration) return checkedDuration(left.ms + right.ms);
  return arithmetic('+', left, right);
}

function subtract(left: Value, right: Value): Value {
  if (left instanceof Timestamp && right instanceof Timestamp) return checkedDuration(left.ms - right.ms);
  if (left instanceof Timestamp && right instanceof Duration) return checkedTimestamp(left.ms - right.ms);
  if (left instanceof Duration && right instanceof Duration) return checkedDuration(left.ms - right.ms);
  return arithmetic('-', left, right);
}

type ArithmeticSign = '+' | '-' | '*' | '/' | '%';

function arithmetic(sign: ArithmeticSign, left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return integerArithmetic(sign, left, right);
  if (!isNumber(left) || !isNumber(right)) {
    return fail(`'${sign}' cannot be used with ${describe(left)} and ${describe(right)}`);
  }
  return doubleArithmetic(sign, Number(left), Number(right));
}

function integerArithmetic(sign: ArithmeticSign, left: bigint, right: bigint): bigint {
  switch (sign) {
    case '+':
      return checkedInt(left + right);
    case '-':
      return checkedInt(left - right);
    case '*':
      return checkedInt(left * right);
    case '/':
      return right === 0n ? fail('division by zero') : checkedInt(left / right);
    case '%':
      return right === 0n ? fail('division by zero') : left % right;
  }
}

function doubleArithmetic(sign: ArithmeticSign, left: number, right: number): number {
  // IEEE infinity and NaN would make guards true or false by accident, and JSON cannot hold them: an error is clearer.
  if ((sign === '/' || sign === '%') && right === 0) return fail('division by zero');
  const result = doubleResult(sign, left, right);
  return Number.isFinite(result) ? result : fail('number too large');
}

function doubleResult(sign: ArithmeticSign, left: number, right: number): number {
  switch (sign) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
  }
}

function compare(sign: string, left: Value, right: Value, frame: Frame): number {
  if (isNumber(left) && isNumber(right)) return order(left, right);
  if (typeof left === 'string' && typeof right === 'string') {
    spend(frame, textSteps(Math.min(left.length, right.length)));
    return order(left, right);
  }
  if (typeof left === 'boolean' && typeof right === 'boolean') return order(left, right);
  if (left instanceof Timestamp && right instanceof Timestamp) return order(left.ms, right.ms);
  if (left instanceof Duration && right instanceof Duration) return order(left.ms, right.ms);
  return fail(`'${sign}' cannot compare ${describe(left)} with ${describe(right)}`);
}

function order<T extends number | bigint | string | boolean>(left: T, right: T): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}

function isIn(left: Value, right: Value, frame: Frame): boolean {
  if (Array.isArray(right)) {
    for (const item of right) {
      spend(frame, 1);
      if (isEqual(left, item, frame)) return true;
    }
    return false;
  }
  if (!isMap(right)) return fail(`'in' needs a list or an object on its right, not ${describe(right)}`);
  return typeof left === 'string' && Object.hasOwn(right, left);
}

const isNumber = (value: Value): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

// CEL's int is 64 bits wide and overflow is an error.
const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 63n - 1n;

export const checkedInt = (value: bigint): bigint =>
  value >= MIN_INT && value <= MAX_INT ? value : fail('integer overflow');

// CEL's range of timestamps: years 1 to 9999.
const MIN_TIMESTAMP_MS = -62_135_596_800_000;
const MAX_TIMESTAMP_MS = 253_402_300_799_999;

export const checkedTimestamp = (ms: number): Timestamp =>
  ms >= MIN_TIMESTAMP_MS && ms <= MAX_TIMESTAMP_MS ? new Timestamp(ms) : fail('timestamp out of range');

// Protobuf's, which CEL's durations are: ten thousand years either way.
const MAX_DURATION_MS = 315_576_000_000_000;

export const checkedDuration = (ms: number): Duration =>
  Math.abs(ms) <= MAX_DURATION_MS ? new Duration(ms) : fail('duration out of range');
