// Somebody saved another version while this one was edited: nobody's work is thrown away without being asked.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { Definition } from '../../../engine/definition.ts';
import { answerOf, api } from '../../api/client.ts';
import { Moment } from '../../elements/moment.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { placesOf } from '../document/places.ts';
import type { OpenDesign } from '../use-design.ts';
import type { Saving } from './use-saving.ts';

const versionOf = (workflow: string, version: number) =>
  answerOf(
    api.GET('/api/v1/workflows/{workflow}/versions/{version}', { params: { path: { workflow, version } } }),
  );

export function Conflict({
  saving,
  design,
  workflow,
}: {
  saving: Saving;
  design: OpenDesign;
  workflow: string;
}) {
  const { conflict } = saving;
  const theirs = useQuery({
    queryKey: ['conflict', workflow, conflict],
    queryFn: () => versionOf(workflow, conflict ?? 0),
    enabled: conflict !== null,
  });
  const take = useMutation({
    mutationFn: () => versionOf(workflow, conflict ?? 0),
    onSuccess: ({ definition, layout, version }) => {
      const taken = { definition: definition as Definition, places: placesOf(layout) };
      design.replace(`Take version ${version}`, taken);
      design.saved(taken, version);
      saving.forgetConflict();
    },
  });
  return (
    <Modal
      opened={conflict !== null}
      onClose={saving.forgetConflict}
      title={`Version ${conflict} was saved meanwhile`}
    >
      <Stack>
        <Text size="sm">
          You began with version {design.basedOn ?? 'none'}.{' '}
          {theirs.data && (
            <>
              {theirs.data.created_by} saved version {conflict} <Moment at={theirs.data.created_at} />.{' '}
            </>
          )}
          Nothing of yours is saved yet.
        </Text>
        {take.isError && <ProblemNote error={take.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => take.mutate()} loading={take.isPending}>
            Open theirs
          </Button>
          <Button onClick={() => saving.saveOver(conflict ?? 0)} loading={saving.saving} data-autofocus>
            Save mine as version {(conflict ?? 0) + 1}
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          Both stay: versions never change. After opening theirs, Undo brings yours back.
        </Text>
      </Stack>
    </Modal>
  );
}
