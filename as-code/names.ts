// Names for ids and ids for names, of everything a tenant has that documents may mean.
import { nearestName } from '../config/nearest-name.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { exchange, mapActionParams, mapParams } from './connections-in.ts';
import type { Present } from './present.ts';
import { type ScopePath, scopeKey, writeScopePath } from './scope-path.ts';

export type Found = { ok: true; id: string } | { ok: false; message: string };

/** The things of one sort. */
export interface Directory {
  /** By name, or by id where a name means several. */
  find(name: string): Found;
  /** A name that `find` understands; undefined when there is nothing of this id. */
  nameOf(id: string): string | undefined;
}

export interface Names {
  connections: Directory;
  sources: Directory;
  endpoints: Directory;
  workflows: Directory;
  groups: Directory;
  members: Directory;
  apiKeys: Directory;
  /** Undefined when there is none. */
  scopeId(path: ScopePath): string | undefined;
  /** Undefined when there is none. */
  pathOf(scopeId: string): ScopePath | undefined;
  scopePaths: readonly ScopePath[];
}

export function createNames(present: Present): Names {
  const paths = pathsOf(present.scopes);
  const idByPath = new Map([...paths].map(([id, path]) => [scopeKey(path), id]));
  const { connections, sources, endpoints, workflows, groups, members, apiKeys } = present;
  return {
    connections: directory('connection', connections, ({ connection_name: name }) => [name]),
    sources: directory('source', sources, ({ name }) => [name]),
    endpoints: directory('endpoint', endpoints, ({ description, url }) =>
      description === '' ? [url] : [description, url],
    ),
    workflows: directory('workflow', workflows, ({ name }) => [name]),
    groups: directory('group', groups, ({ name }) => [name]),
    members: directory('member', members, ({ email }) => [email.toLowerCase()]),
    apiKeys: directory('API key that is not revoked', apiKeys, ({ name }) => [name]),
    scopeId: (path) => idByPath.get(scopeKey(path)),
    pathOf: (id) => paths.get(id),
    scopePaths: [...paths.values()],
  };
}

function directory<T extends { id: string }>(
  what: string,
  items: readonly T[],
  namesOf: (item: T) => string[],
): Directory {
  const idsByName = new Map<string, string[]>();
  for (const item of items) {
    for (const name of namesOf(item)) idsByName.set(name, [...(idsByName.get(name) ?? []), item.id]);
  }
  const byId = new Map(items.map((item) => [item.id, item]));
  return {
    find(name) {
      const ids = idsByName.get(name) ?? [];
      const [id] = ids;
      if (ids.length === 1 && id !== undefined) return { ok: true, id };
      if (byId.has(name)) return { ok: true, id: name };
      return {
        ok: false,
        message: ids.length === 0 ? missing(what, name, [...idsByName.keys()]) : several(what, name),
      };
    },
    nameOf(id) {
      const item = byId.get(id);
      return item && (namesOf(item).find((name) => idsByName.get(name)?.length === 1) ?? id);
    },
  };
}

/** Says that there is none, and what may have been meant. */
export function missing(what: string, name: string, known: readonly string[]): string {
  const nearest = known.length > 0 ? `; the nearest name is "${nearestName(name, known)}"` : '';
  return `There is no ${what} "${name}"${nearest}.`;
}

const several = (what: string, name: string): string =>
  `Several things are called "${name}": write the id of the ${what} that is meant.`;

function pathsOf(scopes: Present['scopes']): Map<string, ScopePath> {
  const byId = new Map(scopes.map((scope) => [scope.id, scope]));
  const pathOf = (id: string): string[] => {
    const scope = byId.get(id);
    return scope ? [...(scope.parent_id === null ? [] : pathOf(scope.parent_id)), scope.name] : [];
  };
  return new Map(scopes.map(({ id }) => [id, pathOf(id)]));
}

/** The stored scope as files write it; null is the organisation. */
export function writtenScope(names: Names, id: string | null): Json {
  if (id === null) return null;
  const path = names.pathOf(id);
  return path ? writeScopePath(path) : id;
}

const toName = (names: Names) => (params: JsonObject) =>
  exchange(params, { from: 'connection_id', to: 'connection' }, names.connections.nameOf);

/** A definition as files write it: names in the place of the connections' ids. */
export const namedDefinition = (names: Names, definition: JsonObject): JsonObject =>
  mapParams(definition, toName(names));

/** An action as files write it. */
export const namedAction = (names: Names, action: JsonObject): JsonObject =>
  mapActionParams(action, '', toName(names));

/** The action of a trigger as files write it. */
export function namedTriggerAction(names: Names, action: JsonObject): JsonObject {
  const { workflow } = action;
  const name = typeof workflow === 'string' ? names.workflows.nameOf(workflow) : undefined;
  return name === undefined ? action : { ...action, workflow: name };
}

/** Who a stored role or membership is for, as files write it. */
export function writtenPrincipal(
  names: Names,
  type: 'user' | 'group' | 'service',
  id: string,
  unknownGroup: 'group' | 'token_group',
): JsonObject {
  if (type === 'service') return { api_key: names.apiKeys.nameOf(id) ?? id };
  if (type === 'group') {
    const name = names.groups.nameOf(id);
    return name === undefined ? { [unknownGroup]: id } : { group: name };
  }
  const email = names.members.nameOf(id);
  return email === undefined ? { subject: id } : { user: email };
}

export const isSame = (one: Json | undefined, other: Json | undefined): boolean =>
  canonical(one ?? null) === canonical(other ?? null);

/** Text that is the same for the same JSON, whatever the order of its keys. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`).join(',')}}`;
}
