// One job: where it stands in its machine, how it came there, what its actions did, and what it can do next.
import { Button, Grid, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconArrowsSplit, IconBan } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import type { Definition } from '../../engine/definition.ts';
import type { Resource } from '../api/client.ts';
import { keepsFromShowing } from '../api/problem.ts';
import { jobLogQuery, jobQuery, jobRunsQuery, meQuery, versionQuery } from '../api/queries.ts';
import { CopyText } from '../elements/copy-text.tsx';
import { JsonView } from '../elements/json-view.tsx';
import { ButtonLink, TextLink, WayBack } from '../elements/links.tsx';
import { Moment } from '../elements/moment.tsx';
import { PageHeader } from '../elements/page-header.tsx';
import { PageProblem } from '../elements/page-problem.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { StatusBadge } from '../elements/status-badge.tsx';
import { PageLoading } from '../shell/page-states.tsx';
import { CancelJob } from './cancel-job.tsx';
import { Facts } from './facts.tsx';
import { useFollowedJob } from './follow-job.ts';
import { LiveSign } from './live-sign.tsx';
import { StateName } from './state-name.tsx';
import { stepsOf } from './steps.ts';
import { Timeline } from './timeline.tsx';
import { WhatNext } from './what-next.tsx';

const MachineView = lazy(async () => ({
  default: (await import('../machine/machine-view.tsx')).MachineView,
}));

export function JobPage() {
  const { jobId } = useParams({ from: '/jobs/$jobId' });
  const job = useQuery(jobQuery(jobId));
  if (keepsFromShowing(job)) {
    return <PageProblem title="Job" trail={<Trail />} error={job.error} onRetry={() => void job.refetch()} />;
  }
  if (!job.data) return <PageLoading />;
  return <Shown key={jobId} job={job.data} />;
}

const Trail = () => <WayBack to="/jobs">Jobs</WayBack>;

/** So many entries are read without being asked for; who wants more says so. */
const ENTRIES_UNASKED = 1_000;

function Shown({ job }: { job: Resource<'Job'> }) {
  const live = useFollowedJob(job.id);
  const [cancelling, setCancelling] = useState(false);
  const { data: me } = useQuery(meQuery);
  const log = useInfiniteQuery(jobLogQuery(job.id));
  const runs = useQuery(jobRunsQuery(job.id));
  const entries = useMemo(() => log.data?.pages.flatMap(({ items }) => items) ?? [], [log.data]);
  const steps = useMemo(() => stepsOf(entries, runs.data ?? []), [entries, runs.data]);
  const active = job.status === 'ACTIVE';
  const may = (permission: string) =>
    (me?.permissions as string[] | undefined)?.includes(permission) ?? false;

  const { hasNextPage, isFetching, fetchNextPage } = log;
  useEffect(() => {
    if (hasNextPage && !isFetching && entries.length < ENTRIES_UNASKED) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage, entries.length]);

  return (
    <>
      <PageHeader
        title={job.key ?? job.workflow_name}
        tabTitle={`${job.key ?? job.workflow_name}: ${job.current_state}`}
        trail={<Trail />}
        beside={<StatusBadge status={job.status} />}
        description={
          <Group gap={8} mt={2}>
            <StateName state={job.current_state} />
            <TextLink
              to="/workflows/$workflow"
              params={{ workflow: job.workflow_name }}
              search={{ version: job.workflow_version }}
              size="sm"
            >
              {job.workflow_name} v{job.workflow_version}
            </TextLink>
            <CopyText text={job.id} label="Copy the job’s id" />
          </Group>
        }
        actions={
          <>
            <LiveSign live={live} ended={!active} />
            <ButtonLink
              to="/designer/$workflow"
              params={{ workflow: job.workflow_name }}
              search={{ job: job.id }}
              variant="default"
              leftSection={<IconArrowsSplit size={16} />}
            >
              What if…
            </ButtonLink>
            {active && may('job.cancel') && (
              <Button
                variant="default"
                leftSection={<IconBan size={16} />}
                onClick={() => setCancelling(true)}
              >
                Cancel the job
              </Button>
            )}
          </>
        }
      />
      <Machine job={job} steps={steps} />
      <Grid gutter="md" mt="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Timeline
            steps={steps}
            loading={log.isPending}
            error={log.error}
            mayAct={may('action.write')}
            more={hasNextPage && entries.length >= ENTRIES_UNASKED ? () => void fetchNextPage() : null}
          />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }} order={{ base: -1, md: 0 }}>
          <Stack>
            {active && <WhatNext job={job} maySend={may('job.send')} />}
            <Panel title="Context">
              <JsonView value={job.context} label="Context" />
            </Panel>
            {job.output !== null && (
              <Panel title="Output">
                <JsonView value={job.output} label="Output" />
              </Panel>
            )}
            <Facts job={job} />
          </Stack>
        </Grid.Col>
      </Grid>
      <CancelJob job={job} opened={cancelling} onClose={() => setCancelling(false)} />
    </>
  );
}

function Machine({ job, steps }: { job: Resource<'Job'>; steps: ReturnType<typeof stepsOf> }) {
  const version = useQuery(versionQuery(job.workflow_id, job.workflow_version));
  const moves = useMemo(() => steps.filter((step) => step.kind === 'transition'), [steps]);
  const visited = useMemo(() => moves.map(({ to }) => to), [moves]);
  const last = moves.at(-1);
  const [lastFrom, lastTo] = [last?.from ?? null, last?.to ?? ''];
  const lastStep = useMemo(() => ({ from: lastFrom, to: lastTo }), [lastFrom, lastTo]);
  return (
    <Panel
      title="Machine"
      flush
      beside={
        <Text size="xs" c="dimmed">
          {job.status === 'ACTIVE' ? 'Moved' : 'Ended'} <Moment at={job.updated_at} />
        </Text>
      }
    >
      {version.isError && <ProblemNote error={version.error} />}
      <Suspense fallback={<Skeleton height={300} radius={0} />}>
        {version.data && (
          <MachineView
            definition={version.data.definition as Definition}
            currentState={job.current_state}
            ended={job.status !== 'ACTIVE'}
            visited={visited}
            lastStep={lastStep}
          />
        )}
      </Suspense>
    </Panel>
  );
}
