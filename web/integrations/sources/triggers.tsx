// What is to come of the events of a source.
import { Switch, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBolt, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Resource } from '../../api/client.ts';
import { asProblem } from '../../api/problem.ts';
import { Empty } from '../../elements/empty.tsx';
import { ButtonLink } from '../../elements/links.tsx';
import list from '../../elements/list-table.module.css';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { triggersQuery, useMay } from '../integration-requests.ts';
import { changeTrigger } from './source-requests.ts';
import classes from './triggers.module.css';

export function Triggers({ source }: { source: Resource<'Source'> }) {
  const triggers = useQuery(triggersQuery(source.id));
  const mayWrite = useMay()('trigger.write');
  const add = mayWrite && (
    <ButtonLink
      to="/admin/integrations/sources/$sourceId/triggers/$triggerId"
      params={{ sourceId: source.id, triggerId: 'new' }}
      size="compact-sm"
      variant="default"
      leftSection={<IconPlus size={14} />}
    >
      New trigger
    </ButtonLink>
  );
  return (
    <Panel title="Triggers" beside={triggers.data && triggers.data.length > 0 && add} flush>
      {triggers.isError && <ProblemNote error={triggers.error} onRetry={() => void triggers.refetch()} />}
      {triggers.data?.length === 0 && (
        <Empty icon={IconBolt} title="Events come to nothing yet" action={add}>
          A trigger says what an event is to do: start a job of a workflow, or send an event to one that runs.
        </Empty>
      )}
      {triggers.data && triggers.data.length > 0 && (
        <table className={list.table}>
          <thead>
            <tr>
              <th>Trigger</th>
              <th>When</th>
              <th>Then</th>
              <th>On</th>
            </tr>
          </thead>
          <tbody>
            {triggers.data.map((trigger) => (
              <Row key={trigger.id} trigger={trigger} mayWrite={mayWrite} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Row({ trigger, mayWrite }: { trigger: Resource<'Trigger'>; mayWrite: boolean }) {
  const queries = useQueryClient();
  const enable = useMutation({
    mutationFn: (enabled: boolean) => changeTrigger(trigger.id, { enabled }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['triggers'] }),
    onError: (error) => notifications.show({ color: 'red', message: asProblem(error).message }),
  });
  const enabled = enable.isPending ? enable.variables : trigger.enabled;
  return (
    <tr>
      <td>
        <Link
          to="/admin/integrations/sources/$sourceId/triggers/$triggerId"
          params={{ sourceId: trigger.source_id, triggerId: trigger.id }}
          className={list.opens}
        >
          {trigger.name}
        </Link>
        <div className={list.under}>
          {trigger.event_types.join(', ')} · {spokenAction(trigger.action)}
        </div>
      </td>
      <td className={list.wide}>
        <Text span size="xs" ff="monospace" className={classes.clip}>
          {trigger.event_types.join(', ')}
        </Text>
        {trigger.filter !== null && (
          <Text span size="xs" ff="monospace" c="dimmed" className={classes.clip}>
            {trigger.filter}
          </Text>
        )}
      </td>
      <td className={list.wide}>{spokenAction(trigger.action)}</td>
      <td className={list.last}>
        <Switch
          className={classes.switch}
          size="sm"
          aria-label={`${trigger.name} is on`}
          checked={enabled}
          disabled={!mayWrite}
          onChange={(event) => enable.mutate(event.currentTarget.checked)}
        />
      </td>
    </tr>
  );
}

function spokenAction(action: Resource<'TriggerAction'>): string {
  if (action.type === 'start_job') return `start a job of ${action.workflow}`;
  return `send ${action.event_type}${action.workflow === undefined ? '' : ` to ${action.workflow}`}`;
}
