// What is asked of the API about metering, in one place.
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Resource } from '../api/client.ts';
import { everyPage } from '../api/every-page.ts';
import { ApiProblem, unreachable } from '../api/problem.ts';
import { session } from '../session/session.ts';
import type { Range } from './range.ts';

export type UsageItem = Resource<'UsageItem'>;
export type Dimension = 'outcome' | 'connection' | 'workflow';

/** Usage grows all the time; nobody watches it by the second. */
const FRESH_MS = 15_000;

export const usageOfQuery = ({ from, to }: Range, groupBy: string) =>
  queryOptions({
    queryKey: ['usage', groupBy, from, to],
    refetchInterval: FRESH_MS,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<UsageItem[]> => {
      const query = { from, to, group_by: groupBy };
      return (await answerOf(api.GET('/api/v1/metering/usage', { params: { query }, signal }))).items;
    },
  });

export const periodsQuery = queryOptions({
  queryKey: ['periods'],
  queryFn: ({ signal }) =>
    answerOf(
      api.GET('/api/v1/metering/periods', { params: { query: { granularity: 'month', limit: 12 } }, signal }),
    ),
});

export const quotasQuery = queryOptions({
  queryKey: ['quotas'],
  refetchInterval: FRESH_MS,
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/v1/metering/quotas', { signal }))).items,
});

export const exportsQuery = queryOptions({
  queryKey: ['metering-exports'],
  refetchInterval: FRESH_MS,
  queryFn: ({ signal }) =>
    everyPage((query) => answerOf(api.GET('/api/v1/metering/exports', { params: { query }, signal }))),
});

type QuotaPath = { kind: 'WebhookEgress' | 'WebhookIngress'; period: 'day' | 'month' };

/**
 * @param seen etag of the quota that is to be replaced; null: there was none
 * @throws ApiProblem `settings_changed` when there is another by now
 */
export function setQuota(
  path: QuotaPath,
  body: Resource<'NewQuota'>,
  seen: string | null,
): Promise<Resource<'Quota'>> {
  const header = seen === null ? { 'If-None-Match': '*' } : { 'If-Match': seen };
  return answerOf(api.PUT('/api/v1/metering/quotas/{kind}/{period}', { params: { path, header }, body }));
}

/** @throws ApiProblem `settings_changed` when it is not the one that was shown any more */
export async function removeQuota({ kind, period, etag }: Resource<'Quota'>): Promise<void> {
  const params = { path: { kind, period }, header: { 'If-Match': etag } };
  await answerOf(api.DELETE('/api/v1/metering/quotas/{kind}/{period}', { params }));
}

export function createExport(body: Resource<'NewMeteringExport'>): Promise<Resource<'MeteringExport'>> {
  return answerOf(api.POST('/api/v1/metering/exports', { body }));
}

export function changeExport(id: string, body: Resource<'MeteringExportChange'>) {
  return answerOf(api.PATCH('/api/v1/metering/exports/{id}', { params: { path: { id } }, body }));
}

export function runExport(id: string) {
  return answerOf(api.POST('/api/v1/metering/exports/{id}/run', { params: { path: { id } } }));
}

export async function deleteExport(id: string): Promise<void> {
  await answerOf(api.DELETE('/api/v1/metering/exports/{id}', { params: { path: { id } } }));
}

export type Format = 'csv' | 'jsonl' | 'parquet' | 'cloudevents';

/** Saves the rows of that time as a file. @throws ApiProblem */
export async function download({ from, to }: Range, format: Format): Promise<void> {
  const query = new URLSearchParams({ format, from, to });
  const response = await fetch(`/api/v1/metering/export?${query}`, { headers: session.headers() }).catch(
    (error) => {
      throw unreachable(error);
    },
  );
  if (!response.ok) throw new ApiProblem(await response.json().catch(() => ({})), response.status);
  const said = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = said?.[1] ?? `usage.${format}`;
  link.click();
  URL.revokeObjectURL(link.href);
}
