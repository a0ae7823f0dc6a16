// The workflows of the tenant.
import { Skeleton, Text } from '@mantine/core';
import { IconSitemap } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Resource } from '../api/client.ts';
import { workflowsQuery } from '../api/queries.ts';
import { Empty } from '../elements/empty.tsx';
import list from '../elements/list-table.module.css';
import { Moment } from '../elements/moment.tsx';
import { PageHeader } from '../elements/page-header.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Badge } from '../elements/status-badge.tsx';

export function WorkflowsPage() {
  const workflows = useQuery(workflowsQuery);
  return (
    <>
      <PageHeader
        title="Workflows"
        description="State machines that jobs run. Their versions never change."
      />
      {workflows.isError && <ProblemNote error={workflows.error} onRetry={() => void workflows.refetch()} />}
      {workflows.isPending && <Skeleton height={160} radius="md" />}
      {workflows.data && (
        <Panel flush>
          {workflows.data.length === 0 ? <NoWorkflows /> : <WorkflowTable workflows={workflows.data} />}
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

function NoWorkflows() {
  return (
    <Empty icon={IconSitemap} title="No workflows yet">
      Save a definition with <code>POST /api/v1/workflows</code>, then publish it.{' '}
      <a href="/docs/api#post-api-v1-workflows">The reference</a> says how, and{' '}
      <code>docs/definition-format.md</code> how a definition is written.
    </Empty>
  );
}
