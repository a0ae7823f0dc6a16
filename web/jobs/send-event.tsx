// The form that sends an event to a job. The job must stand where the page shows it, or nothing is sent.
import { Autocomplete, Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconSend2 } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answerOf, api, type Resource } from '../api/client.ts';
import { type ApiProblem, asProblem } from '../api/problem.ts';
import { JsonField, parseJsonObject } from '../elements/json-field.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';

export function SendEvent({
  job,
  type,
  onType,
}: {
  job: Resource<'Job'>;
  type: string;
  onType(type: string): void;
}) {
  const [payload, setPayload] = useState('');
  const queries = useQueryClient();
  const parsed = parseJsonObject(payload);
  const send = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/jobs/{id}/events', {
          params: { path: { id: job.id } },
          body: {
            type: type.trim(),
            ...(parsed.ok && { payload: parsed.value }),
            expected_revision: job.revision,
          },
        }),
      ),
    onSuccess: ({ transition: { from, to } }) => {
      notifications.show({
        title: `${type.trim()} was taken`,
        message: from === to ? `The job stays in ${to}.` : `The job moved from ${from} to ${to}.`,
      });
      onType('');
      setPayload('');
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['job', job.id] }),
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (type.trim() !== '' && parsed.ok) send.mutate();
  }

  return (
    <Panel title="Send an event">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Autocomplete
            label="Type"
            placeholder={job.next_events[0] ?? 'EVENT'}
            data={job.next_events.filter((one) => !one.includes('*'))}
            value={type}
            onChange={onType}
          />
          <JsonField label="Payload" placeholder="{ }" value={payload} onChange={setPayload} />
          {send.isError && (
            <>
              <ProblemNote error={send.error} />
              <Refusals problem={asProblem(send.error)} />
            </>
          )}
          <Button
            type="submit"
            leftSection={<IconSend2 size={16} />}
            loading={send.isPending}
            disabled={type.trim() === '' || !parsed.ok}
          >
            Send
          </Button>
        </Stack>
      </form>
    </Panel>
  );
}

/** Which guard said no, with this very payload. */
function Refusals({ problem }: { problem: ApiProblem }) {
  const verdicts = (problem.members.verdicts ?? []) as {
    pointer: string;
    guard: string | null;
    message: string;
  }[];
  return verdicts.map(({ pointer, guard, message }) => (
    <Text key={pointer} size="sm">
      <code>{guard}</code>: {message}
    </Text>
  ));
}
