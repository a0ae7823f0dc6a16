// What a subscription says when it is told: a queued action as definitions have them, whose `when` is the
// subscription's filter. Built, checked and compiled by the code that does so for definitions. Pure.
import type { Definition, QueuedActionConfig, RetryConfig } from '../engine/definition.ts';
import type { Problem } from '../engine/errors.ts';
import type { Patterns } from '../engine/expression-build.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { compileQueuedAction, type QueuedAction } from '../engine/queued-action.ts';
import { type References, validateDefinition } from '../engine/validate.ts';
import type { Trigger } from './trigger.ts';

/** What an endpoint is sent, where it does not say so itself. */
export interface EndpointMessage {
  endpointId: string;
  /** A template. */
  body?: Json | undefined;
  retry?: RetryConfig | undefined;
  timeoutMs?: number | undefined;
}

/** A consumer may be away for a night. Its own `retry` comes first. */
const ENDPOINT_RETRY: RetryConfig = {
  max_attempts: 12,
  backoff: { initial_ms: 5_000, factor: 4, max_ms: 3_600_000 },
};
/** Standard Webhooks asks for 15 to 30 seconds. */
const ENDPOINT_TIMEOUT_MS = 20_000;

/** The POST that an endpoint gets; the endpoint takes the place of a connection. */
export function endpointAction(
  kind: Trigger['kind'],
  { endpointId, body, retry, timeoutMs }: EndpointMessage,
): JsonObject {
  return {
    action_type: 'WEBHOOK',
    params: { connection_id: endpointId, path: '', body: body ?? envelope(kind) },
    retry: (retry ?? ENDPOINT_RETRY) as JsonObject,
    timeout_ms: timeoutMs ?? ENDPOINT_TIMEOUT_MS,
  };
}

function envelope(kind: Trigger['kind']): JsonObject {
  const data: JsonObject = {
    job: '<<job>>',
    workflow: '<<workflow>>',
    transition: '<<transition>>',
    event: { type: '<<event.type>>' },
  };
  if (kind === 'action_failed') data.action = '<<event.payload>>';
  return { type: kind, timestamp: '<<transition.at>>', data };
}

// A definition that has the action and nothing else, so that the definition's own checks say what is wrong with it.
const AT = '/states/s/entry/0';
const definitionAround = (action: JsonObject): JsonObject => ({
  initial: 's',
  states: { s: { entry: [action] } },
});

/** Of a definition's action; a subscription says them elsewhere, or has one action only. */
const NOT_HERE = ['name', 'when', 'continue_on_failure'];

export type CheckedMessage =
  | { ok: true; action: QueuedActionConfig }
  | { ok: false; problems: readonly Problem[] };

/**
 * Checks an action and the filter that goes with it.
 * @param pointers where action and filter stand in the request
 */
export function checkMessage(
  { action, filter }: { action: JsonObject; filter: string | null },
  references: References,
  pointers: (insideAction: string) => string,
): CheckedMessage {
  const problems: Problem[] = [];
  const refuse = (key: string, message: string) =>
    problems.push({ pointer: pointers(`/${key}`), code: 'not_allowed_here', message, severity: 'error' });
  for (const key of NOT_HERE) if (key in action) refuse(key, `a subscription's action has no "${key}"`);
  if (action.action_type !== 'WEBHOOK' && action.action_type !== 'INTEGRATION') {
    refuse('action_type', 'a subscription says something by WEBHOOK or INTEGRATION');
  }
  if (problems.length > 0) return { ok: false, problems };

  const whole = filter === null ? action : { ...action, when: filter };
  const checked = validateDefinition(definitionAround(whole), references);
  for (const problem of checked.problems) {
    // Warnings are about a machine that is not there.
    if (problem.severity !== 'error') continue;
    const inside = problem.pointer.startsWith(AT) ? problem.pointer.slice(AT.length) : problem.pointer;
    const pointer = inside === '/when' ? '/filter' : pointers(inside);
    problems.push({ ...problem, pointer });
  }
  if (!checked.ok || problems.length > 0) return { ok: false, problems };
  return { ok: true, action: actionIn(checked.definition) };
}

function actionIn(definition: Definition): QueuedActionConfig {
  const [action] = [definition.states?.s?.entry ?? []].flat();
  return action as QueuedActionConfig;
}

/** @throws PawlError Corrupt `definition_not_valid` when it is none that `checkMessage` let pass */
export const compileMessage = (action: Json, patterns?: Patterns): QueuedAction =>
  compileQueuedAction((isJsonObject(action) ? action : {}) as unknown as QueuedActionConfig, '', patterns);
