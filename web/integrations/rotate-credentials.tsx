// New credentials for a connection: all of them anew, as none of the old ones can be read back.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { asProblem } from '../api/problem.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { rotateCredentials } from './connection-requests.ts';
import {
  CredentialFields,
  credentialsOf,
  emptyValues,
  type FieldValues,
  isFilledIn,
} from './credential-fields.tsx';

interface Props {
  connection: Resource<'Connection'>;
  provider: Resource<'Provider'>;
  opened: boolean;
  onClose(): void;
}

export function RotateCredentials(props: Props) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={`Rotate the credentials of ${props.connection.connection_name}`}
    >
      <Form {...props} />
    </Modal>
  );
}

function Form({ connection, provider, onClose }: Props) {
  const { fields } = provider;
  const [values, setValues] = useState<FieldValues>(() => ({
    ...emptyValues(fields),
    ...shown(connection, fields),
  }));
  const queries = useQueryClient();
  const rotate = useMutation({
    mutationFn: () => rotateCredentials(connection.id, credentialsOf(values)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['connections'] });
      notifications.show({ message: `${connection.connection_name} uses the new credentials from now on.` });
      onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    rotate.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          Give all secrets anew. The next attempt uses them; one that is under way ends with the old ones.
        </Text>
        <CredentialFields
          provider={provider}
          values={values}
          problem={rotate.isError ? asProblem(rotate.error) : null}
          onChange={setValues}
        />
        {rotate.isError && <ProblemNote error={rotate.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={rotate.isPending} disabled={!isFilledIn(fields, values)}>
            Rotate
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What is no secret stays as it is unless somebody changes it. */
function shown(connection: Resource<'Connection'>, fields: Resource<'Provider'>['fields']): FieldValues {
  return Object.fromEntries(
    fields
      .filter(({ name, secret }) => !secret && connection.fields[name] !== undefined)
      .map(({ name }) => [name, String(connection.fields[name])]),
  );
}
