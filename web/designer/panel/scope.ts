// What an expression or a template may name where it stands: for completions, and to mark what is not there. The server's
// validator has the last word; this is what can be said while typing.
import type { Definition } from '../../../engine/definition.ts';
import { namesIn } from './edits.ts';
import { keysOf, listAt, pointerOf, selectedAt } from './place.ts';

export interface Variable {
  path: string;
  /** A word or two about it. */
  detail: string;
}

/** `transition`: CEL inside the transition. `worker`: `when` and templates, after the commit. */
export type Side = 'transition' | 'worker';

export interface Scope {
  variables: readonly Variable[];
  /** Whether a dotted path can be there. What an event brings is not known, so any of its keys can. */
  isKnown(path: string): boolean;
}

const JOB = ['id', 'current_state', 'revision', 'parent_id', 'key', 'created_at'];
const FACT = ['status', 'response', 'error', 'attempts'];
const AFTERWARDS: Readonly<Record<string, readonly string[]>> = {
  transition: ['id', 'from', 'to', 'seq', 'at'],
  tenant: ['id', 'name'],
  workflow: ['id', 'name', 'version'],
};

/** @param pointer of the expression or template, or of what it belongs to */
export function scopeAt(definition: Definition, pointer: string, side: Side): Scope {
  const fields: Record<string, readonly string[]> =
    side === 'worker' ? { job: [...JOB, 'status'], ...AFTERWARDS } : { job: JOB };
  const context = contextKeys(definition);
  const names = namesIn(definition);
  const earlier = new Set(earlierNames(definition, pointer));
  const variables: Variable[] = [
    ...[...context].map((key) => ({ path: `context.${key}`, detail: 'context' })),
    ...eventVariables(definition, pointer),
    ...Object.entries(fields).flatMap(([root, keys]) =>
      keys.map((key) => ({ path: `${root}.${key}`, detail: root })),
    ),
    ...[...names]
      .sort((a, b) => Number(earlier.has(b)) - Number(earlier.has(a)))
      .flatMap((name) => factVariables(name, earlier.has(name) ? 'before this in the list' : 'latest run')),
  ];
  return {
    variables,
    isKnown(path) {
      const [root = '', field, third] = path.split('.');
      if (root === 'event') return true;
      if (root === 'context') return field === undefined || context.has(field);
      if (root === 'actions') {
        return field === undefined || (names.has(field) && (third === undefined || FACT.includes(third)));
      }
      const known = Object.hasOwn(fields, root) ? fields[root] : undefined;
      return known !== undefined && (field === undefined || known.includes(field));
    },
  };
}

const factVariables = (name: string, detail: string): Variable[] =>
  ['status', 'response.status', 'response.body', 'error', 'attempts'].map((field) => ({
    path: `actions.${name}.${field}`,
    detail,
  }));

/** What the context begins with, and what any ASSIGN sets. */
function contextKeys(definition: Definition): Set<string> {
  const keys = new Set(Object.keys(definition.context ?? {}));
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { action_type: kind, params } = value as { action_type?: unknown; params?: unknown };
    if (kind === 'ASSIGN' && typeof params === 'object' && params !== null) {
      for (const key of Object.keys(params)) keys.add(key);
    }
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(definition);
  return keys;
}

function eventVariables(definition: Definition, pointer: string): Variable[] {
  const selected = selectedAt(definition, pointer);
  const given = [
    { path: 'event.type', detail: 'event' },
    { path: 'event.payload', detail: 'event' },
  ];
  if (selected?.kind !== 'transition') return given;
  if (selected.on === 'succeeded') {
    const detail = 'what was answered';
    return [...given, ...['status', 'body'].map((key) => ({ path: `event.output.${key}`, detail }))];
  }
  if (selected.on === 'failed') return [...given, { path: 'event.error', detail: 'what went wrong' }];
  if (selected.on !== 'event') return given;
  const read = eventKeys(definition, selected.key);
  return [...given, ...read.map((key) => ({ path: `event.${key}`, detail: `of ${selected.key}` }))];
}

/** Keys of an event's payload that the definition reads somewhere. */
export function eventKeys(definition: Definition, type: string): string[] {
  const read = new Set<string>();
  const used = (value: unknown): void => {
    for (const [, key] of JSON.stringify(value).matchAll(/\bevent\.(?:payload\.)?([A-Za-z_]\w*)/g)) {
      if (key !== 'type' && key !== 'payload') read.add(key as string);
    }
  };
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { on } = value as { on?: Record<string, unknown> };
    if (typeof on === 'object' && on !== null && Object.hasOwn(on, type)) used(on[type]);
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(definition);
  return [...read];
}

/** Names of the actions before this one in its list. */
function earlierNames(definition: Definition, pointer: string): string[] {
  const keys = keysOf(pointer);
  const list = keys.findLastIndex((key) => ['actions', 'entry', 'exit'].includes(key));
  const index = Number(keys[list + 1]);
  if (list < 0 || !Number.isInteger(index)) return [];
  return listAt<{ name?: string }>(definition, pointerOf(keys.slice(0, list + 1)))
    .slice(0, index)
    .flatMap(([{ name }]) => (name === undefined ? [] : [name]));
}

export interface CelFunction {
  name: string;
  /** Of a value before a dot. */
  method: boolean;
}

const named = (names: string, method: boolean): CelFunction[] =>
  names.split(' ').map((name) => ({ name, method }));

/** The functions of CEL that the engine has, and its macros. */
export const CEL_FUNCTIONS: readonly CelFunction[] = [
  ...named('has size dyn type int double string bool timestamp duration', false),
  ...named('size contains startsWith endsWith matches lowerAscii upperAscii trim indexOf lastIndexOf', true),
  ...named('substring split join getFullYear getMonth getDate getDayOfMonth getDayOfWeek', true),
  ...named('getDayOfYear getHours getMinutes getSeconds getMilliseconds', true),
  ...named('all exists exists_one map filter', true),
];

const ROOTS = /^(?:job|context|event|transition|tenant|workflow|actions)(?:\.|$)/;
const TAG = /<<\s*[#^/&{]?\s*([^<>{}]*?)\s*\}?>>|\{\{\{?\s*[#^/&]?\s*([^{}]*?)\s*\}?\}\}/g;

export interface Tag {
  from: number;
  to: number;
  path: string;
}

/** The tags of a template that name a variable. In sections only those of a known root: others belong to the items. */
export function tagsOf(text: string): Tag[] {
  const sections = /<<\s*[#^]|\{\{\s*[#^]/.test(text);
  return [...text.matchAll(TAG)]
    .map((match) => ({
      from: match.index,
      to: match.index + match[0].length,
      path: match[1] ?? match[2] ?? '',
    }))
    .filter(({ path }) => path !== '' && !path.startsWith('!') && (!sections || ROOTS.test(path)));
}
