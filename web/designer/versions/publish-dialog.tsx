// Publishing a version: what changes, what becomes of the jobs that run, and moving those that should come along.
import { Button, Group, Modal, Skeleton, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { versionQuery } from '../../api/queries.ts';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { Changes } from './changes.tsx';
import { jobsSaid, MoveForm } from './move-form.tsx';
import { type Impact, impactQuery, publishVersion } from './version-requests.ts';
import classes from './versions.module.css';

export interface PublishDialogProps {
  workflow: string;
  /** The one that new jobs run now. */
  published: number | null;
  version: number | null;
  mayMove: boolean;
  onClose(): void;
}

export function PublishDialog({ version, onClose, ...props }: PublishDialogProps) {
  return (
    <Modal
      opened={version !== null}
      onClose={onClose}
      title={version === props.published ? `Move jobs to version ${version}` : `Publish version ${version}?`}
      size="lg"
    >
      {version !== null && <Content {...props} version={version} onClose={onClose} />}
    </Modal>
  );
}

function Content({
  workflow,
  published,
  version,
  mayMove,
  onClose,
}: Omit<PublishDialogProps, 'version'> & { version: number }) {
  const queries = useQueryClient();
  const impact = useQuery(impactQuery(workflow, version));
  const [done, setDone] = useState(version === published);
  const publish = useMutation({
    mutationFn: () => publishVersion(workflow, version),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['workflows'] });
      notifications.show({ message: `New jobs of ${workflow} run version ${version}.` });
      const running = impact.data?.items.some(({ jobs }) => jobs > 0) ?? false;
      if (running && mayMove) setDone(true);
      else onClose();
    },
  });
  const versions = [...Map.groupBy(impact.data?.items ?? [], (item) => item.version)];
  return (
    <Stack>
      <Text size="sm">
        {done
          ? 'New jobs run it. Those that run already stay on the version they began with, unless they are moved.'
          : 'Jobs that are started from now on run it. Jobs that run already stay on the version they began with; they can be moved afterwards.'}
      </Text>
      {!done && published !== null && <Difference workflow={workflow} before={published} after={version} />}
      {impact.isPending && <Skeleton height={70} />}
      {impact.isError && <ProblemNote error={impact.error} />}
      {impact.data && <ImpactTable impact={impact.data} />}
      {done &&
        versions.map(([from, items]) => (
          <MoveForm key={from} workflow={workflow} fromVersion={from} version={version} items={items} />
        ))}
      {publish.isError && <ProblemNote error={publish.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {done ? 'Close' : 'Cancel'}
        </Button>
        {!done && (
          <Button onClick={() => publish.mutate()} loading={publish.isPending} data-autofocus>
            Publish
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Difference({ workflow, before, after }: { workflow: string; before: number; after: number }) {
  const [was, is] = [useQuery(versionQuery(workflow, before)), useQuery(versionQuery(workflow, after))];
  if (!was.data || !is.data) return <Skeleton height={70} />;
  return (
    <section aria-label="What changes">
      <Title order={3} size="0.84rem">
        Since version {before}
      </Title>
      <Changes before={was.data.definition as Definition} after={is.data.definition as Definition} />
    </section>
  );
}

function ImpactTable({ impact: { items, more } }: { impact: Impact }) {
  if (items.length === 0 && !more) {
    return (
      <Text size="sm" c="dimmed">
        No job runs on another version.
      </Text>
    );
  }
  return (
    <section aria-label="Jobs that run">
      <Title order={3} size="0.84rem" mb={4}>
        Jobs that run
      </Title>
      <table className={classes.impact}>
        <thead>
          <tr>
            <th>Version</th>
            <th>State</th>
            <th>Jobs</th>
            <th>In this version</th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ version, current_state: state, jobs, to_state: to, problems }) => (
            <tr key={`${version} ${state}`}>
              <td>{version}</td>
              <td>{state}</td>
              <td>{jobsSaid(jobs)}</td>
              <td>
                {to === null
                  ? problems.map(({ message }) => message).join('; ')
                  : to === state
                    ? 'the same state'
                    : to}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more && (
        <Text size="sm" c="dimmed">
          Only the newest are counted: there are older ones that run.
        </Text>
      )}
    </section>
  );
}
