// What is asked of the API, by name: each page reads through these, so that two pages never ask for the same twice.
import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';
import { answerOf, api } from './client.ts';
import { everyPage } from './every-page.ts';
import { asProblem } from './problem.ts';

const FRESH_MS = 5_000;
/** Lists that people watch are asked again this often. */
export const WATCH_MS = 3_000;
/** The most that one request gives. */
const WHOLE_PAGE = 200;
const PAGE = 50;

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        // What was refused once is refused again; what did not answer may.
        retry: (failures, error) =>
          failures < 2 && (asProblem(error).status === 0 || asProblem(error).status >= 500),
        throwOnError: false,
      },
    },
  });
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/me', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/v1/providers', { signal }))).items,
  staleTime: Number.POSITIVE_INFINITY,
});

export const workflowsQuery = queryOptions({
  queryKey: ['workflows'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/workflows', { params: { query }, signal }))),
});

export const workflowQuery = (workflow: string) =>
  queryOptions({
    queryKey: ['workflows', workflow],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/workflows/{workflow}', { params: { path: { workflow } }, signal })),
  });

export const versionsQuery = (workflow: string) =>
  queryOptions({
    queryKey: ['workflows', workflow, 'versions'],
    queryFn: ({ signal }) =>
      everyPage((query) => {
        const params = { path: { workflow }, query };
        return answerOf(api.GET('/api/v1/workflows/{workflow}/versions', { params, signal }));
      }),
  });

/** A version never changes but for where its layout puts things. */
export const versionQuery = (workflow: string, version: number) =>
  queryOptions({
    queryKey: ['workflows', workflow, 'versions', version],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/api/v1/workflows/{workflow}/versions/{version}', {
          params: { path: { workflow, version } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

export const jobsPerStateQuery = (workflow: string) =>
  queryOptions({
    queryKey: ['workflows', workflow, 'jobs-per-state'],
    queryFn: ({ signal }) => {
      const params = { path: { workflow } };
      return answerOf(api.GET('/api/v1/workflows/{workflow}/jobs-per-state', { params, signal }));
    },
  });

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/tenant/connections', { params: { query }, signal }))),
});

/** Attempts of the last 30 days by connection and outcome. */
export const usageQuery = queryOptions({
  queryKey: ['usage', 'connection,outcome'],
  queryFn: async ({ signal }) => {
    const query = { group_by: 'connection,outcome' };
    return (await answerOf(api.GET('/api/v1/metering/usage', { params: { query }, signal }))).items;
  },
});

export interface JobFilter {
  workflow?: string | undefined;
  status?: 'ACTIVE' | 'DONE' | 'ERROR' | 'CANCELLED' | undefined;
  state?: string | undefined;
  key?: string | undefined;
  /** Started within the last so many hours. */
  hours?: number | undefined;
  /** Started from then on, and before then (ISO), instead of `hours`. */
  from?: string | undefined;
  to?: string | undefined;
}

const HOUR_MS = 3_600_000;

export const jobsQuery = ({ hours, from, to, ...filter }: JobFilter) =>
  infiniteQueryOptions({
    queryKey: ['jobs', { ...filter, hours, from, to }],
    queryFn: ({ pageParam, signal }) => {
      const since = hours === undefined ? from : new Date(Date.now() - hours * HOUR_MS).toISOString();
      const query = { ...filter, created_after: since, created_before: to, cursor: pageParam, limit: PAGE };
      return answerOf(api.GET('/api/v1/jobs', { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ['job', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/jobs/{id}', { params: { path: { id } }, signal })),
  });

export const jobLogQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['job', id, 'log'],
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { id }, query: { limit: WHOLE_PAGE, cursor: pageParam } };
      return answerOf(api.GET('/api/v1/jobs/{id}/log', { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const jobRunsQuery = (job: string) =>
  queryOptions({
    queryKey: ['job', job, 'runs'],
    queryFn: async ({ signal }) => {
      const query = { job, limit: WHOLE_PAGE };
      return (await answerOf(api.GET('/api/v1/actions', { params: { query }, signal }))).items;
    },
  });

export const explanationQuery = (id: string) =>
  queryOptions({
    queryKey: ['job', id, 'explanation'],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/jobs/{id}/explain', { params: { path: { id } }, signal })),
    placeholderData: keepPreviousData,
  });

export const actionRunQuery = (id: string) =>
  queryOptions({
    queryKey: ['action', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/actions/{id}', { params: { path: { id } }, signal })),
  });
