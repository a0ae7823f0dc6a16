// Another secret for a source. For a while both are accepted, so that nothing is refused while the sender is told.
import { Button, Group, Modal, NumberInput, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { Moment } from '../../elements/moment.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { SecretOnce } from '../../elements/secret-once.tsx';
import { rotateSource } from './source-requests.ts';

interface Props {
  source: Resource<'Source'>;
  kind: Resource<'SourceKind'>;
  opened: boolean;
  onClose(): void;
}

export function RotateSource(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={`Rotate the secret of ${props.source.name}`}>
      <Form {...props} />
    </Modal>
  );
}

const OVERLAP_HOURS = 24;
const OVERLAP_HOURS_MAX = 168;

function Form({ source, kind, onClose }: Props) {
  const [secret, setSecret] = useState('');
  const [hours, setHours] = useState<number | string>(OVERLAP_HOURS);
  const queries = useQueryClient();
  const rotate = useMutation({
    mutationFn: () =>
      rotateSource(source.id, {
        overlap_hours: Number(hours || 0),
        ...(secret.trim() !== '' && { secret: secret.trim() }),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['sources'] }),
  });
  const mustEnter = kind.secret.made_by === 'vendor';

  function submit(event: FormEvent) {
    event.preventDefault();
    rotate.mutate();
  }

  if (rotate.data) {
    const { secret: made, previous_secret_until: until } = rotate.data;
    return (
      <Stack>
        {made !== undefined && <SecretOnce secret={made} />}
        <Text size="sm">
          {until === null ? (
            'The secret before is refused from now on.'
          ) : (
            <>
              The secret before is accepted too; that ends <Moment at={until} />. Change it at the sender
              before then.
            </>
          )}
        </Text>
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <PasswordInput
          label={kind.secret.label}
          description={mustEnter ? kind.secret.help : 'Leave it empty, and one is made for you.'}
          placeholder={mustEnter ? undefined : 'Made for you'}
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <NumberInput
          label="Hours in which both are accepted"
          description="0 when the secret before is known to strangers."
          value={hours}
          onChange={setHours}
          min={0}
          max={OVERLAP_HOURS_MAX}
        />
        {rotate.isError && <ProblemNote error={rotate.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={rotate.isPending} disabled={mustEnter && secret.trim() === ''}>
            Rotate
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
