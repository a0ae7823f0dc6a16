// Ending a job where it stands.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answerOf, api, type Resource } from '../api/client.ts';
import { ProblemNote } from '../elements/problem-note.tsx';

export function CancelJob({
  job,
  opened,
  onClose,
}: {
  job: Resource<'Job'>;
  opened: boolean;
  onClose(): void;
}) {
  const [reason, setReason] = useState('');
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/jobs/{id}/cancel', {
          params: { path: { id: job.id } },
          body: reason.trim() === '' ? {} : { reason: reason.trim() },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['job', job.id] });
      onClose();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    cancel.mutate();
  }

  return (
    <Modal opened={opened} onClose={onClose} title="Cancel this job?">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            It ends in <b>{job.current_state}</b>, and takes no more events. Its timers are removed. Actions
            of transitions that are committed still go out.
          </Text>
          <TextInput
            label="Reason"
            placeholder="Optional; kept in the log"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
          {cancel.isError && <ProblemNote error={cancel.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Let it run
            </Button>
            <Button type="submit" color="red" loading={cancel.isPending}>
              Cancel the job
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
