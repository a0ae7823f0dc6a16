// What was due to subscribers and what became of it, found by what it is, and sent again.
import { Button, Group, Select, Skeleton, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconReload, IconSend } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Resource } from '../../api/client.ts';
import { keepsFromShowing } from '../../api/problem.ts';
import { ClearFilter } from '../../elements/clear-filter.tsx';
import { Empty } from '../../elements/empty.tsx';
import { ButtonLink } from '../../elements/links.tsx';
import list from '../../elements/list-table.module.css';
import { Moment } from '../../elements/moment.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { StatusBadge } from '../../elements/status-badge.tsx';
import filters from '../../jobs/job-filters.module.css';
import { DELIVERY_STATUSES, type DeliveryFilter } from '../integration-filters.ts';
import { deliveriesQuery, useMay } from '../integration-requests.ts';
import { IntegrationsFrame } from '../integrations-frame.tsx';
import row from '../sources/triggers.module.css';
import { ReplayMany } from './replay-many.tsx';
import { useNames } from './target-names.ts';

const STATUSES = DELIVERY_STATUSES.map((value) => ({
  value,
  label: value.slice(0, 1) + value.slice(1).toLowerCase(),
}));

const TIMES = [
  { value: '1', label: 'Last hour' },
  { value: '24', label: 'Last 24 hours' },
  { value: '168', label: 'Last 7 days' },
  { value: '720', label: 'Last 30 days' },
];

export function DeliveriesPage() {
  const filter = useSearch({ from: '/admin/integrations/deliveries' });
  const navigate = useNavigate({ from: '/admin/integrations/deliveries' });
  const [replayOpen, replay] = useDisclosure();
  const mayReplay = useMay()('delivery.write');
  const deliveries = useInfiniteQuery(deliveriesQuery(filter));
  const rows = deliveries.data?.pages.flatMap(({ items }) => items) ?? [];
  const filtered = Object.values(filter).some((value) => value !== undefined);
  return (
    <IntegrationsFrame
      tab="Deliveries"
      description="What was due to subscribers, and what became of it. Newest first."
      actions={
        mayReplay &&
        (rows.length > 0 || filtered) && (
          <Button variant="default" leftSection={<IconReload size={16} />} onClick={replay.open}>
            Replay …
          </Button>
        )
      }
    >
      {(filtered || rows.length > 0) && (
        <Filters filter={filter} onChange={(search) => void navigate({ search, replace: true })} />
      )}
      {deliveries.isError && (
        <ProblemNote error={deliveries.error} onRetry={() => void deliveries.refetch()} />
      )}
      {!keepsFromShowing(deliveries) && (
        <Panel flush>
          {deliveries.isPending && <Skeleton height={140} m="md" w="auto" />}
          {deliveries.data && rows.length === 0 && (
            <Empty
              icon={IconSend}
              title={
                deliveries.hasNextPage
                  ? 'None of the newest deliveries is like that'
                  : filtered
                    ? 'No delivery is like that'
                    : 'Nothing was due to anybody yet'
              }
              action={
                filtered ? (
                  <Button variant="default" onClick={() => void navigate({ search: {} })}>
                    Show all deliveries
                  </Button>
                ) : (
                  <ButtonLink to="/admin/integrations/subscriptions" search={{}}>
                    Go to the subscriptions
                  </ButtonLink>
                )
              }
            >
              {filtered
                ? 'Look for less, or for a longer time.'
                : 'When something happens that a subscription waits for, a delivery is made, once, and stands here.'}
            </Empty>
          )}
          {rows.length > 0 && <DeliveryTable rows={rows} />}
        </Panel>
      )}
      {deliveries.hasNextPage && (
        <Button
          mt="md"
          variant="default"
          loading={deliveries.isFetchingNextPage}
          onClick={() => void deliveries.fetchNextPage()}
        >
          Show older deliveries
        </Button>
      )}
      <ReplayMany filter={filter} opened={replayOpen} onClose={replay.close} />
    </IntegrationsFrame>
  );
}

function Filters({ filter, onChange }: { filter: DeliveryFilter; onChange(filter: DeliveryFilter): void }) {
  const { subscriptions, connections, endpoints } = useNames();
  const target = filter.connection ?? filter.endpoint ?? null;
  const isEndpoint = (id: string) => endpoints.some((one) => one.id === id);
  return (
    <search>
      <Group className={filters.filters}>
        <Select
          aria-label="Subscription"
          placeholder="Any subscription"
          data={subscriptions.map(({ id, name }) => ({ value: id, label: name }))}
          value={filter.subscription ?? null}
          onChange={(value) => onChange({ ...filter, subscription: value ?? undefined })}
          clearable
          searchable
        />
        <Select
          aria-label="Connection or endpoint"
          placeholder="To anybody"
          data={[
            {
              group: 'Connections',
              items: connections.map(({ id, connection_name: label }) => ({ value: id, label })),
            },
            { group: 'Endpoints', items: endpoints.map(({ id, url }) => ({ value: id, label: url })) },
          ]}
          value={target}
          onChange={(value) =>
            onChange({
              ...filter,
              connection: value !== null && !isEndpoint(value) ? value : undefined,
              endpoint: value !== null && isEndpoint(value) ? value : undefined,
            })
          }
          clearable
          searchable
        />
        <Select
          aria-label="Status"
          placeholder="Any status"
          data={STATUSES}
          value={filter.status ?? null}
          onChange={(value) =>
            onChange({ ...filter, status: (value as DeliveryFilter['status']) ?? undefined })
          }
          clearable
        />
        <Select
          aria-label="Made"
          placeholder="Any time"
          data={TIMES}
          value={filter.hours === undefined ? null : String(filter.hours)}
          onChange={(value) => onChange({ ...filter, hours: value === null ? undefined : Number(value) })}
          clearable
        />
        <ClearFilter filter={filter} onClear={() => onChange({})} />
      </Group>
    </search>
  );
}

function DeliveryTable({ rows }: { rows: readonly Resource<'ListedDelivery'>[] }) {
  const names = useNames();
  return (
    <table className={list.table}>
      <thead>
        <tr>
          <th>Subscription</th>
          <th>To</th>
          <th>Attempts</th>
          <th>Status</th>
          <th>Made</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((delivery) => {
          const error = delivery.error as { message?: string } | null;
          return (
            <tr key={delivery.id}>
              <td>
                <Link
                  to="/admin/integrations/deliveries/$deliveryId"
                  params={{ deliveryId: delivery.id }}
                  className={list.opens}
                >
                  {names.subscription(delivery.subscription_id)}
                </Link>
                <Text size="xs" c="dimmed">
                  {delivery.kind.replaceAll('_', ' ')}
                </Text>
                <div className={list.under}>{names.target(delivery)}</div>
              </td>
              <td className={list.wide}>
                <span className={row.clip} title={names.target(delivery)}>
                  {names.target(delivery)}
                </span>
                {error?.message && (
                  <Text span size="xs" c="dimmed" className={row.clip} title={error.message}>
                    {error.message}
                  </Text>
                )}
              </td>
              <td className={`${list.wide} ${list.number}`}>{delivery.attempts}</td>
              <td className={list.last}>
                <StatusBadge status={delivery.status} />
                <div className={list.under}>
                  <Moment at={delivery.created_at} />
                </div>
              </td>
              <td className={list.wide}>
                <Moment at={delivery.created_at} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
