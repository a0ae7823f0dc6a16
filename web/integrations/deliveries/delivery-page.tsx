// One delivery: what it tells of, what became of it, and every attempt with its request and its answer.
import { Button, Grid, Skeleton, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconReload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Resource } from '../../api/client.ts';
import { asProblem, keepsFromShowing } from '../../api/problem.ts';
import { CopyText } from '../../elements/copy-text.tsx';
import { FactList } from '../../elements/fact-list.tsx';
import { TextLink, WayBack } from '../../elements/links.tsx';
import { Moment } from '../../elements/moment.tsx';
import { PageHeader } from '../../elements/page-header.tsx';
import { PageProblem } from '../../elements/page-problem.tsx';
import { Panel } from '../../elements/panel.tsx';
import { StatusBadge } from '../../elements/status-badge.tsx';
import { Attempt } from '../../jobs/attempt.tsx';
import { deliveryQuery, useMay } from '../integration-requests.ts';
import { replayDelivery } from './delivery-requests.ts';
import { useNames } from './target-names.ts';

type Delivery = Resource<'Delivery'>;

export function DeliveryPage() {
  const { deliveryId } = useParams({ from: '/admin/integrations/deliveries/$deliveryId' });
  const delivery = useQuery(deliveryQuery(deliveryId));
  if (keepsFromShowing(delivery)) {
    const again = () => void delivery.refetch();
    return <PageProblem title="Delivery" trail={<Trail />} error={delivery.error} onRetry={again} />;
  }
  if (!delivery.data) return <Skeleton height={300} radius="md" />;
  return <Shown delivery={delivery.data} />;
}

const Trail = () => (
  <WayBack to="/admin/integrations/deliveries" search={{}}>
    Deliveries
  </WayBack>
);

function Shown({ delivery }: { delivery: Delivery }) {
  const names = useNames();
  const error = delivery.error as { code?: string; message?: string } | null;
  const attempts = [...delivery.attempt_log].reverse();
  return (
    <>
      <PageHeader
        title={names.subscription(delivery.subscription_id)}
        tabTitle="Delivery"
        description={`Told ${names.target(delivery)}: ${delivery.kind.replaceAll('_', ' ')}`}
        trail={<Trail />}
        beside={<StatusBadge status={delivery.status} />}
        actions={<Replay delivery={delivery} />}
      />
      <Grid gutter="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Panel title="Attempts">
            <Stack gap="xs">
              {error !== null && (
                <div role="alert">
                  <Text size="sm" fw={600}>
                    {error.message}
                  </Text>
                  <Text size="xs" c="dimmed" ff="monospace">
                    {error.code}
                  </Text>
                </div>
              )}
              {attempts.length === 0 && (
                <Text size="sm" c="dimmed">
                  {delivery.finished_at === null
                    ? 'None yet. This page shows the first one by itself.'
                    : 'None was made.'}
                </Text>
              )}
              {attempts.map((one, i) => (
                <Attempt key={one.id} attempt={one} startsOpen={i === 0} />
              ))}
            </Stack>
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Panel title="Details">
            <FactList
              facts={[
                [
                  'Subscription',
                  <TextLink
                    key="link"
                    to="/admin/integrations/subscriptions/$subscriptionId"
                    params={{ subscriptionId: delivery.subscription_id }}
                    search={{}}
                    size="sm"
                  >
                    {names.subscription(delivery.subscription_id)}
                  </TextLink>,
                ],
                [
                  'Job',
                  <TextLink key="link" to="/jobs/$jobId" params={{ jobId: delivery.job_id }} size="sm">
                    Open the job
                  </TextLink>,
                ],
                ['Made', <Moment key="at" at={delivery.created_at} />],
                delivery.finished_at === null
                  ? null
                  : ['Over', <Moment key="at" at={delivery.finished_at} />],
                delivery.next_attempt_at === null || delivery.finished_at !== null
                  ? null
                  : ['Next attempt', <Moment key="at" at={delivery.next_attempt_at} />],
                ['Attempts', delivery.attempts],
                delivery.sink_message_id === null
                  ? null
                  : ['Message there', <CopyText key="id" text={delivery.sink_message_id} label="Copy" />],
                ['Id', <CopyText key="id" text={delivery.id} label="Copy the id" />],
              ]}
            />
          </Panel>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Replay({ delivery }: { delivery: Delivery }) {
  const may = useMay();
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () => replayDelivery(delivery.id),
    onSuccess: () => notifications.show({ message: 'It goes out once more, under the same id.' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
    onError: (error) => notifications.show({ color: 'red', message: asProblem(error).message }),
  });
  const isOver = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'UNKNOWN'].includes(delivery.status);
  if (!isOver || !may('delivery.write', delivery.connection_id)) return null;
  return (
    <Button
      variant="default"
      leftSection={<IconReload size={16} />}
      loading={replay.isPending}
      onClick={() => replay.mutate()}
    >
      Replay
    </Button>
  );
}
