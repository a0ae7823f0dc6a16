// What a tenant has, as the API shows it, and which part of it a document of each kind has to be held against.
import type { Json, JsonObject } from '../engine/json.ts';
import type { Kind } from './kinds.ts';

export interface PresentScope {
  id: string;
  name: string;
  parent_id: string | null;
}

export interface PresentVersion {
  version: number;
  definition: JsonObject;
}

export interface PresentWorkflow {
  id: string;
  name: string;
  description: string;
  scope_id: string | null;
  archived_at: string | null;
  /** Null where there is none; absent where nobody asks. */
  published?: PresentVersion | null;
  latest?: PresentVersion | null;
}

/** Empty lists where nobody asks: see `partsFor`. */
export interface Present {
  connections: {
    id: string;
    connection_name: string;
    provider: string;
    enabled: boolean;
    supplied_to_all: boolean;
  }[];
  sources: { id: string; name: string }[];
  endpoints: { id: string; url: string; description: string }[];
  scopes: PresentScope[];
  workflows: PresentWorkflow[];
  supplies: { id: string; connection_id: string; scope_id: string }[];
  triggers: {
    id: string;
    source_id: string;
    name: string;
    event_types: string[];
    filter: string | null;
    action: JsonObject;
    enabled: boolean;
    position: number;
  }[];
  subscriptions: {
    id: string;
    name: string;
    scope_id: string | null;
    trigger: JsonObject;
    filter: string | null;
    action: JsonObject | null;
    endpoint: { endpoint_id: string; body: Json; retry: Json; timeout_ms: number } | null;
    enabled: boolean;
  }[];
  groups: { id: string; name: string; members?: PresentMember[] }[];
  /** People. */
  members: { id: string; email: string }[];
  /** Those that are not revoked. */
  apiKeys: { id: string; name: string }[];
  roleAssignments: {
    id: string;
    principal_type: 'user' | 'group' | 'service';
    principal_id: string;
    role: string;
    connection_id: string | null;
  }[];
}

/** Somebody in a group; `id` is the membership's. */
export interface PresentMember {
  id: string;
  member_type: 'user' | 'group';
  member_id: string;
}

export type Part = keyof Present;

const PARTS: Readonly<Record<Kind, readonly Part[]>> = {
  Scope: ['scopes'],
  Workflow: ['scopes', 'workflows', 'connections'],
  Supply: ['scopes', 'connections', 'supplies'],
  Trigger: ['sources', 'workflows', 'triggers'],
  Subscription: ['scopes', 'connections', 'endpoints', 'subscriptions'],
  Group: ['groups', 'members'],
  RoleAssignment: ['groups', 'members', 'apiKeys', 'connections', 'roleAssignments'],
};

/** What documents of these kinds have to be held against: a key that may not read the rest can still be used. */
export const partsFor = (kinds: Iterable<Kind>): Set<Part> =>
  new Set([...kinds].flatMap((kind) => PARTS[kind]));

export const nothingPresent = (): Present => ({
  connections: [],
  sources: [],
  endpoints: [],
  scopes: [],
  workflows: [],
  supplies: [],
  triggers: [],
  subscriptions: [],
  groups: [],
  members: [],
  apiKeys: [],
  roleAssignments: [],
});
