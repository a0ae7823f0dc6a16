// The name of a connection and what it may have at most.
import { Button, Checkbox, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { changeConnection } from './connection-requests.ts';

interface Props {
  connection: Resource<'Connection'>;
  opened: boolean;
  onClose(): void;
}

export function EditConnection(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={`Edit ${props.connection.connection_name}`}>
      <Form {...props} />
    </Modal>
  );
}

/** What is left empty goes. */
const numberOf = (value: number | string): number | null => (value === '' ? null : Number(value));

function Form({ connection, onClose }: Props) {
  const settings = connection.settings as Resource<'ConnectionSettings'>;
  const [name, setName] = useState(connection.connection_name);
  const [concurrency, setConcurrency] = useState<number | string>(settings.concurrency ?? '');
  const limit = settings.rate_limit === 'none' ? undefined : settings.rate_limit;
  const [unlimited, setUnlimited] = useState(settings.rate_limit === 'none');
  const [burst, setBurst] = useState<number | string>(limit?.burst ?? '');
  const [perSecond, setPerSecond] = useState<number | string>(limit?.per_second ?? '');
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const rate = numberOf(perSecond);
      const wanted = rate === null ? null : { per_second: rate, burst: numberOf(burst) };
      return changeConnection(connection.id, {
        connection_name: name,
        settings: { concurrency: numberOf(concurrency), rate_limit: unlimited ? 'none' : wanted },
      });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['connections'] });
      onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          description="Workflows know the connection by its id: a new name breaks nothing."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          withAsterisk={false}
          data-autofocus
        />
        <NumberInput
          label="Requests at once"
          description="At most so many are in flight. Empty: what the provider allows."
          value={concurrency}
          onChange={setConcurrency}
          min={1}
          max={1_000}
          allowDecimal={false}
          placeholder="As the provider allows"
        />
        <NumberInput
          label="Requests per second"
          description="Empty: what the provider allows."
          value={perSecond}
          onChange={setPerSecond}
          min={0.0001}
          max={10_000}
          disabled={unlimited}
          placeholder="As the provider allows"
        />
        <NumberInput
          label="At once after a pause"
          description="With requests per second. Empty: as the provider allows, else as many as go in a second."
          value={burst}
          onChange={setBurst}
          min={1}
          max={10_000}
          allowDecimal={false}
          disabled={unlimited || perSecond === ''}
        />
        <Checkbox
          label="No rate, whatever the provider’s default is"
          checked={unlimited}
          onChange={(event) => setUnlimited(event.currentTarget.checked)}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
