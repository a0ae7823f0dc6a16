// What the audit page asks of the API.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Resource } from '../api/client.ts';

export type Entry = Resource<'AuditEntry'>;
export type Chain = Resource<'AuditChain'>;
export type Checkpoint = Resource<'AuditCheckpoint'>;

export interface AuditFilter {
  kind?: string | undefined;
  actor?: string | undefined;
  /** The job, connection, workflow … it happened to. */
  subject?: string | undefined;
  days?: number | undefined;
  /** From then on, and before then (ISO), instead of `days`. */
  from?: string | undefined;
  to?: string | undefined;
}

const PAGE = 50;
const DAY_MS = 86_400_000;
/** While a worker is about to verify, the answer is looked for this often. */
const LOOK_MS = 1_000;
const WATCH_MS = 15_000;

export const entriesQuery = ({ days, from, subject, ...filter }: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', { ...filter, subject, days, from }],
    queryFn: ({ pageParam, signal }) => {
      const since = days === undefined ? from : new Date(Date.now() - days * DAY_MS).toISOString();
      const query = { ...filter, subject_id: subject, from: since, cursor: pageParam, limit: PAGE };
      return answerOf(api.GET('/api/v1/audit', { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const chainQuery = queryOptions({
  queryKey: ['audit', 'chain'],
  queryFn: ({ signal }) => answerOf(api.GET('/api/v1/audit/chain', { signal })),
  refetchInterval: ({ state }) => (state.data?.verification_due ? LOOK_MS : WATCH_MS),
});

export const checkpointsQuery = queryOptions({
  queryKey: ['audit', 'checkpoints'],
  queryFn: async ({ signal }) =>
    (await answerOf(api.GET('/api/v1/audit/checkpoints', { params: { query: { limit: 5 } }, signal }))).items,
});

export const askForVerification = () => answerOf(api.POST('/api/v1/audit/verifications'));
