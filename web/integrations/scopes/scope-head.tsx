// A scope by its name, and what can be done with it: put something into it, rename it, delete it.
import { Button, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { meQuery } from '../../api/queries.ts';
import { Confirm } from '../../elements/confirm.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { useMay } from '../integration-requests.ts';
import { CHILD_KIND, type FlatScope } from './flat-scopes.ts';
import { changeScope, createScope, deleteScope } from './scope-requests.ts';

export function ScopeHead({ scope, scopes }: { scope: FlatScope | null; scopes: readonly FlatScope[] }) {
  const [dialog, setDialog] = useState<'add' | 'rename' | 'delete' | null>(null);
  const { data: me } = useQuery(meQuery);
  const mayWrite = useMay()('scope.write');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const changed = () => queries.invalidateQueries({ queryKey: ['scopes'] });
  const look = (id: string | undefined) =>
    navigate({ to: '/admin/integrations/scopes', search: { scope: id } });
  const childKind = CHILD_KIND[scope?.kind ?? 'organisation'];
  const close = () => setDialog(null);
  const above = scopes.find(({ id }) => id === scope?.parentId);
  return (
    <div>
      <Group justify="space-between" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Title order={2} size="1.15rem" style={{ overflowWrap: 'anywhere' }}>
            {scope?.name ?? me?.tenant.name ?? 'Organisation'}
          </Title>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {scope === null ? 'The whole organisation' : scope.kind}
            {above && ` in ${above.path}`}
          </Text>
        </div>
        {mayWrite && (
          <Group gap="xs">
            {childKind !== null && (
              <Button
                size="xs"
                variant={scopes.length === 0 ? 'filled' : 'default'}
                leftSection={<IconPlus size={15} />}
                onClick={() => setDialog('add')}
              >
                New {childKind}
              </Button>
            )}
            {scope && (
              <>
                <Button
                  size="xs"
                  variant="default"
                  leftSection={<IconPencil size={15} />}
                  onClick={() => setDialog('rename')}
                >
                  Rename
                </Button>
                <Button
                  size="xs"
                  variant="subtle"
                  color="red"
                  leftSection={<IconTrash size={15} />}
                  onClick={() => setDialog('delete')}
                >
                  Delete
                </Button>
              </>
            )}
          </Group>
        )}
      </Group>
      {childKind !== null && (
        <Named
          title={`New ${childKind} ${scope === null ? '' : `in ${scope.name}`}`}
          does="Create"
          opened={dialog === 'add'}
          onClose={close}
          onNamed={async (name) => {
            const made = await createScope({ kind: childKind, name, parent_id: scope?.id ?? null });
            await changed();
            await look(made.id);
          }}
        />
      )}
      {scope && (
        <>
          <Named
            title={`Rename ${scope.name}`}
            does="Rename"
            name={scope.name}
            opened={dialog === 'rename'}
            onClose={close}
            onNamed={async (name) => {
              await changeScope(scope.id, { name });
              await changed();
            }}
          />
          <Confirm
            title={`Delete ${scope.name}?`}
            does="Delete"
            opened={dialog === 'delete'}
            onClose={close}
            onConfirm={async () => {
              await deleteScope(scope.id);
              await look(scope.parentId ?? undefined);
              await changed();
            }}
          >
            Only a scope in which nothing stands can be deleted: no other scope, workflow, supply or
            subscription.
          </Confirm>
        </>
      )}
    </div>
  );
}

interface NamedProps {
  title: string;
  does: string;
  name?: string;
  opened: boolean;
  onClose(): void;
  onNamed(name: string): Promise<unknown>;
}

function Named(props: NamedProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title}>
      <NameForm {...props} />
    </Modal>
  );
}

function NameForm({ does, name: before = '', onClose, onNamed }: NamedProps) {
  const [name, setName] = useState(before);
  const save = useMutation({ mutationFn: () => onNamed(name.trim()), onSuccess: onClose });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() !== '') save.mutate();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        {save.isError && <ProblemNote error={save.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
            {does}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
