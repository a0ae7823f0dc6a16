// What publishing and moving jobs ask of the API.
import { queryOptions } from '@tanstack/react-query';
import { answerOf, api, type Resource } from '../../api/client.ts';

export type Impact = Resource<'Impact'>;
export type MovedJob = Resource<'MigratedJob'>;

export const impactQuery = (workflow: string, version: number) =>
  queryOptions({
    queryKey: ['workflows', workflow, 'impact', version],
    queryFn: ({ signal }) => {
      const params = { path: { workflow }, query: { version } };
      return answerOf(api.GET('/api/v1/workflows/{workflow}/impact', { params, signal }));
    },
  });

export const publishVersion = (workflow: string, version: number) =>
  answerOf(
    api.POST('/api/v1/workflows/{workflow}/publish', { params: { path: { workflow } }, body: { version } }),
  );

export interface Move {
  workflow: string;
  fromVersion: number;
  version: number;
  stateMap: Readonly<Record<string, string>>;
  dryRun: boolean;
}

const JOBS_A_REQUEST = 100;

/** Page by page to the end. @param onPage how many have been looked at so far */
export async function moveJobs(move: Move, onPage: (looked: number) => void): Promise<MovedJob[]> {
  const all: MovedJob[] = [];
  const path = { workflow: move.workflow };
  for (let cursor: string | undefined; ; ) {
    const page = await answerOf(
      api.POST('/api/v1/workflows/{workflow}/migrate', {
        params: { path, query: { limit: JOBS_A_REQUEST, ...(cursor !== undefined && { cursor }) } },
        body: {
          from_version: move.fromVersion,
          version: move.version,
          state_map: { ...move.stateMap },
          dry_run: move.dryRun,
        },
      }),
    );
    all.push(...page.items);
    onPage(all.length);
    if (page.next_cursor === null) return all;
    cursor = page.next_cursor;
  }
}
