// One inbound event: what arrived, what each trigger made of it, and the button that has it processed once more.
import { Button, Grid, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconReload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem, keepsFromShowing } from '../../api/problem.ts';
import { CopyText } from '../../elements/copy-text.tsx';
import { FactList } from '../../elements/fact-list.tsx';
import { JsonTree } from '../../elements/json-tree.tsx';
import { JsonView } from '../../elements/json-view.tsx';
import { TextLink, WayBack } from '../../elements/links.tsx';
import { Moment } from '../../elements/moment.tsx';
import { PageHeader } from '../../elements/page-header.tsx';
import { PageProblem } from '../../elements/page-problem.tsx';
import { Panel } from '../../elements/panel.tsx';
import { StatusBadge } from '../../elements/status-badge.tsx';
import attempt from '../../jobs/attempt.module.css';
import { inboundEventQuery, sourceQuery, useMay } from '../integration-requests.ts';
import { replayEvent } from './source-requests.ts';
import { type Effect, type InboundFailure, spokenEffect } from './spoken-outcome.ts';

type InboundEvent = Resource<'InboundEvent'>;

export function InboundEventPage() {
  const { eventId } = useParams({ from: '/admin/integrations/events/$eventId' });
  const event = useQuery(inboundEventQuery(eventId));
  if (keepsFromShowing(event)) {
    const again = () => void event.refetch();
    return (
      <PageProblem
        title="Event"
        trail={<WayBack to="/admin/integrations/sources">Sources</WayBack>}
        error={event.error}
        onRetry={again}
      />
    );
  }
  if (!event.data) return <Skeleton height={300} radius="md" />;
  return <Event key={eventId} event={event.data} />;
}

function Event({ event }: { event: InboundEvent }) {
  const { data: source } = useQuery({ ...sourceQuery(event.source_id), retry: false });
  return (
    <>
      <PageHeader
        title={event.event_type ?? 'Refused request'}
        tabTitle={`Event ${event.event_type ?? ''}`}
        trail={
          <WayBack
            to="/admin/integrations/sources/$sourceId"
            params={{ sourceId: event.source_id }}
            search={{}}
          >
            {source?.name ?? 'The source'}
          </WayBack>
        }
        beside={<StatusBadge status={event.status} />}
        actions={<Replay event={event} />}
      />
      <Grid gutter="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack>
            <Outcome event={event} />
            <Content event={event} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack>
            <Panel title="Details">
              <FactList
                facts={[
                  ['Received', <Moment key="at" at={event.received_at} />],
                  event.processed_at === null
                    ? null
                    : ['Processed', <Moment key="at" at={event.processed_at} />],
                  event.delivery_id === null
                    ? null
                    : ['Delivery id', <CopyText key="id" text={event.delivery_id} label="Copy the id" />],
                  ['Size', `${event.body_bytes} bytes`],
                  event.attempts > 1 ? ['Tries', event.attempts] : null,
                  event.replay_of === null
                    ? null
                    : [
                        'Another try of',
                        <TextLink
                          key="first"
                          to="/admin/integrations/events/$eventId"
                          params={{ eventId: event.replay_of }}
                          size="sm"
                        >
                          an earlier event
                        </TextLink>,
                      ],
                ]}
              />
            </Panel>
            <Panel title="Headers">
              <dl className={attempt.headers}>
                {event.headers.map(({ name, value }, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a header may come twice, and the list never changes
                  <div key={`${name} ${i}`}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </div>
                ))}
              </dl>
            </Panel>
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Replay({ event }: { event: InboundEvent }) {
  const may = useMay();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const replay = useMutation({
    mutationFn: () => replayEvent(event.id),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['inbound-events'] });
      notifications.show({ message: 'It is processed once more, by the triggers as they are now.' });
      await navigate({ to: '/admin/integrations/events/$eventId', params: { eventId: id } });
    },
    onError: (error) => notifications.show({ color: 'red', message: asProblem(error).message }),
  });
  // What was refused has nothing that could be processed.
  if (!may('inbound_event.replay') || event.event_type === null) return null;
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

function Outcome({ event }: { event: InboundEvent }) {
  const failure = event.error as InboundFailure | null;
  const effects = event.effects as Effect[];
  return (
    <Panel title="What came of it">
      {failure !== null && (
        <div role="alert">
          <Text size="sm" fw={600}>
            {failure.message}
          </Text>
          <Text size="xs" c="dimmed" ff="monospace">
            {failure.code}
            {failure.trigger_name && ` · in the trigger ${failure.trigger_name}`}
          </Text>
        </div>
      )}
      {failure === null && event.status !== 'PROCESSED' && (
        <Text size="sm" c="dimmed">
          A worker will come to it. This page shows it by itself.
        </Text>
      )}
      {event.status === 'PROCESSED' && effects.length === 0 && (
        <Text size="sm" c="dimmed">
          No trigger of the source was for it.
        </Text>
      )}
      <Stack gap={6}>
        {effects.map((effect, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they stand in the order in which they acted
          <Text key={i} size="sm" component="div">
            {effect.trigger_name && <b>{effect.trigger_name}: </b>}
            {spokenEffect(effect)}
            {effect.job_id && (
              <>
                {' · '}
                <TextLink to="/jobs/$jobId" params={{ jobId: effect.job_id }} size="sm" underline="always">
                  Open the job
                </TextLink>
              </>
            )}
            {effect.effect === 'no_effect' && (
              <Text size="xs" c="dimmed">
                {effect.message}
              </Text>
            )}
          </Text>
        ))}
      </Stack>
    </Panel>
  );
}

type View = 'payload' | 'raw';

function Content({ event }: { event: InboundEvent }) {
  const [view, setView] = useState<View>('payload');
  const payload = event.payload as InboundEvent['payload'] | null;
  return (
    <Panel
      title="Body"
      beside={
        event.body !== null && (
          <SegmentedControl
            size="xs"
            aria-label="Show the body as"
            data={[
              { value: 'payload', label: 'Tree' },
              { value: 'raw', label: 'As it came' },
            ]}
            value={view}
            onChange={(value) => setView(value as View)}
          />
        )
      }
    >
      {event.body === null && event.replay_of === null && (
        <Text size="sm" c="dimmed">
          The body of a request that was refused is not kept.
        </Text>
      )}
      {view === 'payload' && payload !== null && <JsonTree value={payload} label="Payload" />}
      {(view === 'raw' || payload === null) && event.body !== null && (
        <JsonView value={event.body} label={`Body as ${event.body_encoding}`} maxHeight={480} />
      )}
    </Panel>
  );
}
