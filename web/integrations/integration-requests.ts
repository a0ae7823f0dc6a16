// What the pages of sources, scopes, subscriptions, deliveries and endpoints ask of the API, by name.
import { infiniteQueryOptions, keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { answerOf, api, type Resource } from '../api/client.ts';
import { everyPage } from '../api/every-page.ts';
import { asProblem } from '../api/problem.ts';
import { meQuery, WATCH_MS } from '../api/queries.ts';
import type { DeliveryFilter, InboundEventFilter } from './integration-filters.ts';

/** How many events and deliveries are looked at first. */
const PAGE = 50;

export type Permission = Resource<'Me'>['permissions'][number];

/** Whether whoever is signed in may, in the organisation or, by a role, on one connection. The API decides in the end. */
export function useMay(): (permission: Permission, connectionId?: string | null) => boolean {
  const { data: me } = useQuery(meQuery);
  return (permission, connectionId) => {
    if (me?.permissions.includes(permission)) return true;
    const roles = me?.connection_roles.find(({ connection_id: id }) => id === connectionId)?.roles ?? [];
    return roles.includes('Owner') || roles.includes('Contributor');
  };
}

export const sourceKindsQuery = queryOptions({
  queryKey: ['source-kinds'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/v1/source-kinds', { signal }))).items,
  staleTime: Number.POSITIVE_INFINITY,
});

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/sources', { params: { query }, signal }))),
});

export const sourceQuery = (id: string) =>
  queryOptions({
    queryKey: ['sources', id],
    queryFn: ({ signal }) => answerOf(api.GET('/api/v1/sources/{id}', { params: { path: { id } }, signal })),
  });

/** Null: nobody has had the gaps of this source filled. */
export const gapFillerQuery = (id: string) =>
  queryOptions({
    queryKey: ['sources', id, 'gap-filler'],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/sources/{id}/gap-filler', { params: { path: { id } }, signal })).catch(
        (error) => {
          if (asProblem(error).code === 'gap_filler_not_found') return null;
          throw error;
        },
      ),
    // It looks within seconds after it was asked to.
    refetchInterval: ({ state: { data } }) =>
      data && (data.running || new Date(data.next_look_at) <= new Date()) ? WATCH_MS : false,
  });

export const inboundEventsQuery = (filter: InboundEventFilter) =>
  infiniteQueryOptions({
    queryKey: ['inbound-events', filter],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, cursor: pageParam, limit: PAGE };
      return answerOf(api.GET('/api/v1/inbound-events', { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    // Whoever reads further down wants the list to stand still.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 1) > 1 ? false : WATCH_MS),
  });

const UNDER_WAY: readonly string[] = ['RECEIVED', 'PROCESSING', 'QUEUED', 'RUNNING', 'RETRYING'];

export const inboundEventQuery = (id: string) =>
  queryOptions({
    queryKey: ['inbound-events', 'one', id],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/inbound-events/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (UNDER_WAY.includes(state.data?.status ?? '') ? WATCH_MS : false),
  });

export const triggersQuery = (source: string) =>
  queryOptions({
    queryKey: ['triggers', { source }],
    queryFn: async ({ signal }) =>
      (await answerOf(api.GET('/api/v1/triggers', { params: { query: { source } }, signal }))).items,
  });

export const scopesQuery = queryOptions({
  queryKey: ['scopes'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/v1/scopes', { signal }))).items,
});

export const suppliesQuery = queryOptions({
  queryKey: ['supplies'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/supplies', { params: { query }, signal }))),
});

export const subscriptionsQuery = queryOptions({
  queryKey: ['subscriptions'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/subscriptions', { params: { query }, signal }))),
});

export const subscriptionQuery = (id: string) =>
  queryOptions({
    queryKey: ['subscriptions', id],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/subscriptions/{id}', { params: { path: { id } }, signal })),
  });

const HOUR_MS = 3_600_000;

export const hoursAgo = (hours: number | undefined): string | undefined =>
  hours === undefined ? undefined : new Date(Date.now() - hours * HOUR_MS).toISOString();

export const deliveriesQuery = ({ hours, ...filter }: DeliveryFilter) =>
  infiniteQueryOptions({
    queryKey: ['deliveries', { ...filter, hours }],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, created_after: hoursAgo(hours), cursor: pageParam, limit: PAGE };
      return answerOf(api.GET('/api/v1/deliveries', { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 1) > 1 ? false : WATCH_MS),
  });

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', 'one', id],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/deliveries/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (UNDER_WAY.includes(state.data?.status ?? '') ? WATCH_MS : false),
  });

export const endpointsQuery = queryOptions({
  queryKey: ['endpoints'],
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/endpoints', { params: { query }, signal }))),
});

export const signingKeysQuery = queryOptions({
  queryKey: ['signing-keys'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/tenant/signing-keys', { signal })),
});

export const limitsQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', id, 'limits'],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/tenant/connections/{id}/limits', { params: { path: { id } }, signal })),
    refetchInterval: WATCH_MS,
  });

export const usesQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', id, 'uses'],
    queryFn: ({ signal }) =>
      answerOf(api.GET('/api/v1/tenant/connections/{id}/uses', { params: { path: { id } }, signal })),
  });

const DAY_MS = 24 * HOUR_MS;
export const SPARK_DAYS = 7;

/** Attempts of the last week, by day and connection. */
export const weekQuery = queryOptions({
  queryKey: ['usage', 'week'],
  queryFn: async ({ signal }) => {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const from = new Date(today - (SPARK_DAYS - 1) * DAY_MS).toISOString();
    const query = { from, group_by: 'day,connection' };
    return (await answerOf(api.GET('/api/v1/metering/usage', { params: { query }, signal }))).items;
  },
  staleTime: 60_000,
});
