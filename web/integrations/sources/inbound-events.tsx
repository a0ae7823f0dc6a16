// What a source received lately, and what became of it.
import { Button, Group, Select, Skeleton, Text, TextInput } from '@mantine/core';
import { IconInbox } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { Empty } from '../../elements/empty.tsx';
import list from '../../elements/list-table.module.css';
import { Moment } from '../../elements/moment.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { StatusBadge } from '../../elements/status-badge.tsx';
import { INBOUND_STATUSES } from '../integration-filters.ts';
import { inboundEventsQuery } from '../integration-requests.ts';
import { spokenOutcome } from './spoken-outcome.ts';

const STATUSES = INBOUND_STATUSES.map((value) => ({
  value,
  label: value.slice(0, 1) + value.slice(1).toLowerCase(),
}));

export function InboundEvents({ sourceId }: { sourceId: string }) {
  const from = '/admin/integrations/sources/$sourceId';
  const { status, type } = useSearch({ from });
  const navigate = useNavigate({ from });
  const [text, setText] = useState(type ?? '');
  const events = useInfiniteQuery(inboundEventsQuery({ source: sourceId, status, type }));
  const rows = events.data?.pages.flatMap(({ items }) => items) ?? [];
  const filtered = status !== undefined || type !== undefined;
  useEffect(() => setText(type ?? ''), [type]);

  const look = (search: { status?: typeof status; type?: typeof type }) =>
    void navigate({ search: { status, type, ...search }, replace: true, resetScroll: false });
  return (
    <Panel
      title="Events"
      flush
      beside={
        <Group gap="xs">
          <TextInput
            size="xs"
            w={150}
            aria-label="Event type"
            placeholder="Any type"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onBlur={() => text !== (type ?? '') && look({ type: text || undefined })}
            onKeyDown={(event) => event.key === 'Enter' && look({ type: text || undefined })}
          />
          <Select
            size="xs"
            w={130}
            aria-label="Status"
            placeholder="Any status"
            data={STATUSES}
            value={status ?? null}
            onChange={(value) => look({ status: (value as typeof status) ?? undefined })}
            clearable
          />
        </Group>
      }
    >
      {events.isError && <ProblemNote error={events.error} onRetry={() => void events.refetch()} />}
      {events.isPending && <Skeleton height={90} m="md" w="auto" />}
      {events.data && rows.length === 0 && (
        <Empty
          icon={IconInbox}
          title={
            events.hasNextPage
              ? 'None of the newest events is like that'
              : filtered
                ? 'No event is like that'
                : 'Nothing has arrived yet'
          }
        >
          {filtered
            ? 'A type is compared whole, as the page of an event shows it.'
            : 'Send something from the other side. It appears here by itself, also when it is refused.'}
        </Empty>
      )}
      {rows.length > 0 && <EventTable events={rows} />}
      {events.hasNextPage && (
        <Button
          m="md"
          variant="default"
          size="xs"
          loading={events.isFetchingNextPage}
          onClick={() => void events.fetchNextPage()}
        >
          Show older events
        </Button>
      )}
    </Panel>
  );
}

function EventTable({ events }: { events: readonly Resource<'ListedInboundEvent'>[] }) {
  return (
    <table className={list.table}>
      <thead>
        <tr>
          <th>Type</th>
          <th>Came to</th>
          <th>Status</th>
          <th>Received</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.id}>
            <td>
              <Link
                to="/admin/integrations/events/$eventId"
                params={{ eventId: event.id }}
                className={list.opens}
              >
                {event.event_type ?? 'refused'}
              </Link>
              {event.replay_of !== null && (
                <Text span size="xs" c="dimmed">
                  {' '}
                  another try
                </Text>
              )}
              <div className={list.under}>{spokenOutcome(event)}</div>
            </td>
            <td className={list.wide}>
              <Text span size="sm" c="dimmed">
                {spokenOutcome(event)}
              </Text>
            </td>
            <td className={list.last}>
              <StatusBadge status={event.status} />
              <div className={list.under}>
                <Moment at={event.received_at} />
              </div>
            </td>
            <td className={list.wide}>
              <Moment at={event.received_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
