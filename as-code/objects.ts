// One object, declared or present: what tells it apart, how it is called, and what it says, in the words of files.
// Both sides are brought to this form before they are compared, so a difference can be read.
import type { Json, JsonObject } from '../engine/json.ts';
import { endpointAction } from '../subscriptions/message.ts';
import type { Trigger } from '../subscriptions/trigger.ts';
import type { DeclaredDocument, Kind } from './kinds.ts';
import {
  canonical,
  type Directory,
  isSame,
  type Names,
  namedAction,
  namedDefinition,
  namedTriggerAction,
  writtenPrincipal,
  writtenScope,
} from './names.ts';
import type { Present, PresentVersion, PresentWorkflow } from './present.ts';
import { readScopePath, type ScopePath, scopeKey, writeScopePath } from './scope-path.ts';

export interface Identity {
  kind: Kind;
  /** Equal for the same object in files and in the tenant. */
  key: string;
  /** For people. */
  title: string;
}

export interface PresentObject extends Identity {
  id: string;
  /** Named, with defaults left out where the API fills them in. */
  spec: JsonObject;
  workflow?: PresentWorkflow;
  /** Of a workflow: the same with its latest version, for whoever does not mean to publish. */
  draft?: JsonObject;
  /** Of a group: the id of each membership, and the member in canonical form. */
  memberships?: { id: string; key: string }[];
}

export const scopeIdentity = (path: ScopePath): Identity => ({
  kind: 'Scope',
  key: `Scope ${scopeKey(path)}`,
  title: path.join('/'),
});

export const namedIdentity = (kind: Kind, name: string): Identity => ({
  kind,
  key: `${kind} ${name}`,
  title: name,
});

export const triggerIdentity = (source: string, name: string): Identity => ({
  kind: 'Trigger',
  key: `Trigger ${JSON.stringify([source, name])}`,
  title: `${source}: ${name}`,
});

export function supplyIdentity({
  connection,
  scope,
}: {
  connection: string;
  scope: ScopePath | null;
}): Identity {
  const to = scope === null ? 'everywhere' : scope.join('/');
  return {
    kind: 'Supply',
    key: `Supply ${JSON.stringify([connection, scope])}`,
    title: `${connection} → ${to}`,
  };
}

/** @param principal one of `{user}`, `{group}`, `{api_key}`, `{subject}`, `{token_group}` */
export function roleIdentity(principal: JsonObject, role: string, connection: string | null): Identity {
  const on = connection === null ? '' : ` on ${connection}`;
  return {
    kind: 'RoleAssignment',
    key: `RoleAssignment ${canonical([principal, role, connection])}`,
    title: `${titleOf(principal)}: ${role}${on}`,
  };
}

/** `user ada@example.com` */
export const titleOf = (principal: JsonObject): string =>
  Object.entries(principal)
    .map(([type, name]) => `${type} ${name}`)
    .join(', ');

/** Principals in one order, so that lists of them can be compared. */
export const sortedMembers = (members: readonly JsonObject[]): JsonObject[] =>
  [...new Map(members.map((member) => [canonical(member), member]))].sort().map(([, member]) => member);

/** What an endpoint is told, without what Pawl says by itself. */
export function shortEndpoint(
  kind: Trigger['kind'],
  {
    name,
    body,
    retry,
    timeout_ms: timeoutMs,
  }: { name: string; body?: Json | undefined; retry?: Json | undefined; timeout_ms?: number | undefined },
): JsonObject {
  const usual = endpointAction(kind, { endpointId: '' });
  const { body: usualBody = null } = usual.params as JsonObject;
  return {
    name,
    ...(body !== undefined && body !== null && !isSame(body, usualBody) && { body }),
    ...(retry !== undefined && retry !== null && !isSame(retry, usual.retry) && { retry }),
    ...(timeoutMs !== undefined && timeoutMs !== usual.timeout_ms && { timeout_ms: timeoutMs }),
  };
}

/** Everything of a tenant that documents can say. */
export function presentObjects(present: Present, names: Names): PresentObject[] {
  return [
    ...present.scopes.map(({ id }) => ({ ...scopeIdentity(names.pathOf(id) ?? []), id, spec: {} })),
    ...present.workflows.map((workflow) => presentWorkflow(workflow, names)),
    ...presentSupplies(present, names),
    ...present.triggers.map((trigger) => presentTrigger(trigger, names)),
    ...present.subscriptions.map((subscription) => presentSubscription(subscription, names)),
    ...present.groups.map((group) => presentGroup(group, names)),
    ...present.roleAssignments.map((assignment) => presentRole(assignment, names)),
  ];
}

/** Where the published version is not the latest, the published one counts: what comes after it is somebody's draft. */
function presentWorkflow(workflow: PresentWorkflow, names: Names): PresentObject {
  const { id, name, description, scope_id: scopeId, archived_at: archivedAt, published, latest } = workflow;
  const settings = { description, scope: writtenScope(names, scopeId), archived: archivedAt !== null };
  const withVersion = (version: PresentVersion, publish: boolean): JsonObject => ({
    ...settings,
    publish,
    definition: namedDefinition(names, version.definition),
  });
  const draft = latest ? withVersion(latest, false) : settings;
  const spec = published ? withVersion(published, true) : draft;
  return { ...namedIdentity('Workflow', name), id, spec, draft, workflow };
}

function presentSupplies({ supplies, connections }: Present, names: Names): PresentObject[] {
  const bySupply = supplies.flatMap(({ id, connection_id: connectionId, scope_id: scopeId }) => {
    const connection = names.connections.nameOf(connectionId);
    const scope = names.pathOf(scopeId);
    if (connection === undefined || scope === undefined) return [];
    const spec = { connection, scope: writeScopePath(scope) };
    return [{ ...supplyIdentity({ connection, scope }), id, spec }];
  });
  const everywhere = connections
    .filter(({ supplied_to_all: all }) => all)
    .map(({ id, connection_name: connection }) => ({
      ...supplyIdentity({ connection, scope: null }),
      id,
      spec: { connection, everywhere: true },
    }));
  return [...bySupply, ...everywhere];
}

function presentTrigger(trigger: Present['triggers'][number], names: Names): PresentObject {
  const { id, source_id: sourceId, name, event_types, filter, action, enabled, position } = trigger;
  const source = names.sources.nameOf(sourceId) ?? sourceId;
  const spec = {
    source,
    event_types,
    filter,
    action: namedTriggerAction(names, action),
    enabled,
    position,
  };
  return { ...triggerIdentity(source, name), id, spec };
}

function presentSubscription(subscription: Present['subscriptions'][number], names: Names): PresentObject {
  const { id, name, scope_id: scopeId, trigger, filter, action, endpoint, enabled } = subscription;
  const { kind } = trigger as unknown as Trigger;
  const told = endpoint
    ? {
        endpoint: shortEndpoint(kind, {
          ...endpoint,
          name: names.endpoints.nameOf(endpoint.endpoint_id) ?? endpoint.endpoint_id,
        }),
      }
    : { action: namedAction(names, action ?? {}) };
  const spec: JsonObject = { scope: writtenScope(names, scopeId), trigger, filter, ...told, enabled };
  return { ...namedIdentity('Subscription', name), id, spec };
}

function presentGroup({ id, name, members }: Present['groups'][number], names: Names): PresentObject {
  const identity = namedIdentity('Group', name);
  if (members === undefined) return { ...identity, id, spec: {} };
  const written = members.map(({ id, member_type: type, member_id: memberId }) => ({
    id,
    member: writtenPrincipal(names, type, memberId, 'group'),
  }));
  const memberships = written.map(({ id, member }) => ({ id, key: canonical(member) }));
  return {
    ...identity,
    id,
    spec: { members: sortedMembers(written.map(({ member }) => member)) },
    memberships,
  };
}

function presentRole(assignment: Present['roleAssignments'][number], names: Names): PresentObject {
  const {
    id,
    principal_type: type,
    principal_id: principalId,
    role,
    connection_id: connectionId,
  } = assignment;
  const principal = writtenPrincipal(names, type, principalId, 'token_group');
  const connection = connectionId === null ? null : (names.connections.nameOf(connectionId) ?? connectionId);
  const spec = { ...principal, role, ...(connection !== null && { connection }) };
  return { ...roleIdentity(principal, role, connection), id, spec };
}

/** What the document is about. Names that have ids are brought to the form that `presentObjects` has. */
export function identityOf(document: DeclaredDocument, names: Names): Identity {
  const { kind } = document;
  switch (kind) {
    case 'Scope':
      return scopeIdentity(document.name);
    case 'Workflow':
    case 'Subscription':
    case 'Group':
      return namedIdentity(kind, document.name);
    case 'Trigger':
      return triggerIdentity(inOneForm(names.sources, document.spec.source), document.name);
    case 'Supply': {
      const { connection, scope = null } = document.spec;
      return supplyIdentity({ connection: inOneForm(names.connections, connection), scope });
    }
    case 'RoleAssignment': {
      const { role, connection } = document.spec;
      const on = connection === undefined ? null : inOneForm(names.connections, connection);
      return roleIdentity(principalOf(document.spec, names), role, on);
    }
    default:
      return kind satisfies never;
  }
}

/** Things may be written by id as well; told apart they are by name. */
export function inOneForm(directory: Directory, written: string): string {
  const found = directory.find(written);
  return found.ok ? (directory.nameOf(found.id) ?? written) : written;
}

type Principal = {
  user?: string | undefined;
  group?: string | undefined;
  api_key?: string | undefined;
  subject?: string | undefined;
  token_group?: string | undefined;
};

/** The principal in the one form there is for it: a subject that is a member here is that user. */
export function principalOf(
  { user, group, api_key: apiKey, subject, token_group: tokenGroup }: Principal,
  names: Names,
): JsonObject {
  if (user !== undefined) return { user };
  if (group !== undefined) return { group: inOneForm(names.groups, group) };
  if (apiKey !== undefined) return { api_key: inOneForm(names.apiKeys, apiKey) };
  if (subject !== undefined) return writtenPrincipal(names, 'user', subject, 'token_group');
  return writtenPrincipal(names, 'group', tokenGroup ?? '', 'token_group');
}

/** For specs that came out of `presentObjects`. */
export const pathIn = (scope: Json | undefined): ScopePath | null =>
  typeof scope === 'string' || Array.isArray(scope) ? readScopePath(scope as string | string[]) : null;
