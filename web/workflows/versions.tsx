// The versions of a workflow: which one is shown, which one new jobs run.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { answerOf, api, type Resource } from '../api/client.ts';
import { versionsQuery } from '../api/queries.ts';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Badge } from '../elements/status-badge.tsx';
import classes from './versions.module.css';

export function Versions({
  workflow,
  shown,
  mayWrite,
}: {
  workflow: Resource<'Workflow'>;
  shown: number | null;
  mayWrite: boolean;
}) {
  const versions = useQuery(versionsQuery(workflow.name));
  const [publishing, setPublishing] = useState<number | null>(null);
  const isPublished = shown === workflow.published_version;
  return (
    <Panel
      title="Versions"
      beside={
        mayWrite &&
        shown !== null &&
        !isPublished && (
          <Button size="compact-sm" variant="light" onClick={() => setPublishing(shown)}>
            Publish version {shown}
          </Button>
        )
      }
    >
      {versions.isError && <ProblemNote error={versions.error} />}
      <ul className={classes.versions}>
        {versions.data?.map(({ version, published, created_at: at }) => (
          <li key={version}>
            <Link
              to="/workflows/$workflow"
              params={{ workflow: workflow.name }}
              search={{ version }}
              className={classes.version}
              aria-current={version === shown ? 'true' : undefined}
            >
              <span>Version {version}</span>
              {published && <Badge tone="good">Published</Badge>}
              <span className={classes.at}>
                <Moment at={at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <Publish workflow={workflow} version={publishing} onClose={() => setPublishing(null)} />
    </Panel>
  );
}

function Publish({
  workflow,
  version,
  onClose,
}: {
  workflow: Resource<'Workflow'>;
  version: number | null;
  onClose(): void;
}) {
  const queries = useQueryClient();
  const publish = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/workflows/{workflow}/publish', {
          params: { path: { workflow: workflow.name } },
          body: { version: version ?? 0 },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['workflows'] });
      notifications.show({ message: `New jobs of ${workflow.name} run version ${version}.` });
      onClose();
    },
  });
  return (
    <Modal opened={version !== null} onClose={onClose} title={`Publish version ${version}?`}>
      <Stack>
        <Text size="sm">
          Jobs that are started from now on run it. Jobs that run already stay on the version they began with.
        </Text>
        {publish.isError && <ProblemNote error={publish.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={() => publish.mutate()} loading={publish.isPending} data-autofocus>
            Publish
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
