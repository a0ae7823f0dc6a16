// The name and the settings of a source.
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { asProblem } from '../../api/problem.ts';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { ConfigFields, configChangeOf, configValues } from './config-fields.tsx';
import { changeSource } from './source-requests.ts';

interface Props {
  source: Resource<'Source'>;
  kind: Resource<'SourceKind'>;
  opened: boolean;
  onClose(): void;
}

export function EditSource(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={`Edit ${props.source.name}`}>
      <Form {...props} />
    </Modal>
  );
}

function Form({ source, kind, onClose }: Props) {
  const [name, setName] = useState(source.name);
  const [values, setValues] = useState(() => configValues(kind, source.config));
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => changeSource(source.id, { name: name.trim(), config: configChangeOf(values) }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['sources'] });
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
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          withAsterisk={false}
          data-autofocus
        />
        <ConfigFields
          kind={kind}
          values={values}
          problem={save.isError ? asProblem(save.error) : null}
          onChange={setValues}
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
