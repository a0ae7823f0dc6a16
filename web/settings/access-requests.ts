// What is asked of the API about who may do what, in one place.
import { queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Resource } from '../api/client.ts';

type Page<T> = { items: T[]; next_cursor: string | null };

const PAGE = 200;
/** Beyond what a page can show; who has more looks by the API. */
const PAGES_MAX = 10;

/** Every item of a list, page by page. */
async function all<T>(page: (query: { limit: number; cursor?: string }) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const answer: Page<T> = await page({ limit: PAGE, ...(cursor !== null && { cursor }) });
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return items;
}

export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/roles', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const membersQuery = queryOptions({
  queryKey: ['access', 'members'],
  queryFn: ({ signal }) =>
    all((query) => answerOf(api.GET('/api/v1/members', { params: { query }, signal }))),
});

export const invitationsQuery = queryOptions({
  queryKey: ['access', 'invitations'],
  queryFn: ({ signal }) =>
    all((query) => answerOf(api.GET('/api/v1/invitations', { params: { query }, signal }))),
});

export const groupsQuery = queryOptions({
  queryKey: ['access', 'groups'],
  queryFn: ({ signal }) => all((query) => answerOf(api.GET('/api/v1/groups', { params: { query }, signal }))),
});

export const groupMembersQuery = (id: string) =>
  queryOptions({
    queryKey: ['access', 'groups', id],
    queryFn: ({ signal }) =>
      all((query) =>
        answerOf(api.GET('/api/v1/groups/{id}/members', { params: { path: { id }, query }, signal })),
      ),
  });

export const assignmentsQuery = queryOptions({
  queryKey: ['access', 'assignments'],
  queryFn: ({ signal }) =>
    all((query) => answerOf(api.GET('/api/v1/role-assignments', { params: { query }, signal }))),
});

export const apiKeysQuery = queryOptions({
  queryKey: ['access', 'api-keys'],
  queryFn: ({ signal }) =>
    all((query) => answerOf(api.GET('/api/v1/api-keys', { params: { query }, signal }))),
});

/** @param change.etag of the name that is to be replaced @throws ApiProblem `settings_changed` when it is another by now */
export const renameTenant = ({ name, etag }: { name: string; etag: string }) =>
  answerOf(api.PATCH('/api/v1/tenant', { params: { header: { 'If-Match': etag } }, body: { name } }));

export const invite = (email: string, roles: Resource<'NewInvitation'>['roles']) =>
  answerOf(api.POST('/api/v1/invitations', { body: { email, roles } }));

export const cancelInvitation = (id: string) =>
  answerOf(api.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } }));

export const removeMember = (id: string) =>
  answerOf(api.DELETE('/api/v1/members/{id}', { params: { path: { id } } }));

export const giveRole = (given: Resource<'NewRoleAssignment'>) =>
  answerOf(api.POST('/api/v1/role-assignments', { body: given }));

export const takeRole = (id: string) =>
  answerOf(api.DELETE('/api/v1/role-assignments/{id}', { params: { path: { id } } }));

export const createGroup = (name: string) => answerOf(api.POST('/api/v1/groups', { body: { name } }));

export const renameGroup = (id: string, name: string) =>
  answerOf(api.PATCH('/api/v1/groups/{id}', { params: { path: { id } }, body: { name } }));

export const removeGroup = (id: string) =>
  answerOf(api.DELETE('/api/v1/groups/{id}', { params: { path: { id } } }));

export const addToGroup = (id: string, member: Resource<'NewGroupMember'>) =>
  answerOf(api.POST('/api/v1/groups/{id}/members', { params: { path: { id } }, body: member }));

export const takeFromGroup = (id: string, member_id: string) =>
  answerOf(api.DELETE('/api/v1/groups/{id}/members/{member_id}', { params: { path: { id, member_id } } }));

export const createApiKey = (given: Resource<'NewApiKey'>) =>
  answerOf(api.POST('/api/v1/api-keys', { body: given }));

export const revokeApiKey = (id: string) =>
  answerOf(api.POST('/api/v1/api-keys/{id}/revoke', { params: { path: { id } } }));
