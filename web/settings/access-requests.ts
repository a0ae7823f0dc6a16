// What is asked of the API about who may do what, in one place.
import { queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Resource } from '../api/client.ts';
import { everyPage } from '../api/every-page.ts';

export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/roles', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const membersQuery = queryOptions({
  queryKey: ['access', 'members'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/members', { params: { query }, signal }))),
});

export const invitationsQuery = queryOptions({
  queryKey: ['access', 'invitations'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/invitations', { params: { query }, signal }))),
});

export const groupsQuery = queryOptions({
  queryKey: ['access', 'groups'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/groups', { params: { query }, signal }))),
});

export const groupMembersQuery = (id: string) =>
  queryOptions({
    queryKey: ['access', 'groups', id],
    queryFn: ({ signal }) =>
      everyPage((query) =>
        answerOf(api.GET('/api/v1/groups/{id}/members', { params: { path: { id }, query }, signal })),
      ),
  });

export const assignmentsQuery = queryOptions({
  queryKey: ['access', 'assignments'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/role-assignments', { params: { query }, signal }))),
});

export const apiKeysQuery = queryOptions({
  queryKey: ['access', 'api-keys'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/api-keys', { params: { query }, signal }))),
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
