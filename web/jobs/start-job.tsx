// Starting a job of a published workflow.
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useCallback, useMemo, useState } from 'react';
import { answerOf, api, type Resource } from '../api/client.ts';
import { useRequestKey } from '../api/request-key.ts';
import { JsonField, parseJsonObject } from '../elements/json-field.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';

/** Whether the dialog is open, and for which workflow. */
export function useStartJob(workflow?: string) {
  const [opened, setOpened] = useState(false);
  const open = useCallback(() => setOpened(true), []);
  const onClose = useCallback(() => setOpened(false), []);
  return useMemo(() => ({ open, props: { opened, onClose, workflow } }), [open, opened, onClose, workflow]);
}

interface StartJobProps {
  opened: boolean;
  onClose(): void;
  workflow: string | undefined;
  workflows: readonly Resource<'Workflow'>[];
}

export function StartJob(props: StartJobProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Start a job" size="md">
      {/* Inside, so that each time begins anew. */}
      <Form {...props} />
    </Modal>
  );
}

function Form({ onClose, workflow: given, workflows }: StartJobProps) {
  const startable = workflows.filter(
    ({ published_version: version, archived_at: archived }) => version !== null && archived === null,
  );
  const [workflow, setWorkflow] = useState(given ?? startable[0]?.name ?? null);
  const [key, setKey] = useState('');
  const [input, setInput] = useState('');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const keyOf = useRequestKey();
  const parsed = parseJsonObject(input);

  const start = useMutation({
    mutationFn: () => {
      const body = {
        workflow: workflow ?? '',
        ...(key.trim() !== '' && { key: key.trim() }),
        ...(parsed.ok && { input: parsed.value }),
      };
      return answerOf(api.POST('/api/v1/jobs', { params: { header: keyOf(body) }, body }));
    },
    onSuccess: async ({ job }) => {
      await queries.invalidateQueries({ queryKey: ['jobs'] });
      onClose();
      await navigate({ to: '/jobs/$jobId', params: { jobId: job.id } });
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (parsed.ok && workflow !== null) start.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Select
          label="Workflow"
          data={startable.map(({ name }) => name)}
          value={workflow}
          onChange={setWorkflow}
          allowDeselect={false}
          searchable
          openOnFocus={false}
          data-autofocus
          nothingFoundMessage="No published workflow has that name"
        />
        <TextInput
          label="Key"
          description="Of your own, such as an order number. One live job per workflow may hold it."
          placeholder="Optional"
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <JsonField
          label="Input"
          description="A JSON object, laid over the context that the definition begins with."
          placeholder={'{ "amount": 120 }'}
          value={input}
          onChange={setInput}
        />
        {start.isError && <ProblemNote error={start.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={start.isPending} disabled={workflow === null || !parsed.ok}>
            Start
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
