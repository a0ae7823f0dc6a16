// Documents into what is to be: every name looked up, every expression and template checked, all problems at once. Pure.
import type { Problem } from '../engine/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { childPointer } from '../engine/pointer.ts';
import { validateDefinition } from '../engine/validate.ts';
import { compileTrigger } from '../inbound/trigger.ts';
import { operationReferences } from '../integrations/catalogue.ts';
import { ENDPOINT } from '../integrations/endpoint.ts';
import { problemsOf } from '../integrations/zod-problems.ts';
import { checkMessage, endpointAction } from '../subscriptions/message.ts';
import { exchange, mapActionParams, mapParams } from './connections-in.ts';
import type { FileProblem, SourceDocument } from './documents.ts';
import {
  type DeclaredDocument,
  type DocumentOf,
  isKind,
  KINDS,
  type Kind,
  type Member,
  type PresentDocument,
  parseDocument,
} from './kinds.ts';
import {
  type Directory,
  missing,
  type Names,
  namedAction,
  namedDefinition,
  namedTriggerAction,
} from './names.ts';
import { type Identity, identityOf, principalOf, shortEndpoint, sortedMembers } from './objects.ts';
import type { Present } from './present.ts';
import { type ScopePath, scopeKey, writeScopePath } from './scope-path.ts';

/** A document that has the form of its kind. */
export interface Declared {
  document: DeclaredDocument;
  source: SourceDocument;
}

/** What is to be, or is not to be. */
export interface Desired extends Identity {
  document: DeclaredDocument;
  /** In the form of `presentObjects`; of what is to be gone, nothing. */
  spec: JsonObject;
  /** A definition or action with ids in the place of names, as the API wants it. */
  resolved?: JsonObject;
}

type Report = (source: SourceDocument, problem: Problem) => void;

const errorAt = (pointer: string, code: string, message: string): Problem => ({
  pointer,
  code,
  message,
  severity: 'error',
});

const reporter =
  (problems: FileProblem[]): Report =>
  (source, problem) =>
    void problems.push({ ...problem, ...source.placeOf(problem.pointer) });

/** The documents that have the form of their kind, and what is wrong with the others. */
export function declare(sources: readonly SourceDocument[]): {
  declared: Declared[];
  problems: FileProblem[];
} {
  const declared: Declared[] = [];
  const problems: FileProblem[] = [];
  const report = reporter(problems);
  for (const source of sources) {
    const { value } = source;
    if (!isJsonObject(value) || !isKind(value.kind)) {
      const at = isJsonObject(value) && 'kind' in value ? '/kind' : '';
      report(source, errorAt(at, 'unknown_kind', `A document has a \`kind\`: one of ${KINDS.join(', ')}.`));
      continue;
    }
    const parsed = parseDocument(value.kind, value);
    if (parsed.ok) declared.push({ document: parsed.document, source });
    else for (const problem of problemsOf(parsed.error, '')) report(source, problem);
  }
  return { declared, problems };
}

/** Holds what is declared against what is there. Warnings do not stand in the way. */
export function resolve(
  declared: readonly Declared[],
  present: Present,
  names: Names,
): { desired: Desired[]; problems: FileProblem[] } {
  const problems: FileProblem[] = [];
  const report = reporter(problems);
  const check = createCheck(declared, present, names);
  const firstAt = new Map<string, SourceDocument>();
  const desired = declared.map(({ document, source }): Desired => {
    const identity = identityOf(document, names);
    const first = firstAt.get(identity.key);
    if (first) {
      const { file, line } = first.placeOf('');
      const message = `${identity.kind} "${identity.title}" stands in ${file}:${line} already. Keep one of them.`;
      report(source, errorAt('', 'declared_twice', message));
    } else firstAt.set(identity.key, source);
    if (document.absent === true) return { ...identity, document, spec: {} };
    return { ...identity, document, ...check(document, (problem) => report(source, problem)) };
  });
  return { desired, problems };
}

type Tell = (problem: Problem) => void;
type Checked = Pick<Desired, 'spec' | 'resolved'>;

function createCheck(declared: readonly Declared[], present: Present, names: Names) {
  const coming = declaredNames(declared);
  const scopes = new Set([...names.scopePaths, ...coming.scopes].map(scopeKey));
  const workflows = new Set([...present.workflows.map(({ name }) => name), ...coming.workflows]);
  const groups = new Set(coming.groups);
  const connections = new Map(present.connections.map((connection) => [connection.id, connection]));
  const references = { connections, workflows, operations: operationReferences() };

  function requireScope(path: ScopePath | null | undefined, tell: Tell): void {
    if (!path || scopes.has(scopeKey(path))) return;
    const known = [...names.scopePaths, ...coming.scopes].map((one) => one.join('/'));
    const message = `${missing('scope', path.join('/'), known)} Write the path right, or add a document of kind Scope.`;
    tell(errorAt('/spec/scope', 'scope_not_found', message));
  }

  function require(
    directory: Directory,
    name: string,
    pointer: string,
    tell: Tell,
    advice = '',
  ): string | undefined {
    const found = directory.find(name);
    if (found.ok) return found.id;
    tell(errorAt(pointer, 'name_not_found', `${found.message}${advice}`));
    return undefined;
  }

  /** Params with the id of the connection that they name. */
  const withIds =
    (tell: Tell, prefix: string) =>
    (params: JsonObject, inside: string): JsonObject => {
      const pointer = childPointer(prefix + inside, 'connection');
      const { connection } = params;
      if (connection === undefined) return params;
      if (typeof connection !== 'string') {
        tell(errorAt(pointer, 'invalid_field', '`connection` must be the name of a connection.'));
        return params;
      }
      if ('connection_id' in params) {
        tell(errorAt(pointer, 'invalid_field', 'Write `connection` or `connection_id`, not both.'));
        return params;
      }
      return exchange(params, { from: 'connection', to: 'connection_id' }, (name) =>
        require(names.connections, name, pointer, tell, CONNECT_FIRST),
      );
    };

  /** What is wrong with a definition or an action, in the words of files. Names that are not there are told already. */
  const tellChecked = (
    problems: readonly Problem[],
    written: JsonObject,
    tell: Tell,
    at: (pointer: string) => string,
  ) => {
    for (const problem of problems) {
      const [, parent] = /^(.*)\/connection(?:_id)?$/.exec(problem.pointer) ?? [];
      const params = parent === undefined ? null : valueAt(written, parent);
      if (isJsonObject(params) && 'connection' in params) continue;
      const isMissing = isJsonObject(params) && !('connection_id' in params);
      if (isMissing)
        tell(errorAt(at(`${parent}/connection`), problem.code, 'is required: the name of a connection'));
      else tell({ ...problem, pointer: at(problem.pointer) });
    }
  };

  function workflow({ name, spec }: DocumentOf<'Workflow'>, tell: Tell): Checked {
    const { scope, description, archived, publish, definition } = spec;
    requireScope(scope, tell);
    const settings: JsonObject = { description, scope: scope && writeScopePath(scope), archived };
    if (definition === undefined) return { spec: settings };
    const prefix = '/spec/definition';
    const resolved = mapParams(definition, withIds(tell, prefix));
    const known = new Set([...workflows, name]);
    const { problems } = validateDefinition(resolved, { ...references, workflows: known });
    tellChecked(problems, definition, tell, (pointer) => prefix + pointer);
    return { spec: { ...settings, publish, definition: namedDefinition(names, resolved) }, resolved };
  }

  function supply({ spec }: DocumentOf<'Supply'>, tell: Tell): Checked {
    const { connection, scope } = spec;
    require(names.connections, connection, '/spec/connection', tell, CONNECT_FIRST);
    requireScope(scope, tell);
    const to: JsonObject = scope ? { scope: writeScopePath(scope) } : { everywhere: true };
    return { spec: { connection, ...to } };
  }

  function trigger({ spec }: DocumentOf<'Trigger'>, tell: Tell): Checked {
    const { source, event_types: eventTypes, filter, action, enabled, position } = spec;
    require(names.sources, source, '/spec/source', tell, ' Sources have secrets, so they are made apart: docs/sources.');
    const compiled = compileTrigger({ eventTypes, filter, action });
    if (!compiled.ok)
      for (const problem of compiled.problems) tell({ ...problem, pointer: `/spec${problem.pointer}` });
    const wanted = action.workflow;
    if (wanted !== undefined && !workflows.has(wanted) && !names.workflows.find(wanted).ok) {
      tell(
        errorAt('/spec/action/workflow', 'workflow_not_found', missing('workflow', wanted, [...workflows])),
      );
    }
    const named = namedTriggerAction(names, action as JsonObject);
    const order: JsonObject = position === undefined ? {} : { position };
    return { spec: { source, event_types: eventTypes, filter, action: named, enabled, ...order } };
  }

  function subscription({ spec }: DocumentOf<'Subscription'>, tell: Tell): Checked {
    const { scope, trigger, filter, enabled } = spec;
    requireScope(scope, tell);
    const common = { scope: scope && writeScopePath(scope), trigger: trigger as JsonObject, filter, enabled };
    if (spec.endpoint) {
      const { name, body, retry, timeout_ms: timeoutMs } = spec.endpoint;
      const advice = ' Endpoints have secrets, so they are made apart: docs/subscriptions.md.';
      const endpointId = require(names.endpoints, name, '/spec/endpoint/name', tell, advice);
      const action = endpointAction(trigger.kind, {
        endpointId: endpointId ?? UNKNOWN_ID,
        body,
        retry,
        timeoutMs,
      });
      const target = new Map([[endpointId ?? UNKNOWN_ID, { provider: ENDPOINT, enabled: true }]]);
      const checked = checkMessage(
        { action, filter },
        { ...references, connections: target },
        (inside) => `/endpoint${inside.replace(/^\/params/, '')}`,
      );
      if (!checked.ok)
        for (const problem of checked.problems) tell({ ...problem, pointer: `/spec${problem.pointer}` });
      const written = name === endpointId ? name : (endpointId && names.endpoints.nameOf(endpointId)) || name;
      return {
        spec: { ...common, endpoint: shortEndpoint(trigger.kind, { ...spec.endpoint, name: written }) },
      };
    }
    const action = spec.action ?? {};
    const resolved = mapActionParams(action, '', withIds(tell, '/spec/action'));
    const checked = checkMessage({ action: resolved, filter }, references, (inside) => inside);
    if (!checked.ok) {
      tellChecked(checked.problems, action, tell, (pointer) =>
        pointer === '/filter' ? '/spec/filter' : `/spec/action${pointer}`,
      );
    }
    return { spec: { ...common, action: namedAction(names, resolved) }, resolved };
  }

  function group({ spec }: DocumentOf<'Group'>, tell: Tell): Checked {
    spec.members?.forEach((member, at) => {
      requirePrincipal(member, `/spec/members/${at}`, tell);
    });
    const members = spec.members?.map((member: Member) => principalOf(member, names));
    return { spec: members ? { members: sortedMembers(members) } : {} };
  }

  function requirePrincipal(
    {
      user,
      group,
      api_key: apiKey,
    }: { user?: string | undefined; group?: string | undefined; api_key?: string | undefined },
    pointer: string,
    tell: Tell,
  ): void {
    if (user !== undefined)
      require(names.members, user, `${pointer}/user`, tell, ' Invite them first: docs/access.md.');
    if (apiKey !== undefined) require(names.apiKeys, apiKey, `${pointer}/api_key`, tell, ' Create it first.');
    if (group !== undefined && !groups.has(group)) {
      require(names.groups, group, `${pointer}/group`, tell, ' Add a document of kind Group.');
    }
  }

  function roleAssignment({ spec }: DocumentOf<'RoleAssignment'>, tell: Tell): Checked {
    const { role, connection } = spec;
    requirePrincipal(spec, '/spec', tell);
    if (connection !== undefined)
      require(names.connections, connection, '/spec/connection', tell, CONNECT_FIRST);
    return { spec: { ...principalOf(spec, names), role, ...(connection !== undefined && { connection }) } };
  }

  return (document: PresentDocument, tell: Tell): Checked => {
    switch (document.kind) {
      case 'Scope':
        return { spec: {} };
      case 'Workflow':
        return workflow(document, tell);
      case 'Supply':
        return supply(document, tell);
      case 'Trigger':
        return trigger(document, tell);
      case 'Subscription':
        return subscription(document, tell);
      case 'Group':
        return group(document, tell);
      case 'RoleAssignment':
        return roleAssignment(document, tell);
      default:
        return document satisfies never;
    }
  };
}

const CONNECT_FIRST = ' Connections have secrets, so they are made apart: docs/connections.md.';
/** Looks like an id, and is none. */
const UNKNOWN_ID = '00000000-0000-0000-0000-000000000000';

/** What will be there once the documents are applied. A scope comes with those it stands in. */
function declaredNames(declared: readonly Declared[]): {
  scopes: ScopePath[];
  workflows: string[];
  groups: string[];
} {
  const present = declared.flatMap(({ document }) =>
    document.absent === true ? [] : [document as PresentDocument],
  );
  const of = <K extends Kind>(kind: K) => present.filter((one): one is DocumentOf<K> => one.kind === kind);
  return {
    scopes: of('Scope').flatMap(({ name }) => name.map((_, depth) => name.slice(0, depth + 1))),
    workflows: of('Workflow').map(({ name }) => name),
    groups: of('Group').map(({ name }) => name),
  };
}

function valueAt(value: Json, pointer: string): Json | undefined {
  let at: Json | undefined = value;
  for (const step of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as JsonObject)[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at;
}
