// The versions of a workflow beside the draft: what differs between any two, publishing one, moving jobs to one.
import { Button, Group, Select, Skeleton, Stack, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { meQuery, versionQuery, versionsQuery, workflowQuery } from '../../api/queries.ts';
import { Moment } from '../../elements/moment.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { Badge } from '../../elements/status-badge.tsx';
import { Changes } from './changes.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import classes from './versions.module.css';

export interface VersionsProps {
  workflow: string;
  /** The draft. */
  definition: Definition;
  onOpen(definition: Definition): void;
}

const DRAFT = 'draft';

export function Versions({ workflow, definition, onOpen }: VersionsProps) {
  const queries = useQueryClient();
  const versions = useQuery(versionsQuery(workflow));
  const { data: me } = useQuery(meQuery);
  const { data: about } = useQuery(workflowQuery(workflow));
  const [publishing, setPublishing] = useState<number | null>(null);
  const open = useMutation({
    mutationFn: (version: number) => queries.ensureQueryData(versionQuery(workflow, version)),
    onSuccess: ({ definition: opened }) => onOpen(opened as Definition),
  });
  const may = (permission: string) => me?.permissions.some((one) => one === permission) ?? false;

  if (versions.isError) return <ProblemNote error={versions.error} onRetry={() => void versions.refetch()} />;
  if (!versions.data) return <Skeleton height={160} />;
  return (
    <div className={classes.versions}>
      <Compare
        workflow={workflow}
        draft={definition}
        versions={versions.data.map(({ version }) => version)}
      />
      {open.isError && <ProblemNote error={open.error} />}
      <section aria-label="All versions">
        <Title order={3} size="0.84rem">
          All versions
        </Title>
        <ul className={classes.list}>
          {versions.data.map(({ version, published, created_at: at }) => (
            <li key={version} className={classes.version}>
              <span>Version {version}</span>
              {published && <Badge tone="good">Published</Badge>}
              <Moment at={at} />
              <span className={classes.actions}>
                <Button size="compact-xs" variant="default" onClick={() => open.mutate(version)}>
                  Open
                </Button>
                {may('workflow.write') && (
                  <Button size="compact-xs" variant="light" onClick={() => setPublishing(version)}>
                    {published ? 'Move jobs' : 'Publish'}
                  </Button>
                )}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <PublishDialog
        workflow={workflow}
        published={about?.published_version ?? null}
        version={publishing}
        mayMove={may('job.migrate')}
        onClose={() => setPublishing(null)}
      />
    </div>
  );
}

function Compare({
  workflow,
  draft,
  versions,
}: {
  workflow: string;
  draft: Definition;
  versions: readonly number[];
}) {
  const [left, setLeft] = useState(String(versions[0] ?? DRAFT));
  const [right, setRight] = useState(DRAFT);
  const [before, after] = [useSide(workflow, left, draft), useSide(workflow, right, draft)];
  const data = [
    { value: DRAFT, label: 'The draft' },
    ...versions.map((version) => ({ value: String(version), label: `Version ${version}` })),
  ];
  const error = before.error ?? after.error;
  return (
    <Stack gap="sm">
      <Group gap="sm" grow>
        <Select
          label="From"
          data={data}
          value={left}
          onChange={(value) => setLeft(value ?? DRAFT)}
          allowDeselect={false}
        />
        <Select
          label="To"
          data={data}
          value={right}
          onChange={(value) => setRight(value ?? DRAFT)}
          allowDeselect={false}
        />
      </Group>
      {error !== null && <ProblemNote error={error} />}
      {before.definition && after.definition ? (
        <div>
          <Changes before={before.definition} after={after.definition} />
        </div>
      ) : (
        error === null && <Skeleton height={80} />
      )}
    </Stack>
  );
}

function useSide(workflow: string, side: string, draft: Definition) {
  const version = useQuery({ ...versionQuery(workflow, Number(side)), enabled: side !== DRAFT });
  return side === DRAFT
    ? { definition: draft, error: null }
    : { definition: version.data?.definition as Definition | undefined, error: version.error };
}
