// Which workflows stand in a module, or in none.
import { ActionIcon, Button, Group, Select, Text, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { workflowsQuery } from '../../api/queries.ts';
import { TextLink } from '../../elements/links.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { useMay } from '../integration-requests.ts';
import type { FlatScope } from './flat-scopes.ts';
import { moveWorkflow } from './scope-requests.ts';
import classes from './scopes-page.module.css';

export function ScopeWorkflows({ scope, scopes }: { scope: FlatScope | null; scopes: readonly FlatScope[] }) {
  const workflows = useQuery(workflowsQuery);
  const queries = useQueryClient();
  const mayWrite = useMay()('workflow.write');
  const [picked, setPicked] = useState<string | null>(null);
  const move = useMutation({
    mutationFn: ({ workflow, to }: { workflow: string; to: string | null }) => moveWorkflow(workflow, to),
    onSuccess: () => setPicked(null),
    onSettled: () => queries.invalidateQueries({ queryKey: ['workflows'] }),
  });
  const modules = new Map(scopes.map((one) => [one.id, one]));
  const all = workflows.data ?? [];
  const isIn = (at: string | null) =>
    at === (scope?.id ?? null) ||
    (scope !== null && at !== null && modules.get(at)?.above.includes(scope.id));
  const here = all.filter(({ scope_id: at }) => isIn(at));
  const isModule = scope?.kind === 'module';
  const rest = all.filter(({ scope_id: at }) => at !== scope?.id);
  return (
    <Panel title={scope === null ? 'Workflows in no module' : 'Workflows'}>
      {move.isError && <ProblemNote error={move.error} />}
      {here.length === 0 && (
        <Text size="sm" c="dimmed">
          {scope === null && 'None: every workflow stands in a module.'}
          {isModule && 'None yet. Put one here, and what is supplied and subscribed above holds for it.'}
          {scope !== null && !isModule && 'None yet. Workflows stand in modules.'}
        </Text>
      )}
      {here.map((workflow) => (
        <div key={workflow.id} className={classes.row}>
          <div className={classes.grow}>
            <TextLink
              to="/workflows/$workflow"
              params={{ workflow: workflow.name }}
              search={{}}
              size="sm"
              underline="always"
            >
              {workflow.name}
            </TextLink>
            {scope !== null && workflow.scope_id !== null && workflow.scope_id !== scope.id && (
              <Text span size="xs" c="dimmed">
                {' '}
                in {modules.get(workflow.scope_id)?.path}
              </Text>
            )}
          </div>
          {isModule && mayWrite && (
            <Tooltip label="Take it out of the module">
              <ActionIcon
                aria-label={`Take ${workflow.name} out`}
                onClick={() => move.mutate({ workflow: workflow.name, to: null })}
              >
                <IconX size={16} />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
      ))}
      {isModule && mayWrite && rest.length > 0 && (
        <Group gap="xs" mt="xs">
          <Select
            size="xs"
            aria-label="Workflow to put here"
            placeholder="Pick a workflow"
            data={rest.map(({ name }) => name)}
            value={picked}
            onChange={setPicked}
            searchable
          />
          <Button
            size="xs"
            variant="default"
            disabled={picked === null}
            loading={move.isPending}
            onClick={() => picked !== null && move.mutate({ workflow: picked, to: scope.id })}
          >
            Put it here
          </Button>
        </Group>
      )}
    </Panel>
  );
}
