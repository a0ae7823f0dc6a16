// What a tenant has, read through the API as far as somebody wants to know it.
import {
  nothingPresent,
  type Part,
  type Present,
  type PresentMember,
  type PresentVersion,
  type PresentWorkflow,
} from '../../as-code/present.ts';
import type { Client } from '../client.ts';

export interface Wanted {
  parts: ReadonlySet<Part>;
  /** Whose definitions are wanted. */
  workflows(name: string): boolean;
  /** Whose members are wanted. */
  groups(name: string): boolean;
}

interface ScopeBranch {
  id: string;
  name: string;
  parent_id: string | null;
  children: ScopeBranch[];
}
type ListedWorkflow = PresentWorkflow & { published_version: number | null; latest_version: number | null };

/** @throws PawlError as the API refuses, such as `forbidden` */
export async function readPresent(client: Client, { parts, workflows, groups }: Wanted): Promise<Present> {
  const present = nothingPresent();
  const list = (part: Part, path: string) => async () => {
    Object.assign(present, { [part]: await all(client, path) });
  };
  const readers: Readonly<Record<Part, () => Promise<void>>> = {
    connections: list('connections', '/tenant/connections'),
    sources: list('sources', '/sources'),
    endpoints: list('endpoints', '/endpoints'),
    supplies: list('supplies', '/supplies'),
    subscriptions: list('subscriptions', '/subscriptions'),
    members: list('members', '/members'),
    roleAssignments: list('roleAssignments', '/role-assignments'),
    triggers: async () => {
      present.triggers = (await client.request('GET', '/triggers')).items;
    },
    scopes: async () => {
      const { items } = await client.request<{ items: ScopeBranch[] }>('GET', '/scopes');
      const flat = (branch: ScopeBranch): ScopeBranch[] => [branch, ...branch.children.flatMap(flat)];
      present.scopes = items.flatMap(flat);
    },
    apiKeys: async () => {
      const keys = await all<{ id: string; name: string; revoked_at: string | null }>(client, '/api-keys');
      present.apiKeys = keys.filter(({ revoked_at: revokedAt }) => revokedAt === null);
    },
    workflows: async () => {
      present.workflows = await all<ListedWorkflow>(client, '/workflows');
      for (const workflow of present.workflows as ListedWorkflow[]) {
        if (workflows(workflow.name)) await readVersions(client, workflow);
      }
    },
    groups: async () => {
      present.groups = await all(client, '/groups');
      for (const group of present.groups) {
        if (groups(group.name))
          group.members = await all<PresentMember>(client, `/groups/${group.id}/members`);
      }
    },
  };
  await Promise.all([...parts].map((part) => readers[part]()));
  return present;
}

async function readVersions(client: Client, workflow: ListedWorkflow): Promise<void> {
  const { id, published_version: published, latest_version: latest } = workflow;
  const read = (version: number | null): Promise<PresentVersion | null> =>
    version === null ? Promise.resolve(null) : client.request('GET', `/workflows/${id}/versions/${version}`);
  workflow.published = await read(published);
  workflow.latest = published === latest ? workflow.published : await read(latest);
}

/** As large as the API gives them. */
const PAGE = 200;

/** Every page of a list. */
async function all<T>(client: Client, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor = '';
  for (;;) {
    const page: { items: T[]; next_cursor: string | null } = await client.request(
      'GET',
      `${path}?limit=${PAGE}${cursor}`,
    );
    items.push(...page.items);
    if (page.next_cursor === null) return items;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}
