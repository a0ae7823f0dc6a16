// The versions of a workflow: which one is shown, which one new jobs run.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { versionsQuery } from '../api/queries.ts';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Badge } from '../elements/status-badge.tsx';
import classes from './versions.module.css';

const PublishDialog = lazy(async () => ({
  default: (await import('../designer/versions/publish-dialog.tsx')).PublishDialog,
}));

export function Versions({
  workflow,
  shown,
  mayWrite,
  mayMove,
}: {
  workflow: Resource<'Workflow'>;
  shown: number | null;
  mayWrite: boolean;
  mayMove: boolean;
}) {
  const versions = useQuery(versionsQuery(workflow.name));
  const [publishing, setPublishing] = useState<number | null>(null);
  const isPublished = shown === workflow.published_version;
  return (
    <Panel
      title="Versions"
      beside={
        shown !== null &&
        (isPublished ? mayMove : mayWrite) && (
          <Button size="compact-sm" variant="light" onClick={() => setPublishing(shown)}>
            {isPublished ? 'Move jobs to it' : `Publish version ${shown}`}
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
      {publishing !== null && (
        <Suspense>
          <PublishDialog
            workflow={workflow.name}
            published={workflow.published_version}
            version={publishing}
            mayMove={mayMove}
            onClose={() => setPublishing(null)}
          />
        </Suspense>
      )}
    </Panel>
  );
}
