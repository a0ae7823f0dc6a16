// One workflow: a version of it drawn, with the jobs that stand in each state, and what it says.
import { Button, Grid, Skeleton, Stack, Tabs, Text } from '@mantine/core';
import { IconPencil, IconPlayerPlay } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { Definition } from '../../engine/definition.ts';
import type { Resource } from '../api/client.ts';
import { keepsFromShowing } from '../api/problem.ts';
import {
  jobsPerStateQuery,
  meQuery,
  versionQuery,
  versionsQuery,
  WATCH_MS,
  workflowQuery,
} from '../api/queries.ts';
import { JsonView } from '../elements/json-view.tsx';
import { ButtonLink, WayBack } from '../elements/links.tsx';
import { PageHeader } from '../elements/page-header.tsx';
import { PageProblem } from '../elements/page-problem.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { StartJob, useStartJob } from '../jobs/start-job.tsx';
import { PageLoading } from '../shell/page-states.tsx';
import { type CountedState, JobsPerState, standingBy } from './jobs-per-state.tsx';
import { Versions } from './versions.tsx';
import { WorkflowState } from './workflows-page.tsx';

const MachineView = lazy(async () => ({
  default: (await import('../machine/machine-view.tsx')).MachineView,
}));

const Simulate = lazy(async () => ({
  default: (await import('../designer/simulate/simulate.tsx')).Simulate,
}));
const Changes = lazy(async () => ({
  default: (await import('../designer/versions/changes.tsx')).Changes,
}));

const Trail = () => <WayBack to="/workflows">Workflows</WayBack>;

export function WorkflowPage() {
  const { workflow: name } = useParams({ from: '/workflows/$workflow' });
  const { version: wanted } = useSearch({ from: '/workflows/$workflow' });
  const workflow = useQuery(workflowQuery(name));
  const { data: me } = useQuery(meQuery);
  const start = useStartJob(workflow.data?.name);
  const counts = useQuery({ ...jobsPerStateQuery(name), refetchInterval: WATCH_MS });

  if (keepsFromShowing(workflow)) {
    const again = () => void workflow.refetch();
    return <PageProblem title={name} trail={<Trail />} error={workflow.error} onRetry={again} />;
  }
  if (!workflow.data) return <PageLoading />;
  const { published_version: published, latest_version: latest, description } = workflow.data;
  const shown = wanted ?? published ?? latest;
  const mayStart =
    published !== null && workflow.data.archived_at === null && me?.permissions.includes('job.start');
  const mayWrite = me?.permissions.includes('workflow.write') ?? false;
  return (
    <>
      <PageHeader
        title={workflow.data.name}
        description={description}
        trail={<Trail />}
        beside={<WorkflowState workflow={workflow.data} />}
        actions={
          <>
            <ButtonLink
              to="/designer/$workflow"
              params={{ workflow: name }}
              search={{ version: wanted }}
              variant="default"
              leftSection={<IconPencil size={16} />}
            >
              {mayWrite ? 'Edit' : 'Open in the designer'}
            </ButtonLink>
            {mayStart && (
              <Button leftSection={<IconPlayerPlay size={16} />} onClick={start.open}>
                Start a job
              </Button>
            )}
          </>
        }
      />
      <Grid gutter="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          {shown === null ? (
            <Panel>
              <Text size="sm" c="dimmed">
                It has no version yet. Open it in the designer to draw one.
              </Text>
            </Panel>
          ) : (
            <Version workflow={workflow.data} version={shown} counts={counts.data?.items ?? []} />
          )}
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack>
            <Versions
              workflow={workflow.data}
              shown={shown}
              mayWrite={mayWrite}
              mayMove={me?.permissions.includes('job.migrate') ?? false}
            />
            <JobsPerState
              workflow={workflow.data.name}
              counts={counts.data?.items ?? []}
              moreOf={counts.data?.more_of ?? []}
            />
          </Stack>
        </Grid.Col>
      </Grid>
      <StartJob {...start.props} workflows={[workflow.data]} />
    </>
  );
}

function Version({
  workflow,
  version,
  counts,
}: {
  workflow: Resource<'Workflow'>;
  version: number;
  counts: readonly CountedState[];
}) {
  const { data: known } = useQuery(versionsQuery(workflow.name));
  const full = useQuery(versionQuery(workflow.name, version));
  const standing = useMemo(() => standingBy(counts, version), [counts, version]);
  if (full.isError) return <ProblemNote error={full.error} onRetry={() => void full.refetch()} />;
  const about = known?.find((one) => one.version === version);
  const earlier = known?.find((one) => one.version < version)?.version;
  return (
    <Panel title={`Version ${version}${about?.published ? ', published' : ''}`} flush>
      <Tabs defaultValue="machine" keepMounted={false}>
        <Tabs.List px="sm">
          <Tabs.Tab value="machine">Machine</Tabs.Tab>
          <Tabs.Tab value="definition">Definition</Tabs.Tab>
          {earlier !== undefined && <Tabs.Tab value="changes">Changes</Tabs.Tab>}
          <Tabs.Tab value="simulate">Simulate</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="machine">
          <Suspense fallback={<Skeleton height={300} radius={0} />}>
            {full.data && (
              <MachineView
                definition={full.data.definition as Definition}
                counts={standing}
                maxHeight={620}
              />
            )}
          </Suspense>
        </Tabs.Panel>
        {earlier !== undefined && (
          <Tabs.Panel value="changes" p="md">
            <ChangesSince workflow={workflow.name} version={version} earlier={earlier} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="simulate">
          {full.data && (
            <Simulated workflow={workflow.name} definition={full.data.definition as Definition} />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="definition" p="md">
          {full.data && <JsonView value={full.data.definition} label="Definition" maxHeight={560} />}
        </Tabs.Panel>
      </Tabs>
    </Panel>
  );
}

/** Between this version and the one before. */
function ChangesSince({
  workflow,
  version,
  earlier,
}: {
  workflow: string;
  version: number;
  earlier: number;
}) {
  const [before, after] = [
    useQuery(versionQuery(workflow, earlier)),
    useQuery(versionQuery(workflow, version)),
  ];
  if (before.isError) return <ProblemNote error={before.error} />;
  if (!before.data || !after.data) return <Skeleton height={120} />;
  return (
    <Suspense fallback={<Skeleton height={120} />}>
      <Text size="sm" c="dimmed">
        Since version {earlier}
      </Text>
      <Changes before={before.data.definition as Definition} after={after.data.definition as Definition} />
    </Suspense>
  );
}

/** The machine with a job that does not exist lit in it. */
function Simulated({ workflow, definition }: { workflow: string; definition: Definition }) {
  const [lit, setLit] = useState<readonly string[]>([]);
  const innermost = lit.filter((path) => !lit.some((other) => other.startsWith(`${path}.`)));
  return (
    <Suspense fallback={<Skeleton height={300} radius={0} />}>
      <MachineView
        definition={definition}
        currentState={innermost.length === 0 ? undefined : innermost.join(',')}
        maxHeight={360}
      />
      <Simulate definition={definition} workflow={workflow} onLit={setLit} />
    </Suspense>
  );
}
