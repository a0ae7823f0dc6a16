// What the tenant's calls came to: per day, connection, workflow and outcome, with quotas and exports.
import { SegmentedControl, Select, Skeleton } from '@mantine/core';
import { IconChartBar } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { connectionsQuery, meQuery, workflowsQuery } from '../api/queries.ts';
import { Empty } from '../elements/empty.tsx';
import { ButtonLink } from '../elements/links.tsx';
import { PageHeader } from '../elements/page-header.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { DownloadMenu } from './download-menu.tsx';
import classes from './metering.module.css';
import { type Dimension, usageOfQuery } from './metering-requests.ts';
import { Months } from './months.tsx';
import { Quotas } from './quotas.tsx';
import { daysOf, PERIODS, type Period, type Range, rangeOf } from './range.ts';
import { bytesText, chartOf, totalsOf } from './series.ts';
import { StandingExports } from './standing-exports.tsx';
import { UsageTable } from './usage-table.tsx';

const UsageChart = lazy(async () => ({ default: (await import('./usage-chart.tsx')).UsageChart }));

export function MeteringPage() {
  const { period = 'this-month' } = useSearch({ from: '/metering' });
  const navigate = useNavigate({ from: '/metering' });
  const { data: me } = useQuery(meQuery);
  const range = useMemo(() => rangeOf(period, new Date()), [period]);
  const usage = useQuery(usageOfQuery(range, 'connection,workflow,outcome,kind'));
  const nameOf = useNames();
  const may = (permission: string) => me?.permissions.some((one) => one === permission) ?? false;

  return (
    <>
      <PageHeader
        title="Metering"
        description="Every call that went out and every event that came in, counted once. Days and months are UTC."
        actions={
          <>
            <Select
              aria-label="Period"
              w={160}
              allowDeselect={false}
              data={Object.entries(PERIODS).map(([value, label]) => ({ value, label }))}
              value={period}
              onChange={(value) => void navigate({ search: { period: value as Period }, replace: true })}
            />
            <DownloadMenu range={range} />
          </>
        }
      />
      <div className={classes.parts}>
        {usage.isError && <ProblemNote error={usage.error} onRetry={() => void usage.refetch()} />}
        {usage.isPending && <Skeleton height={320} radius="md" />}
        {usage.data?.length === 0 && (
          <Panel>
            <Empty
              icon={IconChartBar}
              title="Nothing was called in this time"
              action={<ButtonLink to="/jobs">Go to the jobs</ButtonLink>}
            >
              A job that fires an action, and a source that receives an event, are counted here within a
              second.
            </Empty>
          </Panel>
        )}
        {usage.data && usage.data.length > 0 && (
          <>
            <Figures totals={totalsOf(usage.data)} />
            <Chart range={range} nameOf={nameOf} />
            <Panel title="By connection, workflow and outcome" flush>
              <UsageTable items={usage.data} nameOf={nameOf} />
            </Panel>
          </>
        )}
        <Months />
        <Quotas mayChange={may('metering.quota')} />
        <StandingExports mayChange={may('metering.export')} />
      </div>
    </>
  );
}

function Figures({ totals }: { totals: ReturnType<typeof totalsOf> }) {
  const { sent, failed, unknown, received, bytes } = totals;
  const figures = [
    ['Calls made', sent],
    ['Failed', failed],
    ['Unknown', unknown],
    ['Events received', received],
  ] as const;
  return (
    <dl className={classes.figures} style={{ marginBlock: 0 }}>
      {figures.map(([label, value]) => (
        <div key={label} className={classes.figure}>
          <dt>{label}</dt>
          <dd>{value.toLocaleString('en')}</dd>
        </div>
      ))}
      <div className={classes.figure}>
        <dt>Sent and received</dt>
        <dd>{bytesText(bytes)}</dd>
      </div>
    </dl>
  );
}

const LABELS: Readonly<Record<string, string>> = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  unknown: 'Unknown',
  inbound: 'Inbound events',
};

function Chart({ range, nameOf }: { range: Range; nameOf: Names }) {
  const [dimension, setDimension] = useState<Dimension>('outcome');
  const { data, isPending } = useQuery(usageOfQuery(range, `day,${dimension}`));
  const chart = useMemo(() => {
    const labelOf = (id: string) =>
      LABELS[id] ?? (dimension === 'connection' ? nameOf.connection(id) : nameOf.workflow(id));
    return chartOf(data ?? [], daysOf(range, new Date()), dimension, labelOf);
  }, [data, dimension, nameOf, range]);
  return (
    <Panel
      title="Calls and events per day"
      beside={
        <SegmentedControl
          size="xs"
          aria-label="Colour by"
          value={dimension}
          onChange={(value) => setDimension(value as Dimension)}
          data={[
            { value: 'outcome', label: 'Outcome' },
            { value: 'connection', label: 'Connection' },
            { value: 'workflow', label: 'Workflow' },
          ]}
        />
      }
    >
      <Suspense fallback={<Skeleton height={260} />}>
        {isPending ? <Skeleton height={260} /> : <UsageChart {...chart} />}
      </Suspense>
    </Panel>
  );
}

interface Names {
  connection(id: string): string;
  workflow(id: string): string;
}

/** What is deleted keeps its usage, and is known by the end of its id. */
function useNames(): Names {
  const { data: connections } = useQuery(connectionsQuery);
  const { data: workflows } = useQuery(workflowsQuery);
  return useMemo(() => {
    const byConnection = new Map(connections?.map(({ id, connection_name: name }) => [id, name]));
    const byWorkflow = new Map(workflows?.map(({ id, name }) => [id, name]));
    const gone = (id: string) => `deleted …${id.slice(-6)}`;
    return {
      connection: (id) => byConnection.get(id) ?? gone(id),
      workflow: (id) => byWorkflow.get(id) ?? gone(id),
    };
  }, [connections, workflows]);
}
