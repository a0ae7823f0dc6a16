// What is asked of the API about scopes and supplies, in one place.
import { answerOf, api, type Resource } from '../../api/client.ts';

export const createScope = (body: Resource<'NewScope'>): Promise<Resource<'Scope'>> =>
  answerOf(api.POST('/api/v1/scopes', { body }));

export const changeScope = (id: string, body: Resource<'ScopeChange'>): Promise<Resource<'Scope'>> =>
  answerOf(api.PATCH('/api/v1/scopes/{id}', { params: { path: { id } }, body }));

export const deleteScope = (id: string) =>
  answerOf(api.DELETE('/api/v1/scopes/{id}', { params: { path: { id } } }));

/** A scope of null is the organisation: a flag of the connection. */
export async function supply(connectionId: string, scopeId: string | null): Promise<void> {
  if (scopeId === null) await supplyAll(connectionId, true);
  else
    await answerOf(
      api.POST('/api/v1/supplies', { body: { connection_id: connectionId, scope_id: scopeId } }),
    );
}

export const supplyAll = (id: string, suppliedToAll: boolean) =>
  answerOf(
    api.PATCH('/api/v1/tenant/connections/{id}', {
      params: { path: { id } },
      body: { supplied_to_all: suppliedToAll },
    }),
  );

export const endSupply = (id: string) =>
  answerOf(api.DELETE('/api/v1/supplies/{id}', { params: { path: { id } } }));

/** @param scopeId a module; null: the organisation */
export const moveWorkflow = (workflow: string, scopeId: string | null) =>
  answerOf(
    api.PATCH('/api/v1/workflows/{workflow}', {
      params: { path: { workflow } },
      body: { scope_id: scopeId },
    }),
  );
