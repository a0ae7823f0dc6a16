// One connection: what holds it back now, what uses it, and where it is supplied.
import { Button, Grid, Skeleton, Stack, Text } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { answerOf, api, type Resource } from '../../api/client.ts';
import { keepsFromShowing } from '../../api/problem.ts';
import { connectionsQuery, providersQuery } from '../../api/queries.ts';
import { FactList } from '../../elements/fact-list.tsx';
import { ButtonLink, WayBack } from '../../elements/links.tsx';
import { Moment } from '../../elements/moment.tsx';
import { PageHeader } from '../../elements/page-header.tsx';
import { PageProblem } from '../../elements/page-problem.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { Badge } from '../../elements/status-badge.tsx';
import { CredentialsTrouble } from '../credentials-trouble.tsx';
import { EditConnection } from '../edit-connection.tsx';
import { limitsQuery, SPARK_DAYS, useMay, usesQuery, weekQuery } from '../integration-requests.ts';
import { SendAgain } from '../send-again.tsx';
import { ConnectionSupplies } from './connection-supplies.tsx';
import { Sparkline } from './sparkline.tsx';
import { UsesList } from './uses-list.tsx';
import { attemptsByDay, spokenWeek } from './week.ts';

type Connection = Resource<'Connection'>;

export function ConnectionPage() {
  const { connectionId } = useParams({ from: '/admin/integrations/connections/$connectionId' });
  const connections = useQuery(connectionsQuery);
  const { data: providers } = useQuery(providersQuery);
  const [editing, setEditing] = useState(false);
  const may = useMay();
  const connection = connections.data?.find(({ id }) => id === connectionId);
  if (keepsFromShowing(connections)) {
    const again = () => void connections.refetch();
    return <PageProblem title="Connection" trail={<Trail />} error={connections.error} onRetry={again} />;
  }
  if (connections.isPending) return <Skeleton height={300} radius="md" />;
  if (!connection)
    return (
      <PageHeader
        title="There is no such connection"
        trail={<Trail />}
        description="It may have been deleted."
      />
    );
  const title = providers?.find(({ id }) => id === connection.provider)?.title ?? connection.provider;
  return (
    <>
      <PageHeader
        title={connection.connection_name}
        trail={<Trail />}
        description={`${title}, ${connection.allowed_origin.replace(/^https:\/\//, '')}`}
        beside={
          <Badge tone={connection.enabled ? 'good' : 'idle'}>
            {connection.enabled ? 'Enabled' : 'Disabled'}
          </Badge>
        }
        actions={
          <>
            <ButtonLink
              to="/admin/integrations/deliveries"
              search={{ connection: connection.id }}
              variant="default"
            >
              Deliveries
            </ButtonLink>
            {may('connection.update', connection.id) && (
              <Button
                variant="default"
                leftSection={<IconPencil size={16} />}
                onClick={() => setEditing(true)}
              >
                Change the limits
              </Button>
            )}
          </>
        }
      />
      <CredentialsTrouble connection={connection} />
      <Grid gutter="md">
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Stack>
            <Circuit connection={connection} />
            <Limits connection={connection} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Stack>
            {may('metering.read') && <Week connection={connection} />}
            <Uses connection={connection} />
            <ConnectionSupplies connection={connection} />
          </Stack>
        </Grid.Col>
      </Grid>
      <EditConnection connection={connection} opened={editing} onClose={() => setEditing(false)} />
    </>
  );
}

const Trail = () => <WayBack to="/admin/integrations">Connections</WayBack>;

const CIRCUITS = {
  closed: { word: 'Answers', tone: 'good', why: 'Requests go out as they come.' },
  open: {
    word: 'Not answering',
    tone: 'bad',
    why: 'Its receiver was not there many times in a row. Nothing is sent until one request may find out again; nothing is lost.',
  },
  half_open: {
    word: 'Finding out',
    tone: 'wait',
    why: 'One request finds out whether the receiver is back.',
  },
} as const;

function Circuit({ connection }: { connection: Connection }) {
  const limits = useQuery(limitsQuery(connection.id));
  const may = useMay();
  const params = { path: { id: connection.id } };
  if (limits.isError) return <ProblemNote error={limits.error} />;
  if (!limits.data) return <Skeleton height={90} radius="md" />;
  const { circuit, paused_until: paused } = limits.data;
  const { word, tone, why } = CIRCUITS[circuit.state];
  return (
    <Panel title="The receiver" beside={<Badge tone={tone}>{word}</Badge>}>
      <Text size="sm" c="dimmed" mb={4}>
        {why}
      </Text>
      <FactList
        facts={[
          circuit.since === null ? null : ['Since', <Moment key="at" at={circuit.since} />],
          circuit.open_until === null || circuit.state === 'closed'
            ? null
            : ['Tried again', <Moment key="at" at={circuit.open_until} />],
          circuit.misses === 0 ? null : ['Misses in a row', circuit.misses],
          circuit.last_error === null ? null : ['Last of them', circuit.last_error.message],
          paused === null ? null : ['It asked for a pause', <Moment key="at" at={paused} />],
        ]}
      />
      {may('connection.update', connection.id) && (
        <>
          <SendAgain
            what="pause"
            held={paused !== null}
            list="connections"
            end={() => answerOf(api.POST('/api/v1/tenant/connections/{id}/pause/lift', { params }))}
          />
          <SendAgain
            what="circuit"
            held={circuit.state !== 'closed'}
            list="connections"
            end={() => answerOf(api.POST('/api/v1/tenant/connections/{id}/circuit/close', { params }))}
          />
        </>
      )}
    </Panel>
  );
}

const FROM = {
  settings: 'set here',
  provider: 'as the provider allows',
  per_second: 'as many as go in a second',
} as const;

function Limits({ connection }: { connection: Connection }) {
  const { data } = useQuery(limitsQuery(connection.id));
  if (!data) return null;
  const { concurrency, in_flight: inFlight, rate, from } = data;
  return (
    <Panel title="Limits">
      <FactList
        facts={[
          ['Requests at once', `${concurrency}, ${FROM[from.concurrency]}`],
          ['Out now', inFlight],
          ['Requests a second', rate === null ? 'no limit' : `${rate.per_second}, ${FROM[from.per_second]}`],
          rate === null ? null : ['At once after a pause', `${rate.burst}, ${FROM[from.burst]}`],
          rate === null ? null : ['May go now', rate.available],
        ]}
      />
    </Panel>
  );
}

function Week({ connection }: { connection: Connection }) {
  const { data } = useQuery(weekQuery);
  if (!data) return null;
  const counts = attemptsByDay(data, connection.id, { nowMs: Date.now(), days: SPARK_DAYS });
  return (
    <Panel title="Usage">
      <Sparkline counts={counts} label={spokenWeek(counts)} />
      <Text size="sm" c="dimmed" mt={6}>
        {spokenWeek(counts)}
      </Text>
    </Panel>
  );
}

function Uses({ connection }: { connection: Connection }) {
  const uses = useQuery(usesQuery(connection.id));
  if (uses.isError) return <ProblemNote error={uses.error} />;
  if (!uses.data) return <Skeleton height={90} radius="md" />;
  return (
    <Panel title="Used by">
      <UsesList uses={uses.data} />
    </Panel>
  );
}
