// What the API has to be asked for, so that one object becomes what it is to be. Pure: ids of what does not exist yet are
// named, and put in when it is there.
import type { JsonObject } from '../engine/json.ts';
import type { Desired } from './desired.ts';
import type { Difference } from './differences.ts';
import type { DocumentOf, Kind } from './kinds.ts';
import { canonical, type Names } from './names.ts';
import { type Identity, namedIdentity, type PresentObject, pathIn, scopeIdentity } from './objects.ts';
import { kindOfPath, type ScopePath } from './scope-path.ts';

/** Something that an earlier request of the same plan is answered with. */
export interface Ref {
  ref: string;
}

export interface ApiRequest {
  /** Requests are sent by ascending stage. */
  stage: number;
  method: 'POST' | 'PATCH' | 'DELETE';
  /** Below /api/v1. */
  path: readonly (string | Ref)[];
  body?: JsonObject;
  /** Members of the body that are known when their time comes. */
  later?: Readonly<Record<string, Ref>>;
  /** What of the answer others refer to, and by which name. */
  gives?: { ref: string; member: 'id' | 'version' };
}

/**
 * All workflows are there before any definition is saved, as definitions name each other. What limits access comes
 * last but for deletions; what is deleted goes in the opposite order.
 */
const STAGE = {
  scope: 0,
  workflow: 10,
  version: 11,
  publish: 12,
  supply: 20,
  trigger: 30,
  subscription: 40,
  group: 50,
  memberOut: 51,
  memberIn: 52,
  role: 60,
  gone: 200,
} as const;

const idRef = ({ key }: Pick<Identity, 'key'>): Ref => ({ ref: `id of ${key}` });

interface About {
  desired: Desired;
  present: PresentObject | undefined;
  differences: readonly Difference[];
  names: Names;
}

/** Makes or changes the object. */
export function requestsFor(about: About): ApiRequest[] {
  const { document } = about.desired;
  if (document.absent === true) return [];
  switch (document.kind) {
    case 'Scope':
      return [makeScope(document.name, about.names)];
    case 'Workflow':
      return workflowRequests(document, about);
    case 'Supply':
      return [supplyRequest(document, about)];
    case 'Trigger':
      return [triggerRequest(document, about)];
    case 'Subscription':
      return subscriptionRequests(document, about);
    case 'Group':
      return groupRequests(document, about);
    case 'RoleAssignment':
      return [roleRequest(document, about)];
    default:
      return document satisfies never;
  }
}

/** A scope, in the one that it stands in. */
export function makeScope(path: ScopePath, names: Names): ApiRequest {
  const body: JsonObject = { kind: kindOfPath(path), name: path.at(-1) ?? '' };
  return {
    stage: STAGE.scope + path.length,
    method: 'POST',
    path: ['scopes'],
    ...withScope(names, path.length > 1 ? path.slice(0, -1) : null, body, 'parent_id'),
    gives: { ...idRef(scopeIdentity(path)), member: 'id' },
  };
}

/** The body with the id of a scope, or with the promise of one. */
function withScope(
  names: Names,
  path: ScopePath | null,
  body: JsonObject,
  member = 'scope_id',
): Pick<ApiRequest, 'body' | 'later'> {
  if (path === null) return { body: { ...body, [member]: null } };
  const id = names.scopeId(path);
  if (id !== undefined) return { body: { ...body, [member]: id } };
  return { body, later: { [member]: idRef(scopeIdentity(path)) } };
}

const touches = (differences: readonly Difference[], ...members: string[]): boolean =>
  differences.some(({ pointer }) => members.includes(pointer.split('/')[1] ?? ''));

function workflowRequests(
  { name, spec }: DocumentOf<'Workflow'>,
  { desired, present, differences, names }: About,
): ApiRequest[] {
  const { description, scope, archived, publish } = spec;
  const at = ['workflows', encodeURIComponent(present?.id ?? name)];
  const requests: ApiRequest[] = [];
  if (!present) {
    const made = withScope(names, scope, { name, description });
    requests.push({ stage: STAGE.workflow, method: 'POST', path: ['workflows'], ...made });
    if (archived) requests.push({ stage: STAGE.publish, method: 'PATCH', path: at, body: { archived } });
  } else if (touches(differences, 'description', 'scope', 'archived')) {
    const changed: JsonObject = {};
    if (touches(differences, 'description')) changed.description = description;
    if (touches(differences, 'archived')) changed.archived = archived;
    const placed = touches(differences, 'scope') ? withScope(names, scope, changed) : { body: changed };
    requests.push({ stage: STAGE.workflow, method: 'PATCH', path: at, ...placed });
  }
  if (desired.resolved === undefined || !touches(differences, 'definition', 'publish')) return requests;

  const { published, latest } = present?.workflow ?? {};
  const isLatest = latest !== null && latest !== undefined && isSaved(latest.definition, desired, present);
  const version: Ref = { ref: `version of ${desired.key}` };
  if (!isLatest) {
    const saved = { path: [...at, 'versions'], body: { definition: desired.resolved } };
    requests.push({
      stage: STAGE.version,
      method: 'POST',
      ...saved,
      gives: { ...version, member: 'version' },
    });
  }
  if (publish && !(isLatest && published?.version === latest.version)) {
    const which = isLatest ? { body: { version: latest.version } } : { body: {}, later: { version } };
    requests.push({ stage: STAGE.publish, method: 'POST', path: [...at, 'publish'], ...which });
  }
  return requests;
}

/** Order included: that of states and transitions means something. */
const isSaved = (
  definition: JsonObject,
  { resolved }: Desired,
  present: PresentObject | undefined,
): boolean => present !== undefined && JSON.stringify(definition) === JSON.stringify(resolved);

function idOf(directory: Names['connections'], name: string): string {
  const found = directory.find(name);
  // Whoever makes a plan has looked everything up before.
  if (!found.ok) throw new RangeError(found.message);
  return found.id;
}

function supplyRequest({ spec }: DocumentOf<'Supply'>, { names }: About): ApiRequest {
  const connectionId = idOf(names.connections, spec.connection);
  if (spec.scope === undefined) return suppliedToAll(connectionId, true, STAGE.supply);
  const body = withScope(names, spec.scope, { connection_id: connectionId });
  return { stage: STAGE.supply, method: 'POST', path: ['supplies'], ...body };
}

const suppliedToAll = (connectionId: string, all: boolean, stage: number): ApiRequest => ({
  stage,
  method: 'PATCH',
  path: ['tenant', 'connections', connectionId],
  body: { supplied_to_all: all },
});

function triggerRequest({ name, spec }: DocumentOf<'Trigger'>, { present, names }: About): ApiRequest {
  const { source, event_types, filter, action, enabled, position } = spec;
  const body = { name, event_types, filter, action, enabled, ...(position !== undefined && { position }) };
  const wanted = body as unknown as JsonObject;
  if (present) return { stage: STAGE.trigger, method: 'PATCH', path: ['triggers', present.id], body: wanted };
  const sourceId = idOf(names.sources, source);
  return {
    stage: STAGE.trigger,
    method: 'POST',
    path: ['triggers'],
    body: { ...wanted, source_id: sourceId },
  };
}

/** How a subscription is called while it takes the place of another. */
export const standInName = (name: string): string => `${name.slice(0, 180)} (taking over)`;

function subscriptionRequests(
  { name, spec }: DocumentOf<'Subscription'>,
  { desired, present, differences, names }: About,
): ApiRequest[] {
  const { scope, trigger, filter, endpoint, enabled } = spec;
  const target: JsonObject = endpoint
    ? { endpoint: endpointBody(endpoint, idOf(names.endpoints, endpoint.name)) }
    : { action: desired.resolved ?? {} };
  const stage = STAGE.subscription;
  const whole = { name, trigger: trigger as JsonObject, filter, ...target, enabled };
  if (!present) {
    return [{ stage, method: 'POST', path: ['subscriptions'], ...withScope(names, scope, whole) }];
  }
  const at = ['subscriptions', present.id];
  if (!touches(differences, 'trigger')) {
    const changed: JsonObject = touches(differences, 'filter', 'action', 'endpoint')
      ? { filter, ...target, enabled }
      : { enabled };
    return [{ stage, method: 'PATCH', path: at, ...withScope(names, scope, changed) }];
  }
  // What it waits for cannot be changed. The new one is accepted before the old one goes, and tells nobody until then.
  const standIn = namedIdentity('Subscription', standInName(name));
  const made = withScope(names, scope, { ...whole, name: standInName(name), enabled: false });
  const gives = { ...idRef(standIn), member: 'id' } as const;
  return [
    { stage, method: 'POST', path: ['subscriptions'], ...made, gives },
    { stage, method: 'DELETE', path: at },
    { stage, method: 'PATCH', path: ['subscriptions', idRef(standIn)], body: { name, enabled } },
  ];
}

function endpointBody(
  { body, retry, timeout_ms: timeoutMs }: NonNullable<DocumentOf<'Subscription'>['spec']['endpoint']>,
  endpointId: string,
): JsonObject {
  return {
    endpoint_id: endpointId,
    ...(body !== undefined && { body }),
    ...(retry !== undefined && { retry }),
    ...(timeoutMs !== undefined && { timeout_ms: timeoutMs }),
  };
}

function groupRequests(
  { name, spec }: DocumentOf<'Group'>,
  { desired, present, names }: About,
): ApiRequest[] {
  const requests: ApiRequest[] = [];
  const group = present?.id ?? idRef(desired);
  if (!present) {
    const gives = { ...idRef(desired), member: 'id' } as const;
    requests.push({ stage: STAGE.group, method: 'POST', path: ['groups'], body: { name }, gives });
  }
  if (spec.members === undefined) return requests;
  const wanted = membersOf(desired.spec);
  const before = present?.memberships ?? [];
  for (const [key, member] of wanted) {
    if (before.some((one) => one.key === key)) continue;
    const path = ['groups', group, 'members'];
    requests.push({ stage: STAGE.memberIn, method: 'POST', path, ...principal(member, 'member', names) });
  }
  for (const { id, key } of before) {
    if (wanted.has(key)) continue;
    requests.push({ stage: STAGE.memberOut, method: 'DELETE', path: ['groups', group, 'members', id] });
  }
  return requests;
}

/** By their canonical form. */
function membersOf({ members }: JsonObject): Map<string, JsonObject> {
  const list = Array.isArray(members) ? (members as JsonObject[]) : [];
  return new Map(list.map((member) => [canonical(member), member]));
}

/** `…_type` and `…_id` of a principal in the words of files. */
function principal(
  written: JsonObject,
  what: 'member' | 'principal',
  names: Names,
): Pick<ApiRequest, 'body' | 'later'> {
  const {
    user,
    group,
    api_key: apiKey,
    subject,
    token_group: tokenGroup,
  } = written as Record<string, string>;
  const of = (type: string, id: string) => ({ body: { [`${what}_type`]: type, [`${what}_id`]: id } });
  if (user !== undefined) return of('user', idOf(names.members, user));
  if (subject !== undefined) return of('user', subject);
  if (apiKey !== undefined) return of('service', idOf(names.apiKeys, apiKey));
  if (tokenGroup !== undefined) return of('group', tokenGroup);
  const name = group ?? '';
  const found = names.groups.find(name);
  if (found.ok) return of('group', found.id);
  return {
    body: { [`${what}_type`]: 'group' },
    later: { [`${what}_id`]: idRef(namedIdentity('Group', name)) },
  };
}

function roleRequest({ spec }: DocumentOf<'RoleAssignment'>, { desired, names }: About): ApiRequest {
  const { role, connection } = spec;
  const { role: _, connection: __, ...who } = desired.spec;
  const given = principal(who, 'principal', names);
  const on: JsonObject =
    connection === undefined ? {} : { connection_id: idOf(names.connections, connection) };
  const body = { ...given.body, role, ...on };
  return { stage: STAGE.role, method: 'POST', path: ['role-assignments'], ...given, body };
}

const COLLECTIONS: Readonly<Record<Kind, string>> = {
  Scope: 'scopes',
  Workflow: 'workflows',
  Supply: 'supplies',
  Trigger: 'triggers',
  Subscription: 'subscriptions',
  Group: 'groups',
  RoleAssignment: 'role-assignments',
};

/** @param order where the kind stands among the kinds; what is made last is deleted first */
export function requestToDelete({ kind, id, spec, key }: PresentObject, order: number): ApiRequest {
  const depth = kind === 'Scope' ? (JSON.parse(key.slice('Scope '.length)) as string[]).length : 0;
  const stage = STAGE.gone - 10 * order - depth;
  if (kind === 'Supply' && pathIn(spec.scope) === null) return suppliedToAll(id, false, stage);
  return { stage, method: 'DELETE', path: [COLLECTIONS[kind], id] };
}
