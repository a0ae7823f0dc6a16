// Deleting a connection. Where something uses it, that is said first, with what would come of it.
import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { deleteConnection } from './connection-requests.ts';
import { UsesList } from './connections/uses-list.tsx';

interface Props {
  connection: Resource<'Connection'>;
  opened: boolean;
  onClose(): void;
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
        <div role="alert">
          <Text size="sm" fw={600} mb={4}>
            It is in use
          </Text>
          <UsesList uses={problem.members as unknown as Resource<'ConnectionUses'>} />
        </div>
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
