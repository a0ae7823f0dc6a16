// What the designer asks of the API beyond what other pages ask too.
import { queryOptions } from '@tanstack/react-query';
import type { Definition } from '../../engine/definition.ts';
import { answerOf, api, type Resource } from '../api/client.ts';
import { layoutOf, type Places } from './document/places.ts';

export type Problem = Resource<'DefinitionProblem'>;

/** Every problem of a definition; `key` says which definition it is, `workflow` its name when it has one. */
export const problemsQuery = (definition: Definition, key: string, workflow: string | null) =>
  queryOptions({
    queryKey: ['problems', workflow, key],
    queryFn: async ({ signal }) => {
      const body = { definition, ...(workflow !== null && { workflow }) };
      return (await answerOf(api.POST('/api/v1/workflows/validate', { body, signal }))).problems;
    },
    staleTime: 0,
    gcTime: 30_000,
  });

export interface ModuleScope {
  id: string;
  /** Its stack, its namespace and itself. */
  name: string;
}

/** Where a workflow can belong, beside the organisation. */
export const modulesQuery = queryOptions({
  queryKey: ['scopes', 'modules'],
  queryFn: async ({ signal }): Promise<ModuleScope[]> => {
    const { items } = await answerOf(api.GET('/api/v1/scopes', { signal }));
    return items.flatMap((stack) =>
      stack.children.flatMap((namespace) =>
        namespace.children.map(({ id, name }) => ({
          id,
          name: `${stack.name} / ${namespace.name} / ${name}`,
        })),
      ),
    );
  },
});

export interface NewWorkflow {
  name: string;
  description: string;
  scope: string | null;
}

/** Creates it with its version 1, and puts the states where they were put. */
export async function createWorkflow(
  { name, description, scope }: NewWorkflow,
  definition: Definition,
  places: Places,
): Promise<Resource<'Workflow'>> {
  const body = { name, description, scope_id: scope, definition: definition as Record<string, unknown> };
  const workflow = await answerOf(api.POST('/api/v1/workflows', { body }));
  if (layoutOf(places) !== null) await saveLayout(name, 1, places);
  return workflow;
}

/** @throws ApiProblem `version_conflict` when `basedOn` is not the latest version any more */
export async function saveVersion(
  workflow: string,
  definition: Definition,
  places: Places,
  basedOn: number | null,
): Promise<Resource<'SavedWorkflowVersion'>> {
  const layout = layoutOf(places);
  return answerOf(
    api.POST('/api/v1/workflows/{workflow}/versions', {
      params: { path: { workflow } },
      body: {
        definition: definition as Record<string, unknown>,
        ...(layout && { layout: { ...layout } }),
        ...(basedOn !== null && { based_on: basedOn }),
      },
    }),
  );
}

/** The one part of a version that may change. */
export const saveLayout = (workflow: string, version: number, places: Places) =>
  answerOf(
    api.PATCH('/api/v1/workflows/{workflow}/versions/{version}', {
      params: { path: { workflow, version } },
      body: { layout: { ...layoutOf(places) } },
    }),
  );
