// Where a definition names connections: in the params of what is fired after the commit, and in what an `invoke` waits
// for. Files name a connection there (`connection: slack`), what is stored has its id (`connection_id`).
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { childPointer } from '../engine/pointer.ts';

/** Makes other params of the params at `pointer`. */
export type MapParams = (params: JsonObject, pointer: string) => JsonObject;

/** The definition with every such params mapped; the order of its keys stays. Anything may be passed: it is not checked. */
export function mapParams(definition: JsonObject, map: MapParams): JsonObject {
  return mapState(definition, '', map);
}

/** The same for one action, such as that of a subscription. */
export function mapActionParams(action: JsonObject, pointer: string, map: MapParams): JsonObject {
  if (action.action_type !== 'WEBHOOK' && action.action_type !== 'INTEGRATION') return action;
  return mapMembers(action, pointer, { params: (params, at) => mapObject(params, at, map) });
}

/** `params` with `to` and its value in the place of `from`, where `change` has one for it. */
export function exchange(
  params: JsonObject,
  { from, to }: { from: string; to: string },
  change: (value: string) => string | undefined,
): JsonObject {
  const value = params[from];
  const changed = typeof value === 'string' ? change(value) : undefined;
  if (changed === undefined) return params;
  return Object.fromEntries(
    Object.entries(params).map(([key, member]) => (key === from ? [to, changed] : [key, member])),
  );
}

type MapMember = (value: Json, pointer: string) => Json;

function mapMembers(
  object: JsonObject,
  pointer: string,
  members: Readonly<Record<string, MapMember>>,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => {
      const map = Object.hasOwn(members, key) ? members[key] : undefined;
      return [key, map ? map(value, childPointer(pointer, key)) : value];
    }),
  );
}

const mapObject = (value: Json, pointer: string, map: MapParams): Json =>
  isJsonObject(value) ? map(value, pointer) : value;

function mapState(state: JsonObject, pointer: string, map: MapParams): JsonObject {
  const actions: MapMember = each((action, at) => mapActionParams(action, at, map));
  const transitions: MapMember = each((transition, at) => mapMembers(transition, at, { actions }));
  const byKey: MapMember = every(transitions);
  const invocation = (invoke: JsonObject, at: string): JsonObject =>
    mapMembers(invoke, at, {
      input: (input, inside) => mapObject(input, inside, map),
      onDone: transitions,
      onError: transitions,
    });
  return mapMembers(state, pointer, {
    entry: actions,
    exit: actions,
    on: byKey,
    after: byKey,
    always: transitions,
    onDone: transitions,
    invoke: each(invocation),
    states: every((inner, at) => (isJsonObject(inner) ? mapState(inner, at, map) : inner)),
  });
}

/** Of one object or a list of them. */
const each =
  (map: (value: JsonObject, pointer: string) => JsonObject): MapMember =>
  (value, pointer) => {
    if (Array.isArray(value)) {
      return value.map((item, at) => (isJsonObject(item) ? map(item, childPointer(pointer, at)) : item));
    }
    return isJsonObject(value) ? map(value, pointer) : value;
  };

/** Of every member of an object. */
const every =
  (map: MapMember): MapMember =>
  (value, pointer) =>
    isJsonObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([key, member]) => [key, map(member, childPointer(pointer, key))]),
        )
      : value;
