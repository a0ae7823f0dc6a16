// A design becomes a workflow: its name, what it is for, and where it belongs.
import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { asProblem } from '../../api/problem.ts';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { createWorkflow, modulesQuery } from '../designer-requests.ts';
import type { Design } from '../document/history.ts';

export function CreateWorkflow({
  opened,
  design,
  suggestion,
  onClose,
  onCreated,
}: {
  opened: boolean;
  design: Design;
  suggestion: string;
  onClose(): void;
  onCreated(name: string): void;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title="Save as a workflow">
      {opened && (
        <CreateForm design={design} suggestion={suggestion} onClose={onClose} onCreated={onCreated} />
      )}
    </Modal>
  );
}

function CreateForm({
  design,
  suggestion,
  onClose,
  onCreated,
}: {
  design: Design;
  suggestion: string;
  onClose(): void;
  onCreated(name: string): void;
}) {
  const queries = useQueryClient();
  const [name, setName] = useState(suggestion);
  const [description, setDescription] = useState('');
  const [scope, setScope] = useState<string | null>(null);
  const modules = useQuery(modulesQuery);
  const create = useMutation({
    mutationFn: () =>
      createWorkflow({ name: name.trim(), description, scope }, design.definition, design.places),
    onSuccess: async ({ name: created }) => {
      onCreated(created);
      await queries.invalidateQueries({ queryKey: ['workflows'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const taken = create.isError && asProblem(create.error).code === 'workflow_name_taken';
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          description="Jobs are started by it, and it stays."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={taken ? asProblem(create.error).message : undefined}
          required
          maxLength={100}
          data-autofocus
        />
        <Textarea
          label="Description"
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
          autosize
          minRows={2}
          maxLength={4_000}
        />
        {modules.data && modules.data.length > 0 && (
          <Select
            label="Belongs to"
            placeholder="the organisation"
            description="Which connections serve it, and who is told of its jobs, may depend on this."
            data={modules.data.map(({ id, name: label }) => ({ value: id, label }))}
            value={scope}
            onChange={setScope}
            clearable
            searchable
          />
        )}
        {create.isError && !taken && <ProblemNote error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
