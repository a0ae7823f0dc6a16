// Deleting a connection. Where something uses it, that is said first, with what would come of it.
import { Button, Checkbox, Group, List, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { TextLink } from '../elements/links.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { deleteConnection } from './connection-requests.ts';

interface Props {
  connection: Resource<'Connection'>;
  opened: boolean;
  onClose(): void;
}

interface User {
  name: string;
  version: number;
  published: boolean;
  has_live_jobs: boolean;
}

interface Named {
  id: string;
  name: string;
}

export function DeleteConnection(props: Props) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={`Delete ${props.connection.connection_name}?`}
    >
      <Form {...props} />
    </Modal>
  );
}

function Form({ connection, onClose }: Props) {
  const [all, setAll] = useState(false);
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteConnection(connection.id, all),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['connections'] });
      notifications.show({
        message: `${connection.connection_name} is deleted, and its credentials with it.`,
      });
      onClose();
    },
  });
  const problem = remove.isError ? asProblem(remove.error) : null;
  const inUse = problem?.code === 'connection_in_use';
  return (
    <Stack>
      <Text size="sm">
        Its credentials are erased and cannot be brought back. Where a workflow that is published or has jobs
        that run, a subscription or a scheduled export uses the connection, you are asked first.
      </Text>
      {inUse && (
        <Users
          users={(problem.members.workflows ?? []) as User[]}
          subscriptions={(problem.members.subscriptions ?? []) as Named[]}
          exports={(problem.members.metering_exports ?? []) as Named[]}
        />
      )}
      {inUse && (
        <Checkbox
          label="Delete it all the same: what uses it fails from then on"
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      )}
      {problem && !inUse && <ProblemNote error={problem} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button
          color="red"
          loading={remove.isPending}
          disabled={inUse && !all}
          onClick={() => remove.mutate()}
        >
          Delete
        </Button>
      </Group>
    </Stack>
  );
}

function Users({
  users,
  subscriptions,
  exports,
}: {
  users: readonly User[];
  subscriptions: readonly Named[];
  exports: readonly Named[];
}) {
  return (
    <div role="alert">
      <Text size="sm" fw={600}>
        It is in use
      </Text>
      <List size="sm">
        {users.map(({ name, version, published, has_live_jobs: live }) => (
          <List.Item key={`${name} ${version}`}>
            <TextLink
              to="/workflows/$workflow"
              params={{ workflow: name }}
              search={{ version }}
              size="sm"
              underline="always"
            >
              {name} v{version}
            </TextLink>
            {`, ${[published && 'published', live && 'with jobs that run'].filter(Boolean).join(', ')}`}
          </List.Item>
        ))}
        {subscriptions.map(({ id, name }) => (
          <List.Item key={id}>
            <TextLink
              to="/admin/integrations/subscriptions/$subscriptionId"
              params={{ subscriptionId: id }}
              search={{}}
              size="sm"
              underline="always"
            >
              {name}
            </TextLink>
            , a subscription
          </List.Item>
        ))}
        {exports.map(({ id, name }) => (
          <List.Item key={id}>
            <TextLink to="/metering" search={{}} size="sm" underline="always">
              {name}
            </TextLink>
            , a scheduled export of the metering
          </List.Item>
        ))}
      </List>
    </div>
  );
}
