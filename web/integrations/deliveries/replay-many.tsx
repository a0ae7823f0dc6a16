// Sends many deliveries again: all that failed, or those of a time, a subscription, a receiver.
import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { ProblemNote } from '../../elements/problem-note.tsx';
import type { DeliveryFilter } from '../integration-filters.ts';
import { hoursAgo } from '../integration-requests.ts';
import { replayDeliveries } from './delivery-requests.ts';
import { useNames } from './target-names.ts';

interface Props {
  filter: DeliveryFilter;
  opened: boolean;
  onClose(): void;
}

export function ReplayMany(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Replay deliveries">
      <Form {...props} />
    </Modal>
  );
}

type Status = NonNullable<Resource<'ReplayDeliveries'>['statuses']>[number];
const OVER: readonly { value: Status; label: string; help: string }[] = [
  { value: 'FAILED', label: 'Failed', help: 'for good' },
  { value: 'SKIPPED', label: 'Skipped', help: 'not wanted when their turn came' },
  { value: 'UNKNOWN', label: 'Unknown', help: 'they may have arrived' },
  { value: 'SUCCEEDED', label: 'Succeeded', help: 'they did arrive' },
];

/** As a field for local times takes it. */
const localTime = (iso: string | undefined): string => {
  if (iso === undefined) return '';
  const at = new Date(iso);
  const MINUTE_MS = 60_000;
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
};
const isoTime = (local: string): string | undefined =>
  local === '' ? undefined : new Date(local).toISOString();

function Form({ filter, onClose }: Props) {
  const [statuses, setStatuses] = useState<string[]>(
    OVER.some(({ value }) => value === filter.status) ? [filter.status as string] : ['FAILED'],
  );
  const [after, setAfter] = useState(localTime(hoursAgo(filter.hours)));
  const [before, setBefore] = useState('');
  const names = useNames();
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () =>
      replayDeliveries({
        statuses: statuses as Status[],
        ...(filter.subscription !== undefined && { subscription_id: filter.subscription }),
        ...(filter.connection !== undefined && { connection_id: filter.connection }),
        ...(filter.endpoint !== undefined && { endpoint_id: filter.endpoint }),
        ...(after !== '' && { created_after: isoTime(after) }),
        ...(before !== '' && { created_before: isoTime(before) }),
      }),
    onSuccess: async (count) => {
      await queries.invalidateQueries({ queryKey: ['deliveries'] });
      notifications.show({
        message:
          count === 0
            ? 'There was none to send again.'
            : `${count} ${count === 1 ? 'delivery goes' : 'deliveries go'} out once more, oldest first.`,
      });
      onClose();
    },
  });
  const of = [
    filter.subscription && `of “${names.subscription(filter.subscription)}”`,
    (filter.connection || filter.endpoint) &&
      `to ${names.target({ connection_id: filter.connection ?? null, endpoint_id: filter.endpoint ?? null })}`,
  ].filter(Boolean);

  function submit(event: FormEvent) {
    event.preventDefault();
    replay.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          {of.length === 0 ? 'Of all subscriptions, to all receivers. ' : `Only those ${of.join(' ')}. `}
          Each goes out under the id it had, so a receiver that knows it can tell.
        </Text>
        <Checkbox.Group label="Those that are" value={statuses} onChange={setStatuses}>
          <Stack gap={8} mt={6}>
            {OVER.map(({ value, label, help }) => (
              <Checkbox key={value} value={value} label={`${label}: ${help}`} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group grow align="flex-end">
          <TextInput
            type="datetime-local"
            label="Made after"
            value={after}
            onChange={(event) => setAfter(event.currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label="Made before"
            value={before}
            onChange={(event) => setBefore(event.currentTarget.value)}
          />
        </Group>
        {replay.isError && <ProblemNote error={replay.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={replay.isPending} disabled={statuses.length === 0}>
            Replay
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
