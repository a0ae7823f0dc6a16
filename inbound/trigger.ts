// A trigger: which events of a source it is for, and what it makes of one. Pure; what it wants is carried out in jobs/.
import { MAX_JOB_KEY_LENGTH } from '../engine/definition.ts';
import type { Problem } from '../engine/errors.ts';
import { compileExpression, type Expression } from '../engine/expression.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { eventView } from '../engine/scope.ts';
import { type CompiledTemplate, compileTemplate } from '../engine/template.ts';

/** As stored and on the wire. `input` and `payload` are templates, `filter` and `key` are CEL. */
export interface TriggerSpec {
  /** Such as `push`, `issues.*` (also `issues` itself), `*`. */
  eventTypes: readonly string[];
  /** Null: no condition. */
  filter: string | null;
  action: TriggerAction;
}

export type TriggerAction =
  | { type: 'start_job'; workflow: string; key?: string | undefined; input?: JsonObject | string | undefined }
  | {
      type: 'send_event';
      workflow?: string | undefined;
      key: string;
      event_type: string;
      payload?: JsonObject | string | undefined;
    };

/** What expressions and templates see: `event`, `source` and `inbound_event`. */
export interface TriggerScope {
  event: { type: string; payload: JsonObject };
  source: { id: string; name: string; kind: string };
  inboundEvent: { id: string; delivery_id: string | null; received_at: string };
}

/** In the words of jobs/reactions.ts. */
export type Wanted =
  | { kind: 'start_job'; workflow: string; input: JsonObject; key: string | null }
  | {
      kind: 'send_event';
      workflow: string | null;
      key: string;
      event: { type: string; payload: JsonObject };
    };

export type TriggerOutcome =
  | { kind: 'unmatched'; code: 'other_type' | 'filter_false'; message: string }
  /** As in a guard, a condition that cannot be told is not met. Worth showing. */
  | { kind: 'unmatched'; code: 'filter_failed'; message: string }
  | { kind: 'wanted'; wanted: Wanted }
  | { kind: 'failed'; code: string; message: string; pointer: string };

export interface CompiledTrigger {
  /** Never throws. */
  evaluate(scope: TriggerScope): TriggerOutcome;
}

export type TriggerCompilation = { ok: true; trigger: CompiledTrigger } | { ok: false; problems: Problem[] };

const ROOTS: ReadonlySet<string> = new Set(['event', 'source', 'inbound_event']);

/** All problems at once, with pointers into the trigger as it is on the wire. */
export function compileTrigger({ eventTypes, filter, action }: TriggerSpec): TriggerCompilation {
  const problems: Problem[] = [];
  const report = (pointer: string, code: string, message: string) =>
    void problems.push({ pointer, code, message, severity: 'error' });
  const condition = filter === null ? null : readExpression(filter, '/filter', report);
  const key = action.key === undefined ? null : readExpression(action.key, '/action/key', report);
  const [member, tree] =
    action.type === 'start_job' ? ['input', action.input ?? {}] : ['payload', action.payload ?? {}];
  const pointer = `/action/${member}`;
  const template = readTemplate(tree, pointer, report);
  if (action.type === 'send_event' && action.event_type.startsWith('xstate.')) {
    report(
      '/action/event_type',
      'reserved_event',
      "event types that begin with `xstate.` are the engine's own",
    );
  }
  if (problems.length > 0 || template === null) return { ok: false, problems };
  return {
    ok: true,
    trigger: {
      evaluate({ event, source, inboundEvent }) {
        if (!eventTypes.some((pattern) => matchesType(pattern, event.type))) {
          return {
            kind: 'unmatched',
            code: 'other_type',
            message: `It is not for events of type ${event.type}.`,
          };
        }
        const scope = { event: eventView(event), source, inbound_event: inboundEvent } satisfies JsonObject;
        const met = condition === null ? { ok: true as const, value: true } : condition.evaluate(scope);
        if (!met.ok) return { kind: 'unmatched', code: 'filter_failed', message: met.message };
        if (met.value === false)
          return { kind: 'unmatched', code: 'filter_false', message: 'The filter is false.' };
        if (met.value !== true) {
          return {
            kind: 'unmatched',
            code: 'filter_failed',
            message: 'the filter is neither true nor false',
          };
        }
        const found = key === null ? { ok: true as const, value: null } : keyOf(key, scope);
        if (!found.ok) return { kind: 'failed', ...found.failure, pointer: '/action/key' };
        const rendered = template.render(scope);
        if (!rendered.ok) {
          return { kind: 'failed', code: rendered.code, message: rendered.message, pointer };
        }
        if (!isJsonObject(rendered.value)) {
          const message = `the ${member} must come to an object`;
          return { kind: 'failed', code: 'not_an_object', message, pointer };
        }
        return { kind: 'wanted', wanted: wantedOf(action, found.value, rendered.value) };
      },
    },
  };
}

function wantedOf(action: TriggerAction, key: string | null, data: JsonObject): Wanted {
  if (action.type === 'start_job') return { kind: 'start_job', workflow: action.workflow, input: data, key };
  const event = { type: action.event_type, payload: data };
  // The schema asks for a key here.
  return { kind: 'send_event', workflow: action.workflow ?? null, key: key as string, event };
}

function matchesType(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  if (!pattern.endsWith('.*')) return false;
  const stem = pattern.slice(0, -2);
  return type === stem || type.startsWith(`${stem}.`);
}

type Key = { ok: true; value: string } | { ok: false; failure: { code: string; message: string } };

/** Text, or a whole number, as many systems have those for ids. */
function keyOf(expression: Expression, scope: JsonObject): Key {
  const evaluated = expression.evaluate(scope);
  if (!evaluated.ok) return { ok: false, failure: { code: 'evaluation_failed', message: evaluated.message } };
  const { value } = evaluated;
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text === 'string' && text !== '' && text.length <= MAX_JOB_KEY_LENGTH)
    return { ok: true, value: text };
  const message = `the key must come to a text of 1 to ${MAX_JOB_KEY_LENGTH} characters, or to a whole number`;
  return { ok: false, failure: { code: 'key_unusable', message } };
}

type Report = (pointer: string, code: string, message: string) => void;

function readExpression(source: string, pointer: string, report: Report): Expression | null {
  const compiled = compileExpression(source);
  if (!compiled.ok) {
    const at = compiled.position === undefined ? '' : ` (at character ${compiled.position + 1})`;
    report(pointer, 'invalid_expression', `${compiled.message}${at}`);
    return null;
  }
  checkRoots(compiled.expression.variables, pointer, report);
  return compiled.expression;
}

function readTemplate(tree: Json, pointer: string, report: Report): CompiledTemplate | null {
  const compiled = compileTemplate(tree, 'json');
  if (!compiled.ok) {
    for (const problem of compiled.problems) report(pointer + problem.pointer, problem.code, problem.message);
    return null;
  }
  checkRoots(compiled.template.variables, pointer, report);
  return compiled.template;
}

function checkRoots(variables: readonly string[], pointer: string, report: Report): void {
  for (const variable of variables) {
    const [root = ''] = variable.split('.', 1);
    if (ROOTS.has(root)) continue;
    report(pointer, 'unknown_variable', `"${variable}" does not exist; there are ${[...ROOTS].join(', ')}`);
  }
}
