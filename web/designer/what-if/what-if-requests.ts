// What the comparison with a job's past asks of the API.
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Definition } from '../../../engine/definition.ts';
import { answerOf, api, type Resource } from '../../api/client.ts';

export type WhatIf = Resource<'WhatIf'>;
export type ComparedStep = WhatIf['steps'][number];
export type Side = NonNullable<ComparedStep['was']>;

/** The latest ones: those that somebody would ask about. */
const JOBS_OFFERED = 50;

export const jobsOfQuery = (workflow: string) =>
  queryOptions({
    queryKey: ['jobs', 'of', workflow],
    queryFn: async ({ signal }) => {
      const query = { workflow, limit: JOBS_OFFERED };
      return (await answerOf(api.GET('/api/v1/jobs', { params: { query }, signal }))).items;
    },
  });

/** Asked again whenever the document changes; what has errors is left out meanwhile. */
export const whatIfQuery = (definition: Definition, job: string) =>
  queryOptions({
    queryKey: ['what-if', job, definition],
    queryFn: ({ signal }) =>
      answerOf(
        api.POST('/api/v1/jobs/{id}/what-if', {
          params: { path: { id: job } },
          body: { definition: definition as unknown as Record<string, unknown>, leave_out_errors: true },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    // An earlier document is hardly asked about again.
    gcTime: 30_000,
    retry: false,
  });
