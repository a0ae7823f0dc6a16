// The shape of a definition as zod sees it. Strict: an unknown key is an error. What the parts mean together is checked in
// validate.ts.
import { z } from 'zod';
import {
  type Definition,
  HTTP_METHODS,
  IDENTIFIER,
  MAX_ACTIONS_PER_LIST,
  MAX_ATTEMPTS,
  MAX_BACKOFF_MS,
  MAX_NAME_LENGTH,
  MAX_TIMEOUT_MS,
  RESERVED_EVENT_PREFIX,
  RESERVED_NAMES,
  STATE_KEY,
  type StateNode,
} from './definition.ts';
import { parseDelay } from './delay.ts';
import type { Json, JsonObject } from './json.ts';

const OPERATION = /^[a-z0-9_]+\.[a-z0-9_]+$/;

const text = (max: number) => z.string().min(1).max(max);
// The code is what validate.ts reports; zod's own would say "custom".
const rule = (code: string, message: string) => ({ message, params: { code } });
const notReserved = (name: string): boolean => !RESERVED_NAMES.has(name);
const RESERVED = rule('reserved_name', 'is a name that every JavaScript object has; choose another');

const identifier = text(MAX_NAME_LENGTH)
  .refine(
    (name) => IDENTIFIER.test(name),
    rule('bad_name', 'must be letters, digits and underscores, and not start with a digit'),
  )
  .refine(notReserved, RESERVED);
const stateKey = text(MAX_NAME_LENGTH)
  .refine(
    (key) => STATE_KEY.test(key),
    rule('bad_name', 'must not contain . , # \\ or control characters, nor start or end with a space'),
  )
  .refine(notReserved, RESERVED);
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const NO_CONTROL = /^[^\u0000-\u001f\u007f]+$/;
const eventType = text(MAX_NAME_LENGTH)
  .refine((type) => NO_CONTROL.test(type), rule('bad_name', 'must not contain control characters'))
  .refine(notReserved, RESERVED)
  .refine(
    (type) => !type.startsWith(RESERVED_EVENT_PREFIX),
    rule('reserved_event', 'must not start with "xstate.": those events are the engine’s own'),
  )
  .refine(
    (type) =>
      !type.slice(0, -1).includes('*') && (!type.endsWith('*') || type === '*' || type.endsWith('.*')),
    rule('bad_event_type', 'may have a wildcard only as "*" or at the end after a dot, as in "order.*"'),
  );
const sentEventType = eventType.refine(
  (type) => !type.endsWith('*'),
  rule('bad_event_type', 'must be one event, not a wildcard'),
);
const cel = z.string().min(1);
const delayKey = z
  .string()
  .refine(
    (key) => parseDelay(key) !== null,
    rule(
      'bad_delay',
      'must be whole milliseconds ("60000") or a duration such as "PT24H" or "P7D", at most ten years',
    ),
  );

const json: z.ZodType<Json> = z.json();
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);
const oneOrMany = <T extends z.ZodType>(one: T) => z.union([one, z.array(one)]);
const celByKey = z.record(z.string().min(1).max(MAX_NAME_LENGTH).refine(notReserved, RESERVED), cel);
const isLiteral = (value: string): boolean => !value.includes('<<') && !value.includes('{{');
/** What an editor leaves empty until somebody has chosen; then that is all there is to say of it. */
const chosen = (what: string) =>
  z
    .string()
    .max(200)
    .refine((value) => value !== '', { ...rule('missing', `choose ${what}`), abort: true })
    .refine(isLiteral, rule('template_not_allowed', 'must be written out, not a template'));
const connection = chosen('a connection');

const options = {
  name: identifier.exactOptional(),
  when: cel.exactOptional(),
  continue_on_failure: z.boolean().exactOptional(),
  timeout_ms: z.int().min(1).max(MAX_TIMEOUT_MS).exactOptional(),
  retry: z
    .strictObject({
      max_attempts: z.int().min(1).max(MAX_ATTEMPTS).exactOptional(),
      backoff: z
        .strictObject({
          initial_ms: z.int().min(0).max(MAX_BACKOFF_MS).exactOptional(),
          factor: z.number().min(1).max(100).exactOptional(),
          max_ms: z.int().min(0).max(MAX_BACKOFF_MS).exactOptional(),
        })
        .exactOptional(),
    })
    .exactOptional(),
  on_unknown: z.enum(['park', 'resend']).exactOptional(),
  idempotent: z.boolean().exactOptional(),
};

const webhookParams = z.strictObject({
  connection_id: connection,
  method: z.enum(HTTP_METHODS).exactOptional(),
  path: z.string().max(4000),
  query: jsonObject.exactOptional(),
  headers: z.record(text(MAX_NAME_LENGTH), z.string()).exactOptional(),
  body: json.exactOptional(),
});
const operation = chosen('an operation').refine(
  (name) => OPERATION.test(name),
  rule('bad_operation', 'must be "<provider>.<operation>"'),
);

const action = z.discriminatedUnion('action_type', [
  z.strictObject({ action_type: z.literal('WEBHOOK'), params: webhookParams, ...options }),
  z.strictObject({
    action_type: z.literal('INTEGRATION'),
    params: z.strictObject({ connection_id: connection, operation, input: json.exactOptional() }),
    ...options,
  }),
  z.strictObject({ action_type: z.literal('ASSIGN'), params: celByKey }),
  z.strictObject({
    action_type: z.literal('RAISE'),
    params: z.strictObject({ type: sentEventType, payload: celByKey.exactOptional() }),
  }),
  z.strictObject({
    action_type: z.literal('SEND_EVENT'),
    params: z.strictObject({ job_id: cel, type: sentEventType, payload: celByKey.exactOptional() }),
  }),
  z.strictObject({
    action_type: z.literal('START_JOB'),
    params: z.strictObject({
      workflow: chosen('a workflow'),
      input: celByKey.exactOptional(),
      key: cel.exactOptional(),
    }),
  }),
]);

const actionList = z.union([action, z.array(action).max(MAX_ACTIONS_PER_LIST)]);
const transition = z.union([
  z.string(),
  z.strictObject({
    target: z.string().exactOptional(),
    guard: cel.exactOptional(),
    actions: actionList.exactOptional(),
    reenter: z.boolean().exactOptional(),
    description: z.string().exactOptional(),
    meta: jsonObject.exactOptional(),
  }),
]);
const transitions = oneOrMany(transition);

const invokeOptions = {
  id: stateKey.exactOptional(),
  onDone: transitions.exactOptional(),
  onError: transitions.exactOptional(),
  description: z.string().exactOptional(),
  ...options,
};
const invoke = z.union([
  z.strictObject({ src: z.literal('webhook'), input: webhookParams, ...invokeOptions }),
  z.strictObject({
    src: operation,
    input: z.strictObject({ connection_id: connection, input: json.exactOptional() }),
    ...invokeOptions,
  }),
]);

const stateBody = {
  type: z.enum(['atomic', 'compound', 'parallel', 'final', 'history']).exactOptional(),
  initial: z.string().exactOptional(),
  states: z
    .record(
      stateKey,
      z.lazy(() => stateNode),
    )
    .exactOptional(),
  on: z.record(eventType, transitions).exactOptional(),
  always: transitions.exactOptional(),
  after: z.record(delayKey, transitions).exactOptional(),
  entry: actionList.exactOptional(),
  exit: actionList.exactOptional(),
  invoke: oneOrMany(invoke).exactOptional(),
  output: json.exactOptional(),
  tags: oneOrMany(text(MAX_NAME_LENGTH)).exactOptional(),
  meta: jsonObject.exactOptional(),
  description: z.string().exactOptional(),
};

const stateNode: z.ZodType<StateNode> = z.strictObject({
  ...stateBody,
  id: stateKey.exactOptional(),
  history: z.enum(['shallow', 'deep']).exactOptional(),
  target: z.string().exactOptional(),
  onDone: transitions.exactOptional(),
});

export const definitionSchema: z.ZodType<Definition> = z.strictObject({
  ...stateBody,
  type: z.enum(['compound', 'parallel']).exactOptional(),
  id: stateKey.exactOptional(),
  version: z.string().max(MAX_NAME_LENGTH).exactOptional(),
  context: z.record(z.string().refine(notReserved, RESERVED), json).exactOptional(),
});
