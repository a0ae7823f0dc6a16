// What an expression or a template may name where it stands: for completions, and to mark what is not there. The server's
// validator has the last word; this is what can be said while typing.
import type { Definition } from '../../../engine/definition.ts';
import type { Scope, Variable } from '../../code/scope.ts';
import { namesIn } from './edits.ts';
import { keysOf, listAt, pointerOf, selectedAt } from './place.ts';

/** `transition`: CEL inside the transition. `worker`: `when` and templates, after the commit. */
export type Side = 'transition' | 'worker';

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
