// Asks for a name.
import { Button, Group, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Dialog } from './dialog.tsx';
import { useChange } from './use-change.ts';

/** Open while it is rendered. */
export function NameDialog({
  title,
  action,
  name: given = '',
  onSubmit,
  onClose,
}: {
  title: string;
  action: string;
  name?: string;
  onSubmit(name: string): Promise<unknown>;
  onClose(): void;
}) {
  const [name, setName] = useState(given);
  const change = useChange(onSubmit, onClose);

  function submit(event: FormEvent) {
    event.preventDefault();
    change.mutate(name.trim());
  }

  return (
    <Dialog onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={200}
            data-autofocus
            required
            withAsterisk={false}
          />
          {change.isError && <ProblemNote error={change.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={change.isPending} disabled={name.trim() === ''}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
