// Another key for the organisation. For a while both sign, so that receivers have time to read the public keys again.
import { Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { endpointsQuery, signingKeysQuery } from '../integration-requests.ts';
import { rotateSigningKey } from './endpoint-requests.ts';

const OVERLAP_HOURS = 24;
const OVERLAP_HOURS_MAX = 168;

export function RotateSigningKey({ onClose }: { onClose(): void }) {
  const [hours, setHours] = useState<number | string>(OVERLAP_HOURS);
  const { data: endpoints } = useQuery(endpointsQuery);
  const queries = useQueryClient();
  const rotate = useMutation({
    mutationFn: () => rotateSigningKey(Number(hours || 0)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: signingKeysQuery.queryKey });
      onClose();
    },
  });
  const signed = endpoints?.filter((endpoint) => endpoint.signed_by !== 'secret').length ?? 0;
  const isAtOnce = Number(hours || 0) === 0;

  function submit(event: FormEvent) {
    event.preventDefault();
    rotate.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">
          {signed === 1 ? 'One endpoint is' : `${signed} endpoints are`} signed by it.{' '}
          {isAtOnce
            ? 'Their receivers refuse what they are sent until they have read the public keys again.'
            : 'Their receivers have to read the public keys again while both sign.'}
        </Text>
        <NumberInput
          label="Hours in which both sign"
          description="0 when the key before is known to strangers."
          value={hours}
          onChange={setHours}
          min={0}
          max={OVERLAP_HOURS_MAX}
          data-autofocus
        />
        {rotate.isError && <ProblemNote error={rotate.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={rotate.isPending} {...(isAtOnce && { color: 'red' })}>
            Rotate
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
