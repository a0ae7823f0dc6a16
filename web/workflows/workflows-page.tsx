// The workflows of the tenant.
import { Group, Skeleton, Text } from '@mantine/core';
import { IconPlus, IconSitemap } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Resource } from '../api/client.ts';
import { meQuery, workflowsQuery } from '../api/queries.ts';
import { Empty } from '../elements/empty.tsx';
import { ButtonLink } from '../elements/links.tsx';
import list from '../elements/list-table.module.css';
import { Moment } from '../elements/moment.tsx';
import { PageHeader } from '../elements/page-header.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Badge } from '../elements/status-badge.tsx';
import { AddSample } from '../sample/add-sample.tsx';

export function WorkflowsPage() {
  const workflows = useQuery(workflowsQuery);
  const { data: me } = useQuery(meQuery);
  const mayWrite = me?.permissions.includes('workflow.write') ?? false;
  return (
    <>
      <PageHeader
        title="Workflows"
        description="State machines that jobs run. Their versions never change."
        actions={
          mayWrite && (
            <ButtonLink to="/designer" search={{ draft: undefined }} leftSection={<IconPlus size={16} />}>
              New workflow
            </ButtonLink>
          )
        }
      />
      {workflows.isError && <ProblemNote error={workflows.error} onRetry={() => void workflows.refetch()} />}
      {workflows.isPending && <Skeleton height={160} radius="md" />}
      {workflows.data && (
        <Panel flush>
          {workflows.data.length === 0 ? (
            <NoWorkflows mayWrite={mayWrite} />
          ) : (
            <WorkflowTable workflows={workflows.data} />
          )}
        </Panel>
      )}
    </>
  );
}

function WorkflowTable({ workflows }: { workflows: readonly Resource<'Workflow'>[] }) {
  return (
    <table className={list.table}>
      <thead>
        <tr>
          <th>Workflow</th>
          <th>Published</th>
          <th>Latest version</th>
          <th>Changed</th>
        </tr>
      </thead>
      <tbody>
        {workflows.map((workflow) => (
          <tr key={workflow.id}>
            <td>
              <Link
                to="/workflows/$workflow"
                params={{ workflow: workflow.name }}
                search={{ version: undefined }}
                className={list.opens}
              >
                {workflow.name}
              </Link>
              {workflow.description !== '' && (
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {workflow.description}
                </Text>
              )}
            </td>
            <td className={list.last}>
              <WorkflowState workflow={workflow} />
            </td>
            <td className={`${list.wide} ${list.number}`}>{workflow.latest_version ?? '–'}</td>
            <td className={list.wide}>
              <Moment at={workflow.updated_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function WorkflowState({ workflow }: { workflow: Resource<'Workflow'> }) {
  if (workflow.archived_at !== null) return <Badge tone="idle">Archived</Badge>;
  if (workflow.published_version === null) return <Badge tone="wait">Not published</Badge>;
  return <Badge tone="good">{`Version ${workflow.published_version}`}</Badge>;
}

function NoWorkflows({ mayWrite }: { mayWrite: boolean }) {
  return (
    <Empty
      icon={IconSitemap}
      title="No workflows yet"
      action={
        mayWrite && (
          <Group justify="center" gap="xs">
            <ButtonLink to="/designer" search={{ draft: undefined }}>
              Design the first one
            </ButtonLink>
            <AddSample />
          </Group>
        )
      }
    >
      Begin with a template or an empty canvas, or save a definition with{' '}
      <a href="/docs/api#post-api-v1-workflows">
        <code>POST /api/v1/workflows</code>
      </a>
      .
    </Empty>
  );
}
