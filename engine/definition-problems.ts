// Reads a definition from anything: what is wrong with its shape, in our words and by pointer, and what is left of it
// without that, so that the rest can be checked in the same go.
import type { z } from 'zod';
import { type Definition, MAX_JSON_DEPTH } from './definition.ts';
import { definitionSchema } from './definition-schema.ts';
import type { Problem } from './errors.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { childPointer } from './pointer.ts';

export interface DefinitionReading {
  problems: Problem[];
  /**
   * The definition, without the parts that have problems; null when nothing useful is left. Only to be looked at for
   * further problems, unless there were none.
   */
  definition: Definition | null;
}

/** Every problem of shape at once. Does not change its argument. */
export function readDefinition(input: unknown): DefinitionReading {
  const unsafe = unsafePlaces(input);
  if (unsafe.length > 0) return { problems: unsafe, definition: null };
  const first = definitionSchema.safeParse(input);
  if (first.success) return { problems: [], definition: first.data };
  const found = first.error.issues.flatMap((issue) => flatten(issue, []));
  const problems = found.flatMap(toProblems);
  return { problems, definition: isJsonObject(input) ? withoutFaults(structuredClone(input), found) : null };
}

interface Fault {
  path: (string | number)[];
  issue: z.core.$ZodIssue;
}

// Mending one part can show what is wrong with another; a definition needs two or three rounds, a hostile one more.
const MAX_ROUNDS = 8;

function withoutFaults(copy: JsonObject, firstFaults: Fault[]): Definition | null {
  const tries = new Map<string, number>();
  let faults = firstFaults;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const { path, issue } of faults) {
      if (issue.code === 'unrecognized_keys')
        for (const key of issue.keys) takeOut(copy, [...path, key], tries);
      else takeOut(copy, path, tries);
    }
    const again = definitionSchema.safeParse(copy);
    if (again.success) return again.data;
    faults = again.error.issues.flatMap((issue) => flatten(issue, []));
  }
  return null;
}

// Elements of a list are replaced, so that the pointers of those after them stay right, and states are emptied, so that
// targets still find them. What suits a list (transitions, actions, tags) is found by trying.
const HARMLESS: Json[] = [{ guard: 'false' }, { action_type: 'ASSIGN', params: {} }, 'x'];

// Required texts, and guards: a transition that lost its guard would seem to be always taken.
const HARMLESS_TEXT: ReadonlyMap<string | number, string> = new Map([
  ['guard', 'false'],
  ['connection_id', 'unreadable'],
  ['path', '/'],
  ['operation', 'unreadable.unreadable'],
  ['workflow', 'unreadable'],
  ['job_id', '""'],
]);

function takeOut(copy: JsonObject, path: (string | number)[], tries: Map<string, number>): void {
  const key = path.at(-1);
  if (key === undefined) return;
  const parent = path.slice(0, -1);
  const holder = valueAt(copy, parent);
  const name = path.join('\n');
  const tried = tries.get(name) ?? 0;
  tries.set(name, tried + 1);
  const text = HARMLESS_TEXT.get(key);
  if (Array.isArray(holder)) {
    const replacement = HARMLESS[tried];
    if (replacement === undefined) takeOut(copy, parent, tries);
    else holder[Number(key)] = structuredClone(replacement);
  } else if (isJsonObject(holder) && text !== undefined && tried === 0) {
    holder[key] = text;
  } else if (isJsonObject(holder) && Object.hasOwn(holder, key)) {
    if (parent.at(-1) === 'states' && !isJsonObject(holder[key])) holder[key] = {};
    else delete holder[key];
  } else {
    // Something required is missing: what lacks it cannot stay.
    takeOut(copy, parent, tries);
  }
}

function valueAt(value: Json, path: readonly (string | number)[]): Json | undefined {
  let at: Json | undefined = value;
  for (const key of path) {
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

// Before anything recurses into it: too deep for a stack, or with a key that would set a prototype.
function unsafePlaces(input: unknown): Problem[] {
  const problems: Problem[] = [];
  const waiting: { value: unknown; pointer: string; depth: number }[] = [
    { value: input, pointer: '', depth: 0 },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, pointer, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_JSON_DEPTH) {
      problems.push(error(pointer, 'too_deep', `is nested more than ${MAX_JSON_DEPTH} levels deep`));
      continue;
    }
    for (const [key, inner] of Object.entries(value)) {
      const at = childPointer(pointer, key);
      if (key === '__proto__') problems.push(error(at, 'reserved_name', '"__proto__" cannot be a key'));
      waiting.push({ value: inner, pointer: at, depth: depth + 1 });
    }
  }
  return problems;
}

// A union's issue holds one list of issues for each alternative; the alternative that was meant is the one to report.
function flatten(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const meant = issue.errors
      .filter((branch) => !isOtherKind(branch))
      .sort((a, b) => Number(namesOther(a)) - Number(namesOther(b)) || a.length - b.length)[0];
    if (meant !== undefined) return meant.flatMap((inner) => flatten(inner, path));
  }
  return [{ path: path as (string | number)[], issue }];
}

// The alternative is for another kind of value altogether.
function isOtherKind(branch: readonly z.core.$ZodIssue[]): boolean {
  return branch.some(
    (issue) =>
      issue.path.length === 0 &&
      (issue.code === 'invalid_type' ||
        (issue.code === 'invalid_union' && issue.errors.length > 0 && issue.errors.every(isOtherKind))),
  );
}

const namesOther = (branch: readonly z.core.$ZodIssue[]): boolean =>
  branch.some(({ path }) => path[0] === 'src');

function toProblems({ path, issue }: Fault): Problem[] {
  const pointer = childPointer('', ...path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(childPointer(pointer, key), key));
  return [toProblem(pointer, issue)];
}

function toProblem(pointer: string, issue: z.core.$ZodIssue): Problem {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? error(pointer, 'missing', 'is required')
        : error(pointer, 'wrong_type', `must be ${withArticle(issue.expected)}`);
    case 'invalid_union':
      return issue.errors.length > 0
        ? error(pointer, 'wrong_type', `must be ${[...new Set(expectedOf(issue))].join(' or ')}`)
        : error(pointer, 'unknown_action_type', `must be one of ${optionsOf(issue)}`);
    case 'invalid_key': {
      const inner = issue.issues[0];
      return inner === undefined ? error(pointer, 'bad_name', 'is not a name') : toProblem(pointer, inner);
    }
    case 'invalid_value':
      return error(pointer, 'unknown_value', `must be one of ${issue.values.map(String).join(', ')}`);
    case 'too_big':
      return error(pointer, 'out_of_range', `must be at most ${issue.maximum}${unitOf(issue.origin)}`);
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1)
        return error(pointer, 'out_of_range', 'must not be empty');
      return error(pointer, 'out_of_range', `must be at least ${issue.minimum}${unitOf(issue.origin)}`);
    case 'custom':
      return error(pointer, String(issue.params?.code ?? 'bad_value'), issue.message);
    default:
      return error(pointer, 'bad_value', issue.message);
  }
}

function unknownKey(pointer: string, key: string): Problem {
  const hint = Object.hasOwn(KEY_HINTS, key) ? `: ${KEY_HINTS[key]}` : '';
  return error(pointer, 'unknown_key', `"${key}" is not known here${hint}`);
}

// What people bring from XState or other engines.
const KEY_HINTS: Record<string, string> = {
  cond: 'a condition is written as "guard", in CEL',
  spawn: 'spawning is not supported; use "invoke" to wait for an action, START_JOB to start a job',
  type: 'an action says what it is in "action_type"',
  delays: 'delays are written out as keys of "after"',
  guards: 'guards are written in place, in CEL',
  onSnapshot: 'an invoked action only ends, with "onDone" or "onError"',
};

function expectedOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_type') return [withArticle(issue.expected)];
  if (issue.code !== 'invalid_union') return [];
  return issue.errors.flat().flatMap((inner) => (inner.path.length === 0 ? expectedOf(inner) : []));
}

function optionsOf(issue: z.core.$ZodIssue): string {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.join(', ') : 'the known types';
}

function withArticle(expected: string): string {
  if (expected === 'record') return 'an object';
  if (expected === 'int') return 'a whole number';
  return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
}

const unitOf = (origin: string): string =>
  origin === 'string' ? ' characters long' : origin === 'array' ? ' items long' : '';

const error = (pointer: string, code: string, message: string): Problem => ({
  pointer,
  code,
  message,
  severity: 'error',
});
