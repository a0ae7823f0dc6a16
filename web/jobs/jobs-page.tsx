// The jobs of the tenant: found by workflow, state, status, key or time, and kept up to date while one looks.
import { Button, Group, Skeleton, Text } from '@mantine/core';
import { IconListDetails, IconPlayerPlay } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Resource } from '../api/client.ts';
import { keepsFromShowing } from '../api/problem.ts';
import { type JobFilter, jobsQuery, meQuery, WATCH_MS, workflowsQuery } from '../api/queries.ts';
import { Empty } from '../elements/empty.tsx';
import { ButtonLink } from '../elements/links.tsx';
import list from '../elements/list-table.module.css';
import { Moment } from '../elements/moment.tsx';
import { PageHeader } from '../elements/page-header.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { StatusBadge } from '../elements/status-badge.tsx';
import { AddSample } from '../sample/add-sample.tsx';
import { type Shortcut, useShortcuts } from '../shell/shortcuts.ts';
import { JobFilters } from './job-filters.tsx';
import { StartJob, useStartJob } from './start-job.tsx';
import { StateName } from './state-name.tsx';

export function JobsPage() {
  const filter = useSearch({ from: '/jobs' });
  const navigate = useNavigate({ from: '/jobs' });
  const start = useStartJob();
  const { data: me } = useQuery(meQuery);
  const workflows = useQuery(workflowsQuery);
  const jobs = useInfiniteQuery({
    ...jobsQuery(filter),
    // Whoever reads further down wants the list to stand still.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 1) > 1 ? false : WATCH_MS),
  });
  const rows = jobs.data?.pages.flatMap(({ items }) => items) ?? [];
  const names = useMemo(() => new Map(workflows.data?.map(({ id, name }) => [id, name])), [workflows.data]);
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const mayStart = me?.permissions.includes('job.start') ?? false;

  const shortcuts = useMemo<Shortcut[]>(
    () => [
      { keys: ['/'], label: 'Find a job', run: () => document.getElementById('find-job')?.focus() },
      ...(mayStart ? [{ keys: ['n'], label: 'Start a job', run: () => start.open() }] : []),
    ],
    [mayStart, start.open],
  );
  useShortcuts(shortcuts);

  return (
    <>
      <PageHeader
        title="Jobs"
        description="Running state machines, and those that have ended. Newest first."
        actions={
          mayStart && (
            <Button leftSection={<IconPlayerPlay size={16} />} onClick={() => start.open()}>
              Start a job
            </Button>
          )
        }
      />
      <JobFilters
        filter={filter}
        workflows={workflows.data ?? []}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      {jobs.isError && <ProblemNote error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {!keepsFromShowing(jobs) && (
        <Panel flush>
          {jobs.isPending && <Rows />}
          {rows.length > 0 && <JobTable jobs={rows} names={names} />}
          {!jobs.isPending && rows.length === 0 && (
            <Nothing
              filtered={filtered}
              workflows={workflows.data}
              onStart={mayStart ? () => start.open() : null}
              onClear={() => void navigate({ search: {} as JobFilter })}
            />
          )}
        </Panel>
      )}
      {jobs.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={jobs.isFetchingNextPage}
          onClick={() => void jobs.fetchNextPage()}
        >
          Show older jobs
        </Button>
      )}
      <StartJob {...start.props} workflows={workflows.data ?? []} />
    </>
  );
}

type ListedJob = Resource<'ListedJob'>;

function JobTable({ jobs, names }: { jobs: readonly ListedJob[]; names: ReadonlyMap<string, string> }) {
  return (
    <table className={list.table}>
      <thead>
        <tr>
          <th>Job</th>
          <th>Workflow</th>
          <th>State</th>
          <th>Status</th>
          <th>Transitions</th>
          <th>Moved</th>
          <th>Started</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr key={job.id}>
            <td>
              <Link to="/jobs/$jobId" params={{ jobId: job.id }} className={list.opens}>
                {job.key ?? (
                  <Text span inherit ff="monospace" fz="0.8rem">
                    {shortId(job.id)}
                  </Text>
                )}
              </Link>
              <div className={list.under}>
                {names.get(job.workflow_id)} · <StateName state={job.current_state} />
              </div>
            </td>
            <td className={list.wide}>
              {names.get(job.workflow_id) ?? (
                <Text span c="dimmed">
                  …
                </Text>
              )}
            </td>
            <td className={list.wide}>
              <StateName state={job.current_state} />
            </td>
            <td className={list.last}>
              <StatusBadge status={job.status} />
              <div className={list.under}>
                <Moment at={job.updated_at} />
              </div>
            </td>
            <td className={`${list.wide} ${list.number}`}>{job.revision}</td>
            <td className={list.wide}>
              <Moment at={job.updated_at} />
            </td>
            <td className={list.wide}>
              <Moment at={job.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Ids begin with the time; what tells two apart is at the end. */
export const shortId = (id: string): string => `…${id.slice(-12)}`;

function Nothing({
  filtered,
  workflows,
  onStart,
  onClear,
}: {
  filtered: boolean;
  workflows: readonly Resource<'Workflow'>[] | undefined;
  onStart: (() => void) | null;
  onClear(): void;
}) {
  if (filtered) {
    return (
      <Empty
        icon={IconListDetails}
        title="No job is like that"
        action={
          <Button variant="default" onClick={onClear}>
            Show all jobs
          </Button>
        }
      >
        A key and a state are compared whole. Look for less, or for a longer time.
      </Empty>
    );
  }
  const published = workflows?.find(({ published_version: version }) => version !== null);
  if (!published) {
    return (
      <Empty
        icon={IconListDetails}
        title="No jobs yet"
        action={
          workflows?.length === 0 ? (
            <Group justify="center" gap="xs">
              <ButtonLink to="/designer" search={{ draft: undefined }}>
                Design a workflow
              </ButtonLink>
              <AddSample />
            </Group>
          ) : (
            <ButtonLink to="/workflows">Go to the workflows</ButtonLink>
          )
        }
      >
        A job runs the published version of a workflow. Publish one first.
      </Empty>
    );
  }
  return (
    <Empty
      icon={IconListDetails}
      title="No jobs yet"
      action={onStart && <Button onClick={onStart}>Start the first job</Button>}
    >
      The workflow <b>{published.name}</b> is published and waits for its first job. Start one here, or over
      the API with <code>POST /api/v1/jobs</code>.
    </Empty>
  );
}

function Rows() {
  return (
    <div style={{ padding: 16 }}>
      {Array.from({ length: 6 }, (_, i) => `row ${i}`).map((key) => (
        <Skeleton key={key} height={20} my={14} />
      ))}
    </div>
  );
}
